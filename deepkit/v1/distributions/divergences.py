"""The Kullback-Leibler divergence of two distributions of one kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deepkit import ops
from deepkit.errors import ArgumentError
from deepkit.v1.distributions.base import Distribution
from deepkit.v1.distributions.classes import Bernoulli, Categorical
from deepkit.v1.distributions.gammas import Beta, Dirichlet, Gamma
from deepkit.v1.distributions.scalar import Normal
from deepkit.v1.distributions.vectors import Independent, MultivariateNormalDiag, OneHotCategorical


def _of_normals(a: Normal, b: Normal) -> Any:
    ratio = ops.square(a.scale / b.scale)
    return 0.5 * (ops.square((a.loc - b.loc) / b.scale) + ratio - 1 - ops.log(ratio))


def _of_bernoullis(a: Bernoulli, b: Bernoulli) -> Any:
    yes = ops.softplus(-b.logits) - ops.softplus(-a.logits)
    no = ops.softplus(b.logits) - ops.softplus(a.logits)
    return a.probs * yes + (1 - a.probs) * no


def _of_categoricals(a: Categorical, b: Categorical) -> Any:
    return ops.reduce_sum(a.probs * (ops.log_softmax(a.logits) - ops.log_softmax(b.logits)), -1)


def _of_gammas(a: Gamma, b: Gamma) -> Any:
    shapes = (a.concentration - b.concentration) * ops.digamma(a.concentration)
    shapes = shapes + ops.lgamma(b.concentration) - ops.lgamma(a.concentration)
    return shapes + b.concentration * ops.log(a.rate / b.rate) + a.concentration * (b.rate / a.rate - 1)


def _of_dirichlets(a: Dirichlet, b: Dirichlet) -> Any:
    means = ops.digamma(a.concentration) - ops.expand_dims(ops.digamma(a.total_concentration), -1)  # of log(x)
    inside = ops.reduce_sum((a.concentration - b.concentration) * means, -1)
    return inside + ops.lbeta(b.concentration) - ops.lbeta(a.concentration)


def _of_betas(a: Beta, b: Beta) -> Any:
    return _of_dirichlets(*(Dirichlet(ops.stack([x.concentration1, x.concentration0], -1)) for x in (a, b)))


def _of_independents(a: Independent, b: Independent) -> Any:
    return a.summed(kl_divergence(a.distribution, b.distribution))


_DIVERGENCES: dict[type, Callable[[Any, Any], Any]] = {
    Normal: _of_normals, Bernoulli: _of_bernoullis, Categorical: _of_categoricals, Gamma: _of_gammas, Beta: _of_betas,
    Dirichlet: _of_dirichlets, OneHotCategorical: _of_categoricals, Independent: _of_independents,
    MultivariateNormalDiag: _of_independents,
}


def kl_divergence(
    distribution_a: Distribution, distribution_b: Distribution, allow_nan_stats: bool = True, name: str | None = None
) -> Any:
    """The mean of log(a(x) / b(x)) over x drawn from a; of two distributions of one kind."""
    kind = type(distribution_a)
    if kind is not type(distribution_b) or kind not in _DIVERGENCES:
        raise ArgumentError(
            f"kl_divergence of {kind.__name__} and {type(distribution_b).__name__}",
            rule="two of one kind: " + ", ".join(k.__name__ for k in _DIVERGENCES),
        )
    return ops.identity(_DIVERGENCES[kind](distribution_a, distribution_b), name=name)
