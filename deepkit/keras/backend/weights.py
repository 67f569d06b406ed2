"""A layer's weight: a variable of the graph, and the same numbers as a Parameter where a layer is called eagerly."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from deepkit.core.apply import is_tensor
from deepkit.core.graph import default_graph
from deepkit.core.tensor import Parameter
from deepkit.core.variable import Variable
from deepkit.device.dtypes import as_dtype
from deepkit.keras.backend.config import floatx
from deepkit.keras.backend.context import current, is_first
from deepkit.keras.backend.session import World, get_value
from deepkit.train.initializers import Initializer


class Weight(Variable):
    """A variable whose value lives in the Keras session; it is initialized when first needed.

    `eager` is the same weight as a Parameter: what layers see when they are called on Tensors.
    """

    __slots__ = ("_eager", "regularizer")

    def __init__(self, initial_value: Any, trainable: bool = True, name: str | None = None, constraint: Any = None,
                 regularizer: Any = None, dtype: Any = None):
        with default_graph().root.passing():
            super().__init__(initial_value, trainable=trainable, name=name, constraint=constraint, dtype=dtype)
        self.regularizer = regularizer
        self._eager: EagerWeight | None = None
        World.of(self).await_value([self])

    def assign(self, *args: Any, **kwargs: Any) -> Any:
        return _noted(super().assign(*args, **kwargs))

    def assign_add(self, *args: Any, **kwargs: Any) -> Any:
        return _noted(super().assign_add(*args, **kwargs))

    def assign_sub(self, *args: Any, **kwargs: Any) -> Any:
        return _noted(super().assign_sub(*args, **kwargs))

    def numpy(self) -> np.ndarray:
        """The value now."""
        return np.asarray(get_value(self))

    @property
    def eager(self) -> EagerWeight:
        if self._eager is None:
            self._eager = EagerWeight(self)
        return self._eager


def _noted(assignment: Any) -> Any:
    """An assignment made while layers are called happens with each run of them, whether or not add_update says so."""
    if not is_first():
        current().updates.append(assignment)
    return assignment


class EagerWeight(Parameter):
    """A weight as a Tensor. Its value is the one in the session's store: read and written there, kept nowhere else."""

    __slots__ = ("weight",)

    def __init__(self, weight: Weight):
        self.weight = weight
        self.node, self.index = None, 0
        self.label, self.trainable = weight.node.name, weight.trainable

    @property
    def value(self) -> Any:  # type: ignore[override]
        return World.of(self.weight).session.store[self.weight]

    @value.setter
    def value(self, array: Any) -> None:
        World.of(self.weight).session.store[self.weight] = array

    @property
    def constraint(self) -> Any:
        return self.weight.constraint

    @property
    def regularizer(self) -> Any:
        return self.weight.regularizer


def make_weight(
    name: str, shape: tuple[int, ...], initializer: Callable[..., Any], dtype: Any = "float32", trainable: bool = True,
    regularizer: Any = None, constraint: Any = None,
) -> Weight:
    """A weight that starts with initializer(shape); the library's own initializers become nodes of the graph."""
    kind = as_dtype(dtype)

    def start() -> Any:
        if isinstance(initializer, Initializer):
            return initializer(default_graph().constant(np.array(shape, np.int32), "shape"), kind)
        try:
            value = initializer(shape, dtype=kind.name)
        except TypeError:  # a user's function of the shape alone
            value = initializer(shape)
        return value if is_tensor(value) else np.asarray(value, kind.numpy)

    return Weight(start, trainable=trainable, name=name, constraint=constraint, regularizer=regularizer)


def variable(value: Any, dtype: Any = None, name: str | None = None, constraint: Any = None) -> Variable:
    """A variable that starts with `value`; `get_value` and `set_value` reach what it holds."""
    start = value if is_tensor(value) else np.asarray(value, as_dtype(dtype or floatx()).numpy)
    return Weight(start, name=name, constraint=constraint)


def beside(x: Any, weight: Weight) -> Any:
    """`weight` in the world of `x`: itself beside Symbols, the Parameter beside Tensors."""
    return weight if isinstance(x, Variable) or not isinstance(x, Parameter) else weight.eager


def _swapped(value: Any) -> Any:
    """`value` with every Weight in it replaced by its Parameter; the same object if there is none."""
    if isinstance(value, Weight):
        return value.eager
    if isinstance(value, (list, tuple)) and any(isinstance(v, (Weight, list, tuple, dict)) for v in value):
        return type(value)([_swapped(v) for v in value])
    if isinstance(value, dict) and any(isinstance(v, (Weight, list, tuple)) for v in value.values()):
        return {k: _swapped(v) for k, v in value.items()}
    return value


@contextlib.contextmanager
def eager_weights(holders: Iterable[Any]) -> Iterator[None]:
    """Inside, the attributes of these objects hold Parameters instead of Weights, so that calls compute at once."""
    saved: list[tuple[dict[str, Any], dict[str, Any]]] = []
    try:
        for holder in holders:
            own = vars(holder)
            changed = {
                key: value for key, value in own.items() if not key.startswith("_") and _swapped(value) is not value
            }
            saved.append((own, changed))
            own.update({key: _swapped(value) for key, value in changed.items()})
        yield
    finally:
        for own, changed in reversed(saved):
            own.update(changed)
