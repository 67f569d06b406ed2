"""The types of ops are TensorFlow's, also where it has one op for several nodes, and after the graph was stored."""

from __future__ import annotations

import pytest

import deepkit.v1 as tf
from deepkit.core.description import describe
from deepkit.core.rebuild import rebuild

CALLS = {
    "AddV2": lambda x, image: x + 1.0, "AvgPool": lambda x, image: tf.nn.avg_pool(image, 2, 1, "SAME"),
    "ConcatV2": lambda x, image: tf.concat([x, x], 0), "Const": lambda x, image: tf.zeros([2]),
    "Conv2D": lambda x, image: tf.nn.conv2d(image, tf.ones([3, 3, 1, 2]), 1, "SAME"),
    "Conv2DBackpropInput": lambda x, image: tf.nn.conv2d_transpose(image, tf.ones([2, 2, 3, 1]), [1, 16, 16, 3], 2),
    "DepthwiseConv2dNative": lambda x, image: tf.nn.depthwise_conv2d(image, tf.ones([3, 3, 1, 2]), [1] * 4, "SAME"),
    "DivNoNan": lambda x, image: tf.div_no_nan(x, x), "FFT2D": lambda x, image: tf.fft2d(tf.cast(x, tf.complex64)),
    "Fill": lambda x, image: tf.fill([2], 1.0), "GatherV2": lambda x, image: tf.gather(x, [0], axis=1),
    "MirrorPad": lambda x, image: tf.pad(x, [[1, 1], [0, 0]], "REFLECT"),
    "RandomUniform": lambda x, image: tf.random_uniform([2]),
    "ResizeBilinear": lambda x, image: tf.image.resize_bilinear(image, [4, 4]),
    "ScatterNdAdd": lambda x, image: tf.scatter_nd_add(tf.Variable([1.0]), [[0]], [1.0]), "Shape": lambda x, image: tf.shape(x),
    "Slice": lambda x, image: tf.slice(x, [0, 0], [1, 1]), "SpaceToDepth": lambda x, image: tf.space_to_depth(image, 2),
    "Split": lambda x, image: tf.split(x, 2)[0], "SplitV": lambda x, image: tf.split(x, [1, 1])[0],
    "TopKV2": lambda x, image: tf.nn.top_k(x)[0], "UnsortedSegmentSum": lambda x, image: tf.unsorted_segment_sum(x, [0, 1], 2),
}


@pytest.mark.parametrize("kind", CALLS)
def test_types(kind):
    with tf.Graph().as_default() as graph:
        y = CALLS[kind](tf.placeholder(tf.float32, [2, 3]), tf.placeholder(tf.float32, [1, 8, 8, 1]))
        assert y.op.type == y.op.node_def.op == kind
    again = rebuild(tf.Graph(), describe(graph))
    assert again[y.op.name].type == kind
