"""Images as tensors (height, width, channels) or (batch, height, width, channels): sizes, flips, cuts, light and colour."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from deepkit.core.apply import convert, is_tensor, scope
from deepkit.core.static import static_value
from deepkit.core.typing import AnyTensor, DTypeLike, IntLike, IntsLike, NumberLike, TensorLike
from deepkit.device.dtypes import as_dtype, float32
from deepkit.errors import ArgumentError, ShapeError
from deepkit.ops.functions import ops
from deepkit.ops.image.resize import resize_area
from deepkit.ops.random import random_number

BILINEAR, NEAREST_NEIGHBOR, BICUBIC, AREA = 0, 1, 2, 3


def _images(x: TensorLike, what: str, *ranks: int | None) -> Any:
    x = convert(x)
    if x.shape.rank not in (3, 4, *ranks):
        raise ShapeError(
            f"{what} of a tensor of shape {x.shape}", rule="(height, width, channels) or (batch, height, width, channels)",
            hint="expand_dims(x, -1) gives grey images their one channel",
        )
    return x


def _last(x: AnyTensor, *axes: int) -> list[int]:
    """Axes counted from the last one, -1, as they are counted from the first one, if the rank is known."""
    return [axis if x.shape.rank is None else axis + x.shape.rank for axis in axes]


def _length(x: AnyTensor, axis: int) -> Any:
    """The length of an axis: a number where it is known, else a tensor."""
    known: Any = x.shape.as_list()[axis]
    return ops.shape(x)[axis] if known is None else known


# ---- sizes


def _places(new: Any, old: Any, align_corners: bool, half_pixels: bool) -> Any:
    """Where the new pixels lie among the old ones: i * old / new; corner on corner; or middle on middle."""
    index = ops.cast(ops.range(new), float32)
    if align_corners and not is_tensor(new) and int(new) > 1:
        return index * ((old - 1) / (new - 1) if not is_tensor(old) else ops.cast(old - 1, float32) / (new - 1))
    ratio = old / new if not (is_tensor(old) or is_tensor(new)) else ops.cast(old, float32) / ops.cast(new, float32)
    return (index + 0.5) * ratio - 0.5 if half_pixels else index * ratio


def _resized_axis(x: AnyTensor, axis: int, new: IntLike, method: int, align_corners: bool, half_pixels: bool) -> Any:
    if method == AREA:
        return resize_area(x, new, axis, align_corners)
    old = _length(x, axis)
    last = old - 1
    place = _places(new, old, align_corners, half_pixels)
    if method == NEAREST_NEIGHBOR:
        if half_pixels:
            place = place + 0.5
        chosen = ops.floor(place + 0.5) if align_corners else ops.floor(place)
        return ops.gather(x, ops.clip_by_value(ops.cast(chosen, "int32"), 0, last), axis=axis)
    below = ops.cast(ops.floor(place), "int32")
    share = place - ops.floor(place)

    def beside(offset: int) -> tuple[Any, Any]:
        """The pixels so far from those below, and where there are none."""
        at = below + offset
        inside = ops.clip_by_value(at, 0, last)
        return ops.gather(x, inside, axis=axis), ops.not_equal(at, inside)

    def along(weight: AnyTensor) -> Any:
        return ops.reshape(weight, [-1, *[1] * (len(x.shape) - axis - 1)])

    if method == BILINEAR:
        (low, _), (high, _) = beside(0), beside(1)
        return low + (high - low) * along(share)
    rows, outside = zip(*[beside(offset) for offset in _NEAR], strict=True)
    return ops.add_n([row * along(weight) for row, weight in zip(rows, _cubic(share, outside, half_pixels), strict=True)])


_NEAR = (-1, 0, 1, 2)
_STEPS = 1024
"""Of a bicubic weight: TensorFlow looks weights up in a table with so many entries from one pixel to the next."""


def _cubic(share: AnyTensor, outside: Sequence[AnyTensor], half_pixels: bool) -> list[Any]:
    """The weights of four pixels around a place `share` beyond the second; with half_pixels those outside have none."""
    share = ops.round(share * _STEPS) / _STEPS
    weights = [_keys(ops.abs(share - float(offset)), -0.5 if half_pixels else -0.75) for offset in _NEAR]
    if not half_pixels:
        return weights
    weights = [ops.where(gone, ops.zeros_like(w), w) for w, gone in zip(weights, outside, strict=True)]
    total = ops.add_n(weights)
    return [w / total for w in weights]


def _keys(t: AnyTensor, a: float) -> Any:
    """The weight of a pixel at distance t <= 2. Source: R. Keys, IEEE TASSP 29 (1981), equation 4."""
    near = ((a + 2) * t - (a + 3)) * t * t + 1
    far = ((a * t - 5 * a) * t + 8 * a) * t - 4 * a
    return ops.where(ops.less_equal(t, 1.0), near, far)


def resize_images(
    images: TensorLike, size: IntsLike, method: int = BILINEAR, align_corners: bool = False,
    preserve_aspect_ratio: bool = False, name: str | None = None, half_pixel_centers: bool = False,
) -> Any:
    """Images of another size = [height, width].

    method: 0 bilinear, 1 nearest neighbour (keeps the type), 2 bicubic, 3 the mean over the area that a new pixel covers; but
    for 1 the result is float32, unless the graph knows that nothing changes: then it is the images as they are. With
    align_corners the corner pixels stay the corners. preserve_aspect_ratio: the largest size of the same proportions that
    fits into `size`.
    """
    if method not in (BILINEAR, NEAREST_NEIGHBOR, BICUBIC, AREA):
        raise ArgumentError(f"resize_images: method={method!r}", rule="0 bilinear, 1 nearest neighbour, 2 bicubic, 3 area")
    with scope(name, "resize", images) as full:
        x = _images(images, "resize_images")
        axes = (0, 1) if x.shape.rank == 3 else (1, 2)
        known = static_value(size)
        new = ops.unstack(size, 2) if known is None else [int(n) for n in np.asarray(known)]
        if preserve_aspect_ratio:
            new = _fitting(x, axes, new)
        if [x.shape.as_list()[axis] for axis in axes] == new:
            return ops.identity(x, name=full)
        if method != NEAREST_NEIGHBOR:
            x = ops.cast(x, float32)
        for axis, length in zip(axes, new, strict=True):
            x = _resized_axis(x, axis, length, method, align_corners, half_pixel_centers)
        return ops.identity(x, name=full)


def _fitting(x: AnyTensor, axes: tuple[int, int], size: list[Any]) -> list[int]:
    old = [x.shape.as_list()[axis] for axis in axes]
    if None in old or any(is_tensor(n) for n in size):
        raise ShapeError(f"preserve_aspect_ratio with images of shape {x.shape}", rule="height and width are known")
    scale = min(n / o for n, o in zip(size, old, strict=True))
    return [int(np.rint(o * scale)) for o in old]


# ---- flips and cuts


def flip_left_right(image: TensorLike, name: str | None = None) -> Any:
    """Mirrored: left becomes right."""
    x = _images(image, "flip_left_right", None)
    return ops.reverse(x, _last(x, -2), name=name)


def flip_up_down(image: TensorLike, name: str | None = None) -> Any:
    """Upside down."""
    x = _images(image, "flip_up_down", None)
    return ops.reverse(x, _last(x, -3), name=name)


def transpose_image(image: TensorLike, name: str | None = None) -> Any:
    """Height and width exchanged."""
    x = _images(image, "transpose_image")
    return ops.transpose(x, [1, 0, 2] if x.shape.rank == 3 else [0, 2, 1, 3], name=name)


def rot90(image: TensorLike, k: int = 1, name: str | None = None) -> Any:
    """Turned by k quarters, counter-clockwise."""
    x = _images(image, "rot90")
    turned = {
        0: lambda: x, 1: lambda: flip_up_down(transpose_image(x)), 2: lambda: flip_up_down(flip_left_right(x)),
        3: lambda: transpose_image(flip_up_down(x)),
    }[int(k) % 4]()
    return ops.identity(turned, name=name)


def _random_flip(image: TensorLike, flipped: Callable[[AnyTensor], AnyTensor], seed: int | None) -> Any:
    """Each image of a batch, or the one image, as it is or flipped, by its own throw.

    Which half of [0, 1) flips is TensorFlow's choice: the lower one for a single image, the upper one in a batch.
    """
    x = _images(image, "random_flip")
    if x.shape.rank == 4:
        turn = ops.reshape(ops.random_uniform(ops.shape(x)[:1], seed=seed) > 0.5, [-1, 1, 1, 1])
    else:
        turn = random_number(x, 0.0, 1.0, seed) < 0.5
    mask = ops.cast(turn, x.dtype if x.dtype.is_floating else float32)
    if x.dtype.is_floating:
        return flipped(x) * mask + x * (1 - mask)
    return ops.where(ops.broadcast_like(turn, x), flipped(x), x)


def random_flip_left_right(image: TensorLike, seed: int | None = None) -> Any:
    """Mirrored with probability 1/2."""
    return _random_flip(image, flip_left_right, seed)


def random_flip_up_down(image: TensorLike, seed: int | None = None) -> Any:
    """Upside down with probability 1/2."""
    return _random_flip(image, flip_up_down, seed)


def crop_to_bounding_box(
    image: TensorLike, offset_height: int | AnyTensor, offset_width: int | AnyTensor, target_height: int | AnyTensor,
    target_width: int | AnyTensor,
) -> Any:
    """The block of that size whose upper left corner lies at the offsets. ArgumentError: it is not wholly inside."""
    x = _images(image, "crop_to_bounding_box")
    batch = x.shape.rank - 3
    begin, size = [0] * batch + [offset_height, offset_width, 0], [-1] * batch + [target_height, target_width, -1]
    return ops.slice_(x, begin, size)


def pad_to_bounding_box(
    image: TensorLike, offset_height: int | AnyTensor, offset_width: int | AnyTensor, target_height: int | AnyTensor,
    target_width: int | AnyTensor,
) -> Any:
    """A black image of that size with this one in it, its upper left corner at the offsets."""
    x = _images(image, "pad_to_bounding_box")
    height, width = _length(x, x.shape.rank - 3), _length(x, x.shape.rank - 2)
    pads = [
        [offset_height, target_height - offset_height - height], [offset_width, target_width - offset_width - width], [0, 0],
    ]
    if x.shape.rank == 4:
        pads.insert(0, [0, 0])
    return ops.pad(x, pads)


def resize_image_with_crop_or_pad(image: TensorLike, target_height: int, target_width: int) -> Any:
    """The middle of the image in that size: what is too much is cut off, what is missing is black."""
    x = _images(image, "resize_image_with_crop_or_pad")
    for axis, target in ((x.shape.rank - 3, int(target_height)), (x.shape.rank - 2, int(target_width))):
        length = _length(x, axis)
        if is_tensor(length):
            before = ops.maximum(ops.floordiv(length - target, 2), 0)
            pad = ops.maximum(ops.floordiv(target - length, 2), 0)
            rest = ops.maximum(target - length, 0) - pad
        else:
            before, pad = max((length - target) // 2, 0), max((target - length) // 2, 0)
            rest = max(target - length, 0) - pad
        size = ops.minimum(length, target) if is_tensor(length) else min(length, target)
        x = x[(*[slice(None)] * axis, slice(before, before + size))]
        x = ops.pad(x, [[pad, rest] if i == axis else [0, 0] for i in range(len(x.shape))])
        if hasattr(x, "set_shape"):
            x.set_shape([target if i == axis else d for i, d in enumerate(x.shape.as_list())])
    return x


def central_crop(image: TensorLike, central_fraction: float) -> Any:
    """The middle of the image: that share of its height and width."""
    if not 0 < central_fraction <= 1:
        raise ArgumentError(f"central_crop: central_fraction={central_fraction}", rule="0 < fraction <= 1")
    x = _images(image, "central_crop")
    key: list[Any] = [slice(None)] * (x.shape.rank - 3)
    for axis in (x.shape.rank - 3, x.shape.rank - 2):
        n = x.shape.lengths[axis]
        if n is None:
            raise ShapeError(f"central_crop of images of shape {x.shape}", rule="height and width are known")
        start = int((n - n * central_fraction) / 2)
        key.append(slice(start, n - start))
    return x[tuple(key)]


# ---- light and colour


def convert_image_dtype(image: TensorLike, dtype: DTypeLike, saturate: bool = False, name: str | None = None) -> Any:
    """Between integers and floats in [0, 1]: 255 as uint8 is 1.0, and back; saturate cuts off what the type cannot hold."""
    x, kind = convert(image), as_dtype(dtype)
    to_kind = ops.saturate_cast if saturate else ops.cast
    with scope(name, "convert_image", x) as full:
        largest = {t: float(t.max) for t in (x.dtype, kind) if t.is_integer}
        if x.dtype is kind:
            return ops.identity(x, name=full)
        if x.dtype.is_integer and kind.is_integer:
            factor = int(largest[x.dtype] + 1) // int(largest[kind] + 1)
            if factor >= 1:
                return to_kind(ops.floordiv(x, factor), kind, name=full)
            return ops.multiply(to_kind(x, kind), int(largest[kind] + 1) // int(largest[x.dtype] + 1), name=full)
        if x.dtype.is_integer:
            return ops.multiply(ops.cast(x, kind), 1.0 / largest[x.dtype], name=full)
        if kind.is_integer:
            scaled = x * (largest[kind] + 0.5)
            return to_kind(scaled, kind, name=full)
        return ops.cast(x, kind, name=full)


def _as_floats(image: TensorLike, change: Callable[[AnyTensor], AnyTensor]) -> Any:
    """`change` of the image as floats; the result has the type of the image."""
    x = convert(image)
    if x.dtype.is_floating:
        return change(x)
    return convert_image_dtype(change(convert_image_dtype(x, float32)), x.dtype, saturate=True)


def adjust_brightness(image: TensorLike, delta: TensorLike) -> Any:
    """Every value grows by delta (on the scale from 0 to 1, also for integers)."""
    return _as_floats(image, lambda x: x + ops.cast(delta, x.dtype))


def random_brightness(image: TensorLike, max_delta: float, seed: int | None = None) -> Any:
    """adjust_brightness by a random number between -max_delta and max_delta."""
    return adjust_brightness(image, random_number(image, -max_delta, max_delta, seed))


def adjust_contrast(images: TensorLike, contrast_factor: NumberLike) -> Any:
    """(x - mean) * factor + mean, with the mean of each channel of each image."""

    def change(x: AnyTensor) -> Any:
        mean = ops.reduce_mean(x, _last(x, -3, -2), keepdims=True)
        return (x - mean) * contrast_factor + mean

    return _as_floats(_images(images, "adjust_contrast", None), change)


def random_contrast(image: TensorLike, lower: float, upper: float, seed: int | None = None) -> Any:
    """adjust_contrast by a random factor between lower and upper."""
    if not 0 <= lower < upper:
        raise ArgumentError(f"random_contrast: from {lower} to {upper}", rule="0 <= lower < upper")
    return adjust_contrast(image, random_number(image, lower, upper, seed))


def adjust_gamma(image: TensorLike, gamma: float = 1, gain: float = 1) -> Any:
    """gain * x^gamma, on the scale from 0 to 1."""
    return _as_floats(image, lambda x: ops.pow(x, float(gamma)) * float(gain))


def rgb_to_grayscale(images: TensorLike, name: str | None = None) -> Any:
    """0.2989 red + 0.5870 green + 0.1140 blue, as one channel."""

    given = convert(images)
    if given.shape.lengths and given.shape.lengths[-1] not in (None, 3):
        raise ShapeError(f"rgb_to_grayscale of {given.shape}", rule="three channels at the end: red, green, blue")

    def change(x: AnyTensor) -> Any:
        return ops.reduce_sum(x * np.array([0.2989, 0.5870, 0.1140], x.dtype.numpy), -1, keepdims=True)

    return ops.identity(_as_floats(given, change), name=name)


def grayscale_to_rgb(images: TensorLike, name: str | None = None) -> Any:
    """The one channel three times."""
    x = convert(images)
    return ops.tile(x, [1] * (len(x.shape) - 1) + [3], name=name)


def per_image_standardization(image: TensorLike) -> Any:
    """Each image with mean 0 and variance 1: (x - mean) / max(stddev, 1 / sqrt(number of values))."""
    with scope(None, "per_image_standardization", image) as full:
        x = ops.cast(_images(image, "per_image_standardization", None), float32)
        axes = _last(x, -3, -2, -1)
        number = ops.cast(ops.reduce_prod(ops.shape(x)[-3:]), float32)
        mean = ops.reduce_mean(x, axes, keepdims=True)
        variance = ops.reduce_mean(ops.square(x - mean), axes, keepdims=True)
        return ops.divide(x - mean, ops.maximum(ops.sqrt(variance), ops.rsqrt(number)), name=full)


def total_variation(images: TensorLike, name: str | None = None) -> Any:
    """The sum of the absolute differences of neighbouring pixels, for each image."""
    x = _images(images, "total_variation")
    axes = _last(x, -3, -2, -1)
    down, right = x[..., 1:, :, :] - x[..., :-1, :, :], x[..., 1:, :] - x[..., :-1, :]
    return ops.add(ops.reduce_sum(ops.abs(down), axes), ops.reduce_sum(ops.abs(right), axes), name=name)


def psnr(a: TensorLike, b: TensorLike, max_val: float, name: str | None = None) -> Any:
    """The peak signal-to-noise ratio of two images in decibels: 10 log10(max^2 / mean squared difference)."""
    x, y = (convert_image_dtype(v, float32) for v in (a, b))
    top = (
        float(max_val) if convert(a).dtype.is_floating else float(max_val) / float(convert(a).dtype.max)
    )
    error = ops.reduce_mean(ops.squared_difference(x, y), [-3, -2, -1])
    return ops.multiply(ops.log(top * top / error), 10.0 / np.log(10.0), name=name)
