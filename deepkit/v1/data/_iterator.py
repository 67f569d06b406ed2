"""`tf.data.Iterator`: tensors that are the next element of a data set in each run."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from deepkit.core.apply import apply
from deepkit.core.graph import default_graph
from deepkit.core.node import Node
from deepkit.core.symbol import Symbol
from deepkit.core.tensor import Tensor
from deepkit.errors import ArgumentError, GraphError, OutOfRangeError
from deepkit.ops.input import iteration as ops
from deepkit.runtime.session import Session
from deepkit.v1.data._elements import Elements, Part, describe, flatten, map_leaves, pack, parts
from deepkit.v1.framework.eager import executing_eagerly
from deepkit.v1.framework.symbolic import constant_of


class Iterator(Elements):
    """Goes through a data set. get_next() gives tensors; each run of them is one element further.

    make_initializable_iterator and make_one_shot_iterator of a Dataset make one, and from_structure makes one that can
    go through several data sets.
    """

    def __init__(self, element: Any, shared_name: str | None = None, handle: Symbol | None = None):
        self.element = element
        self._handle: Symbol = (
            default_graph().add(ops.IteratorV2(shared_name=shared_name or None), (), None) if handle is None else handle
        )
        self._initializer: Node | None = None
        self.at_once = False  # get_next() gives values instead of the tensors of a graph
        self._run: Callable[[], list[Any]] | None = None

    @staticmethod
    def one_shot(dataset: Any) -> Iterator:
        """See Dataset.make_one_shot_iterator."""
        placeholder = _placeholder_below(dataset.inputs)
        if placeholder is not None:
            raise GraphError(
                f"make_one_shot_iterator: the data set depends on the placeholder {placeholder.name!r}",
                where=placeholder.where(), rule="a one-shot iterator starts by itself, so nothing can be fed to it",
                hint="it = dataset.make_initializable_iterator(); sess.run(it.initializer, feed_dict={...})",
            )
        default_graph().op_seeds(None)  # TensorFlow counts it among the ops that take their seed from the graph's
        op = ops.OneShotIterator(dataset=dataset)
        handle = apply(op, *dataset.inputs) if dataset.inputs else default_graph().add(op, (), None)
        made = Iterator(dataset.element, handle=handle)
        made.at_once = executing_eagerly()
        return made

    @staticmethod
    def from_structure(
        output_types: Any, output_shapes: Any = None, shared_name: str | None = None, output_classes: Any = None
    ) -> Iterator:
        """An iterator for data sets with these types and shapes: make_initializer(dataset) says through which it goes."""
        return Iterator(parts(output_types, output_shapes, output_classes), shared_name)

    @staticmethod
    def from_string_handle(
        string_handle: Any, output_types: Any, output_shapes: Any = None, output_classes: Any = None
    ) -> Iterator:
        """The iterator whose string handle, sess.run(iterator.string_handle()), is fed to a placeholder."""
        handle = apply(ops.IteratorFromStringHandleV2(), constant_of(string_handle, "string"))
        return Iterator(parts(output_types, output_shapes, output_classes), handle=handle)

    def start_with(self, dataset: Any) -> None:
        """Makes `initializer` the operation that begins with this data set."""
        self._initializer = self._starting(dataset, None)

    def _starting(self, dataset: Any, name: str | None) -> Node:
        return apply(ops.MakeIterator(dataset=dataset), self._handle, *dataset.inputs, name=name).node

    @property
    def initializer(self) -> Node:
        """The operation that goes to the beginning."""
        if self._initializer is None:
            raise GraphError(
                "this iterator has no initializer",
                rule="a one-shot iterator starts by itself, one from a structure with a data set",
                hint="iterator.make_initializer(dataset), or dataset.make_initializable_iterator()",
            )
        return self._initializer

    def make_initializer(self, dataset: Any, name: str | None = None) -> Node:
        """An operation after which the iterator goes through `dataset`, from its beginning."""
        ours, theirs = flatten(self.element), flatten(dataset.element)
        same = map_leaves(lambda p: None, self.element) == map_leaves(lambda p: None, dataset.element)
        if not same or any(
            a.dtype is not b.dtype or not a.shape.is_compatible_with(b.shape) for a, b in zip(ours, theirs, strict=True)
        ):
            raise ArgumentError(
                f"make_initializer: the iterator is for {describe(self.element)}, the data set has {describe(dataset.element)}",
                rule="types and shapes of all its data sets fit the iterator's",
                hint="Iterator.from_structure(dataset.output_types, dataset.output_shapes)",
            )
        return self._starting(dataset, name)

    def get_next(self, name: str | None = None) -> Any:
        """The tensors of the next element, in its form. OutOfRangeError when they run after the last one.

        Call it once, before the loop: each call adds a node to the graph. Of a one-shot iterator of eager
        execution each call gives the next element.
        """
        if self.at_once:
            if self._run is None:
                self._run = functools.partial(Session(graph=default_graph()).run, flatten(self._next(name)))
            return pack(self.element, [Tensor(value) for value in self._run()])
        return self._next(name)

    def _next(self, name: str | None) -> Any:
        leaves: list[Part] = flatten(self.element)
        op = ops.IteratorGetNext(
            components=tuple(p.dtype for p in leaves), static=tuple(p.shape for p in leaves)
        )
        return pack(self.element, apply(op, self._handle, name=name))

    def __iter__(self) -> Iterator:
        if not self.at_once:
            raise GraphError(
                "a data set is gone through in a graph", rule="get_next() is a tensor: each run of it is the next element",
                hint="x = dataset.make_one_shot_iterator().get_next(), then sess.run(x); or tf.enable_eager_execution()",
            )
        return self

    def __next__(self) -> Any:
        try:
            return self.get_next()
        except OutOfRangeError as error:
            raise StopIteration from error

    next = __next__

    def string_handle(self, name: str | None = None) -> Symbol:
        """A string by which from_string_handle finds this iterator in the same session."""
        return apply(ops.IteratorToStringHandle(), self._handle, name=name)


def _placeholder_below(tensors: list[Symbol]) -> Node | None:
    """A placeholder that some tensors depend on."""
    seen: set[Node] = set()
    waiting = [x.node for x in tensors]
    while waiting:
        node = waiting.pop()
        if node.op.is_placeholder:
            return node
        if node not in seen:
            seen.add(node)
            waiting += [x.node for x in node.inputs]
    return None
