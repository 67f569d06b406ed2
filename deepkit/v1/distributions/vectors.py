"""Distributions of vectors, and distributions made of others: normal with a diagonal, one-hot, relaxed, independent, mixed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deepkit import ops
from deepkit.core.apply import convert
from deepkit.core.shape import Shape
from deepkit.errors import ArgumentError
from deepkit.v1.distributions.base import Distribution, one_of, parameters, value_of
from deepkit.v1.distributions.classes import Categorical
from deepkit.v1.distributions.scalar import Logistic, Normal
from deepkit.v1.framework.symbolic import constant_of


class Independent(Distribution):
    """The last axes of another distribution's batch as one value: log_prob is the sum over them.

    reinterpreted_batch_ndims: how many axes; all but the first without it.
    """

    def __init__(
        self, distribution: Distribution, reinterpreted_batch_ndims: int | None = None, validate_args: bool = False,
        name: str | None = None,
    ):
        super().__init__(name or f"Independent{distribution.name}")
        rank = distribution.batch_shape.rank
        if rank is None or (reinterpreted_batch_ndims or 0) > rank:
            raise ArgumentError(
                f"Independent: {reinterpreted_batch_ndims} axes of a batch of shape {distribution.batch_shape}",
                rule="at most as many as the batch has",
            )
        self.distribution, self.dtype = distribution, distribution.dtype
        count = max(rank - 1, 0) if reinterpreted_batch_ndims is None else int(reinterpreted_batch_ndims)
        self._axes = list(range(-count, 0))

    def _shape_like(self) -> Any:
        return self.summed(ops.cast(self.distribution._shape_like(), "float32"))

    @property
    def event_shape(self) -> Shape:
        shape = self.distribution.batch_shape
        return shape[(shape.rank or 0) - len(self._axes):].concatenate(self.distribution.event_shape)

    def summed(self, x: Any, name: str | None = None) -> Any:
        """The sum of x over the axes that are one value."""
        return ops.reduce_sum(x, self._axes, name=name) if self._axes else ops.identity(x, name=name)

    def sample(self, sample_shape: Any = (), seed: int | None = None, name: str | None = None) -> Any:
        return self.distribution.sample(sample_shape, seed, name)

    def log_prob(self, value: Any, name: str | None = None) -> Any:
        return self.summed(self.distribution.log_prob(value), name)

    def entropy(self, name: str | None = None) -> Any:
        """The sum of the entropies."""
        return self.summed(self.distribution.entropy(), name)  # type: ignore[attr-defined]

    def mean(self, name: str | None = None) -> Any:
        """That of the distribution inside."""
        return self.distribution.mean(name)  # type: ignore[attr-defined]

    def mode(self, name: str | None = None) -> Any:
        """That of the distribution inside."""
        return self.distribution.mode(name)  # type: ignore[attr-defined]

    def variance(self, name: str | None = None) -> Any:
        """That of the distribution inside."""
        return self.distribution.variance(name)


def _diagonal(like: Any, diagonal: Any, more: Any) -> Any:
    """The diagonal of a scale: what is given of the two, their sum if both are, ones if none is."""
    if more is None:
        return ops.ones_like(like) if diagonal is None else diagonal
    more = ops.expand_dims(more, -1)
    return (ops.zeros_like(like) if diagonal is None else diagonal) + more


class MultivariateNormalDiag(Independent):
    """Vectors (..., n) of independent normal numbers: loc (0), scale_diag (1); scale_identity_multiplier is added to it."""

    def __init__(
        self, loc: Any = None, scale_diag: Any = None, scale_identity_multiplier: Any = None, validate_args: bool = False,
        allow_nan_stats: bool = True, name: str = "MultivariateNormalDiag",
    ):
        if loc is None and scale_diag is None:
            raise ArgumentError(f"{name} without loc and scale_diag", rule="one of them says how long the vectors are")
        parts = (loc, scale_diag, scale_identity_multiplier)
        given = iter(parameters(*(part for part in parts if part is not None)))
        known: list[Any] = [None if part is None else next(given) for part in parts]
        at, diagonal, more = known
        at = ops.zeros_like(diagonal) if at is None else at
        scale = _diagonal(at, diagonal, more)
        super().__init__(Normal(at + ops.zeros_like(scale), scale + ops.zeros_like(at)), 1, name=name)
        self.loc = at


class OneHotCategorical(Distribution):
    """One of n classes, as a vector with a 1 in its place: parameters (..., n), values (..., n)."""

    def __init__(
        self, logits: Any = None, probs: Any = None, dtype: Any = "int32", validate_args: bool = False,
        allow_nan_stats: bool = True, name: str = "OneHotCategorical",
    ):
        super().__init__(name)
        self._class = Categorical(logits, probs, dtype)
        self.logits, self.probs, self.dtype = self._class.logits, self._class.probs, self._class.dtype

    def _shape_like(self) -> Any:
        return self.logits[..., 0]

    @property
    def event_shape(self) -> Shape:
        return self.logits.shape[-1:]

    def _hot(self, number: Any, name: str | None) -> Any:
        return ops.one_hot(number, ops.shape(self.logits)[-1], dtype=self.dtype, name=name)

    def sample(self, sample_shape: Any = (), seed: int | None = None, name: str | None = None) -> Any:
        return self._hot(self._class.sample(sample_shape, seed), name)

    def log_prob(self, value: Any, name: str | None = None) -> Any:
        event = ops.cast(constant_of(value), self.logits.dtype)
        return ops.reduce_sum(event * ops.log_softmax(self.logits), -1, name=name)

    def entropy(self, name: str | None = None) -> Any:
        """-sum(p log p)."""
        return self._class.entropy(name)

    def mean(self, name: str | None = None) -> Any:
        """probs."""
        return ops.identity(self.probs, name=name)

    def mode(self, name: str | None = None) -> Any:
        """The most likely class, as a vector."""
        return self._hot(self._class.mode(), name)

    def variance(self, name: str | None = None) -> Any:
        """probs (1 - probs)."""
        return ops.multiply(self.probs, 1 - self.probs, name=name)


class RelaxedBernoulli(Distribution):
    """sigmoid((logits + logistic noise) / temperature): numbers in (0, 1) near 0 and 1, with a gradient by the logits.

    Source: C. Maddison et al., The concrete distribution, ICLR 2017 (arXiv 1611.00712).
    """

    def __init__(
        self, temperature: Any, logits: Any = None, probs: Any = None, validate_args: bool = False,
        allow_nan_stats: bool = True, name: str = "RelaxedBernoulli",
    ):
        super().__init__(name)
        self.temperature, given = parameters(temperature, _given(logits, probs))
        self.logits = given if probs is None else ops.log(given) - ops.log1p(-given)
        self.probs = ops.sigmoid(given) if probs is None else given
        self.dtype = given.dtype
        self._noisy = Logistic(self.logits / self.temperature, 1.0 / self.temperature)

    def _shape_like(self) -> Any:
        return self._noisy._shape_like()

    def sample(self, sample_shape: Any = (), seed: int | None = None, name: str | None = None) -> Any:
        return ops.sigmoid(self._noisy.sample(sample_shape, seed), name=name)

    def log_prob(self, value: Any, name: str | None = None) -> Any:
        x = value_of(value, self.logits)
        log, rest = ops.log(x), ops.log1p(-x)
        return ops.subtract(self._noisy.log_prob(log - rest), log + rest, name=name)

    def cdf(self, value: Any, name: str | None = None) -> Any:
        x = value_of(value, self.logits)
        return self._noisy.cdf(ops.log(x) - ops.log1p(-x), name)


class RelaxedOneHotCategorical(Distribution):
    """softmax((logits + Gumbel noise) / temperature): shares (..., n) near a one-hot vector, with a gradient by the logits.

    Sources: C. Maddison et al. (arXiv 1611.00712); E. Jang et al. (arXiv 1611.01144), both ICLR 2017.
    """

    def __init__(
        self, temperature: Any, logits: Any = None, probs: Any = None, validate_args: bool = False,
        allow_nan_stats: bool = True, name: str = "RelaxedOneHotCategorical",
    ):
        super().__init__(name)
        self.temperature, given = parameters(temperature, _given(logits, probs))
        self.logits: Any = given if probs is None else ops.log(given)
        self.probs: Any = ops.softmax(given) if probs is None else given
        self.dtype = given.dtype

    def _shape_like(self) -> Any:
        return self.logits[..., 0]

    @property
    def event_shape(self) -> Shape:
        return self.logits.shape[-1:]

    def sample(self, sample_shape: Any = (), seed: int | None = None, name: str | None = None) -> Any:
        shape = ops.concat([self._drawn(sample_shape), ops.shape(self.logits)[-1:]], 0)
        noise = ops.random_uniform(shape, float(self.dtype.numpy.type(1e-37)), 1.0, self.dtype, seed)
        return ops.softmax((self.logits - ops.log(-ops.log(noise))) / ops.expand_dims(self.temperature, -1), name=name)

    def log_prob(self, value: Any, name: str | None = None) -> Any:
        """log((n - 1)! t^(n - 1) prod(p_i x_i^(-t - 1)) / sum(p_i x_i^-t)^n) at the temperature t."""
        log_x = ops.log(value_of(value, self.logits))
        t, count = self.temperature, ops.cast(ops.shape(self.logits)[-1], self.dtype)
        score = ops.log_softmax(self.logits - log_x * ops.expand_dims(t, -1) + ops.zeros_like(log_x))
        scale = ops.lgamma(count) + (count - 1) * ops.log(t)
        return ops.add(scale, ops.reduce_sum(score - log_x, -1), name=name)


class MixtureSameFamily(Distribution):
    """One component, drawn by a Categorical, of a distribution whose last batch axis counts the components."""

    def __init__(
        self, mixture_distribution: Categorical, components_distribution: Distribution, validate_args: bool = False,
        allow_nan_stats: bool = True, name: str = "MixtureSameFamily",
    ):
        super().__init__(name)
        self.mixture_distribution, self.components_distribution = mixture_distribution, components_distribution
        self.dtype = components_distribution.dtype

    def _shape_like(self) -> Any:
        return self.components_distribution._shape_like()[..., 0]

    @property
    def event_shape(self) -> Shape:
        return self.components_distribution.event_shape

    def _weighted(self, values: Any, name: str | None = None) -> Any:
        """The mean over the components of values (..., components, event)."""
        probs = self.mixture_distribution.probs
        for _ in range(self.event_shape.rank or 0):
            probs = ops.expand_dims(probs, -1)
        return ops.reduce_sum(probs * values, -1 - (self.event_shape.rank or 0), name=name)

    def _beside(self, value: Any) -> Any:
        """The value, once for each component."""
        x = convert(value, beside=self.components_distribution._shape_like())
        return ops.expand_dims(x, -1 - (self.event_shape.rank or 0))

    def sample(self, sample_shape: Any = (), seed: int | None = None, name: str | None = None) -> Any:
        all_of_them = self.components_distribution.sample(sample_shape, seed)
        chosen = self.mixture_distribution.sample(sample_shape, None if seed is None else seed + 1)
        count = ops.shape(self.mixture_distribution.logits)[-1]
        mask = ops.one_hot(chosen, count, dtype=all_of_them.dtype)
        for _ in range(self.event_shape.rank or 0):
            mask = ops.expand_dims(mask, -1)
        return ops.reduce_sum(all_of_them * mask, -1 - (self.event_shape.rank or 0), name=name)

    def log_prob(self, value: Any, name: str | None = None) -> Any:
        each = self.components_distribution.log_prob(self._beside(value))
        return ops.reduce_logsumexp(each + ops.log_softmax(self.mixture_distribution.logits), -1, name=name)

    def cdf(self, value: Any, name: str | None = None) -> Any:
        each = self.components_distribution.cdf(self._beside(value))
        return ops.reduce_sum(self.mixture_distribution.probs * each, -1, name=name)

    def mean(self, name: str | None = None) -> Any:
        """The mean of the components' means."""
        return self._weighted(self.components_distribution.mean(), name)  # type: ignore[attr-defined]

    def variance(self, name: str | None = None) -> Any:
        """The mean of the components' variances, and the variance of their means."""
        means = self.components_distribution.mean()  # type: ignore[attr-defined]
        squares = self._weighted(self.components_distribution.variance() + ops.square(means))
        return ops.subtract(squares, ops.square(self._weighted(means)), name=name)


class Mixture(Distribution):
    """One of several distributions of one shape, drawn by a Categorical `cat`; components: a list of them."""

    def __init__(
        self, cat: Categorical, components: Sequence[Distribution], validate_args: bool = False,
        allow_nan_stats: bool = True, use_static_graph: bool = False, name: str = "Mixture",
    ):
        super().__init__(name)
        if not components:
            raise ArgumentError("Mixture without components", hint="[Normal(0.0, 1.0), Normal(3.0, 1.0)]")
        self.cat, self.components, self.dtype = cat, list(components), components[0].dtype

    def _shape_like(self) -> Any:
        return self.components[0]._shape_like()

    @property
    def event_shape(self) -> Shape:
        return self.components[0].event_shape

    def _weights(self, weights: Any) -> list[Any]:
        """A share for each component, with axes for the event."""
        parts = ops.unstack(weights, len(self.components), axis=-1)
        for _ in range(self.event_shape.rank or 0):
            parts = [ops.expand_dims(part, -1) for part in parts]
        return parts

    def sample(self, sample_shape: Any = (), seed: int | None = None, name: str | None = None) -> Any:
        seeds = [None if seed is None else seed + 1 + k for k in range(len(self.components))]
        hot = ops.one_hot(self.cat.sample(sample_shape, seed), len(self.components), dtype=self.dtype)
        draws = [c.sample(sample_shape, s) for c, s in zip(self.components, seeds, strict=True)]
        return ops.add_n([w * x for w, x in zip(self._weights(hot), draws, strict=True)], name=name)

    def log_prob(self, value: Any, name: str | None = None) -> Any:
        each = ops.stack([c.log_prob(value) for c in self.components], -1)
        return ops.reduce_logsumexp(each + ops.log_softmax(self.cat.logits), -1, name=name)

    def mean(self, name: str | None = None) -> Any:
        """The mean of the components' means."""
        means = [c.mean() for c in self.components]  # type: ignore[attr-defined]
        return ops.add_n([w * x for w, x in zip(self._weights(self.cat.probs), means, strict=True)], name=name)

    def variance(self, name: str | None = None) -> Any:
        """The mean of the components' variances, and the variance of their means."""
        squares = [c.variance() + ops.square(c.mean()) for c in self.components]  # type: ignore[attr-defined]
        mean = ops.add_n([w * x for w, x in zip(self._weights(self.cat.probs), squares, strict=True)])
        return ops.subtract(mean, ops.square(self.mean()), name=name)


def _given(logits: Any, probs: Any) -> Any:
    one_of(logits, probs)
    return logits if probs is None else probs
