"""The end points of a network: the outputs of its layers by their names."""

from __future__ import annotations

import contextlib
from typing import Any

from deepkit.core.graph import default_graph
from deepkit.v1.contrib import layers
from deepkit.v1.contrib.framework import arg_scope
from deepkit.v1.framework.scopes import VariableScope

_KINDS = [layers.conv2d, layers.fully_connected, layers.max_pool2d, layers.avg_pool2d]


def _collection(scope: VariableScope) -> str:
    return f"{scope.original_name_scope}end_points"


def collecting(scope: VariableScope) -> contextlib.AbstractContextManager[Any]:
    """Inside, the layers of a network leave their outputs in a collection."""
    return arg_scope(_KINDS, outputs_collections=_collection(scope))


def collected(scope: VariableScope) -> dict[str, Any]:
    """Those outputs, each under the name of its layer: "vgg_16/conv1/conv1_1"."""
    opened, points = scope.original_name_scope, {}
    for output in default_graph().get_collection(_collection(scope)):
        layer = output.node.name.rpartition("/")[0]
        points[f"{scope.name}/{layer.removeprefix(opened)}"] = output
    return points
