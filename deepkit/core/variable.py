"""A node whose value lasts from run to run; the value itself lives in the session that runs the graph."""

from __future__ import annotations

from typing import Any

from deepkit.core.apply import apply, convert
from deepkit.core.collections import GraphKeys
from deepkit.core.control_flow import tracing
from deepkit.core.graph import Graph, default_graph
from deepkit.core.node import Node
from deepkit.core.op import lookup
from deepkit.core.shape import Shape
from deepkit.core.slices import RowUpdates
from deepkit.core.symbol import Symbol
from deepkit.core.tensor import Tensor
from deepkit.device.dtypes import DType, as_dtype
from deepkit.errors import ArgumentError


class Variable(RowUpdates, Symbol):
    """A variable of a graph, with TensorFlow 1's names and parts.

    `initial_value` is a tensor, a value, or a function that returns one. The value is set by running
    `initializer`; reading it before is an error. Used as an input it stands for its current value. use_resource and
    aggregation are accepted for old programs; with synchronization=ON_READ it is not trained.
    """

    __slots__ = ("_read", "constraint", "initial_value", "initializer", "save_slice_info", "trainable")

    def __init__(
        self, initial_value: Any = None, trainable: bool | None = None, collections: Any = None,
        validate_shape: bool = True, caching_device: Any = None, name: str | None = None, variable_def: Any = None,
        dtype: Any = None, expected_shape: Any = None, import_scope: str | None = None, constraint: Any = None,
        use_resource: Any = None, synchronization: Any = None, aggregation: Any = None, shape: Any = None,
    ):
        if initial_value is None:
            raise ArgumentError("a Variable needs an initial value", hint="tf.Variable(tf.zeros([3]))")
        graph: Graph = (initial_value.graph if isinstance(initial_value, Symbol) else default_graph()).root
        here = default_graph()  # or the body of a loop, whose device scopes hold for its variables, too
        with (
            tracing.suspended(),
            graph.as_default(),
            graph.device("" if here is graph else here.device_of),
            graph.control_dependencies(None),
            graph.name_scope(name or "Variable") as scope,
        ):
            if callable(initial_value):
                initial_value = initial_value()
            if isinstance(initial_value, Variable):
                initial_value = initial_value.initialized_value()
            anchor = _Anchor(graph)
            value: Any = convert(initial_value, dtype, beside=anchor, name="initial_value")
            if isinstance(value, Tensor):  # computed before, from numbers alone: here it is one of the graph's constants
                value = graph.constant(value, "initial_value")
            known = value.shape if validate_shape else Shape(shape)
            graph.make_node(lookup("VariableV2")(), (), scope, lambda node: [self._of(node, known, value.dtype)])
            self.trainable = _is_trained(trainable, synchronization)
            self.constraint = constraint
            self.save_slice_info = None
            self.initial_value = value
            self.initializer: Node = apply(
                lookup("Assign")(validate_shape=validate_shape), self, value, name=f"{scope}Assign/"
            ).node
            self._read: Symbol = apply(lookup("ReadVariable")(), self, name=f"{scope}read/")
        wanted = [GraphKeys.GLOBAL_VARIABLES] if collections is None else list(collections)
        if self.trainable and GraphKeys.TRAINABLE_VARIABLES not in wanted:
            wanted.append(GraphKeys.TRAINABLE_VARIABLES)
        graph.add_to_collections(wanted, self)

    def _of(self, node: Node, shape: Shape, dtype: DType) -> Variable:
        """Itself, as the output of its node."""
        super().__init__(node, 0, shape, dtype)
        return self

    def read(self) -> Symbol:
        """The value as an input of another op; inside control_dependencies it is read after those have run."""
        return tracing.target(self.graph).read(self)

    value = read

    def read_value(self) -> Symbol:
        """A read of its own, ordered after the control dependencies that are active now."""
        return apply(lookup("ReadVariable")(), self, name="read")

    def initialized_value(self) -> Symbol:
        """The value if there is one, else the initial value: for variables that start from one another."""
        return apply(lookup("InitializedValue")(), self, self.initial_value, name="cond")

    def assign(self, value: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True) -> Symbol:
        """A tensor that, when run, replaces the value by `value` and returns it."""
        return apply(lookup("Assign")(static=self.shape.lengths), self, value, name=name)

    def assign_add(self, delta: Any, use_locking: bool = False, name: str | None = None) -> Symbol:
        return apply(lookup("AssignAdd")(), self, delta, name=name)

    def assign_sub(self, delta: Any, use_locking: bool = False, name: str | None = None) -> Symbol:
        return apply(lookup("AssignSub")(), self, delta, name=name)

    def load(self, value: Any, session: Any = None) -> None:
        """Sets the value in `session` at once, without running the graph."""
        self.graph.session_for(session, f"{self.name}.load()").load(self, value)

    def __getitem__(self, key: Any) -> Any:
        part = super().__getitem__(key)
        in_graph = isinstance(part, Symbol)  # where weights stand for their values it is a Tensor
        return VariablePart(self, part) if in_graph and isinstance(part.node.op, lookup("StridedSlice")) else part

    def eval(self, feed_dict: Any = None, session: Any = None) -> Any:
        """The value in `session` or the default session."""
        return super().eval(feed_dict, session)

    def __repr__(self) -> str:
        return f"<tf.Variable {self.name!r} shape={self.shape} dtype={as_dtype(self.dtype).name}_ref>"

    __str__ = __repr__


def leaf_of(weight: Any) -> Any:
    """What is trained where tensors are computed at once: the Parameter that a layer's weight is there, else itself."""
    return getattr(weight, "eager", weight)


def _is_trained(trainable: bool | None, synchronization: Any) -> bool:
    """Whether optimizers change a variable: True unless said otherwise, False for what each replica counts by itself."""
    on_read = getattr(synchronization, "name", None) == "ON_READ"
    if on_read and trainable:
        raise ArgumentError("a variable with synchronization=ON_READ and trainable=True", rule="it is not trained")
    return not on_read if trainable is None else bool(trainable)


class VariablePart(Symbol):
    """What stands at v[key] now; it can be assigned to."""

    __slots__ = ("_variable",)

    def __init__(self, variable: Variable, part: Symbol):
        super().__init__(part.node, part.index, part.shape, part.dtype)
        self.node.outputs[self.index] = self
        self._variable = variable

    def assign(self, value: Any, name: str | None = None) -> Symbol:
        """A tensor that, when run, replaces this part of the variable and returns the variable's whole new value.

        value: of the part's shape, or one that broadcasts to it. ShapeError: a value of another shape.
        """
        op = lookup("StridedSliceAssign")(key_=self.node.op.key_)  # type: ignore[attr-defined]
        return apply(op, self._variable, value, *self.node.inputs[1:], name=name)


class _Anchor(Symbol):
    """Stands for "in this graph" where no other Symbol is at hand."""

    __slots__ = ("_graph",)

    def __init__(self, graph: Graph):
        self._graph = graph

    @property
    def graph(self) -> Graph:
        return self._graph
