"""The same numbers in another arrangement: reshaping, joining, padding, repeating, resizing."""

from __future__ import annotations

import math
from typing import Any

from deepkit import ops
from deepkit.core.apply import is_tensor
from deepkit.errors import ArgumentError, ShapeError
from deepkit.keras.backend.config import floatx, normalize_data_format
from deepkit.keras.backend.tensors import int_shape, ndim, rank, shape, tensor

__all__ = [
    "batch_flatten", "concatenate", "expand_dims", "flatten", "gather", "one_hot", "permute_dimensions", "repeat",
    "repeat_elements", "reshape", "resize_images", "resize_volumes", "reverse", "slice", "spatial_2d_padding",
    "spatial_3d_padding", "squeeze", "stack", "temporal_padding", "tile", "transpose",
]


def reshape(x: Any, shape: Any) -> Any:
    """The same numbers under another shape; one length may be -1: what is left over."""
    return ops.reshape(x, shape)


def permute_dimensions(x: Any, pattern: Any) -> Any:
    """Axes in another order: axis i of the result is axis pattern[i] of x."""
    return ops.transpose(x, pattern)


def transpose(x: Any) -> Any:
    """All axes in reverse order."""
    return ops.transpose(x)


def flatten(x: Any) -> Any:
    """All numbers as one vector."""
    return ops.reshape(x, [-1])


def batch_flatten(x: Any) -> Any:
    """The numbers of each example as one row: (batch, ...) -> (batch, n)."""
    x = tensor(x)
    inner = (int_shape(x) or (None,))[1:]
    if ndim(x) is None or None in inner:
        return ops.reshape(x, [-1, ops.reduce_prod(shape(x)[1:])])
    return ops.reshape(x, [-1, math.prod(d or 0 for d in inner)])


def expand_dims(x: Any, axis: int = -1) -> Any:
    """A new axis of length 1; -1 puts it last."""
    return ops.expand_dims(x, axis)


def squeeze(x: Any, axis: int) -> Any:
    """Takes out an axis of length 1."""
    return ops.squeeze(x, axis)


def concatenate(tensors: Any, axis: int = -1) -> Any:
    """Tensors one after the other along an axis."""
    return ops.concat(list(tensors), axis)


def stack(x: Any, axis: int = 0) -> Any:
    """Tensors of one shape side by side along a new axis."""
    return ops.stack(list(x), axis)


def gather(reference: Any, indices: Any) -> Any:
    """The rows of `reference` that `indices` (integers of any shape) name."""
    return ops.gather(reference, indices)


def slice(x: Any, start: Any, size: Any) -> Any:
    """The block of `size` that begins at `start`, one number for each axis; size -1 goes to the end."""
    return ops.slice_(x, start, size)


def reverse(x: Any, axes: Any) -> Any:
    """The order along one axis, or several, turned round."""
    return ops.reverse(x, [axes] if isinstance(axes, int) else axes)


def one_hot(indices: Any, num_classes: int) -> Any:
    """Each class number as a row of zeros with a 1 at its place."""
    return ops.one_hot(indices, num_classes)


def tile(x: Any, n: Any) -> Any:
    """x repeated n[i] times along each axis i; of fewer numbers than axes they are those of the last ones."""
    if is_tensor(n):
        return ops.tile(x, n)
    times, x = [n] if isinstance(n, int) else list(n), tensor(x)
    return ops.tile(x, [1] * (rank(x) - len(times)) + times)


def repeat(x: Any, n: int) -> Any:
    """Each row n times: (batch, features) -> (batch, n, features)."""
    x = tensor(x)
    if rank(x) != 2:
        raise ShapeError(
            f"repeat of a tensor of shape {x.shape}", rule="two axes: (batch, features)",
            hint="repeat_elements(x, n, axis)",
        )
    return ops.tile(ops.expand_dims(x, 1), [1, n, 1])


def repeat_elements(x: Any, rep: int, axis: int) -> Any:
    """Every entry along `axis` rep times in a row, as numpy.repeat.

    >>> repeat_elements([1, 2], 2, axis=0).numpy().tolist()
    [1, 1, 2, 2]
    """
    return ops.repeat(x, rep, axis)


# ---- padding


def _padded(x: Any, pairs: Any, data_format: Any, space: int) -> Any:
    around = [tuple(p) for p in pairs]
    if len(around) != space or any(len(p) != 2 for p in around):
        raise ArgumentError(f"padding={pairs!r}", rule=f"{space} pairs (before, after), one for each space axis")
    first = normalize_data_format(data_format) == "channels_first"
    return ops.pad(x, [(0, 0), (0, 0), *around] if first else [(0, 0), *around, (0, 0)])


def temporal_padding(x: Any, padding: Any = (1, 1)) -> Any:
    """Zeros before and after each sequence (batch, steps, features)."""
    return _padded(x, [padding], "channels_last", 1)


def spatial_2d_padding(x: Any, padding: Any = ((1, 1), (1, 1)), data_format: str | None = None) -> Any:
    """Zeros around images: ((top, bottom), (left, right))."""
    return _padded(x, padding, data_format, 2)


def spatial_3d_padding(x: Any, padding: Any = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None) -> Any:
    """Zeros around volumes: a pair (before, after) for each of the three space axes."""
    return _padded(x, padding, data_format, 3)


# ---- resizing


def _enlarged(x: Any, factors: Any, data_format: Any, interpolation: str = "nearest") -> Any:
    enlarge = {"nearest": ops.repeat, "bilinear": ops.resize_linear}.get(interpolation)
    if enlarge is None:
        raise ArgumentError(f"interpolation={interpolation!r}", rule="'nearest' or 'bilinear'")
    first = 2 if normalize_data_format(data_format) == "channels_first" else 1
    x = tensor(x)
    if interpolation == "bilinear" and not x.dtype.is_floating:
        x = ops.cast(x, floatx())
    for i in reversed(range(len(factors))):
        x = enlarge(x, int(factors[i]), first + i)
    return x


def resize_images(
    x: Any, height_factor: int, width_factor: int, data_format: str | None, interpolation: str = "nearest"
) -> Any:
    """Images with height_factor times as many rows and width_factor times as many columns.

    interpolation: "nearest" repeats pixels, "bilinear" draws straight lines between their middles.
    """
    return _enlarged(x, (height_factor, width_factor), data_format, interpolation)


def resize_volumes(x: Any, depth_factor: int, height_factor: int, width_factor: int, data_format: str | None) -> Any:
    """Volumes with every number repeated along the three space axes."""
    return _enlarged(x, (depth_factor, height_factor, width_factor), data_format)
