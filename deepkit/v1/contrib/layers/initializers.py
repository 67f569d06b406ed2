"""The initializers of `tf.contrib.layers`, whose truncated normal numbers have a variance of their own."""

from __future__ import annotations

import math
from typing import Any

from deepkit import ops
from deepkit.device.dtypes import DType, as_dtype
from deepkit.errors import DTypeError, check_choice
from deepkit.train.initializers import Initializer, fans
from deepkit.v1.initializers import shape_constant

__all__ = ["variance_scaling_initializer", "xavier_initializer", "xavier_initializer_conv2d"]


class VarianceScaling(Initializer):
    """Random numbers of variance about factor / n, n being inputs, outputs or their mean (FAN_IN, FAN_OUT, FAN_AVG).

    Uniform on +-sqrt(3 factor / n), or normal of standard deviation sqrt(1.3 factor / n), cut at twice that.
    """

    def __init__(self, factor: float, mode: str, uniform: bool, seed: int | None, dtype: Any):
        check_choice("variance_scaling_initializer: mode", mode, ("FAN_IN", "FAN_OUT", "FAN_AVG"))
        if not as_dtype(dtype).is_floating:
            raise DTypeError(f"variance_scaling_initializer of {as_dtype(dtype).name}", rule="floating-point numbers")
        self.factor, self.mode, self.uniform, self.seed, self.dtype = factor, mode, uniform, seed, as_dtype(dtype)
        self.label = "random_uniform" if uniform else "truncated_normal"

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        return super().__call__(shape_constant(shape, self.label), dtype)

    def values(self, shape: Any, dims: tuple[int, ...], dtype: DType) -> Any:
        inputs, outputs = fans(dims)
        n = {"FAN_IN": inputs, "FAN_OUT": outputs, "FAN_AVG": (inputs + outputs) / 2}[self.mode]
        if self.uniform:
            limit = math.sqrt(3.0 * self.factor / n)
            return ops.random_uniform(shape, -limit, limit, dtype, self.seed)
        return ops.truncated_normal(shape, 0.0, math.sqrt(1.3 * self.factor / n), dtype, self.seed)


def variance_scaling_initializer(
    factor: float = 2.0, mode: str = "FAN_IN", uniform: bool = False, seed: int | None = None, dtype: Any = "float32"
) -> VarianceScaling:
    """He's initializer by default: variance 2 / inputs, for layers with relu. Source: K. He et al., ICCV 2015."""
    return VarianceScaling(factor, mode, uniform, seed, dtype)


def xavier_initializer(uniform: bool = True, seed: int | None = None, dtype: Any = "float32") -> VarianceScaling:
    """Variance 2 / (inputs + outputs). Source: X. Glorot, Y. Bengio, AISTATS 2010."""
    return VarianceScaling(1.0, "FAN_AVG", uniform, seed, dtype)


xavier_initializer_conv2d = xavier_initializer
