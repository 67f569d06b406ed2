"""Bytes of a file as arrays, where NumPy has no type for them: strings, and halves of float32."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def byte_strings(raw: Any, lengths: Sequence[int], shape: tuple[int, ...]) -> np.ndarray:
    """Byte strings of these lengths, which stand in `raw` one after the other, as an array of objects.

    >>> byte_strings(b"abc", [1, 2], (2,)).tolist()
    [b'a', b'bc']
    """
    found, at = np.empty(len(lengths), object), 0
    for i, length in enumerate(lengths):
        found[i] = bytes(raw[at : at + length])
        at += length
    return found.reshape(shape)


def bfloat16(bits: np.ndarray) -> np.ndarray:
    """float32 from their upper halves, 16 bits each.

    >>> bfloat16(np.array([0x3F80, 0xC000], "<u2")).tolist()
    [1.0, -2.0]
    """
    return (bits.astype(np.uint32) << np.uint32(16)).view(np.float32)
