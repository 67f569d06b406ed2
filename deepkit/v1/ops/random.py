"""`tf.random_normal` and its kin: random tensors."""

from __future__ import annotations

from deepkit import ops
from deepkit.v1.framework.symbolic import symbolic

__all__ = [
    "multinomial", "random_crop", "random_gamma", "random_normal", "random_poisson", "random_shuffle",
    "random_uniform", "truncated_normal",
]

categorical = symbolic(ops.categorical)
multinomial = symbolic(ops.multinomial)
random_crop = symbolic(ops.random_crop)
random_gamma = symbolic(ops.random_gamma)
random_normal = symbolic(ops.random_normal)
random_poisson = symbolic(ops.random_poisson, "random_poisson")
random_shuffle = symbolic(ops.random_shuffle)
random_uniform = symbolic(ops.random_uniform)
truncated_normal = symbolic(ops.truncated_normal)
