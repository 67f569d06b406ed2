"""`tf.random`: random tensors."""

from deepkit.v1.framework.creators import set_random_seed
from deepkit.v1.nn import fixed_unigram_candidate_sampler, log_uniform_candidate_sampler, uniform_candidate_sampler
from deepkit.v1.ops.random import categorical, multinomial, truncated_normal
from deepkit.v1.ops.random import random_gamma as gamma
from deepkit.v1.ops.random import random_normal as normal
from deepkit.v1.ops.random import random_poisson as poisson
from deepkit.v1.ops.random import random_shuffle as shuffle
from deepkit.v1.ops.random import random_uniform as uniform

__all__ = [
    "categorical", "fixed_unigram_candidate_sampler", "gamma", "log_uniform_candidate_sampler", "multinomial",
    "normal", "poisson", "set_random_seed", "shuffle", "truncated_normal", "uniform", "uniform_candidate_sampler",
]
