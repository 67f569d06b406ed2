"""Colours as hue, saturation and value, and images of other hues and saturations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from deepkit.core.apply import convert, scope
from deepkit.core.other_names import shown_as
from deepkit.core.typing import AnyTensor, TensorLike
from deepkit.errors import ArgumentError, ShapeError
from deepkit.ops.define import Unary, named
from deepkit.ops.functions import ops
from deepkit.ops.image.images import _as_floats
from deepkit.ops.random import random_number


def _channels(images: AnyTensor, what: str) -> list[Any]:
    if images.shape.lengths is not None and (not images.shape.lengths or images.shape.lengths[-1] not in (3, None)):
        raise ShapeError(f"{what} of images of shape {images.shape}", rule="(..., 3): three colours")
    return [images[..., k] for k in (0, 1, 2)]


def rgb_to_hsv(images: TensorLike, name: str | None = None) -> Any:
    """Red, green and blue in [0, 1] as hue, saturation and value in [0, 1]: floats (..., 3).

    Source: A. Smith, Color gamut transform pairs, SIGGRAPH 1978.

    >>> from deepkit.ops.image.colours import rgb_to_hsv
    >>> rgb_to_hsv([[0.0, 0.5, 0.0]]).numpy().round(4).tolist()
    [[0.33329999446868896, 1.0, 0.5]]
    """
    with scope(name, "RGBToHSV", images) as full:
        r, g, b = _channels(convert(images), "rgb_to_hsv")
        value, least = ops.maximum(ops.maximum(r, g), b), ops.minimum(ops.minimum(r, g), b)
        spread, zero = value - least, ops.zeros_like(value)
        saturation = ops.where(value > 0, spread / ops.where(value > 0, value, zero + 1), zero)
        unit = 1 / (6 * ops.where(spread > 0, spread, zero + 1))
        others = ops.where(ops.equal(g, value), unit * (b - r) + 2 / 6, unit * (r - g) + 4 / 6)
        hue = ops.where(ops.equal(r, value), unit * (g - b), others)
        hue = ops.where(spread > 0, ops.where(hue < 0, hue + 1, hue), zero)
        return shown_as(ops.stack([hue, saturation, value], -1, name=full), "RGBToHSV")


def hsv_to_rgb(images: TensorLike, name: str | None = None) -> Any:
    """Hue, saturation and value in [0, 1] as red, green and blue in [0, 1]: floats (..., 3)."""
    with scope(name, "HSVToRGB", images) as full:
        hue, saturation, value = _channels(convert(images), "hsv_to_rgb")
        sixth = hue * 6
        places = (ops.abs(sixth - 3) - 1, 2 - ops.abs(sixth - 2), 2 - ops.abs(sixth - 4))
        parts = [(1 - saturation + saturation * ops.clip_by_value(p, 0.0, 1.0)) * value for p in places]
        return shown_as(ops.stack(parts, -1, name=full), "HSVToRGB")


def adjust_hue(image: TensorLike, delta: TensorLike, name: str | None = None) -> Any:
    """Images whose hue is turned by delta in [-1, 1]; 1 is a whole turn. Colours (..., 3)."""

    def change(x: AnyTensor) -> Any:
        hue, *rest = _channels(rgb_to_hsv(x), "adjust_hue")
        return hsv_to_rgb(ops.stack([ops.floormod(hue + ops.cast(delta, x.dtype), 1.0), *rest], -1))

    return _as_floats(image, change)


def adjust_saturation(image: TensorLike, saturation_factor: TensorLike, name: str | None = None) -> Any:
    """Images whose saturation is multiplied by the factor, and held in [0, 1]. Colours (..., 3)."""

    def change(x: AnyTensor) -> Any:
        hue, saturation, value = _channels(rgb_to_hsv(x), "adjust_saturation")
        saturation = ops.clip_by_value(saturation * ops.cast(saturation_factor, x.dtype), 0.0, 1.0)
        return hsv_to_rgb(ops.stack([hue, saturation, value], -1))

    return _as_floats(image, change)


def random_hue(image: TensorLike, max_delta: float, seed: int | None = None) -> Any:
    """adjust_hue by a random part of a turn between -max_delta and max_delta."""
    if not 0 <= max_delta <= 0.5:
        raise ArgumentError(f"random_hue: max_delta={max_delta}", rule="0 <= max_delta <= 0.5")
    return adjust_hue(image, random_number(image, -max_delta, max_delta, seed))


def random_saturation(image: TensorLike, lower: float, upper: float, seed: int | None = None) -> Any:
    """adjust_saturation by a random factor between lower and upper."""
    if not 0 <= lower < upper:
        raise ArgumentError(f"random_saturation: from {lower} to {upper}", rule="0 <= lower < upper")
    return adjust_saturation(image, random_number(image, lower, upper, seed))


def _in_other_colours(kernel: Sequence[Sequence[float]], name: str, doc: str) -> Unary:
    """The function that multiplies colours (..., 3) by a matrix."""
    matrix = np.array(kernel)

    def function(x: TensorLike, name: str | None = None) -> Any:
        images = convert(x)
        _channels(images, function.__name__)
        return ops.tensordot(images, matrix.astype(images.dtype.numpy), [[len(images.shape) - 1], [0]], name=name)

    return named(function, name, f"{doc}: floats (..., 3), red, green and blue in [0, 1].")


rgb_to_yuv = _in_other_colours(
    [[0.299, -0.14714119, 0.61497538], [0.587, -0.28886916, -0.51496512], [0.114, 0.43601035, -0.10001026]],
    "rgb_to_yuv", "Red, green and blue as brightness Y and the differences U and V of analogue television",
)
yuv_to_rgb = _in_other_colours(
    [[1, 1, 1], [0, -0.394642334, 2.03206185], [1.13988303, -0.58062185, 0]], "yuv_to_rgb", "The inverse of rgb_to_yuv"
)
rgb_to_yiq = _in_other_colours(
    [[0.299, 0.59590059, 0.2115], [0.587, -0.27455667, -0.52273617], [0.114, -0.32134392, 0.31119955]],
    "rgb_to_yiq", "Red, green and blue as brightness Y and the differences I and Q of NTSC television",
)
yiq_to_rgb = _in_other_colours(
    [[1, 1, 1], [0.95598634, -0.27201283, -1.10674021], [0.6208248, -0.64720424, 1.70423049]], "yiq_to_rgb",
    "The inverse of rgb_to_yiq",
)
