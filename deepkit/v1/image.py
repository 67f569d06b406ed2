"""`tf.image`: images of other sizes, flipped, cut, brighter, grey."""

from __future__ import annotations

from typing import Any

from deepkit import ops
from deepkit.ops import images as _images
from deepkit.v1.symbolic import symbolic


class ResizeMethod:
    """How `resize_images` finds the new pixels."""

    BILINEAR, NEAREST_NEIGHBOR, BICUBIC = _images.BILINEAR, _images.NEAREST_NEIGHBOR, _images.BICUBIC


adjust_brightness = symbolic(_images.adjust_brightness)
adjust_contrast = symbolic(_images.adjust_contrast)
adjust_gamma = symbolic(_images.adjust_gamma)
central_crop = symbolic(_images.central_crop)
convert_image_dtype = symbolic(_images.convert_image_dtype)
crop_to_bounding_box = symbolic(_images.crop_to_bounding_box)
flip_left_right = symbolic(_images.flip_left_right)
flip_up_down = symbolic(_images.flip_up_down)
grayscale_to_rgb = symbolic(_images.grayscale_to_rgb)
pad_to_bounding_box = symbolic(_images.pad_to_bounding_box)
per_image_standardization = symbolic(_images.per_image_standardization)
per_image_whitening = per_image_standardization
psnr = symbolic(_images.psnr)
random_brightness = symbolic(_images.random_brightness)
random_contrast = symbolic(_images.random_contrast)
random_crop = symbolic(ops.random_crop)
random_flip_left_right = symbolic(_images.random_flip_left_right)
random_flip_up_down = symbolic(_images.random_flip_up_down)
resize = resize_images = symbolic(_images.resize_images)
resize_image_with_crop_or_pad = resize_with_crop_or_pad = symbolic(_images.resize_image_with_crop_or_pad)
rgb_to_grayscale = symbolic(_images.rgb_to_grayscale)
rot90 = symbolic(_images.rot90)
total_variation = symbolic(_images.total_variation)
transpose_image = symbolic(_images.transpose_image)


def _sized(method: int, how: str) -> Any:
    def resize(
        images: Any, size: Any, align_corners: bool = False, name: str | None = None, half_pixel_centers: bool = False
    ) -> Any:
        return resize_images(images, size, method, align_corners, False, name, half_pixel_centers)

    resize.__name__ = resize.__qualname__ = f"resize_{how}"
    resize.__doc__ = f"""Images of another size = [height, width], {how.replace("_", " ")}: see `resize_images`."""
    return resize


resize_bicubic = _sized(_images.BICUBIC, "bicubic")
resize_bilinear = _sized(_images.BILINEAR, "bilinear")
resize_nearest_neighbor = _sized(_images.NEAREST_NEIGHBOR, "nearest_neighbor")
