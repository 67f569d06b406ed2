"""What the Inception networks share: their default arguments, and modules of parallel branches written as tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from deepkit import ops
from deepkit.core.collections import GraphKeys
from deepkit.errors import ArgumentError
from deepkit.v1 import nn
from deepkit.v1.contrib import layers
from deepkit.v1.contrib.framework import ArgScope, arg_scope
from deepkit.v1.framework.scopes import variable_scope

Layer = tuple[Any, ...]
"""(scope, depth, kernel) of a convolution, (scope, depth, kernel, stride), (scope, None, kernel, ...) of a pool; or a list
of such, which are all applied to the same input and put side by side."""


def arguments(
    weight_decay: float = 0.00004, batch_norm_var_collection: str = "moving_vars", batch_norm_decay: float = 0.9997,
    batch_norm_epsilon: float = 0.001, updates_collections: Any = GraphKeys.UPDATE_OPS, use_fused_batchnorm: bool = True,
) -> ArgScope:
    """Weight decay for all weights; convolutions are normalized over the batch, then relu."""
    normalizer = {
        "decay": batch_norm_decay, "epsilon": batch_norm_epsilon, "updates_collections": updates_collections,
        "fused": use_fused_batchnorm,
        "variables_collections": {
            "beta": None, "gamma": None, "moving_mean": [batch_norm_var_collection],
            "moving_variance": [batch_norm_var_collection],
        },
    }
    with (
        arg_scope(
            [layers.conv2d, layers.fully_connected], weights_regularizer=layers.l2_regularizer(float(weight_decay))
        ),
        arg_scope(
            [layers.conv2d], weights_initializer=layers.variance_scaling_initializer(), activation_fn=nn.relu,
            normalizer_fn=layers.batch_norm, normalizer_params=normalizer,
        ) as scope,
    ):
        return scope


def layer(net: Any, entry: Any, depth: Callable[[int], int]) -> Any:
    """One entry of a table applied to `net`; `depth` scales the number of channels."""
    if isinstance(entry, list):
        return ops.concat([layer(net, part, depth) for part in entry], 3)
    scope, channels, kernel = entry[:3]
    stride = entry[3] if len(entry) > 3 else 1
    padding = entry[4] if len(entry) > 4 else "SAME"
    if channels is None:
        pool = layers.max_pool2d if scope.startswith("MaxPool") else layers.avg_pool2d
        return pool(net, kernel, stride=stride, padding=padding, scope=scope)
    return layers.conv2d(net, depth(channels), kernel, stride=stride, padding=padding, scope=scope)


def module(net: Any, name: str, branches: Sequence[Sequence[Any]], depth: Callable[[int], int]) -> Any:
    """An Inception module: every branch is a chain of layers, all start from `net`, their outputs stand side by side."""
    with variable_scope(name):
        outputs = []
        for i, branch in enumerate(branches):
            with variable_scope(f"Branch_{i}"):
                output = net
                for entry in branch:
                    output = layer(output, entry, depth)
                outputs.append(output)
        return ops.concat(outputs, 3)


def built(
    net: Any, table: Sequence[tuple[str, Any]], final_endpoint: str, min_depth: int, depth_multiplier: float
) -> tuple[Any, dict[str, Any]]:
    """The layers and modules of a table up to final_endpoint, and the output of each."""
    if depth_multiplier <= 0:
        raise ArgumentError(f"depth_multiplier = {depth_multiplier}", rule="greater than 0")
    if final_endpoint not in dict(table):
        raise ArgumentError(f"final_endpoint={final_endpoint!r}", rule="one of " + ", ".join(name for name, _ in table))

    def depth(d: int) -> int:
        return max(int(d * depth_multiplier), min_depth)

    points = {}
    for name, entry in table:
        net = layer(net, entry, depth) if isinstance(entry, tuple) else module(net, name, entry, depth)
        points[name] = net
        if name == final_endpoint:
            break
    return net, points
