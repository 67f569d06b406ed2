"""A loss curve that grows while training runs: one picture redrawn in place, or a line of text now and then."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any

from deepkit.errors import ArgumentError
from deepkit.viz.curves.chart import draw, turns
from deepkit.viz.picture import Picture, bundle, png
from deepkit.viz.style import in_notebook


class LiveCurve:
    """Curves of named values against the step.

    In a notebook one output is redrawn at most every `every` seconds, and less often where drawing is slow, so that
    it costs at most a tenth of the time; the last drawing stays as a PNG. Elsewhere a line is printed every 2 seconds.

    >>> with LiveCurve(y="loss", log=True) as curve:
    ...     for step in range(1000):
    ...         curve.add(step, train=train_step(), test=None)
    """

    def __init__(self, x: str = "step", y: str = "loss", *, log: bool = False, every: float = 0.4):
        if not every >= 0:
            raise ArgumentError(f"every={every} is not a time in seconds")
        self.x, self.y, self.log, self.every = x, y, log, every
        self.series: dict[str, tuple[list[float], list[float]]] = {}
        self._notebook = in_notebook()
        self._next = 0.0
        self._display_id: str | None = None
        self._printed: str | None = None

    def add(self, step: float, **values: Any) -> None:
        """Append one point per keyword; None leaves a curve as it is. NaN is kept: the curve has a gap there."""
        for name, value in values.items():
            if value is not None:
                xs, ys = self.series.setdefault(name, ([], []))
                xs.append(float(step))
                ys.append(float(value))
        now = time.monotonic()
        if now >= self._next:
            self._show()
            after = time.monotonic()
            self._next = after + (max(self.every, 10 * (after - now)) if self._notebook else max(self.every, 2.0))

    def done(self) -> None:
        """Show the last point too; called by the end of a `with` block, also when training was interrupted."""
        if self.series:
            self._show()

    def picture(self) -> Picture:
        """The curves so far as a static picture."""
        return Picture(self._draw(), self.sentence())

    def sentence(self) -> str:
        """The newest values in words, and what lies beyond them: `step 500: train 0.0163, test 0.0201 (lowest 0.0195 at 350)`."""
        last = max((xs[-1] for xs, _ in self.series.values()), default=0)
        values = ", ".join(f"{name} {ys[-1]:.4g}{turns(xs, ys, self.log)}" for name, (xs, ys) in self.series.items())
        return f"{self.x} {last:g}: {values}" if values else "no points yet"

    def __enter__(self) -> LiveCurve:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.done()

    def _show(self) -> None:
        if not self._notebook:
            if self._printed != self.sentence():
                self._printed = self.sentence()
                print(self._printed, flush=True)
            return
        from IPython.display import display

        data, metadata = bundle(png(self._draw()), self.sentence())
        if self._display_id is None:
            self._display_id = display(data, metadata=metadata, raw=True, display_id=True).display_id
        else:
            display(data, metadata=metadata, raw=True, display_id=self._display_id, update=True)

    def _draw(self) -> Any:
        return draw(self.series, self.x, self.y, self.log)
