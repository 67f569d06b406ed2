"""Angles and areas: atan2 and the inverse hyperbolic functions."""

from __future__ import annotations

from typing import Any

from deepkit.core.op import register
from deepkit.core.typing import AnyTensor
from deepkit.ops.define import Elementwise, binary, unary
from deepkit.ops.functions import ops
from deepkit.ops.math.arithmetic import conj_if_complex, unbroadcast

__all__ = ["acosh", "asinh", "atan2", "atanh"]


@register
class Atan2(Elementwise):
    """The angle of the point (x, y) from the positive x axis, between -pi and pi."""

    ufunc = "arctan2"
    kinds = "f"

    def gradient(self, dz: AnyTensor, z: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        share = dz / (ops.square(x) + ops.square(y))
        return unbroadcast(share * x, y, x), unbroadcast(-share * y, x, y)


@register
class Asinh(Elementwise):
    """log(x + sqrt(x^2 + 1)): the inverse of sinh."""

    ufunc = "arcsinh"
    kinds = "fc"

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return dy / conj_if_complex(ops.cosh(y))


@register
class Acosh(Elementwise):
    """log(x + sqrt(x^2 - 1)) for x >= 1: the inverse of cosh."""

    ufunc = "arccosh"
    kinds = "fc"

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return dy / conj_if_complex(ops.sinh(y))


@register
class Atanh(Elementwise):
    """log((1 + x) / (1 - x)) / 2 for -1 < x < 1: the inverse of tanh."""

    ufunc = "arctanh"
    kinds = "fc"

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return dy / conj_if_complex(1 - ops.square(x))


atan2 = binary(Atan2, "atan2")
asinh = unary(Asinh, "asinh")
acosh = unary(Acosh, "acosh")
atanh = unary(Atanh, "atanh")
