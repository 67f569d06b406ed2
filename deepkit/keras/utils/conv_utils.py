"""The arithmetic of windows that slide: how long what a convolution gives is, and arguments as it takes them."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit.errors import ArgumentError, ShapeError
from deepkit.keras.backend.config import normalize_data_format
from deepkit.keras.layers.arguments import numbers, padding_name
from deepkit.loading import listing

__all__ = [
    "conv_input_length", "conv_output_length", "convert_kernel", "deconv_length", "normalize_data_format",
    "normalize_padding", "normalize_tuple",
]
__dir__ = listing(__all__)


def normalize_tuple(value: Any, n: int, name: str) -> tuple[int, ...]:
    """One whole number for all axes, or one for each, as a tuple of n.

    >>> normalize_tuple(3, 2, "kernel_size")
    (3, 3)
    """
    return numbers(value, n, name, least=0)


def normalize_padding(value: Any) -> str:
    """A padding in small letters: "valid", "same" or "causal"."""
    return padding_name(value, "a convolution", ("valid", "same", "causal"))


def convert_kernel(kernel: Any) -> np.ndarray:
    """A kernel with its axes of space turned round: what correlates becomes what convolves, and the other way.

    Args:
        kernel: (*space, channels, filters) with one to three axes of space.
    """
    array = np.asarray(kernel)
    if not 3 <= array.ndim <= 5:
        raise ShapeError(f"convert_kernel: a kernel of shape {array.shape}", rule="(*space, channels, filters)")
    return np.flip(array, tuple(range(array.ndim - 2))).copy()


def conv_output_length(input_length: int | None, filter_size: int, padding: str, stride: int, dilation: int = 1) -> int | None:
    """How many places a window of `filter_size` has that slides over `input_length`; None where that is not known.

    padding: "valid", "same", "causal" (zeros in front alone), or "full" (the window touches the input with one end).

    >>> [conv_output_length(7, 3, padding, 2) for padding in ("valid", "same", "causal", "full")]
    [3, 4, 4, 5]
    """
    size = (filter_size - 1) * dilation
    change = {"same": 0, "causal": 0, "valid": -size, "full": size}
    _check_padding(padding, change)
    return None if input_length is None else -(-(input_length + change[padding]) // stride)


def conv_input_length(output_length: int | None, filter_size: int, padding: str, stride: int) -> int | None:
    """How long an input of an odd window has to be for `output_length` places, at least; None where that is not known.

    >>> [conv_input_length(4, 3, padding, 2) for padding in ("valid", "same", "full")]
    [9, 7, 5]
    """
    zeros = {"valid": 0, "same": filter_size // 2, "full": filter_size - 1}
    _check_padding(padding, zeros)
    return None if output_length is None else (output_length - 1) * stride - 2 * zeros[padding] + filter_size


def deconv_length(
    dim_size: int | None, stride_size: int, kernel_size: int, padding: str, output_padding: int | None, dilation: int = 1
) -> int | None:
    """How long the output of a transposed convolution is; None where the input's length is not known.

    output_padding: how much longer than the least length that gives the input back; None chooses the usual one.

    >>> [deconv_length(4, 2, 3, padding, None) for padding in ("valid", "same", "full")]
    [9, 8, 5]
    """
    size = (kernel_size - 1) * dilation + 1
    if output_padding is not None:
        zeros = {"valid": 0, "same": size // 2, "full": size - 1}
        _check_padding(padding, zeros)
        return None if dim_size is None else (dim_size - 1) * stride_size + size - 2 * zeros[padding] + output_padding
    more = {"valid": max(size - stride_size, 0), "same": 0, "full": -(stride_size + size - 2)}
    _check_padding(padding, more)
    return None if dim_size is None else dim_size * stride_size + more[padding]


def _check_padding(padding: str, known: dict[str, int]) -> None:
    if padding not in known:
        raise ArgumentError(f"padding={padding!r}", rule="one of " + ", ".join(map(repr, known)))
