"""Metrics as objects: a state that is updated with each batch, and a result."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core.graph import graph_of
from deepkit.core.nest import flatten, map_leaves
from deepkit.core.symbol import Symbol
from deepkit.core.tensor import Tensor
from deepkit.errors import ArgumentError, ShapeError
from deepkit.keras import registry
from deepkit.keras.backend import context
from deepkit.keras.backend.context import calling
from deepkit.keras.backend.session import World, get_uid, snake_case
from deepkit.keras.backend.tensors import int_shape, ndim, tensor
from deepkit.keras.base.layer import Layer
from deepkit.keras.losses.reduction import squeeze_last
from deepkit.keras.metrics.names import FUNCTIONS
from deepkit.keras.user_functions import call_own
from deepkit.layers.metrics.means import count_and_sum, of_equal_rank

__all__ = [
    "Mean", "MeanMetricWrapper", "MeanTensor", "Metric", "Reduce", "Sum", "SumOverBatchSize",
    "SumOverBatchSizeMetricWrapper",
]


class Metric(Layer):
    """Base of all metrics: `update_state` adds a batch to the state, `result` computes the metric from it.

    A subclass makes its state with add_weight in __init__ and changes it with assign and assign_add.

    >>> class Largest(Metric):
    ...     def __init__(self, name="largest"):
    ...         super().__init__(name)
    ...         self.most = self.add_weight("most")
    ...     def update_state(self, y_true, y_pred, sample_weight=None):
    ...         return self.most.assign(ops.maximum(self.most.read(), ops.reduce_max(y_pred)))
    ...     def result(self):
    ...         return self.most.read()
    >>> metric = Largest()
    >>> _ = metric.update_state([0.0, 0.0], [2.0, 5.0]), metric.update_state([0.0], [3.0])
    >>> metric.result().item()
    5.0
    """

    is_part = False

    def __init_subclass__(cls, **kwargs: Any):
        super().__init_subclass__(**kwargs)
        for name, wrap in (("update_state", _updating), ("result", _computing)):
            if name in vars(cls):
                setattr(cls, name, wrap(vars(cls)[name]))

    def __init__(self, name: str | None = None, dtype: Any = None, **kwargs: Any):
        self._in_graph, self.stateful = 0, True
        super().__init__(name=name or _next_name(type(self)), dtype=dtype, **kwargs)
        self.built = True

    def add_weight(  # type: ignore[override]
        self, name: str, shape: Any = (), initializer: Any = "zeros", dtype: Any = None, **kwargs: Any
    ) -> Any:
        """A part of the state, which training does not move."""
        return super().add_weight(name, tuple(shape), dtype, initializer or "zeros", trainable=False)

    def prepare(self, *args: Any, **kwargs: Any) -> None:
        """Makes what part of the state depends on the shapes of the first batch; the arguments are update_state's."""

    def update_state(self, *args: Any, **kwargs: Any) -> Any:
        """Adds a batch to the state: at once if it holds arrays or Tensors, else the updates to run."""
        raise ArgumentError(
            f"{type(self).__name__} does not define update_state(self, y_true, y_pred, sample_weight=None)"
        )

    def result(self) -> Any:
        """The metric of all batches so far."""
        raise ArgumentError(f"{type(self).__name__} does not define result(self)")

    def reset_states(self) -> None:
        """Starts anew: all parts of the state become 0."""
        for w in self.weights:
            World.of(w).holder.store[w] = np.zeros(w.shape.as_list(), w.dtype.numpy)

    def reset_state(self) -> None:
        """The same as reset_states, by its newer name."""
        self.reset_states()

    def merge_state(self, metrics: Any) -> None:
        """Adds the states of other metrics of the same kind, as if their batches had been this one's."""
        for other in metrics:
            if [int_shape(w) for w in other.weights] != [int_shape(w) for w in self.weights]:
                raise ArgumentError(f"{self.name!r} cannot take in the state of {other.name!r}: they differ in shape")
            for own, more in zip(self.weights, other.weights, strict=True):
                own.eager.assign_add(more.eager.read())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Updates the state and gives the result that it leads to."""
        with context.counting():
            updates = self.update_state(*args, **kwargs)
        graph = graph_of(*flatten([args, list(kwargs.values())]))
        if graph is None:
            result = self.result()
        else:
            with graph.control_dependencies(listed_updates(updates)), self.beside(updates):
                result = ops.identity(self.result())
        context.set_metric(result, self, (args, kwargs))
        return result

    @contextlib.contextmanager
    def beside(self, x: Any) -> Iterator[None]:
        """A block in which the state is what goes with `x`: Parameters beside Tensors, variables beside Symbols."""
        symbols = int(not isinstance(x, Tensor))
        self._in_graph += symbols
        try:
            yield
        finally:
            self._in_graph -= symbols

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "dtype": self.dtype}


def _next_name(cls: type) -> str:
    """auc, then auc_1, auc_2: the names under which metrics appear in the logs."""
    name = snake_case(cls.__name__)
    number = get_uid(f"metric {name}") - 1
    return f"{name}_{number}" if number else name


def listed_updates(updates: Any) -> list[Any]:
    """What update_state returned, as a list without None."""
    items = updates if isinstance(updates, (list, tuple)) else [updates]
    return [u for u in items if u is not None]


def _updating(update_state: Callable[..., Any]) -> Callable[..., Any]:
    """update_state as users call it: on arrays it acts at once; on Symbols its assignments are what it returns."""

    @functools.wraps(update_state)
    def call(self: Metric, *args: Any, **kwargs: Any) -> Any:
        symbols = [x for x in flatten([args, list(kwargs.values())]) if isinstance(x, Symbol)]
        if not symbols:
            self.prepare(*args, **kwargs)
            with calling(eager=True):
                return update_state(self, *args, **kwargs)
        graph = symbols[0].graph
        with graph.as_default():
            self.prepare(*args, **kwargs)
            with graph.recording() as made:
                done = update_state(self, *args, **kwargs)
        return list(dict.fromkeys([*listed_updates(done), *[node.outputs[0] for node in made if node.op.writes]]))

    return call


def _computing(result: Callable[..., Any]) -> Callable[..., Any]:
    """result as users call it: a Tensor, unless it is asked for beside Symbols."""

    @functools.wraps(result)
    def call(self: Metric) -> Any:
        with contextlib.nullcontext() if self._in_graph else calling(eager=True):
            return map_leaves(_value, result(self))

    return call


def _value(x: Any) -> Any:
    """A part of the state as what it holds now, anything else as a tensor."""
    return x.read() if hasattr(x, "read") else tensor(x)


# ---- means


class Reduce(Metric):
    """Base of sums and means: a running total of weighted values, and what it is divided by."""

    weighted_count = True
    """Whether weights count in the divisor, too; None: there is no divisor."""

    def __init__(self, name: str | None = None, dtype: Any = None):
        super().__init__(name, dtype)
        self.total = self.add_weight("total")
        if self.weighted_count is not None:
            self.count = self.add_weight("count")

    def update_state(self, values: Any, sample_weight: Any = None) -> Any:
        values = ops.cast(tensor(values), self.dtype)
        weight: Any = None
        if sample_weight is not None:
            values, weight = weighed(values, sample_weight, self.weighted_count is None)
        if not self.weighted_count and weight is not None:  # weights count in the sum alone
            values, weight = values * weight, None
        count, total = count_and_sum(values, weight)
        updates = [self.total.assign_add(total)]
        return updates if self.weighted_count is None else [*updates, self.count.assign_add(count)]

    def result(self) -> Any:
        if self.weighted_count is None:
            return ops.identity(self.total.read())
        return ops.div_no_nan(self.total.read(), self.count.read())


class Sum(Reduce):
    """The weighted sum of all values.

    >>> metric = Sum()
    >>> _ = metric.update_state([1, 3]), metric.update_state([5], sample_weight=[2])
    >>> metric.result().item()
    14.0
    """

    weighted_count = None  # type: ignore[assignment]

    def __init__(self, name: str | None = "sum", dtype: Any = None):
        super().__init__(name, dtype)


class Mean(Reduce):
    """The weighted mean of all values; 0 before the first.

    >>> Mean()([1, 3, 5, 7], sample_weight=[1, 1, 0, 0]).item()
    2.0
    """

    def __init__(self, name: str | None = "mean", dtype: Any = None):
        super().__init__(name, dtype)


class SumOverBatchSize(Reduce):
    """The weighted sum of all values divided by their number."""

    weighted_count = False

    def __init__(self, name: str | None = "sum_over_batch_size", dtype: Any = None):
        super().__init__(name, dtype)


class _Wrapper:
    """A function of targets and predictions before a mean of its values. Mixed into a Reduce."""

    _fn: Callable[..., Any]
    _fn_kwargs: dict[str, Any]

    def values(self, y_true: Any, y_pred: Any) -> Any:
        """fn of both in the metric's type, a last axis of length 1 taken from the one that has an axis more."""
        y_true, y_pred = (ops.cast(tensor(y), self.dtype) for y in (y_true, y_pred))  # type: ignore[attr-defined]
        y_true, y_pred = squeeze_last(y_true, y_pred)
        return call_own(self._fn, "the metric", y_true, y_pred, **self._fn_kwargs)

    def valid(self, y_true: Any, values: Any) -> Any:
        """Which of the values count: a mask, or None for all."""
        return None


class MeanMetricWrapper(_Wrapper, Mean):
    """The weighted mean of fn(y_true, y_pred) over all samples."""

    def __init__(self, fn: Callable[..., Any], name: str | None = None, dtype: Any = None, **kwargs: Any):
        Mean.__init__(self, name, dtype)
        self._fn, self._fn_kwargs = fn, kwargs

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        values = self.values(y_true, y_pred)
        valid = self.valid(y_true, values)
        if valid is not None:
            mask = ops.cast(valid, self.dtype)
            sample_weight = mask if sample_weight is None else mask * weighed(mask, sample_weight)[1]
        return Mean.update_state(self, values, sample_weight)

    def get_config(self) -> dict[str, Any]:
        own = {"fn": self._fn} if type(self) is MeanMetricWrapper else {}
        return {**super().get_config(), **self._fn_kwargs, **own}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        if cls is not MeanMetricWrapper:
            return cls(**config)
        config = dict(config)
        return cls(registry.find(config.pop("fn"), FUNCTIONS, "metric"), **config)


class SumOverBatchSizeMetricWrapper(_Wrapper, SumOverBatchSize):
    """The weighted sum of fn(y_true, y_pred) over all samples, divided by their number."""

    def __init__(self, fn: Callable[..., Any], name: str | None = None, dtype: Any = None, **kwargs: Any):
        SumOverBatchSize.__init__(self, name, dtype)
        self._fn, self._fn_kwargs = fn, kwargs

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        return SumOverBatchSize.update_state(self, self.values(y_true, y_pred), sample_weight)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self._fn_kwargs}


class MeanTensor(Metric):
    """The weighted mean of tensors of one shape, number by number.

    >>> metric = MeanTensor()
    >>> _ = metric.update_state([0, 1, 2]), metric.update_state([4, 5, 6])
    >>> metric.result().numpy().tolist()
    [2.0, 3.0, 4.0]
    """

    def __init__(self, name: str | None = "mean_tensor", dtype: Any = None, shape: Any = None):
        super().__init__(name, dtype)
        self.total = self.count = None
        if shape is not None:
            self._make(tuple(shape))

    def _make(self, shape: tuple[Any, ...]) -> None:
        self.total, self.count = self.add_weight("total", shape), self.add_weight("count", shape)

    def prepare(self, values: Any, sample_weight: Any = None) -> None:
        shape = tuple(int_shape(tensor(values)) or ())
        if self.total is None:
            self._make(shape)
        known = int_shape(self.total)
        if not tensor(values).shape.is_compatible_with(known):
            raise ShapeError(
                f"{self.name}: values of shape {shape} after values of shape {known}", rule="all of one shape"
            )

    def update_state(self, values: Any, sample_weight: Any = None) -> Any:
        values = ops.cast(tensor(values), self.dtype)
        count = ops.ones_like(values)
        if sample_weight is not None:
            values, weight = weighed(values, sample_weight)
            values, count = values * weight, count * weight
        return [self.total.assign_add(values), self.count.assign_add(count)]  # type: ignore[attr-defined]

    def result(self) -> Any:
        if self.total is None or self.count is None:
            raise ArgumentError(f"{self.name} has no values yet", hint="update_state(values), then result()")
        return ops.div_no_nan(self.total.read(), self.count.read())


def weighed(values: Any, sample_weight: Any, total: bool = False) -> tuple[Any, Any]:
    """(values, weights) that fit each other, in one type.

    Weights with one axis more or less than the values lose or get a last axis; weights with fewer axes weigh the
    means (or sums) over the others.
    """
    weight = ops.cast(tensor(sample_weight), values.dtype)
    weight = of_equal_rank(weight, values)
    if not ndim(weight) or _stretches(int_shape(weight) or (), int_shape(values) or ()):
        return values, weight
    reduce = ops.reduce_sum if total else ops.reduce_mean
    axes = list(range(ndim(weight) or 0, ndim(values) or 0))
    return (reduce(values, axes) if axes else values), weight


def _stretches(weight: tuple[int | None, ...], values: tuple[int | None, ...]) -> bool:
    return len(weight) == len(values) and all(
        w in (1, None, v) or v is None for w, v in zip(weight, values, strict=True)
    )


def pair(metric: Metric, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    """Targets and predictions as tensors of the metric's type and with equally many axes."""
    return squeeze_last(*(ops.cast(tensor(y), metric.dtype) for y in (y_true, y_pred)))
