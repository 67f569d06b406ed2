"""The way back through a beam search: from where each beam came at every step to whole sequences."""

from __future__ import annotations

from typing import Any

from deepkit.core.apply import apply
from deepkit.core.op import Op, register
from deepkit.core.shape import Shape
from deepkit.core.typing import AnyTensor, Array, ArrayModule, TensorLike
from deepkit.errors import ShapeError

__all__ = ["gather_tree"]


@register
class GatherTree(Op):
    """The sequences (time, batch, beams) that end in each beam, from the classes and parents of every step."""

    types = ("T", "T", "index", "T")
    kinds = "i"
    gradient = None

    def shape(self, ids: Shape, parents: Shape, lengths: Shape, end: Shape) -> Shape:
        if ids.rank not in (3, None) or not ids.is_compatible_with(parents):
            raise ShapeError(f"gather_tree: step_ids {ids}, parent_ids {parents}", rule="both are (time, batch, beams)")
        return ids.merge(parents)

    def forward(self, xp: ArrayModule, ids: Array, parents: Array, lengths: Array, end: Array) -> Any:
        steps, batch, beams = ids.shape
        y = xp.full_like(ids, end)
        last = xp.minimum(lengths, steps)[:, None] - 1  # the last step of each sequence
        rows = xp.arange(batch)[:, None]
        beam = xp.broadcast_to(xp.arange(beams, dtype=parents.dtype), (batch, beams))
        for t in reversed(range(steps)):
            live = t <= last
            y[t] = xp.where(live, ids[t][rows, beam], end)
            beam = xp.where(live, parents[t][rows, beam], beam)
        ended = xp.cumsum(y == end, axis=0) > 0
        return xp.where(ended, end, y)


def gather_tree(
    step_ids: TensorLike, parent_ids: TensorLike, max_sequence_lengths: TensorLike, end_token: TensorLike,
    name: str | None = None,
) -> AnyTensor:
    """The sequences of a beam search. step_ids, parent_ids (time, batch, beams): which class each beam took, and from which
    beam of the step before it went on; max_sequence_lengths (batch,). Behind its end a sequence holds end_token.
    Result: (time, batch, beams), int32. ShapeError: other numbers of axes. DTypeError: no int32.

    >>> import deepkit as dk
    >>> ids, parents = [[[1, 2]], [[3, 4]]], [[[0, 0]], [[1, 0]]]  # two steps of one sequence with two beams
    >>> dk.ops.gather_tree(ids, parents, [2], 9).numpy()[:, 0].T.tolist()
    [[2, 3], [1, 4]]
    """
    return apply(GatherTree(), step_ids, parent_ids, max_sequence_lengths, end_token, name=name)
