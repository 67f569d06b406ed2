"""`tf.data.Dataset`: a source of elements and what happens to them, described first and run by an iterator."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from deepkit.core import seeds as drawn
from deepkit.core.apply import apply
from deepkit.core.graph import default_graph
from deepkit.core.shape import SCALAR, Shape
from deepkit.core.symbol import Symbol
from deepkit.device.dtypes import as_dtype, int64
from deepkit.device.philox import Stream
from deepkit.errors import ArgumentError, ShapeError
from deepkit.ops.input import iteration
from deepkit.ops.input.buffers import random_words
from deepkit.ops.input.iteration import Pass
from deepkit.v1.data import _sources as sources
from deepkit.v1.data import _steps as steps
from deepkit.v1.data import _windows as windows
from deepkit.v1.data._batching import batch_of, fillers_in_pass, padded_shape, row_of, shapes_in_pass
from deepkit.v1.data._elements import (
    DatasetPart,
    Elements,
    Part,
    components,
    describe,
    flatten,
    is_branch,
    is_shape,
    is_sparse,
    like,
    map_components,
    map_leaves,
    pack,
    part_of,
    parts,
    symbol,
    symbols,
)
from deepkit.v1.data._function import ElementFunction, moved_state
from deepkit.v1.data._iterator import Iterator
from deepkit.v1.framework.symbolic import constant_of

Number = Callable[[Pass], int]


def _number(value: Any, name: str, least: int | None = None) -> tuple[list[Symbol], Number]:
    """A count as the tensors that it needs, and a function that gives it in a pass."""

    def checked(n: Any) -> int:
        if least is not None and int(n) < least:
            raise ArgumentError(f"{name}={int(n)}", rule=f"at least {least}")
        return int(n)

    if isinstance(value, Symbol):
        return [value], lambda go: checked(go.values[value])
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise ArgumentError(f"{name}={value!r}", rule="an integer, or a tensor that holds one")
    known = checked(value)
    return [], lambda go: known


def _threads(wanted: Any) -> int:
    """num_parallel_calls as a number of threads; AUTOTUNE, -1, is one for each processor."""
    return os.cpu_count() or 1 if int(wanted) < 0 else int(wanted)


class Dataset(Elements):
    """Elements one after the other: tensors, or tuples and dicts of tensors. Each method gives a new data set.

    Nothing runs before an iterator is asked for an element. `element` is the form of one, `inputs` are the tensors of
    the graph that the data set is made of.

    >>> import deepkit.v1 as tf
    >>> with tf.Graph().as_default(), tf.Session() as sess:
    ...     dataset = tf.data.Dataset.range(5).map(lambda x: x * x).batch(2)
    ...     batch = dataset.make_one_shot_iterator().get_next()
    ...     print(sess.run(batch), sess.run(batch), sess.run(batch))
    [0 1] [4 9] [16]
    """

    def __init__(self, element: Any, rows: Callable[[Pass], steps.Rows], inputs: Sequence[Symbol] = ()):
        self.element, self._rows, self.inputs = element, rows, list(dict.fromkeys(inputs))

    def rows(self, go: Pass) -> steps.Rows:
        """The elements in a pass, as rows of arrays."""
        return self._rows(go)

    def _then(self, element: Any, rows: Callable[[Pass], steps.Rows], inputs: Sequence[Symbol] = ()) -> Dataset:
        return Dataset(element, rows, [*self.inputs, *inputs])

    def then(self, step: Callable[[steps.Rows], steps.Rows]) -> Dataset:
        """The rows that a generator gives of this one's, elements of the same form."""
        return self._then(self.element, lambda go: step(self.rows(go)))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {describe(self.element)}>"

    # ---- where elements come from

    @staticmethod
    def from_tensors(tensors: Any) -> Dataset:
        """One element: the tensors as they are."""
        made = symbols(tensors, "from_tensors")
        leaves = flatten(made)
        return Dataset(map_leaves(part_of, made), lambda go: sources.once([go.values[x] for x in leaves]), leaves)

    @staticmethod
    def from_tensor_slices(tensors: Any) -> Dataset:
        """The rows of the tensors: ((100, 784), (100,)) gives 100 elements ((784,), ())."""
        made = symbols(tensors, "from_tensor_slices")
        leaves, element = flatten(made), map_leaves(part_of, made)
        lengths: set[int | None] = set()
        for x in components(made):
            if x.shape.lengths == ():
                raise ShapeError(
                    f"from_tensor_slices: {x.name} is a single number", rule="the rows of a tensor are the elements",
                    hint="from_tensors for one element; from_tensor_slices([...]) for several",
                )
            lengths.add(x.shape.lengths[0] if x.shape.lengths else None)
        if len(lengths - {None}) > 1:
            raise ShapeError(
                f"from_tensor_slices: tensors of {' and '.join(map(str, sorted(n for n in lengths if n is not None)))} rows",
                rule="row i of every tensor belongs to element i, so all have the same number of rows",
            )
        kinds = components(element)
        return Dataset(row_of(element), lambda go: sources.slices([go.values[x] for x in leaves], kinds), leaves)

    @staticmethod
    def from_generator(generator: Any, output_types: Any, output_shapes: Any = None, args: Any = None) -> Dataset:
        """What a Python generator function yields, called anew for each pass: numbers, arrays, or tuples or dicts of them."""
        if not callable(generator):
            raise ArgumentError(
                f"from_generator got a {type(generator).__name__}", rule="a function that can be called for each pass anew",
                hint="def numbers(): yield ...; from_generator(numbers, tf.float32), without ()",
            )
        element = parts(output_types, output_shapes)
        given = [symbol(a, "from_generator") for a in args or ()]
        return Dataset(element, lambda go: sources.generated(generator, element, [go.values[x] for x in given]), given)

    @staticmethod
    def range(*args: Any) -> Dataset:
        """The int64 numbers of Python's range(stop), range(start, stop) or range(start, stop, step)."""
        if not 1 <= len(args) <= 3:
            raise ArgumentError(
                f"Dataset.range of {len(args)} numbers", rule="1 to 3: stop; start, stop; start, stop, step"
            )
        limits = [symbol(a, "range") for a in args]
        element = Part(int64, SCALAR)
        return Dataset(element, lambda go: sources.counted([int(go.values[x]) for x in limits]), limits)

    @staticmethod
    def zip(datasets: Any) -> Dataset:
        """A tuple (or dict) of data sets as a data set of tuples; the shortest says when to stop."""
        listed = flatten(tuple(datasets) if isinstance(datasets, list) else datasets)
        wrong = next((d for d in listed if not isinstance(d, Dataset)), None)
        if wrong is not None:
            raise ArgumentError(
                f"Dataset.zip got {wrong!r}", rule="a tuple of data sets", hint="Dataset.zip((images, labels))"
            )
        form = tuple(datasets) if isinstance(datasets, list) else datasets
        element = pack(form, [d.element for d in listed])
        inputs = [x for d in listed for x in d.inputs]
        return Dataset(element, lambda go: steps.zipped([d.rows(go) for d in listed]), inputs)

    @staticmethod
    def list_files(file_pattern: Any, shuffle: bool | None = None, seed: int | None = None) -> Dataset:
        """The names of the files that a pattern with * and ?, or several, name; in random order unless shuffle=False."""
        pattern = symbol(file_pattern, "list_files")
        files = Dataset(Part(as_dtype("string"), SCALAR), lambda go: sources.files(go.values[pattern]), [pattern])
        return files if shuffle is False else files.shuffle(1 << 20, seed)

    # ---- what happens to elements

    def map(self, map_func: Any, num_parallel_calls: Any = None) -> Dataset:
        """map_func of each element, which gets the parts of a tuple as its arguments. It is called once, to be written
        down; num_parallel_calls threads run it (the order stays the same). They gain time where the function waits, or
        works on large arrays; many small steps are faster in one thread, since Python runs one at a time.
        """
        made = ElementFunction(map_func, self.element, "map")
        if made.dataset is not None:
            raise ArgumentError("map: the function returned a data set", hint="flat_map, or interleave")
        if num_parallel_calls is None:
            return self._then(made.result, lambda go: sources.mapped(self.rows(go), made.bound(go)), made.inputs)
        inputs, threads = _number(num_parallel_calls, "num_parallel_calls")
        return self._then(
            made.result,
            lambda go: steps.parallel_map(self.rows(go), made.bound(go), max(1, _threads(threads(go)))),
            [*made.inputs, *inputs],
        )

    map_with_legacy_function = map

    def _to_datasets(self, map_func: Any, what: str) -> ElementFunction:
        made = ElementFunction(map_func, self.element, what)
        if made.dataset is None:
            raise ArgumentError(
                f"{what}: the function returned {describe(made.result)}", rule="it returns a data set for each element",
                hint="map, if it gives one element for each",
            )
        return made

    def flat_map(self, map_func: Any) -> Dataset:
        """The elements of the data sets that map_func makes of the elements, one data set after the other."""
        made = self._to_datasets(map_func, "flat_map")
        return self._then(made.result, lambda go: steps.flat_map(self.rows(go), made.bound(go)), made.inputs)

    def interleave(
        self, map_func: Any, cycle_length: Any = 1, block_length: Any = 1, num_parallel_calls: Any = None
    ) -> Dataset:
        """As flat_map, but block_length elements from each of cycle_length data sets in turn."""
        made = self._to_datasets(map_func, "interleave")
        of_cycle, cycle = _number(cycle_length, "cycle_length")
        of_block, block = _number(block_length, "block_length", 1)
        return self._then(
            made.result,
            lambda go: steps.interleave(self.rows(go), made.bound(go), max(1, _threads(cycle(go))), block(go)),
            [*made.inputs, *of_cycle, *of_block],
        )

    def filter(self, predicate: Any) -> Dataset:
        """The elements for which predicate(element) is True."""
        made = ElementFunction(predicate, self.element, "filter")
        result = made.result
        if not isinstance(result, Part) or not result.dtype.is_bool or not result.shape.is_compatible_with([]):
            raise ArgumentError(
                f"filter: the function returned {describe(result)}", rule="one bool: True keeps the element",
                hint="tf.equal(x, y), tf.less(x, 3), tf.reduce_all(...)",
            )
        return self._then(self.element, lambda go: sources.filtered(self.rows(go), made.bound(go)), made.inputs)

    def concatenate(self, dataset: Dataset) -> Dataset:
        """The elements of this data set, then those of another one."""
        if not isinstance(dataset, Dataset):
            raise ArgumentError(f"concatenate got a {type(dataset).__name__}", rule="another data set")
        ours, theirs = flatten(self.element), flatten(dataset.element)
        if [p.dtype for p in ours] != [p.dtype for p in theirs]:
            raise ArgumentError(
                f"concatenate: elements {describe(self.element)} and {describe(dataset.element)}", rule="the same types"
            )
        both = pack(self.element, [Part(a.dtype, a.shape.common(b.shape)) for a, b in zip(ours, theirs, strict=True)])
        return self._then(both, lambda go: sources.chained(self.rows(go), lambda: dataset.rows(go)), dataset.inputs)

    def batch(self, batch_size: Any, drop_remainder: bool = False) -> Dataset:
        """batch_size elements as one, with a first axis that counts them; the last batch may be smaller."""
        inputs, size = _number(batch_size, "batch_size", 1)
        rows = batch_size if drop_remainder and not isinstance(batch_size, Symbol) else None
        kinds, drop = components(self.element), bool(drop_remainder)
        return self._then(
            batch_of(self.element, rows), lambda go: steps.batch(self.rows(go), size(go), drop, kinds), inputs
        )

    def _fillers(self, values: Any, leaves: list[Part]) -> list[Symbol | None]:
        """What each part of an element is filled up with; None for 0 or an empty text."""
        if values is None:
            return [None] * len(leaves)
        given = like(self.element, values, "padding_values", lambda v: not is_branch(v))
        return [None if v is None else constant_of(v, p.dtype) for v, p in zip(given, leaves, strict=True)]

    def window(self, size: Any, shift: Any = None, stride: Any = 1, drop_remainder: bool = False) -> Dataset:
        """Data sets of `size` elements each, taken `stride` apart, each beginning `shift` (size) elements after the one before.

        The last ones may be shorter, unless drop_remainder. An element of several parts becomes as many data sets.

        >>> import deepkit.v1 as tf
        >>> with tf.Graph().as_default(), tf.Session() as sess:
        ...     windows = tf.data.Dataset.range(4).window(2, shift=1, drop_remainder=True)
        ...     pair = windows.flat_map(lambda w: w.batch(2)).make_one_shot_iterator().get_next()
        ...     print(sess.run(pair), sess.run(pair), sess.run(pair))
        [0 1] [1 2] [2 3]
        """
        of_size, count = _number(size, "size", 1)
        of_shift, moved = (of_size, count) if shift is None else _number(shift, "shift", 1)
        of_stride, step = _number(stride, "stride", 1)
        kinds, drop = components(self.element), bool(drop_remainder)
        return self._then(
            map_components(held, self.element),
            lambda go: windows.windows(self.rows(go), count(go), moved(go), step(go), drop, kinds),
            [*of_size, *of_shift, *of_stride],
        )

    def reduce(self, initial_state: Any, reduce_func: Any) -> Any:
        """What is left of initial_state after reduce_func(state, element) of each element: tensors, in the state's form.

        ArgumentError: the function gives a state of another form or type.

        >>> import deepkit.v1 as tf
        >>> with tf.Graph().as_default(), tf.Session() as sess:
        ...     int(sess.run(tf.data.Dataset.range(5).reduce(np.int64(0), lambda total, x: total + x)))
        10
        """
        start = symbols(initial_state, "reduce")
        state, made = moved_state(start, self.element, reduce_func, "reduce", lambda answer: answer)
        needs = list(dict.fromkeys([*self.inputs, *made.inputs]))
        op = iteration.ReduceDataset(
            dataset=self, function=made, needs=tuple(needs), static=tuple(p.shape for p in flatten(state))
        )
        runner = default_graph().add(iteration.DatasetRunner(), (), "ReduceDataset/runner")
        return pack(start, apply(op, runner, *flatten(start), *needs))

    def with_options(self, options: Any) -> Dataset:
        """The same data set: the options are hints for threads that there are not here."""
        return self

    def padded_batch(
        self, batch_size: Any, padded_shapes: Any, padding_values: Any = None, drop_remainder: bool = False
    ) -> Dataset:
        """As batch for elements of different lengths: each is filled up (with 0, or b"") to padded_shapes.

        A dimension of None, or -1, is the longest of the batch; a shape may be a tensor. padding_values: numbers, texts or
        tensors to fill up with, in the form of an element.
        """
        if any(map(is_sparse, components(self.element))):
            raise ArgumentError(
                f"padded_batch: elements {describe(self.element)}", rule="sparse tensors are not filled up",
                hint="batch; or map(tf.sparse_tensor_to_dense) before",
            )
        inputs, size = _number(batch_size, "batch_size", 1)
        leaves, drop = flatten(self.element), bool(drop_remainder)
        wanted = like(self.element, padded_shapes, "padded_shapes", lambda s: is_shape(s) or isinstance(s, Symbol))
        full = [padded_shape(s, p.shape) for s, p in zip(wanted, leaves, strict=True)]
        filled = self._fillers(padding_values, leaves)
        inputs += [x for x in (*filled, *wanted) if isinstance(x, Symbol)]
        rows = batch_size if drop and not isinstance(batch_size, Symbol) else None
        element = pack(self.element, [Part(p.dtype, Shape((rows, *s))) for p, s in zip(leaves, full, strict=True)])
        return self._then(
            element,
            lambda go: steps.padded_batch(
                self.rows(go), size(go), drop, leaves, shapes_in_pass(wanted, full, go), fillers_in_pass(filled, go)
            ),
            inputs,
        )

    def shuffle(
        self, buffer_size: Any, seed: int | None = None, reshuffle_each_iteration: bool | None = None
    ) -> Dataset:
        """The elements in random order, each time one of the buffer_size that come next.

        With a seed (or set_random_seed) the order is TensorFlow's and the same in each program; after repeat() it is
        another one in each epoch, unless reshuffle_each_iteration=False.
        """
        inputs, size = _number(buffer_size, "buffer_size", 1)
        seeds = default_graph().op_seeds(seed)
        key = object()

        def rows(go: Pass) -> steps.Rows:
            first = go.remember(key, lambda: random_words(Stream(*(seeds or drawn.fresh()))))
            own = go.remember((key, "seeds"), lambda: seeds or drawn.fresh())
            again = reshuffle_each_iteration is None or reshuffle_each_iteration
            chosen = (next(first), next(first)) if again else own
            return steps.shuffle(self.rows(go), size(go), Stream(*chosen))

        return self._then(self.element, rows, inputs)

    def repeat(self, count: Any = None) -> Dataset:
        """The whole data set `count` times; None or -1: for ever."""
        inputs, times = _number(-1 if count is None else count, "count")
        return self._then(self.element, lambda go: steps.repeat(lambda: self.rows(go), times(go)), inputs)

    def prefetch(self, buffer_size: Any) -> Dataset:
        """The same elements, made ahead by a thread: up to buffer_size of them are ready before they are asked for."""
        inputs, size = _number(buffer_size, "buffer_size")

        def rows(go: Pass) -> steps.Rows:
            n = size(go)
            return steps.prefetch(self.rows(go), n if n > 0 else 2, go) if n else self.rows(go)

        return self._then(self.element, rows, inputs)

    def take(self, count: Any) -> Dataset:
        """The first `count` elements; -1: all."""
        inputs, n = _number(count, "count")
        return self._then(self.element, lambda go: sources.sliced(self.rows(go), 0, _stop(n(go))), inputs)

    def skip(self, count: Any) -> Dataset:
        """All but the first `count` elements; -1: none."""
        inputs, n = _number(count, "count")

        def rows(go: Pass) -> steps.Rows:
            first = n(go)
            return sources.sliced(self.rows(go), max(first, 0), 0 if first < 0 else None)

        return self._then(self.element, rows, inputs)

    def shard(self, num_shards: Any, index: Any) -> Dataset:
        """The elements number index, index + num_shards, ...: a part for one of several workers."""
        of_count, count = _number(num_shards, "num_shards", 1)
        of_index, which = _number(index, "index", 0)
        if not of_count and not of_index and index >= num_shards:
            raise ArgumentError(f"shard: index={index}, num_shards={num_shards}", rule="0 <= index < num_shards")
        return self._then(
            self.element, lambda go: sources.sliced(self.rows(go), which(go), None, count(go)), [*of_count, *of_index]
        )

    def cache(self, filename: Any = "") -> Dataset:
        """The same elements; from the second epoch on from memory."""
        if isinstance(filename, Symbol) or filename:
            raise ArgumentError(
                "cache: a file", rule="elements are kept in memory", hint="cache(), without a file name"
            )
        key = object()
        return self._then(
            self.element, lambda go: steps.cache(lambda: self.rows(go), go.remember(key, dict))
        )

    def enumerate(self, start: Any = 0) -> Dataset:
        """(number, element), counted from `start` on."""
        inputs, first = _number(start, "start")
        element = (Part(int64, SCALAR), self.element)
        return self._then(element, lambda go: sources.numbered(self.rows(go), first(go)), inputs)

    def unbatch(self) -> Dataset:
        """The rows of the elements as elements."""
        kinds = components(self.element)
        return self._then(row_of(self.element), lambda go: steps.unbatch(self.rows(go), kinds))

    def apply(self, transformation_func: Callable[[Dataset], Dataset]) -> Dataset:
        """transformation_func(self): for chains of methods."""
        if not callable(transformation_func):
            raise ArgumentError(f"apply got a {type(transformation_func).__name__}", rule="a function of a data set")
        result = transformation_func(self)
        if not isinstance(result, Dataset):
            raise ArgumentError(f"apply: the function returned {result!r}", rule="it returns a data set")
        return result

    # ---- iterators

    def __iter__(self) -> Iterator:
        return iter(self.make_one_shot_iterator())

    def make_one_shot_iterator(self) -> Iterator:
        """An iterator that needs no initializer, and goes through the data set once."""
        return Iterator.one_shot(self)

    def make_initializable_iterator(self, shared_name: str | None = None) -> Iterator:
        """An iterator that begins when its initializer is run, again each time; placeholders may be fed then."""
        iterator = Iterator(self.element, shared_name)
        iterator.start_with(self)
        return iterator


def _stop(count: int) -> int | None:
    return None if count < 0 else count


def held(element: Any) -> DatasetPart:
    """A leaf that is a data set of elements of this form, held as rows."""

    def of(rows: Symbol) -> Dataset:
        return Dataset(element, lambda go: windows.rows_of(go.values[rows]), [rows])

    return DatasetPart(element, of)
