"""What an optimizer of one's own defines and calls, by TensorFlow 1's names: slots before a step, updates in it, an end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from deepkit import ops
from deepkit.core.control_flow import tracing
from deepkit.core.node import Node
from deepkit.core.op import lookup
from deepkit.core.slices import IndexedSlices
from deepkit.core.symbol import Symbol
from deepkit.core.variable import Variable


class Template:
    """The methods that programs override in their subclasses of Optimizer, and those that they call there.

    apply_gradients calls `_create_slots`, `_prepare`, for each variable `_apply_dense` or `_apply_sparse` (or those of
    resource variables: one of the two is enough here), and `_finish`.
    """

    name: str
    _slots: dict[str, dict[Any, Any]]
    _shared: dict[tuple[str, Any], Any]
    _make_slots: Callable[[Any], None]  # deepkit's own optimizers have names for their slots
    _new: Callable[..., Any]  # a variable full of one number, in a graph or computed at once

    # ---- what may be overridden

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            self._make_slots(var)

    def _prepare(self) -> None:
        """Called in each apply_gradients before the updates: what they share becomes tensors here."""

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        """The op that moves `var` by a gradient of its shape."""
        return self._update(var, grad)

    def _resource_apply_dense(self, grad: Any, handle: Any) -> Any:
        return self._apply_dense(grad, handle)

    def _apply_sparse(self, grad: IndexedSlices, var: Any) -> Any:
        """The op that moves the rows of `var` that a gradient names, each once."""
        return self._update(var, grad)

    def _resource_apply_sparse(self, grad: Any, handle: Any, indices: Any) -> Any:
        return self._apply_sparse(IndexedSlices(grad, indices, ops.shape(handle)), handle)

    def _finish(self, update_ops: list[Node], name_scope: str) -> Any:
        """The op that stands for all updates, called `name_scope`."""
        return tracing.target(update_ops[0].graph).run_op(lookup("NoOp")(), update_ops, name_scope)

    # ---- what may be called there

    def _call_if_callable(self, param: Any) -> Any:
        return param() if callable(param) and not isinstance(param, Symbol) else param

    def _slot_dict(self, slot_name: str) -> dict[Any, Any]:
        return self._slots.setdefault(slot_name, {})

    def _zeros_slot(self, var: Any, slot_name: str, op_name: str) -> Any:
        """The slot `slot_name` of `var`, zeros in the beginning, called after `op_name`."""
        return self._kept(var, slot_name, op_name, lambda name: self._new(var, 0.0, name))

    def _get_or_make_slot(self, var: Any, val: Any, slot_name: str, op_name: str) -> Any:
        """The slot of `var` that begins with the tensor `val`."""
        return self._kept(var, slot_name, op_name, lambda name: _variable(var, val, name))

    def _get_or_make_slot_with_initializer(
        self, var: Any, initializer: Any, shape: Any, dtype: Any, slot_name: str, op_name: str
    ) -> Any:
        """The slot of `var` that begins with initializer(shape, dtype)."""
        return self._kept(var, slot_name, op_name, lambda name: _variable(var, initializer(shape, dtype=dtype), name))

    def _create_non_slot_variable(self, initial_value: Any, name: str, colocate_with: Any) -> Any:
        """A variable that all variables of the graph of `colocate_with` share."""
        key = (name, colocate_with.graph)
        if key not in self._shared:
            self._shared[key] = _variable(colocate_with, initial_value, name)
        return self._shared[key]

    def _get_non_slot_variable(self, name: str, graph: Any = None) -> Any:
        return self._shared.get((name, graph))

    def _non_slot_variables(self) -> list[Any]:
        return list(self._shared.values())

    # ---- how it is used

    def _apply(self, var: Any, grad: Any) -> Any:
        """The update of a variable, by the subclass's own method for such gradients, else by its rule."""
        if not isinstance(grad, IndexedSlices):
            own = self._own("_apply_dense", "_resource_apply_dense")
            return self._update(var, grad) if own is None else own(grad, var)
        own = self._own("_apply_sparse", "_resource_apply_sparse")
        if own is None:
            return self._update(var, grad)
        rows, place = ops.unique(grad.indices)
        values = ops.unsorted_segment_sum(grad.values, place, ops.size(rows))
        if own.__name__ == "_apply_sparse":
            return own(IndexedSlices(values, rows, grad.dense_shape), var)
        return own(values, var, rows)

    def _own(self, *names: str) -> Callable[..., Any] | None:
        """The first of these methods that a subclass defines."""
        return next((getattr(self, name) for name in names if getattr(type(self), name) is not getattr(Template, name)), None)

    def _kept(self, var: Any, slot_name: str, op_name: str, make: Callable[[str], Any]) -> Any:
        """The slot of a variable, made at first use; an open variable scope stands before its name."""
        known = self._slot_dict(slot_name)
        if var not in known:
            scope, base = (var.graph.collections.variable_prefix(), var.node.name) if isinstance(var, Symbol) else ("", var.label)
            known[var] = make(f"{scope}{base}/{op_name}")
        return known[var]

    # ---- the rules of deepkit's own optimizers

    def _update(self, var: Any, grad: Any) -> Any:
        kind = "sparse" if isinstance(grad, IndexedSlices) else "dense"
        raise NotImplementedError(f"{type(self).__name__} does not define _apply_{kind}(grad, var)")


def _variable(like: Any, initial_value: Any, name: str) -> Any:
    graph = like.graph
    with tracing.suspended(), graph.control_dependencies(None), graph.name_scope(None), graph.as_default():
        value = initial_value() if callable(initial_value) and not isinstance(initial_value, Symbol) else initial_value
        return Variable(value, trainable=False, name=name)
