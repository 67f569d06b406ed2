"""`tf.train`: optimizers, schedules, the global step, what loops and threads share, and the messages of examples."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit.core.collections import GraphKeys
from deepkit.core.graph import Graph, default_graph
from deepkit.core.symbol import Symbol
from deepkit.core.variable import Variable
from deepkit.errors import GraphError
from deepkit.io.events import read_events as summary_iterator
from deepkit.ops.messages import NAMES as _MESSAGES
from deepkit.ops.messages import message as _message
from deepkit.train import *  # noqa: F403
from deepkit.train import __all__ as _train_names
from deepkit.train import piecewise_constant as piecewise_constant_decay
from deepkit.v1.checkpoint_hook import CheckpointSaverHook, CheckpointSaverListener, StopAtStepHook
from deepkit.v1.checkpoints import CheckpointReader as NewCheckpointReader
from deepkit.v1.checkpoints import (
    checkpoint_exists,
    export_meta_graph,
    get_checkpoint_mtimes,
    get_checkpoint_state,
    import_meta_graph,
    init_from_checkpoint,
    latest_checkpoint,
    list_variables,
    load_checkpoint,
    load_variable,
    remove_checkpoint,
    update_checkpoint_state,
)
from deepkit.v1.coordinator import Coordinator, LooperThread
from deepkit.v1.hooks import LoggingTensorHook, SessionRunArgs, SessionRunContext, SessionRunHook, SessionRunValues
from deepkit.v1.input_pipeline import *  # noqa: F403
from deepkit.v1.input_pipeline import __all__ as _pipeline_names
from deepkit.v1.missing import explain as _explain
from deepkit.v1.queue_runner import QueueRunner, add_queue_runner, start_queue_runners
from deepkit.v1.saver import Saver
from deepkit.v1.summary_hooks import StepCounterHook, SummarySaverHook

__all__ = [
    *_train_names, *_pipeline_names, *_MESSAGES, "LooperThread", "QueueRunner", "add_queue_runner", "start_queue_runners",
    "CheckpointSaverHook", "CheckpointSaverListener", "Coordinator", "LoggingTensorHook",
    "NewCheckpointReader", "Saver", "SessionRunArgs", "SessionRunContext", "SessionRunHook", "SessionRunValues",
    "StepCounterHook", "StopAtStepHook", "SummarySaverHook", "checkpoint_exists", "create_global_step", "export_meta_graph", "get_checkpoint_mtimes",
    "get_checkpoint_state", "get_global_step", "get_or_create_global_step",
    "piecewise_constant_decay", "global_step", "import_meta_graph",
    "init_from_checkpoint", "latest_checkpoint", "list_variables", "load_checkpoint", "load_variable",
    "remove_checkpoint", "summary_iterator", "update_checkpoint_state",
]  # fmt: skip


def get_global_step(graph: Graph | None = None) -> Variable | None:
    """The variable that counts training steps, or None."""
    found = (graph or default_graph()).get_collection(GraphKeys.GLOBAL_STEP)
    return found[0] if found else None


def create_global_step(graph: Graph | None = None) -> Variable:
    """A new variable `global_step`, 0 at the start; an error if the graph has one."""
    graph = graph or default_graph()
    if get_global_step(graph) is not None:
        raise GraphError("the graph has a global step already", hint="get_or_create_global_step()")
    with graph.as_default(), graph.name_scope(None):
        collections = [GraphKeys.GLOBAL_VARIABLES, GraphKeys.GLOBAL_STEP]
        return Variable(np.int64(0), trainable=False, collections=collections, name="global_step")


def get_or_create_global_step(graph: Graph | None = None) -> Variable:
    """The variable that counts training steps, made if the graph has none."""
    found = get_global_step(graph)
    return create_global_step(graph) if found is None else found


def global_step(sess: Any, global_step_tensor: Symbol) -> int:
    """The number of training steps done so far in a session."""
    return int(sess.run(global_step_tensor))


def __getattr__(name: str) -> Any:
    """The messages of tf.train.Example, made when they are first used: only then the protobuf library is loaded."""
    if name not in _MESSAGES:
        return _explain("tf.train")(name)
    globals()[name] = found = _message(name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_MESSAGES})
