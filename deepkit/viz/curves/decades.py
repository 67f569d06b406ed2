"""Numbers along a logarithmic axis as they are said: 0.4, not 4 times ten to the minus one."""

from __future__ import annotations

from typing import Any


def decimal_log(axes: Any) -> None:
    """Make the y axis of `axes` logarithmic; its labels are plain decimals from 0.0001 to 999,999 and 1e-05 beyond."""
    from matplotlib.ticker import LogFormatter

    class Decimal(LogFormatter):
        """Labels the ticks that matplotlib would label."""

        def __call__(self, x: float, pos: Any = None) -> str:
            return f"{x:g}" if super().__call__(x, pos) else ""

    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(Decimal())
    axes.yaxis.set_minor_formatter(Decimal(labelOnlyBase=False, minor_thresholds=(2, 0.5)))
