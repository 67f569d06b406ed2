"""Weights from libraries that convolve, or have channels in front, in layers that correlate and have them last."""

from __future__ import annotations

import numpy as np

from deepkit import keras
from deepkit.keras.utils.layer_utils import convert_all_kernels_in_model, convert_dense_weights_data_format

L = keras.layers


def test_all_kernels_are_turned_round() -> None:
    model = keras.Sequential([L.Conv2D(4, (2, 3), input_shape=(5, 6, 2)), L.Flatten(), L.Dense(3)])
    before = model.get_weights()
    convert_all_kernels_in_model(model)
    after = model.get_weights()
    np.testing.assert_array_equal(after[0], before[0][::-1, ::-1])
    np.testing.assert_array_equal(after[2], before[2])


def test_a_dense_kernel_sees_the_same_image_in_the_other_order() -> None:
    model = keras.Sequential([L.Flatten(input_shape=(4, 5, 3)), L.Dense(2)])
    dense, images = model.layers[-1], np.random.default_rng(0).normal(size=(6, 4, 5, 3)).astype("float32")
    kernel = dense.get_weights()[0]
    convert_dense_weights_data_format(dense, (3, 4, 5), "channels_first")
    first = np.moveaxis(images, -1, 1).reshape(6, -1) @ dense.get_weights()[0]
    np.testing.assert_allclose(first, images.reshape(6, -1) @ kernel, rtol=1e-5, atol=1e-5)
    convert_dense_weights_data_format(dense, (4, 5, 3), "channels_last")
    np.testing.assert_array_equal(dense.get_weights()[0], kernel)
