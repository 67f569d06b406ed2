"""The loss of a network over a plane of its weights, with the way that training took."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from deepkit.errors import ShapeError
from deepkit.viz.picture import Picture
from deepkit.viz.style import PALETTE, pyplot_free_figure, rc


def plane_of(path: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(start, u, v): the plane through the start of a path in which u leads to its end, and the rest of it lies best.

    path: (steps, weights). u is as long as the whole way; v is perpendicular to it and as long, along the direction in which
    the path leaves the straight line most (first principal component of what is left).
    """
    start = path[0]
    u = path[-1] - start
    length = float(np.linalg.norm(u))
    away = (path - start) - np.outer((path - start) @ u / max(length**2, 1e-300), u)
    v = np.linalg.svd(away, full_matrices=False)[2][0]
    return start, u, v * length


def show_surface(loss: Callable[[np.ndarray], Any], path: Any, *, count: int = 61, margin: float = 0.6,
                 names: tuple[str, str] = ("along the way", "across it")) -> Picture:
    """Draw the loss over the plane of a training path, as a map with lines of equal loss.

    Args:
        loss: from (k, weights) to (k,) losses.
        path: (steps, weights), the weights in the order of training.
        count: points of the map on each side.
        margin: how far beyond the start and the end it reaches, as a share of the way.

    >>> show_surface(loss, path)
    the loss goes from 0.0675 to 0.00579 on the way; on the map it reaches from 0 to 1.2
    """
    way = np.asarray(path, np.float64)
    if way.ndim != 2 or len(way) < 3 or not np.linalg.norm(way[-1] - way[0]) > 0:
        raise ShapeError(f"a path of shape {way.shape}", rule="(steps, weights), at least three steps, with an end elsewhere")
    start, u, v = plane_of(way)
    across, up = np.linspace(-margin, 1 + margin, count), np.linspace(-0.5 - margin, 0.5 + margin, count)
    weights = start + across[None, :, None] * u + up[:, None, None] * v
    values = np.asarray(loss(weights.reshape(-1, len(start))), np.float64).reshape(count, count) + 0.0
    on_way = np.asarray(loss(way[[0, -1]]), np.float64)
    length = u @ u
    at = np.column_stack([(way - start) @ u / length, (way - start) @ v / length])
    import matplotlib
    from matplotlib.colors import BoundaryNorm

    with matplotlib.rc_context(rc()):
        figure = pyplot_free_figure(6.4, 3.8)
        axes = figure.subplots()
        levels = np.unique(np.quantile(values, np.linspace(0, 1, 18)))
        if len(levels) > 2:  # as much of the map in each colour: a plain and a cliff are both seen
            shown = axes.contourf(across, up, values, levels=levels, cmap="cividis", norm=BoundaryNorm(levels, 256))
            figure.colorbar(shown, ax=axes, label="loss", format="%.2g")
        axes.plot(*at.T, color=PALETTE["orange"], linestyle="-", linewidth=2.2)
        axes.plot(*at[0], "o", color=PALETTE["orange"], markersize=7)
        axes.plot(*at[-1], "s", color=PALETTE["orange"], markersize=7)
        behind = {"facecolor": "#202020", "alpha": 0.6, "edgecolor": "none", "pad": 1.5}
        for name, place in (("start", at[0]), ("end", at[-1])):
            axes.annotate(name, place, (8, 8), textcoords="offset points", color="white", bbox=behind)
        axes.set(xlabel=names[0], ylabel=names[1])
    said = (f"the loss goes from {on_way[0]:.3g} to {on_way[1]:.3g} on the way; "
            f"on the map it reaches from {values.min():.3g} to {values.max():.3g}")
    return Picture(figure, said)
