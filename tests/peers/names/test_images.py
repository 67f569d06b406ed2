"""tf.image beside TensorFlow's own."""

from __future__ import annotations

import os
import warnings

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytest.importorskip("tensorflow", reason="TensorFlow is not installed (extra: peers)")

import tensorflow.compat.v1 as reference

import deepkit.v1 as tf

reference.disable_eager_execution()

RNG = np.random.default_rng(0)
ONE, BATCH = RNG.uniform(size=(7, 9, 3)).astype("f"), RNG.uniform(size=(2, 6, 4, 4)).astype("f")
BYTES = RNG.integers(0, 256, (5, 7, 3)).astype(np.uint8)
CALLS = {
    "bilinear up": lambda m: m.image.resize_images(ONE, [20, 13]),
    "bilinear down": lambda m: m.image.resize_images(BATCH, [3, 3]),
    "corners": lambda m: m.image.resize_images(BATCH, [11, 5], align_corners=True),
    "half pixels": lambda m: m.image.resize_bilinear(BATCH, [11, 5], half_pixel_centers=True),
    "nearest": lambda m: m.image.resize_nearest_neighbor(BATCH, [13, 3]),
    "nearest, corners": lambda m: m.image.resize_nearest_neighbor(BATCH, [13, 3], align_corners=True),
    "nearest of bytes": lambda m: m.image.resize_images(BYTES, [9, 9], method=1),
    "bilinear of bytes": lambda m: m.image.resize_images(BYTES, [9, 9]),
    "bytes of that size": lambda m: m.image.resize_images(BYTES, [5, 7]),
    "bytes of that size by the op": lambda m: m.image.resize_bilinear(BYTES[None], [5, 7]),
    "less bits": lambda m: m.image.convert_image_dtype(m.constant([-1, 3000], m.int16), m.uint8, saturate=True),
    "other bits": lambda m: m.image.convert_image_dtype(m.constant([-5, 100], m.int8), m.uint8, saturate=True),
    "proportions": lambda m: m.image.resize_images(ONE, [20, 18], preserve_aspect_ratio=True),
    "left right": lambda m: m.image.flip_left_right(ONE), "up down": lambda m: m.image.flip_up_down(BATCH),
    "transpose": lambda m: m.image.transpose_image(ONE),
    **{f"turned {k}": lambda m, k=k: m.image.rot90(ONE, k) for k in range(4)},
    "cut": lambda m: m.image.crop_to_bounding_box(ONE, 1, 2, 3, 4),
    "padded": lambda m: m.image.pad_to_bounding_box(ONE, 1, 2, 10, 12),
    "cut or padded": lambda m: m.image.resize_image_with_crop_or_pad(ONE, 4, 12),
    "cut or padded 2": lambda m: m.image.resize_image_with_crop_or_pad(BATCH, 9, 3),
    "middle": lambda m: m.image.central_crop(ONE, 0.5), "to bytes": lambda m: m.image.convert_image_dtype(ONE, m.uint8),
    "to floats": lambda m: m.image.convert_image_dtype(BYTES, m.float32),
    "to 16 bits": lambda m: m.image.convert_image_dtype(BYTES, m.int32),
    "bright": lambda m: m.image.adjust_brightness(BYTES, 0.2),
    "contrast": lambda m: m.image.adjust_contrast(BATCH, 1.7),
    "contrast of bytes": lambda m: m.image.adjust_contrast(BYTES, 0.6),
    "gamma": lambda m: m.image.adjust_gamma(ONE, 2, 0.5),
    "grey": lambda m: m.image.rgb_to_grayscale(ONE), "grey bytes": lambda m: m.image.rgb_to_grayscale(BYTES),
    "colour": lambda m: m.image.grayscale_to_rgb(m.constant(ONE[..., :1])),
    "standard": lambda m: m.image.per_image_standardization(BYTES),
    "variation": lambda m: m.image.total_variation(m.constant(BATCH)),
    "psnr": lambda m: m.image.psnr(ONE, ONE * 0.9, 1.0),
    "space to depth": lambda m: m.space_to_depth(BATCH, 2), "depth to space": lambda m: m.depth_to_space(BATCH, 2),
    "random crop": lambda m: m.random_crop(ONE, [3, 4, 3], seed=3),
    "random brightness": lambda m: m.image.random_brightness(ONE, 0.5, seed=3),
    "random contrast": lambda m: m.image.random_contrast(ONE, 0.5, 1.5, seed=3),
    "random flips": lambda m: m.stack([m.image.random_flip_left_right(ONE, seed=s) for s in range(6)]),
}


def values(name: str, m) -> np.ndarray:
    with m.Graph().as_default(), m.Session() as sess, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return sess.run(CALLS[name](m))


@pytest.mark.parametrize("name", CALLS)
def test_images(name) -> None:
    ours, theirs = values(name, tf), values(name, reference)
    assert ours.dtype == theirs.dtype
    np.testing.assert_allclose(ours.astype(float), theirs.astype(float), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("align", [False, True])
def test_bicubic(align) -> None:
    """TensorFlow rounds its weights to steps of 1 / 1024; deepkit does not."""
    found = []
    for m in (tf, reference):
        with m.Graph().as_default(), m.Session() as sess:
            found.append(sess.run(m.image.resize_bicubic(BATCH, [11, 7], align_corners=align)))
    np.testing.assert_allclose(*found, atol=2e-3)


def test_unknown_sizes_and_gradients() -> None:
    found = []
    for m in (tf, reference):
        with m.Graph().as_default(), m.Session() as sess:
            x = m.placeholder(m.float32, [None, None, None, 4])
            y = m.image.resize_image_with_crop_or_pad(m.image.resize_bilinear(x, [9, 5]), 7, 6)
            z = m.image.resize_bilinear(x, m.shape(x)[1:3] * 2)
            gradient = m.convert_to_tensor(m.gradients(m.reduce_sum(y * y), x)[0])
            assert y.shape.as_list() == [None, 7, 6, 4]
            found.append(sess.run([y, z, gradient], {x: BATCH}))
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
