"""How well predicted regions cover the real ones, from a confusion matrix of all pixels."""

from __future__ import annotations

from typing import Any

from deepkit import ops


def intersections_and_unions(matrix: Any) -> tuple[Any, Any]:
    """For each class: pixels of it that were predicted as it, and pixels that are either. matrix (classes, classes)."""
    both = ops.diag_part(matrix)
    return both, ops.reduce_sum(matrix, 0) + ops.reduce_sum(matrix, 1) - both
