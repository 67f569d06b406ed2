"""Sums, means, products, extremes and other ways to make one number of many."""

from __future__ import annotations

import math
from typing import Any, Protocol

from deepkit.core.apply import apply, convert, is_tensor, scope
from deepkit.core.op import KINDS, Op, register
from deepkit.core.shape import UNKNOWN, Shape, normalize_axes, reduced
from deepkit.core.static import numbers
from deepkit.core.typing import AnyTensor, Array, ArrayModule, AxisLike, IntLike, TensorLike, TensorOrSymbol
from deepkit.device.dtypes import accumulator, as_dtype
from deepkit.errors import ArgumentError
from deepkit.ops.define import named
from deepkit.ops.functions import ops

__all__ = [
    "reduce_all", "reduce_any", "reduce_logsumexp", "reduce_max", "reduce_mean", "reduce_min", "reduce_prod", "reduce_std",
    "reduce_sum", "reduce_variance", "shared", "size_ratio",
]

Axes = int | tuple[int, ...] | None


class Reduction(Op):
    """Reduces over `axis` (None: all axes); with keepdims the reduced axes stay with length 1.

    An axis that is known only when the graph runs is a second input.
    """

    axis: Axes = None
    keepdims: bool = False
    types = ("T", "index")

    def shape(self, x: Shape, *axis: Shape) -> Shape:
        if axis:
            return Shape([None] * x.rank) if self.keepdims and x.rank is not None else UNKNOWN
        return reduced(x, self.axis, self.keepdims)

    def forward(self, xp: ArrayModule, x: Array, *axis: Array) -> Any:
        return self.reduce(xp, x, _axes(axis[0]) if axis else self.axis)

    def reduce(self, xp: ArrayModule, x: Array, axis: Axes) -> Any:
        """The computation, for a known axis."""
        raise TypeError(f"{self.type} does not define reduce")

    def _spread(self, t: AnyTensor, x: AnyTensor, axis: Any) -> Any:
        """t, a result of this reduction, back in a shape that broadcasts against x."""
        if self.keepdims or (self.axis is None and not axis):
            return t
        rank = x.shape.rank
        if rank is None or axis:
            return apply(KeepDims(axis=self.axis), t, x, *axis)
        for i in normalize_axes(self.axis, rank):
            t = ops.expand_dims(t, i)
        return t


def _axes(values: Any) -> tuple[int, ...]:
    return tuple(int(a) for a in values.reshape(-1))


@register
class KeepDims(Op):
    """Puts back, with length 1, the axes that a reduction of x over `axis` took away: for x of unknown rank."""

    axis: Axes = None
    types = ("T", "any", "index")
    shape_only = (1,)
    aliases = True

    def shape(self, t: Shape, x: Shape, *axis: Shape) -> Shape:
        return reduced(x, self.axis, True) if not axis else UNKNOWN if x.rank is None else Shape([None] * x.rank)

    def forward(self, xp: ArrayModule, t: Array, x: Array, *axis: Array) -> Any:
        return xp.expand_dims(t, normalize_axes(_axes(axis[0]) if axis else self.axis, x.ndim))

    def gradient(self, dy: AnyTensor, y: AnyTensor, t: AnyTensor, x: AnyTensor, *axis: AnyTensor) -> Any:
        return (ops.reshape_like(dy, t), None, *[None for _ in axis])


@register
class Sum(Reduction):
    """The sum."""

    kinds = "ifc"

    def reduce(self, xp: ArrayModule, x: Array, axis: Axes) -> Any:
        total = x.sum(axis=axis, keepdims=self.keepdims, dtype=accumulator(x.dtype))
        return total.astype(x.dtype, copy=False)

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor, *axis: AnyTensor) -> Any:
        return (ops.broadcast_like(self._spread(dy, x, axis), x), *[None for _ in axis])


@register
class Mean(Reduction):
    """The mean; of integers it is cut to an integer, as in TensorFlow."""

    kinds = "ifc"

    def reduce(self, xp: ArrayModule, x: Array, axis: Axes) -> Any:
        if x.dtype.kind in "iu":
            total = x.sum(axis=axis, keepdims=self.keepdims, dtype=x.dtype)
            count = max(x.size // max(total.size, 1), 1)
            return xp.trunc(total / count).astype(x.dtype)
        return x.mean(axis=axis, keepdims=self.keepdims, dtype=accumulator(x.dtype)).astype(x.dtype, copy=False)

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor, *axis: AnyTensor) -> Any:
        if not x.dtype.is_differentiable:
            return (None, *[None for _ in axis])
        share = shared(dy, ops.size_ratio(x, y))
        return (ops.broadcast_like(self._spread(share, x, axis), x), *[None for _ in axis])


def shared(dy: TensorOrSymbol, count: IntLike) -> AnyTensor:
    """dy / count, each part a number of dy's type although the count itself may be none.

    dy: any shape, float or complex; count: a shape that broadcasts against it; result: the broadcast shape, of dy's
    type.
    """
    wide = as_dtype(accumulator(dy.dtype.numpy))
    return ops.cast(ops.cast(dy, wide) / ops.cast(count, wide), dy.dtype)


@register
class SizeRatio(Op):
    """How many elements of x go into one element of y."""

    shape_only = (0, 1)
    types = ("any",)
    returns = "int32"
    gradient = None
    cpu_only = True

    def shape(self, x: Shape, y: Shape) -> Shape:
        return Shape(())

    def forward(self, xp: ArrayModule, x: Array, y: Array) -> Any:
        return xp.asarray(x.size // max(y.size, 1), dtype=xp.int32)


def size_ratio(x: TensorOrSymbol, y: TensorOrSymbol) -> AnyTensor:
    """How many elements of x go into one element of y; a Python int where both shapes are known.

    x, y: any shapes; result: (), int32.
    """
    many, few = x.shape.num_elements(), y.shape.num_elements()
    return apply(SizeRatio(), x, y) if many is None or few is None else convert(many // max(few, 1), beside=x)


class Extreme(Reduction):
    """Base of max and min: the gradient is shared equally among equal extremes."""

    kinds = "if"

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor, *axis: AnyTensor) -> Any:
        if not x.dtype.is_differentiable:
            return (None, *[None for _ in axis])
        chosen = ops.equal(x, self._spread(y, x, axis))
        count = apply(Sum(axis=self.axis, keepdims=True), ops.cast(chosen, "float32"), *axis)
        whole = ops.broadcast_like(self._spread(dy, x, axis), x)
        return (shared(ops.where(chosen, whole, ops.zeros_like(whole)), count), *[None for _ in axis])


@register
class Max(Extreme):
    """The largest element; minus infinity (or the smallest integer) of nothing."""

    def reduce(self, xp: ArrayModule, x: Array, axis: Axes) -> Any:
        lowest = -xp.inf if x.dtype.kind == "f" else xp.iinfo(x.dtype).min
        return (
            x.max(axis=axis, keepdims=self.keepdims, initial=lowest)
            if x.size == 0
            else x.max(axis=axis, keepdims=self.keepdims)
        )


@register
class Min(Extreme):
    """The smallest element; infinity (or the largest integer) of nothing."""

    def reduce(self, xp: ArrayModule, x: Array, axis: Axes) -> Any:
        highest = xp.inf if x.dtype.kind == "f" else xp.iinfo(x.dtype).max
        return (
            x.min(axis=axis, keepdims=self.keepdims, initial=highest)
            if x.size == 0
            else x.min(axis=axis, keepdims=self.keepdims)
        )


@register
class Prod(Reduction):
    """The product."""

    kinds = "ifc"

    def reduce(self, xp: ArrayModule, x: Array, axis: Axes) -> Any:
        return x.prod(axis=axis, keepdims=self.keepdims, dtype=accumulator(x.dtype)).astype(x.dtype, copy=False)

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor, *axis: AnyTensor) -> Any:
        if not x.dtype.is_differentiable:
            return (None, *[None for _ in axis])
        others = apply(ProdOfOthers(axis=self.axis), x, *axis)
        return (self._spread(dy, x, axis) * ops.conj_if_complex(others), *[None for _ in axis])


@register
class ProdOfOthers(Op):
    """For each element the product of all the others along `axis`; right also where some are 0."""

    axis: Axes = None
    kinds = "fc"
    types = ("T", "index")

    def forward(self, xp: ArrayModule, x: Array, *axis: Array) -> Any:
        axes = normalize_axes(_axes(axis[0]) if axis else self.axis, x.ndim)
        kept = tuple(i for i in range(x.ndim) if i not in axes)
        order = kept + axes
        moved = x.transpose(order)
        flat = moved.reshape(*[x.shape[i] for i in kept], math.prod(x.shape[i] for i in axes))
        ones = xp.ones_like(flat[..., :1])
        before = xp.cumprod(xp.concatenate([ones, flat[..., :-1]], -1), axis=-1)
        after = xp.cumprod(xp.concatenate([ones, flat[..., :0:-1]], -1), axis=-1)[..., ::-1]
        return (
            (before * after)
            .astype(x.dtype)
            .reshape(moved.shape)
            .transpose(tuple(sorted(range(x.ndim), key=order.__getitem__)))
        )

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor, *axis: AnyTensor) -> Any:
        # d/dx_k of sum_j dy_j prod_{i != j} x_i leaves out two factors; exact where x_k is not 0, else 0, as in TensorFlow
        shares = dy * ops.conj_if_complex(y)
        total = apply(Sum(axis=self.axis, keepdims=True), shares, *axis)
        return (ops.div_no_nan(total - shares, ops.conj_if_complex(x)), *[None for _ in axis])


class Truth(Reduction):
    """Base of all and any."""

    types = ("bool", "index")
    returns = "bool"
    gradient = None


@register
class All(Truth):
    """True if every element is."""

    def reduce(self, xp: ArrayModule, x: Array, axis: Axes) -> Any:
        return x.all(axis=axis, keepdims=self.keepdims)


@register
class Any_(Truth):
    """True if at least one element is."""

    label = "Any"

    def reduce(self, xp: ArrayModule, x: Array, axis: Axes) -> Any:
        return x.any(axis=axis, keepdims=self.keepdims)


class ReductionFunction(Protocol):
    """A public function that reduces a tensor over some of its axes."""

    def __call__(
        self, input_tensor: TensorLike, axis: AxisLike = None, keepdims: bool | None = None, name: str | None = None,
        reduction_indices: AxisLike = None, keep_dims: bool | None = None,
    ) -> AnyTensor: ...


def _reduction(cls: type[Reduction], name: str) -> ReductionFunction:
    def function(
        input_tensor: TensorLike, axis: AxisLike = None, keepdims: bool | None = None, name: str | None = None,
        reduction_indices: AxisLike = None, keep_dims: bool | None = None,
    ) -> AnyTensor:
        axis, keep = _old_names(axis, keepdims, reduction_indices, keep_dims)
        if is_tensor(axis):
            return apply(cls(keepdims=keep), input_tensor, axis, name=name)
        return apply(cls(axis=axis, keepdims=keep), input_tensor, name=name)

    kinds = ", ".join(KINDS[k] for k in cls.kinds) if cls.types[0] == "T" else "bool"
    doc = f"""{cls.__doc__} Over `axis` (None: all); keepdims keeps the reduced axes with length 1.

    input_tensor: any shape, {kinds}. Result: its shape without the reduced axes, and its type; (2, 3, 4) over axis 1 gives
    (2, 4), with keepdims (2, 1, 4). reduction_indices and keep_dims are older names of axis and keepdims.
    ShapeError: an axis the tensor does not have. DTypeError: another type. ArgumentError: axis given by both names.
    """
    return named(function, name, doc, cls)


def _old_names(axis: Any, keepdims: Any, indices: Any, keep_dims: Any) -> tuple[Any, bool]:
    """Axis and keepdims from TensorFlow 1's two spellings of each."""
    if axis is not None and indices is not None:
        raise ArgumentError("axis and reduction_indices are the same thing", hint="give axis alone")
    axis = indices if axis is None else axis
    keep = bool(keep_dims if keepdims is None else keepdims)
    return None if axis is None else numbers(axis), keep


reduce_sum = _reduction(Sum, "reduce_sum")
reduce_mean = _reduction(Mean, "reduce_mean")
reduce_max = _reduction(Max, "reduce_max")
reduce_min = _reduction(Min, "reduce_min")
reduce_prod = _reduction(Prod, "reduce_prod")
reduce_all = _reduction(All, "reduce_all")
reduce_any = _reduction(Any_, "reduce_any")


@register
class LogSumExp(Reduction):
    """log(sum(exp(x))), computed around the largest element so that nothing overflows."""

    label = "ReduceLogSumExp"
    kinds = "f"

    def reduce(self, xp: ArrayModule, x: Array, axis: Axes) -> Any:
        top = x.max(axis=axis, keepdims=True) if x.size else xp.zeros((), x.dtype)
        top = xp.where(xp.isfinite(top), top, x.dtype.type(0))
        total = xp.exp(x - top).sum(axis=axis, keepdims=True, dtype=accumulator(x.dtype))
        result = (xp.log(total) + top).astype(x.dtype, copy=False)
        return result if self.keepdims else result.reshape(xp.sum(x, axis=axis).shape)

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor, *axis: AnyTensor) -> Any:
        total = apply(LogSumExp(axis=self.axis, keepdims=True), x, *axis)  # not y: who feeds y does not change softmax(x)
        return (self._spread(dy, x, axis) * ops.exp(x - total), *[None for _ in axis])


reduce_logsumexp = _reduction(LogSumExp, "reduce_logsumexp")


def reduce_variance(x: TensorLike, axis: AxisLike = None, keepdims: bool = False, name: str | None = None) -> AnyTensor:
    """The variance: the mean squared distance from the mean.

    x: any shape, float. Result: its shape without `axis` (None: all axes), with keepdims of length 1 there; divided by
    n. ShapeError: an axis that x does not have.
    """
    with scope(name, "reduce_variance", x) as full:
        mean = reduce_mean(x, axis, True)
        return reduce_mean(ops.squared_difference(x, mean), axis, keepdims, name=full)


def reduce_std(x: TensorLike, axis: AxisLike = None, keepdims: bool = False, name: str | None = None) -> AnyTensor:
    """The standard deviation, the root of the variance.

    x: any shape, float. Result: its shape without `axis` (None: all axes), with keepdims of length 1 there. ShapeError:
    an axis that x does not have.
    """
    with scope(name, "reduce_std", x) as full:
        return ops.sqrt(reduce_variance(x, axis, keepdims), name=full)
