"""Numbers at equal distances: `range` by the step between them, `linspace` by how many there are."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from deepkit.core.apply import apply, convert, is_tensor, scope
from deepkit.core.op import Op, register
from deepkit.core.shape import Shape, whole
from deepkit.core.static import static_value
from deepkit.core.typing import AnyTensor, Array, ArrayModule, DTypeLike, IntLike, TensorLike
from deepkit.device.arrays import as_array, default_dtype
from deepkit.device.dtypes import DType, as_dtype
from deepkit.errors import ArgumentError
from deepkit.ops.functions import ops

__all__ = ["lin_space", "linspace", "range"]


@register
class Range(Op):
    """Numbers from start up to, but without, limit, in steps of delta."""

    label = "range"
    kinds = "if"
    static: int | None = None
    gradient = None
    host = (0, 1, 2)

    def shape(self, start: Shape, limit: Shape, delta: Shape) -> Shape:
        return Shape((self.static,))

    def forward(self, xp: ArrayModule, start: Array, limit: Array, delta: Array) -> Any:
        _check_direction(start, limit, delta)
        count = max(math.ceil((float(limit) - float(start)) / float(delta)), 0)
        return (start[()] + xp.arange(count, dtype=start.dtype) * delta[()]).astype(start.dtype)


def _check_direction(start: Array, limit: Array, delta: Array) -> None:
    if delta == 0:
        raise ArgumentError("range: delta is 0", rule="every step leads on from start, so that limit is reached",
                            hint="zeros or fill(shape, start) repeat one number")
    if (start < limit and delta < 0) or (limit < start and delta > 0):
        raise ArgumentError(
            f"range from {start} to {limit} in steps of {delta}", rule="the steps lead from start to limit",
            hint="a negative delta counts down",
        )


def range(
    start: TensorLike, limit: TensorLike | None = None, delta: TensorLike = 1, dtype: DTypeLike | None = None,
    name: str | None = None,
) -> AnyTensor:
    """Numbers from start (0) up to, but without, limit, in steps of delta.

    start, limit, delta: (), integer or float; result: (ceil((limit - start) / delta),), of dtype or the widest of their
    types. ArgumentError: delta is 0, or leads away from limit.

    >>> import deepkit as dk
    >>> dk.range(3).numpy().tolist(), dk.range(1, 2, 0.5).numpy().tolist()
    ([0, 1, 2], [1.0, 1.5])
    """
    if limit is None:
        start, limit = _zero_like(start), start
    widest = _widest(start, limit, delta) if dtype is None else as_dtype(dtype)
    given = [ops.cast(v, widest) if is_tensor(v) else as_array(v, widest) for v in (start, limit, delta)]
    return apply(Range(static=_count(*map(static_value, given))), *given, name=name)


def _widest(*values: TensorLike) -> DType:
    kinds: list[DType] = [v.dtype if is_tensor(v) else default_dtype(v) for v in values]
    return max(kinds, key=lambda kind: (kind.is_floating, kind.size))


def _count(start: Array | None, limit: Array | None, delta: Array | None) -> int | None:
    """How many numbers lie between, if that is known before anything runs."""
    if start is None or limit is None or delta is None:
        return None
    _check_direction(start, limit, delta)
    return max(int(np.ceil((float(limit) - float(start)) / float(delta))), 0)


def _zero_like(limit: TensorLike) -> Any:
    made: Any = limit.dtype.as_numpy_dtype if is_tensor(limit) else type(limit)
    return made(0)


@register
class LinSpace(Op):
    """`num` numbers at equal distances from start to stop, both included."""

    kinds = "f"
    types = ("T", "T", "index")
    static: int | None = None
    host = (2,)

    def shape(self, start: Shape, stop: Shape, num: Shape) -> Shape:
        return Shape((self.static,))

    def forward(self, xp: ArrayModule, start: Array, stop: Array, num: Array) -> Any:
        y = xp.linspace(start, stop, int(num)).astype(start.dtype)
        y[-1], y[0] = stop, start  # what was given, also where a step between the two is no number
        return y

    def gradient(self, dy: AnyTensor, y: AnyTensor, start: AnyTensor, stop: AnyTensor, num: AnyTensor) -> Any:
        # y_i = start + (stop - start) w_i, where w_i goes from 0 to 1
        share = dy * linspace(ops.zeros_like(start), ops.ones_like(stop), num)
        return ops.reduce_sum(dy - share), ops.reduce_sum(share), None


def linspace(start: TensorLike, stop: TensorLike, num: IntLike, name: str | None = None, axis: int = 0) -> AnyTensor:
    """`num` numbers at equal distances from start to stop, both included; of integers they are float64.

    start and stop may be tensors of one shape: the numbers stand along a new axis.
    Result: start's shape with an axis of length num at `axis`; float.
    start, stop: one shape; num: (). ArgumentError: num is below 1. DTypeError: num is no whole number.

    >>> import deepkit as dk
    >>> dk.linspace([0.0, 10.0], [1.0, 30.0], 3).numpy().tolist()
    [[0.0, 10.0], [0.5, 20.0], [1.0, 30.0]]
    """
    known = static_value(num) if is_tensor(num) else whole(num)
    if known is not None and known < 1:
        raise ArgumentError(f"linspace: num is {known}", rule="at least one number")
    low, high = convert(start, beside=stop), convert(stop, beside=start)
    if low.dtype != high.dtype and not is_tensor(stop):  # an array or number is of the type of start
        high = convert(stop, low.dtype)
    if low.dtype.is_integer:
        low, high = ops.cast(low, "float64"), ops.cast(high, "float64")
    op = LinSpace(static=None if known is None else int(known))
    if not low.shape.rank:
        return apply(op, low, high, num, name=name or "LinSpace")
    with scope(name, "LinSpace", low, high) as full:
        weights = apply(op, ops.zeros([], low.dtype), ops.ones([], low.dtype), num)
        after = low.shape.rank - (axis % (low.shape.rank + 1))
        weights = ops.reshape(weights, [-1] + [1] * after)
        low, high = ops.expand_dims(low, axis), ops.expand_dims(high, axis)
        between = ops.where(ops.less(weights, 1.0), low + (high - low) * weights, high + 0.0 * weights)
        return ops.where(ops.greater(weights, 0.0), between, low + 0.0 * weights, name=full)


lin_space = linspace
