"""`tf.contrib.eager`: variables, derivatives and data sets for programs that compute at once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from deepkit.core.apply import convert, is_tensor
from deepkit.core.autodiff import Recording, gradients, parameters_of
from deepkit.device import devices
from deepkit.errors import GradientError
from deepkit.v1.data import Dataset, make_one_shot_iterator
from deepkit.v1.framework.eager import EagerVariable as Variable
from deepkit.v1.framework.eager import enable_eager_execution, executing_eagerly
from deepkit.v1.framework.tape import GradientTape
from deepkit.v1.layers.base import Layer

__all__ = [
    "GradientTape", "Iterator", "Network", "Variable", "enable_eager_execution", "executing_eagerly", "gradients_function",
    "implicit_gradients", "implicit_value_and_gradients", "in_eager_mode", "num_gpus", "value_and_gradients_function",
]

in_eager_mode = executing_eagerly


def implicit_value_and_gradients(f: Callable[..., Any]) -> Callable[..., tuple[Any, list[tuple[Any, Any]]]]:
    """g(...) is the pair of f(...) and of [(derivative, variable), ...] for all trainable variables that f uses.

    GradientError: it uses none.
    """

    @functools.wraps(f)
    def both(*args: Any, **kwargs: Any) -> tuple[Any, list[tuple[Any, Any]]]:
        with Recording() as made:
            value = f(*args, **kwargs)
        variables = parameters_of(value, made)
        if not variables:
            raise GradientError(
                f"{getattr(f, '__name__', 'the function')} uses no trainable variable",
                rule="the derivatives are by tfe.Variable", hint="tfe.gradients_function(f) gives those by the arguments",
            )
        return value, list(zip(gradients(value, variables, warn=False, recording=made), variables, strict=True))

    return both


def implicit_gradients(f: Callable[..., Any]) -> Callable[..., list[tuple[Any, Any]]]:
    """g(...) is [(derivative of f(...), variable), ...] for all trainable variables that f uses, as optimizers take it."""
    both = implicit_value_and_gradients(f)
    return functools.wraps(f)(lambda *args, **kwargs: both(*args, **kwargs)[1])


def value_and_gradients_function(f: Callable[..., Any], params: Any = None) -> Callable[..., tuple[Any, list[Any]]]:
    """g(...) is the pair of f(...) and of the list of its derivatives by the arguments, or those that `params` numbers."""

    @functools.wraps(f)
    def both(*args: Any, dy: Any = None) -> tuple[Any, list[Any]]:
        given = [x if is_tensor(x) else convert(x) for x in args]
        with Recording() as made:
            value = f(*given)
        wanted = given if params is None else [given[i] for i in params]
        return value, gradients(value, wanted, dy, warn=False, recording=made)

    return both


def gradients_function(f: Callable[..., Any], params: Any = None) -> Callable[..., list[Any]]:
    """g(...) is the list of the derivatives of f(...) by its arguments, or those that `params` numbers.

    >>> import deepkit.v1 as tf
    >>> [d.item() for d in gradients_function(lambda x, y: x * x * y)(3.0, 2.0)]
    [12.0, 9.0]
    """
    both = value_and_gradients_function(f, params)
    return functools.wraps(f)(lambda *args, dy=None: both(*args, dy=dy)[1])


def Iterator(dataset: Dataset) -> Any:
    """The elements of a data set, one with each next()."""
    return make_one_shot_iterator(dataset)


class Network(Layer):
    """A model made of layers: `track_layer` in __init__, and a `call` that uses them."""

    def __init__(self, name: str | None = None):
        super().__init__(name=name)
        self.layers: list[Any] = []

    def track_layer(self, layer: Any) -> Any:
        """The layer, whose variables are the network's from now on."""
        self.layers.append(layer)
        return layer

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        return self.call(inputs, *args, **kwargs)

    @property
    def trainable_weights(self) -> list[Any]:
        """The variables of the layers that an optimizer changes."""
        return [v for layer in self.layers for v in layer.trainable_weights]

    @property
    def non_trainable_weights(self) -> list[Any]:
        """Their other variables."""
        return [v for layer in self.layers for v in layer.non_trainable_weights]

    trainable_variables, non_trainable_variables = trainable_weights, non_trainable_weights


def num_gpus() -> int:
    """How many GPUs there are."""
    return devices.gpu_count()
