"""`tf.contrib.framework`: default arguments for the calls in a block, and variables by scope, name or suffix."""

from __future__ import annotations

import contextlib
import functools
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from deepkit.core.apply import is_tensor
from deepkit.core.collections import GraphKeys
from deepkit.core.graph import default_graph
from deepkit.core.inputs import explained
from deepkit.core.static import static_value
from deepkit.core.variable import Variable
from deepkit.errors import ArgumentError, GraphError
from deepkit.v1.framework.control_flow import cond
from deepkit.v1.framework.creators import group, placeholder
from deepkit.v1.framework.scopes import VariableScope, get_variable
from deepkit.v1.namespaces import nest
from deepkit.v1.ops.arrays import argsort, sort
from deepkit.v1.ops.checks import assert_scalar
from deepkit.v1.platform import logging
from deepkit.v1.train import (
    Saver,
    create_global_step,
    get_global_step,
    get_or_create_global_step,
    init_from_checkpoint,
    list_variables,
    load_checkpoint,
    load_variable,
)

__all__ = [
    "add_arg_scope", "add_model_variable", "arg_scope", "arg_scoped_arguments", "argsort", "assert_scalar",
    "assign_from_checkpoint", "assign_from_checkpoint_fn", "assign_from_values", "assign_from_values_fn",
    "create_global_step", "current_arg_scope", "filter_variables", "get_global_step", "get_local_variables",
    "get_model_variables", "get_name_scope", "get_or_create_global_step", "get_trainable_variables",
    "get_unique_variable", "get_variables", "get_variables_by_name", "get_variables_by_suffix",
    "get_variables_to_restore", "has_arg_scope", "init_from_checkpoint", "is_tensor", "list_variables",
    "load_checkpoint", "load_variable", "local_variable", "model_variable", "nest", "smart_cond", "smart_constant_value",
    "sort", "variable",
]

ArgScope = dict[str, dict[str, Any]]


class _Stack(threading.local):
    """Per thread: the argument scopes that are open, the innermost last. Each maps a function's key to arguments."""

    def __init__(self) -> None:
        self.scopes: list[ArgScope] = [{}]


_stack = _Stack()
_known: dict[str, tuple[str, ...]] = {}  # functions that take part, with the names of their arguments


def _key(function: Any) -> str:
    return getattr(function, "_arg_scope_key", f"{getattr(function, '__module__', '')}.{function!r}")


def add_arg_scope(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator: the function's missing arguments are taken from the `arg_scope` blocks around the call."""
    key = f"{function.__module__}.{function.__qualname__}"
    code = function.__code__
    called = explained(function)
    _known[key] = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]

    @functools.wraps(function)
    def with_defaults(*args: Any, **kwargs: Any) -> Any:
        given = _known[key][: len(args)]
        defaults = {k: v for k, v in _stack.scopes[-1].get(key, {}).items() if k not in given}
        return called(*args, **{**defaults, **kwargs})

    with_defaults._arg_scope_key = key  # type: ignore[attr-defined]
    return with_defaults


def has_arg_scope(function: Callable[..., Any]) -> bool:
    """True if `arg_scope` may set the function's arguments."""
    return _key(function) in _known


def arg_scoped_arguments(function: Callable[..., Any]) -> tuple[str, ...]:
    """The names of the arguments that `arg_scope` may set."""
    return _known[_key(function)]


def current_arg_scope() -> ArgScope:
    """The argument scope that is open."""
    return _stack.scopes[-1]


def arg_scope(list_ops_or_scope: Any, **kwargs: Any) -> contextlib.AbstractContextManager[ArgScope]:
    """Inside, these functions have these arguments unless a call says otherwise; blocks nest.

    list_ops_or_scope: functions, or a scope that `with arg_scope(...) as scope` gave, to open it again.

    >>> import deepkit.v1 as tf
    >>> from deepkit.v1.contrib import slim
    >>> with tf.Graph().as_default(), slim.arg_scope([slim.conv2d], padding="VALID"):
    ...     slim.conv2d(tf.zeros([1, 8, 8, 3]), 16, [3, 3]).shape
    Shape([1, 6, 6, 16])
    """
    if isinstance(list_ops_or_scope, dict):
        if kwargs:
            raise ArgumentError(
                "arg_scope: an old scope is opened as it is", hint="nest a second arg_scope([...], ...)"
            )
        return _opened(dict(list_ops_or_scope))
    scope = dict(_stack.scopes[-1])
    for function in _as_list(list_ops_or_scope):
        _check(function, kwargs)
        scope[_key(function)] = {**scope.get(_key(function), {}), **kwargs}
    return _opened(scope)


@contextlib.contextmanager
def _opened(scope: ArgScope) -> Iterator[ArgScope]:
    _stack.scopes.append(scope)
    try:
        yield scope
    finally:
        _stack.scopes.pop()


def _as_list(functions: Any) -> Sequence[Any]:
    if not isinstance(functions, (list, tuple)):
        raise ArgumentError(
            f"arg_scope({functions!r})", rule="a list of functions", hint="arg_scope([conv2d], stride=1)"
        )
    return functions


def _check(function: Any, kwargs: dict[str, Any]) -> None:
    name = getattr(function, "__name__", repr(function))
    if not has_arg_scope(function):
        raise ArgumentError(
            f"arg_scope: {name} does not take part", rule="only functions made with @add_arg_scope do",
            hint="the functions of tf.contrib.layers; for others functools.partial(f, argument=value)",
        )
    takes = arg_scoped_arguments(function)
    for unknown in sorted(set(kwargs) - set(takes)):
        raise ArgumentError(f"arg_scope: {name} has no argument {unknown!r}", hint="one of " + ", ".join(takes))


# ---- making and finding variables


@add_arg_scope
def variable(
    name: str, shape: Any = None, dtype: Any = None, initializer: Any = None, regularizer: Any = None,
    trainable: bool = True, collections: Any = None, caching_device: Any = None, device: Any = None,
    partitioner: Any = None, custom_getter: Any = None, use_resource: Any = None,
) -> Any:
    """get_variable on a device, in the collection of global variables and those that are named."""
    wanted = list(dict.fromkeys([*(collections or []), GraphKeys.GLOBAL_VARIABLES]))
    with default_graph().root.device(device) if device is not None else contextlib.nullcontext():
        return get_variable(
            name, shape, dtype, initializer, regularizer, trainable, wanted, partitioner=partitioner,
            custom_getter=custom_getter,
        )


@add_arg_scope
def model_variable(
    name: str, shape: Any = None, dtype: Any = None, initializer: Any = None, regularizer: Any = None,
    trainable: bool = True, collections: Any = None, caching_device: Any = None, device: Any = None,
    partitioner: Any = None, custom_getter: Any = None, use_resource: Any = None,
) -> Any:
    """As `variable`, also in the collection of model variables: what a trained model consists of."""
    wanted = [*(collections or []), GraphKeys.GLOBAL_VARIABLES, GraphKeys.MODEL_VARIABLES]
    return variable(
        name, shape, dtype, initializer, regularizer, trainable, wanted, caching_device, device, partitioner,
        custom_getter,
    )


def local_variable(
    initial_value: Any, validate_shape: bool = True, name: str | None = None, use_resource: Any = None
) -> Any:
    """A variable that is neither trained nor saved."""
    collections = [GraphKeys.LOCAL_VARIABLES]
    return Variable(initial_value, False, collections, validate_shape, name=name)


def add_model_variable(var: Any) -> None:
    """Enters a variable into the collection of model variables."""
    if var not in default_graph().get_collection(GraphKeys.MODEL_VARIABLES):
        default_graph().add_to_collection(GraphKeys.MODEL_VARIABLES, var)


def get_variables(
    scope: Any = None, suffix: str | None = None, collection: Any = GraphKeys.GLOBAL_VARIABLES
) -> list[Any]:
    """The variables of a collection: those below `scope` (a name or a scope), with `suffix` those whose name ends so."""
    prefix = scope.name if isinstance(scope, VariableScope) else scope
    if suffix is not None:
        suffix = suffix if ":" in suffix else f"{suffix}:"
        prefix = f"{prefix or ''}.*{suffix}"
    return default_graph().get_collection(collection, prefix)


def get_trainable_variables(scope: Any = None, suffix: str | None = None) -> list[Any]:
    """get_variables of the trainable ones."""
    return get_variables(scope, suffix, GraphKeys.TRAINABLE_VARIABLES)


def get_model_variables(scope: Any = None, suffix: str | None = None) -> list[Any]:
    """get_variables of the model's."""
    return get_variables(scope, suffix, GraphKeys.MODEL_VARIABLES)


def get_local_variables(scope: Any = None, suffix: str | None = None) -> list[Any]:
    """get_variables of the local ones."""
    return get_variables(scope, suffix, GraphKeys.LOCAL_VARIABLES)


def get_variables_by_suffix(suffix: str, scope: Any = None) -> list[Any]:
    """The variables whose names end in `suffix`."""
    return get_variables(scope, suffix)


def get_variables_by_name(given_name: str, scope: Any = None) -> list[Any]:
    """The variables whose last name part is `given_name`, or that are called so in full."""
    return [v for v in get_variables(scope) if v.node.name == given_name or v.node.name.endswith(f"/{given_name}")]


def get_unique_variable(var_op_name: str) -> Any:
    """The one variable with this full name; GraphError if there is none."""
    found = [v for v in get_variables() if v.node.name == var_op_name]
    if len(found) != 1:
        known = ", ".join(v.node.name for v in get_variables()[:8])
        raise GraphError(
            f"there is no variable {var_op_name!r}", hint=f"variables of the graph: {known}" if known else None
        )
    return found[0]


def get_variables_to_restore(include: Sequence[str] | None = None, exclude: Sequence[str] | None = None) -> list[Any]:
    """The global variables below the scopes `include` (all), without those below the scopes `exclude`."""
    kept = get_variables() if include is None else [v for scope in include for v in get_variables(scope)]
    gone = {v for scope in exclude or [] for v in get_variables(scope)}
    return [v for v in dict.fromkeys(kept) if v not in gone]


def get_name_scope() -> str:
    """The name scope that is open."""
    return default_graph().names.scope


def filter_variables(
    var_list: Sequence[Any], include_patterns: Sequence[str] | None = None, exclude_patterns: Sequence[str] | None = None,
    reg_search: bool = True,
) -> list[Any]:
    """The variables in whose names one of the patterns (all) is found, or with reg_search=False begins, and none of the
    others."""
    found = re.search if reg_search else re.match

    def fits(variable: Any, patterns: Sequence[str]) -> bool:
        return any(found(pattern, variable.node.name) for pattern in patterns)

    kept = [v for v in var_list if include_patterns is None or fits(v, include_patterns)]
    return [v for v in kept if not fits(v, exclude_patterns or [])]


# ---- values for variables


def assign_from_values(var_names_to_values: Mapping[str, Any]) -> tuple[Any, dict[Any, Any]]:
    """(op, feed_dict): sess.run(op, feed_dict) gives each variable, named in full, its value. ShapeError: another shape."""
    feeds: dict[Any, Any] = {}
    ops_ = []
    for name, value in var_names_to_values.items():
        variable = get_unique_variable(name)
        fed = placeholder(variable.dtype, variable.shape, f"{name}/fed")
        ops_.append(variable.assign(fed, read_value=False))
        feeds[fed] = np.asarray(value).reshape(variable.shape.as_list())
    return group(*ops_), feeds


def assign_from_values_fn(var_names_to_values: Mapping[str, Any]) -> Callable[[Any], None]:
    """A function of a session that gives each variable, named in full, its value."""
    op, feeds = assign_from_values(var_names_to_values)
    return lambda session: session.run(op, feeds)


def _by_name(var_list: Any) -> dict[str, Any]:
    return dict(var_list) if isinstance(var_list, Mapping) else {v.node.name: v for v in var_list}


def _present(model_path: Any, variables: dict[str, Any], ignore_missing_vars: bool) -> dict[str, Any]:
    """Those variables that the checkpoint has, and a warning for each that it has not; all of them if none may be missing."""
    if not ignore_missing_vars:
        return variables
    reader = load_checkpoint(model_path)
    for name in (name for name in variables if not reader.has_tensor(name)):
        logging.warning("Variable %s missing in checkpoint %s", name, model_path)
    return {name: v for name, v in variables.items() if reader.has_tensor(name)}


def assign_from_checkpoint(model_path: Any, var_list: Any, ignore_missing_vars: bool = False) -> tuple[Any, dict[Any, Any]]:
    """(op, feed_dict): sess.run(op, feed_dict) gives the variables the values that a checkpoint has for them.

    var_list: variables, or a dict: name in the checkpoint -> variable.

    Raises:
        NameNotFoundError: the checkpoint lacks one, unless ignore_missing_vars.
    """
    reader = load_checkpoint(model_path)
    wanted = _present(model_path, _by_name(var_list), ignore_missing_vars)
    return assign_from_values({v.node.name: reader.get_tensor(name) for name, v in wanted.items()})


def assign_from_checkpoint_fn(
    model_path: Any, var_list: Any, ignore_missing_vars: bool = False, reshape_variables: bool = False
) -> Callable[[Any], None] | None:
    """A function of a session that gives the variables the values that a checkpoint has for them; None if there are none.

    var_list: variables, or a dict: name in the checkpoint -> variable.

    Raises:
        ArgumentError: var_list is empty. NameNotFoundError: the checkpoint lacks one, unless ignore_missing_vars.
    """
    if not var_list:
        raise ArgumentError("assign_from_checkpoint_fn without variables", hint="slim.get_variables_to_restore()")
    wanted = _present(model_path, _by_name(var_list), ignore_missing_vars)
    if not wanted:
        logging.warning("No Variables to restore")
        return None
    saver = Saver(wanted, reshape=reshape_variables)
    return lambda session: saver.restore(session, model_path)


# ---- decisions that may be known before the graph runs


def smart_constant_value(pred: Any) -> bool | None:
    """What a condition is, a bool, 0 or 1 or a tensor, if that is known before the graph runs; else None."""
    known = static_value(pred) if is_tensor(pred) else pred
    return None if known is None else bool(known)


def smart_cond(pred: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any], name: str | None = None) -> Any:
    """`tf.cond`, with only one of the two in the graph where the condition is known."""
    known = smart_constant_value(pred)
    if known is None:
        return cond(pred, true_fn, false_fn, name=name)
    return true_fn() if known else false_fn()
