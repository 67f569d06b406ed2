"""`tf.train.Saver`: a session's variables to and from checkpoints, with the graph beside them, and old ones deleted."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from deepkit.core.collections import GraphKeys
from deepkit.core.description import describe
from deepkit.core.graph import Graph, default_graph
from deepkit.core.inputs import explained
from deepkit.core.nest import leaves
from deepkit.core.symbol import Symbol
from deepkit.core.variable import Variable
from deepkit.errors import ArgumentError, ClosedSessionError, DTypeError, GraphError, NameNotFoundError, ShapeError
from deepkit.io import checkpoint as files
from deepkit.io.meta_graph import MetaGraph, write_meta_graphs
from deepkit.io.safetensors import near
from deepkit.io.state_file import CheckpointState, state_path, write_state
from deepkit.runtime.random_state import random_state, set_random_state
from deepkit.runtime.session import Session
from deepkit.v1.platform import logging

RANDOM = "random_streams"


class Kept(NamedTuple):
    """A checkpoint that the Saver wrote, and when (seconds since 1970)."""

    path: str
    time: float


class Saver:
    """Saves and restores variables, all of the graph or those in `var_list`: a list, or a dict from the names in the
    checkpoint to the variables.

    max_to_keep: when there are more checkpoints, the oldest is deleted (None or 0: none is); of those, one in
    keep_checkpoint_every_n_hours stays. reshape: restore a tensor of another shape, if it has as many elements.

    A Saver of all variables also keeps where the session stands in its random streams, so that a training that goes on
    from the checkpoint draws the numbers (of dropout, say) that it would have drawn without the break. (TensorFlow begins
    each stream anew.) A Saver with a `var_list` leaves the streams alone.

    The other arguments are TensorFlow's; what they choose there makes no difference here.
    """

    @explained
    def __init__(
        self, var_list: Any = None, reshape: bool = False, sharded: bool = False, max_to_keep: int | None = 5,
        keep_checkpoint_every_n_hours: float = 10000.0, name: str | None = None, restore_sequentially: bool = False,
        saver_def: Any = None, builder: Any = None, defer_build: bool = False, allow_empty: bool = False,
        write_version: Any = None, pad_step_number: bool = False, save_relative_paths: bool = False,
        filename: str | None = None,
    ):
        if max_to_keep is not None and max_to_keep < 0:
            raise ArgumentError(f"Saver: max_to_keep={max_to_keep}", hint="None or 0 keeps all checkpoints")
        if saver_def is not None:
            raise ArgumentError("Saver: saver_def is TensorFlow's own message", hint="tf.train.import_meta_graph(file)")
        self._max_to_keep, self._every = max_to_keep or 0, float(keep_checkpoint_every_n_hours)
        self._reshape, self._pad, self._allow_empty = reshape, pad_step_number, allow_empty
        self._var_list = var_list
        self._variables: dict[str, Variable] | None = None
        self.streams = var_list is None
        self._last: list[Kept] = []
        self._next_kept = time.time() + self._every * 3600
        self._told = False
        if not defer_build:
            self.build()

    def build(self) -> None:
        """Chooses the variables: those of the default graph, if none were given."""
        if self._variables is not None:
            return
        found = default_graph().get_collection(GraphKeys.GLOBAL_VARIABLES) if self._var_list is None else self._var_list
        self._variables = _by_name(found)
        if not self._variables and not self._allow_empty:
            self._variables = None
            raise GraphError(
                "No variables to save", rule="a Saver takes the variables that the default graph has when it is made",
                hint="make the Saver after the model, in the same graph",
            )

    @property
    def variables(self) -> dict[str, Variable]:
        """The variables by their names in the checkpoint."""
        if self._variables is None:
            raise GraphError("the Saver has no variables yet", rule="defer_build=True", hint="saver.build()")
        return self._variables

    # ---- saving

    def save(
        self, sess: Any, save_path: Any, global_step: Any = None, latest_filename: str | None = None,
        meta_graph_suffix: str = "meta", write_meta_graph: bool = True, write_state: bool = True,
        strip_default_attrs: bool = False, save_debug_info: bool = False,
    ) -> str:
        """Writes the variables' values to `save_path` (with "-step" behind it) and returns that name.

        Its files are name.safetensors, name.meta (the graph) and, in the same folder, `checkpoint`. Each of them is whole
        or absent; a save that fails, or is killed, leaves the checkpoints before it as they were. A graph that is no
        data (it calls a Python function) is not written, and a warning says so.

        Raises:
            UninitializedError: a variable has no value.
            DataError: a file cannot be written.
        """
        session = _raw(sess)
        path = self._name(session, os.fsdecode(save_path), global_step)
        state_path("", latest_filename)  # refuses a path for a name before anything is written
        variables = self.variables
        values = session.run(list(variables.values()))
        notes = {RANDOM: random_state(session)} if self.streams else {}
        files.write_checkpoint(path, dict(zip(variables, values, strict=True)), notes)
        if write_meta_graph:
            self._write_graph(session.graph, f"{path}.{meta_graph_suffix}")
        deleted = self._record(path)
        if write_state:
            kept = self.last_checkpoints or [path]
            _write_state(path, kept, latest_filename)
        for old in deleted:
            files.remove_checkpoint(old, f".{meta_graph_suffix}")
        return path

    def _name(self, session: Any, path: str, global_step: Any) -> str:
        if not os.path.basename(path):
            raise ArgumentError(f"save_path={path!r}", rule="a folder and a name", hint='"./model", "logs/model.ckpt"')
        if global_step is None:
            return path
        step = session.run(global_step) if isinstance(global_step, (Symbol, str)) else global_step
        if not isinstance(step, (int, np.integer, np.ndarray)) or np.ndim(step) or isinstance(step, bool):
            raise ArgumentError(f"global_step={global_step!r}", rule="a number or a variable that holds one")
        return f"{path}-{int(step):08d}" if self._pad else f"{path}-{int(step)}"

    def _write_graph(self, graph: Graph, path: str) -> None:
        try:
            meta = self._meta(graph, clear_devices=False)
        except GraphError as error:
            if os.path.exists(path):
                os.remove(path)  # it would describe another graph
            if not self._told:
                self._told = True
                warnings.warn(
                    f"checkpoints are written without their graph: {error.what}; restore them in the program that builds "
                    "it (write_meta_graph=False says that you know)",
                    UserWarning, stacklevel=3,
                )
            return
        write_meta_graphs(path, [meta])

    def _record(self, path: str) -> list[str]:
        """Remembers a checkpoint; returns those that have to go."""
        if not self._max_to_keep:
            return []
        self._last = [*[kept for kept in self._last if kept.path != path], Kept(path, time.time())]
        if len(self._last) <= self._max_to_keep:
            return []
        oldest = self._last.pop(0)
        if oldest.time > self._next_kept:
            self._next_kept += self._every * 3600
            return []
        return [oldest.path]

    @property
    def last_checkpoints(self) -> list[str]:
        """The checkpoints that are kept, the oldest first."""
        return [kept.path for kept in self._last]

    def set_last_checkpoints(self, last_checkpoints: Sequence[str]) -> None:
        """Takes these for the checkpoints that were written before; they will not be deleted."""
        self._last = [Kept(path, float("inf")) for path in last_checkpoints]

    def set_last_checkpoints_with_time(self, last_checkpoints_with_time: Sequence[tuple[str, float]]) -> None:
        """Takes these for the checkpoints that were written before, at these times."""
        self._last = [Kept(*pair) for pair in last_checkpoints_with_time]

    def recover_last_checkpoints(self, checkpoint_paths: Sequence[str]) -> None:
        """Takes those of the checkpoints that exist for the ones written before: a training that goes on counts them."""
        found = [path for path in checkpoint_paths if files.checkpoint_exists(path)]
        self._last = [Kept(path, files.written_at(path)) for path in found]

    # ---- restoring

    def restore(self, sess: Any, save_path: Any) -> None:
        """Gives the variables the values of a checkpoint, deepkit's or TensorFlow's: all of them, or an error and none.

        Raises:
            DataError: there is no such checkpoint, or it is damaged.
            NameNotFoundError: the checkpoint has no tensor of a variable's name.
            ShapeError, DTypeError: a tensor does not fit its variable.
        """
        if save_path is None:
            raise ArgumentError(
                "Can't load save_path when it is None.", rule="latest_checkpoint() of a folder without checkpoints is None",
                hint="look at the folder's name; restore only `if path:`",
            )
        session = _raw(sess)
        place = os.fsdecode(save_path)
        for variable in self.variables.values():
            if variable.graph is not session.graph:
                raise GraphError(
                    f"variable {variable.name} is not in the session's graph", where=variable.node.where(),
                    hint="make Saver and Session in the same graph; after reset_default_graph() make both anew",
                )
        logging.info("Restoring parameters from %s", place)
        with files.opened(place) as file:
            for name, variable in self.variables.items():
                self._check(name, variable, file, place)
            values = {name: file.read(name) for name in self.variables}
            streams = file.notes.get(RANDOM) if self.streams else None
        if streams is not None:
            set_random_state(session, streams)
        for name, variable in self.variables.items():
            value = values.pop(name)
            dims = variable.shape.lengths
            session.load(variable, value.reshape(dims) if self._reshape and variable.shape.is_full else value)

    def _check(self, name: str, variable: Variable, file: Any, place: str) -> None:
        """The checkpoint has what the variable needs."""
        entry = file.entries.get(name) or file.pieces.get(name)
        if entry is None:
            raise NameNotFoundError(
                f"Key {name} not found in checkpoint {place}", where=variable.node.where(),
                rule="a variable is restored by the name it was saved under (Saver({name: variable}) gives another)",
                hint=near(name, file.entries),
            )
        if entry.dtype is not variable.dtype:
            raise DTypeError(
                f"{name} is {entry.dtype.name} in the checkpoint {place}, but the variable is {variable.dtype.name}",
                where=variable.node.where(), rule="a variable is restored in the type it was saved in",
            )
        fits = variable.shape.is_compatible_with(entry.shape)
        if self._reshape and variable.shape.is_full:
            fits = variable.shape.num_elements() == int(np.prod(entry.shape, dtype=object))
        if not fits:
            raise ShapeError(
                f"{name} has shape {tuple(entry.shape)} in the checkpoint {place}, but the variable has {variable.shape}",
                where=variable.node.where(), rule="a variable is restored in the shape it was saved in",
                hint="build the model with the sizes of then; reshape=True allows the same elements in another shape",
            )

    # ---- the graph

    def export_meta_graph(
        self, filename: Any = None, collection_list: Any = None, as_text: bool = False, export_scope: str | None = None,
        clear_devices: bool = False, clear_extraneous_savers: bool = False, strip_default_attrs: bool = False,
        save_debug_info: bool = False,
    ) -> MetaGraph:
        """The graph and this Saver as data, written to `filename` if one is given.

        Raises:
            GraphError: the graph calls a Python function (it names the node), or is no data for another reason.
        """
        if export_scope is not None:
            raise ArgumentError("export_scope is not supported", rule="a graph is stored as a whole")
        graph = next((v.graph for v in self.variables.values()), default_graph())
        meta = self._meta(graph, clear_devices, collection_list)
        if filename is not None:
            write_meta_graphs(filename, [meta])
        return meta

    def _meta(self, graph: Graph, clear_devices: bool, keys: Any = None) -> MetaGraph:
        return described(graph, self.settings(), clear_devices, keys)

    def settings(self) -> dict[str, Any]:
        """What a stored graph says about its Saver."""
        return {
            "variables": {name: variable.node.name for name, variable in self.variables.items()},
            "max_to_keep": self._max_to_keep,
            "keep_checkpoint_every_n_hours": self._every,
            RANDOM: self.streams,
        }


def described(graph: Graph, saver: dict[str, Any] | None, clear_devices: bool = False, keys: Any = None) -> MetaGraph:
    """A graph as data; of its collections only `keys`, if some are given."""
    description = describe(graph, clear_devices)
    if keys is not None:
        collections = description.content["collections"]
        description.content["collections"] = {key: collections[key] for key in keys if key in collections}
    return MetaGraph(description, saver)


def _by_name(var_list: Any) -> dict[str, Variable]:
    """The variables by the names they get in a checkpoint; lists may be nested."""
    pairs = list(var_list.items()) if isinstance(var_list, Mapping) else [(None, v) for v in leaves(var_list)]
    found: dict[str, Variable] = {}
    for given, variable in pairs:
        if not isinstance(variable, Variable):
            raise ArgumentError(
                f"Saver: {variable!r} is no variable", rule="var_list is a list of variables, or a dict from names to them",
                hint='Saver([w, b]), Saver({"weights": w})',
            )
        if not isinstance(given, str | None):
            raise ArgumentError(
                f"Saver: {given!r} is no name", rule="a dict of variables has their names in the checkpoint as its keys",
                hint='Saver({"weights": w}), or Saver([w])',
            )
        name = variable.node.name if given is None else given
        if name in found:
            raise ArgumentError(
                f"At least two variables have the same name: {name}",
                rule="a name stands for one tensor of the checkpoint",
            )
        found[name] = variable
    return found


def _write_state(path: str, kept: list[str], filename: str | None) -> None:
    write_state(os.path.dirname(path), CheckpointState(path, kept), filename)


def _raw(sess: Any) -> Session:
    """The session itself, of a monitored one the session inside."""
    session = sess.raw_session() if hasattr(sess, "raw_session") else sess
    if not isinstance(session, Session):
        raise ArgumentError(f"{sess!r} is no session", hint="saver.save(sess, path), saver.restore(sess, path)")
    if session.closed:
        raise ClosedSessionError(
            "a Saver needs an open session", rule="the variables' values are freed when the session closes",
            hint="save and restore inside `with tf.Session() as sess:`",
        )
    return session
