"""What a matrix does to the plane: the unit circle becomes an ellipse, whose axes the singular values measure."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit import ops
from deepkit.errors import ShapeError
from deepkit.viz.picture import Picture
from deepkit.viz.style import GREY, PALETTE, pyplot_free_figure, rc


def show_linear_map(matrix: Any) -> Picture:
    """Draw the unit circle and the unit square before and after a matrix of shape (2, 2).

    On the left the directions that stay perpendicular, on the right what becomes of them: the axes of the ellipse.

    >>> show_linear_map([[2, 1], [0, 1]])
    the circle becomes an ellipse with half-axes 2.29 and 0.87; the square's area becomes 2
    """
    a = np.asarray(matrix.numpy() if hasattr(matrix, "numpy") else matrix, np.float64)
    if a.shape != (2, 2) or not np.isfinite(a).all():
        raise ShapeError(f"a matrix of shape {a.shape}", rule="finite numbers of shape (2, 2): it maps the plane")
    lengths, u, v = (part.numpy() for part in ops.svd(a))
    angle = np.linspace(0, 2 * np.pi, 181)
    circle, square = np.stack([np.cos(angle), np.sin(angle)]), np.array([[0.0, 1, 1, 0, 0], [0, 0, 1, 1, 0]])
    import matplotlib

    with matplotlib.rc_context(rc()):
        figure = pyplot_free_figure(6.4, 2.4)
        sides = figure.subplots(1, 2, sharex=True, sharey=True)
        for place, name, change, arrows in zip(sides, ("x", "A x"), (np.eye(2), a), (v, u * lengths), strict=True):
            place.fill(*(change @ square), color=GREY, alpha=0.25)
            place.plot(*(change @ circle), color=PALETTE["blue"])
            for arrow, colour in zip(arrows.T, (PALETTE["orange"], PALETTE["green"]), strict=True):
                place.annotate("", arrow, (0, 0), arrowprops={"arrowstyle": "->", "color": colour, "lw": 2})
            place.set_title(name)
            place.set_aspect("equal")
    area = abs(float(ops.matrix_determinant(a).numpy()))
    return Picture(
        figure, f"the circle becomes an ellipse with half-axes {lengths[0]:.2f} and {lengths[1]:.2f}; "
        f"the square's area becomes {area:.3g}"
    )
