"""How a function of the op families becomes a TensorFlow-1 function: what it makes goes into a graph."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable
from typing import Any, ParamSpec

from deepkit.core.apply import convert
from deepkit.core.graph import default_graph
from deepkit.core.inputs import explained
from deepkit.core.nest import concrete
from deepkit.core.static import static_shape
from deepkit.core.symbol import Symbol
from deepkit.core.tensor import Tensor
from deepkit.v1.framework.eager import executing_eagerly

P = ParamSpec("P")
_SHAPES = ("shape", "dims")
_LISTS = ("values", "inputs", "t_list")


def symbolic(function: Callable[P, Any], default: str = "") -> Callable[P, Any]:
    """`function`, except that a call without any Symbol gets its first argument as a constant of the default graph.

    From there on the data decides as always: one Symbol among the inputs makes the result a Symbol. `default` is
    TensorFlow's name of the node if the user gives none, where it is not that of the op; with a / at its end, the name
    of a scope around the nodes.
    """
    function = explained(function)
    parameters = inspect.signature(function).parameters
    names = [name for name in parameters if not name.startswith("_")]
    place = len(parameters) - len(names)  # einsum's first argument is no tensor
    first = "x" if parameters[names[0]].kind is inspect.Parameter.VAR_POSITIONAL else names[0]
    label = default.strip("/") or _label(function)
    at = names.index("name") + place if "name" in names else len(parameters)

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        args = tuple(concrete(a) for a in args)
        named = len(args) > at or kwargs.get("name") is not None
        with contextlib.nullcontext() if named else _named(default, label, kwargs):
            if _holds(Symbol, args) or _holds(Symbol, list(kwargs.values())):
                result = function(*args, **kwargs)
                if not _holds(Tensor, result):
                    return result  # else the Symbols gave an axis or a length, and all tensors are numbers
            return function(*_begun(label, first, args, kwargs, names, place), **kwargs)

    return wrapper


def _begun(
    label: str, first: str, args: tuple[Any, ...], kwargs: dict[str, Any], names: list[str], place: int
) -> tuple[Any, ...]:
    """The arguments with the first tensor, called `first`, a constant of the graph; one given by its name: in kwargs."""
    if len(args) > place:
        return (*args[:place], _as_symbol(label, first, args[place]), *args[place + 1 :])
    given = next((name for name in names if kwargs.get(name) is not None), None)
    if given is not None:
        kwargs[given] = _as_symbol(label, given, kwargs[given])
    return args


def _named(default: str, label: str, kwargs: dict[str, Any]) -> contextlib.AbstractContextManager[Any]:
    """Gives a call without a name the default, if there is one: a scope around it, or its argument `name`."""
    if default.endswith("/"):
        return default_graph().name_scope(label)
    if default:
        kwargs["name"] = label
    return contextlib.nullcontext()


def _label(function: Callable[..., Any]) -> str:
    """What a node of a function's op is called if nobody gives it a name."""
    op: Any = getattr(function, "op", None)
    return function.__name__.strip("_") if op is None else op.label or op.__name__


def on_values(function: Callable[..., Any], *kinds: type) -> Callable[..., Any]:
    """`function`, except that of IndexedSlices or a SparseTensor, as far as among `kinds`, it changes the values alone."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if args and isinstance(args[0], kinds):
            x: Any = args[0]
            return x.with_values(function(x.values, *args[1:], **kwargs))
        return function(*args, **kwargs)

    return wrapper


def on_parts(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, except that of what holds several tensors it is the same kind of thing, each tensor changed."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if args and hasattr(args[0], "with_parts"):
            return args[0].with_parts([function(part, *args[1:], **kwargs) for part in args[0].parts()])
        return function(*args, **kwargs)

    return wrapper


def _holds(kind: type, value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(_holds(kind, v) for v in value)
    return isinstance(value, kind)


def _as_symbol(label: str, parameter: str, value: Any) -> Any:
    """`value` as a constant called label/parameter, as TensorFlow names it; of a list its first entry."""
    graph = default_graph()
    graph.enter_cell()
    name = f"{graph.unique_name(label, mark_as_used=False)}/{parameter}/"
    if parameter in _LISTS and isinstance(value, (list, tuple)) and value:
        return [constant_of(value[0], name=name), *value[1:]]
    if parameter in _SHAPES:
        return known(static_shape(value)[1], name)
    return constant_of(value, name=name)


def constant_of(value: Any, dtype: Any = None, name: str | None = None) -> Symbol:
    """`value` as a Symbol of the default graph (itself if it is one); a Tensor where all is computed at once."""
    if isinstance(value, Symbol):
        return convert(value, dtype)
    tensor = value if isinstance(value, Tensor) else convert(value, dtype)
    return tensor if isinstance(tensor, Symbol) else known(tensor, name)


def known(value: Any, name: str | None = None, dtype: Any = None) -> Any:
    """A constant of the default graph, or a Tensor where all is computed at once."""
    if not executing_eagerly():
        return default_graph().constant(value, name, dtype)
    return value if isinstance(value, Tensor) and dtype is None else Tensor(getattr(value, "value", value), dtype=dtype)


def collect(key: str, thing: Any) -> None:
    """Adds a tensor or a node to a collection of its graph; what was computed at once is in no graph."""
    if not isinstance(thing, Tensor):
        thing.graph.add_to_collection(key, thing)
