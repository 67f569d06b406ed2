"""Functions of one number, applied to each element: powers, exponentials, trigonometry, rounding."""

from __future__ import annotations

from typing import Any

from deepkit.core.op import register
from deepkit.core.typing import AnyTensor, Array, ArrayModule
from deepkit.device.dtypes import DType
from deepkit.ops.define import Elementwise, unary
from deepkit.ops.functions import ops
from deepkit.ops.math.arithmetic import conj_if_complex

__all__ = [
    "abs", "acos", "asin", "atan", "ceil", "cos", "cosh", "exp", "expm1", "floor", "log", "log1p", "negative",
    "reciprocal", "rint", "round", "rsqrt", "sign", "sin", "sinh", "sqrt", "square", "tan", "tanh",
]


@register
class Neg(Elementwise):
    """-x."""

    ufunc = "negative"
    kinds = "ifc"

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return -dy


@register
class Abs(Elementwise):
    """The absolute value; of a complex number its length, which is real."""

    ufunc = "abs"
    kinds = "ifc"

    def dtype(self, x: DType) -> DType:
        return x.real_dtype

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        if x.dtype.is_complex:
            return ops.cast(dy, x.dtype) * sign(x)
        return dy * sign(x)


@register
class Sign(Elementwise):
    """-1, 0 or 1; for a complex number x / |x|."""

    kinds = "ifc"

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        if x.dtype.kind == "c":
            length = xp.abs(x)
            return xp.where(length == 0, 0, x / xp.where(length == 0, 1, length)).astype(x.dtype)
        return xp.sign(x)

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return ops.zeros_like(dy)  # a step function


def _where_it_arrives(dy: AnyTensor, dx: AnyTensor) -> Any:
    """dx, and 0 where dy is 0: what does not count in the result has no infinite derivative."""
    return ops.where(ops.equal(dy, 0), ops.zeros_like(dx), dx)


@register
class Reciprocal(Elementwise):
    """1 / x."""

    kinds = "fc"

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        return 1 / x

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        yc = conj_if_complex(y)
        return _where_it_arrives(dy, -dy * yc * yc)


@register
class Square(Elementwise):
    """x * x."""

    ufunc = "square"
    kinds = "ifc"

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return dy * (2 * conj_if_complex(x))


@register
class Sqrt(Elementwise):
    """The square root. Its derivative 1 / (2 y) is infinite at 0."""

    ufunc = "sqrt"
    kinds = "fc"

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return _where_it_arrives(dy, dy * 0.5 / conj_if_complex(y))


@register
class Rsqrt(Elementwise):
    """1 / sqrt(x)."""

    kinds = "fc"

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        return 1 / xp.sqrt(x)

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        yc = conj_if_complex(y)
        return _where_it_arrives(dy, dy * -0.5 * yc * yc * yc)


@register
class Exp(Elementwise):
    """e to the power x."""

    ufunc = "exp"
    kinds = "fc"

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return dy * conj_if_complex(y)


@register
class Expm1(Elementwise):
    """exp(x) - 1, exact for small x too."""

    ufunc = "expm1"
    kinds = "fc"

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return dy * conj_if_complex(exp(x))


@register
class Log(Elementwise):
    """The natural logarithm."""

    ufunc = "log"
    kinds = "fc"

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return dy / conj_if_complex(x)


@register
class Log1p(Elementwise):
    """log(1 + x), exact for small x too."""

    ufunc = "log1p"
    kinds = "fc"

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return dy / (1 + conj_if_complex(x))


@register
class Sin(Elementwise):
    """The sine, x in radians."""

    ufunc = "sin"
    kinds = "fc"

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return dy * cos(conj_if_complex(x))


@register
class Cos(Elementwise):
    """The cosine, x in radians."""

    ufunc = "cos"
    kinds = "fc"

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return -dy * sin(conj_if_complex(x))


@register
class Tan(Elementwise):
    """The tangent, x in radians."""

    ufunc = "tan"
    kinds = "fc"

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return dy * square(reciprocal(cos(conj_if_complex(x))))


@register
class Asin(Elementwise):
    """The angle in [-pi/2, pi/2] whose sine is x."""

    ufunc = "arcsin"
    kinds = "fc"

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return dy * rsqrt(1 - square(conj_if_complex(x)))


@register
class Acos(Elementwise):
    """The angle in [0, pi] whose cosine is x."""

    ufunc = "arccos"
    kinds = "fc"

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return -dy * rsqrt(1 - square(conj_if_complex(x)))


@register
class Atan(Elementwise):
    """The angle in (-pi/2, pi/2) whose tangent is x."""

    ufunc = "arctan"
    kinds = "fc"

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return dy / (1 + square(conj_if_complex(x)))


@register
class Sinh(Elementwise):
    """The hyperbolic sine."""

    ufunc = "sinh"
    kinds = "fc"

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return dy * cosh(conj_if_complex(x))


@register
class Cosh(Elementwise):
    """The hyperbolic cosine."""

    ufunc = "cosh"
    kinds = "fc"

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return dy * sinh(conj_if_complex(x))


@register
class Tanh(Elementwise):
    """The hyperbolic tangent, (e^x - e^-x) / (e^x + e^-x)."""

    ufunc = "tanh"
    kinds = "fc"

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return dy * (1 - square(conj_if_complex(y)))


@register
class Floor(Elementwise):
    """The largest integer not above x."""

    ufunc = "floor"
    kinds = "f"
    gradient = None


@register
class Ceil(Elementwise):
    """The smallest integer not below x."""

    ufunc = "ceil"
    kinds = "f"
    gradient = None


@register
class Rint(Elementwise):
    """The nearest integer; halves go to the even neighbour."""

    ufunc = "rint"
    kinds = "f"
    gradient = None


@register
class Round(Elementwise):
    """The nearest integer; halves go to the even neighbour. Integers stay as they are."""

    kinds = "if"
    aliases = True
    gradient = None

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        return xp.rint(x) if x.dtype.kind == "f" else x


negative = unary(Neg, "negative")
abs = unary(Abs, "abs")
sign = unary(Sign, "sign")
reciprocal = unary(Reciprocal, "reciprocal")
square = unary(Square, "square")
sqrt = unary(Sqrt, "sqrt")
rsqrt = unary(Rsqrt, "rsqrt")
exp = unary(Exp, "exp")
expm1 = unary(Expm1, "expm1")
log = unary(Log, "log")
log1p = unary(Log1p, "log1p")
sin = unary(Sin, "sin")
cos = unary(Cos, "cos")
tan = unary(Tan, "tan")
asin = unary(Asin, "asin")
acos = unary(Acos, "acos")
atan = unary(Atan, "atan")
sinh = unary(Sinh, "sinh")
cosh = unary(Cosh, "cosh")
tanh = unary(Tanh, "tanh")
floor = unary(Floor, "floor")
ceil = unary(Ceil, "ceil")
rint = unary(Rint, "rint")
round = unary(Round, "round")
