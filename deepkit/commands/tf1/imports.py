"""`import tensorflow` and `import keras`, and what lies below them, find deepkit."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from types import ModuleType, SimpleNamespace
from typing import Any

from deepkit.errors import MissingModuleError
from deepkit.keras import dialects
from deepkit.loading import load_module
from deepkit.v1.framework.unknown_names import missing_name, nearest

ROOTS = {"tensorflow": "deepkit.v1", "keras": "deepkit.keras"}

# Modules that stood elsewhere in TensorFlow 1 and Keras 2, and whose names they had.
MOVED = {
    "tensorflow.compat.v1": "tensorflow",
    "tensorflow.contrib.framework.python.ops": "tensorflow.contrib.framework",
    "tensorflow.contrib.keras": "keras",
    "tensorflow.contrib.keras.python": "keras",
    "tensorflow.contrib.keras.python.keras": "keras",
    "tensorflow.contrib.layers.python.layers": "tensorflow.contrib.layers",
    "tensorflow.contrib.learn.python.learn": "tensorflow.contrib.learn",
    "tensorflow.contrib.learn.python.learn.datasets.mnist": "tensorflow.examples.tutorials.mnist.input_data",
    "tensorflow.contrib.legacy_seq2seq.python.ops.seq2seq": "tensorflow.contrib.legacy_seq2seq",
    "tensorflow.contrib.rnn.python.ops.core_rnn": "tensorflow.nn",
    "tensorflow.contrib.rnn.python.ops.core_rnn_cell": "tensorflow.contrib.rnn",
    "tensorflow.contrib.rnn.python.ops.core_rnn_cell_impl": "tensorflow.contrib.rnn",
    "tensorflow.contrib.rnn.python.ops.rnn": "tensorflow.contrib.rnn",
    "tensorflow.contrib.rnn.python.ops.rnn_cell": "tensorflow.contrib.rnn",
    "tensorflow.contrib.slim.python.slim": "tensorflow.contrib.slim",
    "tensorflow.core.example.example_pb2": "tensorflow.train",
    "tensorflow.core.example.feature_pb2": "tensorflow.train",
    "tensorflow.core.framework.graph_pb2": "tensorflow",
    "tensorflow.core.framework.node_def_pb2": "tensorflow",
    "tensorflow.core.framework.summary_pb2": "tensorflow",
    "tensorflow.core.protobuf.config_pb2": "tensorflow",
    "tensorflow.core.util.event_pb2": "tensorflow",
    "tensorflow.keras": "keras",
    "tensorflow.python.client.device_lib": "tensorflow.device_lib",
    "tensorflow.python.client.session": "tensorflow",
    "tensorflow.python.client.timeline": "tensorflow.timeline",
    "tensorflow.python.framework.constant_op": "tensorflow",
    "tensorflow.python.framework.dtypes": "tensorflow",
    "tensorflow.python.framework.errors": "tensorflow.errors",
    "tensorflow.python.framework.ops": "tensorflow",
    "tensorflow.python.framework.random_seed": "tensorflow",
    "tensorflow.python.framework.tensor_shape": "tensorflow",
    "tensorflow.python.keras": "keras",
    "tensorflow.python.keras._impl": "keras",
    "tensorflow.python.keras._impl.keras": "keras",
    "tensorflow.python.layers.convolutional": "tensorflow.layers",
    "tensorflow.python.layers.core": "tensorflow.layers",
    "tensorflow.python.layers.layers": "tensorflow.layers",
    "tensorflow.python.layers.normalization": "tensorflow.layers",
    "tensorflow.python.layers.pooling": "tensorflow.layers",
    "tensorflow.python.lib.io.file_io": "tensorflow.gfile",
    "tensorflow.python.lib.io.tf_record": "tensorflow.python_io",
    "tensorflow.python.ops.array_ops": "tensorflow",
    "tensorflow.python.ops.clip_ops": "tensorflow",
    "tensorflow.python.ops.control_flow_ops": "tensorflow",
    "tensorflow.python.ops.data_flow_ops": "tensorflow",
    "tensorflow.python.ops.embedding_ops": "tensorflow.nn",
    "tensorflow.python.ops.gradients": "tensorflow",
    "tensorflow.python.ops.gradients_impl": "tensorflow",
    "tensorflow.python.ops.image_ops": "tensorflow.image",
    "tensorflow.python.ops.init_ops": "tensorflow",
    "tensorflow.python.ops.io_ops": "tensorflow",
    "tensorflow.python.ops.logging_ops": "tensorflow",
    "tensorflow.python.ops.math_ops": "tensorflow",
    "tensorflow.python.ops.nn": "tensorflow.nn",
    "tensorflow.python.ops.nn_impl": "tensorflow.nn",
    "tensorflow.python.ops.nn_ops": "tensorflow.nn",
    "tensorflow.python.ops.parsing_ops": "tensorflow",
    "tensorflow.python.ops.random_ops": "tensorflow",
    "tensorflow.python.ops.rnn": "tensorflow.nn",
    "tensorflow.python.ops.rnn_cell": "tensorflow.nn.rnn_cell",
    "tensorflow.python.ops.rnn_cell_impl": "tensorflow.nn.rnn_cell",
    "tensorflow.python.ops.script_ops": "tensorflow",
    "tensorflow.python.ops.sparse_ops": "tensorflow",
    "tensorflow.python.ops.standard_ops": "tensorflow",
    "tensorflow.python.ops.state_ops": "tensorflow",
    "tensorflow.python.ops.string_ops": "tensorflow",
    "tensorflow.python.ops.tensor_array_ops": "tensorflow",
    "tensorflow.python.ops.variable_scope": "tensorflow",
    "tensorflow.python.ops.variables": "tensorflow",
    "tensorflow.python.platform.app": "tensorflow.app",
    "tensorflow.python.platform.flags": "tensorflow.flags",
    "tensorflow.python.platform.gfile": "tensorflow.gfile",
    "tensorflow.python.platform.tf_logging": "tensorflow.logging",
    "tensorflow.python.pywrap_tensorflow": "tensorflow.train",
    "tensorflow.python.saved_model": "tensorflow.saved_model",
    "tensorflow.python.summary.summary": "tensorflow.summary",
    "tensorflow.python.summary.summary_iterator": "tensorflow.train",
    "tensorflow.python.training.adam": "tensorflow.train",
    "tensorflow.python.training.basic_session_run_hooks": "tensorflow.train",
    "tensorflow.python.training.checkpoint_utils": "tensorflow.train",
    "tensorflow.python.training.coordinator": "tensorflow.train",
    "tensorflow.python.training.monitored_session": "tensorflow.train",
    "tensorflow.python.training.moving_averages": "tensorflow.train",
    "tensorflow.python.training.optimizer": "tensorflow.train",
    "tensorflow.python.training.queue_runner": "tensorflow.train",
    "tensorflow.python.training.saver": "tensorflow.train",
    "tensorflow.python.training.session_run_hook": "tensorflow.train",
    "tensorflow.python.training.supervisor": "tensorflow.train",
    "tensorflow.python.training.training": "tensorflow.train",
    "tensorflow.python.training.training_util": "tensorflow.train",
    "tensorflow.python.util.compat": "tensorflow.compat",
    "keras.backend.tensorflow_backend": "keras.backend",
    "keras.backend.common": "keras.backend",
    "keras.callbacks.callbacks": "keras.callbacks",
    "keras.engine.base_layer": "keras.layers",
    "keras.engine.input_layer": "keras.layers",
    "keras.engine.saving": "keras.models",
    "keras.engine.topology": "keras.engine",
    "keras.engine.training": "keras.models",
    "keras.layers.advanced_activations": "keras.layers",
    "keras.layers.convolutional": "keras.layers",
    "keras.layers.core": "keras.layers",
    "keras.layers.embeddings": "keras.layers",
    "keras.layers.local": "keras.layers",
    "keras.layers.noise": "keras.layers",
    "keras.layers.normalization": "keras.layers",
    "keras.layers.pooling": "keras.layers",
    "keras.layers.recurrent": "keras.layers",
    "keras.layers.wrappers": "keras.layers",
    "keras.legacy.layers": "keras.layers",
    "keras.objectives": "keras.losses",
    "keras.utils.training_utils": "keras.utils",
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
    hint = nearest(f"tf.{rest}") if head == "tensorflow" else None
    return MissingModuleError(f"deepkit has no {name}", hint=hint)


class Face(ModuleType):
    """A module under TensorFlow's or Keras' name whose contents are deepkit's."""

    def __init__(self, name: str, target: Any):
        super().__init__(name, getattr(target, "__doc__", None))
        self.__path__: list[str] = []  # "it may have submodules": Finder decides
        self.__target__ = target
        if hasattr(target, "__version__"):
            self.__version__ = target.__version__
        self.__all__ = [n for n in dir(target) if not n.startswith("_")]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        full = f"{self.__name__}.{name}"
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
