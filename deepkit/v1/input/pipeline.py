"""`tf.train.batch` and its kin: queues and the threads that fill them, put together in one call."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core.collections import GraphKeys
from deepkit.core.node import Node
from deepkit.core.shape import Shape
from deepkit.core.symbol import Symbol
from deepkit.core.variable import Variable
from deepkit.device.dtypes import string
from deepkit.errors import ArgumentError, ShapeError
from deepkit.ops.arrays.sparse import SparseTensor
from deepkit.v1.framework.creators import control_dependencies, name_scope
from deepkit.v1.framework.symbolic import constant_of
from deepkit.v1.input.queues import FIFOQueue, PaddingFIFOQueue, QueueBase, RandomShuffleQueue
from deepkit.v1.train.queue_runner import QueueRunner, add_queue_runner

__all__ = [
    "batch", "batch_join", "input_producer", "limit_epochs", "match_filenames_once", "maybe_batch", "maybe_batch_join",
    "maybe_shuffle_batch", "maybe_shuffle_batch_join", "range_input_producer", "shuffle_batch", "shuffle_batch_join",
    "slice_input_producer", "string_input_producer",
]


# ---- what begins a pipeline: one string, number or row after the other


def match_filenames_once(pattern: Any, name: str | None = None) -> Variable:
    """The names of the files that a pattern with * and ?, or several, name; looked up once, by local_variables_initializer.

    >>> # files = tf.train.match_filenames_once("data.tfrecords-*")
    >>> # queue = tf.train.string_input_producer(files, shuffle=False)
    """
    with name_scope(name, "matching_filenames", [pattern]) as scope:
        return Variable(
            ops.matching_files(constant_of(pattern, string)), name=scope, trainable=False, validate_shape=False,
            collections=[GraphKeys.LOCAL_VARIABLES],
        )


def limit_epochs(tensor: Any, num_epochs: int | None = None, name: str | None = None) -> Symbol:
    """`tensor`, num_epochs times; then OutOfRangeError. None: as often as you like.

    It counts in a local variable: run local_variables_initializer() first.
    """
    tensor = constant_of(tensor)
    if num_epochs is None:
        return tensor
    if num_epochs < 1:
        raise ArgumentError(f"num_epochs={num_epochs}", rule="at least 1", hint="num_epochs=None: for ever")
    with name_scope(name, "limit_epochs", [tensor]) as scope:
        epochs = Variable(np.int64(0), name="epochs", trainable=False, collections=[GraphKeys.LOCAL_VARIABLES])
        with control_dependencies([ops.count_up_to(epochs, num_epochs).node]):
            return ops.identity(tensor, name=scope)


def input_producer(
    input_tensor: Any, element_shape: Any = None, num_epochs: int | None = None, shuffle: bool = True,
    seed: int | None = None, capacity: int = 32, shared_name: str | None = None, summary_name: Any = None,
    name: str | None = None, cancel_op: Any = None,
) -> FIFOQueue:
    """A queue of the rows of a tensor, num_epochs times, in a new random order each time if `shuffle`."""
    with name_scope(name, "input_producer", [input_tensor]) as scope:
        rows = constant_of(input_tensor, name="input_tensor")
        shape = rows.shape[1:].merge(element_shape)
        if not shape.is_full:
            raise ShapeError(
                f"input_producer: rows of shape {shape}",
                rule="the shape of a row must be known",
                hint="element_shape=[...]",
            )
        if shuffle:
            rows = ops.random_shuffle(rows, seed=seed)
        rows = limit_epochs(rows, num_epochs)
        queue = FIFOQueue(capacity, [rows.dtype], [shape], shared_name=shared_name, name=scope)
        add_queue_runner(QueueRunner(queue, [queue.enqueue_many([rows])], cancel_op=cancel_op))
        return queue


def string_input_producer(
    string_tensor: Any, num_epochs: int | None = None, shuffle: bool = True, seed: int | None = None, capacity: int = 32,
    shared_name: str | None = None, name: str | None = None, cancel_op: Any = None,
) -> FIFOQueue:
    """A queue of strings, such as the names of files, num_epochs times (None: for ever)."""
    if not isinstance(string_tensor, Symbol) and not np.size(np.asarray(string_tensor, object)):
        raise ArgumentError(
            "string_input_producer: an empty list", rule="at least one string",
            hint="are the files there? glob.glob(pattern) shows what a pattern finds",
        )
    with name_scope(name, "input_producer", [string_tensor]) as scope:
        strings = constant_of(string_tensor, string)
        message = "string_input_producer: no strings; does the pattern of the files find any?"
        some = ops.assert_(ops.greater(ops.size(strings), 0), [message])  # noqa: PT009 - an op
        with control_dependencies([some]):
            strings = ops.identity(strings)
        return input_producer(strings, [], num_epochs, shuffle, seed, capacity, shared_name, None, scope, cancel_op)


def range_input_producer(
    limit: Any, num_epochs: int | None = None, shuffle: bool = True, seed: int | None = None, capacity: int = 32,
    shared_name: str | None = None, name: str | None = None,
) -> FIFOQueue:
    """A queue of the integers 0 ... limit - 1."""
    with name_scope(name, "input_producer", [limit]) as scope:
        numbers = ops.range(constant_of(limit))
        return input_producer(numbers, [], num_epochs, shuffle, seed, capacity, shared_name, None, scope)


def slice_input_producer(
    tensor_list: Sequence[Any], num_epochs: int | None = None, shuffle: bool = True, seed: int | None = None,
    capacity: int = 32, shared_name: str | None = None, name: str | None = None,
) -> list[Symbol]:
    """One row of each tensor, the same of all of them, at each run: [image, label] of [images, labels]."""
    if not tensor_list:
        raise ArgumentError("slice_input_producer: an empty list", rule="at least one tensor")
    with name_scope(name, "input_producer", tensor_list):
        tensors = [constant_of(t) for t in tensor_list]
        queue = range_input_producer(ops.shape(tensors[0])[0], num_epochs, shuffle, seed, capacity, shared_name)
        index = queue.dequeue()
        return [ops.gather(t, index) for t in tensors]


# ---- what ends a pipeline: batches


def _flat(tensors: Any) -> tuple[list[Any], list[str] | None]:
    """The values of a list or dict, and the names of a dict."""
    if isinstance(tensors, dict):
        names = sorted(tensors)
        return [tensors[n] for n in names], names
    return (list(tensors) if isinstance(tensors, (list, tuple)) else [tensors]), None


def _batched(
    what: str, tensors_list: Sequence[Any], batch_size: Any, keep_input: Any, threads: int, capacity: int,
    enqueue_many: bool, shapes: Any, pads: bool, smaller: bool, shared_name: str | None, name: str | None,
    shuffle: tuple[int, int | None] | None = None,
) -> Any:
    """One queue, filled by `threads` threads from each entry of tensors_list; the tensors of its next batch."""
    if not tensors_list:
        raise ArgumentError(f"{what}: an empty list", rule="at least one list of tensors")
    entries = [_flat(tensors) for tensors in tensors_list]
    names = entries[0][1]
    with name_scope(name, what, entries[0][0]) as scope:
        parts = [[_tensor(t, what) for t in values] for values, _ in entries]
        _check_alike(what, parts, [n for _, n in entries])
        types = [t.dtype for t in parts[0]]
        known = _row_shapes(what, parts, shapes, enqueue_many, pads)
        queue: QueueBase
        if shuffle is not None:
            queue = RandomShuffleQueue(capacity, shuffle[0], types, known, seed=shuffle[1], shared_name=shared_name)
        else:
            queue = (PaddingFIFOQueue if pads else FIFOQueue)(capacity, types, known, shared_name=shared_name)
        enqueues = [op for p in parts for op in [_enqueue(queue, p, enqueue_many, keep_input)] * threads]
        add_queue_runner(QueueRunner(queue, enqueues))
        take = queue.dequeue_up_to if smaller else queue.dequeue_many
        result = take(batch_size, name=scope)
    return _named(result if isinstance(result, list) else [result], names)


def _named(values: list[Any], names: Any) -> Any:
    """The parts of a batch in the form of what was given: a dict, one tensor, or a list."""
    if names is not None:
        return dict(zip(names, values, strict=True))
    return values[0] if len(values) == 1 else list(values)


def _tensor(value: Any, what: str) -> Symbol:
    if isinstance(value, SparseTensor):
        raise ArgumentError(
            f"{what}: a SparseTensor", rule="a queue holds dense tensors",
            hint="sparse_tensor_to_dense(x) before, with dynamic_pad=True for different lengths; or FixedLenFeature",
        )
    return constant_of(value)


def _check_alike(what: str, parts: Sequence[Sequence[Any]], names: Sequence[Any]) -> None:
    """ArgumentError unless every entry gives the same tensors, by number, name and type, and at least one."""
    first = parts[0]
    if not first:
        raise ArgumentError(f"{what}: no tensors", rule="at least one tensor to batch")
    if any(len(p) != len(first) for p in parts) or any(n != names[0] for n in names):
        raise ArgumentError(f"{what}: the entries of the list differ", rule="each gives the same tensors")
    if any(t.dtype is not like.dtype for p in parts for t, like in zip(p, first, strict=True)):
        raise ArgumentError(
            f"{what}: the entries of the list differ in their types", rule="each gives the same types"
        )


def _row_shapes(what: str, parts: list[list[Symbol]], shapes: Any, many: bool, pads: bool) -> list[Shape]:
    """The shape of each part of an element: what all entries agree on."""
    if shapes is not None:
        return [Shape(s) for s in shapes]
    found = []
    for column in zip(*parts, strict=True):
        shape = functools.reduce(_common, [t.shape[1:] if many else t.shape for t in column])
        if shape.lengths is None or (not pads and not shape.is_full):
            raise ShapeError(
                f"{what}: {column[0].name} has shape {shape}", where=column[0].node.where(),
                rule="all elements of a batch have one shape, and it must be known",
                hint="x.set_shape([28, 28]) or reshape(x, [28, 28]) before; dynamic_pad=True for different lengths",
            )
        found.append(shape)
    return found


def _common(a: Shape, b: Shape) -> Shape:
    """What two shapes agree on, None for lengths in which they differ."""
    return a.common(b) if a.rank == b.rank else a.merge(b)


def _enqueue(queue: QueueBase, parts: list[Symbol], many: bool, keep_input: Any) -> Node:
    """What puts one entry in. keep_input False: nothing; a vector of bools: the rows where it is True."""
    if keep_input is True:
        return queue.enqueue_many(parts) if many else queue.enqueue(parts)
    keep = constant_of(keep_input, "bool")
    if not many:
        parts, keep = [ops.expand_dims(t, 0) for t in parts], ops.reshape(keep, [1])
    elif keep.shape.lengths == ():
        keep = ops.fill(ops.expand_dims(ops.shape(parts[0])[0], 0), keep)
    return queue.enqueue_many([ops.boolean_mask(t, keep) for t in parts])


def batch(
    tensors: Any, batch_size: Any, num_threads: int = 1, capacity: int = 32, enqueue_many: bool = False,
    shapes: Any = None, dynamic_pad: bool = False, allow_smaller_final_batch: bool = False,
    shared_name: str | None = None, name: str | None = None,
) -> Any:
    """batch_size values of each of `tensors` (a list or dict) together, with a first axis of that length.

    It gives a list or a dict as well; of a single tensor, also of a list of one, a tensor.

    num_threads run `tensors` again and again and fill a queue with the values. enqueue_many: the tensors have rows, each
    an element. dynamic_pad: elements of different lengths, filled up with zeros. allow_smaller_final_batch: at the end of
    the data what is left over comes as a smaller batch, else it is lost.
    """
    return _batched(
        "batch", [tensors], batch_size, True, num_threads, capacity, enqueue_many, shapes, dynamic_pad,
        allow_smaller_final_batch, shared_name, name,
    )


def maybe_batch(
    tensors: Any, keep_input: Any, batch_size: Any, num_threads: int = 1, capacity: int = 32, enqueue_many: bool = False,
    shapes: Any = None, dynamic_pad: bool = False, allow_smaller_final_batch: bool = False,
    shared_name: str | None = None, name: str | None = None,
) -> Any:
    """As batch, of those elements only for which the bool keep_input is True."""
    return _batched(
        "batch", [tensors], batch_size, keep_input, num_threads, capacity, enqueue_many, shapes, dynamic_pad,
        allow_smaller_final_batch, shared_name, name,
    )


def batch_join(
    tensors_list: Sequence[Any], batch_size: Any, capacity: int = 32, enqueue_many: bool = False, shapes: Any = None,
    dynamic_pad: bool = False, allow_smaller_final_batch: bool = False, shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """As batch, filled from several lists of tensors, such as several readers, with a thread for each."""
    return maybe_batch_join(
        tensors_list, True, batch_size, capacity, enqueue_many, shapes, dynamic_pad, allow_smaller_final_batch,
        shared_name, name,
    )


def maybe_batch_join(
    tensors_list: Sequence[Any], keep_input: Any, batch_size: Any, capacity: int = 32, enqueue_many: bool = False,
    shapes: Any = None, dynamic_pad: bool = False, allow_smaller_final_batch: bool = False,
    shared_name: str | None = None, name: str | None = None,
) -> Any:
    """As batch_join, of those elements only for which the bool keep_input is True."""
    return _batched(
        "batch_join", tensors_list, batch_size, keep_input, 1, capacity, enqueue_many, shapes, dynamic_pad,
        allow_smaller_final_batch, shared_name, name,
    )


def shuffle_batch(
    tensors: Any, batch_size: Any, capacity: int, min_after_dequeue: int, num_threads: int = 1, seed: int | None = None,
    enqueue_many: bool = False, shapes: Any = None, allow_smaller_final_batch: bool = False,
    shared_name: str | None = None, name: str | None = None,
) -> Any:
    """As batch, in random order: always min_after_dequeue elements or more are there to choose from.

    Which element is chosen depends on the seed and on how many the threads have put in by then, so two runs differ; an
    order that is the same each time is tf.data.Dataset.shuffle's.
    """
    return maybe_shuffle_batch(
        tensors, batch_size, capacity, min_after_dequeue, True, num_threads, seed, enqueue_many, shapes,
        allow_smaller_final_batch, shared_name, name,
    )


def maybe_shuffle_batch(
    tensors: Any, batch_size: Any, capacity: int, min_after_dequeue: int, keep_input: Any, num_threads: int = 1,
    seed: int | None = None, enqueue_many: bool = False, shapes: Any = None, allow_smaller_final_batch: bool = False,
    shared_name: str | None = None, name: str | None = None,
) -> Any:
    """As shuffle_batch, of those elements only for which the bool keep_input is True."""
    return _batched(
        "shuffle_batch", [tensors], batch_size, keep_input, num_threads, capacity, enqueue_many, shapes, False,
        allow_smaller_final_batch, shared_name, name, (min_after_dequeue, seed),
    )


def shuffle_batch_join(
    tensors_list: Sequence[Any], batch_size: Any, capacity: int, min_after_dequeue: int, seed: int | None = None,
    enqueue_many: bool = False, shapes: Any = None, allow_smaller_final_batch: bool = False,
    shared_name: str | None = None, name: str | None = None,
) -> Any:
    """As shuffle_batch, filled from several lists of tensors with a thread for each."""
    return maybe_shuffle_batch_join(
        tensors_list, batch_size, capacity, min_after_dequeue, True, seed, enqueue_many, shapes,
        allow_smaller_final_batch, shared_name, name,
    )


def maybe_shuffle_batch_join(
    tensors_list: Sequence[Any], batch_size: Any, capacity: int, min_after_dequeue: int, keep_input: Any,
    seed: int | None = None, enqueue_many: bool = False, shapes: Any = None, allow_smaller_final_batch: bool = False,
    shared_name: str | None = None, name: str | None = None,
) -> Any:
    """As shuffle_batch_join, of those elements only for which the bool keep_input is True."""
    return _batched(
        "shuffle_batch_join", tensors_list, batch_size, keep_input, 1, capacity, enqueue_many, shapes, False,
        allow_smaller_final_batch, shared_name, name, (min_after_dequeue, seed),
    )
