"""Dropout and its kin: what disturbs numbers while training, so that a network does not rely on single ones.

`seed` fixes the random numbers; None draws others each time. Outside of training a layer gives its input as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deepkit import ops
from deepkit.layers.layouts import length

SELU_LOWEST = -1.6732632423543772 * 1.0507009873554805
"""selu(-infinity)."""


def dropout(x: Any, rate: Any, noise_shape: Any = None, seed: int | None = None) -> Any:
    """x with each number 0 with probability `rate`, else divided by 1 - rate: the expectation stays.

    noise_shape: the shape of the random mask, 1 along the axes where numbers stay or go together.
    Source: N. Srivastava et al., JMLR 15 (2014).
    """
    return ops.dropout(x, rate=rate, noise_shape=noise_shape, seed=seed)


def whole_channels(layout: str) -> tuple[int | None, ...]:
    """The noise_shape with which whole channels stay or go. Source: J. Tompson et al., CVPR 2015.

    >>> whole_channels("NHWC")
    (None, 1, 1, None)
    """
    return tuple(None if letter in "NC" else 1 for letter in layout)


def gaussian_noise(x: Any, stddev: float, seed: int | None = None) -> Any:
    """x plus normal numbers of mean 0."""
    return x + ops.random_normal(ops.shape(x), 0.0, stddev, x.dtype, seed)


def gaussian_dropout(x: Any, rate: float, seed: int | None = None) -> Any:
    """x times normal numbers of mean 1 and variance rate / (1 - rate). Source: N. Srivastava et al., 2014, section 10."""
    return x * ops.random_normal(ops.shape(x), 1.0, (rate / (1.0 - rate)) ** 0.5, x.dtype, seed)


def alpha_dropout(x: Any, rate: float, noise_shape: Sequence[int | None] | None = None, seed: int | None = None) -> Any:
    """Dropout for selu: what goes becomes selu's lowest value; mean 0 and variance 1 stay. Source: G. Klambauer et al., 2017.

    After dropping, mean = rate * lowest and variance = (1 - rate) (1 + rate lowest^2): a y + b takes both back.
    """
    a = ((1 - rate) * (1 + rate * SELU_LOWEST**2)) ** -0.5
    b = -a * SELU_LOWEST * rate
    entries = noise_shape or [None] * x.shape.rank
    shape = [length(x, axis) if n is None else n for axis, n in enumerate(entries)]
    stays = ops.cast(ops.random_uniform(ops.stack(shape), dtype=x.dtype, seed=seed) >= rate, x.dtype)
    return a * (x * stays + SELU_LOWEST * (1 - stays)) + b
