"""How alike two images are, and where an image changes: structural similarity, edges and gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from deepkit.core.apply import convert, scope
from deepkit.core.typing import AnyTensor, TensorLike
from deepkit.device.dtypes import float32
from deepkit.errors import ShapeError
from deepkit.ops.functions import ops
from deepkit.ops.image.images import convert_image_dtype

MS_SSIM_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


def _bell(size: int, sigma: float) -> np.ndarray:
    """Gaussian weights (size, size) with the sum 1."""
    places = np.arange(size, dtype=np.float32) - np.float32(size - 1) / 2
    exponent = np.square(places) * np.float32(-0.5 / sigma**2)
    square = exponent[:, None] + exponent[None, :]
    weights = np.exp(square - square.max())
    return (weights / weights.sum()).astype(np.float32)


def _compared(x: AnyTensor, y: AnyTensor, top: float, size: int, sigma: float, k1: float, k2: float) -> tuple[Any, Any]:
    """Structural similarity and its share of contrast and structure, for each image and channel: (..., channels)."""
    channels = x.shape.as_list()[-1]
    if channels is None:
        raise ShapeError(f"images of shape {x.shape}", rule="how many channels they have has to be known")
    filters = np.tile(_bell(size, sigma)[:, :, None, None], (1, 1, channels, 1))
    c1, c2 = (k1 * top) ** 2, (k2 * top) ** 2

    def local(image: AnyTensor) -> Any:
        shape = ops.shape(image)
        flat = ops.reshape(image, ops.concat([[-1], shape[-3:]], 0))
        mean = ops.depthwise_conv2d(flat, filters, [1, 1, 1, 1], "VALID")
        return ops.reshape(mean, ops.concat([shape[:-3], ops.shape(mean)[1:]], 0))

    mean_x, mean_y = local(x), local(y)
    product, squares = mean_x * mean_y * 2.0, ops.square(mean_x) + ops.square(mean_y)
    luminance = (product + c1) / (squares + c1)
    structure = (local(x * y) * 2.0 - product + c2) / (local(ops.square(x) + ops.square(y)) - squares + c2)
    return ops.reduce_mean(luminance * structure, [-3, -2]), ops.reduce_mean(structure, [-3, -2])


def _pair(img1: TensorLike, img2: TensorLike, max_val: float, what: str) -> tuple[Any, Any, float]:
    """Both images as floats, and the largest value in their scale."""
    first = convert(img1)
    second = convert(img2, beside=first)
    if not first.shape.is_compatible_with(second.shape) or (first.shape.rank or 3) < 3:
        raise ShapeError(f"{what} of images {first.shape} and {second.shape}", rule="one shape, (..., height, width, channels)")
    top = float(max_val) if first.dtype.is_floating else float(max_val) / float(first.dtype.max)
    return convert_image_dtype(first, float32), convert_image_dtype(second, float32), top


def ssim(
    img1: TensorLike, img2: TensorLike, max_val: float, filter_size: int = 11, filter_sigma: float = 1.5, k1: float = 0.01,
    k2: float = 0.03, name: str | None = None,
) -> Any:
    """The structural similarity of two images in [-1, 1], 1 for equal ones: (batch...) of images (batch..., h, w, c).

    max_val: the largest value that pixels may have. ShapeError: different shapes. Source: Z. Wang et al., Image quality
    assessment, IEEE Transactions on Image Processing 13 (2004).
    """
    with scope(name, "SSIM", img1, img2) as full:
        x, y, top = _pair(img1, img2, max_val, "ssim")
        return ops.reduce_mean(_compared(x, y, top, filter_size, filter_sigma, k1, k2)[0], [-1], name=full)


def ssim_multiscale(
    img1: TensorLike, img2: TensorLike, max_val: float, power_factors: Sequence[float] = MS_SSIM_WEIGHTS,
    filter_size: int = 11, filter_sigma: float = 1.5, k1: float = 0.01, k2: float = 0.03, name: str | None = None,
) -> Any:
    """Structural similarity over several scales, each half the one before: the product of its powers, (batch...).

    Images (batch..., h, w, c) that hold the filter at the last scale. ShapeError: different shapes. Source: Z. Wang et
    al., Multiscale structural similarity, Asilomar 2003.
    """
    with scope(name, "MS-SSIM", img1, img2) as full:
        x, y, top = _pair(img1, img2, max_val, "ssim_multiscale")
        powers, parts = [float(p) for p in power_factors], list[Any]()
        for scale in range(len(powers)):
            x, y = (x, y) if scale == 0 else (_halved(x), _halved(y))
            whole, structure = _compared(x, y, top, filter_size, filter_sigma, k1, k2)
            parts.append(ops.relu(whole if scale == len(powers) - 1 else structure))
        shares = ops.pow(ops.stack(parts, -1), np.asarray(powers, np.float32))
        return ops.reduce_mean(ops.reduce_prod(shares, [-1]), [-1], name=full)


def _halved(x: AnyTensor) -> Any:
    """Means of 2 x 2 pixels; where a length is odd, the last row or column stands twice."""
    shape = ops.shape(x)
    flat = ops.reshape(x, ops.concat([[-1], shape[-3:]], 0))
    odd = [n % 2 for n in x.shape.as_list()[-3:-1] if n is not None]
    if len(odd) < 2:
        raise ShapeError(f"images of shape {x.shape}", rule="height and width have to be known, to be halved")
    if any(odd):
        flat = ops.pad(flat, [[0, 0], [0, odd[0]], [0, odd[1]], [0, 0]], "SYMMETRIC")
    mean = ops.avg_pool(flat, [1, 2, 2, 1], [1, 2, 2, 1], "VALID")
    half = ops.reshape(mean, ops.concat([shape[:-3], ops.shape(mean)[1:]], 0))
    if hasattr(half, "set_shape"):
        lengths = [None if n is None else (n + 1) // 2 for n in x.shape.as_list()[-3:-1]]
        half.set_shape([*x.shape.as_list()[:-3], *lengths, x.shape.as_list()[-1]])
    return half


_SOBEL = np.array([[[-1, -2, -1], [0, 0, 0], [1, 2, 1]], [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]], np.float32)


def sobel_edges(image: TensorLike) -> Any:
    """Sobel's differences downwards and to the right: (batch, h, w, c) -> (batch, h, w, c, 2); mirrored at the edges."""
    with scope(None, "sobel_edges", image):
        x = convert(image)
        channels = x.shape.as_list()[-1] if x.shape.rank == 4 else None
        if channels is None:
            raise ShapeError(f"sobel_edges of images of shape {x.shape}", rule="(batch, height, width, channels)")
        filters = np.tile(_SOBEL.transpose(1, 2, 0)[:, :, None, :], (1, 1, channels, 1))
        padded = ops.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], "REFLECT")
        found = ops.depthwise_conv2d(padded, filters, [1, 1, 1, 1], "VALID")
        return ops.reshape(found, ops.concat([ops.shape(x), [2]], 0))


def image_gradients(image: TensorLike) -> tuple[Any, Any]:
    """(dy, dx): the differences to the pixel below and to the right, 0 in the last row and column: (batch, h, w, c)."""
    x = convert(image)
    if x.shape.rank != 4:
        raise ShapeError(f"image_gradients of images of shape {x.shape}", rule="(batch, height, width, channels)")
    down, right = x[:, 1:] - x[:, :-1], x[:, :, 1:] - x[:, :, :-1]
    return ops.pad(down, [[0, 0], [0, 1], [0, 0], [0, 0]]), ops.pad(right, [[0, 0], [0, 0], [0, 1], [0, 0]])
