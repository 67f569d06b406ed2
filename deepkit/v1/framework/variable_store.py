"""The variables that `get_variable` has made in a graph, by name: how they are found, made, and shared."""

from __future__ import annotations

import contextlib
import enum
import threading
from collections.abc import Callable, Iterator
from typing import Any, Generic, Protocol, TypeVar

from deepkit.core.apply import is_tensor
from deepkit.core.collections import GraphKeys
from deepkit.core.control_flow import tracing
from deepkit.core.graph import Graph, default_graph
from deepkit.core.shape import Shape
from deepkit.core.variable import Variable
from deepkit.device.arrays import as_array
from deepkit.device.dtypes import DType, as_dtype, float32
from deepkit.errors import ArgumentError, DTypeError, GraphError, ShapeError, did_you_mean
from deepkit.site import running_cell, user_site
from deepkit.train.initializers import Initializer, default_for, is_value
from deepkit.v1.framework.eager import EagerVariable, executing_eagerly
from deepkit.v1.framework.partitions import PartitionedVariable, parts_of, split_as
from deepkit.v1.framework.symbolic import constant_of
from deepkit.v1.initializers import shape_constant


class Named(Protocol):
    """What the store needs of a scope."""

    name: str


Scope = TypeVar("Scope", bound=Named)


class Reuse(enum.Enum):
    """What `reuse` can be beside None, False and True."""

    AUTO = "make the variable where it is missing, else share it"


AUTO_REUSE = Reuse.AUTO


class ScopeCounts:
    """How often each variable scope was opened, so that default names can be made unique.

    A notebook cell that is run again takes back what it counted before.
    """

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self._cells: dict[str, tuple[int, list[str]]] = {}

    def open(self, name: str) -> None:
        self.enter_cell()
        self.counts[name] = self.counts.get(name, 0) + 1
        cell = running_cell()
        if cell is not None:
            self._cells.setdefault(cell.key, (cell.run, []))[1].append(name)

    def enter_cell(self) -> None:
        cell = running_cell()
        if cell is not None and self._cells.get(cell.key, (cell.run, []))[0] != cell.run:
            for name in self._cells.pop(cell.key)[1]:
                self.counts[name] = max(self.counts.get(name, 0) - 1, 0)

    def close_inner(self, name: str) -> None:
        """Forgets the scopes inside `name`: when it is opened again by its name, they are counted anew."""
        for inner in self.counts:
            if inner.startswith(f"{name}/"):
                self.counts[inner] = 0

    def unique(self, outer: str, name: str) -> str:
        """`name` with a suffix if a scope of that name was opened inside `outer`."""
        self.enter_cell()
        full, tried, count = f"{outer}/{name}" if outer else name, name, 0
        while self.counts.get(full + tried[len(name) :], 0):
            count += 1
            tried = f"{name}_{count}"
        return tried


class VariableStore(Generic[Scope]):
    """One per graph: its shared variables, and the variable scope that each thread has opened."""

    def __init__(self, scope: Scope):
        self._outermost, self._open = scope, threading.local()
        self.counts = ScopeCounts()
        self._variables: dict[str, Variable] = {}

    @property
    def scope(self) -> Scope:
        """The scope that is open in this thread."""
        found: Scope = getattr(self._open, "scope", self._outermost)
        return found

    @contextlib.contextmanager
    def entered(self, scope: Scope, again: bool) -> Iterator[Scope]:
        """Makes `scope` the open one; `again` says that a scope object, not a name, was given."""
        before, self._open.scope = self.scope, scope
        self.counts.open(scope.name)
        counts = dict(self.counts.counts)
        try:
            yield scope
        finally:
            self._open.scope = before
            if again:
                self.counts.counts = counts
            else:
                self.counts.close_inner(scope.name)

    def find(self, name: str) -> Variable | None:
        """The variable of that name; None if there is none, or if its notebook cell was run again."""
        default_graph().root.enter_cell()
        found = self._variables.get(name)
        if found is not None and found.node.retired:
            del self._variables[name]
            return None
        return found

    def get_variable(
        self, name: str, shape: Any = None, dtype: Any = None, initializer: Any = None, regularizer: Any = None,
        reuse: Any = None, trainable: bool | None = None, collections: Any = None, caching_device: Any = None,
        partitioner: Any = None, validate_shape: bool = True, use_resource: Any = None, constraint: Any = None,
        synchronization: Any = None, aggregation: Any = None,
    ) -> Variable | PartitionedVariable:
        """The variable called `name` (in full), shared or new as `reuse` says; with a partitioner, in parts."""
        if partitioner is not None:
            given = initializer is not None and is_value(initializer)
            start = constant_of(initializer, dtype) if given else None
            if start is None and shape is None:
                raise ShapeError(f"get_variable({name!r}) with a partitioner needs a shape", where=_here())
            counts, shapes = parts_of(shape if start is None else start.shape, dtype, partitioner, name)
            starts = [initializer] * len(shapes) if start is None else split_as(start, counts, shapes)
            parts = [
                self._one(f"{name}/part_{i}", own if start is None else None, dtype, begins, regularizer, reuse, trainable,
                          collections, validate_shape, constraint)
                for i, (own, begins) in enumerate(zip(shapes, starts, strict=True))
            ]
            return PartitionedVariable(name, parts, counts)
        return self._one(
            name, shape, dtype, initializer, regularizer, reuse, trainable, collections, validate_shape, constraint
        )

    def _one(
        self, name: str, shape: Any, dtype: Any, initializer: Any, regularizer: Any, reuse: Any, trainable: bool | None,
        collections: Any, validate_shape: bool, constraint: Any,
    ) -> Variable:
        """A variable in one piece; where all is computed at once always a new one."""
        if executing_eagerly():
            start = _start(default_graph(), name, shape, dtype, initializer)
            return EagerVariable(start, trainable is not False, name=name)  # type: ignore[return-value]
        found = self.find(name)
        if found is not None:
            if not reuse:
                raise _exists(name, found)
            return _check_same(found, shape, dtype)
        if reuse and reuse is not AUTO_REUSE:
            raise self._missing(name)
        made = _make(name, shape, dtype, initializer, trainable is not False, collections, validate_shape, constraint)
        self._variables[name] = made
        if regularizer is not None:
            _regularize(made, name, regularizer)
        return made

    def _missing(self, name: str) -> GraphError:
        known = [n for n in list(self._variables) if self.find(n) is not None]
        near = did_you_mean(name, known, most=3, cutoff=0.5)
        own = [v for v in default_graph().get_collection(GraphKeys.GLOBAL_VARIABLES) if v.node.name == name]
        if own:
            hint = f"tf.Variable made {name!r}; only what get_variable made is shared: make it with get_variable"
        elif near:
            hint = f"{near} reuse=tf.AUTO_REUSE makes what is missing"
        else:
            hint = "make it first, without reuse; reuse=tf.AUTO_REUSE makes what is missing"
        return GraphError(
            f"variable {name!r} does not exist", where=_here(), hint=hint,
            rule="with reuse=True get_variable returns a variable that get_variable made before",
        )


def _here() -> str | None:
    site = user_site()
    return None if site is None else str(site)


def _exists(name: str, found: Variable) -> GraphError:
    return GraphError(
        f"variable {name!r} exists already", where=f"{_here()}\n         it was made at {found.node.site}",
        rule="get_variable makes a variable once; to share it, ask for reuse",
        hint="tf.variable_scope(..., reuse=True), or reuse=tf.AUTO_REUSE, or another name; "
        "tf.reset_default_graph() starts anew",
    )


def _check_same(found: Variable, shape: Any, dtype: Any) -> Variable:
    made = f"it was made at {found.node.site}"
    if shape is not None and not Shape(shape).is_compatible_with(found.shape):
        raise ShapeError(
            f"variable {found.node.name!r} has shape {found.shape}, not {Shape(shape)}",
            where=f"{_here()}\n         {made}", rule="a shared variable has one shape",
            hint="the layer that shares it must have as many inputs and units as the one that made it",
        )
    if dtype is not None and as_dtype(dtype) is not found.dtype:
        raise DTypeError(
            f"variable {found.node.name!r} is {found.dtype.name}, not {as_dtype(dtype).name}",
            where=f"{_here()}\n         {made}", rule="a shared variable has one data type",
        )
    return found


def _make(
    name: str, shape: Any, dtype: Any, initializer: Any, trainable: bool, collections: Any, validate_shape: bool,
    constraint: Any,
) -> Variable:
    wanted = list(collections) if collections is not None else [GraphKeys.GLOBAL_VARIABLES]
    if trainable and GraphKeys.TRAINABLE_VARIABLES not in wanted:
        wanted.append(GraphKeys.TRAINABLE_VARIABLES)
    graph = default_graph().root  # also from the body of a loop
    with graph.name_scope(None):
        return Variable(
            _start(graph, name, shape, dtype, initializer), trainable, wanted, validate_shape, name=name,
            constraint=constraint, shape=shape,
        )


def _start(graph: Graph, name: str, shape: Any, dtype: Any, initializer: Any) -> Any:
    """The initial value, or a function that makes it (then its nodes are called name/Initializer/...)."""
    kind = None if dtype is None else as_dtype(dtype)
    if initializer is not None and is_value(initializer):
        if shape is not None:
            raise ArgumentError(
                f"get_variable({name!r}) with a shape and a value to start with", where=_here(),
                rule="a value has a shape of its own", hint="leave shape out, or tf.constant_initializer(value)",
            )
        return initializer if is_tensor(initializer) else as_array(initializer, kind)
    return _made_by(graph, name, shape, kind or float32, initializer)


def _made_by(graph: Graph, name: str, shape: Any, kind: DType, initializer: Any) -> Callable[[], Any]:
    """A function that makes the initial value by an initializer, the type's default one if it is None."""
    make: Any = default_for(kind) if initializer is None else initializer
    make = make() if isinstance(make, type) else make
    known = Shape(shape)
    if not known.is_full and (isinstance(make, Initializer) or not _takes_nothing(make)):
        raise ShapeError(
            f"get_variable({name!r}) needs the shape of the new variable, not {shape}", where=_here(),
            rule="every dimension of a new variable is a number",
            hint="a dimension that is None, such as the batch, does not belong into a variable",
        )

    def start() -> Any:
        with graph.name_scope("Initializer"):
            if _takes_nothing(make):
                return make()
            if isinstance(make, Initializer):
                return make(shape_constant(known, make.label), dtype=kind)
            return make([int(d) for d in known], dtype=kind)

    return start


def _takes_nothing(function: Callable[..., Any]) -> bool:
    """True for a function that can be called without arguments, and has none for a shape."""
    import inspect

    if isinstance(function, Initializer):
        return False
    parameters = inspect.signature(function).parameters.values()
    return not any(p.default is p.empty or p.name == "shape" for p in parameters)


def _regularize(variable: Variable, name: str, regularizer: Callable[..., Any]) -> None:
    graph = variable.graph
    with tracing.suspended(), graph.as_default(), graph.name_scope(f"{name}/Regularizer/"):
        penalty = regularizer(variable)
    if penalty is not None:
        graph.add_to_collection(GraphKeys.REGULARIZATION_LOSSES, penalty)
