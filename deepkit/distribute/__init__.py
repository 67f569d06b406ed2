"""Training on several processes and machines: MPI carries the numbers, the three added lines are Horovod's.

    from deepkit import distribute
    distribute.init()                                                        # 1: who am I, of how many?
    optimizer = distribute.DistributedOptimizer(tf.train.AdamOptimizer(...)) # 2: steps by the gradients of all
    hooks = [distribute.BroadcastGlobalVariablesHook(0)]                     # 3: all begin with the same weights

and `mpiexec -n 4 python train.py` runs four ranks of it, on one machine or, with a list of hosts, on many. Each takes its
part of the data (`shard`), and only rank 0 saves and prints. For Keras the third line is a callback:
`distribute.callbacks.BroadcastGlobalVariablesCallback(0)`. From a notebook `launch` starts the ranks. N ranks end with the
weights of one rank with the N-fold batch, to rounding. mpi4py and Open MPI come with the extra `dist`; without mpiexec a
program is one rank, and needs neither.

    ranks        who is here; how one waits for the others, and how none is left waiting
    watch        no rank outlives the job
    collectives  what all do together with arrays
    buckets      gradients in messages that leave while the others are still computed; timeline: when they did
    operations   the same as ops of a graph
    optimizers, graph_optimizer, session, keras, callbacks   the faces
    sharding     each rank its part
    launcher     ranks from a notebook
    servers      weights on a parameter server, with or without waiting: a demonstration
    tasks        the same for programs of `tf.train.Server`: variables on the tasks of a cluster; messages and turns: how they
                 are asked for and changed

Source of the names: A. Sergeev, M. Del Balso, "Horovod: fast and easy distributed deep learning in TensorFlow", 2018.
"""

from __future__ import annotations

from typing import Any

from deepkit.distribute import ranks as _ranks
from deepkit.errors import MissingNameError, did_you_mean
from deepkit.loading import load_module

_PLACES = {
    "DistributedOptimizer": "optimizers", "BroadcastGlobalVariablesHook": "session", "broadcast_global_variables": "session",
    "SyncBatchNormalization": "keras", "allreduce": "operations", "allgather": "operations", "broadcast": "operations",
    "barrier": "collectives", "shard": "sharding", "launch": "launcher", "recorded": "timeline",
    "parameter_server": "servers", "count_together": "servers",
}
"""The module of each public name: they are loaded when first used."""

__all__ = [  # noqa: F822  most are found by __getattr__
    "callbacks", "init", "is_initialized", "local_rank", "local_size", "rank", "size", *_PLACES,
]


def init() -> None:
    """Connects the ranks that mpiexec started; the first line of a distributed program. A second call does nothing.

    From now on an error that nobody catches ends all ranks, and each takes its part of this machine's cores.

    Raises:
        MissingExtraError: mpiexec has started this program, but mpi4py or its MPI library is not installed.
    """
    _ranks.start()


def is_initialized() -> bool:
    """Whether `init` was called."""
    return _ranks.is_started()


def rank() -> int:
    """The number of this process, from 0."""
    return _ranks.here().rank


def size() -> int:
    """How many processes there are."""
    return _ranks.here().size


def local_rank() -> int:
    """The number of this process among those on its machine: which GPU is its own."""
    return _ranks.here().local_rank


def local_size() -> int:
    """How many processes are on this machine."""
    return _ranks.here().local_size


def __getattr__(name: str) -> Any:
    if name == "callbacks":
        return load_module("deepkit.distribute.callbacks")
    if name in _PLACES:
        globals()[name] = found = getattr(load_module(f"deepkit.distribute.{_PLACES[name]}"), name)
        return found
    raise MissingNameError(f"deepkit.distribute has no {name!r}", hint=did_you_mean(name, __all__))


def __dir__() -> list[str]:
    return sorted(__all__)
