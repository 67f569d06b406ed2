"""Gradient rules of one's own: registered under a name, and given to the nodes that are made inside a `with` block."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from deepkit.core.op import Op
from deepkit.errors import ArgumentError, GradientError

_rules: dict[str, Callable[..., Any] | None] = {}


class RegisterGradient:
    """Decorator: registers `rule(op, dy, ...)` under a name, for `graph.gradient_override_map({type: name})`.

    The rule gets the node (its inputs and outputs) and the derivative by each output; it returns the derivative by each
    input, None where there is none. A rule registered again under its name replaces the one before it.
    """

    def __init__(self, op_type: str):
        if not isinstance(op_type, str):
            raise ArgumentError(f"RegisterGradient({op_type!r})", rule="a name", hint='@tf.RegisterGradient("MyRule")')
        self._name = op_type

    def __call__(self, f: Callable[..., Any]) -> Callable[..., Any]:
        _rules[self._name] = f
        return f


def no_gradient(op_type: str) -> None:
    """Registers under a name that there is no derivative."""
    _rules[op_type] = None


def check_map(op_type_map: Mapping[str, str]) -> dict[str, str]:
    """A copy of the map from types of ops to names of rules; ArgumentError if it is something else."""
    if not isinstance(op_type_map, Mapping) or not all(
        isinstance(x, str) for pair in op_type_map.items() for x in pair
    ):
        raise ArgumentError(
            f"gradient_override_map({op_type_map!r})", rule="a dict from the type of an op to the name of a rule",
            hint='with graph.gradient_override_map({"Relu": "MyRule"}): ...',
        )
    return dict(op_type_map)


def overridden(op: Op, name: str) -> Op:
    """The same op with the gradient rule that is registered under `name`, looked up when a gradient is asked for."""

    def gradient(dy: Any, y: Any, *inputs: Any) -> Any:
        if name not in _rules:
            raise GradientError(
                f"no gradient rule is registered under the name {name!r}", hint=f'@tf.RegisterGradient("{name}")'
            )
        rule = _rules[name]
        if rule is None:
            return (None,) * len(inputs)
        many = isinstance(dy, (list, tuple))
        found = rule((y[0] if many else y).node, *(dy if many else (dy,)))
        return found if isinstance(found, (list, tuple)) else (found,)

    other = copy.copy(op)
    other.gradient = gradient
    return other
