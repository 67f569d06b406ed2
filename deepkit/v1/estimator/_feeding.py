"""How an estimator calls an input function, and what it makes of the result."""

from __future__ import annotations

import inspect
from typing import Any

from deepkit.core.graph import Graph, default_graph
from deepkit.core.nest import entries, flatten, map_leaves
from deepkit.core.symbol import Symbol
from deepkit.errors import ArgumentError, GraphError
from deepkit.ops.arrays.sparse import SparseTensor
from deepkit.v1.estimator._spec import ModeKeys
from deepkit.v1.framework.symbolic import constant_of


def parameters_of(function: Any, what: str) -> list[str]:
    """The names of a function's parameters; ArgumentError if it is none."""
    if not callable(function):
        meant = f"{what}={what}, without ()" if what == "input_fn" else f"the name of a function as {what}"
        raise ArgumentError(
            f"{what} is {type(function).__name__}, not a function", rule="the estimator calls it in a graph of its own",
            hint=f"{meant}; or {what}=lambda: ...",
        )
    return list(inspect.signature(function).parameters)


def call_input_fn(input_fn: Any, mode: str, params: dict[str, Any], config: Any) -> tuple[Any, Any]:
    """(features, labels) as tensors of the default graph; labels is None where the function gives none.

    A dataset is read through an iterator; arrays and lists become constants.
    """
    accepted = parameters_of(input_fn, "input_fn")
    given = {"mode": mode, "params": params, "config": config}
    result = input_fn(**{k: v for k, v in given.items() if k in accepted})
    if hasattr(result, "make_one_shot_iterator"):
        result = result.make_one_shot_iterator().get_next()
    labels = None
    if isinstance(result, (list, tuple)):
        if len(result) != 2:
            raise ArgumentError(
                f"input_fn returned {len(result)} values", rule="two: features and labels",
                hint="return {'x': x, 'z': z}, y: several features go into one dict",
            )
        result, labels = result
    if result is None:
        raise ArgumentError("input_fn returned no features", hint="return features, labels at its end")
    if labels is None and mode == ModeKeys.EVAL:
        raise ArgumentError("input_fn returned no labels", rule="evaluating compares with labels", hint="y=...")
    return _tensors(result), None if labels is None else _tensors(labels)


def _tensors(value: Any) -> Any:
    return map_leaves(_tensor, value, _several)


def _several(value: Any) -> list[Any] | None:
    """The entries of a dict, or of a list of tensors; a list of numbers is one tensor."""
    found = entries(value)
    if isinstance(value, dict) or (found and any(isinstance(entry, (Symbol, dict)) for entry in found)):
        return found
    return None


def _tensor(value: Any) -> Any:
    if isinstance(value, SparseTensor):
        return value
    if callable(value) and not isinstance(value, Symbol):
        raise ArgumentError(
            f"input_fn returned a function, {value!r}", rule="it returns tensors or arrays",
            hint="input_fn=that_function",
        )
    tensor = constant_of(value)
    if tensor.graph is not default_graph():
        raise GraphError(
            f"input_fn returned {tensor.name}, a node of another graph", where=tensor.node.where(),
            rule="each call of the estimator has a new graph", hint="make the tensors inside of input_fn",
        )
    return tensor


def is_constant(graph: Graph, *structures: Any) -> bool:
    """Whether the tensors are the same in every run: nothing they are computed from has an effect or a state."""
    waiting = [x for leaf in flatten(structures) for x in _parts(leaf) if isinstance(x, Symbol)]
    seen = set()
    while waiting:
        node = waiting.pop().node
        if node in seen:
            continue
        seen.add(node)
        if not node.op.is_pure or node.op.is_placeholder:
            return False
        waiting += node.inputs
    return True


def _parts(leaf: Any) -> tuple[Any, ...]:
    return (leaf.indices, leaf.values, leaf.dense_shape) if isinstance(leaf, SparseTensor) else (leaf,)
