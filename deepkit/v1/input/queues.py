"""`tf.FIFOQueue` and its kin: queues of a graph, through which threads hand elements to each other."""

from __future__ import annotations

from typing import Any, ClassVar

from deepkit.core.apply import apply
from deepkit.core.graph import default_graph
from deepkit.core.node import Node
from deepkit.core.op import Op
from deepkit.core.shape import Shape
from deepkit.core.static import static_value
from deepkit.core.symbol import Symbol
from deepkit.device.dtypes import DType, as_dtype, int64
from deepkit.errors import ArgumentError, ShapeError
from deepkit.ops.input import queues as ops
from deepkit.v1.framework.symbolic import constant_of

__all__ = ["FIFOQueue", "PaddingFIFOQueue", "PriorityQueue", "QueueBase", "RandomShuffleQueue"]


class QueueBase:
    """What all queues can do. An element has one part or several; each part has a type and, if it is known, a shape.

    The elements live in a session: two sessions of one graph have two queues. Queues with the same shared_name are one.
    """

    pads: ClassVar[bool] = False

    def __init__(self, dtypes: list[DType], shapes: tuple[Shape, ...], names: list[str] | None, queue_ref: Symbol):
        self._dtypes, self._shapes, self._names, self._ref = dtypes, shapes, names, queue_ref

    @staticmethod
    def from_list(index: int, queues: list[QueueBase]) -> QueueBase:
        """The queue number `index` of queues that hold the same types."""
        chosen = queues[index]
        for queue in queues:
            if queue.dtypes != chosen.dtypes or queue.names != chosen.names:
                raise ArgumentError(
                    f"from_list: {queue.name!r} and {chosen.name!r} hold different elements",
                    rule="the same types and names",
                )
        return chosen

    @property
    def queue_ref(self) -> Symbol:
        return self._ref

    @property
    def name(self) -> str:
        """The last part of its name in the graph; the ops on it are called after it."""
        return self._ref.node.name.rpartition("/")[2]

    @property
    def dtypes(self) -> list[DType]:
        return self._dtypes

    @property
    def shapes(self) -> list[Shape]:
        return list(self._shapes) or [Shape(None)] * len(self._dtypes)

    @property
    def names(self) -> list[str] | None:
        return self._names

    # ---- putting in

    def enqueue(self, vals: Any, name: str | None = None) -> Node:
        """An operation that puts one element in: a tensor, a list of one tensor for each part, or a dict by name.

        Running it waits for room; CancelledError if the queue is closed.
        """
        return self._enqueue(vals, False, name or f"{self.name}_enqueue")

    def enqueue_many(self, vals: Any, name: str | None = None) -> Node:
        """An operation that puts the rows of the tensors in, one after the other."""
        return self._enqueue(vals, True, name or f"{self.name}_EnqueueMany")

    def _enqueue(self, vals: Any, many: bool, name: str) -> Node:
        with self._ref.graph.as_default():
            prefix = f"{self._ref.graph.unique_name(name, mark_as_used=False)}/component_"
            listed = zip(self._parts(vals), self._dtypes, strict=True)
            parts = [constant_of(v, t, f"{prefix}{i}/") for i, (v, t) in enumerate(listed)]
            op = self._op(ops.QueueEnqueueV2, many=many)
            return apply(op, self._ref, *parts, name=name).node

    def _named_parts(self, vals: Any) -> list[Any]:
        if not isinstance(vals, dict) or set(vals) != set(self._names or ()):
            got = f"the names {sorted(vals)}" if isinstance(vals, dict) else type(vals).__name__
            wanted = f"a dict with the names {sorted(self._names)}" if self._names else "a list: it has no names"
            raise ArgumentError(f"enqueue into {self.name!r} got {got}", rule=f"the queue takes {wanted}")
        return [vals[n] for n in self._names or ()]

    def _parts(self, vals: Any) -> list[Any]:
        count = len(self._dtypes)
        if isinstance(vals, dict) or self._names:
            return self._named_parts(vals)
        parts = list(vals) if isinstance(vals, (list, tuple)) else [vals]
        if len(parts) != count:
            hint = "a list is one part: enqueue([[1., 2., 3.]])" if count == 1 else None
            raise ArgumentError(
                f"enqueue into {self.name!r}: {len(parts)} values",
                rule=f"a value for each of its {count} part{'s' if count > 1 else ''}: "
                + ", ".join(t.name for t in self._dtypes),
                hint=hint,
            )
        return parts

    # ---- taking out

    def dequeue(self, name: str | None = None) -> Any:
        """One element; running it waits until there is one. OutOfRangeError when the queue is closed and empty.

        A tensor if the elements have one part, else a list of tensors, or a dict by name.
        """
        return self._taken(ops.QueueDequeueV2, (), name or f"{self.name}_Dequeue")

    def dequeue_many(self, n: Any, name: str | None = None) -> Any:
        """`n` elements together: each part gets a first axis of length n. Waits for all n of them.

        OutOfRangeError when the queue is closed and has fewer: those stay inside.
        """
        return self._dequeue_many(n, name or f"{self.name}_DequeueMany")

    def dequeue_up_to(self, n: Any, name: str | None = None) -> Any:
        """As dequeue_many; but after the queue was closed the last batch may be smaller."""
        return self._dequeue_many(n, name or f"{self.name}_DequeueUpTo", up_to=True)

    def _dequeue_many(self, n: Any, name: str, **attrs: Any) -> Any:
        if not self._shapes:
            raise ShapeError(
                f"{self.name!r}: elements of unknown shape cannot be put together to a batch",
                rule="dequeue_many needs the shapes of the parts", hint=f"{type(self).__name__}(..., shapes=[[]])",
            )
        with self._ref.graph.as_default():
            count = constant_of(n, "int32", f"{self._ref.graph.unique_name(name, mark_as_used=False)}/n/")
        rows = static_value(count)
        known = None if rows is None else int(rows)
        return self._taken(ops.QueueDequeueManyV2, (count,), name, rows=known, pads=self.pads, **attrs)

    def _taken(self, op: type[Op], inputs: tuple[Any, ...], name: str, **attrs: Any) -> Any:
        with self._ref.graph.as_default():
            parts = apply(self._op(op, **attrs), self._ref, *inputs, name=name)
        if self._names:
            return dict(zip(self._names, parts, strict=True))
        return parts[0] if len(parts) == 1 else parts

    def _op(self, op: type[Op], **attrs: Any) -> Op:
        return op(queue_name=self.name, components=tuple(self._dtypes), static=self._shapes, **attrs)

    # ---- the rest

    def close(self, cancel_pending_enqueues: bool = False, name: str | None = None) -> Node:
        """An operation that closes the queue: nothing comes in any more, what is inside can still be taken out."""
        op = self._op(ops.QueueCloseV2, cancels=bool(cancel_pending_enqueues))
        return apply(op, self._ref, name=name or f"{self.name}_Close").node

    def is_closed(self, name: str | None = None) -> Symbol:
        """True once the queue was closed."""
        return apply(self._op(ops.QueueIsClosedV2), self._ref, name=name or f"{self.name}_Is_Closed")

    def size(self, name: str | None = None) -> Symbol:
        """How many elements are inside when it runs, int32."""
        return apply(self._op(ops.QueueSizeV2), self._ref, name=name or f"{self.name}_Size")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r} of {', '.join(t.name for t in self._dtypes)}>"


def _make(
    op: type[Op], capacity: int, dtypes: Any, shapes: Any, names: Any, shared_name: Any, name: str, **attrs: Any
) -> tuple[list[DType], tuple[Shape, ...], list[str] | None, Symbol]:
    types = [as_dtype(t) for t in (dtypes if isinstance(dtypes, (list, tuple)) else [dtypes])]
    known = _shapes(shapes, types)
    listed = [names] if isinstance(names, str) else list(names) if names is not None else None
    if listed is not None and len(listed) != len(types):
        raise ArgumentError(f"{name}: {len(listed)} names for {len(types)} types", rule="one name for each part")
    made = op(components=tuple(types), static=known, capacity=int(capacity), shared_name=shared_name, **attrs)
    return types, known, listed, default_graph().add(made, (), name)


def _shapes(shapes: Any, types: list[DType]) -> tuple[Shape, ...]:
    """One shape, or a list of one for each part, as a tuple; () if there are none."""
    if shapes is None:
        return ()
    single = isinstance(shapes, (Shape, int)) or all(isinstance(d, int) or d is None for d in shapes)
    found = tuple(Shape(s) for s in ([shapes] if single and (shapes != [] or len(types) == 1) else shapes))
    if len(found) != len(types):
        raise ArgumentError(
            f"{len(found)} shapes for {len(types)} types", rule="one shape for each part of an element",
            hint="shapes=[[], [28, 28]]: a number and a picture",
        )
    return found


class FIFOQueue(QueueBase):
    """First in, first out.

    >>> import deepkit.v1 as tf
    >>> with tf.Graph().as_default(), tf.Session() as sess:
    ...     q = tf.FIFOQueue(3, "float")
    ...     sess.run(q.enqueue_many(([1., 2.],)))
    ...     print(sess.run(q.dequeue()), sess.run(q.size()))
    1.0 1
    """

    def __init__(
        self, capacity: int, dtypes: Any, shapes: Any = None, names: Any = None, shared_name: str | None = None,
        name: str = "fifo_queue",
    ):
        super().__init__(*_make(ops.FIFOQueueV2, capacity, dtypes, shapes, names, shared_name, name))


class RandomShuffleQueue(QueueBase):
    """Any of the elements comes out next. As long as it is open min_after_dequeue of them stay inside, to choose from.

    With a seed (or set_random_seed) the order is TensorFlow's and the same in each program as long as what is inside at
    each dequeue is: as it is when one thread puts in and takes out. (tf.data.Dataset.shuffle has no such condition.)
    """

    def __init__(
        self, capacity: int, min_after_dequeue: int, dtypes: Any, shapes: Any = None, names: Any = None,
        seed: int | None = None, shared_name: str | None = None, name: str = "random_shuffle_queue",
    ):
        if 0 < capacity <= min_after_dequeue:
            raise ArgumentError(
                f"{name}: min_after_dequeue={min_after_dequeue}, capacity={capacity}",
                rule="min_after_dequeue elements stay inside, so there must be room for more of them",
                hint="capacity = min_after_dequeue + 3 * batch_size",
            )
        super().__init__(
            *_make(
                ops.RandomShuffleQueueV2, capacity, dtypes, shapes, names, shared_name, name,
                min_after_dequeue=int(min_after_dequeue), seed=seed,
            )
        )


class PaddingFIFOQueue(QueueBase):
    """First in, first out, for elements of different lengths: dimensions that are None in `shapes`.

    dequeue_many fills the shorter ones up with zeros (empty strings) to the longest of its batch.
    """

    pads = True

    def __init__(
        self, capacity: int, dtypes: Any, shapes: Any, names: Any = None, shared_name: str | None = None,
        name: str = "padding_fifo_queue",
    ):
        super().__init__(*_make(ops.PaddingFIFOQueueV2, capacity, dtypes, shapes, names, shared_name, name))
        if any(s.lengths is None for s in self._shapes) or not self._shapes:
            raise ShapeError(
                f"{self.name!r}: shapes {', '.join(map(str, self.shapes))}",
                rule="a PaddingFIFOQueue knows how many axes each part has; a length may be None",
                hint="shapes=[[None]] for vectors of different lengths",
            )


class PriorityQueue(QueueBase):
    """The smallest first: an element begins with an int64, and the one with the smallest comes out next.

    types and shapes are those of the other parts.
    """

    def __init__(
        self, capacity: int, types: Any, shapes: Any = None, names: Any = None, shared_name: str | None = None,
        name: str = "priority_queue",
    ):
        others = [as_dtype(t) for t in (types if isinstance(types, (list, tuple)) else [types])]
        known = _shapes(shapes, others)
        every = None if shapes is None else [Shape([]), *known]
        super().__init__(*_make(ops.PriorityQueueV2, capacity, [int64, *others], every, names, shared_name, name))
