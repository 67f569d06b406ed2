"""`tf.logging`: messages of a program on standard error, from WARN upwards unless told otherwise."""

from __future__ import annotations

import logging as _logging
import sys
from typing import Any

__all__ = [
    "CRITICAL", "DEBUG", "ERROR", "FATAL", "INFO", "WARN", "WARNING", "debug", "error", "fatal", "flush",
    "get_verbosity", "info", "log", "log_every_n", "log_first_n", "set_verbosity", "warn", "warning",
]

DEBUG, INFO, WARN, ERROR, FATAL = (
    _logging.DEBUG, _logging.INFO, _logging.WARNING, _logging.ERROR, _logging.CRITICAL,
)
WARNING, CRITICAL = WARN, FATAL
_LEVELS = {"DEBUG": DEBUG, "INFO": INFO, "WARN": WARN, "WARNING": WARN, "ERROR": ERROR, "FATAL": FATAL}
_seen: dict[str, int] = {}


class _Handler(_logging.StreamHandler):
    """Writes to the standard error of the moment, which a notebook or a test may have replaced."""

    def __init__(self) -> None:
        _logging.Handler.__init__(self)
        self.setFormatter(_logging.Formatter("%(levelname)s:%(name)s:%(message)s"))

    @property
    def stream(self) -> Any:
        return sys.stderr


_logger = _logging.getLogger("tensorflow")
if not any(type(handler).__name__ == "_Handler" for handler in _logger.handlers):
    _logger.addHandler(_Handler())
    _logger.setLevel(WARN)
    _logger.propagate = False


def get_verbosity() -> int:
    """The level from which on messages are shown."""
    return _logger.getEffectiveLevel()


def set_verbosity(v: int | str) -> None:
    """Show messages from level `v` on: tf.logging.DEBUG, INFO, WARN, ERROR or FATAL, or its name."""
    _logger.setLevel(_LEVELS[v.upper()] if isinstance(v, str) else v)


def log(level: int, msg: Any, *args: Any) -> None:
    """Log `msg % args` at `level`."""
    _logger.log(level, msg, *args)


def debug(msg: Any, *args: Any) -> None:
    """Log `msg % args` at level DEBUG."""
    _logger.debug(msg, *args)


def info(msg: Any, *args: Any) -> None:
    """Log `msg % args` at level INFO."""
    _logger.info(msg, *args)


def warning(msg: Any, *args: Any) -> None:
    """Log `msg % args` at level WARN."""
    _logger.warning(msg, *args)


warn = warning


def error(msg: Any, *args: Any) -> None:
    """Log `msg % args` at level ERROR."""
    _logger.error(msg, *args)


def fatal(msg: Any, *args: Any) -> None:
    """Log `msg % args` at level FATAL; the program goes on."""
    _logger.critical(msg, *args)


def log_every_n(level: int, msg: Any, n: int, *args: Any) -> None:
    """Log the first of every n calls with this message."""
    count = _seen[msg] = _seen.get(msg, -1) + 1
    if count % n == 0:
        log(level, msg, *args)


def log_first_n(level: int, msg: Any, n: int, *args: Any) -> None:
    """Log the first n calls with this message only."""
    count = _seen[msg] = _seen.get(msg, -1) + 1
    if count < n:
        log(level, msg, *args)


def flush() -> None:
    """Write out what is buffered."""
    sys.stderr.flush()
