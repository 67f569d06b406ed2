"""Files that are whole or absent: a reader sees the old file or the new one, never half of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from deepkit.errors import DataError, DeepkitError


def reason(error: OSError) -> str:
    """The operating system's own words for `error`."""
    return error.strerror or str(error) or type(error).__name__


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file beside `path`; when the block ends well it takes the name `path`.

    When the block ends badly, Ctrl-C included, the temporary file is gone and `path` is as it was. A file that
    cannot be written raises DataError.
    """
    # "x" honours the umask, unlike tempfile's 0600: what one user fetches for a class, the class can read.
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{os.urandom(4).hex()}.part")
    try:
        file = open(temporary, "xb")  # noqa: SIM115 - closed below, before it is renamed or removed
    except OSError as error:
        raise _cannot_write(path, error) from error
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and not isinstance(error, DeepkitError):
            raise _cannot_write(path, error) from error
        raise


def write_whole(path: Path, text: str) -> None:
    """Write `text` as UTF-8 to `path`, whole or not at all."""
    with whole_file(path) as file:
        file.write(text.encode())


def _cannot_write(path: Path, error: OSError) -> DataError:
    return DataError(
        f"cannot write {path}: {reason(error)}",
        hint="check that the folder exists, is yours to write, and has space left",
    )
