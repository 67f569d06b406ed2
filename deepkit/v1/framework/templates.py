"""`tf.make_template`: functions that share their variables between calls."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from deepkit.core.collections import GraphKeys
from deepkit.core.graph import default_graph
from deepkit.core.variable import Variable
from deepkit.errors import ArgumentError
from deepkit.v1.framework.scopes import VariableScope, variable_scope

__all__ = ["make_template"]


class Template:
    """A function whose later calls get the variables that the first call has made; `make_template` makes it.

    A later call that makes further variables to train is an error: they would be other ones in every call.
    """

    def __init__(self, name: str, func: Callable[..., Any], unique_name: str | None, custom_getter: Any, create_scope: bool):
        if name is None:
            raise ArgumentError("make_template without a name", hint='tf.make_template("layer", function)')
        self.func, self._asked, self._unique_name, self._custom_getter = func, name, unique_name, custom_getter
        self._scope: VariableScope | None = None
        self._called = False
        if create_scope:
            with self._new_scope(names=False) as self._scope:
                pass

    def _new_scope(self, names: bool) -> variable_scope:
        default = None if self._unique_name else self._asked
        return variable_scope(
            self._unique_name, default, custom_getter=self._custom_getter, auxiliary_name_scope=names
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        known = self._scope
        with self._new_scope(names=True) if known is None else variable_scope(known, reuse=self._called or None) as scope:
            self._scope = known or scope
            before = default_graph().get_collection(GraphKeys.TRAINABLE_VARIABLES)
            result = self.func(*args, **kwargs)
            if self._called:
                self._check_new(before)
        self._called = True
        return result

    def _check_new(self, before: list[Any]) -> None:
        new = [v for v in default_graph().get_collection(GraphKeys.TRAINABLE_VARIABLES) if not any(v is b for b in before)]
        if new:
            raise ArgumentError(
                f"template {self.name!r}: a call after the first has made {', '.join(v.name for v in new)}",
                rule="later calls share the variables of the first", hint="tf.get_variable instead of tf.Variable",
            )

    @property
    def variable_scope(self) -> VariableScope | None:
        """The scope in which the variables are; None before the first call, unless create_scope_now_ has opened it."""
        return self._scope

    @property
    def variable_scope_name(self) -> str | None:
        """The name of that scope; None as long as there is none."""
        return self._scope.name if self._scope else None

    @property
    def name(self) -> str:
        """The name of the scope, or the one asked for where there is no scope yet."""
        return self._asked if self._scope is None else self._scope.name

    @property
    def global_variables(self) -> list[Variable]:
        """The variables of the scope that are not local ones."""
        return self._scope.global_variables() if self._scope else []

    @property
    def local_variables(self) -> list[Variable]:
        """The local variables of the scope."""
        return self._scope.local_variables() if self._scope else []

    @property
    def variables(self) -> list[Variable]:
        """All of them."""
        return self.global_variables + self.local_variables

    weights = variables

    @property
    def trainable_variables(self) -> list[Variable]:
        """Those that training moves."""
        return self._scope.trainable_variables() if self._scope else []

    trainable_weights = trainable_variables

    @property
    def non_trainable_variables(self) -> list[Variable]:
        """The others, local ones among them."""
        trained = self.trainable_variables
        return [v for v in self.variables if not any(v is t for t in trained)]


def make_template(
    name_: str, func_: Callable[..., Any], create_scope_now_: bool = False, unique_name_: str | None = None,
    custom_getter_: Any = None, **kwargs: Any,
) -> Template:
    """A function that shares its variables between calls: the first call makes those that func_ asks for.

    >>> import deepkit.v1 as tf
    >>> with tf.Graph().as_default():
    ...     double = tf.make_template("double", lambda x: x * tf.get_variable("by", [], initializer=tf.constant_initializer(2.0)))
    ...     y = double(1.0) + double(2.0)
    ...     [v.name for v in double.variables]
    ['double/by:0']
    """
    func = functools.partial(func_, **kwargs) if kwargs else func_
    return Template(name_, func, unique_name_, custom_getter_, create_scope_now_)
