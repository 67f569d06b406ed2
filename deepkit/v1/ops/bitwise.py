"""Integers bit by bit: what `tf.bitwise` offers."""

from __future__ import annotations

from deepkit import ops
from deepkit.v1.framework.symbolic import symbolic

bitwise_and = symbolic(ops.bitwise_and)
bitwise_or = symbolic(ops.bitwise_or)
bitwise_xor = symbolic(ops.bitwise_xor)
invert = symbolic(ops.invert)
left_shift = symbolic(ops.left_shift)
right_shift = symbolic(ops.right_shift)
