"""Floor 3: update rules, optimizers, learning-rate schedules, moving averages: one set for graphs and for Tensors."""

from deepkit.train.clipping import clip_by_global_norm, global_norm
from deepkit.train.moving_average import ExponentialMovingAverage
from deepkit.train.optimizer import Optimizer
from deepkit.train.optimizers import (
    AdadeltaOptimizer,
    AdagradOptimizer,
    AdamOptimizer,
    FtrlOptimizer,
    GradientDescentOptimizer,
    MomentumOptimizer,
    RMSPropOptimizer,
)
from deepkit.train.proximal import (
    AdagradDAOptimizer,
    ProximalAdagradOptimizer,
    ProximalGradientDescentOptimizer,
)
from deepkit.train.schedules import (
    cosine_decay,
    cosine_decay_restarts,
    exponential_decay,
    inverse_time_decay,
    linear_cosine_decay,
    natural_exp_decay,
    noisy_linear_cosine_decay,
    piecewise_constant,
    polynomial_decay,
)

__all__ = [
    "AdadeltaOptimizer", "AdagradDAOptimizer", "AdagradOptimizer", "AdamOptimizer", "ExponentialMovingAverage",
    "FtrlOptimizer", "GradientDescentOptimizer", "MomentumOptimizer", "Optimizer", "ProximalAdagradOptimizer",
    "ProximalGradientDescentOptimizer", "RMSPropOptimizer", "clip_by_global_norm", "cosine_decay", "cosine_decay_restarts",
    "exponential_decay", "global_norm", "inverse_time_decay", "linear_cosine_decay", "natural_exp_decay",
    "noisy_linear_cosine_decay", "piecewise_constant", "polynomial_decay",
]
