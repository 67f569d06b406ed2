"""Integers bit by bit."""

from __future__ import annotations

from deepkit.core.op import register
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


@register
class LeftShift(Bitwise):
    """The bits of x moved y places up."""

    ufunc = "left_shift"


@register
class RightShift(Bitwise):
    """The bits of x moved y places down; the sign stays."""

    ufunc = "right_shift"


bitwise_and = binary(BitwiseAnd, "bitwise_and")
bitwise_or = binary(BitwiseOr, "bitwise_or")
bitwise_xor = binary(BitwiseXor, "bitwise_xor")
invert = unary(Invert, "invert")
left_shift = binary(LeftShift, "left_shift")
right_shift = binary(RightShift, "right_shift")
