"""The global step: the variable that counts the steps of a training, found, made and read."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit.core.collections import GraphKeys
from deepkit.core.graph import Graph, default_graph
from deepkit.core.symbol import Symbol
from deepkit.core.variable import Variable
from deepkit.errors import GraphError


def get_global_step(graph: Graph | None = None) -> Variable | None:
    """The variable that counts training steps, or None: the one of the collection GLOBAL_STEP, else one so named."""
    graph = graph or default_graph()
    found = graph.get_collection(GraphKeys.GLOBAL_STEP)
    if found:
        return found[0]
    named = (v for v in graph.get_collection(GraphKeys.GLOBAL_VARIABLES) if v.node.name == "global_step")
    return next((v for v in named if v.dtype.is_integer and v.shape.rank == 0), None)


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


def wanted_by(who: str, why: str) -> Variable:
    """The global step of the default graph; GraphError if there is none. `who` needs it, `why` says what for."""
    found = get_global_step()
    if found is None:
        raise GraphError(
            f"{who} needs a global step", rule=why,
            hint="tf.train.get_or_create_global_step(), and minimize(loss, global_step=...)",
        )
    return found
