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
_CLEAR = 0.05  # of a curve's whole height: an extreme that is no farther from an end needs no word


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
        ArgumentError: without any curve or point, without names, or for what is no number.

    >>> viz.lines({"test": [2.3, 0.9, 0.4, 0.7]}, x="epoch", y="loss (nats)")
    test: 2.3 to 0.7 (lowest 0.4 at 2)
    """
    known, dots = _pairs(series), _pairs(points or {})
    if not any(len(ys) for _, ys in (*known.values(), *dots.values())):
        raise ArgumentError("no curve to draw", hint='lines({"loss": [2.3, 1.1, 0.4]})')
    said = (f"{name}: {ys[0]:.3g} to {ys[-1]:.3g}{turns(xs, ys, log)}" for name, (xs, ys) in known.items() if len(ys))
    dotted = (f"{len(ys)} point{'s' * (len(ys) != 1)} of {name}" for name, (_, ys) in dots.items())
    return Picture(draw(known, x, y, log, dots, limits, size), "; ".join([*said, *dotted]))


def turns(xs: Sequence[float], ys: Sequence[float], log: bool = False) -> str:
    """The extremes of a curve that lie clearly beyond both of its ends, in words: ` (lowest 0.4 at 2)`, or nothing.

    >>> turns([0, 1, 2, 3], [2.3, 0.9, 0.4, 0.7]), turns([0, 1], [2.3, 0.9])
    (' (lowest 0.4 at 2)', '')
    """
    up = np.asarray(ys, np.float64)
    if log:  # as it is drawn; what has no logarithm is not
        up = np.log10(up, out=np.full_like(up, np.nan), where=up > 0)
    up = np.where(np.isfinite(up), up, np.nan)
    if np.isnan(up).all():
        return ""
    low, high = int(np.nanargmin(up)), int(np.nanargmax(up))
    clear = _CLEAR * (up[high] - up[low])
    ends = [end for end in (up[0], up[-1]) if not np.isnan(end)]
    found = [f"{word} {ys[k]:.3g} at {xs[k]:.4g}" for word, k in (("lowest", low), ("highest", high))
             if all(abs(up[k] - end) > clear for end in ends)]
    return f" ({', '.join(found)})" if found else ""


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
            _legend(figure, ax)
    return figure


def _legend(figure: Any, ax: Any) -> None:
    """The names of the curves: inside where they cover none of them, else above, in as many columns as there is room for.

    What stands above makes the figure taller: the curves keep their room.
    """
    figure.draw_without_rendering()  # where curves and legend lie is known from here on
    inside = ax.legend().get_window_extent()
    if not any(_crosses(line, inside) for line in ax.lines):
        return
    for columns in range(len(ax.lines), 0, -1):
        above = ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns)
        if above.get_window_extent().width <= ax.bbox.width:
            break
    figure.set_figheight(figure.get_figheight() + above.get_window_extent().height / figure.dpi)


def _crosses(line: Any, box: Any) -> bool:
    """Whether a curve passes through a box of the picture, or one of its dots lies in it."""
    path = line.get_transform().transform_path(line.get_path()).cleaned(remove_nans=True)
    if line.get_linestyle() == "None":
        return any(box.contains(*dot) for dot in path.vertices)
    return bool(path.intersects_bbox(box, filled=False))


def _scales(ax: Any, pairs: Sequence[tuple[Sequence[float], Sequence[float]]], log: bool) -> None:
    """Whole numbers along x where all are whole; a logarithmic y where that is wished and any value has a logarithm."""
    from deepkit.viz.curves.decades import decimal_log

    across, up = (np.concatenate([np.zeros(0), *(pair[k] for pair in pairs)]) for k in (0, 1))
    if (across == np.rint(across)).all():
        ax.xaxis.get_major_locator().set_params(integer=True)
    if log and (np.isfinite(up) & (up > 0)).any():
        decimal_log(ax)


def _pairs(series: Mapping[str, Any]) -> dict[str, tuple[list[float], list[float]]]:
    if not isinstance(series, Mapping):
        raise ArgumentError(f"curves without names: a {type(series).__name__}", hint='lines({"loss": losses})')
    made = {}
    for name, given in series.items():
        paired = isinstance(given, tuple) and len(given) == 2
        try:
            ys = np.asarray(given[1] if paired else given, np.float64)
            xs = np.asarray(given[0], np.float64) if paired else np.arange(ys.size, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise ArgumentError(f"{name!r} cannot be drawn: {error}", rule="numbers, or a pair (xs, ys) of them") from None
        if xs.shape != ys.shape or ys.ndim != 1:
            raise ShapeError(f"{name!r}: {xs.shape} values of x and {ys.shape} of y", rule="as many of each, in a row")
        made[name] = xs.tolist(), ys.tolist()
    return made
