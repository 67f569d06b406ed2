"""Inception v3. Source: C. Szegedy et al., Rethinking the Inception architecture for computer vision, CVPR 2016."""

from __future__ import annotations

from typing import Any

from deepkit import ops
from deepkit.errors import ArgumentError
from deepkit.v1 import initializers
from deepkit.v1.contrib import layers
from deepkit.v1.contrib.framework import arg_scope
from deepkit.v1.contrib.slim.nets._inception import arguments, built
from deepkit.v1.framework.scopes import variable_scope
from deepkit.v1.framework.symbolic import constant_of

__all__ = ["inception_v3", "inception_v3_arg_scope", "inception_v3_base"]

inception_v3_arg_scope = arguments
_ONE, _ROW, _COLUMN = [1, 1], [1, 7], [7, 1]


def _grid_35(pooled: int, five: tuple[str, str] = ("Conv2d_0a_1x1", "Conv2d_0b_5x5")) -> list[Any]:
    """A module on the 35 x 35 grid."""
    return [
        [("Conv2d_0a_1x1", 64, _ONE)],
        [(five[0], 48, _ONE), (five[1], 64, [5, 5])],
        [("Conv2d_0a_1x1", 64, _ONE), ("Conv2d_0b_3x3", 96, [3, 3]), ("Conv2d_0c_3x3", 96, [3, 3])],
        [("AvgPool_0a_3x3", None, [3, 3]), ("Conv2d_0b_1x1", pooled, _ONE)],
    ]


def _grid_17(n: int) -> list[Any]:
    """A module on the 17 x 17 grid: 7 x 7 as 1 x 7 and 7 x 1, once and twice, with n channels between."""
    return [
        [("Conv2d_0a_1x1", 192, _ONE)],
        [("Conv2d_0a_1x1", n, _ONE), ("Conv2d_0b_1x7", n, _ROW), ("Conv2d_0c_7x1", 192, _COLUMN)],
        [
            ("Conv2d_0a_1x1", n, _ONE), ("Conv2d_0b_7x1", n, _COLUMN), ("Conv2d_0c_1x7", n, _ROW),
            ("Conv2d_0d_7x1", n, _COLUMN), ("Conv2d_0e_1x7", 192, _ROW),
        ],
        [("AvgPool_0a_3x3", None, [3, 3]), ("Conv2d_0b_1x1", 192, _ONE)],
    ]


def _grid_8(second: str) -> list[Any]:
    """A module on the 8 x 8 grid: 3 x 3 as 1 x 3 beside 3 x 1."""
    return [
        [("Conv2d_0a_1x1", 320, _ONE)],
        [("Conv2d_0a_1x1", 384, _ONE), [("Conv2d_0b_1x3", 384, [1, 3]), (second, 384, [3, 1])]],
        [
            ("Conv2d_0a_1x1", 448, _ONE), ("Conv2d_0b_3x3", 384, [3, 3]),
            [("Conv2d_0c_1x3", 384, [1, 3]), ("Conv2d_0d_3x1", 384, [3, 1])],
        ],
        [("AvgPool_0a_3x3", None, [3, 3]), ("Conv2d_0b_1x1", 192, _ONE)],
    ]


TABLE: list[tuple[str, Any]] = [
    ("Conv2d_1a_3x3", ("Conv2d_1a_3x3", 32, [3, 3], 2, "VALID")),
    ("Conv2d_2a_3x3", ("Conv2d_2a_3x3", 32, [3, 3], 1, "VALID")),
    ("Conv2d_2b_3x3", ("Conv2d_2b_3x3", 64, [3, 3])),
    ("MaxPool_3a_3x3", ("MaxPool_3a_3x3", None, [3, 3], 2, "VALID")),
    ("Conv2d_3b_1x1", ("Conv2d_3b_1x1", 80, _ONE, 1, "VALID")),
    ("Conv2d_4a_3x3", ("Conv2d_4a_3x3", 192, [3, 3], 1, "VALID")),
    ("MaxPool_5a_3x3", ("MaxPool_5a_3x3", None, [3, 3], 2, "VALID")),
    ("Mixed_5b", _grid_35(32)),
    ("Mixed_5c", _grid_35(64, ("Conv2d_0b_1x1", "Conv_1_0c_5x5"))),
    ("Mixed_5d", _grid_35(64)),
    ("Mixed_6a", [
        [("Conv2d_1a_1x1", 384, [3, 3], 2, "VALID")],
        [("Conv2d_0a_1x1", 64, _ONE), ("Conv2d_0b_3x3", 96, [3, 3]), ("Conv2d_1a_1x1", 96, [3, 3], 2, "VALID")],
        [("MaxPool_1a_3x3", None, [3, 3], 2, "VALID")],
    ]),
    ("Mixed_6b", _grid_17(128)), ("Mixed_6c", _grid_17(160)), ("Mixed_6d", _grid_17(160)), ("Mixed_6e", _grid_17(192)),
    ("Mixed_7a", [
        [("Conv2d_0a_1x1", 192, _ONE), ("Conv2d_1a_3x3", 320, [3, 3], 2, "VALID")],
        [
            ("Conv2d_0a_1x1", 192, _ONE), ("Conv2d_0b_1x7", 192, _ROW), ("Conv2d_0c_7x1", 192, _COLUMN),
            ("Conv2d_1a_3x3", 192, [3, 3], 2, "VALID"),
        ],
        [("MaxPool_1a_3x3", None, [3, 3], 2, "VALID")],
    ]),
    ("Mixed_7b", _grid_8("Conv2d_0b_3x1")), ("Mixed_7c", _grid_8("Conv2d_0c_3x1")),
]
"""The network from its input to its last module; see `_inception.Layer`. The names are those of public checkpoints."""


def inception_v3_base(
    inputs: Any, final_endpoint: str = "Mixed_7c", min_depth: int = 16, depth_multiplier: float = 1.0, scope: Any = None
) -> tuple[Any, dict[str, Any]]:
    """(output, end points) up to final_endpoint, without the classifier. depth_multiplier scales all channels."""
    inputs = constant_of(inputs)
    with (
        variable_scope(scope, "InceptionV3", [inputs]),
        arg_scope([layers.conv2d, layers.max_pool2d, layers.avg_pool2d], stride=1, padding="SAME"),
    ):
        return built(inputs, TABLE, final_endpoint, min_depth, depth_multiplier)


def inception_v3(
    inputs: Any, num_classes: int = 1000, is_training: Any = True, dropout_keep_prob: float = 0.8, min_depth: int = 16,
    depth_multiplier: float = 1.0, prediction_fn: Any = layers.softmax, spatial_squeeze: bool = True, reuse: Any = None,
    scope: Any = "InceptionV3",
) -> tuple[Any, dict[str, Any]]:
    """(logits, end points) for images (batch, 299, 299, 3).

    The end points hold "Logits", "Predictions" and "AuxLogits": a second classifier on the 17 x 17 grid, whose loss helps
    the lower layers to learn.
    """
    if depth_multiplier <= 0:
        raise ArgumentError(f"depth_multiplier = {depth_multiplier}", rule="greater than 0")
    inputs = constant_of(inputs)

    def depth(d: int) -> int:
        return max(int(d * depth_multiplier), min_depth)

    with (
        variable_scope(scope, "InceptionV3", [inputs, num_classes], reuse=reuse) as opened,
        arg_scope([layers.batch_norm, layers.dropout], is_training=is_training),
    ):
        net, points = inception_v3_base(inputs, min_depth=min_depth, depth_multiplier=depth_multiplier, scope=opened)
        points["AuxLogits"] = _auxiliary(points["Mixed_6e"], num_classes, depth, spatial_squeeze)
        with variable_scope("Logits"):
            window = _window(net, [8, 8])
            net = layers.avg_pool2d(net, window, padding="VALID", scope="AvgPool_1a_{}x{}".format(*window))
            net = layers.dropout(net, dropout_keep_prob, scope="Dropout_1b")
            points["PreLogits"] = net
            logits = layers.conv2d(
                net, num_classes, [1, 1], activation_fn=None, normalizer_fn=None, scope="Conv2d_1c_1x1"
            )
            if spatial_squeeze:
                logits = ops.squeeze(logits, [1, 2], name="SpatialSqueeze")
        points["Logits"] = logits
        points["Predictions"] = prediction_fn(logits, scope="Predictions")
        return logits, points


def _auxiliary(net: Any, num_classes: int, depth: Any, spatial_squeeze: bool) -> Any:
    """The second classifier."""
    with (
        arg_scope([layers.conv2d, layers.max_pool2d, layers.avg_pool2d], stride=1, padding="SAME"),
        variable_scope("AuxLogits"),
    ):
        net = layers.avg_pool2d(net, [5, 5], stride=3, padding="VALID", scope="AvgPool_1a_5x5")
        net = layers.conv2d(net, depth(128), [1, 1], scope="Conv2d_1b_1x1")
        window = _window(net, [5, 5])
        net = layers.conv2d(
            net, depth(768), window, weights_initializer=initializers.truncated_normal(0.0, 0.01), padding="VALID",
            scope="Conv2d_2a_{}x{}".format(*window),
        )
        net = layers.conv2d(
            net, num_classes, [1, 1], activation_fn=None, normalizer_fn=None,
            weights_initializer=initializers.truncated_normal(0.0, 0.001), scope="Conv2d_2b_1x1",
        )
        return ops.squeeze(net, [1, 2], name="SpatialSqueeze") if spatial_squeeze else net


def _window(net: Any, wished: list[int]) -> list[int]:
    """`wished`, or what is left of it where the images are smaller."""
    sizes = net.shape.lengths[1:3] if net.shape.lengths else (None, None)
    return [w if n is None else min(n, w) for n, w in zip(sizes, wished, strict=True)]


inception_v3.default_image_size = 299  # type: ignore[attr-defined]
