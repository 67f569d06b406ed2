"""The patches that windows cut out of arrays, side by side as one matrix, and the sum that puts them back.

The matrix has one row for each window and one column for each number in it, so that a convolution is one product of
matrices. `matrix` and `put_back` say so in a few lines; below them stands the same for speed: the matrix in blocks that
stay in the processor's cache, by compiled twins which also save the padded copy.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from deepkit.device import compiled
from deepkit.device.windows import Ints, Windows, inside, pad, padded_shape, planar, slide, taps


def matrix(xp: Any, x: Any, windows: Windows) -> Any:
    """All patches of x (batch, space..., channels): (windows of all images, numbers in a patch)."""
    return _seen(xp, x, windows).reshape(-1, math.prod(windows.kernel) * x.shape[-1])


def put_back(xp: Any, patches: Any, dx: Any, windows: Windows) -> None:
    """Adds every number of the patches to dx where it came from: place by place in the window, all windows at once."""
    total = xp.zeros(padded_shape(dx.shape, windows), dx.dtype)
    apart = patches.reshape(dx.shape[0], *windows.out, -1, dx.shape[-1])
    for k, at in enumerate(taps(windows)):
        total[at] += apart[..., k, :]
    dx += total[inside(dx.shape[1:-1], windows.before)]


def _seen(xp: Any, x: Any, windows: Windows) -> Any:
    """What every window sees: (batch, out..., kernel..., channels), a view of the padded x."""
    padded = pad(xp, x, windows.before, windows.after)
    return slide(xp, padded, windows.kernel, windows.strides, windows.dilations, windows.out)


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
    return _by_images(xp, narrow, x, windows)


def is_everything(shape: Ints, windows: Windows) -> bool:
    """True if every position of x is a patch of its own: the matrix of patches is x itself."""
    return windows.out == tuple(shape[1:-1]) and set(windows.kernel) == set(windows.strides) == {1}


def is_narrow(channels: int, windows: Windows) -> bool:
    """True if patches are made column by column."""
    return windows.kernel[-1] * channels < NARROW


def images(xp: Any, x: Any, windows: Windows) -> Iterator[slice]:
    """A few images after the other: as many as have patches for one block."""
    numbers = math.prod(windows.out) * math.prod(windows.kernel) * x.shape[-1]
    step = max(1, (BLOCK if xp is np else 64 * BLOCK) // max(1, numbers * x.dtype.itemsize))
    for i in range(0, x.shape[0], step):
        yield slice(i, min(i + step, x.shape[0]))


def add_back(xp: Any, patches: Any, dx: Any, windows: Windows) -> None:
    """`put_back` of patches (windows of the images in dx, numbers in a patch): contiguous, or their transpose is."""
    if xp is np and len(windows.kernel) <= 2 and dx.flags.c_contiguous and patches.size >= SMALL:
        by_column = not patches.flags.c_contiguous
        scatter = compiled.kernel(_scatter_columns if by_column else _scatter_rows)
        if scatter is not None:
            flat, w = planar(dx, windows)
            matrix = patches.T if by_column else patches
            scatter(matrix, flat, w.kernel, w.strides, w.dilations, w.before, w.out)
            return
    put_back(xp, patches, dx, windows)


def _by_images(xp: Any, narrow: bool, x: Any, windows: Windows) -> Iterator[tuple[slice, Any]]:
    """`blocks` of whole images, by NumPy or CuPy."""
    axes, each = len(windows.out) + 1, math.prod(windows.out)
    for few in images(xp, x, windows):
        if narrow and xp is np:
            seen = _seen(xp, x[few], windows)
            by_column = seen.transpose(*range(axes, seen.ndim), *range(axes))
            rows = by_column.reshape(math.prod(windows.kernel) * x.shape[-1], -1).T
        else:
            rows = matrix(xp, x[few], windows)
        yield slice(few.start * each, few.stop * each), rows


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
