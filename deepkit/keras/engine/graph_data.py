"""Data that a graph makes: data sets, their iterators, and tensors, as batches of arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from deepkit.core.nest import flatten
from deepkit.core.symbol import Symbol
from deepkit.errors import ArgumentError, OutOfRangeError
from deepkit.keras.backend.session import World


class DatasetBatches:
    """The elements of a data set, from its beginning in each round."""

    def __init__(self, dataset: Any):
        self.world, graph = _world_of(dataset.inputs)
        with graph.as_default(), graph.passing(), graph.name_scope(None), graph.control_dependencies(None):
            self.iterator = dataset.make_initializable_iterator()
            self.element = self.iterator.get_next()

    def __iter__(self) -> Iterator[Any]:
        session = self.world.session
        session.run(self.iterator.initializer)
        return _rounds(lambda: session.run(self.element))


class IteratorBatches:
    """The elements that an iterator still has, which can be read once."""

    def __init__(self, iterator: Any):
        self.element = iterator.get_next()
        self.world, _ = _world_of(flatten(self.element))
        self._left: Iterator[Any] | None = None

    def __iter__(self) -> Iterator[Any]:
        session = self.world.session
        return _rounds(lambda: session.run(self.element))


class TensorBatches:
    """What tensors, and arrays beside them, are in each run of their graph: (x, y, weights), without an end."""

    def __init__(self, parts: tuple[Any, ...]):
        self.parts = parts
        self.world, _ = _world_of(flatten(parts))

    def __iter__(self) -> Iterator[Any]:
        session = self.world.session
        symbols = [x for x in flatten(self.parts) if isinstance(x, Symbol)]
        while True:
            values = dict(zip(map(id, symbols), session.run(symbols), strict=True))
            yield tuple(_with_values(part, values) for part in self.parts)


def _with_values(part: Any, values: dict[int, Any]) -> Any:
    if isinstance(part, dict):
        return {key: _with_values(value, values) for key, value in part.items()}
    if isinstance(part, (list, tuple)):
        return type(part)([_with_values(value, values) for value in part])
    return values[id(part)] if isinstance(part, Symbol) else part


def _world_of(tensors: list[Any]) -> tuple[World, Any]:
    world = World.of(*tensors)
    return world, world.graph


def _rounds(element: Callable[[], Any]) -> Iterator[Any]:
    """Elements until there are no more."""
    while True:
        try:
            found = element()
        except OutOfRangeError:
            return
        yield found


def stream_of(x: Any, y: Any, sample_weight: Any, steps: int | None) -> Any:
    """What gives the batches where a graph makes the data; None where they are arrays, or made by Python.

    ArgumentError: y beside a data set; tensors without a number of steps.
    """
    kind = DatasetBatches if hasattr(x, "make_one_shot_iterator") else IteratorBatches if _is_iterator(x) else None
    if kind is not None:
        if y is not None or sample_weight is not None:
            raise ArgumentError("y beside a data set", rule="the elements of a data set are (x, y)", hint="Dataset.zip((x, y))")
        return kind(x)
    if not any(isinstance(leaf, Symbol) for leaf in flatten([x, y, sample_weight])):
        return None
    if steps is None:
        raise ArgumentError(
            "the data are tensors of a graph", rule="only the number of steps says where an epoch ends",
            hint="fit(x, y, steps_per_epoch=...); steps= of evaluate and predict",
        )
    return TensorBatches((x, y) if sample_weight is None else (x, y, sample_weight))


def _is_iterator(x: Any) -> bool:
    """Whether `x` is an iterator of tf.data."""
    return hasattr(x, "get_next") and hasattr(x, "output_types")
