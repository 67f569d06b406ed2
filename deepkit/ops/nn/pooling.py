"""Pooling: the largest number, or the mean, of each window, over one, two or three space axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from deepkit.core.apply import apply, scope
from deepkit.core.op import Op, register
from deepkit.core.other_names import shown_as
from deepkit.core.shape import Shape
from deepkit.core.typing import AnyTensor, Array, ArrayModule, DTypeLike, IntsLike, PaddingLike, TensorLike
from deepkit.device import activations, pooling, windows
from deepkit.device.dtypes import DType, as_dtype
from deepkit.errors import ArgumentError, ShapeError, check_choice
from deepkit.ops.functions import ops
from deepkit.ops.nn import spatial
from deepkit.ops.nn.activation import ReluGrad
from deepkit.ops.nn.spatial import Walk, Windowed

__all__ = [
    "avg_pool", "avg_pool1d", "avg_pool3d", "max_pool", "max_pool1d", "max_pool3d", "max_pool_with_argmax", "pool",
]


class Pooling(Windowed):
    """Base of all pooling ops. `kernel` is the size of the window; what lies outside the image does not count."""

    kernel: tuple[int, ...] = ()

    def output(self, x: Shape) -> Shape:
        """The shape of the pooled x."""
        self.check_rank(x)
        if x.lengths is None:
            return Shape([None] * (self.space + 2))
        return Shape.of((x.lengths[0], *self.out_space(x, self.kernel), x.lengths[-1]))

    def shape(self, x: Shape) -> Shape:
        return self.output(x)

    def check_output(self, y: Shape, x: Shape) -> None:
        """ShapeError unless y can be the pooled x."""
        expected = self.output(x)
        if not expected.is_compatible_with(y):
            raise ShapeError(f"pooling {x} gives {expected}, not {y}")


@register
class MaxPool(Pooling):
    """The largest number of each window of x (batch, space..., channels). Its gradient goes to the first of equals."""

    kinds = "if"

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        return pooling.largest(xp, x, self.fit(x, self.kernel))

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return apply(self.made_into(MaxPoolGrad), dy, x, y) if x.dtype.is_differentiable else None


@register
class MaxPoolGrad(Pooling):
    """Zeros in the shape of x; each dy is added where the largest number of its window stands. y is the pooled x."""

    def shape(self, dy: Shape, x: Shape, y: Shape) -> Shape:
        self.check_output(dy, x)
        return x

    def forward(self, xp: ArrayModule, dy: Array, x: Array, y: Array) -> Any:
        return pooling.largest_gradient(xp, dy, x, y, self.fit(x, self.kernel))

    def gradient(self, ddx: AnyTensor, dx: AnyTensor, dy: AnyTensor, x: AnyTensor, y: AnyTensor) -> Any:
        return apply(self.made_into(MaxPoolPick), ddx, x, y), ops.zeros_like(x), ops.zeros_like(y)

    def with_next(self, following: Op, others: tuple[int, ...], *shapes: Shape) -> Op | None:
        return self.made_into(MaxPoolReluGrad) if isinstance(following, ReluGrad) and others == (1,) else None


@register
class MaxPoolReluGrad(MaxPoolGrad):
    """What a plan makes of MaxPoolGrad and the ReluGrad behind it: where x is the y of its window, both are above 0 or none.

    So dy is cut where y is not above 0, before it is spread over as many numbers as x has.
    """

    def forward(self, xp: ArrayModule, dy: Array, x: Array, y: Array) -> Any:
        return super().forward(xp, activations.relu_gradient(xp, dy, y), x, y)

    def gradient(self, ddx: AnyTensor, dx: AnyTensor, dy: AnyTensor, x: AnyTensor, y: AnyTensor) -> Any:
        picked = apply(self.made_into(MaxPoolPick), ddx, x, y)
        return apply(ReluGrad(), picked, y), ops.zeros_like(x), ops.zeros_like(y)


@register
class MaxPoolPick(Pooling):
    """The number of t that stands where x has the largest number of each window. y is the pooled x, t is shaped like x."""

    def shape(self, t: Shape, x: Shape, y: Shape) -> Shape:
        return self.output(t.merge(x))

    def forward(self, xp: ArrayModule, t: Array, x: Array, y: Array) -> Any:
        w = self.fit(x, self.kernel)
        t = windows.pad(xp, t, w.before, w.after)
        picked = xp.zeros(y.shape, t.dtype)
        for at, hit in pooling.hits(xp, x, y, w):
            picked += t[at] * hit
        return picked

    def gradient(self, dd: AnyTensor, picked: AnyTensor, t: AnyTensor, x: AnyTensor, y: AnyTensor) -> Any:
        return apply(self.made_into(MaxPoolGrad), dd, x, y), None, None


@register
class MaxPoolPosition(Pooling):
    """Where the largest number of each window stands in its image (height, width, channels), written as one row.

    With `with_batch` the position is that in the whole tensor.
    """

    with_batch: bool = False
    to: DType = as_dtype("int64")
    kinds = "if"
    gradient = None

    def shape(self, x: Shape, y: Shape) -> Shape:
        self.check_output(y, x)
        return self.output(x)

    def dtype(self, x: DType, y: DType) -> DType:
        return self.to

    def forward(self, xp: ArrayModule, x: Array, y: Array) -> Any:
        found = pooling.places(xp, x, y, self.fit(x, self.kernel)).astype(self.to.numpy)
        size = max(1, math.prod(x.shape[1:]))
        if not self.with_batch:
            return xp.where(found < 0, 0, found % size).astype(self.to.numpy)
        images = xp.arange(x.shape[0], dtype=self.to.numpy) * size
        return xp.where(found < 0, images.reshape(-1, *(1,) * (y.ndim - 1)), found)


@register
class AvgPool(Pooling):
    """The mean of each window of x (batch, space..., channels)."""

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        return pooling.mean(xp, x, self.fit(x, self.kernel))

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return apply(self.made_into(AvgPoolGrad), dy, x)


@register
class AvgPoolGrad(Pooling):
    """Zeros in the shape of `like`; each dy is shared equally among the numbers of its window."""

    types = ("T", "any")
    shape_only = (1,)

    def shape(self, dy: Shape, like: Shape) -> Shape:
        self.check_output(dy, like)
        return like

    def forward(self, xp: ArrayModule, dy: Array, like: Array) -> Any:
        return pooling.mean_gradient(xp, dy, like, self.fit(like, self.kernel))

    def gradient(self, ddx: AnyTensor, dx: AnyTensor, dy: AnyTensor, like: AnyTensor) -> Any:
        return apply(self.made_into(AvgPool), ddx), None


def _pool(cls: type[Pooling], default: str, x: TensorLike, kernel: IntsLike | None, walk: Walk, name: str | None) -> Any:
    op = cls(**walk.settings(1 if kernel is None else kernel))
    if cls is AvgPool and not isinstance(op.padding, str):
        raise ArgumentError(
            f"avg_pool with padding={walk.padding}", rule="'SAME' or 'VALID': a window of zeros alone has no mean",
            hint="pad(x, ...) first, if the zeros should count",
        )
    if not walk.first:
        return apply(op, x, name=name or default)
    with scope(name, default, x) as full:
        return spatial.to_first(apply(op, spatial.to_last(x, walk.space)), walk.space, full)


def max_pool(
    value: TensorLike, ksize: IntsLike | None = None, strides: IntsLike | None = None,
    padding: PaddingLike | None = None, data_format: str | None = "NHWC", name: str | None = None,
    input: TensorLike | None = None,
) -> AnyTensor:
    """The largest number of each window of images (batch, height, width, channels).

    ksize and strides are [1, vertical, horizontal, 1], or fewer numbers.
    Result: (batch, height, width, channels), of value's type. ShapeError: another number of axes. ArgumentError: another
    padding. DTypeError: texts.

    >>> import deepkit as dk
    >>> dk.ops.max_pool(dk.reshape([1.0, 5.0, 2.0, 3.0], [1, 2, 2, 1]), 2, 2, "VALID").numpy().item()
    5.0
    """
    x = value if input is None else input
    return _pool(MaxPool, "MaxPool", x, ksize, Walk(2, strides, padding, data_format), name)


def max_pool1d(
    input: TensorLike, ksize: IntsLike, strides: IntsLike, padding: PaddingLike, data_format: str | None = "NWC",
    name: str | None = None,
) -> AnyTensor:
    """The largest number of each window of sequences (batch, width, channels).

    Result: (batch, width, channels), of input's type. ShapeError: another number of axes.
    """
    return _pool(MaxPool, "max_pool1d", input, ksize, Walk(1, strides, padding, data_format), name)


def max_pool3d(
    input: TensorLike, ksize: IntsLike, strides: IntsLike, padding: PaddingLike, data_format: str | None = "NDHWC",
    name: str | None = None,
) -> AnyTensor:
    """The largest number of each window of volumes (batch, depth, height, width, channels).

    Result: (batch, depth, height, width, channels), of input's type. ShapeError: another number of axes.
    """
    return _pool(MaxPool, "MaxPool3D", input, ksize, Walk(3, strides, padding, data_format), name)


def avg_pool(
    value: TensorLike, ksize: IntsLike | None = None, strides: IntsLike | None = None,
    padding: PaddingLike | None = None, data_format: str | None = "NHWC", name: str | None = None,
    input: TensorLike | None = None,
) -> AnyTensor:
    """The mean of each window of images (batch, height, width, channels); zeros of the padding do not count.

    Result: (batch, height, width, channels), of value's type. ShapeError: another number of axes. ArgumentError: another
    padding.
    """
    x = value if input is None else input
    return _pool(AvgPool, "AvgPool", x, ksize, Walk(2, strides, padding, data_format), name)


def avg_pool1d(
    input: TensorLike, ksize: IntsLike, strides: IntsLike, padding: PaddingLike, data_format: str | None = "NWC",
    name: str | None = None,
) -> AnyTensor:
    """The mean of each window of sequences (batch, width, channels).

    Result: (batch, width, channels), of input's type. ShapeError: another number of axes.
    """
    return _pool(AvgPool, "avg_pool1d", input, ksize, Walk(1, strides, padding, data_format), name)


def avg_pool3d(
    input: TensorLike, ksize: IntsLike, strides: IntsLike, padding: PaddingLike, data_format: str | None = "NDHWC",
    name: str | None = None,
) -> AnyTensor:
    """The mean of each window of volumes (batch, depth, height, width, channels).

    Result: (batch, depth, height, width, channels), of input's type. ShapeError: another number of axes.
    """
    return _pool(AvgPool, "AvgPool3D", input, ksize, Walk(3, strides, padding, data_format), name)


def pool(
    input: TensorLike, window_shape: Sequence[int], pooling_type: str, padding: PaddingLike,
    dilation_rate: IntsLike | None = None, strides: IntsLike | None = None, name: str | None = None,
    data_format: str | None = None, dilations: IntsLike | None = None,
) -> AnyTensor:
    """MAX or AVG pooling over as many space axes as window_shape has numbers; strides default to 1.

    input (batch, space..., channels); result the same, of its type. ArgumentError: another pooling_type. ShapeError: another
    number of axes.
    """
    kinds = {"MAX": (MaxPool, "max_pool"), "AVG": (AvgPool, "avg_pool")}
    check_choice("pooling_type", pooling_type, kinds)
    cls, default = kinds[pooling_type]
    window = tuple(int(k) for k in window_shape)
    first = spatial.channels_first(data_format, len(window))
    rates = spatial.per_axis("dilations", dilation_rate if dilations is None else dilations, len(window), first)
    if max(rates) > 1 and strides is not None and max(spatial.per_axis("strides", strides, len(window), first)) > 1:
        raise ArgumentError(
            f"pool: strides {strides} with dilation_rate {list(rates)}", rule="windows either skip or spread, not both"
        )
    if max(rates) > 1 and str(padding).upper() == "SAME":
        raise ArgumentError(
            f"pool: padding SAME with dilation_rate {list(rates)}", rule="windows that spread lie inside the image",
            hint="padding='VALID', after pad(x, ...)",
        )
    return _pool(cls, default, input, window, Walk(len(window), strides, padding, data_format, rates), name)


def max_pool_with_argmax(
    input: TensorLike, ksize: IntsLike, strides: IntsLike, padding: PaddingLike, data_format: str | None = "NHWC",
    Targmax: DTypeLike | None = None, name: str | None = None, output_dtype: DTypeLike | None = None,
    include_batch_in_index: bool = False,
) -> tuple[AnyTensor, AnyTensor]:
    """The largest number of each window, and where it stands: (y * width + x) * channels + c within its image.

    input (batch, height, width, channels); results of one shape (batch, height, width, channels), of input's type and of
    Targmax. ShapeError: another number of axes.
    """
    walk = Walk(2, strides, padding, data_format)
    settings = walk.settings(ksize)
    if walk.first:
        raise ArgumentError("max_pool_with_argmax counts positions in NHWC", hint="transpose(x, [0, 2, 3, 1])")
    to = as_dtype(output_dtype or Targmax or "int64")
    with scope(name, "MaxPoolWithArgmax", input) as full:
        y = shown_as(apply(MaxPool(**settings), input, name=full), "MaxPoolWithArgmax")
        where = MaxPoolPosition(with_batch=include_batch_in_index, to=to, **settings)
        return y, apply(where, input, y)
