"""Pictures made ready: files and arrays, random transformations, and generators of batches."""

from __future__ import annotations

from deepkit.keras.preprocessing.image.affine import (
    apply_affine_transform,
    flip_axis,
    random_rotation,
    random_shear,
    random_shift,
    random_zoom,
    transform_matrix_offset_center,
)
from deepkit.keras.preprocessing.image.colour import (
    apply_brightness_shift,
    apply_channel_shift,
    random_brightness,
    random_channel_shift,
)
from deepkit.keras.preprocessing.image.dataframe import DataFrameIterator
from deepkit.keras.preprocessing.image.directory import DirectoryIterator
from deepkit.keras.preprocessing.image.files import array_to_img, img_to_array, load_img, save_img
from deepkit.keras.preprocessing.image.generator import ImageDataGenerator
from deepkit.keras.preprocessing.image.iterator import Iterator, NumpyArrayIterator
from deepkit.loading import listing

__all__ = [
    "DataFrameIterator",
    "DirectoryIterator",
    "ImageDataGenerator",
    "Iterator",
    "NumpyArrayIterator",
    "apply_affine_transform",
    "apply_brightness_shift",
    "apply_channel_shift",
    "array_to_img",
    "flip_axis",
    "img_to_array",
    "load_img",
    "random_brightness",
    "random_channel_shift",
    "random_rotation",
    "random_shear",
    "random_shift",
    "random_zoom",
    "save_img",
    "transform_matrix_offset_center",
]
__dir__ = listing(__all__)
