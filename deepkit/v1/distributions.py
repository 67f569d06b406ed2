"""`tf.distributions`: random variables with their densities, entropies and means, all differentiable."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from deepkit import ops
from deepkit.core.apply import convert, is_tensor
from deepkit.core.shape import Shape
from deepkit.device.dtypes import as_dtype, float32
from deepkit.errors import ArgumentError
from deepkit.v1.framework.symbolic import constant_of

__all__ = ["Bernoulli", "Categorical", "Distribution", "Exponential", "Normal", "Uniform", "kl_divergence"]


def _parameters(*values: Any) -> list[Any]:
    """The parameters as tensors of one type."""
    kind = next((v.dtype for v in values if hasattr(v, "dtype") and is_tensor(v)), float32)
    return [constant_of(v, None if is_tensor(v) else kind) for v in values]


class Distribution:
    """Base. Its parameters may be tensors: then it stands for as many random variables as they have elements."""

    dtype: Any = float32

    def __init__(self, name: str | None = None):
        self.name = name or type(self).__name__

    def _shape_like(self) -> Any:
        """A tensor of the shape of one draw."""
        raise TypeError(f"{type(self).__name__} does not define _shape_like")

    def log_prob(self, value: Any, name: str | None = None) -> Any:
        """The logarithm of the density, or of the probability, at `value`."""
        raise TypeError(f"{type(self).__name__} does not define log_prob")

    def sample(self, sample_shape: Any = (), seed: int | None = None, name: str | None = None) -> Any:
        """Random values of shape sample_shape + batch_shape."""
        raise TypeError(f"{type(self).__name__} does not define sample")

    def prob(self, value: Any, name: str | None = None) -> Any:
        """The density, or the probability, at `value`."""
        return ops.exp(self.log_prob(value), name=name)

    @property
    def batch_shape(self) -> Shape:
        """The shape of the parameters."""
        return self._shape_like().shape

    def batch_shape_tensor(self, name: str | None = None) -> Any:
        """The shape of the parameters, when it runs."""
        return ops.shape(self._shape_like(), name=name)

    def _drawn(self, sample_shape: Any) -> Any:
        """The shape of a draw: sample_shape + batch_shape."""
        more = constant_of([sample_shape] if isinstance(sample_shape, int) else sample_shape or [0][:0], "int32")
        return ops.concat([ops.cast(more, "int32"), self.batch_shape_tensor()], 0)


class Normal(Distribution):
    """Density exp(-((x - loc) / scale)^2 / 2) / (scale sqrt(2 pi))."""

    def __init__(
        self, loc: Any, scale: Any, validate_args: bool = False, allow_nan_stats: bool = True, name: Any = None
    ):
        super().__init__(name)
        self.loc, self.scale = _parameters(loc, scale)
        self.dtype = self.loc.dtype

    def _shape_like(self) -> Any:
        return self.loc + ops.zeros_like(self.scale)

    def sample(self, sample_shape: Any = (), seed: int | None = None, name: str | None = None) -> Any:
        noise = ops.random_normal(self._drawn(sample_shape), dtype=self.dtype, seed=seed)
        return ops.add(noise * self.scale, self.loc, name=name)

    def log_prob(self, value: Any, name: str | None = None) -> Any:
        z = (convert(value, beside=self.loc) - self.loc) / self.scale
        return ops.subtract(-0.5 * ops.square(z), 0.5 * math.log(2 * math.pi) + ops.log(self.scale), name=name)

    def cdf(self, value: Any, name: str | None = None) -> Any:
        """The probability of a number up to `value`."""
        return ops.multiply(0.5, ops.erfc((self.loc - value) / (self.scale * math.sqrt(2))), name=name)

    def entropy(self, name: str | None = None) -> Any:
        """log(scale) + log(2 pi e) / 2."""
        return ops.add(ops.log(self.scale + ops.zeros_like(self.loc)), 0.5 + 0.5 * math.log(2 * math.pi), name=name)

    def mean(self, name: str | None = None) -> Any:
        """loc."""
        return ops.identity(self._shape_like(), name=name)

    mode = mean

    def stddev(self, name: str | None = None) -> Any:
        """scale."""
        return ops.add(self.scale, ops.zeros_like(self.loc), name=name)

    def variance(self, name: str | None = None) -> Any:
        """scale^2."""
        return ops.square(self.stddev(), name=name)


class Uniform(Distribution):
    """Every number from low to below high is equally likely."""

    def __init__(
        self, low: Any = 0.0, high: Any = 1.0, validate_args: bool = False, allow_nan_stats: bool = True,
        name: Any = None,
    ):
        super().__init__(name)
        self.low, self.high = _parameters(low, high)
        self.dtype = self.low.dtype

    def _shape_like(self) -> Any:
        return self.low + ops.zeros_like(self.high)

    def sample(self, sample_shape: Any = (), seed: int | None = None, name: str | None = None) -> Any:
        share = ops.random_uniform(self._drawn(sample_shape), dtype=self.dtype, seed=seed)
        return ops.add(share * (self.high - self.low), self.low, name=name)

    def prob(self, value: Any, name: str | None = None) -> Any:
        value = convert(value, beside=self.low)
        inside = ops.logical_and(value >= self.low, value < self.high)
        density = 1.0 / (self.high - self.low)
        return ops.multiply(ops.cast(inside, self.dtype), density, name=name)

    def log_prob(self, value: Any, name: str | None = None) -> Any:
        return ops.log(self.prob(value), name=name)

    def entropy(self, name: str | None = None) -> Any:
        """log(high - low)."""
        return ops.log(self.high - self.low, name=name)

    def mean(self, name: str | None = None) -> Any:
        """(low + high) / 2."""
        return ops.multiply(self.low + self.high, 0.5, name=name)

    def variance(self, name: str | None = None) -> Any:
        """(high - low)^2 / 12."""
        return ops.multiply(ops.square(self.high - self.low), 1 / 12, name=name)


class Exponential(Distribution):
    """Density rate exp(-rate x) for x >= 0."""

    def __init__(self, rate: Any, validate_args: bool = False, allow_nan_stats: bool = True, name: Any = None):
        super().__init__(name)
        (self.rate,) = _parameters(rate)
        self.dtype = self.rate.dtype

    def _shape_like(self) -> Any:
        return self.rate

    def sample(self, sample_shape: Any = (), seed: int | None = None, name: str | None = None) -> Any:
        uniform = ops.random_uniform(self._drawn(sample_shape), 1e-37, 1.0, self.dtype, seed)
        return ops.divide(-ops.log(uniform), self.rate, name=name)

    def log_prob(self, value: Any, name: str | None = None) -> Any:
        return ops.subtract(ops.log(self.rate), self.rate * value, name=name)

    def entropy(self, name: str | None = None) -> Any:
        """1 - log(rate)."""
        return ops.subtract(1.0, ops.log(self.rate), name=name)

    def mean(self, name: str | None = None) -> Any:
        """1 / rate."""
        return ops.reciprocal(self.rate, name=name)

    def variance(self, name: str | None = None) -> Any:
        """1 / rate^2."""
        return ops.reciprocal(ops.square(self.rate), name=name)


class Bernoulli(Distribution):
    """1 with probability probs = sigmoid(logits), else 0."""

    def __init__(
        self, logits: Any = None, probs: Any = None, dtype: Any = "int32", validate_args: bool = False,
        allow_nan_stats: bool = True, name: Any = "Bernoulli",
    ):
        super().__init__(name)
        _one_of(logits, probs)
        self.dtype = as_dtype(dtype)
        if probs is None:
            (self.logits,) = _parameters(logits)
            self.probs = ops.sigmoid(self.logits)
        else:
            (self.probs,) = _parameters(probs)
            self.logits = ops.log(self.probs) - ops.log1p(-self.probs)

    def _shape_like(self) -> Any:
        return self.probs

    def sample(self, sample_shape: Any = (), seed: int | None = None, name: str | None = None) -> Any:
        uniform = ops.random_uniform(self._drawn(sample_shape), dtype=self.probs.dtype, seed=seed)
        return ops.cast(ops.less(uniform, self.probs), self.dtype, name=name)

    def log_prob(self, value: Any, name: str | None = None) -> Any:
        event = ops.cast(constant_of(value), self.logits.dtype)
        logits, event = self.logits + ops.zeros_like(event), event + ops.zeros_like(self.logits)
        return ops.negative(ops.sigmoid_cross_entropy_with_logits(labels=event, logits=logits), name=name)

    def entropy(self, name: str | None = None) -> Any:
        """-p log(p) - (1 - p) log(1 - p)."""
        return ops.subtract(ops.softplus(self.logits), self.logits * self.probs, name=name)

    def mean(self, name: str | None = None) -> Any:
        """probs."""
        return ops.identity(self.probs, name=name)

    def mode(self, name: str | None = None) -> Any:
        """The more likely of 0 and 1."""
        return ops.cast(self.probs > 0.5, self.dtype, name=name)

    def variance(self, name: str | None = None) -> Any:
        """probs (1 - probs)."""
        return ops.multiply(self.probs, 1 - self.probs, name=name)


class Categorical(Distribution):
    """One of n classes, with probabilities probs = softmax(logits): parameters (..., n), values (...)."""

    def __init__(
        self, logits: Any = None, probs: Any = None, dtype: Any = "int32", validate_args: bool = False,
        allow_nan_stats: bool = True, name: Any = "Categorical",
    ):
        super().__init__(name)
        _one_of(logits, probs)
        self.dtype = as_dtype(dtype)
        if probs is None:
            (self.logits,) = _parameters(logits)
            self.probs = ops.softmax(self.logits)
        else:
            (self.probs,) = _parameters(probs)
            self.logits = ops.log(self.probs)

    def _shape_like(self) -> Any:
        return self.logits[..., 0]

    def sample(self, sample_shape: Any = (), seed: int | None = None, name: str | None = None) -> Any:
        shape = self._drawn(sample_shape)
        flat = ops.reshape(self.logits, ops.stack([-1, ops.shape(self.logits)[-1]]))
        rows = ops.shape(flat)[0]
        draws = ops.multinomial(flat, ops.floordiv(ops.reduce_prod(shape), rows), seed)
        return ops.cast(ops.reshape(ops.transpose(draws), shape), self.dtype, name=name)

    def log_prob(self, value: Any, name: str | None = None) -> Any:
        event = ops.cast(constant_of(value), "int32")
        logits = self.logits + ops.expand_dims(ops.zeros_like(ops.cast(event, self.logits.dtype)), -1)
        event = event + ops.zeros_like(ops.cast(logits[..., 0], "int32"))
        return ops.negative(ops.sparse_softmax_cross_entropy_with_logits(labels=event, logits=logits), name=name)

    def entropy(self, name: str | None = None) -> Any:
        """-sum(p log p)."""
        return ops.negative(ops.reduce_sum(self.probs * ops.log_softmax(self.logits), -1), name=name)

    def mode(self, name: str | None = None) -> Any:
        """The most likely class."""
        return ops.cast(ops.argmax(self.logits, -1), self.dtype, name=name)


def _one_of(logits: Any, probs: Any) -> None:
    if (logits is None) == (probs is None):
        raise ArgumentError("a distribution takes either logits or probs", hint="Bernoulli(probs=0.3)")


def _of_normals(a: Normal, b: Normal) -> Any:
    ratio = ops.square(a.scale / b.scale)
    return 0.5 * (ops.square((a.loc - b.loc) / b.scale) + ratio - 1 - ops.log(ratio))


def _of_bernoullis(a: Bernoulli, b: Bernoulli) -> Any:
    yes = ops.softplus(-b.logits) - ops.softplus(-a.logits)
    no = ops.softplus(b.logits) - ops.softplus(a.logits)
    return a.probs * yes + (1 - a.probs) * no


def _of_categoricals(a: Categorical, b: Categorical) -> Any:
    return ops.reduce_sum(a.probs * (ops.log_softmax(a.logits) - ops.log_softmax(b.logits)), -1)


_DIVERGENCES: dict[type, Callable[[Any, Any], Any]] = {
    Normal: _of_normals, Bernoulli: _of_bernoullis, Categorical: _of_categoricals,
}


def kl_divergence(
    distribution_a: Distribution, distribution_b: Distribution, allow_nan_stats: bool = True, name: str | None = None
) -> Any:
    """The mean of log(a(x) / b(x)) over x drawn from a; of two normal, Bernoulli or categorical distributions."""
    kind = type(distribution_a)
    if kind is not type(distribution_b) or kind not in _DIVERGENCES:
        raise ArgumentError(
            f"kl_divergence of {kind.__name__} and {type(distribution_b).__name__}",
            rule="two of one kind: " + ", ".join(k.__name__ for k in _DIVERGENCES),
        )
    return ops.identity(_DIVERGENCES[kind](distribution_a, distribution_b), name=name)
