"""The patches that windows cut out of arrays, side by side as one matrix, and the sum that puts them back.

The matrix has one row for each window and one column for each number in it. It is made in blocks that stay in the
processor's cache. NumPy reference and compiled twin stand side by side; the twin also saves the padded copy.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from deepkit.device import compiled
from deepkit.device.windows import Ints, Windows, inside, pad, planar, slide, taps

BLOCK = 2**22
"""Bytes of patches that are made at a time on the CPU; on a GPU, whose products like large matrices, 64 times as many."""
NARROW = 16
"""Patches whose rows have fewer numbers than this side by side are made column by column, which copies longer runs."""
SMALL = 2**14
"""Numbers in all patches below which NumPy is as fast and needs no compiled code."""


def blocks(xp: Any, x: Any, windows: Windows) -> Iterator[tuple[slice, Any]]:
    """The patches of x (batch, space..., channels): (which windows, matrix of one row for each of them), block by block.

    Windows are numbered through all images, the last space axis fastest. Each matrix is good until the next one comes.
    """
    if is_everything(x.shape, windows):
        return iter([(slice(0, math.prod(x.shape[:-1])), x.reshape(-1, x.shape[-1]))])
    narrow = is_narrow(x.shape[-1], windows)
    numbers = x.shape[0] * math.prod(windows.out) * math.prod(windows.kernel) * x.shape[-1]
    if xp is np and len(windows.kernel) <= 2 and numbers >= SMALL:
        gather = compiled.kernel(_gather_columns if narrow else _gather_rows)
        if gather is not None:
            return _gathered(gather, narrow, x, windows)
    return _reference(xp, narrow, x, windows)


def is_everything(shape: Ints, windows: Windows) -> bool:
    """True if every position of x is a patch of its own: the matrix of patches is x itself."""
    return windows.out == tuple(shape[1:-1]) and set(windows.kernel) == set(windows.strides) == {1}


def is_narrow(channels: int, windows: Windows) -> bool:
    """True if patches are made column by column."""
    return windows.kernel[-1] * channels < NARROW


def images(xp: Any, x: Any, windows: Windows) -> Iterator[slice]:
    """A few images after the other: as many as have patches for one block."""
    step = _images_at_a_time(xp, x, windows)
    for i in range(0, x.shape[0], step):
        yield slice(i, min(i + step, x.shape[0]))


def add_back(xp: Any, patches: Any, dx: Any, windows: Windows) -> None:
    """Adds every number of the patches (windows of the images in dx, numbers in a patch) to dx where it came from.

    The matrix is contiguous, or its transpose is.
    """
    if xp is np and len(windows.kernel) <= 2 and dx.flags.c_contiguous and patches.size >= SMALL:
        by_column = not patches.flags.c_contiguous
        scatter = compiled.kernel(_scatter_columns if by_column else _scatter_rows)
        if scatter is not None:
            flat, w = planar(dx, windows)
            matrix = patches.T if by_column else patches
            scatter(matrix, flat, w.kernel, w.strides, w.dilations, w.before, w.out)
            return
    space = dx.shape[1:-1]
    padded = xp.zeros((dx.shape[0], *[b + n + a for b, n, a in zip(windows.before, space, windows.after, strict=True)],
                       dx.shape[-1]), dx.dtype)
    apart = patches.reshape(dx.shape[0], *windows.out, -1, dx.shape[-1])
    for k, at in enumerate(taps(windows)):
        padded[at] += apart[..., k, :]
    dx += padded[inside(space, windows.before)]


def _images_at_a_time(xp: Any, x: Any, windows: Windows) -> int:
    numbers = math.prod(windows.out) * math.prod(windows.kernel) * x.shape[-1]
    return max(1, (BLOCK if xp is np else 64 * BLOCK) // max(1, numbers * x.dtype.itemsize))


def _reference(xp: Any, narrow: bool, x: Any, windows: Windows) -> Iterator[tuple[slice, Any]]:
    """`blocks` of whole images, by NumPy or CuPy."""
    rank, step = len(windows.out), _images_at_a_time(xp, x, windows)
    each, numbers = math.prod(windows.out), math.prod(windows.kernel) * x.shape[-1]
    by_column = (*range(rank + 1, 2 * rank + 2), *range(rank + 1))
    narrow = narrow and xp is np
    for i in range(0, x.shape[0], step):
        padded = pad(xp, x[i : i + step], windows.before, windows.after)
        view = slide(xp, padded, windows.kernel, windows.strides, windows.dilations, windows.out)
        matrix = view.transpose(by_column).reshape(numbers, -1).T if narrow else view.reshape(-1, numbers)
        yield slice(i * each, (i + len(padded)) * each), matrix


def _gathered(gather: Any, narrow: bool, x: Any, windows: Windows) -> Iterator[tuple[slice, Any]]:
    """`blocks` by the compiled kernel: of any number of windows, so that one large image has several."""
    x, w = planar(np.ascontiguousarray(x), windows)
    count, numbers = x.shape[0] * math.prod(w.out), math.prod(w.kernel) * x.shape[-1]
    step = min(count, max(1, BLOCK // (numbers * x.dtype.itemsize)))
    memory = np.empty(step * numbers, x.dtype)
    for start in range(0, count, step):
        rows = min(step, count - start)
        matrix = memory[: rows * numbers]
        matrix = matrix.reshape((numbers, rows) if narrow else (rows, numbers))
        gather(x, matrix, start, w.kernel, w.strides, w.dilations, w.before, w.out)
        yield slice(start, start + rows), matrix.T if narrow else matrix


def _gather_rows(x, rows, start, kernel, strides, dilations, before, out):  # compiled by numba
    height, width, channels = x.shape[1], x.shape[2], x.shape[3]
    run = kernel[1] * channels
    for r in range(rows.shape[0]):
        image, place = divmod(start + r, out[0] * out[1])
        i, j = divmod(place, out[1])
        left = j * strides[1] - before[1]
        whole = dilations[1] == 1 and left >= 0 and left + kernel[1] <= width
        for a in range(kernel[0]):
            y = i * strides[0] + a * dilations[0] - before[0]
            to = rows[r, a * run : (a + 1) * run]
            if y < 0 or y >= height:
                to[:] = 0
            elif whole:
                line = x[image, y, left : left + kernel[1]].reshape(-1)
                for e in range(run):
                    to[e] = line[e]
            else:
                for b in range(kernel[1]):
                    z = left + b * dilations[1]
                    if z < 0 or z >= width:
                        to[b * channels : (b + 1) * channels] = 0
                    else:
                        for c in range(channels):
                            to[b * channels + c] = x[image, y, z, c]


def _gather_columns(x, columns, start, kernel, strides, dilations, before, out):  # compiled by numba
    height, width, channels = x.shape[1], x.shape[2], x.shape[3]
    count = columns.shape[1]
    for k in range(columns.shape[0]):
        tap, c = divmod(k, channels)
        a, b = divmod(tap, kernel[1])
        shift = b * dilations[1] - before[1]
        # the windows of one line whose tap lies inside the image: first <= j < last
        first = min(out[1], max(0, -(shift // strides[1])))
        last = max(first, min(out[1], (width - 1 - shift) // strides[1] + 1))
        r = 0
        while r < count:
            line, j = divmod(start + r, out[1])
            image, i = divmod(line, out[0])
            many = min(out[1] - j, count - r)
            y = i * strides[0] + a * dilations[0] - before[0]
            to = columns[k, r : r + many]
            if y < 0 or y >= height:
                to[:] = 0
            else:
                low, high = min(many, max(0, first - j)), min(many, max(0, last - j))
                to[:low] = 0
                to[high:] = 0
                seen = x[image, y, :, c]
                begin = (j + low) * strides[1] + shift
                if strides[1] == 1:
                    seen = seen[begin : begin + high - low]
                    for p in range(high - low):
                        to[low + p] = seen[p]
                else:
                    for p in range(high - low):
                        to[low + p] = seen[begin + p * strides[1]]
            r += many


def _scatter_rows(patches, dx, kernel, strides, dilations, before, out):  # compiled by numba
    height, width, channels = dx.shape[1], dx.shape[2], dx.shape[3]
    for image in range(dx.shape[0]):
        for a in range(kernel[0]):
            for b in range(kernel[1]):
                k = (a * kernel[1] + b) * channels
                for i in range(out[0]):
                    y = i * strides[0] + a * dilations[0] - before[0]
                    if y < 0 or y >= height:
                        continue
                    for j in range(out[1]):
                        z = j * strides[1] + b * dilations[1] - before[1]
                        if 0 <= z < width:
                            row = patches[(image * out[0] + i) * out[1] + j, k : k + channels]
                            to = dx[image, y, z]
                            for c in range(channels):
                                to[c] += row[c]


def _scatter_columns(columns, dx, kernel, strides, dilations, before, out):  # compiled by numba
    height, width, channels = dx.shape[1], dx.shape[2], dx.shape[3]
    for image in range(dx.shape[0]):
        for k in range(columns.shape[0]):
            tap, c = divmod(k, channels)
            a, b = divmod(tap, kernel[1])
            shift = b * dilations[1] - before[1]
            first = min(out[1], max(0, -(shift // strides[1])))
            last = max(first, min(out[1], (width - 1 - shift) // strides[1] + 1))
            for i in range(out[0]):
                y = i * strides[0] + a * dilations[0] - before[0]
                if y < 0 or y >= height:
                    continue
                begin = (image * out[0] + i) * out[1]
                row = columns[k, begin + first : begin + last]
                start = first * strides[1] + shift
                if strides[1] == 1:
                    to = dx[image, y, start : start + last - first, c]
                    for p in range(last - first):
                        to[p] += row[p]
                else:
                    to = dx[image, y, :, c]
                    for p in range(last - first):
                        to[start + p * strides[1]] += row[p]
