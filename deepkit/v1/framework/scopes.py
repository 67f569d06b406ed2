"""Variable scopes: `get_variable` finds or makes a variable by its name, `variable_scope` gives names a prefix."""

from __future__ import annotations

import contextlib
import enum
import functools
from collections.abc import Callable, Iterator
from typing import Any

from deepkit.core.collections import VARIABLE_STORE, GraphKeys
from deepkit.core.control_flow import tracing
from deepkit.core.graph import Graph, default_graph, graph_of
from deepkit.core.inputs import explained
from deepkit.core.variable import Variable
from deepkit.device.arrays import default_dtype
from deepkit.device.dtypes import as_dtype
from deepkit.errors import ArgumentError, DTypeError
from deepkit.train.initializers import is_value
from deepkit.v1.framework.variable_store import AUTO_REUSE, VariableStore

__all__ = [
    "AUTO_REUSE",
    "VariableAggregation",
    "VariableScope",
    "VariableSynchronization",
    "get_local_variable",
    "get_variable",
    "get_variable_scope",
    "no_regularizer",
    "variable_op_scope",
    "variable_scope",
]


class VariableSynchronization(enum.Enum):
    """When the copies of a variable are made equal; one that each copy counts by itself, ON_READ, is not trained."""

    AUTO, NONE, ON_WRITE, ON_READ = range(4)


class VariableAggregation(enum.Enum):
    """How the values of a variable's copies become one; here is one copy."""

    NONE, SUM, MEAN, ONLY_FIRST_REPLICA = range(4)


_INHERITED = (
    "initializer", "regularizer", "caching_device", "partitioner", "custom_getter", "dtype", "use_resource",
)


class VariableScope:
    """What get_variable takes from its surroundings: a prefix for names, whether to reuse, and defaults.

    `original_name_scope` is the name scope ("path/") that was opened together with it.
    """

    def __init__(
        self, reuse: Any, name: str = "", initializer: Any = None, regularizer: Any = None, caching_device: Any = None,
        partitioner: Any = None, custom_getter: Any = None, name_scope: str = "", dtype: Any = "float32",
        use_resource: Any = None, constraint: Any = None,
    ):
        self.name, self.reuse, self.original_name_scope = name, reuse, name_scope
        self.initializer, self.regularizer, self.constraint = initializer, regularizer, constraint
        self.caching_device, self.partitioner, self.use_resource = caching_device, partitioner, use_resource
        self.custom_getter, self.dtype = custom_getter, as_dtype(dtype)

    def reuse_variables(self) -> None:
        """From now on get_variable returns variables that exist, and makes none."""
        self.reuse = True

    def set_initializer(self, initializer: Any) -> None:
        """The initializer of variables that name none."""
        self.initializer = initializer

    def set_regularizer(self, regularizer: Any) -> None:
        """The regularizer of variables that name none."""
        self.regularizer = regularizer

    def set_dtype(self, dtype: Any) -> None:
        """The data type of variables that name none."""
        self.dtype = as_dtype(dtype)

    def set_custom_getter(self, custom_getter: Callable[..., Any]) -> None:
        """A function that stands between get_variable and its caller: custom_getter(getter, name, **arguments)."""
        self.custom_getter = custom_getter

    def set_caching_device(self, caching_device: Any) -> None:
        """Accepted for old programs; a variable is read where it is."""
        self.caching_device = caching_device

    def set_partitioner(self, partitioner: Any) -> None:
        """The partitioner of variables that name none: it says into how many parts each is cut."""
        self.partitioner = partitioner

    def set_use_resource(self, use_resource: bool) -> None:
        """Accepted for old programs; there is one kind of variable."""
        self.use_resource = use_resource

    def get_collection(self, name: Any) -> list[Any]:
        """The members of a collection whose names lie in this scope."""
        return default_graph().get_collection(name, f"{self.name}/" if self.name else "")

    def global_variables(self) -> list[Variable]:
        return self.get_collection(GraphKeys.GLOBAL_VARIABLES)

    def trainable_variables(self) -> list[Variable]:
        return self.get_collection(GraphKeys.TRAINABLE_VARIABLES)

    def local_variables(self) -> list[Variable]:
        return self.get_collection(GraphKeys.LOCAL_VARIABLES)

    def get_variable(
        self, name: str, shape: Any = None, dtype: Any = None, initializer: Any = None, regularizer: Any = None,
        reuse: Any = None, trainable: bool | None = None, collections: Any = None, caching_device: Any = None,
        partitioner: Any = None, validate_shape: bool = True, use_resource: Any = None, custom_getter: Any = None,
        constraint: Any = None, synchronization: Any = None, aggregation: Any = None,
    ) -> Any:
        """The variable called `name` below this scope; see the function `get_variable`."""
        if not isinstance(name, str) or not name:
            raise ArgumentError(
                f"get_variable({name!r})", rule="a variable's name is a string", hint="get_variable('w')"
            )

        def own(value: Any, of_scope: Any) -> Any:
            return of_scope if value is None else value

        initializer = own(initializer, self.initializer)
        if initializer is not None and is_value(initializer):
            dtype = _type_of(initializer, dtype)
        arguments = {
            "shape": shape, "dtype": dtype or self.dtype, "initializer": initializer,
            "regularizer": own(regularizer, self.regularizer), "reuse": own(reuse, self.reuse), "trainable": trainable,
            "collections": collections, "caching_device": caching_device,
            "partitioner": own(partitioner, self.partitioner), "validate_shape": validate_shape,
            "use_resource": use_resource, "constraint": own(constraint, self.constraint),
        }
        getter: Any = store_of().get_variable
        through = custom_getter or self.custom_getter
        full = f"{self.name}/{name}" if self.name else name
        if not through:
            return getter(full, **arguments)
        with default_graph().name_scope(None):  # what a getter adds to a variable is named by the variable's scope alone
            return through(getter, full, **arguments)


def store_of(graph: Graph | None = None) -> VariableStore[VariableScope]:
    """The store of a graph (the default one), made at first use."""
    held = (graph or default_graph()).get_collection_ref(VARIABLE_STORE)
    if not held:
        held.append(VariableStore(VariableScope(None)))
    return held[0]


def _type_of(value: Any, dtype: Any) -> Any:
    own = value.dtype if hasattr(value, "dtype") else dtype or default_dtype(value)
    if dtype is not None and as_dtype(own) is not as_dtype(dtype):
        raise DTypeError(
            f"get_variable: the initializer is {as_dtype(own).name}, but dtype is {as_dtype(dtype).name}",
            rule="a variable has the type of its first value", hint="cast the value, or leave dtype out",
        )
    return as_dtype(own)


def _chained(custom: Any, outer: Any) -> Any:
    """`custom` with a getter that goes through `outer` first."""
    if custom is None or outer is None:
        return custom or outer
    return lambda getter, *args, **kwargs: custom(functools.partial(outer, getter), *args, **kwargs)


class variable_scope:
    """Puts `name/` before the names of variables that get_variable makes inside, and of nodes.

    A string opens a scope below the current one. A VariableScope opens that scope again, wherever it stands; its nodes
    go to a new name scope, its variables to the old names. Without a name, default_name is made unique. `reuse`: True
    shares variables and makes none, AUTO_REUSE does either, None inherits. The others are defaults for get_variable.
    """

    def __init__(
        self, name_or_scope: Any, default_name: str | None = None, values: Any = None, initializer: Any = None,
        regularizer: Any = None, caching_device: Any = None, partitioner: Any = None, custom_getter: Any = None,
        reuse: Any = None, dtype: Any = None, use_resource: Any = None, constraint: Any = None,
        auxiliary_name_scope: bool = True,
    ):
        if name_or_scope is None and default_name is None:
            raise ArgumentError("variable_scope without a name", hint="variable_scope('hidden')")
        if not (name_or_scope is None or isinstance(name_or_scope, (str, VariableScope))):
            raise ArgumentError(
                f"variable_scope({name_or_scope!r})", rule="a string, or the scope that `with ... as scope` gave"
            )
        if reuse not in (None, False, True, AUTO_REUSE):
            raise ArgumentError(f"variable_scope: reuse={reuse!r}", rule="None, False, True or tf.AUTO_REUSE")
        if reuse and name_or_scope is None:
            raise ArgumentError(
                "variable_scope(None, default_name, reuse=True)", rule="a default name is always a new one",
                hint="give the name of the scope whose variables are shared",
            )
        self.name_or_scope, self.default_name, self.reuse = name_or_scope, default_name, reuse or None
        self.graph = graph_of(*(values or []))
        self.given = {
            "initializer": initializer, "regularizer": regularizer, "caching_device": caching_device,
            "partitioner": partitioner, "custom_getter": custom_getter, "dtype": dtype, "use_resource": use_resource,
        }
        self.constraint, self.auxiliary_name_scope = constraint, auxiliary_name_scope
        self._open: list[contextlib.AbstractContextManager[VariableScope]] = []

    def __enter__(self) -> VariableScope:
        self._open.append(self._enter())
        return self._open[-1].__enter__()

    def __exit__(self, *exc: Any) -> Any:
        return self._open.pop().__exit__(*exc)

    @contextlib.contextmanager
    def _enter(self) -> Iterator[VariableScope]:
        graph = default_graph() if self.graph is None else tracing.target(self.graph)
        with graph.as_default(), self._names(graph) as path:
            store = store_of(graph)
            given, outer = self.name_or_scope, store.scope
            if isinstance(given, VariableScope):
                base, name, path = given, given.name, given.original_name_scope
                reuse = self.reuse or given.reuse
            else:
                last = store.counts.unique(outer.name, self.default_name or "") if given is None else given
                base, name = outer, f"{outer.name}/{last}" if outer.name else last
                reuse = self.reuse or outer.reuse
            scope = VariableScope(reuse, name, name_scope=path, constraint=self.constraint)
            for attribute in _INHERITED:
                own = self.given[attribute]
                setattr(scope, attribute, getattr(base, attribute) if own is None else own)
            scope.dtype = as_dtype(scope.dtype)
            scope.custom_getter = _chained(self.given["custom_getter"], base.custom_getter)
            with store.entered(scope, again=isinstance(given, VariableScope)):
                yield scope

    def _names(self, graph: Any) -> contextlib.AbstractContextManager[str]:
        """The name scope that goes with it: the last part of the name, below the current one."""
        given = self.name_or_scope
        name = given.name.split("/")[-1] if isinstance(given, VariableScope) else given
        name = self.default_name if given is None else name
        if not self.auxiliary_name_scope or not name:
            current = graph.names.scope
            return contextlib.nullcontext(f"{current}/" if current else "")
        return graph.name_scope(name)


def variable_op_scope(
    values: Any, name_or_scope: Any, default_name: str | None = None, *args: Any, **kwargs: Any
) -> variable_scope:
    """TensorFlow 1's older name of `variable_scope`, with the values first."""
    return variable_scope(name_or_scope, default_name, values, *args, **kwargs)


def get_variable_scope() -> VariableScope:
    """The variable scope that is open."""
    return store_of().scope


@explained
def get_variable(
    name: str, shape: Any = None, dtype: Any = None, initializer: Any = None, regularizer: Any = None,
    trainable: bool | None = None, collections: Any = None, caching_device: Any = None, partitioner: Any = None,
    validate_shape: bool = True, use_resource: Any = None, custom_getter: Any = None, constraint: Any = None,
    synchronization: Any = None, aggregation: Any = None,
) -> Any:
    """The variable called `name` below the open variable scope, made if need be and allowed.

    initializer: a function of (shape, dtype), a value, or None (Glorot's uniform numbers; zeros for integers).
    regularizer: a function of the variable; what it returns enters the collection REGULARIZATION_LOSSES. GraphError if
    the variable exists and is not to be reused, or is to be reused and does not exist.

    >>> import deepkit.v1 as tf
    >>> with tf.Graph().as_default(), tf.variable_scope("hidden"):
    ...     tf.get_variable("w", [2, 3]).name
    'hidden/w:0'
    """
    return get_variable_scope().get_variable(
        name, shape, dtype, initializer, regularizer, None, trainable, collections, caching_device, partitioner,
        validate_shape, use_resource, custom_getter, constraint,
    )


def get_local_variable(name: str, *args: Any, **kwargs: Any) -> Any:
    """As get_variable, but the variable is local: not trained, not saved, set by local_variables_initializer."""
    shape = kwargs.pop("shape", args[0] if args else None)
    known = ("dtype", "initializer", "regularizer", "trainable", "collections")
    kwargs.update(zip(known, args[1:], strict=False))
    wanted = list(kwargs.pop("collections", None) or [])
    kwargs.pop("trainable", None)
    collections = dict.fromkeys([GraphKeys.LOCAL_VARIABLES, *wanted])
    return get_variable(name, shape, trainable=False, collections=list(collections), **kwargs)


def no_regularizer(variable: Any) -> None:
    """A regularizer that adds nothing, for variables in a scope that has one."""
