"""Division with remainder: rounded down or towards zero."""

from __future__ import annotations

from typing import Any

from deepkit.core.apply import apply, is_tensor
from deepkit.core.op import register
from deepkit.core.typing import AnyTensor, Array, ArrayModule, TensorLike
from deepkit.device.arrays import default_dtype, may_look
from deepkit.errors import ArgumentError
from deepkit.ops.define import Elementwise, binary
from deepkit.ops.math.arithmetic import RealDiv, unbroadcast

__all__ = ["div", "floordiv", "floormod", "truncatediv", "truncatemod"]


class Division(Elementwise):
    """Base of the divisions with remainder: an integer divided by 0 is an error, as it has no infinity to go to."""

    kinds = "if"

    def forward(self, xp: ArrayModule, x: Array, y: Array) -> Any:
        if may_look(xp) and y.dtype.kind in "iu" and x.size and not bool(y.all()):
            raise ArgumentError(
                f"{self.type}: an integer is divided by 0", hint="cast both to float32, or use div_no_nan"
            )
        return self.divide(xp, x, y)

    def bind(self, xp: ArrayModule) -> Any:
        return lambda x, y: self.forward(xp, x, y)

    def divide(self, xp: ArrayModule, x: Array, y: Array) -> Any:
        """The quotient or remainder, for integers y without 0."""
        return getattr(xp, self.ufunc)(x, y)


@register
class FloorDiv(Division):
    """x / y rounded down, element by element."""

    ufunc = "floor_divide"
    gradient = None  # a step function: its derivative is zero wherever it exists

    def divide(self, xp: ArrayModule, x: Array, y: Array) -> Any:
        return xp.floor(x / y) if x.dtype.kind == "f" else super().divide(xp, x, y)


@register
class FloorMod(Division):
    """The remainder of rounded-down division: it has the sign of y, and x = floordiv(x, y) * y + floormod(x, y)."""

    ufunc = "mod"

    def gradient(self, dy: AnyTensor, z: AnyTensor, x: AnyTensor, y: AnyTensor) -> Any:
        return unbroadcast(dy, x, y), unbroadcast(-dy * floordiv(x, y), y, x)


@register
class TruncateDiv(Division):
    """Integer division rounded towards zero, as in C."""

    kinds = "i"
    gradient = None

    def divide(self, xp: ArrayModule, x: Array, y: Array) -> Any:
        quotient = xp.floor_divide(x, y)
        return quotient + ((xp.remainder(x, y) != 0) & ((x < 0) != (y < 0))).astype(quotient.dtype)


@register
class TruncateMod(Division):
    """The remainder of division rounded towards zero: it has the sign of x."""

    ufunc = "fmod"

    def gradient(self, dy: AnyTensor, z: AnyTensor, x: AnyTensor, y: AnyTensor) -> Any:
        return unbroadcast(dy, x, y), unbroadcast(-dy * ((x - z) / y), y, x)


floordiv = binary(FloorDiv, "floordiv")
floormod = binary(FloorMod, "floormod")
truncatediv = binary(TruncateDiv, "truncatediv")
truncatemod = binary(TruncateMod, "truncatemod")


def div(x: TensorLike, y: TensorLike, name: str | None = None) -> AnyTensor:
    """Division as in Python 2: real for floats, rounded down for integers.

    x, y: shapes that broadcast; one type, integer, float or complex; result: the broadcast shape, of the same type.
    ArgumentError: an integer divided by 0. ShapeError: the shapes do not broadcast. DTypeError: two different types.
    """
    dtype = next((t.dtype for t in (x, y) if is_tensor(t)), None) or default_dtype([x, y])
    return apply(FloorDiv() if dtype.is_integer else RealDiv(), x, y, name=name or "div")
