"""More pictures from the same ones: small random shifts, rotations and elastic wobbles."""

from __future__ import annotations

import math

import numpy as np

from deepkit.errors import ArgumentError, DTypeError, ShapeError

SMOOTHNESS = 4.0  # standard deviation in pixels of the blur that turns noise into an elastic field
CHUNK = 512  # images handled at once; bounds memory to some tens of megabytes


def augment(
    images: np.ndarray, seed: int, *, shift: float = 1.5, rotate: float = 10.0, elastic: float = 0.6
) -> np.ndarray:
    """Distort each image by its own random amounts; the same seed gives the same pictures.

    Args:
        images: (n, height, width), uint8 or floating point. Outside the picture counts as 0.
        seed: of the random stream, 0 or more.
        shift: largest translation in pixels, drawn uniformly for each axis.
        rotate: largest rotation about the middle in degrees, drawn uniformly.
        elastic: root mean square displacement in pixels, per axis, of a smooth random field (Simard, Steinkraus
            and Platt 2003, "Best practices for convolutional neural networks applied to visual document analysis").

    Returns:
        A new array of the same shape and dtype. Values stay within the range of the images and 0.

    Raises:
        ShapeError, DTypeError, ArgumentError: for what does not fit the above.

    >>> seven = np.zeros((1, 5, 5), np.uint8)
    >>> augment(seven, seed=0).shape
    (1, 5, 5)
    """
    images = np.asarray(images)
    if images.ndim != 3:
        raise ShapeError(
            f"augment: images have shape {images.shape}", rule="images are (n, height, width)",
            hint="reshape flat rows with x.reshape(-1, 28, 28); drop a channel axis with x[..., 0]",
        )
    if images.dtype != np.uint8 and images.dtype.kind != "f":
        raise DTypeError(f"augment: images are {images.dtype}", rule="uint8 or a floating-point type")
    for name, value in (("shift", shift), ("rotate", rotate), ("elastic", elastic)):
        if not 0 <= value < math.inf:
            raise ArgumentError(f"augment: {name} is {value}", rule=f"{name} is a finite number, 0 or more")
    if not isinstance(seed, int | np.integer) or not 0 <= seed < 2**32:
        raise ArgumentError(f"augment: seed is {seed!r}", rule="a whole number, 0 <= seed < 2**32")

    stream = np.random.RandomState(seed)  # NumPy promises that this stream never changes
    result = np.empty_like(images)
    for start in range(0, len(images), CHUNK):
        part = images[start : start + CHUNK]
        rows, columns = _sources(stream, part.shape, shift, math.radians(rotate), elastic)
        sampled = _bilinear(part, rows, columns)
        result[start : start + CHUNK] = np.rint(sampled) if images.dtype == np.uint8 else sampled
    return result


def _sources(
    stream: np.random.RandomState, shape: tuple[int, ...], shift: float, angle: float, elastic: float
) -> tuple[np.ndarray, np.ndarray]:
    """For each output pixel the place (row, column) in the input it is read from, each (n, height, width)."""
    n, height, width = shape
    turn = stream.uniform(-angle, angle, (n, 1, 1))
    moves = stream.uniform(-shift, shift, (2, n, 1, 1))
    noise = stream.uniform(-1, 1, (2, *shape)) if elastic else np.zeros((2, 1, 1, 1))

    row = np.arange(height)[:, None] - (height - 1) / 2
    column = np.arange(width)[None, :] - (width - 1) / 2
    rows = np.cos(turn) * row - np.sin(turn) * column + (height - 1) / 2 + moves[0]
    columns = np.sin(turn) * row + np.cos(turn) * column + (width - 1) / 2 + moves[1]
    if elastic:
        down, across = _blur(height), _blur(width)
        rows, columns = rows + elastic * (down @ noise[0] @ across.T), columns + elastic * (down @ noise[1] @ across.T)
    return rows, columns


def _blur(size: int) -> np.ndarray:
    """Circular Gaussian filter (size, size), scaled so that two of them turn uniform noise into unit variance."""
    distance = np.arange(size)
    distance = np.minimum(distance, size - distance)
    kernel = np.exp(-0.5 * (distance / SMOOTHNESS) ** 2)
    # White noise of variance 1/3 through taps k has variance sum(k^2)/3 per axis; each factor takes its half.
    kernel *= 3**0.25 / np.sqrt(np.sum(kernel**2))
    return kernel[(np.arange(size)[:, None] - np.arange(size)) % size]


def _bilinear(images: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Values (n, height, width), float64, of `images` between the pixels; 0 outside."""
    n, height, width = images.shape
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1))).astype(np.float64, copy=False)
    rows = np.clip(rows + 1, 0, height + 1)  # + 1: the border of zeros
    columns = np.clip(columns + 1, 0, width + 1)
    top = np.minimum(rows.astype(np.intp), height)
    left = np.minimum(columns.astype(np.intp), width)
    y, x = rows - top, columns - left

    stride = width + 2
    corner = np.arange(n)[:, None, None] * ((height + 2) * stride) + top * stride + left
    flat = padded.ravel()
    upper = flat[corner] * (1 - x) + flat[corner + 1] * x
    lower = flat[corner + stride] * (1 - x) + flat[corner + stride + 1] * x
    return upper * (1 - y) + lower * y
