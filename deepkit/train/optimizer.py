"""The optimizer: differentiates a loss, keeps each variable's slots, and applies an update rule to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from deepkit.core.apply import apply
from deepkit.core.autodiff import Recording, gradients, parameters_of
from deepkit.core.collections import GraphKeys
from deepkit.core.control_flow import tracing
from deepkit.core.graph import Graph
from deepkit.core.inputs import explain_calls, explained
from deepkit.core.nest import leaves
from deepkit.core.node import Node
from deepkit.core.op import lookup
from deepkit.core.symbol import Symbol
from deepkit.core.tensor import Parameter, Tensor
from deepkit.core.variable import Variable, leaf_of
from deepkit.errors import ArgumentError, GradientError
from deepkit.train.rules import in_type_of
from deepkit.train.template import Template


class Optimizer(Template):
    """Base of all optimizers, with TensorFlow 1's methods.

    The same object trains Variables of a graph (its methods add nodes) and Parameters (they act at once). A
    subclass names its slots and says in `_update` which rule moves a variable; one of a program's own may define
    TensorFlow's methods instead (template.py).
    """

    GATE_NONE, GATE_OP, GATE_GRAPH = 0, 1, 2
    slot_names: tuple[str, ...] = ()

    def __init_subclass__(cls) -> None:
        explain_calls(cls)

    def __init__(self, use_locking: bool, name: str, learning_rate: Any = None):
        if not name:
            raise ArgumentError(f"{type(self).__name__} without a name", rule="its slots are called after it")
        self.learning_rate, self.name, self._name, self._use_locking = learning_rate, name, name, use_locking
        self.slot_scopes: dict[str, str] = {}  # where a slot's variables are not called after the optimizer
        self._slots: dict[str, dict[Any, Any]] = {slot: {} for slot in self.slot_names}
        self._shared: dict[tuple[str, Any], Any] = {}

    # ---- the three steps

    @explained
    def minimize(
        self, loss: Any, global_step: Any = None, var_list: Any = None, gate_gradients: Any = None,
        aggregation_method: Any = None, colocate_gradients_with_ops: bool = False, name: str | None = None,
        grad_loss: Any = None,
    ) -> Any:
        """One step towards a smaller loss: compute_gradients, then apply_gradients. In a graph: the op to run."""
        pairs = self.compute_gradients(loss, var_list, grad_loss=grad_loss)
        if all(grad is None for grad, _ in pairs):
            raise GradientError(
                "no variable can make this loss smaller: every gradient is None",
                rule="the loss must depend on the variables through ops that have derivatives",
                where=loss.node.where() if isinstance(loss, Symbol) else None,
                hint="argmax, equal, round and casts to integers cut the path; train on the cross-entropy instead; "
                f"variables: {', '.join(_label(v) for _, v in pairs)}",
            )
        return self.apply_gradients(pairs, global_step, name)

    def compute_gradients(
        self, loss: Any, var_list: Any = None, gate_gradients: Any = None, aggregation_method: Any = None,
        colocate_gradients_with_ops: bool = False, grad_loss: Any = None,
    ) -> list[tuple[Any, Any]]:
        """Pairs (gradient, variable); var_list, in any nesting, defaults to all trainable ones.

        In a graph that is its collection; of a loss that was computed at once, the Parameters it was made of. What a
        function that computes the loss finds computed is a constant.
        """
        made = None
        if callable(loss) and not isinstance(loss, Symbol):
            with Recording() as made:
                loss = loss()
        if var_list is None:
            known = not isinstance(loss, Symbol)
            var_list = parameters_of(loss, made) if known else loss.graph.get_collection(GraphKeys.TRAINABLE_VARIABLES)
        variables = leaves(var_list) if isinstance(loss, Symbol) else [leaf_of(v) for v in leaves(var_list)]
        if not variables:
            raise ArgumentError(
                "there are no variables to train", rule="they are trainable, and the loss was made of them",
                hint="tf.Variable(..., trainable=True); for tensors computed at once dk.Parameter, or var_list=[w, b]",
            )
        return list(zip(gradients(loss, variables, grad_loss, warn=False, slices=True, recording=made), variables, strict=True))

    def apply_gradients(self, grads_and_vars: Iterable[Any], global_step: Any = None, name: str | None = None) -> Any:
        """Moves each variable by its gradient (None: it stays), then adds 1 to global_step."""
        pairs = [_side_by_side(grad, var) for grad, var in grads_and_vars if grad is not None]
        if not pairs:
            raise GradientError("apply_gradients: every gradient is None", hint="see gradients() for the reason")
        variables = [var for _, var in pairs]
        if not isinstance(variables[0], Symbol):
            for grad, var in pairs:
                self._update(var, grad)
            self._once(variables[0])
            return global_step.assign_add(1) if global_step is not None else None
        graph: Graph = tracing.target(variables[0].graph)
        self._create_slots(variables)
        with graph.name_scope(name or self.name) as full:
            self._prepare()
            train_op = self._train_op(graph, pairs, global_step, full)
        graph.add_to_collections([GraphKeys.TRAIN_OP], train_op)
        return train_op

    def _train_op(self, graph: Graph, pairs: Sequence[Any], global_step: Any, name: str) -> Any:
        """The node that stands for all updates, and counts them."""
        done = [self._constrained(var, _node(self._apply(var, grad))) for grad, var in pairs]
        with graph.control_dependencies(done):
            done += [_node(x) for x in self._once(pairs[0][1])]
        finished = _node(self._finish(done, name if global_step is None else "update"))
        if global_step is None:
            return finished
        with graph.control_dependencies([finished]):
            return apply(lookup("AssignAdd")(), global_step, 1, name=name).node

    @staticmethod
    def _constrained(var: Any, update: Node) -> Node:
        """The update, followed by the variable's constraint if it has one (for example: no weight below 0)."""
        if getattr(var, "constraint", None) is None:
            return update
        with tracing.target(var.graph).control_dependencies([update]):
            return var.assign(var.constraint(var.read_value())).node

    # ---- what subclasses define

    def _once(self, like: Any) -> list[Any]:
        """What changes once a step, after all variables (Adam's powers)."""
        return []

    def _slot_start(self, slot: str, var: Any) -> float:
        return 0.0

    # ---- slots

    def _make_slots(self, var: Any) -> None:
        for slot in self.slot_names:
            self._slot(var, slot)

    def _slot(self, var: Any, slot: str) -> Any:
        """The variable that remembers `slot` for `var`."""
        called = self.slot_scopes.get(slot, self.name)
        return self._kept(var, slot, called, lambda name: self._new(var, self._slot_start(slot, var), name))

    def _number(self, name: str, like: Any, start: float) -> Any:
        """A scalar variable that all variables of a graph share, such as beta1^t; named within the open name scope."""
        key = (name, like.graph if isinstance(like, Symbol) else None)
        if key not in self._shared:
            scope = like.graph.names.scope if isinstance(like, Symbol) else ""
            self._shared[key] = self._new(like, start, f"{scope}/{name}" if scope else name, scalar=True)
        return self._shared[key]

    def _new(self, like: Any, start: float, name: str, scalar: bool = False) -> Any:
        if not isinstance(like, Variable):
            shape = () if scalar else like.shape
            return Parameter(np.full(tuple(shape), start, like.dtype.numpy), name=name, trainable=False)
        number = in_type_of(like, start) if isinstance(start, Symbol) else np.array(start, like.dtype.numpy)
        graph: Graph = like.graph
        with tracing.suspended(), graph.control_dependencies(None), graph.name_scope(None):
            if scalar or not like.shape.is_full:
                initial: Any = number if scalar else apply(lookup("ZerosLike")(), like.initial_value) + number
            else:
                dims = graph.constant(np.array(like.shape.as_list(), np.int32), f"{name}/shape")
                initial = apply(lookup("Fill")(static=like.shape.lengths), dims, number, name=f"{name}/Initializer")
            with graph.as_default():
                return Variable(initial, trainable=False, name=name)

    def get_slot(self, var: Any, name: str) -> Any:
        return self._slots.get(name, {}).get(var)

    def get_slot_names(self) -> list[str]:
        return sorted(self._slots)

    def variables(self) -> list[Any]:
        """All variables the optimizer has made, by their names."""
        return sorted([*self._shared.values(), *[v for slot in self._slots.values() for v in slot.values()]], key=_label)

    def get_name(self) -> str:
        return self.name

    def _rate(self, var: Any) -> Any:
        return in_type_of(var, self.learning_rate)


def _side_by_side(grad: Any, var: Any) -> tuple[Any, Any]:
    """A gradient that was computed at once moves the Parameter of a layer's weight, not the variable of the graph."""
    return grad, leaf_of(var) if isinstance(grad, Tensor) else var


def _node(x: Any) -> Node:
    first = x[0] if isinstance(x, (list, tuple)) else x
    return first.node if isinstance(first, Symbol) else first


def _label(var: Any) -> str:
    return var.name if isinstance(var, Symbol) else var.label
