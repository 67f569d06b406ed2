"""`tf.distributions`: random variables with their densities, entropies and moments, all differentiable."""

from deepkit.v1.distributions.base import Distribution
from deepkit.v1.distributions.classes import Bernoulli, Categorical
from deepkit.v1.distributions.divergences import kl_divergence
from deepkit.v1.distributions.gammas import Beta, Dirichlet, Gamma, StudentT
from deepkit.v1.distributions.scalar import Exponential, Laplace, Normal, Uniform

__all__ = [
    "Bernoulli", "Beta", "Categorical", "Dirichlet", "Distribution", "Exponential", "Gamma", "Laplace", "Normal", "StudentT",
    "Uniform", "kl_divergence",
]
