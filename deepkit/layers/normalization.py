"""Normalization: numbers with mean 0 and variance 1, over the batch or within each example, then a learned scale and offset.

gamma and beta, like the means and variances they go with, hold one number for each index along `axes`, the features or
channels; each may be None.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deepkit import ops
from deepkit.layers.weights import Declared


def scale_and_offset(shape: Sequence[int], scale: bool = True, offset: bool = True) -> list[Declared]:
    """gamma and beta, as far as they are wanted: at first they change nothing."""
    gamma, beta = Declared("gamma", tuple(shape), "ones"), Declared("beta", tuple(shape), "zeros")
    return [*([gamma] if scale else []), *([beta] if offset else [])]


def batch_norm_weights(shape: Sequence[int], scale: bool = True, offset: bool = True) -> list[Declared]:
    """gamma, beta, moving_mean and moving_variance: the last two follow the batches and are no matter of training."""
    moving = ("moving_mean", "zeros"), ("moving_variance", "ones")
    followers = [Declared(name, tuple(shape), initial, False) for name, initial in moving]
    return [*scale_and_offset(shape, scale, offset), *followers]


# ---- over the batch: S. Ioffe, C. Szegedy, ICML 2015


def batch_moments(x: Any, axes: Sequence[int], mask: Any = None, keepdims: bool = False) -> tuple[Any, Any]:
    """Mean and variance of x over all axes but `axes`; where a mask (batch, ...) is given, of what it lets count."""
    others = [axis for axis in range(x.shape.rank) if axis not in axes]
    if mask is None:
        return ops.moments(x, others, keepdims=keepdims)
    return ops.weighted_moments(x, others, ops.expand_dims(ops.cast(mask, x.dtype), -1), keepdims=keepdims)


def normalize(
    x: Any, mean: Any, variance: Any, gamma: Any, beta: Any, epsilon: float, axes: Sequence[int] = (-1,)
) -> Any:
    """gamma (x - mean) / sqrt(variance + epsilon) + beta."""
    mean, variance, beta, gamma = (_along(t, axes, x.shape.rank) for t in (mean, variance, beta, gamma))
    return ops.batch_normalization(x, mean, variance, beta, gamma, epsilon)


def _along(t: Any, axes: Sequence[int], rank: int) -> Any:
    """t (n), or None, as a tensor that meets axis `axes[0]` of a tensor of that rank; several axes are in place already."""
    if t is None or len(axes) > 1 or axes[0] in (-1, rank - 1):
        return t
    return ops.reshape(t, [-1 if axis == axes[0] else 1 for axis in range(rank)])


def unbiased(variance: Any, x: Any, lost: float = 1.0) -> Any:
    """n / (n - lost) times the variance of n numbers of x: what is to be expected of others, if 1 is lost."""
    count = ops.cast(ops.size_ratio(x, variance), variance.dtype)
    return variance * (count / ops.maximum(count - lost, 2.0 - lost))


def step_to(moving: Any, value: Any, momentum: Any) -> Any:
    """What a moving average loses in a step: moving - step = momentum * moving + (1 - momentum) * value."""
    return ops.multiply(moving - ops.cast(value, moving.dtype), 1 - momentum)


# ---- within each example


def normalize_within(x: Any, axes: Sequence[int], gamma: Any, beta: Any, epsilon: float) -> Any:
    """gamma (x - mean) / sqrt(variance + epsilon) + beta, with the mean and variance of each example over `axes`.

    gamma and beta are broadcast against x. Over the features: layer normalization (J. Ba et al., arXiv 1607.06450, 2016).
    Over the places of each channel: instance normalization (D. Ulyanov et al., arXiv 1607.08022, 2016).
    """
    mean, variance = ops.moments(x, axes, keepdims=True)
    return ops.batch_normalization(x, mean, variance, beta, gamma, epsilon)


def normalize_groups(
    x: Any, groups: int, axis: int, over: Sequence[int], gamma: Any, beta: Any, epsilon: float
) -> Any:
    """As `normalize_within` for each group of channels and the places `over`. Source: Y. Wu, K. He, ECCV 2018."""
    shape, rank, size = ops.shape(x), x.shape.rank, x.shape.lengths[axis] // groups
    parts = ops.reshape(x, ops.concat([shape[:axis], [groups, size], shape[axis + 1 :]], 0))
    axes = [axis + 1, *[a + 1 if a > axis else a for a in over]]
    spread = [groups if a == axis else size if a == axis + 1 else 1 for a in range(rank + 1)]
    beta, gamma = (None if t is None else ops.reshape(t, spread) for t in (beta, gamma))
    return ops.reshape_like(normalize_within(parts, axes, gamma, beta, epsilon), x)
