"""Numbers brought to one scale: mean and variance, batch normalization, local response normalization."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deepkit.core.apply import apply, convert, is_tensor, scope
from deepkit.core.op import Op, register
from deepkit.core.shape import Shape, reduced
from deepkit.core.static import numbers
from deepkit.core.typing import AnyTensor, Array, ArrayModule, AxisLike, NumberLike, TensorLike
from deepkit.device import batchnorm
from deepkit.device.dtypes import DType, accumulator, float16, float32
from deepkit.errors import ArgumentError, ShapeError
from deepkit.ops.functions import ops
from deepkit.ops.nn import spatial

__all__ = [
    "batch_norm_with_global_normalization", "batch_normalization", "fused_batch_norm", "local_response_normalization",
    "lrn", "moments", "normalize_moments", "sufficient_statistics", "weighted_moments",
]


@register
class Moments(Op):
    """The mean and the variance of x over `axis` (None: all axes), which stay with length 1.

    The variance is the mean squared distance from the mean, divided by the number of elements, not by one less.
    """

    label = "moments"
    axis: tuple[int, ...] | None = None
    kinds = "f"

    def shape(self, x: Shape) -> tuple[Shape, Shape]:
        kept = reduced(x, self.axis, True)
        return kept, kept

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        wide = x.astype(accumulator(x.dtype), copy=False)
        total = wide.sum(axis=self.axis, keepdims=True)
        count = wide.dtype.type(x.size // max(total.size, 1))  # a mean of nothing is NaN, as in TensorFlow
        mean = total / count
        distance = wide - mean
        distance *= distance
        variance = distance.sum(axis=self.axis, keepdims=True) / count
        return mean.astype(x.dtype, copy=False), variance.astype(x.dtype, copy=False)

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        (dmean, dvariance), (mean, _) = dy, y
        return ops.shared(dmean + 2 * dvariance * (x - mean), ops.size_ratio(x, mean))


def moments(
    x: TensorLike, axes: AxisLike, shift: NumberLike | None = None, name: str | None = None,
    keep_dims: bool | None = None, keepdims: bool | None = None,
) -> tuple[AnyTensor, AnyTensor]:
    """(mean, variance) of x over `axes`; with keepdims the axes stay with length 1. `shift` is not used.

    The axes of batch normalization are those of all but the channels: [0] for a dense layer, [0, 1, 2] for images.
    x: any shape; result: x's shape without `axes`, of its type. ShapeError: no such axis. DTypeError: texts.

    >>> import deepkit as dk
    >>> mean, variance = dk.ops.moments([1.0, 3.0, 5.0, 7.0], [0])
    >>> mean.item(), variance.item()
    (4.0, 5.0)
    """
    keep = bool(keep_dims if keepdims is None else keepdims)
    axis = _axes(axes)
    if is_tensor(axis):
        with scope(name, "moments", x):
            return ops.reduce_mean(x, axis, keep), ops.reduce_variance(x, axis, keep)
    with scope(name, "moments", x):
        mean, variance = apply(Moments(axis=axis), x)
        if keep:
            return mean, variance
        # named as in TensorFlow: moments/Squeeze and moments/Squeeze_1
        return ops.squeeze(mean, axis), ops.squeeze(variance, axis)


def _axes(axes: AxisLike) -> tuple[int, ...] | None:
    known = None if axes is None else numbers(axes)
    return (known,) if isinstance(known, int) else known


def weighted_moments(
    x: TensorLike, axes: AxisLike, frequency_weights: TensorLike, name: str | None = None,
    keep_dims: bool | None = None, keepdims: bool | None = None,
) -> tuple[AnyTensor, AnyTensor]:
    """(mean, variance) of x over `axes`, where each element counts as often as its weight says.

    The weights, of any type, are broadcast against x.
    x: any shape; result: x's shape without `axes`, of its type. ShapeError: shapes that do not broadcast.
    """
    axis, keep = _axes(axes), bool(keep_dims if keepdims is None else keepdims)
    with scope(name, "weighted_moments", x, frequency_weights):
        x = convert(x, beside=frequency_weights)
        weights = ops.broadcast_like(ops.cast(convert(frequency_weights, beside=x), x.dtype), x)
        total = ops.reduce_sum(weights, axis, keepdims=True)
        mean = ops.reduce_sum(weights * x, axis, keepdims=True) / total
        variance = ops.reduce_sum(weights * ops.squared_difference(x, mean), axis, keepdims=True) / total
        return (mean, variance) if keep else (ops.squeeze(mean, axis), ops.squeeze(variance, axis))


def sufficient_statistics(
    x: TensorLike, axes: AxisLike, shift: NumberLike | None = None, keep_dims: bool | None = None,
    name: str | None = None, keepdims: bool | None = None,
) -> tuple[AnyTensor, AnyTensor, AnyTensor, AnyTensor | None]:
    """(count, sum, sum of squares, shift) of x over `axes`, from which normalize_moments makes mean and variance.

    Statistics of several batches can be added. With a `shift` near the mean, sum and squares are those of x - shift,
    which keeps more digits.
    x: any shape; results: x's shape without `axes`, the count (). ShapeError: no such axis.
    """
    axis, keep = _axes(axes), bool(keep_dims if keepdims is None else keepdims)
    with scope(name, "sufficient_statistics", x, shift):
        x = convert(x, beside=shift)
        total = ops.reduce_sum(x if shift is None else x - shift, axis, keep)
        squares = ops.reduce_sum(ops.square(x) if shift is None else ops.squared_difference(x, shift), axis, keep)
        count = ops.cast(ops.size_ratio(x, total), x.dtype)
        return count, total, squares, None if shift is None else convert(shift, x.dtype, beside=x)


def normalize_moments(
    counts: NumberLike, mean_ss: NumberLike, variance_ss: NumberLike, shift: NumberLike | None, name: str | None = None
) -> tuple[AnyTensor, AnyTensor]:
    """(mean, variance) from the count, the sum and the sum of squares that sufficient_statistics gives.

    mean_ss, variance_ss: one shape; counts: (); result: that shape. ShapeError: shapes that do not broadcast.
    """
    with scope(name, "normalize", counts, mean_ss, variance_ss, shift):
        shifted: Any = mean_ss / counts
        squares: Any = variance_ss / counts
        return shifted if shift is None else shifted + shift, squares - ops.square(shifted)


def batch_normalization(
    x: TensorLike, mean: NumberLike, variance: NumberLike, offset: NumberLike | None, scale: NumberLike | None,
    variance_epsilon: NumberLike, name: str | None = None,
) -> AnyTensor:
    """scale (x - mean) / sqrt(variance + variance_epsilon) + offset; scale and offset may be None.

    mean, variance, offset and scale are broadcast against x: (channels,) or, from moments with keepdims, (1, ..., n).
    Source: S. Ioffe, C. Szegedy, ICML 2015.
    x: (..., channels); result: x's shape and type. ShapeError: shapes that do not broadcast.
    """
    with scope(name, "batchnorm", x, mean, variance, offset, scale):
        x = convert(x, beside=mean)
        factor = ops.rsqrt(variance + variance_epsilon)
        factor = factor if scale is None else factor * scale
        shift = -mean * factor if offset is None else offset - mean * factor
        # two passes over x, the rest are as small as the mean
        return x * ops.cast(factor, x.dtype) + ops.cast(shift, x.dtype)


@register
class BatchNorm(Op):
    """x (..., channels) with mean 0 and variance 1 for each channel, times scale, plus offset; and mean and variance.

    y = scale (x - mean) / sqrt(variance + epsilon) + offset. Source: S. Ioffe, C. Szegedy, ICML 2015.
    """

    epsilon: float = 0.001
    takes_none = (1, 2)
    kinds = "f"
    half = False

    def shape(self, x: Shape, scale: Shape, offset: Shape) -> tuple[Shape, Shape, Shape]:
        channels = scale.merge(offset)
        if x.rank is not None and not channels.is_compatible_with((x.lengths[-1],)):  # type: ignore[index]
            raise ShapeError(
                f"batch normalization of {x} with a scale of shape {scale} and an offset of shape {offset}",
                rule="one number for each channel: scale (channels,), offset (channels,), x (..., channels)",
            )
        return x, channels, channels

    def dtype(self, x: DType, *_: DType) -> Any:
        return x, x, x

    def forward(self, xp: ArrayModule, x: Array, scale: Array, offset: Array) -> Any:
        return batchnorm.forward(xp, x, scale, offset, self.epsilon)

    def gradient(
        self, dys: Sequence[AnyTensor], ys: Sequence[AnyTensor], x: AnyTensor, scale: AnyTensor, offset: AnyTensor
    ) -> Any:
        (dy, dmean, dvariance), (_, mean, variance) = dys, ys
        dx, dscale, doffset = apply(BatchNormGrad(epsilon=self.epsilon), dy, x, scale, mean, variance)
        if dvariance is not None:
            spread = 2 * dvariance * (x - mean)
            dmean = spread if dmean is None else dmean + spread
        if dmean is not None:
            dx += dmean / ops.cast(ops.size_ratio(x, mean), x.dtype)
        return dx, dscale, doffset


@register
class BatchNormGrad(Op):
    """The derivatives of sum(y dy) by x, scale and offset; mean and variance are those of x."""

    epsilon: float = 0.001
    kinds = "f"
    half = False

    def shape(self, dy: Shape, x: Shape, scale: Shape, mean: Shape, variance: Shape) -> tuple[Shape, Shape, Shape]:
        return x.merge(dy), scale.merge(mean), scale.merge(variance)

    def dtype(self, dy: DType, *_: DType) -> Any:
        return dy, dy, dy

    def forward(self, xp: ArrayModule, dy: Array, x: Array, scale: Array, mean: Array, variance: Array) -> Any:
        return batchnorm.gradient(xp, dy, x, scale, mean, variance, self.epsilon)

    def gradient(
        self, dds: AnyTensor, ds: AnyTensor, dy: AnyTensor, x: AnyTensor, scale: AnyTensor, mean: AnyTensor,
        variance: AnyTensor,
    ) -> Any:
        # With r = 1 / sqrt(variance + epsilon), h = (x - mean) r and n rows, dx = scale r (dy - sum(dy) / n - h
        # sum(dy h) / n), dscale = sum(dy h), doffset = sum(dy); so the number whose derivatives are wanted is
        # L = scale r G + b sum(dy h) + c sum(dy) with G = sum(a dy) - (sum(a) sum(dy) + sum(a h) sum(dy h)) / n.
        (a, b, c), (_, product, total) = dds, ds
        n = ops.cast(ops.size_ratio(x, mean), x.dtype)
        r = ops.rsqrt(variance + self.epsilon)
        distance, g = x - mean, scale * r
        h = distance * r
        sum_a, sum_ah = ops.sum_like(a, mean), ops.sum_like(a * h, mean)
        by_g = ops.sum_like(a * dy, mean) - (sum_a * total + sum_ah * product) / n
        by_product = b - g * sum_ah / n
        ddy = g * (a - sum_a / n) + h * by_product + c
        by_h = dy * by_product - a * (g * product / n)
        dr = scale * by_g + ops.sum_like(by_h * distance, mean)
        return ddy, by_h * r, r * by_g, -ops.sum_like(by_h * r, mean), -0.5 * dr * r * r * r


def fused_batch_norm(
    x: TensorLike, scale: TensorLike, offset: TensorLike, mean: NumberLike | None = None,
    variance: NumberLike | None = None, epsilon: float = 0.001, data_format: str = "NHWC", is_training: bool = True,
    name: str | None = None, exponential_avg_factor: float = 1.0,
) -> tuple[AnyTensor, AnyTensor, AnyTensor]:
    """Batch normalization of images: (y, mean, variance), the last two for the moving averages.

    In training mean and variance are those of x over all but the channels, the variance that is returned being
    unbiased (n / (n - 1) times that which y is computed with); with an exponential_avg_factor f below 1 they are
    1 - f of the given ones plus f of the batch's. Else the given ones are used. No gradient flows through them.
    x (batch, ..., channels) or, for NCHW, (batch, channels, ...); scale, offset, mean, variance (channels,). ArgumentError:
    another data_format, or no moments where is_training is False. ShapeError: another number of channels.
    """
    if data_format not in ("NHWC", "NCHW", "NDHWC", "NCDHW"):
        raise ArgumentError(f"data_format={data_format!r}", rule="'NHWC' or 'NCHW'")
    if not is_training and (mean is None or variance is None):
        raise ArgumentError(
            "fused_batch_norm with is_training=False needs mean and variance", hint="pass their moving averages"
        )
    first = data_format.startswith("NC")
    with scope(name, "FusedBatchNorm", x, scale, offset, mean, variance):
        x = convert(x, beside=scale)
        if x.shape.rank is None:
            raise ShapeError("fused_batch_norm of a tensor of unknown rank", hint="give the placeholder a shape")
        wide = ops.cast(x, float32) if x.dtype is float16 else x
        smallest = max(epsilon, 1.001e-5)  # cuDNN takes no smaller one, nor does TensorFlow
        if is_training:
            y, *used = _by_own_moments(wide, scale, offset, smallest, first)
            if exponential_avg_factor != 1:
                f = exponential_avg_factor
                used = [(1 - f) * old + f * new for old, new in zip((mean, variance), used, strict=True)]  # type: ignore[operator]
        else:
            used = [ops.stop_gradient(convert(t, wide.dtype, beside=x)) for t in (mean, variance)]
            y = _by_given_moments(wide, (*used, offset, scale), smallest, first)
        return ops.cast(y, x.dtype), used[0], used[1]


def _by_given_moments(x: AnyTensor, numbers: Sequence[TensorLike], epsilon: float, first: bool) -> AnyTensor:
    """numbers: mean, variance, offset and scale of each channel."""
    column = [-1, *[1] * (len(x.shape) - 2)] if first else [-1]
    mean, variance, offset, scale = (ops.reshape(t, column) for t in numbers)
    return batch_normalization(x, mean, variance, offset, scale, epsilon)


def _by_own_moments(
    x: AnyTensor, scale: TensorLike, offset: TensorLike, epsilon: float, first: bool
) -> tuple[Any, Any, Any]:
    """x normalized by its own mean and variance, and these, the variance as its unbiased estimate, without gradient."""
    space = len(x.shape) - 2
    last = spatial.to_last(x, space) if first else x
    y, mean, variance = apply(BatchNorm(epsilon=epsilon), last, scale, offset)
    y = spatial.to_first(y, space) if first else y
    count = ops.cast(ops.size_ratio(last, mean), x.dtype)
    unbiased = variance * (count / ops.maximum(count - 1, 1))
    return y, ops.stop_gradient(mean), ops.stop_gradient(unbiased)


def batch_norm_with_global_normalization(
    t: TensorLike, m: NumberLike, v: NumberLike, beta: NumberLike, gamma: NumberLike, variance_epsilon: NumberLike,
    scale_after_normalization: bool, name: str | None = None,
) -> AnyTensor:
    """TensorFlow 1's oldest name of batch_normalization; gamma is used if scale_after_normalization.

    t (..., channels); m, v, beta, gamma (channels,); result: t's shape. ShapeError: shapes that do not broadcast.
    """
    return batch_normalization(t, m, v, beta, gamma if scale_after_normalization else None, variance_epsilon, name)


@register
class NeighbourSum(Op):
    """For each channel (the last axis) the sum over the channels that are at most `radius` away. Its own transpose."""

    radius: int = 1
    kinds = "f"

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        channels = x.shape[-1]
        total = x.copy()
        for away in range(1, min(self.radius, channels - 1) + 1):
            total[..., away:] += x[..., :-away]
            total[..., :-away] += x[..., away:]
        return total

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return apply(NeighbourSum(radius=self.radius), dy)


@register
class LocalResponseNorm(Op):
    """x / (bias + alpha * sum of x^2 over the neighbouring channels)^beta for images (batch, height, width, channels)."""

    label = "LRN"
    radius: int = 5
    bias: float = 1.0
    alpha: float = 1.0
    beta: float = 0.5
    kinds = "f"

    def shape(self, x: Shape) -> Shape:
        if x.rank not in (None, 4):
            raise ShapeError(f"the input has shape {x}", rule="4 axes: [batch, height, width, channels]")
        return x

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        sums = NeighbourSum(radius=self.radius).forward(xp, x * x)
        return x * (x.dtype.type(self.bias) + x.dtype.type(self.alpha) * sums) ** x.dtype.type(-self.beta)

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        # y = x s^-beta with s = bias + alpha W(x^2) and W symmetric, so dx = dy s^-beta - 2 alpha beta x W(dy y / s)
        s = self.bias + self.alpha * apply(NeighbourSum(radius=self.radius), ops.square(x))
        back = apply(NeighbourSum(radius=self.radius), dy * y / s)
        return dy * ops.pow(s, -self.beta) - (2 * self.alpha * self.beta) * x * back


def local_response_normalization(
    input: TensorLike, depth_radius: int = 5, bias: float = 1, alpha: float = 1, beta: float = 0.5,
    name: str | None = None,
) -> AnyTensor:
    """x / (bias + alpha * sum of x^2 over the channels at most depth_radius away)^beta.

    Source: A. Krizhevsky et al., NIPS 2012 (section 3.3).
    input: (batch, height, width, channels), float; result: the same shape and type. DTypeError: no float.
    """
    op = LocalResponseNorm(radius=int(depth_radius), bias=float(bias), alpha=float(alpha), beta=float(beta))
    return apply(op, input, name=name)


lrn = local_response_normalization
