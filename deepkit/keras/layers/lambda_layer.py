"""Lambda: any function of tensors as a layer without weights."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError
from deepkit.keras import registry
from deepkit.keras.backend.nested import kept
from deepkit.keras.base.layer import Layer
from deepkit.keras.user_functions import call_own


class Lambda(Layer):
    """function(inputs, **arguments); `mask` and `training` are passed if the function has arguments of these names.

    A list of one tensor that it returns counts as that tensor. output_shape is accepted and kept: shapes are found by
    calling the function. mask: a mask for the output, or a function of inputs and their mask.

    >>> import numpy as np
    >>> Lambda(lambda x, by: x * by, arguments={"by": 2.0})(np.ones([1, 2], "float32")).numpy().tolist()
    [[2.0, 2.0]]

    A saved model names the function. Whoever loads it gives the function again, under that name or under the layer's:
    load_model(path, custom_objects={"lambda_1": lambda x, by: x * by}). Code in files is never run.
    """

    def __init__(
        self, function: Any, output_shape: Any = None, mask: Any = None, arguments: dict[str, Any] | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if not callable(function):
            raise ArgumentError(
                f"Lambda({function!r})", rule="it takes a function of tensors", hint="Lambda(lambda x: x * 2)"
            )
        self.function, self.mask, self.arguments = function, mask, kept(arguments or {})
        self._output_shape = output_shape
        if mask is not None:
            self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        given = dict(self.arguments)
        names = _argument_names(self.function)
        given.update({name: value for name, value in (("mask", mask), ("training", training)) if name in names})
        found = call_own(self.function, f"layer {self.name!r} (Lambda): the function", inputs, **given)
        return found[0] if isinstance(found, (list, tuple)) and len(found) == 1 else found

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return self.mask(inputs, mask) if callable(self.mask) else self.mask

    def get_config(self) -> dict[str, Any]:
        config = {
            **_written("function", self.function, "function_type", "module"),
            **_written("output_shape", self._output_shape, "output_shape_type", "output_shape_module"),
        }
        if self.mask is not None:
            config.update(_written("mask", self.mask, "mask_type", "mask_module"))
        return {**super().get_config(), **config, "arguments": kept(self.arguments)}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Lambda:
        """A layer from what `get_config` gave; functions that are only named are looked up, code is refused."""
        config = {key: value for key, value in config.items() if not key.endswith(("module", "_type"))}
        given = registry.get_registered_object(config.get("name", ""), custom_objects)
        if given is not None and not callable(config["function"]):
            config["function"] = given
        try:
            config["function"] = registry.named_function(
                config["function"], custom_objects, "function of a Lambda layer"
            )
        except ArgumentError as error:
            raise ArgumentError(
                f"Lambda layer {config.get('name')!r}: {error.what}", rule=error.rule,
                hint=f"custom_objects={{{config.get('name')!r}: f}}: f is then the function of the layer of this name",
            ) from None
        for key in ("output_shape", "mask"):
            if isinstance(config.get(key), str):
                config[key] = registry.named_function(config[key], custom_objects, f"{key} of a Lambda layer")
            elif _is_code(config.get(key)):
                if key == "mask":
                    raise registry.code_error("the mask of a Lambda layer")
                config[key] = None  # shapes are found by calling the function
        config["arguments"] = {key: _array(value) for key, value in (config.get("arguments") or {}).items()}
        return cls(**config)


def _argument_names(function: Any) -> Any:
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):  # some built-in functions have no signature
        return ()


def _written(key: str, value: Any, kind: str, module: str) -> dict[str, Any]:
    """A function as itself (it becomes its name in a file); other values raw."""
    if callable(value):
        return {key: value, kind: "function", module: getattr(value, "__module__", None)}
    return {key: value, kind: "raw", module: None}


def _is_code(value: Any) -> bool:
    """Whether a value from a file is marshalled Python code: [code, defaults, closure]."""
    return isinstance(value, (list, tuple)) and len(value) == 3 and isinstance(value[0], str)


def _array(value: Any) -> Any:
    is_array = isinstance(value, dict) and value.get("type") == "ndarray"
    return np.array(value["value"]) if is_array else value
