"""Queues as ops: the queue itself, kept by the session, and what puts elements in and takes them out."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from deepkit.core.op import register
from deepkit.core.shape import SCALAR, UNKNOWN, Shape
from deepkit.core.typing import Array, ArrayModule
from deepkit.device.dtypes import DType
from deepkit.errors import ArgumentError, DTypeError, ShapeError
from deepkit.ops.input.buffers import Buffer, ShufflingBuffer, SortedBuffer
from deepkit.ops.input.resources import Resource, ResourceUse


class Queue(Resource):
    """Base of the queues.

    components: the type of each part of an element; static: their shapes, or () if any shape may come.
    """

    components: tuple[DType, ...] = ()
    static: tuple[Shape, ...] = ()
    capacity: int = -1

    def make(self, node: Any, session: Any) -> Buffer:
        return Buffer(node.name, self.capacity)


@register
class FIFOQueueV2(Queue):
    """First in, first out."""

    label = "fifo_queue"


@register
class PaddingFIFOQueueV2(Queue):
    """First in, first out; elements of different lengths become one batch, the shorter ones filled up with zeros."""

    label = "padding_fifo_queue"


@register
class PriorityQueueV2(Queue):
    """Smallest first: the first part of an element, int64, says where it belongs."""

    label = "priority_queue"

    def make(self, node: Any, session: Any) -> Buffer:
        return SortedBuffer(node.name, self.capacity)


@register
class RandomShuffleQueueV2(Queue):
    """Any element may come out next; min_after_dequeue of them stay inside until it is closed."""

    label = "random_shuffle_queue"
    min_after_dequeue: int = 0
    seed: int | None = None
    random = True

    def make(self, node: Any, session: Any) -> Buffer:
        return ShufflingBuffer(node.name, self.capacity, self.min_after_dequeue, session.stream_of(node))


class QueueUse(ResourceUse):
    """Base of the ops on a queue, their first input. queue_name, components and static say what it holds."""

    queue_name: str = "queue"
    components: tuple[DType, ...] = ()
    static: tuple[Shape, ...] = ()
    types: ClassVar[tuple[str, ...]] = ("string", "any")

    @property
    def _shapes(self) -> tuple[Shape, ...]:
        return self.static or (UNKNOWN,) * len(self.components)


@register
class QueueEnqueueV2(QueueUse):
    """Puts one element in; `many`: a batch of them, the rows of the inputs. Gives how many."""

    many: bool = False
    returns = "int32"

    def shape(self, queue: Shape, *parts: Shape) -> Shape:
        for i, (part, wanted) in enumerate(zip(parts, self._shapes, strict=True)):
            self._check(i, part, wanted)
        if self.many:
            lengths = {part.lengths[0] for part in parts if part.lengths} - {None}
            if len(lengths) > 1:
                raise ShapeError(
                    f"enqueue_many into {self.queue_name!r}: parts of {' and '.join(map(str, sorted(lengths)))} rows",  # type: ignore[type-var]
                    rule="row i of every part belongs to element i, so all have the same number of rows",
                )
        return SCALAR

    def _check(self, i: int, part: Shape, wanted: Shape) -> None:
        if self.many and part.lengths == ():
            raise ShapeError(
                f"enqueue_many into {self.queue_name!r}: part {i} is a single number", rule="its rows are the elements",
                hint="enqueue for one element; enqueue_many([[1., 2., 3.]]) for three",
            )
        expected = Shape((None,)).concatenate(wanted) if self.many else wanted
        if not part.is_compatible_with(expected):
            rows = not self.many and part.lengths and part[1:].is_compatible_with(wanted)
            raise ShapeError(
                f"{'enqueue_many' if self.many else 'enqueue'} into {self.queue_name!r}: part {i} has shape {part}",
                rule=f"the queue was made for elements of shape {wanted}" + (" in rows" if self.many else ""),
                hint="enqueue_many puts the rows in one by one" if rows else None,
            )

    def dtype(self, queue: DType, *parts: DType) -> Any:
        for i, (part, wanted) in enumerate(zip(parts, self.components, strict=True)):
            if part is not wanted:
                raise DTypeError(
                    f"enqueue into {self.queue_name!r}: part {i} is {part.name}, the queue holds {wanted.name}"
                )
        return super().dtype(queue)

    def forward(self, xp: ArrayModule, queue: Buffer, *parts: Array) -> Any:
        arrays = [np.array(part) for part in parts]  # copies: the caller may change his
        self.shape(SCALAR, *[Shape(a.shape) for a in arrays])
        elements = list(zip(*[self._rows(a) for a in arrays], strict=True)) if self.many else [tuple(arrays)]
        queue.put(elements)
        return np.int32(len(elements))

    @staticmethod
    def _rows(array: np.ndarray) -> list[np.ndarray]:
        return [array[i : i + 1].reshape(array.shape[1:]) for i in range(len(array))]


@register
class QueueDequeueV2(QueueUse):
    """Takes one element out, and waits for it."""

    waits = True

    def shape(self, queue: Shape) -> Any:
        return self._shapes

    def dtype(self, queue: DType) -> Any:
        return self.components

    def forward(self, xp: ArrayModule, queue: Buffer) -> Any:
        return queue.take(1, 1)[0]


@register
class QueueDequeueManyV2(QueueUse):
    """Takes n elements out as a batch, and waits for them. up_to: after the end, as many as are left, at least one.

    rows: n where it is known. pads: elements of different lengths are filled up with zeros (empty strings).
    """

    rows: int | None = None
    up_to: bool = False
    pads: bool = False
    types = ("string", "int32")
    waits = True

    def shape(self, queue: Shape, n: Shape) -> Any:
        rows = None if self.up_to else self.rows
        return tuple(UNKNOWN if s.lengths is None else Shape.of((rows, *s.lengths)) for s in self.static)

    def dtype(self, queue: DType, n: DType) -> Any:
        return self.components

    def forward(self, xp: ArrayModule, queue: Buffer, n: Array) -> Any:
        count = int(n)
        if count < 0:
            raise ArgumentError(f"dequeue_many of {count} elements", rule="0 or more")
        elements = queue.take(count, 1 if self.up_to else count)
        parts = list(zip(*elements, strict=True)) or [()] * len(self.components)
        return tuple(
            batch_of(list(part), dtype, shape, 0 if self.pads else None)
            for part, dtype, shape in zip(parts, self.components, self.static, strict=True)
        )


def batch_of(rows: list[np.ndarray], dtype: DType, shape: Shape, padding: Any = None, to: Any = None) -> np.ndarray:
    """Arrays as the rows of one; with a padding, shorter ones are filled up with it (b"" where the padding is 0).

    shape: of a row, for a batch without rows; to: its shape after padding, None for "as the longest".
    """
    if not rows:
        return np.zeros((0, *[d or 0 for d in shape.lengths or ()]), dtype.numpy)
    if padding is None:
        return np.stack(rows)
    longest = np.max([row.shape for row in rows], axis=0).tolist()
    full = longest if to is None else [n if wanted is None else wanted for n, wanted in zip(longest, to, strict=True)]
    filler = b"" if dtype.is_string and not isinstance(padding, (bytes, str)) else padding
    batch = np.full((len(rows), *full), filler, dtype.numpy)
    for i, row in enumerate(rows):
        place: tuple[Any, ...] = (i, *map(slice, row.shape))
        batch[place] = row[()]
    return batch


@register
class QueueCloseV2(QueueUse):
    """Says that nothing more will come. cancels: enqueues that wait for room are given up."""

    cancels: bool = False
    types = ("string",)
    returns = "bool"

    def forward(self, xp: ArrayModule, queue: Buffer) -> Any:
        queue.close(self.cancels)
        return np.True_


@register
class QueueIsClosedV2(QueueUse):
    """Whether the queue is closed."""

    types = ("string",)
    returns = "bool"

    def forward(self, xp: ArrayModule, queue: Buffer) -> Any:
        return np.bool_(queue.closed)


@register
class QueueSizeV2(QueueUse):
    """How many elements are inside now."""

    types = ("string",)
    returns = "int32"

    def forward(self, xp: ArrayModule, queue: Buffer) -> Any:
        return np.int32(len(queue))
