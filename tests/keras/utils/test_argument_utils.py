"""Helpers that code around Keras imports: lengths of convolutions, and questions about arguments."""

from __future__ import annotations

import numpy as np
import pytest

from deepkit import keras
from deepkit.errors import ArgumentError, ShapeError
from deepkit.keras.utils import conv_utils, generic_utils


@pytest.mark.parametrize("length", [5, 8, 9])
@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (3, 1), (1, 2)])
@pytest.mark.parametrize("padding", ["valid", "same", "causal"])
def test_a_convolution_is_as_long_as_it_is_said(length, size, stride, dilation, padding):
    layer = keras.layers.Conv1D(1, size, strides=stride, padding=padding, dilation_rate=dilation)
    said = conv_utils.conv_output_length(length, size, padding, stride, dilation)
    assert layer(np.ones((1, length, 1), "float32")).shape[1] == said


@pytest.mark.parametrize("size", [1, 2, 3, 4])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_a_transposed_convolution_is_as_long_as_it_is_said(size, stride, padding):
    layer = keras.layers.Conv2DTranspose(1, (size, 1), strides=(stride, 1), padding=padding)
    said = conv_utils.deconv_length(5, stride, size, padding, None)
    assert layer(np.ones((1, 5, 1, 1), "float32")).shape[1] == said


def test_full_convolutions_as_numpy_has_them():
    assert conv_utils.conv_output_length(7, 3, "full", 1) == len(np.convolve(np.ones(7), np.ones(3), "full"))
    assert conv_utils.conv_input_length(9, 3, "full", 1) == 7
    assert conv_utils.conv_output_length(None, 3, "same", 1) is None
    with pytest.raises(ArgumentError, match="padding='ful'"):
        conv_utils.conv_output_length(7, 3, "ful", 1)


def test_a_kernel_turned_twice_is_itself():
    kernel = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    turned = conv_utils.convert_kernel(kernel)
    np.testing.assert_array_equal(turned, kernel[::-1, ::-1])
    np.testing.assert_array_equal(conv_utils.convert_kernel(turned), kernel)
    with pytest.raises(ShapeError):
        conv_utils.convert_kernel(np.ones((2, 3)))


def test_questions_about_arguments():
    def f(x, *, rate=0, **more):
        return x

    assert generic_utils.has_arg(f, "rate")
    assert not generic_utils.has_arg(f, "other")
    assert generic_utils.has_arg(f, "other", accept_all=True)
    assert generic_utils.to_list((1, 2)) == [(1, 2)]
    assert generic_utils.to_list((1, 2), allow_tuple=True) == [1, 2]
    assert generic_utils.unpack_singleton([3]) == 3
    assert generic_utils.unpack_singleton([3, 4]) == [3, 4]
    assert generic_utils.is_all_none([None, None])
    assert not generic_utils.is_all_none([None, 0])
    a, b = [], []
    assert generic_utils.object_list_uid([a, b]) == generic_utils.object_list_uid((a, b))
    assert generic_utils.object_list_uid([a, b]) != generic_utils.object_list_uid([b, a])
    x = np.arange(5)
    assert [list(y) for y in generic_utils.slice_arrays([x, 2 * x], 1, 3)] == [[1, 2], [2, 4]]
    assert list(generic_utils.slice_arrays(x, [0, 3])) == [0, 3]
    assert generic_utils.transpose_shape([8, 4, 5, 3], "channels_first", (1, 2)) == [8, 3, 4, 5]
