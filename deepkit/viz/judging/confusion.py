"""Which class is taken for which, drawn: the counts of a confusion matrix, mistakes in colour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from deepkit.errors import ShapeError
from deepkit.viz.grids import document, frame, grid, label
from deepkit.viz.picture import Drawing

_LEFT, _TOP = 84.0, 44.0
_CELLS = (62.0, 38.0)  # pixels of a cell: of few classes, of many
_FEW = 4


def show_confusion(matrix: Any, names: Sequence[str] | None = None) -> Drawing:
    """Draw a confusion matrix: a row for each true class, a column for each answer; what is off the diagonal is coloured.

    Args:
        matrix: (classes, classes) counts.
        names: of the classes; their numbers by default.

    Raises:
        ShapeError: for a matrix that is not square, or another number of names.

    >>> show_confusion([[50, 2], [4, 44]], ["no", "yes"])
    100 answers, 94 right; most often yes was taken for no: 4 times
    """
    counts = np.asarray(matrix)
    classes = len(counts)
    names = [str(k) for k in range(classes)] if names is None else list(names)
    if counts.ndim != 2 or counts.shape != (classes, classes) or len(names) != classes or not classes:
        raise ShapeError(f"counts of shape {counts.shape}, {len(names)} names", rule="(classes, classes) and a name for each")
    wrong = counts * (1 - np.eye(classes, dtype=counts.dtype))
    said = f"{counts.sum():,} answers, {np.trace(counts):,} right"
    if wrong.any():
        i, j = np.unravel_index(np.argmax(wrong), wrong.shape)
        said += f"; most often {names[i]} was taken for {names[j]}: {wrong[i, j]:,} times"
    return Drawing(_draw(counts, wrong, names, said), said)


def _draw(counts: np.ndarray, wrong: np.ndarray, names: list[str], said: str) -> str:
    cell = _CELLS[len(names) > _FEW]
    side = len(names) * cell
    parts = [label("read as", _LEFT + side / 2, 14, size=12, anchor="middle"), label("truly", 4, _TOP + side / 2 + 4, size=12)]
    parts.append(grid(wrong, _LEFT, _TOP, cell, signed=True))
    for i, name in enumerate(names):
        parts.append(label(name, _LEFT + (i + 0.5) * cell, _TOP - 8, size=12, anchor="middle", bold=True))
        parts.append(label(name, _LEFT - 10, _TOP + (i + 0.5) * cell + 5, size=12, anchor="end", bold=True))
        parts.append(frame(_LEFT + i * cell, _TOP + i * cell, cell, cell, wide=2))
        for j in np.flatnonzero(counts[i]):
            x, y = _LEFT + (j + 0.5) * cell, _TOP + (i + 0.5) * cell + 5
            parts.append(label(f"{counts[i, j]:,}", x, y, size=13, anchor="middle", fill="#000000", bold=i != j))
    return document(parts, _LEFT + side + 10, _TOP + side + 10, said)
