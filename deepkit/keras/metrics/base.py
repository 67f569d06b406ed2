"""Metrics as objects: a state that is updated with each batch, and a result."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core.apply import convert, is_tensor
from deepkit.core.tensor import Tensor
from deepkit.keras.backend.session import World
from deepkit.keras.engine.layer import Layer


class Metric(Layer):
    """Base of all metrics: `update_state` adds a batch to the state, `result` computes the metric from it.

    A subclass makes its state with add_weight in __init__ and changes it with assign and assign_add.
    """

    def __init__(self, name: str | None = None, dtype: Any = None, **kwargs: Any):
        super().__init__(name=name, dtype=dtype, **kwargs)
        self.built = True

    def add_weight(self, name: str, shape: Any = (), initializer: Any = "zeros", dtype: Any = None, **kw: Any) -> Any:  # type: ignore[override]
        """A part of the state, which training does not move."""
        return super().add_weight(name, tuple(shape), dtype, initializer, trainable=False)

    def update_state(self, *args: Any, **kwargs: Any) -> Any:
        """Adds a batch to the state."""
        raise TypeError(f"{type(self).__name__} does not define update_state")

    def result(self) -> Any:
        """The metric of all batches so far."""
        raise TypeError(f"{type(self).__name__} does not define result")

    def reset_states(self) -> None:
        """Starts anew: all parts of the state become 0."""
        for w in self.weights:
            World.of(w).holder.store[w] = np.zeros(w.shape.as_list(), w.dtype.numpy)

    def reset_state(self) -> None:
        self.reset_states()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Updates the state with Tensors or arrays, and gives the result."""
        with self._on_tensors():
            self.update_state(*args, **kwargs)
            return self.result()

    def beside(self, x: Any) -> Any:
        """A block in which the state is what goes with `x`: Parameters beside Tensors, variables beside Symbols."""
        return self._on_tensors() if isinstance(x, Tensor) else contextlib.nullcontext()

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "dtype": self.dtype}


class Mean(Metric):
    """The weighted mean of all values it was given; 0 before the first."""

    def __init__(self, name: str = "mean", dtype: Any = None):
        super().__init__(name, dtype)
        self.total = self.add_weight("total")
        self.count = self.add_weight("count")

    def update_state(self, values: Any, sample_weight: Any = None) -> Any:
        values = ops.cast(convert(values), self.dtype)
        if sample_weight is None:
            count = ops.cast(ops.size(values), self.dtype)
        else:
            weight = fit_weight(ops.cast(convert(sample_weight, beside=values), self.dtype), values)
            values = values * weight
            count = ops.reduce_sum(ops.broadcast_like(weight, values))
        return [self.total.assign_add(ops.reduce_sum(values)), self.count.assign_add(count)]

    def result(self) -> Any:
        return ops.div_no_nan(self.total.read(), self.count.read())


class MeanMetricWrapper(Mean):
    """The mean of fn(y_true, y_pred) over all samples."""

    def __init__(self, fn: Callable[..., Any], name: str | None = None, dtype: Any = None, **kwargs: Any):
        super().__init__(name or getattr(fn, "__name__", "metric"), dtype)
        self._fn, self._fn_kwargs = fn, kwargs

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        y_true, y_pred = (x if is_tensor(x) else convert(np.asarray(x)) for x in (y_true, y_pred))
        return super().update_state(self._fn(y_true, y_pred, **self._fn_kwargs), sample_weight)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self._fn_kwargs}


def fit_weight(weight: Any, values: Any) -> Any:
    """Sample weights with as many axes as the values: a last axis of length 1 is dropped or added."""
    rank, wanted = len(weight.shape), len(values.shape)
    if rank == wanted + 1:
        return ops.squeeze(weight, [-1])
    while 0 < rank < wanted:
        weight, rank = ops.expand_dims(weight, -1), rank + 1
    return weight
