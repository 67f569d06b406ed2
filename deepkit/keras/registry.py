"""Objects by name: what configurations, saved models and string arguments mean; objects of the user's own among them.

A configuration is {"class_name": ..., "config": {...}}; names are looked up in tables, nothing is imported, evaluated
or unmarshalled because a file says so.
"""

from __future__ import annotations

import copy
import inspect
import threading
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from deepkit.core.apply import is_tensor
from deepkit.device.dtypes import DType
from deepkit.errors import ArgumentError, DataError, did_you_mean

__all__ = [
    "CustomObjectScope", "custom_object_scope", "deserialize_keras_object", "find", "get_custom_objects",
    "get_registered_name", "get_registered_object", "named_function", "register_keras_serializable",
    "serialize_keras_object",
]

_everywhere: dict[str, Any] = {}
_names: dict[Any, str] = {}


class _Scopes(threading.local):
    def __init__(self) -> None:
        self.tables: list[Mapping[str, Any]] = []


_scopes = _Scopes()


def get_custom_objects() -> dict[str, Any]:
    """The table of your own objects by name; what you add to it is found everywhere from then on.

    >>> get_custom_objects()["swush"] = abs
    >>> get_registered_object("swush") is abs
    True
    >>> get_custom_objects().clear()
    """
    return _everywhere


class CustomObjectScope:
    """Inside `with CustomObjectScope({"MyLayer": MyLayer}):` your own objects are found by name."""

    def __init__(self, *tables: Mapping[str, Any] | None):
        self._table: dict[str, Any] = {}
        for table in tables:
            self._table.update(table or {})

    def __enter__(self) -> CustomObjectScope:
        _scopes.tables.append(self._table)
        return self

    def __exit__(self, *_: Any) -> None:
        _scopes.tables.remove(self._table)


custom_object_scope = CustomObjectScope


def register_keras_serializable(package: str = "Custom", name: str | None = None) -> Callable[[Any], Any]:
    """Decorator: the class or function is found in saved models under "package>name", without custom_objects."""

    def decorate(target: Any) -> Any:
        if inspect.isclass(target) and not hasattr(target, "get_config"):
            raise ArgumentError(
                f"{target.__name__} has no get_config", rule="what is saved must say the arguments that make it again",
                hint="def get_config(self): return {'units': self.units}",
            )
        full = f"{package}>{name or target.__name__}"
        _everywhere[full] = target
        _names[target] = full
        return target

    return decorate


def get_registered_name(obj: Any) -> str:
    """The name under which a class or function is saved."""
    return _names.get(obj, obj.__name__) if inspect.isclass(obj) or inspect.isfunction(obj) else obj.__name__


def get_registered_object(
    name: str, custom_objects: Mapping[str, Any] | None = None, module_objects: Mapping[str, Any] | None = None
) -> Any:
    """What `name` stands for: in custom_objects, the scopes from the inside out, the user's table, module_objects."""
    for table in (custom_objects, *reversed(_scopes.tables), _everywhere, module_objects):
        if table and name in table:
            return table[name]
    return None


# ---- writing


class FunctionName(str):
    """The name of a function in a configuration that has not left this process: it still knows the function itself."""

    function: Callable[..., Any]

    @classmethod
    def of(cls, function: Callable[..., Any]) -> FunctionName:
        name = cls(get_registered_name(function))
        name.function = function
        return name


def serialize_keras_object(instance: Any) -> Any:
    """{"class_name": ..., "config": ...} of an object that has get_config, the name of a function, None of None."""
    if instance is None:
        return None
    if hasattr(instance, "get_config") and not inspect.isclass(instance):
        config = {key: _plain(value) for key, value in instance.get_config().items()}
        return {"class_name": get_registered_name(type(instance)), "config": config}
    if inspect.isfunction(instance):
        return FunctionName.of(instance)
    if hasattr(instance, "__name__"):
        return get_registered_name(instance)
    raise ArgumentError(
        f"{instance!r} cannot be written into a configuration",
        rule="objects have a method get_config that returns their arguments; functions go by name",
        hint="def get_config(self): return {'rate': self.rate}",
    )


def _plain(value: Any) -> Any:
    """A value of a configuration as JSON knows it."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(_plain, value)) if not hasattr(value, "_fields") else list(map(_plain, value))
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    if isinstance(value, (DType, np.dtype)):
        return value.name
    if is_tensor(value) or value is None or isinstance(value, (str, bytes, bool, int, float)):
        return value
    return serialize_keras_object(value) if hasattr(value, "get_config") or callable(value) else value


# ---- reading


def deserialize_keras_object(
    identifier: Any, module_objects: Mapping[str, Any] | None = None, custom_objects: Mapping[str, Any] | None = None,
    printable_module_name: str = "object",
) -> Any:
    """The object that a configuration or a name describes; a class given by its name alone is made without arguments.

    module_objects: the library's own objects by name; custom_objects: further ones. Functions stay what they are.
    """
    if identifier is None or (callable(identifier) and not isinstance(identifier, (str, dict))):
        return identifier
    if isinstance(identifier, str):
        found = _look_up(identifier, module_objects, custom_objects, printable_module_name)
        return found() if inspect.isclass(found) else found
    if not isinstance(identifier, dict) or "class_name" not in identifier:
        raise ArgumentError(
            f"{identifier!r} describes no {printable_module_name}",
            rule='a name, or {"class_name": "...", "config": {...}}',
        )
    return _from_config(identifier, module_objects, custom_objects, printable_module_name)


def _from_config(
    description: dict[str, Any], module_objects: Mapping[str, Any] | None, custom_objects: Mapping[str, Any] | None,
    kind: str,
) -> Any:
    name, config = description["class_name"], description.get("config", {})
    if name == "__tuple__":
        return tuple(deserialize_item(item, module_objects, custom_objects) for item in description["items"])
    if name == "__numpy__":
        return np.array(config["value"], config["dtype"])
    if name == "function":
        return _look_up(config, module_objects, custom_objects, kind)
    if name.startswith("__"):
        raise code_error(f"a {kind} of kind {name}")
    registered = description.get("registered_name")
    cls = get_registered_object(registered, custom_objects) if registered else None
    cls = _look_up(name, module_objects, custom_objects, kind) if cls is None else cls
    config = copy.deepcopy(config)
    if isinstance(config, dict):
        config = {key: _passive(item, module_objects, custom_objects) for key, item in config.items()}
    return _made(cls, config, custom_objects)


def _made(cls: Any, config: Any, custom_objects: Mapping[str, Any] | None) -> Any:
    """An object of the class by its from_config, or by the arguments that the configuration holds."""
    make = getattr(cls, "from_config", None)
    with CustomObjectScope(custom_objects):
        if make is None:
            return cls(**config)
        if "custom_objects" in inspect.signature(make).parameters:
            return make(config, custom_objects=dict(custom_objects or {}))
        return make(config)


def _passive(item: Any, module_objects: Mapping[str, Any] | None, custom_objects: Mapping[str, Any] | None) -> Any:
    """An object within a configuration that its class cannot read by itself: such items are marked."""
    if isinstance(item, dict) and "__passive_serialization__" in item:
        return deserialize_keras_object(item, module_objects, custom_objects, "config item")
    return item


def deserialize_item(item: Any, module_objects: Any = None, custom_objects: Any = None) -> Any:
    """An item of a list in a configuration: an object if it describes one, else itself."""
    return (
        deserialize_keras_object(item, module_objects, custom_objects, "item")
        if isinstance(item, dict) and "class_name" in item
        else item
    )


def _look_up(name: Any, module_objects: Any, custom_objects: Any, kind: str) -> Any:
    found = get_registered_object(name, custom_objects, module_objects) if isinstance(name, str) else None
    if found is not None:
        return found
    if name == "<lambda>":
        raise ArgumentError(
            f"the {kind} was a lambda, which has no name to find it by", rule="functions are saved by their names",
            hint="custom_objects={'<lambda>': f} gives it when loading; a function made by def is found by its own name",
        )
    known = {key for table in (module_objects, custom_objects, _everywhere, *_scopes.tables) if table for key in table}
    near = did_you_mean(str(name), known, most=3)
    raise ArgumentError(
        f"unknown {kind} {name!r}",
        rule="the library's own names, and those of custom_objects",
        hint=(f"{near} " if near else "")
        + f"{_a(kind)} of your own is given as the object itself, or, in load_model, as custom_objects={{{str(name)!r}: ...}}",
    )


def _a(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def find(identifier: Any, objects: Mapping[str, Any], kind: str) -> Any:
    """What an argument such as kernel_initializer="zeros" means: None, a name, a configuration, a class, an object."""
    if inspect.isclass(identifier):
        return identifier()
    if identifier is None or isinstance(identifier, (str, dict)) or callable(identifier):
        return deserialize_keras_object(identifier, objects, None, kind)
    raise ArgumentError(
        f"{identifier!r} is no {kind}", rule="a name, a configuration, an object or a function",
        hint="names: " + ", ".join(sorted(n for n in objects if n.islower())[:12]),
    )


# ---- functions in files


def named_function(value: Any, custom_objects: Mapping[str, Any] | None = None, kind: str = "function") -> Any:
    """The function that a saved model names; Python code in a file, as older versions wrote it, is refused."""
    if value is None or (callable(value) and not isinstance(value, str)):
        return value
    if isinstance(value, str):
        known = get_registered_object(value, custom_objects)
        if known is None and isinstance(value, FunctionName):
            return value.function
        return _look_up(value, None, custom_objects, kind)
    if isinstance(value, dict) and value.get("class_name") == "function":
        return _look_up(value["config"], None, custom_objects, kind)
    raise code_error(f"a {kind}")


def code_error(what: str) -> DataError:
    """The error for Python code in a configuration."""
    return DataError(
        f"the configuration holds {what} as compiled Python code, which is not run",
        rule="code in a model file would do on your machine whatever its author likes",
        hint="write the function by name in your program, build the model with it, and load the weights alone: "
        "model.load_weights(path)",
    )
