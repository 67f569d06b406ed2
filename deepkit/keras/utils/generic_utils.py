"""The progress bar of fit, and Keras' objects by name."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterable
from typing import Any

import numpy as np

from deepkit.keras.registry import (
    CustomObjectScope,
    custom_object_scope,
    deserialize_keras_object,
    get_custom_objects,
    register_keras_serializable,
    serialize_keras_object,
)
from deepkit.keras.utils.argument_utils import (
    has_arg,
    is_all_none,
    object_list_uid,
    slice_arrays,
    to_list,
    transpose_shape,
    unpack_singleton,
)

__all__ = [
    "CustomObjectScope", "Progbar", "custom_object_scope", "deserialize_keras_object", "get_custom_objects", "has_arg",
    "is_all_none", "object_list_uid", "register_keras_serializable", "serialize_keras_object", "slice_arrays", "to_list",
    "transpose_shape", "unpack_singleton",
]

_clock = time.perf_counter


class Progbar:
    """A bar that grows in place in a terminal or a notebook, and is one line at the end in a file or a pipe.

    target: the number of steps, None if it is not known; verbose: 0 nothing, 1 a bar, 2 one line when done. The mean of
    a value over all steps is shown, of the values in stateful_metrics the last one. interval: the shortest time between
    two changes of the bar, in seconds.

    >>> bar = Progbar(4, width=8)
    >>> for step in range(4):  # doctest: +ELLIPSIS
    ...     bar.update(step + 1, [("loss", 1.0 / (step + 1))])
    4/4 [========] - 0s ... - loss: 0.5208
    """

    def __init__(
        self, target: int | None, width: int = 30, verbose: int = 1, interval: float = 0.1,
        stateful_metrics: Iterable[str] | None = None, unit_name: str = "step",
    ):
        self.target, self.width, self.verbose, self.interval, self.unit_name = (
            target, width, verbose, interval, unit_name,
        )
        self.stateful_metrics = set(stateful_metrics or ())
        self._sums: dict[str, tuple[float, float]] = {}
        self._seen = self._drawn = 0
        self._start = _clock()
        self._last = self._start - interval
        self._after_first: float | None = None

    def update(
        self, current: int, values: Iterable[tuple[str, Any]] | None = None, finalize: bool | None = None
    ) -> None:
        """Shows that `current` steps are done; finalize ends the line (by default when the target is reached)."""
        done = self.target is not None and current >= self.target if finalize is None else finalize
        for name, value in values or ():
            self._take(name, float(np.mean(value)), max(current - self._seen, 1))
        self._seen = current
        now = _clock()
        if current == 1 and self._after_first is None:
            self._after_first = now
        if not self.verbose or (not done and (self.verbose != 1 or now - self._last < self.interval)):
            return
        self._last = now
        self._draw(self._line(current, now, done), done)

    def _take(self, name: str, value: float, steps: int) -> None:
        """Adds a value that is the mean of so many steps, or in the place of the last one if the metric keeps its own mean."""
        if name in self.stateful_metrics:
            self._sums[name] = value, 1
        else:
            total, count = self._sums.get(name, (0.0, 0.0))
            self._sums[name] = total + value * steps, count + steps

    def _draw(self, line: str, done: bool) -> None:
        """Writes the line, over the one before where the output can do that."""
        dynamic = self.verbose == 1 and in_place(sys.stdout)
        if dynamic:
            if not done and sys.stdout.isatty():  # a line that wraps cannot be drawn over
                line = line[: shutil.get_terminal_size().columns - 1]
            self._drawn, line = len(line), "\r" + line.ljust(self._drawn)
        if dynamic or done:
            sys.stdout.write(line + ("\n" if done else ""))
            sys.stdout.flush()

    def add(self, n: int, values: Iterable[tuple[str, Any]] | None = None) -> None:
        """Shows that `n` more steps are done."""
        self.update(self._seen + n, values)

    def _line(self, current: int, now: float, done: bool) -> str:
        passed, step = now - self._start, self._step_time(current, now)
        shown = "".join(f" - {name}: {_number(total / count)}" for name, (total, count) in self._sums.items())
        if self.verbose == 2:
            times = f" - {_duration(passed)}/epoch - {_duration(passed / max(current, 1))}/{self.unit_name}"
            return f"{self._count(current)} - {passed:.0f}s{shown}{times}"
        if done or self.target is None:
            clock = f"{passed:.0f}s {_duration(step)}/{self.unit_name}"
        else:
            clock = f"ETA: {_remaining(step * (self.target - current))}"
        return f"{self._bar(current)} - {clock}{shown}"

    def _count(self, current: int) -> str:
        return f"{current:7d}/Unknown" if self.target is None else f"{current:{len(str(self.target))}d}/{self.target}"

    def _bar(self, current: int) -> str:
        if self.target is None:
            return self._count(current)
        filled = int(self.width * min(current / self.target, 1.0)) if self.target else self.width
        head = "=" * filled if current >= self.target else "=" * (filled - 1) + ">" * (filled > 0)
        return f"{self._count(current)} [{head}{'.' * (self.width - filled)}]"

    def _step_time(self, current: int, now: float) -> float:
        """Seconds a step; the first one, in which things are made ready, does not count if there are others."""
        if self._after_first is not None and current > 1:
            return (now - self._after_first) / (current - 1)
        return (now - self._start) / current if current else 0.0


def in_place(stream: Any) -> bool:
    """True if a carriage return on this stream goes back to the start of the line: terminals and notebooks."""
    return (hasattr(stream, "isatty") and stream.isatty()) or type(stream).__module__.startswith("ipykernel")


def _number(value: float) -> str:
    return f"{value:.4f}" if abs(value) > 1e-3 else f"{value:.4e}"


def _duration(seconds: float) -> str:
    if seconds >= 1 or seconds == 0:
        return f"{seconds:.0f}s"
    return f"{seconds * 1e3:.0f}ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f}us"


def _remaining(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    if seconds > 3600:
        return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"
    return f"{minutes}:{rest:02d}" if seconds > 60 else f"{rest}s" if minutes == 0 else f"{int(seconds)}s"
