"""Pictures between files, Pillow images and arrays."""

from __future__ import annotations

import io
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deepkit.errors import ArgumentError, DataError, ShapeError, check_choice
from deepkit.files import reason, whole_file
from deepkit.keras.backend.config import floatx, normalize_data_format
from deepkit.loading import optional

if TYPE_CHECKING:
    from PIL.Image import Image

MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}
RESAMPLING = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")


def pillow(purpose: str) -> Any:
    """The module PIL.Image; MissingExtraError that names `purpose` where Pillow is not installed."""
    return optional("PIL.Image", purpose)


def array_to_img(x: Any, data_format: str | None = None, scale: bool = True, dtype: Any = None) -> Image:
    """A Pillow image of an array.

    Args:
        x: (height, width, channels), or channels first; 1, 3 or 4 channels: grey, RGB, RGBA.
        data_format: "channels_last" or "channels_first"; by default keras.backend.image_data_format().
        scale: stretch the values to 0..255; otherwise they are cut to whole numbers as they are.
        dtype: to compute in; by default keras.backend.floatx().

    Raises:
        ShapeError: no three axes, or another number of channels.
    """
    image = pillow("array_to_img")
    x = np.asarray(x, dtype=dtype or floatx())
    if x.ndim != 3:
        raise ShapeError(
            f"array_to_img: the array has shape {x.shape}", rule="one picture: (height, width, channels)",
            hint="x[i] picks one of a batch; x[..., None] adds the channel axis",
        )
    if normalize_data_format(data_format) == "channels_first":
        x = x.transpose(1, 2, 0)
    if scale:
        x = x - np.min(x)
        top = np.max(x)
        if top != 0:
            x /= top
        x *= 255
    channels = x.shape[2]
    if channels not in (1, 3, 4):
        raise ShapeError(f"array_to_img: {channels} channels", rule="1 (grey), 3 (RGB) or 4 (RGBA)")
    if channels == 1:
        return image.fromarray(x[:, :, 0].astype("int32" if np.max(x) > 255 else "uint8"))
    return image.fromarray(x.astype("uint8"))


def img_to_array(img: Any, data_format: str | None = None, dtype: Any = None) -> np.ndarray:
    """The array of a Pillow image, (height, width, channels) or channels first.

    Args:
        img: a Pillow image, or an array (height, width) or (height, width, channels).
        data_format: as for array_to_img.
        dtype: of the result; by default keras.backend.floatx().
    """
    x = np.asarray(img, dtype=dtype or floatx())
    if x.ndim not in (2, 3):
        raise ShapeError(f"img_to_array: the picture has shape {x.shape}", rule="two axes, or three with the channels")
    if x.ndim == 2:
        x = x[:, :, None]
    return x.transpose(2, 0, 1) if normalize_data_format(data_format) == "channels_first" else x


def load_img(
    path: Any, grayscale: bool = False, color_mode: str = "rgb", target_size: tuple[int, int] | None = None,
    interpolation: str = "nearest", keep_aspect_ratio: bool = False,
) -> Image:
    """A picture from a file, as a Pillow image.

    Args:
        path: of the file, or an io.BytesIO that holds it.
        grayscale: the older way to say color_mode="grayscale".
        color_mode: "rgb", "rgba" or "grayscale"; what the file has is turned into it.
        target_size: (height, width) to resize to.
        interpolation: "nearest", "bilinear", "bicubic", "hamming", "box" or "lanczos".
        keep_aspect_ratio: cut out the middle in the target's proportions before resizing.

    Raises:
        DataError: the file is missing, or no picture.
        ArgumentError: another word for color_mode or interpolation.
    """
    image = pillow("load_img")
    if grayscale:
        warnings.warn('load_img(grayscale=True) is now color_mode="grayscale"', stacklevel=2)
        color_mode = "grayscale"
    check_choice("load_img: color_mode", color_mode, MODES)
    picture = _opened(image, path)
    sixteen_bit = color_mode == "grayscale" and picture.mode in ("I;16", "I")  # kept: "L" would cut them to 8 bits
    if picture.mode != MODES[color_mode] and not sixteen_bit:
        picture = picture.convert(MODES[color_mode])
    if target_size is None or picture.size == (target_size[1], target_size[0]):
        return picture
    check_choice("load_img: interpolation", interpolation, RESAMPLING)
    resample = image.Resampling[interpolation.upper()]
    size = (target_size[1], target_size[0])
    return picture.resize(size, resample, box=_middle(picture.size, size) if keep_aspect_ratio else None)


def _opened(image: Any, path: Any) -> Any:
    """The whole picture: Pillow itself would read the pixels only later."""
    if not isinstance(path, (io.BytesIO, str, bytes, os.PathLike)):
        raise ArgumentError(f"load_img of {type(path).__name__}", rule="a path or an io.BytesIO")
    try:
        source = path if isinstance(path, io.BytesIO) else io.BytesIO(Path(os.fsdecode(path)).read_bytes())
        picture = image.open(source)
        picture.load()
    except (OSError, ValueError, SyntaxError, image.DecompressionBombError) as error:
        why = reason(error) if isinstance(error, OSError) else error
        shown = "the bytes" if isinstance(path, io.BytesIO) else os.fsdecode(path)
        raise DataError(f"load_img: {shown}: {why}", hint="is it there, and is it a picture?") from error
    return picture


def _middle(size: tuple[int, int], wanted: tuple[int, int]) -> tuple[int, int, int, int]:
    """The largest box in the middle of a picture of (width, height) `size` with the proportions of `wanted`."""
    width, height = size
    crop_width = min(width, height * wanted[0] // wanted[1])
    crop_height = min(height, width * wanted[1] // wanted[0])
    left, top = (width - crop_width) // 2, (height - crop_height) // 2
    return left, top, left + crop_width, top + crop_height


def save_img(
    path: Any, x: Any, data_format: str | None = None, file_format: str | None = None, scale: bool = True, **kwargs: Any
) -> None:
    """Write the picture of an array to a file, whole or not at all; the name's ending says the format.

    Args:
        path: of the file, or an io.BytesIO.
        x, data_format, scale: see array_to_img.
        file_format: such as "png", instead of the name's ending.
        **kwargs: for Pillow's `Image.save`.
    """
    picture = array_to_img(x, data_format=data_format, scale=scale)
    ending = "" if isinstance(path, io.BytesIO) else Path(os.fsdecode(path)).suffix.lower()
    written_as = (file_format or ending.removeprefix(".")).lower()
    if picture.mode == "RGBA" and written_as in ("jpg", "jpeg"):
        warnings.warn("JPEG has no transparency: the picture is written as RGB", stacklevel=2)
        picture = picture.convert("RGB")
    written_as = {"jpg": "jpeg", "tif": "tiff"}.get(written_as, written_as)
    if isinstance(path, io.BytesIO):
        picture.save(path, format=written_as or None, **kwargs)
        return
    contents = io.BytesIO()
    try:
        picture.save(contents, format=written_as, **kwargs)
    except KeyError as error:
        raise ArgumentError(f"save_img: Pillow knows no format {written_as!r}", hint='"png" or "jpeg"') from error
    with whole_file(Path(os.fsdecode(path))) as out:
        out.write(contents.getvalue())
