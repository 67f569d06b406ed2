"""Convolution of arrays (batch, space axes..., channels) as matrix products, and its two derivatives.

Every patch that the filter sees is one row of a matrix P; the filter is a matrix F of one column for each output channel
(K. Chellapilla et al., "High performance convolutional neural networks for document processing", 2006). Then Y = P F,
dF = transposed P dY, and dP = dY transposed F is what each window sends back to each place under it, to be added up where
the patches came from. The three references say this for one group; below, P is made block by block, so that it stays in
the processor's cache, and never where it is x itself. Where they serve, compiled kernels do without P: `direct`, and with
fewer multiplications `winograd`; on a GPU cuda/convolve.

Filters are (kernel..., channels in / groups, channels out); group g of the output channels sees group g of the input.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from deepkit.device import activations, cuda, depthwise, direct, patches, winograd
from deepkit.device.registers.lanes import WIDE
from deepkit.device.windows import Ints, Windows


def convolve_reference(xp: Any, x: Any, filters: Any, windows: Windows) -> Any:
    """Y = P F."""
    y = patches.matrix(xp, x, windows) @ filters.reshape(-1, filters.shape[-1])
    return y.reshape(x.shape[0], *windows.out, -1)


def filter_gradient_reference(xp: Any, x: Any, dy: Any, shape: Ints, windows: Windows) -> Any:
    """dF = transposed P dY."""
    return (patches.matrix(xp, x, windows).T @ dy.reshape(-1, shape[-1])).reshape(shape)


def input_gradient_reference(xp: Any, dy: Any, filters: Any, shape: Ints, windows: Windows) -> Any:
    """dP = dY transposed F, and the sum that puts it back."""
    dx = xp.zeros(shape, dy.dtype)
    sent = dy.reshape(-1, filters.shape[-1]) @ filters.reshape(-1, filters.shape[-1]).T
    patches.put_back(xp, sent, dx, windows)
    return dx


def convolve(xp: Any, x: Any, filters: Any, windows: Windows, bias: Any = None, relu: bool = False) -> Any:
    """y[n, p, o] = sum over k and c of x[n, s p + d k - before, c] filters[k, c, o], plus bias[o] where there is one.

    With `relu` what is less than 0 becomes 0. Compiled, both are done before an image leaves the cache.
    """
    few = filters.shape[-1]
    if _groups(x.shape, filters.shape) == 1 and direct.fits(xp, x, filters.shape, windows, _filled(few)):
        if few == _filled(few):
            way = winograd if winograd.fits(x.shape[0], filters.shape, windows) else direct
            return way.convolve(x, filters, windows, bias, relu)
        y = np.ascontiguousarray(direct.convolve(x, _with_zeros(filters), windows)[..., :few])
    else:
        y = _by_patches(xp, x, filters, windows)
    if bias is not None:
        y = activations.bias_relu(xp, y, bias, out=y) if relu else xp.add(y, bias, out=y)
    return y


def _filled(channels: int) -> int:
    """How many channels are computed for so many: a register that is at least half full is filled up."""
    return WIDE if WIDE // 2 <= channels < WIDE else channels


def _with_zeros(x: Any) -> Any:
    """x (..., channels) with channels of zeros, as many as fill a register."""
    return np.concatenate([x, np.zeros((*x.shape[:-1], WIDE - x.shape[-1]), x.dtype)], axis=-1)


def _by_patches(xp: Any, x: Any, filters: Any, windows: Windows) -> Any:
    groups = _groups(x.shape, filters.shape)
    if depthwise.fits(x.shape, filters.shape):
        return depthwise.convolve(xp, x, filters, windows)
    if _on_gpu(xp, x.shape, windows, x, filters):
        return cuda.convolve.convolve(xp, x, filters, windows)
    y = xp.empty((x.shape[0], *windows.out, filters.shape[-1]), filters.dtype)
    to = y.reshape(-1, filters.shape[-1])
    for cut, own in _channels(groups, x.shape[-1], filters.shape[-1]):
        matrix = filters[..., own].reshape(-1, own.stop - own.start)
        for where, rows in patches.blocks(xp, x[..., cut], windows):
            if groups == 1:
                xp.matmul(rows, matrix, out=to[where])
            else:
                to[where, own] = xp.matmul(rows, matrix)
    return y


def filter_gradient(xp: Any, x: Any, dy: Any, shape: Ints, windows: Windows) -> Any:
    """The derivative of sum(y dy) by the filters, which have the given shape."""
    if depthwise.fits(x.shape, shape):
        return depthwise.filter_gradient(xp, x, dy, shape, windows)
    few = shape[-1]
    if _groups(x.shape, shape) == 1 and direct.fits(xp, x, shape, windows, _filled(few)):
        if few < _filled(few):
            return direct.filter_gradient(x, _with_zeros(dy), (*shape[:-1], WIDE), windows)[..., :few]
        if winograd.fits(x.shape[0], shape, windows):
            return winograd.filter_gradient(x, dy, windows)
        return direct.filter_gradient(x, dy, shape, windows)
    if _on_gpu(xp, x.shape, windows, x, dy):
        return cuda.convolve.filter_gradient(xp, x, dy, shape, windows)
    total = xp.zeros((math.prod(shape[:-1]), shape[-1]), x.dtype)
    by_window = dy.reshape(-1, shape[-1])
    for cut, own in _channels(_groups(x.shape, shape), x.shape[-1], shape[-1]):
        for where, rows in patches.blocks(xp, x[..., cut], windows):
            total[:, own] += xp.matmul(rows.T, by_window[where, own])
    return total.reshape(shape)


def input_gradient(xp: Any, dy: Any, filters: Any, shape: Ints, windows: Windows) -> Any:
    """The derivative of sum(y dy) by x, which has the given shape."""
    if depthwise.fits(shape, filters.shape):
        return depthwise.input_gradient(xp, dy, filters, shape, windows)
    groups = _groups(shape, filters.shape)
    if groups == 1 and patches.is_everything(shape, windows):
        return xp.matmul(dy.reshape(-1, filters.shape[-1]), filters.reshape(-1, filters.shape[-1]).T).reshape(shape)
    if _on_gpu(xp, shape, windows, dy, filters):
        return cuda.convolve.input_gradient(xp, dy, filters, shape, windows)
    if _tiles_send_back(xp, dy, filters, shape, windows):
        return winograd.input_gradient(dy, filters, shape, windows)
    back = direct.turned(shape, windows)
    if groups == 1 and back is not None and direct.fits(xp, dy, filters.shape, back, _filled(shape[-1])):
        return convolve(xp, dy, direct.turn(filters), back)
    return _sent_back(xp, dy, filters, shape, windows)


def _tiles_send_back(xp: Any, dy: Any, filters: Any, shape: Ints, windows: Windows) -> bool:
    """True if the compiled sums of Winograd's tiles give dx: their channels fill whole registers."""
    filled = _groups(shape, filters.shape) == 1 and shape[-1] % WIDE == 0
    return filled and direct.fits(xp, dy, filters.shape, windows, shape[-1]) and winograd.fits(shape[0], filters.shape, windows)


def _sent_back(xp: Any, dy: Any, filters: Any, shape: Ints, windows: Windows) -> Any:
    """`input_gradient_reference` for any number of groups, some images at a time."""
    by_window, each = dy.reshape(-1, filters.shape[-1]), math.prod(windows.out)
    dx = xp.zeros(shape, dy.dtype)
    for cut, own in _channels(_groups(shape, filters.shape), shape[-1], filters.shape[-1]):
        matrix = filters[..., own].reshape(-1, own.stop - own.start)
        narrow = patches.is_narrow(cut.stop - cut.start, windows)
        for images in patches.images(xp, dx[..., cut], windows):
            arrived = by_window[images.start * each : images.stop * each, own]
            sent = xp.matmul(matrix, arrived.T).T if narrow else xp.matmul(arrived, matrix.T)
            patches.add_back(xp, sent, dx[images, ..., cut], windows)
    return dx


def _on_gpu(xp: Any, shape: Ints, windows: Windows, *arrays: Any) -> bool:
    """True if CUDA kernels take these arrays: not for an x that is P itself, whose products cuBLAS makes."""
    return cuda.fits_windows(xp, windows, *arrays) and not patches.is_everything(shape, windows)


def _groups(x: Ints, filters: Ints) -> int:
    """How many times the channels of a filter go into those of the input."""
    return x[-1] // filters[-2]


def _channels(groups: int, channels_in: int, channels_out: int) -> list[tuple[slice, slice]]:
    """For each group the input channels it sees and the output channels it makes."""
    n, m = channels_in // groups, channels_out // groups
    return [(slice(g * n, (g + 1) * n), slice(g * m, (g + 1) * m)) for g in range(groups)]
