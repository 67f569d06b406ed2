"""The session face: all ranks begin with the variables of one."""

from __future__ import annotations

from typing import Any

from deepkit.core.collections import GraphKeys
from deepkit.core.graph import default_graph
from deepkit.distribute import collectives
from deepkit.distribute.operations import broadcast
from deepkit.v1.framework.creators import group
from deepkit.v1.train.hooks import SessionRunHook


def broadcast_global_variables(root_rank: int = 0) -> Any:
    """The operation that gives every global variable the value it has on rank `root_rank`.

    Run it after the variables are initialized, on every rank.
    """
    variables = default_graph().get_collection(GraphKeys.GLOBAL_VARIABLES)
    return group(*[var.assign(broadcast(var, root_rank, f"broadcast/{var.op.name}")) for var in variables])


class BroadcastGlobalVariablesHook(SessionRunHook):
    """When a session is ready, all its variables take the values that they have on rank `root_rank`.

    So all ranks begin alike: with the same random numbers, or where the checkpoint ended that one of them has restored.
    """

    def __init__(self, root_rank: int = 0):
        self.root_rank = root_rank

    def after_create_session(self, session: Any, coord: Any) -> None:
        for var in session.graph.get_collection(GraphKeys.GLOBAL_VARIABLES):
            session.load(var, collectives.handed_out(session.store[var], self.root_rank, var.op.name))
