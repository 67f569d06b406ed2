"""Numbers of a layer over training, drawn as a heat map: how many lie where, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError, ShapeError
from deepkit.viz.grids import colours, document, frame, label
from deepkit.viz.picture import Drawing
from deepkit.viz.rows import encoded

_LEFT, _TOP, _GAP, _TALL, _WIDE = 40.0, 26.0, 46.0, 130.0, 680.0
_BINS, _MOST_STEPS = 48, 240


def show_drift(values: Mapping[str, Any], between: tuple[float, float] | None = None, *, every: int = 1,
               columns: int = 3) -> Drawing:
    """Draw how the numbers of a layer move during training, a panel for each name: step to the right, value upwards.

    The more of a step's numbers lie at a value, the darker its orange there; a step with all numbers in one place is a line.

    Args:
        values: by name (steps, n) numbers: a row for each step that was looked at.
        between: the lowest and highest value that is drawn, the same for all panels; numbers beyond it count at its ends.
            By default what holds 98 % of them.
        every: how many steps of training lie from one row to the next.
        columns: panels side by side.

    >>> show_drift({"layer 1": np.zeros((50, 8))}, (-1, 1))
    layer 1: from 0.00 ± 0.00 to 0.00 ± 0.00

    Raises:
        ShapeError: for values that are not finite numbers of shape (steps, n).
        ArgumentError: without values, or for a range that is none.
    """
    series = _checked(values)
    low, high = between or _range(series)
    if not low < high:
        raise ArgumentError(f"between={between}", rule="the lowest value, then the highest")
    said = "; ".join(f"{name}: from {_spread(one[0])} to {_spread(one[-1])}" for name, one in series.items())
    wide, parts = (_WIDE - columns * _GAP) / columns, []
    for number, (name, one) in enumerate(series.items()):
        row, column = divmod(number, columns)
        x, y = _LEFT + column * (wide + _GAP), _TOP + row * (_TALL + 50)
        parts += _panel(name, one, (low, high), (x, y, wide), every)
    rows = -(-len(series) // columns)
    return Drawing(document(parts, _WIDE, rows * (_TALL + 50), said), said)


def _checked(values: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The values as arrays of finite numbers (steps, n)."""
    if not values:
        raise ArgumentError("no values to show", hint='show_drift({"layer 1": values})')
    series = {name: np.asarray(one, np.float64) for name, one in values.items()}
    for name, one in series.items():
        if one.ndim != 2 or not one.size or not np.isfinite(one).all():
            raise ShapeError(f"{name!r}: values of shape {one.shape}", rule="finite numbers of shape (steps, n)")
    return series


def _range(series: Mapping[str, np.ndarray]) -> tuple[float, float]:
    """What holds 98 % of all numbers, and a little more."""
    low, high = np.percentile(np.concatenate([one.ravel() for one in series.values()]), [1, 99])
    room = 0.05 * (high - low) or 0.5
    return float(low - room), float(high + room)


def _spread(values: np.ndarray) -> str:
    return f"{values.mean() + 0.0:.2f} ± {values.std():.2f}"


def shares(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """(bins, steps): how many of a step's numbers lie in each bin, as a share of its fullest one; the highest bin first."""
    inside = np.clip(values, low, high)
    edges = np.linspace(low, high, _BINS + 1)
    counts = np.stack([np.histogram(step, edges)[0] for step in inside], axis=1)[::-1]
    return counts / counts.max(axis=0)


def _panel(name: str, values: np.ndarray, ends: tuple[float, float], place: tuple[float, float, float], every: int) -> list[str]:
    """One heat map with its frame, its name and the numbers at its rim."""
    (low, high), (x, y, wide) = ends, place
    thinned = values[:: -(-len(values) // _MOST_STEPS)]
    # the root of a share: a few numbers far away are seen, too
    painted = encoded(colours(np.sqrt(shares(thinned, low, high)), 1.0, True, 24), "PNG")
    last = (len(values) - 1) * every + 1
    return [
        label(name, x, y - 8, size=12, bold=True),
        f'<image x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{_TALL:g}" preserveAspectRatio="none" '
        f'href="data:image/png;base64,{painted}"/>',
        frame(x, y, wide, _TALL, wide=0.8),
        label(f"{high:.3g}", x - 5, y + 10, size=10, anchor="end"), label(f"{low:.3g}", x - 5, y + _TALL, size=10, anchor="end"),
        label("step 1", x, y + _TALL + 14, size=10), label(f"{last:,}", x + wide, y + _TALL + 14, size=10, anchor="end"),
    ]
