"""Distributions of one real number: normal, uniform, exponential, Laplace's, logistic."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.v1.distributions.base import Distribution, parameters, value_of


class _Placed(Distribution):
    """Base of loc + scale z, where z is around 0: loc and scale are of one type, and broadcast."""

    def __init__(
        self, loc: Any, scale: Any, validate_args: bool = False, allow_nan_stats: bool = True, name: Any = None
    ):
        super().__init__(name)
        self.loc, self.scale = parameters(loc, scale)
        self.dtype = self.loc.dtype

    def _shape_like(self) -> Any:
        return self.loc + ops.zeros_like(self.scale)

    def _standard(self, value: Any) -> Any:
        """z of a value: (value - loc) / scale."""
        return (value_of(value, self.loc) - self.loc) / self.scale

    def mean(self, name: str | None = None) -> Any:
        """loc."""
        return ops.identity(self._shape_like(), name=name)

    mode = mean


class Normal(_Placed):
    """Density exp(-((x - loc) / scale)^2 / 2) / (scale sqrt(2 pi))."""

    def sample(self, sample_shape: Any = (), seed: int | None = None, name: str | None = None) -> Any:
        noise = ops.random_normal(self._drawn(sample_shape), dtype=self.dtype, seed=seed)
        return ops.add(noise * self.scale, self.loc, name=name)

    def log_prob(self, value: Any, name: str | None = None) -> Any:
        scaled = -0.5 * ops.square(self._standard(value))
        return ops.subtract(scaled, 0.5 * math.log(2 * math.pi) + ops.log(self.scale), name=name)

    def cdf(self, value: Any, name: str | None = None) -> Any:
        return ops.multiply(0.5, ops.erfc((self.loc - value) / (self.scale * math.sqrt(2))), name=name)

    def entropy(self, name: str | None = None) -> Any:
        """log(scale) + log(2 pi e) / 2."""
        return ops.add(ops.log(self.scale + ops.zeros_like(self.loc)), 0.5 + 0.5 * math.log(2 * math.pi), name=name)

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
        self.low, self.high = parameters(low, high)
        self.dtype = self.low.dtype

    def _shape_like(self) -> Any:
        return self.low + ops.zeros_like(self.high)

    def sample(self, sample_shape: Any = (), seed: int | None = None, name: str | None = None) -> Any:
        share = ops.random_uniform(self._drawn(sample_shape), dtype=self.dtype, seed=seed)
        return ops.add(share * (self.high - self.low), self.low, name=name)

    def prob(self, value: Any, name: str | None = None) -> Any:
        value = value_of(value, self.low)
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

    def cdf(self, value: Any, name: str | None = None) -> Any:
        share = (value_of(value, self.low) - self.low) / (self.high - self.low)
        return ops.clip_by_value(share, 0.0, 1.0, name=name)


class Exponential(Distribution):
    """Density rate exp(-rate x) for x >= 0."""

    def __init__(self, rate: Any, validate_args: bool = False, allow_nan_stats: bool = True, name: Any = None):
        super().__init__(name)
        (self.rate,) = parameters(rate)
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

    def cdf(self, value: Any, name: str | None = None) -> Any:
        return ops.negative(ops.expm1(-self.rate * value), name=name)

    def mode(self, name: str | None = None) -> Any:
        """0."""
        return ops.zeros_like(self.rate, name=name)


class Laplace(_Placed):
    """Density exp(-|x - loc| / scale) / (2 scale)."""

    def sample(self, sample_shape: Any = (), seed: int | None = None, name: str | None = None) -> Any:
        below = float(np.nextafter(self.dtype.numpy.type(-1), self.dtype.numpy.type(0)))
        u = ops.random_uniform(self._drawn(sample_shape), below, 1.0, self.dtype, seed)
        return ops.subtract(self.loc, self.scale * ops.sign(u) * ops.log1p(-ops.abs(u)), name=name)

    def log_prob(self, value: Any, name: str | None = None) -> Any:
        return ops.subtract(-ops.abs(self._standard(value)), math.log(2) + ops.log(self.scale), name=name)

    def cdf(self, value: Any, name: str | None = None) -> Any:
        z = self._standard(value)
        return ops.subtract(0.5, 0.5 * ops.sign(z) * ops.expm1(-ops.abs(z)), name=name)

    def entropy(self, name: str | None = None) -> Any:
        """1 + log(2 scale)."""
        return ops.add(ops.log(self.scale + ops.zeros_like(self.loc)), 1 + math.log(2), name=name)

    def variance(self, name: str | None = None) -> Any:
        """2 scale^2."""
        return ops.multiply(2.0, ops.square(self.scale + ops.zeros_like(self.loc)), name=name)


class Logistic(_Placed):
    """cdf sigmoid((x - loc) / scale)."""

    def sample(self, sample_shape: Any = (), seed: int | None = None, name: str | None = None) -> Any:
        u = ops.random_uniform(self._drawn(sample_shape), float(np.finfo(self.dtype.numpy).tiny), 1.0, self.dtype, seed)
        return ops.add(self.loc, self.scale * (ops.log(u) - ops.log1p(-u)), name=name)

    def log_prob(self, value: Any, name: str | None = None) -> Any:
        z = self._standard(value)
        return ops.subtract(-z - 2 * ops.softplus(-z), ops.log(self.scale), name=name)

    def cdf(self, value: Any, name: str | None = None) -> Any:
        return ops.sigmoid(self._standard(value), name=name)

    def entropy(self, name: str | None = None) -> Any:
        """2 + log(scale)."""
        return ops.add(ops.log(self.scale + ops.zeros_like(self.loc)), 2.0, name=name)

    def variance(self, name: str | None = None) -> Any:
        """(pi scale)^2 / 3."""
        return ops.multiply(math.pi**2 / 3, ops.square(self.scale + ops.zeros_like(self.loc)), name=name)
