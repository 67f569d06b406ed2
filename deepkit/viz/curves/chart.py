"""Curves of named values over one axis, with points of others on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError, ShapeError
from deepkit.viz.picture import Picture
from deepkit.viz.style import GREY, pyplot_free_figure, rc

Series = Mapping[str, tuple[Sequence[float], Sequence[float]]]

_MOST_POINTS = 1000  # more than a figure of this width can show
_FEW = 30  # points that are seen one by one


def lines(
    series: Mapping[str, Any], x: str = "step", y: str = "", *, log: bool = False, points: Mapping[str, Any] | None = None,
    limits: tuple[float, float] | None = None, size: tuple[float, float] = (6.4, 3.2),
) -> Picture:
    """Draw curves.

    Args:
        series: by name the values of y, over 0, 1, 2, ..., or a pair (values of x, values of y).
        x, y: what the axes show, with the unit.
        log: a logarithmic axis upwards.
        points: by name pairs (values of x, values of y) that are drawn as dots without a line.
        limits: lowest and highest y that is shown.
        size: width and height in inches.

    Raises:
        ShapeError: for as many x as there are not y.
        ArgumentError: without any curve or point.

    >>> viz.lines({"training": losses}, x="epoch", y="loss (nats)")
    training: 2.3 to 0.05
    """
    known, dots = _pairs(series), _pairs(points or {})
    if not any(len(ys) for _, ys in (*known.values(), *dots.values())):
        raise ArgumentError("no curve to draw", hint='lines({"loss": [2.3, 1.1, 0.4]})')
    said = (f"{name}: {ys[0]:.3g} to {ys[-1]:.3g}" for name, (_, ys) in known.items() if len(ys))
    dotted = (f"{len(ys)} points of {name}" for name, (_, ys) in dots.items())
    return Picture(draw(known, x, y, log, dots, limits, size), "; ".join([*said, *dotted]))


def draw(
    series: Series, x: str, y: str, log: bool, points: Series | None = None, limits: tuple[float, float] | None = None,
    size: tuple[float, float] = (6.4, 3.2),
) -> Any:
    """The matplotlib figure of curves and points."""
    figure, dots = pyplot_free_figure(*size), points or {}
    import matplotlib

    with matplotlib.rc_context(rc()):
        ax = figure.subplots()
        for name, (xs, ys) in series.items():
            stride = -(-len(xs) // _MOST_POINTS) or 1
            marker = "." if len(xs) < _FEW else None
            ax.plot(xs[::-1][::stride][::-1], ys[::-1][::stride][::-1], label=name, marker=marker)
        for name, (xs, ys) in dots.items():
            ax.plot(xs, ys, "o", label=name, markerfacecolor="none", markeredgecolor=GREY, markeredgewidth=1.6)
        ax.set(xlabel=x, ylabel=y)
        _scales(ax, [*series.values(), *dots.values()], log)
        if limits is not None:
            ax.set_ylim(*limits)
        if [*series, *dots] != [y]:
            ax.legend()
    return figure


def _scales(ax: Any, pairs: Sequence[tuple[Sequence[float], Sequence[float]]], log: bool) -> None:
    """Whole numbers along x where all are whole; a logarithmic y where that is wished and any value has a logarithm."""
    from deepkit.viz.curves.decades import decimal_log

    across, up = (np.concatenate([np.zeros(0), *(pair[k] for pair in pairs)]) for k in (0, 1))
    if (across == np.rint(across)).all():
        ax.xaxis.get_major_locator().set_params(integer=True)
    if log and (np.isfinite(up) & (up > 0)).any():
        decimal_log(ax)


def _pairs(series: Mapping[str, Any]) -> dict[str, tuple[list[float], list[float]]]:
    made = {}
    for name, given in series.items():
        paired = isinstance(given, tuple) and len(given) == 2
        ys = np.asarray(given[1] if paired else given, np.float64)
        xs = np.asarray(given[0], np.float64) if paired else np.arange(ys.size, dtype=np.float64)
        if xs.shape != ys.shape or ys.ndim != 1:
            raise ShapeError(f"{name!r}: {xs.shape} values of x and {ys.shape} of y", rule="as many of each, in a row")
        made[name] = xs.tolist(), ys.tolist()
    return made
