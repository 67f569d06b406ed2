"""Functions of one number drawn small: the value as a line, the slope that the library derives as a dashed one."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from deepkit.core.autodiff import gradients
from deepkit.core.tensor import Tensor
from deepkit.errors import ArgumentError, DeepkitError, GraphWarning, ShapeError
from deepkit.viz.grids import BLUE, ORANGE, document, frame, label
from deepkit.viz.operators.asking import plain
from deepkit.viz.picture import Drawing
from deepkit.viz.style import GREY

REACH = 3.0
"""A panel shows x and y from -REACH to REACH: a slope of 1 rises by 45 degrees."""

_PER_PIXEL = 2  # points of a curve
_STEEPEST = 14.0  # what rises faster between two points is a jump


def along(function: Callable[..., Any], x: Any) -> tuple[np.ndarray, np.ndarray]:
    """(values, slopes) of a function at every number of an array, from which it makes one number each; NaN: no slope.

    The slopes are derivatives by automatic differentiation, all at once: no differences are taken.

    Raises:
        ShapeError: if the function does not give one number for each x.
    """
    at = Tensor(np.asarray(x, np.float64))
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", GraphWarning)  # that there is no slope is seen: no dashed line
        y = function(at)
        if not isinstance(y, Tensor) or y.shape != at.shape or y.dtype.is_string:
            made = f"{y.dtype.name}{y.shape}" if isinstance(y, Tensor) else type(y).__name__
            raise ShapeError(f"{np.shape(x)} numbers gave {made}", rule="one number for each number",
                             hint="write the function with + - * / ** and dk.sin, dk.exp, ...")
        (slope,) = gradients(y, [at]) if y.dtype.is_floating else (None,)
    slopes = np.full(np.shape(x), np.nan) if slope is None else np.asarray(slope.numpy(), np.float64)
    values = np.asarray(y.numpy(), np.float64)
    return values, np.where(np.isfinite(values), slopes, np.nan)


def curve(function: Callable[..., Any], x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(values, slopes) of an op at each x, as `along`; NaN where there is none.

    Raises:
        ArgumentError: if the op does not give one number for each x.
    """
    try:
        return along(plain(function), x)
    except DeepkitError as error:
        raise ArgumentError(
            f"no curve: {error.what}", rule=error.rule, hint="a function of one tensor of floats"
        ) from error


def show_curves(functions: Mapping[str, Callable[..., Any]], columns: int = 9, side: float = 74) -> Drawing:
    """Draw functions of one number as a sheet of small panels, each `side` pixels wide, x and y from -3 to 3.

    >>> show_curves({"square": dk.square, "exp": dk.exp})
    2 functions and their slopes
    """
    if not functions or columns < 1:
        raise ArgumentError(f"{len(functions)} functions in {columns} columns", rule="at least one of each")
    parts = []
    for number, (name, function) in enumerate(functions.items()):
        row, column = divmod(number, columns)
        parts += panel(function, 6 + column * (side + 8), 22 + row * (side + 24), side, name)
    rows = -(-len(functions) // columns)
    bottom = 22 + rows * (side + 24) - 4
    parts += [f'<path d="M6 {bottom}h26" stroke="{BLUE}" stroke-width="1.8"/>', label("value", 38, bottom + 4),
              f'<path d="M98 {bottom}h26" stroke="{ORANGE}" stroke-width="1.5" stroke-dasharray="4 3"/>',
              label("slope; x and y from -3 to 3", 130, bottom + 4)]
    wide = max(12 + min(columns, len(functions)) * (side + 8), 340)
    return Drawing(document(parts, wide, bottom + 14, _about(functions)), _about(functions))


def panel(function: Callable[..., Any], x: float, y: float, side: float, name: str = "") -> list[str]:
    """One panel with its upper left corner at (x, y)."""
    count = int(side * _PER_PIXEL)
    at = REACH * np.linspace(-1, 1, count + count % 2)  # an even number of points: 0, where many have a corner, is none
    values, slopes = curve(function, at)
    middle = f'<path d="M{x:g} {y + side / 2:g}h{side:g}M{x + side / 2:g} {y:g}v{side:g}" stroke="{GREY}" stroke-width="0.5"/>'
    size = round(min(10, 1.75 * side / max(len(name), 1)), 1)
    parts = [label(name, x, y - 5, size=size), frame(x, y, side, side, stroke=GREY, wide=0.5), middle]
    for line, look in ((values, f'stroke="{BLUE}" stroke-width="1.8"'),
                       (slopes, f'stroke="{ORANGE}" stroke-width="1.5" stroke-dasharray="4 3"')):
        path = _path(at, line, x, y, side)
        if path:
            parts.append(f'<path d="{path}" {look} fill="none"/>')
    return parts


def _path(at: np.ndarray, line: np.ndarray, x: float, y: float, side: float) -> str:
    """The part of a curve that lies inside the panel; a new stroke after each gap and each jump."""
    inside = np.isfinite(line) & (np.abs(line) <= REACH)
    known = np.where(inside, line, 0)
    jumps = np.abs(np.diff(known, prepend=known[:1])) > _STEEPEST * (at[1] - at[0])
    across = x + (at / REACH + 1) * side / 2
    down = y + (1 - line / REACH) * side / 2
    strokes: list[list[tuple[float, float]]] = []
    for i in np.flatnonzero(inside):
        if not i or not inside[i - 1] or jumps[i]:
            strokes.append([])
        strokes[-1].append((float(across[i]), float(down[i])))
    return "".join("M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in _bends(stroke)) for stroke in strokes if len(stroke) > 1)


def _bends(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The points without those that lie on the straight line between their neighbours (to a twentieth of a pixel)."""
    kept = points[:1]
    for i in range(1, len(points) - 1):
        (a, b), (c, d), (e, f) = kept[-1], points[i], points[i + 1]
        length = np.hypot(e - a, f - b)
        if abs((c - a) * (f - b) - (d - b) * (e - a)) > 0.05 * length:
            kept.append(points[i])
    return [*kept, points[-1]]


def _about(functions: Mapping[str, Any]) -> str:
    return f"{len(functions)} function{'s' if len(functions) > 1 else ''} and their slopes"
