"""Inception v1, GoogLeNet. Source: C. Szegedy et al., Going deeper with convolutions, CVPR 2015."""

from __future__ import annotations

from typing import Any

from deepkit import ops
from deepkit.v1 import initializers
from deepkit.v1.contrib import layers
from deepkit.v1.contrib.framework import arg_scope
from deepkit.v1.contrib.slim.nets._inception import Layer, arguments, built
from deepkit.v1.framework.scopes import variable_scope
from deepkit.v1.framework.symbolic import constant_of

__all__ = ["inception_v1", "inception_v1_arg_scope", "inception_v1_base"]

inception_v1_arg_scope = arguments


def _module(a: int, b1: int, b3: int, c1: int, c3: int, d: int, last: str = "Conv2d_0b_3x3") -> list[list[Layer]]:
    """1 x 1; 1 x 1 then 3 x 3; the same, narrower; and pooling then 1 x 1, with so many channels each."""
    return [
        [("Conv2d_0a_1x1", a, [1, 1])],
        [("Conv2d_0a_1x1", b1, [1, 1]), ("Conv2d_0b_3x3", b3, [3, 3])],
        [("Conv2d_0a_1x1", c1, [1, 1]), (last, c3, [3, 3])],
        [("MaxPool_0a_3x3", None, [3, 3]), ("Conv2d_0b_1x1", d, [1, 1])],
    ]


TABLE: list[tuple[str, Any]] = [
    ("Conv2d_1a_7x7", ("Conv2d_1a_7x7", 64, [7, 7], 2)), ("MaxPool_2a_3x3", ("MaxPool_2a_3x3", None, [3, 3], 2)),
    ("Conv2d_2b_1x1", ("Conv2d_2b_1x1", 64, [1, 1])), ("Conv2d_2c_3x3", ("Conv2d_2c_3x3", 192, [3, 3])),
    ("MaxPool_3a_3x3", ("MaxPool_3a_3x3", None, [3, 3], 2)), ("Mixed_3b", _module(64, 96, 128, 16, 32, 32)),
    ("Mixed_3c", _module(128, 128, 192, 32, 96, 64)), ("MaxPool_4a_3x3", ("MaxPool_4a_3x3", None, [3, 3], 2)),
    ("Mixed_4b", _module(192, 96, 208, 16, 48, 64)), ("Mixed_4c", _module(160, 112, 224, 24, 64, 64)),
    ("Mixed_4d", _module(128, 128, 256, 24, 64, 64)), ("Mixed_4e", _module(112, 144, 288, 32, 64, 64)),
    ("Mixed_4f", _module(256, 160, 320, 32, 128, 128)), ("MaxPool_5a_2x2", ("MaxPool_5a_2x2", None, [2, 2], 2)),
    ("Mixed_5b", _module(256, 160, 320, 32, 128, 128, "Conv2d_0a_3x3")),
    ("Mixed_5c", _module(384, 192, 384, 48, 128, 128)),
]
"""The network from its input to its last module; see `_inception.Layer`. Pools at odd sizes pad (SAME)."""


def inception_v1_base(
    inputs: Any, final_endpoint: str = "Mixed_5c", scope: Any = "InceptionV1"
) -> tuple[Any, dict[str, Any]]:
    """(output, end points) up to final_endpoint, without the classifier."""
    inputs = constant_of(inputs)
    start = initializers.truncated_normal(0.0, 0.01)
    with (
        variable_scope(scope, "InceptionV1", [inputs]),
        arg_scope([layers.conv2d, layers.fully_connected], weights_initializer=start),
        arg_scope([layers.conv2d, layers.max_pool2d], stride=1, padding="SAME"),
    ):
        return built(inputs, TABLE, final_endpoint, 1, 1.0)


def inception_v1(
    inputs: Any, num_classes: int = 1000, is_training: Any = True, dropout_keep_prob: float = 0.8,
    prediction_fn: Any = layers.softmax, spatial_squeeze: bool = True, reuse: Any = None, scope: Any = "InceptionV1",
) -> tuple[Any, dict[str, Any]]:
    """(logits, end points) for images (batch, 224, 224, 3); the end points hold "Logits" and "Predictions"."""
    inputs = constant_of(inputs)
    with (
        variable_scope(scope, "InceptionV1", [inputs, num_classes], reuse=reuse) as opened,
        arg_scope([layers.batch_norm, layers.dropout], is_training=is_training),
    ):
        net, points = inception_v1_base(inputs, scope=opened)
        with variable_scope("Logits"):
            net = layers.avg_pool2d(net, [7, 7], stride=1, scope="MaxPool_0a_7x7")
            net = layers.dropout(net, dropout_keep_prob, scope="Dropout_0b")
            logits = layers.conv2d(
                net, num_classes, [1, 1], activation_fn=None, normalizer_fn=None, scope="Conv2d_0c_1x1"
            )
            if spatial_squeeze:
                logits = ops.squeeze(logits, [1, 2], name="SpatialSqueeze")
            points["Logits"] = logits
            points["Predictions"] = prediction_fn(logits, scope="Predictions")
        return logits, points


inception_v1.default_image_size = 224  # type: ignore[attr-defined]
