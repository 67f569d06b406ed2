"""TensorFlow 1's eager execution: the functions of `tf` compute at once, and what variables and tapes are then."""

from __future__ import annotations

import contextlib
import sys
from typing import Any

from deepkit.core.autodiff import gradients
from deepkit.core.graph import Graph, default_graph
from deepkit.core.nest import flatten, leaves, pack
from deepkit.core.symbol import Symbol
from deepkit.core.tensor import Parameter
from deepkit.core.variable import Variable, leaf_of
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


class GradientTape:
    """`with tf.GradientTape() as tape: y = f(x)`, then tape.gradient(y, x): what `tf.gradients(y, x)` is, at once or in a graph.

    A tensor remembers how it was made, inside of the tape or not, so there is nothing to watch, and every tape may be
    asked again.
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True):
        self.persistent = persistent

    def __enter__(self) -> GradientTape:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to stop."""

    def watch(self, tensor: Any) -> None:
        """Nothing: see above."""

    def stop_recording(self) -> contextlib.AbstractContextManager[None]:
        """A context; what is computed in it is differentiated all the same: `tf.stop_gradient` ends a path."""
        return contextlib.nullcontext()

    def gradient(
        self, target: Any, sources: Any, output_gradients: Any = None, unconnected_gradients: Any = "none"
    ) -> Any:
        """The derivative of sum(target) by each of `sources`, in their form: a tensor, a list or a dict of them."""
        known = not any(isinstance(y, Symbol) for y in leaves(target))
        wanted = [leaf_of(x) if known else x for x in flatten(sources)]
        found = gradients(target, wanted, output_gradients, warn=False, unconnected_gradients=unconnected_gradients)
        return pack(sources, found)
