"""A module of Inception v3 as a document writes it with slim, brackets and concat mended, and a small reader that has one."""

from __future__ import annotations

from typing import Any

import deepkit.v1 as tf
from deepkit.v1.contrib import slim


def mixed_7c(net: Any, share: int = 1) -> Any:
    """Four branches over maps (n, height, width, channels), side by side: 2048 / share maps."""
    pools = [slim.max_pool2d, slim.avg_pool2d]
    same = slim.arg_scope([slim.conv2d, *pools], stride=1, padding="SAME")
    with same, tf.variable_scope("Mixed_7c"):
        with tf.variable_scope("Branch_0"):
            branch_0 = slim.conv2d(net, 320 // share, [1, 1], scope="Conv2d_0a_1x1")
        with tf.variable_scope("Branch_1"):
            branch_1 = slim.conv2d(net, 384 // share, [1, 1], scope="Conv2d_0a_1x1")
            branch_1 = _split(branch_1, 384 // share, "Conv2d_0b_1x3", "Conv2d_0c_3x1")
        with tf.variable_scope("Branch_2"):
            branch_2 = slim.conv2d(net, 448 // share, [1, 1], scope="Conv2d_0a_1x1")
            branch_2 = slim.conv2d(branch_2, 384 // share, [3, 3], scope="Conv2d_0b_3x3")
            branch_2 = _split(branch_2, 384 // share, "Conv2d_0c_1x3", "Conv2d_0d_3x1")
        with tf.variable_scope("Branch_3"):
            branch_3 = slim.avg_pool2d(net, [3, 3], scope="AvgPool_0a_3x3")
            branch_3 = slim.conv2d(branch_3, 192 // share, [1, 1], scope="Conv2d_0b_1x1")
        return tf.concat([branch_0, branch_1, branch_2, branch_3], 3)


def _split(net: Any, maps: int, row: str, column: str) -> Any:
    """1×3 beside 3×1, both of the same maps."""
    return tf.concat([slim.conv2d(net, maps, [1, 3], scope=row), slim.conv2d(net, maps, [3, 1], scope=column)], 3)


def reader(images: Any, share: int = 64) -> Any:
    """Scores (n, 10) of digits (n, 28, 28, 1): two convolutions of stride 2, the module at a part of its width, dense."""
    with slim.arg_scope([slim.conv2d, slim.fully_connected], weights_regularizer=slim.l2_regularizer(1e-4)):
        net = slim.repeat(images, 2, slim.conv2d, 8, [3, 3], stride=2, scope="stem")
        return slim.fully_connected(slim.flatten(mixed_7c(net, share)), 10, activation_fn=None, scope="scores")
