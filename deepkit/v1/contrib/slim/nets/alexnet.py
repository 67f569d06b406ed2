"""AlexNet in its second, one-column version. Source: A. Krizhevsky, arXiv 1404.5997 (2014)."""

from __future__ import annotations

from typing import Any

from deepkit import ops
from deepkit.v1 import initializers, nn
from deepkit.v1.contrib import layers
from deepkit.v1.contrib.framework import ArgScope, arg_scope
from deepkit.v1.contrib.slim.nets._points import collected, collecting
from deepkit.v1.framework.scopes import variable_scope
from deepkit.v1.framework.symbolic import constant_of

__all__ = ["alexnet_v2", "alexnet_v2_arg_scope"]


def alexnet_v2_arg_scope(weight_decay: float = 0.0005) -> ArgScope:
    """Relu, weight decay and biases of 0.1 for convolutions and dense layers; open it with slim.arg_scope."""
    with (
        arg_scope(
            [layers.conv2d, layers.fully_connected], activation_fn=nn.relu, biases_initializer=initializers.constant(0.1),
            weights_regularizer=layers.l2_regularizer(weight_decay),
        ),
        arg_scope([layers.conv2d], padding="SAME"),
        arg_scope([layers.max_pool2d], padding="VALID") as scope,
    ):
        return scope


def alexnet_v2(
    inputs: Any, num_classes: int = 1000, is_training: Any = True, dropout_keep_prob: float = 0.5,
    spatial_squeeze: bool = True, scope: Any = "alexnet_v2",
) -> tuple[Any, dict[str, Any]]:
    """(logits, end points) for images (batch, 224, 224, 3)."""
    inputs = constant_of(inputs)
    narrow = initializers.truncated_normal(0.0, 0.005)
    with variable_scope(scope, "alexnet_v2", [inputs]) as opened, collecting(opened):
        net = layers.conv2d(inputs, 64, [11, 11], 4, padding="VALID", scope="conv1")
        net = layers.max_pool2d(net, [3, 3], 2, scope="pool1")
        net = layers.conv2d(net, 192, [5, 5], scope="conv2")
        net = layers.max_pool2d(net, [3, 3], 2, scope="pool2")
        net = layers.conv2d(net, 384, [3, 3], scope="conv3")
        net = layers.conv2d(net, 384, [3, 3], scope="conv4")
        net = layers.conv2d(net, 256, [3, 3], scope="conv5")
        net = layers.max_pool2d(net, [3, 3], 2, scope="pool5")
        with arg_scope([layers.conv2d], weights_initializer=narrow, biases_initializer=initializers.constant(0.1)):
            net = layers.conv2d(net, 4096, [5, 5], padding="VALID", scope="fc6")
            net = layers.dropout(net, dropout_keep_prob, is_training=is_training, scope="dropout6")
            net = layers.conv2d(net, 4096, [1, 1], scope="fc7")
            net = layers.dropout(net, dropout_keep_prob, is_training=is_training, scope="dropout7")
            net = layers.conv2d(
                net, num_classes, [1, 1], activation_fn=None, normalizer_fn=None,
                biases_initializer=initializers.zeros(), scope="fc8",
            )
        points = collected(opened)
        if spatial_squeeze:
            net = ops.squeeze(net, [1, 2], name="fc8/squeezed")
            points[f"{opened.name}/fc8"] = net
        return net, points


alexnet_v2.default_image_size = 224  # type: ignore[attr-defined]
