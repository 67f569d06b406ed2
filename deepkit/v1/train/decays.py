"""Learning rates that change with the step, as nodes of the graph even where all that they are made of is numbers."""

from __future__ import annotations

from deepkit.train import schedules
from deepkit.v1.framework.symbolic import symbolic

__all__ = [
    "cosine_decay", "cosine_decay_restarts", "exponential_decay", "inverse_time_decay", "linear_cosine_decay",
    "natural_exp_decay", "noisy_linear_cosine_decay", "piecewise_constant", "piecewise_constant_decay", "polynomial_decay",
]

cosine_decay = symbolic(schedules.cosine_decay, "CosineDecay")
cosine_decay_restarts = symbolic(schedules.cosine_decay_restarts, "SGDRDecay")
exponential_decay = symbolic(schedules.exponential_decay, "ExponentialDecay")
inverse_time_decay = symbolic(schedules.inverse_time_decay, "InverseTimeDecay")
linear_cosine_decay = symbolic(schedules.linear_cosine_decay, "LinearCosineDecay")
natural_exp_decay = symbolic(schedules.natural_exp_decay, "ExponentialDecay")
noisy_linear_cosine_decay = symbolic(schedules.noisy_linear_cosine_decay, "NoisyLinearCosineDecay")
piecewise_constant = piecewise_constant_decay = symbolic(schedules.piecewise_constant, "PiecewiseConstant")
polynomial_decay = symbolic(schedules.polynomial_decay, "PolynomialDecay")
