"""`tf.train`: optimizers, schedules, the global step, what loops and threads share, and the messages of examples."""

from __future__ import annotations

from typing import Any

from deepkit.io.events import read_events as summary_iterator
from deepkit.ops.input.example_messages import NAMES as _MESSAGES
from deepkit.ops.input.example_messages import message as _message
from deepkit.train import *
from deepkit.train import __all__ as _train_names
from deepkit.v1.framework.graph_messages import write_graph
from deepkit.v1.framework.unknown_names import explain as _explain
from deepkit.v1.input.pipeline import *
from deepkit.v1.input.pipeline import __all__ as _pipeline_names
from deepkit.v1.train import queue_runner
from deepkit.v1.train.checkpoint_hook import CheckpointSaverHook, CheckpointSaverListener, StopAtStepHook
from deepkit.v1.train.checkpoints import CheckpointReader as NewCheckpointReader
from deepkit.v1.train.checkpoints import (
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
from deepkit.v1.train.cluster import ClusterSpec, Server, replica_device_setter
from deepkit.v1.train.coordinator import Coordinator, LooperThread
from deepkit.v1.train.decays import *
from deepkit.v1.train.decays import __all__ as _decay_names
from deepkit.v1.train.hooks import (
    LoggingTensorHook,
    SecondOrStepTimer,
    SessionRunArgs,
    SessionRunContext,
    SessionRunHook,
    SessionRunValues,
)
from deepkit.v1.train.monitored_session import (
    ChiefSessionCreator,
    MonitoredSession,
    MonitoredTrainingSession,
    SessionCreator,
    SingularMonitoredSession,
    WorkerSessionCreator,
)
from deepkit.v1.train.queue_runner import QueueRunner, add_queue_runner, start_queue_runners
from deepkit.v1.train.replicas import SyncReplicasOptimizer
from deepkit.v1.train.saver import Saver
from deepkit.v1.train.scaffold import Scaffold
from deepkit.v1.train.session_manager import SessionManager
from deepkit.v1.train.steps import create_global_step, get_global_step, get_or_create_global_step, global_step
from deepkit.v1.train.summary_hooks import StepCounterHook, SummarySaverHook
from deepkit.v1.train.supervisor import Supervisor
from deepkit.v1.train.warm_starting import warm_start
from deepkit.v1.train.watching_hooks import FeedFnHook, FinalOpsHook, NanLossDuringTrainingError, NanTensorHook

__all__ = [
    *_train_names, *_decay_names, *_pipeline_names, *_MESSAGES, "LooperThread", "QueueRunner", "add_queue_runner", "queue_runner",
    "start_queue_runners",
    "ChiefSessionCreator", "ClusterSpec", "FeedFnHook", "FinalOpsHook", "MonitoredSession", "MonitoredTrainingSession",
    "Server", "replica_device_setter",
    "NanLossDuringTrainingError", "NanTensorHook", "Scaffold", "SessionCreator", "SessionManager",
    "SingularMonitoredSession", "Supervisor", "SyncReplicasOptimizer", "WorkerSessionCreator",
    "CheckpointSaverHook", "CheckpointSaverListener", "Coordinator", "LoggingTensorHook",
    "NewCheckpointReader", "Saver", "SecondOrStepTimer", "SessionRunArgs", "SessionRunContext", "SessionRunHook",
    "SessionRunValues", "StepCounterHook", "StopAtStepHook", "SummarySaverHook",
    "checkpoint_exists", "create_global_step", "export_meta_graph", "get_checkpoint_mtimes",
    "get_checkpoint_state", "get_global_step", "get_or_create_global_step",
    "global_step", "import_meta_graph",
    "init_from_checkpoint", "latest_checkpoint", "list_variables", "load_checkpoint", "load_variable",
    "remove_checkpoint", "summary_iterator", "update_checkpoint_state", "warm_start",
    "write_graph",
]


def __getattr__(name: str) -> Any:
    """The messages of tf.train.Example, made when they are first used: only then the protobuf library is loaded."""
    if name not in _MESSAGES:
        return _explain("tf.train")(name)
    globals()[name] = found = _message(name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_MESSAGES})
