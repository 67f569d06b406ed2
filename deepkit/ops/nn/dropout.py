"""Dropout: a random mask sets numbers to 0 and enlarges the others, so that the mean stays as it was."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

from deepkit.core.apply import apply, convert, is_tensor, scope
from deepkit.core.op import Op, register
from deepkit.core.shape import Shape, broadcast
from deepkit.core.static import static_shape, static_value
from deepkit.core.typing import (
    AnyTensor,
    Array,
    ArrayModule,
    NumberLike,
    ShapeLike,
    TensorLike,
)
from deepkit.device import cuda
from deepkit.device.dtypes import DType
from deepkit.device.philox import Stream
from deepkit.errors import ArgumentError
from deepkit.ops.functions import ops

__all__ = ["dropout"]


@register
class Dropout(Op):
    """x / keep where a uniform number is at least 1 - keep, else 0; second output: the factors 0 or 1 / keep.

    Source: N. Srivastava et al., JMLR 15 (2014). Dividing by `keep` leaves the mean as it was.
    """

    label = "dropout"
    seed: int | None = None
    static: tuple[int | None, ...] | None = None
    random = True
    kinds = "f"
    types = ("T", "T", "index")
    takes_none = True
    host = (1, 2)

    def shape(self, x: Shape, keep: Shape, *noise: Shape) -> Any:
        mask = Shape(self.static) if noise else x
        return broadcast(x, mask) if mask.lengths is not None else x, mask

    def dtype(self, x: DType, *_: DType) -> Any:
        return x, x

    def forward(self, xp: ArrayModule, stream: Stream, x: Array, keep: Array, *noise: Array) -> Any:
        if not 0 < keep <= 1:
            raise ArgumentError(
                f"dropout: keep_prob is {float(keep):g}", rule="0 < keep_prob <= 1 (rate = 1 - keep_prob)",
                hint="keep_prob is the share that stays; 1 keeps everything",
            )
        shape = tuple(x.shape[i] if n == -1 else int(n) for i, n in enumerate(noise[0])) if noise else x.shape
        if shape == x.shape and cuda.philox.fits(xp, x.dtype, shape):
            return cuda.philox.dropout(xp, stream.place(x.size), x, keep)
        one = x.dtype.type(1)
        kept = stream.uniform(shape, x.dtype, xp) >= one - keep
        return xp.where(kept, x * (one / keep), x.dtype.type(0)), kept * (one / keep)

    def gradient(
        self, dys: Sequence[AnyTensor], ys: Sequence[AnyTensor], x: AnyTensor, keep: AnyTensor, *noise: AnyTensor
    ) -> Any:
        if dys[0] is None:
            return (None, None, *[None for _ in noise])
        kept = ops.broadcast_like(ys[1] > 0, ys[0])  # chosen, not multiplied: NaN times 0 is NaN
        dx = ops.where(kept, dys[0] * ys[1], ops.zeros_like(dys[0]))  # the factors do not depend on x
        return (ops.unbroadcast(dx, x, ys[0]), None, *[None for _ in noise])


def _share_that_stays(keep_prob: TensorLike | None, rate: NumberLike | None) -> Any:
    """keep_prob, or 1 - rate, found good as far as it is known."""
    if (keep_prob is None) == (rate is None):
        raise ArgumentError(
            "dropout takes either keep_prob or rate", hint="dropout(x, keep_prob=0.5) = dropout(x, rate=0.5)"
        )
    said, given = ("keep_prob", keep_prob) if rate is None else ("rate", rate)
    if not _is_one_number(given):
        raise ArgumentError(f"dropout: {said} is {given!r}", rule="one number, or a tensor of one")
    keep: Any = given if rate is None else 1 - rate  # type: ignore[operator]
    known = static_value(keep)
    if known is not None and not 0 < float(known) <= 1:
        raise ArgumentError(
            f"dropout: {said} is {float(static_value(given)):g}",
            rule="0 < keep_prob <= 1, or 0 <= rate < 1", hint="keep_prob is the share that stays, rate the share that goes",
        )
    return keep


def _is_one_number(given: TensorLike | None) -> bool:
    if is_tensor(given):
        return given.shape.rank in (0, None)
    return isinstance(given, numbers.Real) or getattr(given, "ndim", None) == 0


def _drops_nothing(keep: TensorLike, x: AnyTensor) -> bool:
    return isinstance(keep, numbers.Real) and keep == 1 and x.dtype.is_floating


def _all_stays(x: AnyTensor, seed: int | None, name: str | None) -> AnyTensor:
    """x itself. The name is taken and the op counted, so that those after it are called and draw as beside a dropout."""
    with scope(name, "dropout", x):
        if (graph := getattr(x, "graph", None)) is not None:
            graph.op_seeds(seed)
    return x


def dropout(
    x: TensorLike, keep_prob: TensorLike | None = None, noise_shape: ShapeLike | None = None, seed: int | None = None,
    name: str | None = None, rate: NumberLike | None = None,
) -> AnyTensor:
    """Sets elements to 0 with probability rate = 1 - keep_prob and divides the others by keep_prob.

    noise_shape: the shape of the random mask, with 1 along the axes where elements stay or go together.
    x: any shape, float; keep_prob, rate: (); result: x's shape and type, x itself where a plain number says that all stays.
    Source: N. Srivastava et al., JMLR 15 (2014).
    ArgumentError: both or neither of the two given, or a number outside (0, 1] for keep_prob and [0, 1) for rate.
    """
    x = x if is_tensor(x) else convert(x, beside=keep_prob)
    keep = _share_that_stays(keep_prob, rate)
    if _drops_nothing(keep, x):
        return _all_stays(x, seed, name)
    if noise_shape is None:
        return apply(Dropout(seed=seed), x, keep, name=name)[0]
    entries = [-1 if d is None else d for d in noise_shape] if isinstance(noise_shape, (list, tuple)) else noise_shape
    static, dims = static_shape(entries)
    known_dims = None if static is None else tuple(None if d == -1 else d for d in static)
    return apply(Dropout(seed=seed, static=known_dims), x, keep, dims, name=name)[0]
