"""How far two sequences are apart: the edits that turn one into the other."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit.core.apply import apply
from deepkit.core.op import Op, register
from deepkit.core.shape import Shape
from deepkit.core.typing import AnyTensor, Array, ArrayModule
from deepkit.errors import ArgumentError
from deepkit.ops.arrays.sparse import SparseTensor

__all__ = ["edit_distance"]


@register
class EditDistance(Op):
    """The least number of insertions, deletions and substitutions between the sequences of two sparse tensors.

    Inputs: positions, values and dense shape of each; the last axis holds the sequences. Source: V. Levenshtein 1966.
    """

    normalize: bool = True
    cpu_only = True
    types = ("int64", "T", "int64", "int64", "T", "int64")
    returns = "float32"
    gradient = None

    def shape(self, *shapes: Shape) -> Shape:
        rank = shapes[2].lengths[0] if shapes[2].lengths else None
        return Shape(None if rank is None else (None,) * (rank - 1))

    def forward(
        self, xp: ArrayModule, places: Array, values: Array, dims: Array, true_places: Array, true_values: Array,
        true_dims: Array,
    ) -> np.ndarray:
        if dims.shape != true_dims.shape or dims.size < 2:
            raise ArgumentError(
                f"edit_distance: shapes {dims.tolist()} and {true_dims.tolist()}", rule="equally many axes, two at least"
            )
        guesses, truths = _sequences(places, values), _sequences(true_places, true_values)
        distance = np.zeros(np.maximum(dims, true_dims)[:-1], np.float32)
        for at in {*guesses, *truths}:
            guess, truth = guesses.get(at, []), truths.get(at, [])
            edits = _edits(guess, truth)
            if not self.normalize:
                distance[at] = edits
            else:
                distance[at] = edits / len(truth) if truth else np.inf
        return distance


def _sequences(places: Array, values: Array) -> dict[tuple[int, ...], list[Any]]:
    """The sequences by their positions in the axes before the last."""
    found: dict[tuple[int, ...], list[Any]] = {}
    for place, value in zip(places.tolist(), values.tolist(), strict=True):
        found.setdefault(tuple(place[:-1]), []).append(value)
    return found


def _edits(a: list[Any], b: list[Any]) -> int:
    """Levenshtein's distance: row by row of the table of distances between beginnings."""
    above = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (x != y)))
        above = row
    return above[-1]


def edit_distance(
    hypothesis: SparseTensor, truth: SparseTensor, normalize: bool = True, name: str | None = None
) -> AnyTensor:
    """Levenshtein's distance between the sequences in the last axis of two SparseTensors, float32.

    With normalize it is divided by the length of the true sequence (infinite where that is empty and the other is not).
    Values of one type; result: the longer of the two dense shapes without the last axis. ArgumentError: different numbers
    of axes.

    >>> import deepkit as dk
    >>> a = dk.SparseTensor([[0, 0], [0, 1]], dk.tensor([1, 2]), [1, 2])
    >>> b = dk.SparseTensor([[0, 0], [0, 1], [0, 2]], dk.tensor([1, 3, 4]), [1, 3])
    >>> dk.ops.edit_distance(a, b, normalize=False).numpy().tolist()
    [2.0]
    """
    a, b = hypothesis, truth
    inputs = (a.indices, a.values, a.dense_shape, b.indices, b.values, b.dense_shape)
    return apply(EditDistance(normalize=bool(normalize)), *inputs, name=name)
