"""Shadow variables that follow the trained ones slowly, for smoother predictions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core.apply import apply
from deepkit.core.collections import GraphKeys
from deepkit.core.control_flow import tracing
from deepkit.core.graph import default_graph
from deepkit.core.node import Node
from deepkit.core.op import lookup
from deepkit.core.variable import Variable
from deepkit.errors import ArgumentError, ShapeError


class ExponentialMovingAverage:
    """shadow = decay * shadow + (1 - decay) * variable, each time the op from `apply` runs.

    With num_updates = n the decay is min(decay, (1 + n) / (10 + n)), so that averages move fast at first.
    """

    def __init__(
        self, decay: Any, num_updates: Any = None, zero_debias: bool = False, name: str = "ExponentialMovingAverage"
    ):
        self.decay, self.num_updates, self.zero_debias, self.name = decay, num_updates, zero_debias, name
        self._averages: dict[Any, Variable] = {}

    def apply(self, var_list: Sequence[Any] | None = None) -> Node:
        """The op that moves the shadows of `var_list` (all trainable variables); it makes them at first."""
        variables = (
            default_graph().get_collection(GraphKeys.TRAINABLE_VARIABLES) if var_list is None else list(var_list)
        )
        if not variables:
            raise ArgumentError("ExponentialMovingAverage.apply: there are no variables")
        graph = tracing.target(variables[0].graph)
        for var in variables:
            if var not in self._averages:
                self._averages[var] = self._shadow(var)
        with graph.name_scope(self.name) as full:
            moves = [self._move(self._averages[var], var).node for var in variables]
            return graph.run_op(lookup("NoOp")(), moves, full)

    def _shadow(self, var: Any) -> Variable:
        """The shadow of a variable starts at its initial value, that of another tensor at zero."""
        graph = var.graph.root
        name = self.average_name(var)
        with tracing.suspended(), graph.control_dependencies(None), graph.name_scope(None), graph.as_default():
            start = var.initialized_value() if isinstance(var, Variable) else _zeros(var)
            shadow = Variable(start, trainable=False, name=name)
        if isinstance(var, Variable):
            graph.add_to_collection(GraphKeys.MOVING_AVERAGE_VARIABLES, var)
        return shadow

    def _move(self, shadow: Variable, var: Any) -> Any:
        decay: Any = self.decay
        if self.num_updates is not None:
            n = ops.cast(self.num_updates, var.dtype)
            decay = ops.minimum((1 + n) / (10 + n), self.decay)
        return moved(shadow, var, decay, self.zero_debias and not isinstance(var, Variable))

    def average(self, var: Any) -> Variable | None:
        """The shadow of a variable, or None before `apply`."""
        return self._averages.get(var)

    def average_name(self, var: Any) -> str:
        """The name under which the shadow is stored; before `apply` that which it would get in the open variable scope."""
        if var in self._averages:
            return self._averages[var].node.name
        return f"{var.graph.root.collections.variable_prefix()}{var.node.name}/{self.name}"

    def variables_to_restore(self, moving_avg_variables: Any = None) -> dict[str, Variable]:
        """Names to variables so that a checkpoint's averages are loaded into the variables themselves.

        What has no average, and the averages of tensors, are loaded as they are.
        """
        graph = default_graph()
        averaged = list(
            moving_avg_variables
            if moving_avg_variables is not None
            else graph.get_collection(GraphKeys.TRAINABLE_VARIABLES)
            + graph.get_collection(GraphKeys.MOVING_AVERAGE_VARIABLES)
        )
        names = {self.average_name(var): var for var in averaged}
        for var in graph.get_collection(GraphKeys.GLOBAL_VARIABLES):
            if var not in averaged and var.node.name not in names:
                names[var.node.name] = var
        return names


def moved(shadow: Variable, tensor: Any, decay: Any, zero_debias: bool) -> Any:
    """The assignment shadow = decay * shadow + (1 - decay) * tensor.

    zero_debias: an average that starts at zero is too small by the factor 1 - decay^t; dividing by it makes up for that.
    """
    if not zero_debias:
        return apply(lookup("AssignSub")(), shadow, (shadow - tensor) * (1 - decay))
    graph = tensor.graph.root
    name = f"{graph.collections.variable_prefix()}{shadow.node.name}"
    with tracing.suspended(), graph.control_dependencies(None), graph.name_scope(None), graph.as_default():
        biased = Variable(_zeros(tensor), trainable=False, name=f"{name}/biased")
        steps = Variable(np.zeros((), tensor.dtype.numpy), trainable=False, name=f"{name}/local_step")
    sum_of = apply(lookup("AssignSub")(), biased, (biased - tensor) * (1 - decay))
    count = apply(lookup("AssignAdd")(), steps, 1)
    return apply(lookup("Assign")(), shadow, sum_of / (1 - ops.pow(decay, count)))


def _zeros(tensor: Any) -> np.ndarray:
    if not tensor.shape.is_full:
        raise ShapeError(f"the moving average of {tensor.name} needs a known shape, it is {tensor.shape}")
    return np.zeros(tuple(tensor.shape), tensor.dtype.numpy)
