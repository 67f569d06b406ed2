"""Keras 1's `merge`: one function for all layers that make one tensor of several."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

from deepkit.errors import ArgumentError
from deepkit.keras.layers.lambda_layer import Lambda
from deepkit.keras.layers.merge import add, average, concatenate, dot, maximum, multiply

_OLD_MERGES: dict[str, Callable[..., Any]] = {
    "sum": add, "mul": multiply, "ave": average, "max": maximum, "concat": concatenate, "dot": dot, "cos": dot,
}


class MergeModule(ModuleType):
    """`keras.layers.merge` is a module; Keras 1 called it like a function, and so can programs here."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return merge(*args, **kwargs)


def merge(
    inputs: Any, mode: Any = "sum", concat_axis: int = -1, dot_axes: Any = -1, output_shape: Any = None,
    output_mask: Any = None, arguments: Any = None, name: str | None = None,
) -> Any:
    """Keras 1's merge([a, b], mode="concat"): add, multiply, concatenate and their kin, or a function of the list."""
    if callable(mode):
        warnings.warn(
            "merge(..., mode=function) is Keras 1; today it is Lambda(function)", DeprecationWarning, stacklevel=3
        )
        return Lambda(mode, output_shape=output_shape, arguments=arguments, name=name)(inputs)
    if mode not in _OLD_MERGES:
        raise ArgumentError(f"merge(mode={mode!r})", rule="one of: " + ", ".join(_OLD_MERGES), hint='mode="concat"')
    today = _OLD_MERGES[mode]
    options: dict[str, Any] = {concatenate: {"axis": concat_axis}, dot: {"axes": dot_axes}}.get(today, {})
    if mode == "cos":
        options["normalize"] = True
    said = "".join(f", {k}={v!r}" for k, v in options.items())
    warnings.warn(f"merge is Keras 1; today it is {today.__name__}([...]{said})", DeprecationWarning, stacklevel=3)
    return today(inputs, name=name, **options)
