"""`tf.make_template`: functions that share their variables between calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deepkit.v1.framework.scopes import variable_scope

__all__ = ["make_template"]


def make_template(
    name_: str, func_: Callable[..., Any], create_scope_now_: bool = False, unique_name_: str | None = None,
    custom_getter_: Any = None, **kwargs: Any,
) -> Callable[..., Any]:
    """A function that shares its variables between calls: the first call makes those that func_ asks for.

    >>> import deepkit.v1 as tf
    >>> with tf.Graph().as_default():
    ...     double = tf.make_template("double", lambda x: x * tf.get_variable("by", [], initializer=tf.constant_initializer(2.0)))
    ...     y = double(1.0) + double(2.0)
    ...     len(tf.global_variables())
    1
    """
    opened: list[Any] = []
    called: list[bool] = []

    def scope(names: bool) -> variable_scope:
        default = None if unique_name_ else name_
        return variable_scope(unique_name_, default, custom_getter=custom_getter_, auxiliary_name_scope=names)

    def template(*args: Any, **more: Any) -> Any:
        with variable_scope(opened[0], reuse=True if called else None) if opened else scope(True) as made:
            if not opened:
                opened.append(made)
            result = func_(*args, **{**kwargs, **more})
        called.append(True)
        return result

    if create_scope_now_:
        with scope(False) as made:
            opened.append(made)
    return template
