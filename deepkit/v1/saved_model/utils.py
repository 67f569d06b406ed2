"""`tf.saved_model.utils`: what a signature says about a tensor."""

from __future__ import annotations

from typing import Any

from deepkit.core.graph import Graph, default_graph
from deepkit.core.symbol import Symbol
from deepkit.errors import ArgumentError
from deepkit.io.meta_graph import TensorInfo

__all__ = ["build_tensor_info", "get_tensor_from_tensor_info"]


def build_tensor_info(tensor: Symbol) -> TensorInfo:
    """Name, type and shape of a tensor of the graph."""
    if not isinstance(tensor, Symbol):
        raise ArgumentError(f"{tensor!r} is no tensor of a graph", hint="a placeholder, or what is computed from one")
    return TensorInfo(tensor.name, tensor.dtype, tensor.shape)


def get_tensor_from_tensor_info(
    tensor_info: TensorInfo, graph: Graph | None = None, import_scope: str | None = None
) -> Any:
    """The tensor of the graph (the default one) that a signature names."""
    name = f"{import_scope}/{tensor_info.name}" if import_scope else tensor_info.name
    return (graph or default_graph()).get_tensor_by_name(name)
