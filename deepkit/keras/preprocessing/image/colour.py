"""Brightness and colour of one picture, changed by a given or a random amount."""

from __future__ import annotations

import numpy as np

from deepkit.errors import ArgumentError
from deepkit.keras.preprocessing.image.files import array_to_img, img_to_array, pillow


def apply_channel_shift(x: np.ndarray, intensity: float, channel_axis: int = 0) -> np.ndarray:
    """`intensity` added to every value of every channel; values stay between the least and the greatest of `x`."""
    # One plane lies behind the other in memory afterwards, as in Keras: sums over the picture then round alike.
    planes = np.ascontiguousarray(np.moveaxis(x, channel_axis, 0))
    return np.moveaxis(np.clip(planes + intensity, np.min(x), np.max(x)), 0, channel_axis)


def random_channel_shift(x: np.ndarray, intensity_range: float, channel_axis: int = 0) -> np.ndarray:
    """apply_channel_shift by an amount drawn from -intensity_range to intensity_range (np.random)."""
    return apply_channel_shift(x, np.random.uniform(-intensity_range, intensity_range), channel_axis)


def apply_brightness_shift(x: np.ndarray, brightness: float, scale: bool = True) -> np.ndarray:
    """`x` made `brightness` times as bright, by Pillow: 0 is black, 1 changes nothing but rounding.

    Args:
        x: (height, width, channels).
        brightness: the factor.
        scale: stretch the values to 0..255 first, as for a picture of floats. Otherwise the values are taken
            as they are, and pictures that leave 0..255 are stretched, brightened, and put back into their range.
    """
    pillow("a change of brightness")
    from PIL import ImageEnhance

    low, high = np.min(x), np.max(x)
    outside = bool(low < 0 or high > 255)
    brightened = ImageEnhance.Brightness(array_to_img(x, scale=outside or scale)).enhance(brightness)
    result = img_to_array(brightened)
    return result / 255 * (high - low) + low if outside and not scale else result


def random_brightness(x: np.ndarray, brightness_range: tuple[float, float], scale: bool = True) -> np.ndarray:
    """apply_brightness_shift by a factor drawn from `brightness_range` (np.random)."""
    if len(brightness_range) != 2:
        raise ArgumentError(f"random_brightness: brightness_range={brightness_range!r}", rule="(least, greatest)")
    return apply_brightness_shift(x, np.random.uniform(brightness_range[0], brightness_range[1]), scale)
