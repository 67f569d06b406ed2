"""`tf.contrib.distributions`: those of tf.distributions, and of logistic numbers, counts, vectors, relaxations, mixtures."""

from deepkit.v1.distributions import (
    Bernoulli,
    Beta,
    Categorical,
    Dirichlet,
    Distribution,
    Exponential,
    Gamma,
    Laplace,
    Normal,
    StudentT,
    Uniform,
    kl_divergence,
)
from deepkit.v1.distributions.gammas import Poisson
from deepkit.v1.distributions.scalar import Logistic
from deepkit.v1.distributions.vectors import (
    Independent,
    Mixture,
    MixtureSameFamily,
    MultivariateNormalDiag,
    OneHotCategorical,
    RelaxedBernoulli,
    RelaxedOneHotCategorical,
)

__all__ = [
    "Bernoulli", "Beta", "Categorical", "Dirichlet", "Distribution", "Exponential", "Gamma", "Independent", "Laplace",
    "Logistic", "Mixture", "MixtureSameFamily", "MultivariateNormalDiag", "Normal", "OneHotCategorical", "Poisson",
    "RelaxedBernoulli", "RelaxedOneHotCategorical", "StudentT", "Uniform", "kl_divergence",
]
