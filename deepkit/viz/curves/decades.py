"""Numbers along a logarithmic axis as they are said: 0.4, not 4 times ten to the minus one."""

from __future__ import annotations

from math import floor, log10
from typing import Any

_EVERY, _SOME, _FEW = frozenset(range(1, 10)), frozenset({1, 2, 3, 4, 6}), frozenset({1, 2, 5})


def decimal_log(axes: Any) -> None:
    """Make the y axis of `axes` logarithmic; its labels are plain decimals from 0.0001 to 999,999 and 1e-05 beyond."""

    def between(x: float, pos: Any) -> str:  # as many as stand clear of each other
        low, high = sorted(axes.get_ylim())
        return f"{x:g}" if _leading(x) in _labelled(log10(low), log10(high)) else ""

    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(lambda x, pos: f"{x:g}")
    axes.yaxis.set_minor_formatter(between)


def _leading(x: float) -> int:
    """The first digit of x, rounded: 3 of 0.0032."""
    return round(x / 10.0 ** floor(log10(x) + 1e-9))


def _labelled(low: float, high: float) -> frozenset[int]:
    """Leading digits that are labelled on an axis from 10^low to 10^high: none where more than two powers of ten are in sight."""
    if floor(high) - floor(low) > 2:
        return frozenset()
    return _EVERY if high - low < 0.5 else _SOME if high - low < 1 else _FEW
