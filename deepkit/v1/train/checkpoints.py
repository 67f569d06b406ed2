"""What `tf.train` has for checkpoints beside the Saver: which is the latest, what is in one, and graphs from files."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from deepkit.core.collections import GraphKeys
from deepkit.core.graph import default_graph
from deepkit.core.node import Node
from deepkit.core.rebuild import rebuild, shared
from deepkit.core.variable import Variable
from deepkit.device.dtypes import DType
from deepkit.errors import (
    ArgumentError,
    DataError,
    DTypeError,
    GraphWarning,
    MissingDataError,
    NameNotFoundError,
    ShapeError,
)
from deepkit.io import checkpoint as files
from deepkit.io.meta_graph import MetaGraph, read_meta_graphs, write_meta_graphs
from deepkit.io.safetensors import near
from deepkit.io.state_file import CheckpointState, read_state, write_state
from deepkit.v1.platform import logging
from deepkit.v1.train.saver import RANDOM, Saver, described

# ---- which checkpoints there are


def latest_checkpoint(checkpoint_dir: Any, latest_filename: str | None = None) -> str | None:
    """The name of the latest checkpoint in a folder, for Saver.restore; None if there is none.

    Raises:
        DataError: the folder's file `checkpoint` is damaged, or names a checkpoint outside the folder.
    """
    folder = os.fsdecode(checkpoint_dir)
    found = files.latest_checkpoint(folder, latest_filename)
    if found is None:
        state = read_state(folder, latest_filename)
        if state is not None and state.model_checkpoint_path:
            logging.error("Couldn't match files for checkpoint %s", state.model_checkpoint_path)
    return found


def get_checkpoint_state(checkpoint_dir: Any, latest_filename: str | None = None) -> CheckpointState | None:
    """What the file `checkpoint` of a folder says, or None: its model_checkpoint_path is the latest checkpoint."""
    return read_state(os.fsdecode(checkpoint_dir), latest_filename)


def update_checkpoint_state(
    save_dir: Any, model_checkpoint_path: str, all_model_checkpoint_paths: Any = None, latest_filename: str | None = None,
    all_model_checkpoint_timestamps: Any = None, last_preserved_timestamp: float | None = None,
) -> None:
    """Writes the file `checkpoint` of a folder."""
    paths = list(all_model_checkpoint_paths or ())
    times = list(all_model_checkpoint_timestamps or ())
    if not paths or paths[-1] != model_checkpoint_path:
        paths.append(model_checkpoint_path)
        times = []
    if times and len(times) != len(paths):
        raise ArgumentError(f"{len(times)} timestamps for {len(paths)} checkpoints", rule="one for each")
    state = CheckpointState(model_checkpoint_path, paths, times, last_preserved_timestamp or 0.0)
    write_state(os.fsdecode(save_dir), state, latest_filename)


def checkpoint_exists(checkpoint_prefix: Any) -> bool:
    """True if there is a checkpoint of this name."""
    return files.checkpoint_exists(os.fsdecode(checkpoint_prefix))


def get_checkpoint_mtimes(checkpoint_prefixes: Any) -> list[float]:
    """When each of the checkpoints that exist was written, in seconds since 1970."""
    return [files.written_at(prefix) for prefix in checkpoint_prefixes if files.checkpoint_exists(prefix)]


def remove_checkpoint(
    checkpoint_prefix: Any, checkpoint_format_version: Any = None, meta_graph_suffix: str = "meta"
) -> None:
    """Deletes a checkpoint that deepkit wrote, and its graph."""
    files.remove_checkpoint(os.fsdecode(checkpoint_prefix), f".{meta_graph_suffix}")


# ---- what is in one


class CheckpointReader:
    """The tensors of a checkpoint, read one by one, without a graph."""

    def __init__(self, filepattern: Any):
        self._prefix = files.found_prefix(os.fsdecode(filepattern))
        with files.opened(self._prefix) as file:
            self._entries: dict[str, tuple[DType, list[int]]] = {
                name: (file.entries[name].dtype, list(file.entries[name].shape)) for name in sorted(file.entries)
            }

    def get_variable_to_shape_map(self) -> dict[str, list[int]]:
        """The shape of each tensor, as a list."""
        return {name: list(shape) for name, (_, shape) in self._entries.items()}

    def get_variable_to_dtype_map(self) -> dict[str, DType]:
        """The type of each tensor."""
        return {name: dtype for name, (dtype, _) in self._entries.items()}

    def has_tensor(self, tensor_str: str) -> bool:
        """True if there is a tensor of this name."""
        return tensor_str in self._entries

    def get_tensor(self, tensor_str: str) -> np.ndarray:
        """One tensor."""
        with files.opened(self._prefix) as file:
            return file.read(tensor_str)

    def debug_string(self) -> bytes:
        """A line for each tensor: name, type, shape."""
        lines = [f"{n} ({d.name}) [{','.join(map(str, s))}]\n" for n, (d, s) in self._entries.items()]
        return "".join(lines).encode()


def load_checkpoint(ckpt_dir_or_file: Any) -> CheckpointReader:
    """A reader of a checkpoint, or of the latest one of a folder."""
    return CheckpointReader(ckpt_dir_or_file)


def list_variables(ckpt_dir_or_file: Any) -> list[tuple[str, list[int]]]:
    """Names and shapes of what a checkpoint holds, sorted by name."""
    return list(load_checkpoint(ckpt_dir_or_file).get_variable_to_shape_map().items())


def load_variable(ckpt_dir_or_file: Any, name: str) -> np.ndarray:
    """One tensor of a checkpoint."""
    return load_checkpoint(ckpt_dir_or_file).get_tensor(name.removesuffix(":0"))


def init_from_checkpoint(ckpt_dir_or_file: Any, assignment_map: Mapping[str, Any]) -> None:
    """From now on variables start with values of a checkpoint: call it before global_variables_initializer().

    assignment_map: from names in the checkpoint to variables or their names; a name that ends in "/" means all variables
    of that scope ("/": all there are), into the scope it is mapped to.

    Raises:
        NameNotFoundError: the checkpoint or the graph has no variable of a name.
        ShapeError: a tensor does not fit its variable.
    """
    with files.opened(os.fsdecode(ckpt_dir_or_file)) as file:
        for source, target in assignment_map.items():
            for name, variable in _assignments(source, target, file.entries):
                if name not in file.entries:
                    raise NameNotFoundError(
                        f"Tensor {name} is not found in the checkpoint {ckpt_dir_or_file}",
                        where=variable.node.where(), hint=near(name, file.entries),
                    )
                _start_with(variable, file.read(name), name)


def _assignments(source: str, target: Any, names: Any) -> list[tuple[str, Variable]]:
    """Pairs (name in the checkpoint, variable) of one entry of an assignment map."""
    listed = default_graph().get_collection(GraphKeys.GLOBAL_VARIABLES)
    variables = {v.node.name: v for v in [*listed, *default_graph().get_collection(GraphKeys.LOCAL_VARIABLES)]}
    if isinstance(target, Variable):
        return [(source, target)]
    if not isinstance(target, str):
        raise ArgumentError(f"assignment_map: {source!r} is mapped to {target!r}", rule="to a variable or a name")
    if source.endswith("/"):
        before, scope = source.lstrip("/"), target.lstrip("/")
        if scope and not scope.endswith("/"):
            raise ArgumentError(f"{source!r} is mapped to {target!r}", rule='a scope, with "/" behind it, to a scope')
        pairs = [(before + n.removeprefix(scope), v) for n, v in variables.items() if n.startswith(scope)]
        if not pairs:
            raise NameNotFoundError(f"the graph has no variables in the scope {target!r}", hint=near(target, variables))
        return pairs
    if target not in variables:
        raise NameNotFoundError(f"the graph has no variable {target!r}", hint=near(target, variables))
    return [(source, variables[target])]


def _start_with(variable: Variable, value: np.ndarray, name: str) -> None:
    if not variable.shape.is_compatible_with(value.shape):
        raise ShapeError(
            f"{name} has shape {value.shape} in the checkpoint, but {variable.name} has {variable.shape}",
            where=variable.node.where(), rule="a variable starts with a value of its own shape",
        )
    if value.dtype != variable.dtype.numpy:
        raise DTypeError(
            f"{name} is {value.dtype} in the checkpoint, but {variable.name} is {variable.dtype.name}",
            where=variable.node.where(), rule="a variable starts with a value of its own type",
        )
    graph = variable.graph
    with graph.name_scope(None), graph.control_dependencies(None), graph.as_default():
        known = graph.constant(value, f"{variable.node.name}/from_checkpoint")
        variable.initializer = variable.assign(known, name=f"{variable.node.name}/Assign").node
        variable.initial_value = known


# ---- graphs from files


def export_meta_graph(
    filename: Any = None, meta_info_def: Any = None, graph_def: Any = None, saver_def: Any = None,
    collection_list: Any = None, as_text: bool = False, graph: Any = None, export_scope: str | None = None,
    clear_devices: bool = False, clear_extraneous_savers: bool = False, strip_default_attrs: bool = False,
    save_debug_info: bool = False, **_: Any,
) -> MetaGraph:
    """The default graph (or `graph`) as data, written to `filename` if one is given: nodes, variables, collections.

    What comes back is deepkit's MetaGraph, which import_meta_graph takes; it is no protocol buffer.

    Raises:
        GraphError: the graph calls a Python function (it names the node), or is no data for another reason.
    """
    if export_scope is not None:
        raise ArgumentError("export_scope is not supported", rule="a graph is stored as a whole")
    meta = described(graph or default_graph(), None, clear_devices, collection_list)
    if filename is not None:
        write_meta_graphs(filename, [meta])
    return meta


def import_meta_graph(
    meta_graph_or_file: Any, clear_devices: bool = False, import_scope: str | None = None, **_: Any
) -> Saver | None:
    """Adds a stored graph to the default graph and returns the Saver it was stored with (None: it has no variables).

    Nodes keep their names, below `import_scope` if one is given. If the default graph is the stored one already, nothing
    is added and a warning says so; names that are taken otherwise get a suffix.

    Raises:
        DataError: there is no such file, it is damaged, or it has an op that deepkit does not know.
    """
    meta = meta_graph_or_file if isinstance(meta_graph_or_file, MetaGraph) else _read(os.fsdecode(meta_graph_or_file))
    return add_graph(meta, import_scope, clear_devices)[1]


def add_graph(
    meta: MetaGraph, scope: str | None = None, clear_devices: bool = False
) -> tuple[dict[str, Node], Saver | None]:
    """Adds a stored graph to the default graph: its nodes by the names they were stored under, and its Saver."""
    saved = {} if meta.saver is None else meta.saver["variables"]
    listed = meta.graph.content.get("variables")
    for name in saved.values():
        if not isinstance(listed, dict) or name not in listed:
            raise _no_variable(name)
    graph = default_graph().root
    graph.enter_cell()
    made = None if scope else shared(graph, meta.graph)
    if made is None:
        made = rebuild(graph, meta.graph, scope)
    else:
        warnings.warn(
            "the graph has all these nodes already, so they are not added again\n"
            "  try:   tf.reset_default_graph() before it, or another graph, to start with an empty one",
            GraphWarning, stacklevel=3,
        )
    if clear_devices:
        for node in made.values():
            node.device = ""
    return made, _saver(meta, made)


def _read(path: str) -> MetaGraph:
    if not os.path.isfile(path):
        hint = f"{path}.meta is there" if os.path.isfile(f"{path}.meta") else "Saver.save writes name-step.meta"
        raise MissingDataError(f"File {path} does not exist.", hint=hint)
    metas = read_meta_graphs(path)
    if len(metas) != 1:
        raise DataError(f"{path} holds {len(metas)} graphs", hint="tf.saved_model.loader.load chooses one by its tags")
    return metas[0]


def _saver(meta: MetaGraph, made: dict[str, Node]) -> Saver | None:
    """The Saver of a stored graph, for the variables that stand for its own."""
    if meta.saver is None:
        listed = default_graph().get_collection(GraphKeys.GLOBAL_VARIABLES)
        nodes = set(made.values())
        own = [v for v in listed if v.node in nodes]
        saver = Saver(own) if own else None
        if saver is not None:
            saver.streams = True
        return saver
    wanted = {}
    for name, variable in meta.saver["variables"].items():
        found = made[variable].outputs if variable in made else []
        if not found or not isinstance(found[0], Variable):
            raise _no_variable(variable)
        wanted[name] = found[0]
    saver = Saver(
        wanted, max_to_keep=meta.saver["max_to_keep"], allow_empty=True,
        keep_checkpoint_every_n_hours=meta.saver["keep_checkpoint_every_n_hours"],
    )
    saver.streams = meta.saver[RANDOM]
    return saver


def _no_variable(name: str) -> DataError:
    return DataError(
        f"the stored Saver saves {name!r}, which is no variable of the stored graph",
        hint="write the file again with this version of deepkit",
    )
