"""A weight of a layer: a variable of the graph, which stands for its value where layers are called on Tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from deepkit.core.apply import is_tensor
from deepkit.core.graph import default_graph
from deepkit.core.tensor import Parameter
from deepkit.core.variable import Variable
from deepkit.device.dtypes import as_dtype
from deepkit.keras.backend.config import floatx
from deepkit.keras.backend.context import calling, current, is_first
from deepkit.keras.backend.session import World, get_value
from deepkit.train.initializers import Initializer


class Weight(Variable):
    """A variable whose value lives in the Keras session; it is initialized when first needed.

    What it stands for depends on the call that uses it, in each thread for itself: in a graph the variable, where a layer
    is called on Tensors `eager`, the leaf at which the way back of a gradient ends.
    """

    __slots__ = ("_eager", "regularizer")

    def __init__(self, initial_value: Any, trainable: bool = True, name: str | None = None, constraint: Any = None,
                 regularizer: Any = None, dtype: Any = None):
        with default_graph().root.passing(), calling(values=False):
            super().__init__(initial_value, trainable=trainable, name=name, constraint=constraint, dtype=dtype)
        self.regularizer = regularizer
        self._eager: EagerWeight | None = None
        World.of(self).await_value([self])

    def here(self) -> Any:
        return self.eager if current().values else self

    def read(self) -> Any:
        """The value: now where a layer is called on Tensors, else as an input of another op of the graph."""
        return self.eager.read() if current().values else super().read()

    value = read

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """The value now, where a layer is called on Tensors: what a step that runs eagerly can look at."""
        return self.eager.__array__(dtype, copy) if current().values else super().__array__(dtype, copy)

    def __float__(self) -> float:
        return float(self.eager) if current().values else super().__float__()

    def __bool__(self) -> bool:
        return bool(self.eager) if current().values else super().__bool__()

    def __len__(self) -> int:
        return len(self.eager) if current().values else super().__len__()

    def __repr__(self) -> str:
        return repr(self.eager) if current().values else super().__repr__()

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
    """An assignment made while layers are called happens with each run of them, unless add_update says otherwise."""
    if not is_first():
        current().updates.append((None, assignment))
    return assignment


class EagerWeight(Parameter):
    """A weight as a leaf of what is computed at once: its value is the one in the session's store, kept nowhere else."""

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

    made = Weight(start, trainable=trainable, name=name, constraint=constraint, regularizer=regularizer)
    if not is_first():
        current().weights.append(made)
    return made


def variable(value: Any, dtype: Any = None, name: str | None = None, constraint: Any = None) -> Variable:
    """A variable that starts with `value`; `get_value` and `set_value` reach what it holds."""
    start = value if is_tensor(value) else np.asarray(value, as_dtype(dtype or floatx()).numpy)
    return Weight(start, name=name, constraint=constraint)


def beside(x: Any, weight: Weight) -> Any:
    """`weight` in the world of `x`: itself beside Symbols, the Parameter beside Tensors."""
    return weight if isinstance(x, Variable) or not isinstance(x, Parameter) else weight.eager
