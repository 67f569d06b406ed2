"""Random tensors from Philox streams: the digits TensorFlow draws for the same seeds."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from deepkit.core.apply import apply, convert, is_tensor, scope
from deepkit.core.op import Op, register
from deepkit.core.shape import Shape
from deepkit.core.static import static_shape, static_value
from deepkit.core.typing import (
    AnyTensor,
    Array,
    ArrayModule,
    DTypeLike,
    IntLike,
    IntsLike,
    ShapeLike,
    TensorLike,
)
from deepkit.device.arrays import as_array, to_cpu
from deepkit.device.dtypes import DType, as_dtype
from deepkit.device.philox import RESERVED, Stream
from deepkit.errors import ArgumentError, ShapeError
from deepkit.ops.functions import ops

__all__ = [
    "categorical", "multinomial", "random_crop", "random_gamma", "random_normal", "random_poisson", "random_shuffle",
    "random_uniform", "truncated_normal",
]


class RandomShaped(Op):
    """Base: numbers of type `to` in the shape given by the first input."""

    to: DType = as_dtype("float32")
    static: tuple[int | None, ...] | None = None
    seed: int | None = None
    random = True
    types: ClassVar[tuple[str, ...]] = ("index", "T")
    host: ClassVar[tuple[int, ...]] = (0,)
    gradient = None

    def shape(self, dims: Shape, *_: Shape) -> Shape:
        return Shape(self.static)

    def dtype(self, dims: DType, *_: DType) -> DType:
        return self.to


def _dims(dims: Any) -> tuple[int, ...]:
    return tuple(int(d) for d in dims)


@register
class RandomStandardNormal(RandomShaped):
    """Normal numbers of mean 0 and standard deviation 1."""

    def forward(self, xp: ArrayModule, stream: Stream, dims: Array) -> Any:
        return stream.normal(_dims(dims), self.to.numpy, xp)


@register
class TruncatedNormal(RandomShaped):
    """Standard normal numbers drawn again until their absolute value is below 2."""

    def forward(self, xp: ArrayModule, stream: Stream, dims: Array) -> Any:
        return stream.truncated_normal(_dims(dims), self.to.numpy, xp)


@register
class RandomUniform(RandomShaped):
    """Uniform numbers in [0, 1)."""

    def forward(self, xp: ArrayModule, stream: Stream, dims: Array) -> Any:
        return stream.uniform(_dims(dims), self.to.numpy, xp)


@register
class RandomUniformInt(RandomShaped):
    """Uniform integers, low <= n < high."""

    types = ("index", "T", "T")
    host = (0, 1, 2)

    def forward(self, xp: ArrayModule, stream: Stream, dims: Array, low: Array, high: Array) -> Any:
        if low >= high:
            raise ArgumentError(f"random_uniform: minval {int(low)} is not below maxval {int(high)}")
        return xp.asarray(stream.integers(_dims(dims), int(low), int(high), self.to.numpy))


@register
class RandomGamma(RandomShaped):
    """Gamma numbers: for each number of alpha as many as the first input says; shape dims + alpha.shape.

    The derivative by alpha keeps the quantile of each number: dz / dalpha = -(dP / dalpha) / p(z), where P(alpha, z) =
    igamma(alpha, z) and p is its density. Source: M. Figurnov et al., Implicit reparameterization gradients, 2018.
    """

    kinds = "f"
    types = ("index", "T")
    host = (0, 1)

    def shape(self, dims: Shape, alpha: Shape) -> Shape:
        return Shape(self.static) + alpha

    def dtype(self, dims: DType, alpha: DType) -> DType:
        return alpha

    def forward(self, xp: ArrayModule, stream: Stream, dims: Array, alpha: Array) -> Any:
        shape = _dims(dims)
        if not bool((alpha > 0).all()):
            raise ArgumentError("random_gamma: alpha must be positive", hint="softplus(x) makes any number positive")
        draws = stream.gamma(math.prod(shape), to_cpu(alpha).reshape(-1))
        return xp.asarray(draws.reshape(shape + alpha.shape).astype(alpha.dtype))

    def gradient(self, dy: AnyTensor, y: AnyTensor, dims: AnyTensor, alpha: AnyTensor) -> Any:
        log_density = ops.xlogy(alpha - 1, y) - y - ops.lgamma(alpha)
        return None, ops.unbroadcast(-dy * ops.igamma_grad_a(alpha, y) * ops.exp(-log_density), alpha, y)


@register
class RandomPoissonV2(RandomShaped):
    """Poisson numbers: for each rate as many as the first input says; shape dims + rate.shape."""

    kinds = "if"
    types = ("index", "T")
    host = (0, 1)

    def shape(self, dims: Shape, rate: Shape) -> Shape:
        return Shape(self.static) + rate

    def forward(self, xp: ArrayModule, stream: Stream, dims: Array, rate: Array) -> Any:
        shape = _dims(dims)
        draws = stream.poisson(math.prod(shape), to_cpu(rate).reshape(-1))
        return xp.asarray(draws.reshape(shape + rate.shape).astype(self.to.numpy))


@register
class Multinomial(Op):
    """Class numbers (batch, count), each drawn with the probabilities softmax(logits): logits (batch, classes)."""

    to: DType = as_dtype("int64")
    static: int | None = None
    seed: int | None = None
    random = True
    kinds = "f"
    types = ("T", "index")
    gradient = None
    host = (1,)

    def shape(self, logits: Shape, count: Shape) -> Shape:
        if logits.rank not in (2, None):
            raise ShapeError(f"multinomial of logits of shape {logits}", rule="(batch, classes)")
        return Shape((logits.lengths[0] if logits.lengths else None, self.static))

    def dtype(self, logits: DType, count: DType) -> DType:
        return self.to

    def forward(self, xp: ArrayModule, stream: Stream, logits: Array, count: Array) -> Any:
        rows, n = len(logits), int(count)
        start = stream.take(rows * -(-n // 4) * 4 * 2 * RESERVED)
        uniform = xp.asarray(stream.doubles(start, rows * n)).reshape(rows, n)
        scores = logits.astype(xp.float64)
        top = scores.max(axis=1, keepdims=True) if scores.size else 0.0
        ends = xp.cumsum(xp.exp(scores - top), axis=1)
        classes = xp.empty((rows, n), self.to.numpy)
        for drawn, end, u in zip(classes, ends, uniform, strict=True):
            drawn[:] = xp.searchsorted(end, u * end[-1], side="right")
        return classes


@register
class RandomShuffle(Op):
    """The rows of x in random order."""

    seed: int | None = None
    random = True
    gradient = None

    def forward(self, xp: ArrayModule, stream: Stream, x: Array) -> Any:
        return x[xp.asarray(stream.permutation(x.shape[0]))] if x.ndim else x.copy()


def random_normal(
    shape: ShapeLike, mean: TensorLike = 0.0, stddev: TensorLike = 1.0, dtype: DTypeLike = "float32",
    seed: int | None = None, name: str | None = None,
) -> AnyTensor:
    """Normal numbers of the given mean and standard deviation.

    shape: a list, or an integer tensor (rank,); mean, stddev: broadcast against it; result: that shape, of dtype (a
    float).
    DTypeError: a dtype that is no float.

    >>> import deepkit as dk
    >>> dk.random_normal([2], seed=1).numpy().tolist()
    [-0.8113182187080383, 1.4845987558364868]
    """
    static, dims = static_shape(shape)
    with scope(name, "random_normal", dims) as full:
        draw = apply(RandomStandardNormal(to=as_dtype(dtype), static=static, seed=seed), dims)
        return ops.add(ops.multiply(draw, stddev), mean, name=full)


def truncated_normal(
    shape: ShapeLike, mean: TensorLike = 0.0, stddev: TensorLike = 1.0, dtype: DTypeLike = "float32",
    seed: int | None = None, name: str | None = None,
) -> AnyTensor:
    """Normal numbers, drawn again when further than two standard deviations from the mean.

    shape: a list, or an integer tensor (rank,); mean, stddev: broadcast against it; result: that shape, of dtype (a
    float).
    DTypeError: a dtype that is no float.
    """
    static, dims = static_shape(shape)
    with scope(name, "truncated_normal", dims) as full:
        draw = apply(TruncatedNormal(to=as_dtype(dtype), static=static, seed=seed), dims)
        return ops.add(ops.multiply(draw, stddev), mean, name=full)


def random_uniform(
    shape: ShapeLike, minval: TensorLike = 0, maxval: TensorLike | None = None, dtype: DTypeLike = "float32",
    seed: int | None = None, name: str | None = None,
) -> AnyTensor:
    """Uniform numbers, minval <= x < maxval (1 for floats; integers need it).

    shape: a list, or an integer tensor (rank,); minval, maxval: (); result: that shape, of dtype. ArgumentError:
    integers without maxval, or minval >= maxval.
    """
    kind = as_dtype(dtype)
    static, dims = static_shape(shape)
    if kind.is_integer:
        if maxval is None:
            raise ArgumentError("random_uniform of integers needs maxval", hint=f"maxval=10, dtype={kind.name}")
        op = RandomUniformInt(to=kind, static=static, seed=seed)
        return apply(op, dims, _typed(minval, kind), _typed(maxval, kind), name=name or "random_uniform")
    with scope(name, "random_uniform", dims) as full:
        draw = apply(RandomUniform(to=kind, static=static, seed=seed), dims)
        low, high = _typed(minval, kind), _typed(1 if maxval is None else maxval, kind)
        if not is_tensor(low) and not is_tensor(high) and np.array_equal(low, 0) and np.array_equal(high, 1):
            return draw
        return ops.add(ops.multiply(draw, high - low), low, name=full)


def _typed(number: TensorLike, kind: DType) -> Any:
    return number if is_tensor(number) else as_array(number, kind)


def random_number(beside: Array, minval: Array, maxval: Array, seed: int | None = None) -> Any:
    """One uniform number for what is done to the tensor `beside`: in a graph it is drawn anew in each run."""
    return random_uniform(convert(np.zeros(0, np.int32), beside=beside), minval, maxval, seed=seed)


def random_gamma(
    shape: ShapeLike, alpha: TensorLike, beta: TensorLike | None = None, dtype: DTypeLike = "float32",
    seed: int | None = None, name: str | None = None,
) -> AnyTensor:
    """Gamma numbers of shape parameter alpha and rate beta (1): `shape` of them for each pair, so shape + alpha.shape.

    The mean is alpha / beta, the variance alpha / beta^2. Both can be differentiated.
    alpha, beta: shapes that broadcast, float, positive; result: of dtype. ArgumentError: alpha that is not positive.
    """
    static, dims = static_shape(shape)
    kind = as_dtype(dtype)
    with scope(name, "random_gamma", dims, alpha, beta) as full:
        alpha, beta = (x if is_tensor(x) else np.asarray(x, kind.numpy) for x in (alpha, 1.0 if beta is None else beta))
        each = ops.add(alpha, ops.zeros_like(beta))  # stretched to one alpha for each beta
        draw = apply(RandomGamma(to=kind, static=static, seed=seed), dims, each)
        tiny = np.array(np.finfo(kind.numpy).tiny)
        return ops.maximum(ops.truediv(draw, beta), tiny, name=full)


def random_poisson(
    lam: TensorLike, shape: ShapeLike, dtype: DTypeLike = "float32", seed: int | None = None, name: str | None = None
) -> AnyTensor:
    """Poisson numbers: `shape` of them for each rate in lam, so shape + lam.shape, of dtype; NaN for a negative rate.

    lam: any shape, numbers, the mean and the variance of what is drawn. DTypeError: no numbers.
    """
    static, dims = static_shape(shape)
    rate = lam if is_tensor(lam) else np.asarray(lam, np.float32)
    with scope(name, "random_poisson", dims, rate):
        return apply(RandomPoissonV2(to=as_dtype(dtype), static=static, seed=seed), dims, rate)


def multinomial(
    logits: TensorLike, num_samples: IntLike, seed: int | None = None, name: str | None = None,
    output_dtype: DTypeLike | None = None, dtype: DTypeLike | None = None,
) -> AnyTensor:
    """num_samples class numbers for each row of logits, drawn with the probabilities softmax(row): (batch, num_samples).

    logits: (batch, classes), float; result: int64, or dtype (output_dtype). ShapeError: another number of axes.

    >>> import deepkit as dk
    >>> dk.ops.multinomial([[0.0, -50.0], [-50.0, 0.0]], 3).numpy().tolist()
    [[0, 0, 0], [1, 1, 1]]
    """
    known = static_value(num_samples)
    op = Multinomial(
        to=as_dtype(dtype or output_dtype or "int64"), static=None if known is None else int(known), seed=seed
    )
    with scope(name, "multinomial", logits, num_samples):
        return apply(op, logits, num_samples)


def categorical(
    logits: TensorLike, num_samples: IntLike, dtype: DTypeLike | None = None, seed: int | None = None,
    name: str | None = None,
) -> AnyTensor:
    """`multinomial` under its later name.

    logits: (batch, classes), float; result: (batch, num_samples), int64 or dtype. ShapeError: another number of axes.
    """
    return multinomial(logits, num_samples, seed, name or "categorical", dtype=dtype)


def random_crop(value: TensorLike, size: IntsLike, seed: int | None = None, name: str | None = None) -> AnyTensor:
    """A block of shape `size` from a random place of a tensor.

    value: (d1, ..., dn); size: (n,), integers, at most d; result: shape `size`, of value's type.
    """
    with scope(name, "random_crop", value, size) as full:
        value = convert(value)
        static, dims = static_shape(size)
        dims = ops.cast(convert(dims, beside=value), "int32")
        room = ops.shape(value) - dims + 1
        start = random_uniform(ops.shape(room), 0, np.iinfo(np.int32).max, "int32", seed)
        y = ops.slice_(value, ops.floormod(start, room), dims, name=full)
        if hasattr(y, "set_shape"):
            y.set_shape(static)
        return y


def random_shuffle(value: TensorLike, seed: int | None = None, name: str | None = None) -> AnyTensor:
    """The rows of a tensor in random order.

    value: (n, ...), any type; result: its shape and type; whole rows move.
    """
    return apply(RandomShuffle(seed=seed), value, name=name)
