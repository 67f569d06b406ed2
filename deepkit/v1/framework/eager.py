"""TensorFlow 1's eager execution: the functions of `tf` compute at once, and what variables and tapes are then."""

from __future__ import annotations

import sys
from typing import Any

from deepkit.core.graph import Graph, default_graph
from deepkit.core.tensor import Parameter
from deepkit.core.variable import Variable
from deepkit.errors import GraphError


class _Mode:
    """The graph that was the default one when eager execution began: where it is still, everything is computed at once."""

    graph: Graph | None = None


def enable_eager_execution(config: Any = None, device_policy: Any = None, execution_mode: Any = None) -> None:
    """From now on the functions of `tf` compute at once, except in a graph that the program opens itself.

    GraphError: the default graph has nodes already.

    >>> import deepkit.v1 as tf
    >>> tf.reset_default_graph()
    >>> tf.enable_eager_execution()
    >>> (tf.constant([1.0, 2.0]) + 1.0).numpy().tolist(), tf.executing_eagerly()
    ([2.0, 3.0], True)
    >>> tf.reset_default_graph()  # ends it
    """
    if executing_eagerly():
        return
    graph = default_graph()
    if graph.get_operations():
        raise GraphError(
            "enable_eager_execution: the graph has nodes already", rule="call it before anything of tf computes",
            hint="right after `import tensorflow as tf`; in a notebook begin with a fresh kernel",
        )
    _Mode.graph = graph
    vars(sys.modules["deepkit.v1"])["Variable"] = EagerVariable


def executing_eagerly() -> bool:
    """True if the functions of `tf` compute at once here: after enable_eager_execution, outside of graphs and their bodies."""
    return _Mode.graph is not None and default_graph() is _Mode.graph


class _OfBothKinds(type):
    """So that isinstance(v, tf.Variable) holds for the variables of graphs, too."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Variable) or super().__instancecheck__(instance)


class EagerVariable(Parameter, metaclass=_OfBothKinds):
    """`tf.Variable`: where tensors are computed at once a value that can be replaced, else a Variable of the graph."""

    __slots__ = ()

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return super().__new__(cls) if executing_eagerly() else Variable(*args, **kwargs)

    def __init__(
        self, initial_value: Any = None, trainable: bool = True, collections: Any = None, validate_shape: bool = True,
        caching_device: Any = None, name: str | None = None, variable_def: Any = None, dtype: Any = None, **unused: Any,
    ):
        value = initial_value() if callable(initial_value) else initial_value
        super().__init__(value, dtype=dtype, name=name or "Variable", trainable=bool(trainable))

    @property
    def name(self) -> str:
        """Its name, with the number of the output as a graph writes it."""
        return f"{self.label}:0"

    read_value = Parameter.read
