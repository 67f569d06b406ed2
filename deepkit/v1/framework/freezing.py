"""`tensorflow.python.tools.freeze_graph`: a graph file and a checkpoint become one graph file without variables."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from deepkit.errors import ArgumentError
from deepkit.files import refused
from deepkit.io import graph_messages as messages
from deepkit.v1.framework.graph_messages import GraphDef, write_graph
from deepkit.v1.train.checkpoints import load_checkpoint


def freeze_graph_with_def_protos(
    input_graph_def: Any, input_saver_def: Any, input_checkpoint: str, output_node_names: str, restore_op_name: Any = None,
    filename_tensor_name: Any = None, output_graph: str | None = None, clear_devices: bool = True, initializer_nodes: Any = None,
    variable_names_whitelist: str = "", variable_names_blacklist: str = "", **unused: Any,
) -> GraphDef:
    """What the named nodes need of a graph, with the values of the checkpoint as constants; also written to output_graph.

    Names are separated by commas. Which ops restore is not asked: the values are read from the checkpoint.
    NotFoundError, DataError: no such node, variable or checkpoint.
    """
    names = _listed(output_node_names)
    if not names:
        raise ArgumentError("freeze_graph without output_node_names", rule="the nodes whose values are wanted, by commas")
    values = load_checkpoint(input_checkpoint)
    keep = set(_listed(variable_names_blacklist))
    if variable_names_whitelist:
        keep |= set(values.get_variable_to_shape_map()) - set(_listed(variable_names_whitelist))
    found = GraphDef.of(messages.frozen(input_graph_def, names, values.get_tensor, keep))
    if output_graph:
        write_graph(found, os.path.dirname(output_graph) or ".", os.path.basename(output_graph), as_text=False)
    return found


def freeze_graph(
    input_graph: str, input_saver: str, input_binary: bool, input_checkpoint: str, output_node_names: str,
    restore_op_name: Any = None, filename_tensor_name: Any = None, output_graph: str | None = None, clear_devices: bool = True,
    initializer_nodes: Any = None, variable_names_whitelist: str = "", variable_names_blacklist: str = "", **unused: Any,
) -> GraphDef:
    """The same of a graph that `tf.train.write_graph` has written."""
    path = Path(os.fsdecode(input_graph))
    try:
        graph = GraphDef.FromString(path.read_bytes())
    except OSError as error:
        raise refused("read", path, error) from error
    return freeze_graph_with_def_protos(
        graph, None, input_checkpoint, output_node_names, restore_op_name, filename_tensor_name, output_graph, clear_devices,
        initializer_nodes, variable_names_whitelist, variable_names_blacklist,
    )


def _listed(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]
