"""`tf.image`: images of other sizes, flipped, cut, brighter, grey."""

from __future__ import annotations

import io as _io
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core.other_names import shown_as
from deepkit.device.dtypes import as_dtype
from deepkit.errors import ArgumentError, DataError
from deepkit.loading import optional
from deepkit.ops.image import boxes as _boxes
from deepkit.ops.image import colours as _colours
from deepkit.ops.image import distorted_boxes as _distorted_boxes
from deepkit.ops.image import images as _images
from deepkit.ops.image import likeness as _likeness
from deepkit.v1.framework.control_flow import py_func as _py_func
from deepkit.v1.framework.symbolic import symbolic

__all__ = [
    "ResizeMethod", "adjust_brightness", "adjust_contrast", "adjust_gamma", "adjust_hue", "adjust_saturation",
    "central_crop", "convert_image_dtype", "crop_and_resize", "crop_to_bounding_box", "decode_image", "decode_jpeg",
    "decode_png", "draw_bounding_boxes", "encode_jpeg", "encode_png", "extract_glimpse", "extract_image_patches",
    "flip_left_right", "flip_up_down", "grayscale_to_rgb", "hsv_to_rgb", "image_gradients", "non_max_suppression",
    "pad_to_bounding_box", "per_image_standardization", "per_image_whitening", "psnr", "random_brightness",
    "random_contrast", "random_crop", "random_flip_left_right", "random_flip_up_down", "random_hue",
    "random_saturation", "resize", "resize_area", "resize_bicubic", "resize_bilinear",
    "resize_image_with_crop_or_pad", "resize_images", "resize_nearest_neighbor", "resize_with_crop_or_pad",
    "rgb_to_grayscale", "rgb_to_hsv", "rgb_to_yiq", "rgb_to_yuv", "rot90", "sample_distorted_bounding_box",
    "sobel_edges", "ssim", "ssim_multiscale", "total_variation", "transpose_image", "yiq_to_rgb", "yuv_to_rgb",
]


class ResizeMethod:
    """How `resize_images` finds the new pixels."""

    BILINEAR, NEAREST_NEIGHBOR, BICUBIC, AREA = (
        _images.BILINEAR, _images.NEAREST_NEIGHBOR, _images.BICUBIC, _images.AREA
    )


adjust_brightness = symbolic(_images.adjust_brightness, "adjust_brightness/")
adjust_contrast = symbolic(_images.adjust_contrast, "adjust_contrast/")
adjust_gamma = symbolic(_images.adjust_gamma, "adjust_gamma/")
adjust_hue = symbolic(_colours.adjust_hue, "adjust_hue/")
adjust_saturation = symbolic(_colours.adjust_saturation, "adjust_saturation/")
central_crop = symbolic(_images.central_crop, "central_crop/")
convert_image_dtype = symbolic(_images.convert_image_dtype)
crop_and_resize = symbolic(_boxes.crop_and_resize, "CropAndResize")
crop_to_bounding_box = symbolic(_images.crop_to_bounding_box, "crop_to_bounding_box/")
draw_bounding_boxes = symbolic(_boxes.draw_bounding_boxes)
extract_glimpse = symbolic(_boxes.extract_glimpse)
extract_image_patches = symbolic(ops.extract_image_patches, "ExtractImagePatches")
flip_left_right = symbolic(_images.flip_left_right, "flip_left_right/")
flip_up_down = symbolic(_images.flip_up_down, "flip_up_down/")
grayscale_to_rgb = symbolic(_images.grayscale_to_rgb, "grayscale_to_rgb")
hsv_to_rgb = symbolic(_colours.hsv_to_rgb)
image_gradients = symbolic(_likeness.image_gradients)
non_max_suppression = symbolic(_boxes.non_max_suppression)
pad_to_bounding_box = symbolic(_images.pad_to_bounding_box, "pad_to_bounding_box/")
per_image_standardization = symbolic(_images.per_image_standardization)
per_image_whitening = per_image_standardization
psnr = symbolic(_images.psnr, "PSNR/")
random_brightness = symbolic(_images.random_brightness, "adjust_brightness/")
random_contrast = symbolic(_images.random_contrast, "adjust_contrast/")
random_crop = symbolic(ops.random_crop)
random_flip_left_right = symbolic(_images.random_flip_left_right, "random_flip_left_right/")
random_flip_up_down = symbolic(_images.random_flip_up_down, "random_flip_up_down/")
random_hue = symbolic(_colours.random_hue, "adjust_hue/")
random_saturation = symbolic(_colours.random_saturation, "adjust_saturation/")
resize = resize_images = symbolic(_images.resize_images)
resize_image_with_crop_or_pad = resize_with_crop_or_pad = symbolic(
    _images.resize_image_with_crop_or_pad, "resize_image_with_crop_or_pad/"
)
rgb_to_grayscale = symbolic(_images.rgb_to_grayscale, "rgb_to_grayscale")
rgb_to_hsv = symbolic(_colours.rgb_to_hsv)
rgb_to_yiq = symbolic(_colours.rgb_to_yiq)
rgb_to_yuv = symbolic(_colours.rgb_to_yuv)
rot90 = symbolic(_images.rot90, "rot90/")
sample_distorted_bounding_box = symbolic(_distorted_boxes.sample_distorted_bounding_box)
sobel_edges = symbolic(_likeness.sobel_edges)
ssim = symbolic(_likeness.ssim, "SSIM")
ssim_multiscale = symbolic(_likeness.ssim_multiscale, "MS-SSIM")
total_variation = symbolic(_images.total_variation, "total_variation/")
transpose_image = symbolic(_images.transpose_image, "transpose/")
yiq_to_rgb = symbolic(_colours.yiq_to_rgb)
yuv_to_rgb = symbolic(_colours.yuv_to_rgb)


def _sized(method: int, how: str) -> Any:
    def resize(
        images: Any, size: Any, align_corners: bool = False, name: str | None = None, half_pixel_centers: bool = False
    ) -> Any:
        found = resize_images(images, size, method, align_corners, False, name or label, half_pixel_centers)
        keeps = method == _images.NEAREST_NEIGHBOR or found.dtype.name == "float32"
        return shown_as(found if keeps else ops.cast(found, "float32"), label)

    label = "Resize" + how.title().replace("_", "")
    resize.__name__ = resize.__qualname__ = f"resize_{how}"
    resize.__doc__ = f"""Images of another size = [height, width], {how.replace("_", " ")}: see `resize_images`."""
    return resize


resize_area = _sized(_images.AREA, "area")
resize_bicubic = _sized(_images.BICUBIC, "bicubic")
resize_bilinear = _sized(_images.BILINEAR, "bilinear")
resize_nearest_neighbor = _sized(_images.NEAREST_NEIGHBOR, "nearest_neighbor")


_MODES = {0: None, 1: "L", 3: "RGB", 4: "RGBA"}


def _pillow() -> Any:
    return optional("PIL.Image", "reading and writing image files")


def decode_image(contents: Any, channels: int = 0, dtype: Any = "uint8", name: str | None = None) -> Any:
    """The pixels (height, width, channels) of an encoded image: JPEG, PNG, BMP or GIF (its first picture).

    channels: 1 grey, 3 colour, 4 with transparency; 0: as in the file.
    """
    return _decoded(contents, channels, dtype, name or "decode_image", "DecodeImage")


def _decoded(contents: Any, channels: int, dtype: Any, name: str, kind: str) -> Any:
    mode = _MODES[int(channels or 0)]

    def decoded(data: Any) -> Any:
        try:
            image = _pillow().open(_io.BytesIO(data.item()))
            image.load()
        except (OSError, ValueError, SyntaxError) as error:
            raise DataError(f"these {len(data.item())} bytes are no image", rule="JPEG, PNG, BMP or GIF") from error
        wanted = mode or {"P": "RGB", "CMYK": "RGB", "YCbCr": "RGB", "1": "L", "LA": "RGBA"}.get(image.mode, image.mode)
        pixels = np.asarray(image if image.mode == wanted else image.convert(wanted), np.uint8)
        return pixels if pixels.ndim == 3 else pixels[:, :, None]

    pixels = shown_as(_py_func(decoded, [contents], "uint8", name=name), kind)
    pixels.set_shape([None, None, channels or None])
    return pixels if pixels.dtype is as_dtype(dtype) else convert_image_dtype(pixels, dtype)


def decode_jpeg(contents: Any, channels: int = 0, ratio: int = 1, *_: Any, name: str | None = None, **__: Any) -> Any:
    """`decode_image`: the pixels of a JPEG file's content. ArgumentError: a ratio other than 1."""
    if ratio != 1:
        raise ArgumentError(
            f"decode_jpeg: ratio={ratio!r}", rule="1: pictures are decoded in their size", hint="tf.image.resize_images"
        )
    return _decoded(contents, channels, "uint8", name or "DecodeJpeg", "DecodeJpeg")


def decode_png(contents: Any, channels: int = 0, dtype: Any = "uint8", name: str | None = None) -> Any:
    """`decode_image`: the pixels of a PNG file's content."""
    return _decoded(contents, channels, dtype, name or "DecodePng", "DecodePng")


def _encoded(image: Any, kind: str, name: str | None, **options: Any) -> Any:
    def encode(pixels: Any) -> Any:
        buffer = _io.BytesIO()
        _pillow().fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(buffer, kind, **options)
        return np.array(buffer.getvalue(), object)

    data = shown_as(_py_func(encode, [image], "string", name=name), f"Encode{kind.title()}")
    data.set_shape([])
    return data


def encode_png(image: Any, compression: int = -1, name: str | None = None) -> Any:
    """The content of a PNG file with these pixels: uint8, (height, width, channels)."""
    return _encoded(image, "PNG", name or "EncodePng")


def encode_jpeg(image: Any, format: str = "", quality: int = 95, *_: Any, name: str | None = None, **__: Any) -> Any:
    """The content of a JPEG file with these pixels: uint8, (height, width, channels)."""
    return _encoded(image, "JPEG", name or "EncodeJpeg", quality=quality)
