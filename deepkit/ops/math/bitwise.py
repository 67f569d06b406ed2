"""Integers bit by bit."""

from __future__ import annotations

from typing import Any, ClassVar

from deepkit.core.op import register
from deepkit.core.typing import Array, ArrayModule
from deepkit.ops.define import Elementwise, binary, unary

__all__ = ["bitwise_and", "bitwise_or", "bitwise_xor", "invert", "left_shift", "right_shift"]


class Bitwise(Elementwise):
    """Base: two integers of one type make a third."""

    kinds = "i"
    gradient = None


@register
class BitwiseAnd(Bitwise):
    """The bits that are set in both."""

    ufunc = "bitwise_and"


@register
class BitwiseOr(Bitwise):
    """The bits that are set in at least one."""

    ufunc = "bitwise_or"


@register
class BitwiseXor(Bitwise):
    """The bits that are set in exactly one."""

    ufunc = "bitwise_xor"


@register
class Invert(Bitwise):
    """Every bit turned over."""

    ufunc = "invert"


class Shift(Bitwise):
    """Base: the bits of x moved by y places, at least 0 and at most all but one of the type's."""

    shift: ClassVar[str]

    def forward(self, xp: ArrayModule, x: Array, y: Array) -> Any:
        return getattr(xp, self.shift)(x, xp.clip(y, 0, 8 * y.dtype.itemsize - 1))


@register
class LeftShift(Shift):
    """The bits of x moved y places up."""

    shift = "left_shift"


@register
class RightShift(Shift):
    """The bits of x moved y places down; the sign stays."""

    shift = "right_shift"


bitwise_and = binary(BitwiseAnd, "bitwise_and")
bitwise_or = binary(BitwiseOr, "bitwise_or")
bitwise_xor = binary(BitwiseXor, "bitwise_xor")
invert = unary(Invert, "invert")
left_shift = binary(LeftShift, "left_shift")
right_shift = binary(RightShift, "right_shift")
