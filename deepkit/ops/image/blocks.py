"""Blocks of the space axes moved to the batch axis and back; and the patches of images as rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit.core.apply import convert, scope
from deepkit.core.other_names import shown_as
from deepkit.core.shape import whole
from deepkit.core.static import static_value
from deepkit.core.typing import AnyTensor, IntsLike, TensorLike
from deepkit.errors import ArgumentError, ShapeError
from deepkit.ops.functions import ops
from deepkit.ops.image.images import _length

__all__ = [
    "batch_to_space", "batch_to_space_nd", "depth_to_space", "extract_image_patches", "space_to_batch", "space_to_batch_nd",
    "space_to_depth",
]


def _numbers(value: IntsLike | None, what: str) -> np.ndarray:
    if value is None:
        raise ArgumentError(f"{what} is missing", rule="numbers, one for each axis")
    known = static_value(value)
    if known is None:
        raise ArgumentError(f"{what} is a tensor whose value is not known", rule="numbers, known before the graph runs")
    return np.asarray(known, np.int64)


def _blocks(block_shape: IntsLike, pairs: IntsLike, what: str) -> tuple[np.ndarray, np.ndarray]:
    """The block's lengths, (m,), and the pairs before and behind each of its axes, (m, 2)."""
    block, around = _numbers(block_shape, "block_shape").reshape(-1), _numbers(pairs, what)
    if (block < 1).any() or around.shape != (block.size, 2) or (around < 0).any():
        raise ShapeError(
            f"blocks of {block.tolist()} with {what} {around.tolist()}",
            rule="blocks of at least one place, and for each of their axes a pair of numbers that are not below 0",
        )
    return block, around


def _lengths(x: AnyTensor) -> list[Any]:
    """The lengths of all axes: numbers where they are known, else tensors."""
    return [ops.shape(x)[i] if d is None else d for i, d in enumerate(x.shape.as_list())]


def _ranked(input: TensorLike, count: int, what: str) -> Any:
    x = convert(input)
    if x.shape.rank is None or x.shape.rank < count + 1:
        raise ShapeError(f"{what} of a tensor of shape {x.shape}", rule=f"a batch axis and {count} axes of blocks, at least")
    return x


def space_to_batch_nd(
    input: TensorLike, block_shape: IntsLike, paddings: IntsLike, name: str | None = None
) -> AnyTensor:
    """Every block_shape[i]-th place of axis i + 1 becomes a batch of its own.

    input: (n, s..., rest); result: (n prod(block), s / block..., rest). paddings (m, 2): zeros put before and behind the m
    axes first. ShapeError: too few axes, or a length that does not divide into blocks.

    >>> import deepkit as dk
    >>> dk.ops.space_to_batch_nd(dk.tensor([[1.0, 2.0, 3.0, 4.0]]), [2], [[0, 0]]).numpy().tolist()
    [[1.0, 3.0], [2.0, 4.0]]
    """
    block, pads = _blocks(block_shape, paddings, "paddings")
    m = block.size
    with scope(name, "SpaceToBatchND", input) as full:
        x = _ranked(input, m, "space_to_batch_nd")
        if pads.any():
            x = ops.pad(x, [[0, 0], *pads.tolist(), *[[0, 0]] * (x.shape.rank - m - 1)])
        batch, *lengths = _lengths(x)
        for n, b in zip(lengths[:m], block.tolist(), strict=True):
            if isinstance(n, int) and n % b:
                raise ShapeError(f"space_to_batch_nd: an axis of length {n} in blocks of {b}", hint="paddings make it longer")
        split = [part for n, b in zip(lengths[:m], block.tolist(), strict=True) for part in (n // b, b)]
        x = ops.reshape(x, [batch, *split, *lengths[m:]])
        order = [2 * i + 2 for i in range(m)] + [0] + [2 * i + 1 for i in range(m)]
        x = ops.transpose(x, order + list(range(2 * m + 1, 2 * m + 1 + len(lengths) - m)))
        first = batch * int(block.prod())
        spaces = [n // b for n, b in zip(lengths[:m], block.tolist(), strict=True)]
        return shown_as(ops.reshape(x, [first, *spaces, *lengths[m:]], name=full), "SpaceToBatchND")


def batch_to_space_nd(input: TensorLike, block_shape: IntsLike, crops: IntsLike, name: str | None = None) -> AnyTensor:
    """The inverse of space_to_batch_nd: (n prod(block), s..., rest) -> (n, s block..., rest), `crops` (m, 2) cut off then.

    ShapeError: too few axes, or a batch that does not divide into blocks.

    >>> import deepkit as dk
    >>> dk.ops.batch_to_space_nd(dk.tensor([[1.0, 3.0], [2.0, 4.0]]), [2], [[0, 0]]).numpy().tolist()
    [[1.0, 2.0, 3.0, 4.0]]
    """
    block, cut = _blocks(block_shape, crops, "crops")
    m, each = block.size, int(block.prod())
    with scope(name, "BatchToSpaceND", input) as full:
        x = _ranked(input, m, "batch_to_space_nd")
        batch, *lengths = _lengths(x)
        if isinstance(batch, int) and batch % each:
            raise ShapeError(f"batch_to_space_nd: a batch of {batch} in blocks of {each}")
        x = ops.reshape(x, [*block.tolist(), batch // each, *lengths])
        order = [m] + [axis for i in range(m) for axis in (m + 1 + i, i)]
        x = ops.transpose(x, order + list(range(2 * m + 1, 2 * m + 1 + len(lengths) - m)))
        spaces = [n * b for n, b in zip(lengths[:m], block.tolist(), strict=True)]
        x = ops.reshape(x, [batch // each, *spaces, *lengths[m:]], name=None if cut.any() else full)
        if not cut.any():
            return shown_as(x, "BatchToSpaceND")
        key = [_uncropped(n, int(a), int(b)) for n, (a, b) in zip(spaces, cut, strict=True)]
        return shown_as(ops.identity(x[(slice(None), *key)], name=full), "BatchToSpaceND")


def _uncropped(length: AnyTensor | int, before: int, behind: int) -> slice:
    """What is left of an axis; its length may be a tensor."""
    if isinstance(length, int) and before + behind > length:
        raise ShapeError(f"crops {before} and {behind} of a length of {length}", rule="at most the whole length")
    return slice(before, length - behind)


def _square(block: int) -> list[int]:
    return [whole(block), whole(block)]


def space_to_batch(
    input: TensorLike, paddings: IntsLike, block_size: int | None = None, name: str | None = None,
    block_shape: IntsLike | None = None,
) -> AnyTensor:
    """space_to_batch_nd of height and width, in square blocks, or in those of block_shape: (n b^2, h / b, w / b, c).

    input: (n, h, w, c); paddings: (2, 2). ShapeError: too few axes, or a length that does not divide into blocks.
    """
    shape = block_shape if block_shape is not None else _square(1 if block_size is None else block_size)
    return space_to_batch_nd(input, shape, paddings, name)


def batch_to_space(
    input: TensorLike, crops: IntsLike, block_size: int | None = None, name: str | None = None,
    block_shape: IntsLike | None = None,
) -> AnyTensor:
    """batch_to_space_nd of height and width, in square blocks, or in those of block_shape: (n / b^2, h b, w b, c).

    input: (n, h, w, c); crops: (2, 2), cut off then. ShapeError: too few axes, or a batch that does not divide into blocks.
    """
    shape = block_shape if block_shape is not None else _square(1 if block_size is None else block_size)
    return batch_to_space_nd(input, shape, crops, name)


def extract_image_patches(
    images: TensorLike, ksizes: IntsLike | None = None, strides: IntsLike | None = None, rates: IntsLike | None = None,
    padding: str | None = None, name: str | None = None, sizes: IntsLike | None = None,
) -> AnyTensor:
    """The patches that a window of `ksizes` sees, each as one row: (batch, rows, columns, height width channels).

    ksizes, strides and rates (the distance of the pixels of a patch): [1, height, width, 1]; padding: "SAME" or "VALID",
    zeros where the window leaves the image. ShapeError: images that are not (batch, height, width, channels).
    """
    with scope(name, "ExtractImagePatches", images) as full:
        x = convert(images)
        channels = x.shape.as_list()[3] if x.shape.rank == 4 else None
        if channels is None:
            raise ShapeError(f"extract_image_patches of shape {x.shape}", rule="(batch, height, width, channels)")
        kernel = [int(n) for n in _numbers(sizes if ksizes is None else ksizes, "ksizes")][1:3]
        step, rate = ([int(n) for n in _numbers(s, what)][1:3] for s, what in ((strides, "strides"), (rates, "rates")))
        count, kind = kernel[0] * kernel[1] * channels, x.dtype
        values = x if kind.is_floating else ops.cast(x, "float64")
        # a window's patch is what filters see that look at one place each
        filters = np.eye(count, dtype=values.dtype.numpy).reshape(*kernel, channels, count)
        seen = ops.convolution(values, _spread(filters, rate), str(padding), step)
        rows = ops.cast(seen, kind, name=full) if seen.dtype is not kind else ops.identity(seen, name=full)
        return shown_as(rows, "ExtractImagePatches")


def _spread(filters: np.ndarray, rate: list[int]) -> np.ndarray:
    """Filters with zeros between their places, `rate` apart: a convolution may be strided and dilated at once."""
    height, width = filters.shape[:2]
    wide = np.zeros(((height - 1) * rate[0] + 1, (width - 1) * rate[1] + 1, *filters.shape[2:]), filters.dtype)
    wide[:: rate[0], :: rate[1]] = filters
    return wide


def _batch(x: TensorLike, what: str) -> Any:
    x = convert(x)
    if x.shape.rank != 4:
        raise ShapeError(f"{what} of a tensor of shape {x.shape}", rule="(batch, height, width, channels)")
    return x


def space_to_depth(input: TensorLike, block_size: int, name: str | None = None) -> AnyTensor:
    """Blocks of block_size x block_size pixels become channels: (batch, h, w, c) -> (batch, h / b, w / b, c b^2).

    Result: of the same type. ShapeError: another number of axes, or a height or width that does not divide into blocks.
    """
    with scope(name, "SpaceToDepth", input) as full:
        x = _batch(input, "space_to_depth")
        b, (h, w, c) = whole(block_size), (_length(x, axis) for axis in (1, 2, 3))
        blocks = ops.reshape(x, [-1, h // b, b, w // b, b, c])
        y = ops.reshape(ops.transpose(blocks, [0, 1, 3, 2, 4, 5]), [-1, h // b, w // b, b * b * c], name=full)
        return shown_as(y, "SpaceToDepth")


def depth_to_space(input: TensorLike, block_size: int, name: str | None = None) -> AnyTensor:
    """Channels become blocks of block_size x block_size pixels: the inverse of `space_to_depth`.

    input: (batch, h, w, c); result: (batch, h b, w b, c / b^2), for b = block_size, of the same type. ShapeError: another
    number of axes, or channels that do not divide into blocks.
    """
    with scope(name, "DepthToSpace", input) as full:
        x = _batch(input, "depth_to_space")
        b, (h, w, c) = whole(block_size), (_length(x, axis) for axis in (1, 2, 3))
        blocks = ops.reshape(x, [-1, h, w, b, b, c // (b * b)])
        y = ops.reshape(ops.transpose(blocks, [0, 1, 3, 2, 4, 5]), [-1, h * b, w * b, c // (b * b)], name=full)
        return shown_as(y, "DepthToSpace")
