"""VGG networks: convolutions of 3 x 3 only, in blocks of growing depth. Source: K. Simonyan, A. Zisserman, ICLR 2015."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deepkit import ops
from deepkit.v1 import initializers
from deepkit.v1.contrib import layers
from deepkit.v1.contrib.framework import ArgScope, arg_scope
from deepkit.v1.contrib.slim.nets._points import collected, collecting
from deepkit.v1.framework.scopes import variable_scope
from deepkit.v1.framework.symbolic import constant_of

__all__ = ["vgg_16", "vgg_19", "vgg_a", "vgg_arg_scope"]

_DEPTHS = (64, 128, 256, 512, 512)


def vgg_arg_scope(weight_decay: float = 0.0005) -> ArgScope:
    """Relu, weight decay and biases of zero for convolutions and dense layers; open it with slim.arg_scope."""
    with (
        arg_scope(
            [layers.conv2d, layers.fully_connected], weights_regularizer=layers.l2_regularizer(weight_decay),
            biases_initializer=initializers.zeros(),
        ),
        arg_scope([layers.conv2d], padding="SAME") as scope,
    ):
        return scope


def _vgg(
    name: str, repetitions: Sequence[int], inputs: Any, num_classes: int, is_training: Any, dropout_keep_prob: float,
    spatial_squeeze: bool, scope: Any,
) -> tuple[Any, dict[str, Any]]:
    inputs = constant_of(inputs)
    with variable_scope(scope or name, name, [inputs]) as opened, collecting(opened):
        net = inputs
        for i, (times, depth) in enumerate(zip(repetitions, _DEPTHS, strict=True), 1):
            net = layers.repeat(net, times, layers.conv2d, depth, [3, 3], scope=f"conv{i}")
            net = layers.max_pool2d(net, [2, 2], scope=f"pool{i}")
        net = layers.conv2d(net, 4096, [7, 7], padding="VALID", scope="fc6")
        net = layers.dropout(net, dropout_keep_prob, is_training=is_training, scope="dropout6")
        net = layers.conv2d(net, 4096, [1, 1], scope="fc7")
        net = layers.dropout(net, dropout_keep_prob, is_training=is_training, scope="dropout7")
        net = layers.conv2d(net, num_classes, [1, 1], activation_fn=None, normalizer_fn=None, scope="fc8")
        points = collected(opened)
        if spatial_squeeze:
            net = ops.squeeze(net, [1, 2], name="fc8/squeezed")
            points[f"{opened.name}/fc8"] = net
        return net, points


def vgg_a(
    inputs: Any, num_classes: int = 1000, is_training: Any = True, dropout_keep_prob: float = 0.5,
    spatial_squeeze: bool = True, scope: Any = "vgg_a",
) -> tuple[Any, dict[str, Any]]:
    """(logits, end points) of the network with 11 layers, for images (batch, 224, 224, 3)."""
    return _vgg("vgg_a", (1, 1, 2, 2, 2), inputs, num_classes, is_training, dropout_keep_prob, spatial_squeeze, scope)


def vgg_16(
    inputs: Any, num_classes: int = 1000, is_training: Any = True, dropout_keep_prob: float = 0.5,
    spatial_squeeze: bool = True, scope: Any = "vgg_16",
) -> tuple[Any, dict[str, Any]]:
    """(logits, end points) of the network with 16 layers, for images (batch, 224, 224, 3)."""
    return _vgg("vgg_16", (2, 2, 3, 3, 3), inputs, num_classes, is_training, dropout_keep_prob, spatial_squeeze, scope)


def vgg_19(
    inputs: Any, num_classes: int = 1000, is_training: Any = True, dropout_keep_prob: float = 0.5,
    spatial_squeeze: bool = True, scope: Any = "vgg_19",
) -> tuple[Any, dict[str, Any]]:
    """(logits, end points) of the network with 19 layers, for images (batch, 224, 224, 3)."""
    return _vgg("vgg_19", (2, 2, 4, 4, 4), inputs, num_classes, is_training, dropout_keep_prob, spatial_squeeze, scope)


for _net in (vgg_a, vgg_16, vgg_19):
    _net.default_image_size = 224  # type: ignore[attr-defined]
