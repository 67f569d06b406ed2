"""`import tensorflow` and `import keras`, and what lies below them, find deepkit."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from types import ModuleType, SimpleNamespace
from typing import Any

from deepkit.commands.tf1.moved_modules import MOVED, NAMES
from deepkit.errors import MissingModuleError
from deepkit.keras import dialects
from deepkit.loading import load_module
from deepkit.v1.framework.unknown_names import advice, missing_name

ROOTS = {
    "tensorflow": "deepkit.v1", "keras": "deepkit.keras",
    "keras_applications": "deepkit.keras.applications", "keras_preprocessing": "deepkit.keras.preprocessing",
}
_KERAS_OF_TENSORFLOW = ("tensorflow.keras", "tensorflow.contrib.keras", "tensorflow.python.keras")
TUTORIAL = "input_data"  # a file of this name once lay beside the scripts of the tutorials
# TensorBoard's own library looks for this module to learn that there is no TensorFlow to use.
NO_TENSORFLOW = "tensorboard.compat.notf"


def install() -> None:
    """From now on `import tensorflow` and `import keras` give deepkit in this process, whatever is installed."""
    sys.meta_path[:0] = [Finder()]
    sys.meta_path.append(TutorialFinder())


def resolve(name: str) -> Any:
    """What `name`, such as "tensorflow.nn.relu" or "tensorflow.python.framework.ops", is in deepkit.

    None is the answer for a module that only holds others. MissingModuleError if there is nothing.
    """
    head, _, rest = name.partition(".")
    for cut in range(len(name.split(".")), 0, -1):
        prefix = ".".join(name.split(".")[:cut])
        if prefix in MOVED:
            return resolve(MOVED[prefix] + name[len(prefix) :])
    found: Any = _root(head)
    path = head
    for part in rest.split(".") if rest else ():
        path += f".{part}"
        try:
            found = getattr(found, part)
        except AttributeError as error:
            if _submodule(found, part):
                found = load_module(f"{found.__name__}.{part}")
            elif any(old.startswith(f"{path}.") for old in MOVED):
                found = None
            else:
                raise _missing(name) from error
    return found


def _root(head: str) -> ModuleType:
    target = ROOTS[head]
    if importlib.util.find_spec(target) is None:
        raise MissingModuleError(
            f"`import {head}` finds nothing in deepkit", rule=f"it would be {target}, which this deepkit does not have"
        )
    return load_module(target)


def _submodule(package: Any, name: str) -> bool:
    if not isinstance(package, ModuleType) or not hasattr(package, "__path__"):
        return False
    return importlib.util.find_spec(f"{package.__name__}.{name}") is not None


def _missing(name: str) -> MissingModuleError:
    head, _, rest = name.partition(".")
    hint = advice(f"tf.{rest}") if head == "tensorflow" else None
    return MissingModuleError(f"deepkit has no {name}", hint=hint)


class Face(ModuleType):
    """A module under TensorFlow's or Keras' name whose contents are deepkit's."""

    def __init__(self, name: str, target: Any):
        super().__init__(name, getattr(target, "__doc__", None))
        self.__path__: list[str] = []  # "it may have submodules": Finder decides
        self.__target__ = target
        if hasattr(target, "__version__"):
            self.__version__ = target.__version__
        moved = [n.removeprefix(f"{name}.") for n in NAMES if n.rpartition(".")[0] == name]
        self.__all__ = [n for n in [*dir(target), *moved] if not n.startswith("_")]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        full = f"{self.__name__}.{name}"
        if full in NAMES:
            found = resolve(NAMES[full])
            return load_module(NAMES[full]) if isinstance(found, ModuleType) else found
        if any(f"{old}.".startswith(f"{full}.") for old in MOVED):
            return load_module(full)
        if self.__target__ is None:
            raise missing_name(full)
        return getattr(self.__target__, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.__target__(*args, **kwargs)  # keras.layers.merge is a module and a function

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.__all__})


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds tensorflow, keras and everything below them in deepkit."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """A spec for the names that are ours; MissingModuleError for one of them that deepkit does not have."""
        if fullname == NO_TENSORFLOW:
            return importlib.machinery.ModuleSpec(fullname, self)
        if fullname.partition(".")[0] not in ROOTS:
            return None
        found = resolve(fullname)
        if not (found is None or isinstance(found, (ModuleType, SimpleNamespace, type))):
            raise _missing(fullname)
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        _speak(spec.name)
        return ModuleType(spec.name) if spec.name == NO_TENSORFLOW else Face(spec.name, resolve(spec.name))

    def exec_module(self, module: ModuleType) -> None:
        """Nothing: a face is complete when it is made."""


def _speak(name: str) -> None:
    """The Keras that a program imports decides which Keras its process speaks; the standalone one where it uses both."""
    if name.partition(".")[0] == "keras" and dialects.spoken() != dialects.STANDALONE:
        dialects.speak(dialects.STANDALONE)
    elif name in _KERAS_OF_TENSORFLOW and dialects.spoken() == dialects.LAST:
        dialects.speak(dialects.TENSORFLOW_1)


class TutorialFinder(importlib.abc.MetaPathFinder):
    """Finds the tutorials' input_data for a script that expects a file of this name beside it and has none."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """A spec for `input_data` only."""
        if fullname != TUTORIAL:
            return None
        return importlib.machinery.ModuleSpec(fullname, _TutorialLoader())


class _TutorialLoader(importlib.abc.Loader):
    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return Face(spec.name, resolve("tensorflow.examples.tutorials.mnist.input_data"))

    def exec_module(self, module: ModuleType) -> None:
        """Nothing: a face is complete when it is made."""
