"""Calling functions of the user's own (losses, metrics, Lambda layers), and saying what goes wrong in them."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable
from typing import Any

from deepkit.errors import ArgumentError, GraphError
from deepkit.site import Site, is_users


def call_own(function: Callable[..., Any], what: str, *args: Any, **kwargs: Any) -> Any:
    """function(*args, **kwargs), with errors for too few arguments, for NumPy on tensors, and for nothing returned.

    `what` names the function in messages: "the loss", "the function of Lambda layer 'lambda_1'".
    """
    label = f"{what} {getattr(function, '__name__', type(function).__name__)}"
    _check_arguments(function, label, args, kwargs)
    try:
        result = function(*args, **kwargs)
    except (TypeError, GraphError) as error:
        if "cannot be used as a Python bool" in str(error):
            raise GraphError(
                f"{label} asks whether a tensor is true", where=_last_line(error),
                rule="while a model is written down its tensors have no values yet, so Python's `if` cannot choose",
                hint="choose element by element: keras.backend.switch(condition, a, b), K.maximum(a, b), K.clip(x, 0, 1)",
            ) from None
        if "ufunc" not in str(error) and "NumPy array" not in str(error):
            raise
        raise GraphError(
            f"{label} gives a tensor to a function of NumPy", where=_last_line(error),
            rule="while a model is written down its tensors have no values yet, and NumPy computes with values",
            hint="the same functions for tensors: keras.backend (K.mean, K.exp, K.log, K.square, K.sum, ...)",
        ) from None
    if result is None:
        raise ArgumentError(
            f"{label} returned None", where=_definition(function), rule="it returns a tensor",
            hint="is a `return` missing?",
        )
    return result


def _check_arguments(function: Callable[..., Any], label: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # some built-in functions have no signature
        return
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        raise ArgumentError(
            f"{label} cannot be called: {error}", where=_definition(function),
            rule=f"it is called with {len(args)} argument{'s' * (len(args) != 1)}"
            + (": y_true, then y_pred" if len(args) == 2 else ""),
            hint=f"its arguments are {signature}",
        ) from None


def _definition(function: Callable[..., Any]) -> str | None:
    """Where a function was written."""
    code = getattr(function, "__code__", None)
    return None if code is None else str(Site(code.co_filename, code.co_firstlineno, "<module>"))


def _last_line(error: BaseException) -> str | None:
    """The last line of the user's own on the way to an error."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if is_users(f.filename)]
    return str(Site(frames[-1].filename, frames[-1].lineno or 0, frames[-1].name)) if frames else None
