"""Distributions made of gamma functions: gamma, beta, Student's, Poisson's and Dirichlet's."""

from __future__ import annotations

import math
from typing import Any

from deepkit import ops
from deepkit.core.apply import convert
from deepkit.core.shape import Shape
from deepkit.v1.distributions.base import Distribution, one_of, parameters, value_of


class Gamma(Distribution):
    """Density rate^concentration x^(concentration - 1) exp(-rate x) / Gamma(concentration) for x > 0."""

    def __init__(
        self, concentration: Any, rate: Any, validate_args: bool = False, allow_nan_stats: bool = True, name: Any = "Gamma"
    ):
        super().__init__(name)
        self.concentration, self.rate = parameters(concentration, rate)
        self.dtype = self.concentration.dtype

    def _shape_like(self) -> Any:
        return self.concentration + ops.zeros_like(self.rate)

    def sample(self, sample_shape: Any = (), seed: int | None = None, name: str | None = None) -> Any:
        shape = self._drawn(sample_shape)[: ops.size(self._drawn(sample_shape)) - ops.rank(self._shape_like())]
        each = self.rate + ops.zeros_like(self.concentration)
        return ops.random_gamma(shape, self._shape_like(), each, self.dtype, seed, name)

    def log_prob(self, value: Any, name: str | None = None) -> Any:
        a, x = self.concentration, value_of(value, self.rate)
        return ops.subtract(ops.xlogy(a - 1, x) - self.rate * x, ops.lgamma(a) - a * ops.log(self.rate), name=name)

    def cdf(self, value: Any, name: str | None = None) -> Any:
        x = self.rate * value_of(value, self.rate)
        return ops.igamma(self.concentration + ops.zeros_like(x), x + ops.zeros_like(self.concentration), name=name)

    def entropy(self, name: str | None = None) -> Any:
        """concentration - log(rate) + log Gamma(concentration) + (1 - concentration) digamma(concentration)."""
        a = self.concentration
        return ops.add(a - ops.log(self.rate), ops.lgamma(a) + (1 - a) * ops.digamma(a), name=name)

    def mean(self, name: str | None = None) -> Any:
        """concentration / rate."""
        return ops.truediv(self.concentration, self.rate, name=name)

    def variance(self, name: str | None = None) -> Any:
        """concentration / rate^2."""
        return ops.truediv(self.concentration, ops.square(self.rate), name=name)

    def mode(self, name: str | None = None) -> Any:
        """(concentration - 1) / rate; NaN where concentration is not above 1."""
        return _where(self.concentration > 1, (self.concentration - 1) / self.rate, name)


class Dirichlet(Distribution):
    """Of n shares with the sum 1: density prod(x_i^(concentration_i - 1)) / B(concentration); parameters (..., n)."""

    def __init__(
        self, concentration: Any, validate_args: bool = False, allow_nan_stats: bool = True, name: Any = "Dirichlet"
    ):
        super().__init__(name)
        (self.concentration,) = parameters(concentration)
        self.dtype = self.concentration.dtype
        self.total_concentration = ops.reduce_sum(self.concentration, -1)

    def _shape_like(self) -> Any:
        return self.total_concentration

    @property
    def event_shape(self) -> Shape:
        return self.concentration.shape[-1:]

    def sample(self, sample_shape: Any = (), seed: int | None = None, name: str | None = None) -> Any:
        draws = Gamma(self.concentration, 1.0 + ops.zeros_like(self.concentration)).sample(sample_shape, seed)
        return ops.truediv(draws, ops.reduce_sum(draws, -1, keepdims=True), name=name)

    def log_prob(self, value: Any, name: str | None = None) -> Any:
        x = value_of(value, self.concentration)
        return ops.subtract(ops.reduce_sum(ops.xlogy(self.concentration - 1, x), -1), ops.lbeta(self.concentration), name=name)

    def entropy(self, name: str | None = None) -> Any:
        """log B(a) + (sum(a) - n) digamma(sum(a)) - sum((a - 1) digamma(a)) of the concentration a."""
        a, total = self.concentration, self.total_concentration
        count = ops.reduce_sum(ops.ones_like(a), -1)
        own = ops.reduce_sum((a - 1) * ops.digamma(a), -1)
        return ops.subtract(ops.lbeta(a) + (total - count) * ops.digamma(total), own, name=name)

    def mean(self, name: str | None = None) -> Any:
        """concentration / its sum."""
        return ops.truediv(self.concentration, ops.expand_dims(self.total_concentration, -1), name=name)

    def variance(self, name: str | None = None) -> Any:
        """mean (1 - mean) / (1 + sum of the concentration)."""
        mean = self.mean()
        return ops.truediv(mean * (1 - mean), 1 + ops.expand_dims(self.total_concentration, -1), name=name)

    def mode(self, name: str | None = None) -> Any:
        """(concentration - 1) / (its sum - n); NaN where one of them is not above 1."""
        more = self.concentration - 1
        known = ops.logical_and(ops.reduce_all(self.concentration > 1, -1, True), ops.equal(more, more))
        return _where(known, more / ops.reduce_sum(more, -1, True), name)


class Beta(Distribution):
    """Density x^(concentration1 - 1) (1 - x)^(concentration0 - 1) / B(concentration1, concentration0) in (0, 1)."""

    def __init__(
        self, concentration1: Any = None, concentration0: Any = None, validate_args: bool = False,
        allow_nan_stats: bool = True, name: Any = "Beta",
    ):
        super().__init__(name)
        both = (1.0 if concentration1 is None else concentration1, 1.0 if concentration0 is None else concentration0)
        self.concentration1, self.concentration0 = parameters(*both)
        self.dtype = self.concentration1.dtype
        self.total_concentration = self.concentration1 + self.concentration0

    def _shape_like(self) -> Any:
        return self.total_concentration

    def _log_beta(self) -> Any:
        return ops.lgamma(self.concentration1) + ops.lgamma(self.concentration0) - ops.lgamma(self.total_concentration)

    def sample(self, sample_shape: Any = (), seed: int | None = None, name: str | None = None) -> Any:
        a, b = self.concentration1, self.concentration0
        pair = ops.stack([a + ops.zeros_like(b), b + ops.zeros_like(a)], -1)
        return ops.identity(Dirichlet(pair).sample(sample_shape, seed)[..., 0], name=name)

    def log_prob(self, value: Any, name: str | None = None) -> Any:
        x = convert(value, beside=self.concentration1)
        inside = ops.xlogy(self.concentration1 - 1, x) + (self.concentration0 - 1) * ops.log1p(-x)
        return ops.subtract(inside, self._log_beta(), name=name)

    def cdf(self, value: Any, name: str | None = None) -> Any:
        a, b, x = self.concentration1, self.concentration0, convert(value, beside=self.concentration1)
        zeros = ops.zeros_like(a + b + x)
        return ops.betainc(a + zeros, b + zeros, x + zeros, name=name)

    def entropy(self, name: str | None = None) -> Any:
        """log B(a, b) - (a - 1) digamma(a) - (b - 1) digamma(b) + (a + b - 2) digamma(a + b)."""
        a, b, total = self.concentration1, self.concentration0, self.total_concentration
        own = (a - 1) * ops.digamma(a) + (b - 1) * ops.digamma(b)
        return ops.add(self._log_beta() - own, (total - 2) * ops.digamma(total), name=name)

    def mean(self, name: str | None = None) -> Any:
        """concentration1 / the sum of both."""
        return ops.truediv(self.concentration1, self.total_concentration, name=name)

    def variance(self, name: str | None = None) -> Any:
        """mean (1 - mean) / (1 + the sum of both)."""
        mean = self.mean()
        return ops.truediv(mean * (1 - mean), 1 + self.total_concentration, name=name)

    def mode(self, name: str | None = None) -> Any:
        """(concentration1 - 1) / (the sum of both - 2); NaN unless both are above 1."""
        inside = ops.logical_and(self.concentration1 > 1, self.concentration0 > 1)
        return _where(inside, (self.concentration1 - 1) / (self.total_concentration - 2), name)


class StudentT(Distribution):
    """Student's t with df degrees of freedom, moved by loc and stretched by scale: heavier tails than the normal's."""

    def __init__(
        self, df: Any, loc: Any, scale: Any, validate_args: bool = False, allow_nan_stats: bool = True, name: Any = "StudentT"
    ):
        super().__init__(name)
        self.df, self.loc, self.scale = parameters(df, loc, scale)
        self.dtype = self.df.dtype

    def _shape_like(self) -> Any:
        return ops.zeros_like(self.df) + self.loc + ops.zeros_like(self.scale)

    def sample(self, sample_shape: Any = (), seed: int | None = None, name: str | None = None) -> Any:
        df = self.df + ops.zeros_like(self._shape_like())
        normal = ops.random_normal(self._drawn(sample_shape), dtype=self.dtype, seed=seed)
        squares = Gamma(0.5 * df, 0.5 + ops.zeros_like(df)).sample(sample_shape, None if seed is None else seed + 1)
        return ops.add(normal * ops.rsqrt(squares / df) * self.scale, self.loc, name=name)

    def _log_normalization(self) -> Any:
        df = self.df
        return ops.log(self.scale) + 0.5 * ops.log(df * math.pi) + ops.lgamma(0.5 * df) - ops.lgamma(0.5 * (df + 1))

    def log_prob(self, value: Any, name: str | None = None) -> Any:
        z = (value_of(value, self.df) - self.loc) / self.scale
        return ops.subtract(-0.5 * (self.df + 1) * ops.log1p(ops.square(z) / self.df), self._log_normalization(), name=name)

    def cdf(self, value: Any, name: str | None = None) -> Any:
        z = (value_of(value, self.df) - self.loc) / self.scale
        df = self.df + ops.zeros_like(z)
        z = z + ops.zeros_like(df)
        tail = 0.5 * ops.betainc(0.5 * df, 0.5 * ops.ones_like(df), df / (ops.square(z) + df))
        return ops.where(ops.less(z, 0), tail, 1 - tail, name=name)

    def entropy(self, name: str | None = None) -> Any:
        """(df + 1)/2 (digamma((df + 1)/2) - digamma(df/2)) + the logarithm of what the density is divided by."""
        half = 0.5 * (self.df + 1)
        spread = half * (ops.digamma(half) - ops.digamma(0.5 * self.df)) + self._log_normalization()
        return ops.add(spread, ops.zeros_like(self.loc), name=name)

    def mean(self, name: str | None = None) -> Any:
        """loc; NaN where df is not above 1."""
        at = self._shape_like()
        return _where(self.df + ops.zeros_like(at) > 1, at, name)

    def mode(self, name: str | None = None) -> Any:
        """loc."""
        return ops.identity(self._shape_like(), name=name)

    def variance(self, name: str | None = None) -> Any:
        """scale^2 df / (df - 2); infinite for df from above 1 to 2, NaN below."""
        zeros = ops.zeros_like(self._shape_like())
        df, square = self.df + zeros, ops.square(self.scale) + zeros
        finite = ops.where(df > 2, square * df / ops.where(df > 2, df - 2, 1 + zeros), math.inf + zeros)
        return _where(df > 1, finite, name)


class Poisson(Distribution):
    """Counts: probability rate^k exp(-rate) / k!; rate or its logarithm log_rate."""

    def __init__(
        self, rate: Any = None, log_rate: Any = None, validate_args: bool = False, allow_nan_stats: bool = True,
        interpolate_nondiscrete: bool = True, name: Any = "Poisson",
    ):
        super().__init__(name)
        one_of(rate, log_rate, "rate or log_rate", "Poisson(rate=3.0)")
        (given,) = parameters(log_rate if rate is None else rate)
        self.rate: Any = ops.exp(given) if rate is None else given
        self.log_rate: Any = given if rate is None else ops.log(given)
        self.dtype = given.dtype

    def _shape_like(self) -> Any:
        return self.rate

    def sample(self, sample_shape: Any = (), seed: int | None = None, name: str | None = None) -> Any:
        shape = self._drawn(sample_shape)
        return ops.random_poisson(self.rate, shape[: ops.size(shape) - ops.rank(self.rate)], self.dtype, seed, name)

    def log_prob(self, value: Any, name: str | None = None) -> Any:
        k = value_of(value, self.rate)
        return ops.subtract(ops.xlogy(k, self.rate) - self.rate, ops.lgamma(1 + k), name=name)

    def cdf(self, value: Any, name: str | None = None) -> Any:
        k = ops.floor(value_of(value, self.rate)) + ops.zeros_like(self.rate)
        at_least = ops.igammac(1 + ops.maximum(k, 0.0), self.rate + ops.zeros_like(k))
        return ops.where(ops.less(k, 0), ops.zeros_like(k), at_least, name=name)

    def mean(self, name: str | None = None) -> Any:
        """rate."""
        return ops.identity(self.rate, name=name)

    variance = mean

    def mode(self, name: str | None = None) -> Any:
        """The largest count up to rate."""
        return ops.floor(self.rate, name=name)


def _where(known: Any, value: Any, name: str | None) -> Any:
    """value where it is known, else NaN."""
    return ops.where(known, value, math.nan + ops.zeros_like(value), name=name)
