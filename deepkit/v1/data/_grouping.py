"""Steps for Dataset.apply that group elements, choose among data sets, or carry a state from element to element."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core import seeds as drawn
from deepkit.core.apply import apply
from deepkit.core.graph import default_graph
from deepkit.core.shape import SCALAR, Shape
from deepkit.device.dtypes import as_dtype, int64
from deepkit.device.philox import Stream
from deepkit.errors import ArgumentError
from deepkit.ops.input import iteration
from deepkit.ops.input.iteration import Pass
from deepkit.v1.data import _windows as windows
from deepkit.v1.data._dataset import Dataset, held
from deepkit.v1.data._elements import Part, SparseParts, describe, flatten, map_leaves, pack, symbols
from deepkit.v1.data._function import ElementFunction, moved_state
from deepkit.v1.framework.symbolic import constant_of

Step = Callable[[Dataset], Dataset]


def group_by_window(key_func: Any, reduce_func: Any, window_size: Any = None, window_size_func: Any = None) -> Step:
    """dataset.apply(...): elements with one key in groups of window_size, or window_size_func(key); each group, a data set,
    becomes what reduce_func(key, group) makes of it: a data set, whose elements come.

    key_func: element -> int64. ArgumentError: not exactly one of the two sizes.
    """
    if (window_size is None) is (window_size_func is None):
        raise ArgumentError("group_by_window needs window_size or window_size_func", rule="one of them")
    size_func = window_size_func if window_size is None else lambda key: ops.cast(window_size, "int64")

    def step(dataset: Dataset) -> Dataset:
        key = ElementFunction(lambda *parts: ops.cast(key_func(*parts), "int64"), _spread(dataset.element), "group_by_window")
        size = ElementFunction(lambda k: constant_of(size_func(k), "int64"), Part(int64, SCALAR), "group_by_window")
        reduce = ElementFunction(reduce_func, (Part(int64, SCALAR), held(dataset.element)), "group_by_window")
        if reduce.dataset is None:
            raise ArgumentError(
                f"group_by_window: the function returned {describe(reduce.result)}", rule="it returns a data set",
                hint="lambda key, window: window.batch(n)",
            )
        return Dataset(
            reduce.result,
            lambda go: windows.grouped(dataset.rows(go), key.bound(go), reduce.bound(go), size.bound(go)),
            [*dataset.inputs, *key.inputs, *size.inputs, *reduce.inputs],
        )

    return step


def _spread(element: Any) -> Any:
    """An element as the tuple of a function's arguments."""
    return element if type(element) is tuple else (element,)


def bucket_by_sequence_length(
    element_length_func: Any, bucket_boundaries: Sequence[int], bucket_batch_sizes: Sequence[int], padded_shapes: Any = None,
    padding_values: Any = None, pad_to_bucket_boundary: bool = False, no_padding: bool = False, drop_remainder: bool = False,
) -> Step:
    """dataset.apply(...): batches of elements of similar length, padded to the longest, or to the end of their bucket.

    Bucket i holds lengths below bucket_boundaries[i] and not below the boundary before; the last one all longer ones, which
    pad_to_bucket_boundary does not allow. bucket_batch_sizes: the size of a batch in each bucket.
    """
    if len(bucket_batch_sizes) != len(bucket_boundaries) + 1:
        raise ArgumentError(
            f"bucket_by_sequence_length: {len(bucket_batch_sizes)} batch sizes for {len(bucket_boundaries)} boundaries",
            rule="one batch size more than boundaries",
        )
    sizes, edges = np.array(bucket_batch_sizes, np.int64), np.array(bucket_boundaries, np.int64)

    def key_of(*parts: Any) -> Any:
        length = ops.cast(element_length_func(*parts), "int64")
        return ops.reduce_sum(ops.cast(ops.greater_equal(length, edges), "int64"))

    def size_of(key: Any) -> Any:
        return ops.gather(constant_of(sizes), key)

    def step(dataset: Dataset) -> Dataset:
        form = dataset.output_shapes if padded_shapes is None else padded_shapes

        def filled(shape: Any, key: Any) -> Any:
            if not pad_to_bucket_boundary:
                return shape
            limit = ops.gather(constant_of(np.append(edges, 0) - 1), key)
            dims = [limit if d is None else ops.cast(d, "int64") for d in Shape(shape).as_list()]
            return ops.stack(dims) if dims else constant_of(np.zeros(0, np.int64))

        def batched(key: Any, group: Dataset) -> Dataset:
            if no_padding:
                return group.batch(size_of(key), drop_remainder)
            shapes = map_leaves_of_shapes(lambda shape: filled(shape, key), form)
            return group.padded_batch(size_of(key), shapes, padding_values, drop_remainder)

        return group_by_window(key_of, batched, window_size_func=size_of)(dataset)

    return step


def map_leaves_of_shapes(function: Callable[[Any], Any], form: Any) -> Any:
    """A structure of shapes with function(shape) in the place of each."""
    if isinstance(form, dict):
        return {key: map_leaves_of_shapes(function, value) for key, value in form.items()}
    if isinstance(form, tuple) and not all(d is None or isinstance(d, int) for d in form):
        return tuple(map_leaves_of_shapes(function, value) for value in form)
    return function(form)


def scan(initial_state: Any, scan_func: Any) -> Step:
    """dataset.apply(...): scan_func(state, element) -> (next state, output) of each element, beginning with initial_state."""

    def step(dataset: Dataset) -> Dataset:
        start = symbols(initial_state, "scan")
        _, made = moved_state(start, dataset.element, scan_func, "scan", _first)
        if not isinstance(made.result, tuple) or len(made.result) != 2:
            raise ArgumentError("scan: the function returns a pair", rule="(next state, output)")
        leaves = flatten(start)
        return Dataset(
            made.result[1],
            lambda go: windows.scanned(dataset.rows(go), tuple(np.asarray(go.values[x]) for x in leaves), made.bound(go)),
            [*dataset.inputs, *leaves, *made.inputs],
        )

    return step


def _first(answer: Any) -> Any:
    return answer[0] if isinstance(answer, tuple) and answer else answer


def ignore_errors(log_warning: bool = False) -> Step:
    """dataset.apply(...): the elements without those whose map or filter function fails."""
    return lambda dataset: dataset.then(windows.ignoring_errors)


def unique() -> Step:
    """dataset.apply(...): each element the first time that it comes."""
    return lambda dataset: dataset.then(windows.different)


def take_while(predicate: Any) -> Step:
    """dataset.apply(...): the elements up to the first for which the predicate is False."""

    def step(dataset: Dataset) -> Dataset:
        made = ElementFunction(predicate, dataset.element, "take_while")
        return Dataset(
            dataset.element, lambda go: windows.while_true(dataset.rows(go), made.bound(go)), [*dataset.inputs, *made.inputs]
        )

    return step


def _common_element(datasets: Sequence[Dataset], what: str) -> Any:
    if not datasets:
        raise ArgumentError(f"{what} of no data sets")
    leaves = [flatten(d.element) for d in datasets]
    if len({tuple(p.dtype for p in found) for found in leaves}) > 1:
        raise ArgumentError(f"{what}: elements {' and '.join(describe(d.element) for d in datasets)}", rule="the same types")
    common = [_common(column) for column in zip(*leaves, strict=True)]
    return pack(map_leaves(lambda p: p, datasets[0].element), common)


def _common(parts: Sequence[Part]) -> Part:
    same = all(part.shape == parts[0].shape for part in parts)
    return parts[0] if same else Part(parts[0].dtype, Shape(None))


def choose_from_datasets(datasets: Sequence[Dataset], choice_dataset: Dataset) -> Dataset:
    """For each number of choice_dataset the next element of that data set; one that has ended is passed over."""
    element = _common_element(datasets, "choose_from_datasets")
    inputs = [x for d in (*datasets, choice_dataset) for x in d.inputs]
    return Dataset(element, lambda go: windows.chosen([d.rows(go) for d in datasets], choice_dataset.rows(go)), inputs)


def sample_from_datasets(datasets: Sequence[Dataset], weights: Any = None, seed: int | None = None) -> Dataset:
    """Elements of data sets drawn at random, equally often or by weights, until all have ended."""
    element = _common_element(datasets, "sample_from_datasets")
    shares = np.ones(len(datasets)) if weights is None else np.asarray(weights, np.float64)
    if shares.shape != (len(datasets),):
        raise ArgumentError(f"sample_from_datasets: {shares.size} weights for {len(datasets)} data sets")
    seeds = default_graph().op_seeds(seed)

    def rows(go: Pass) -> Any:
        return windows.sampled([d.rows(go) for d in datasets], shares, Stream(*(seeds or drawn.fresh())))

    return Dataset(element, rows, [x for d in datasets for x in d.inputs])


def get_single_element(dataset: Dataset) -> Any:
    """The only element of a data set as tensors. ArgumentError in a run: it has none, or several."""
    leaves = flatten(dataset.element)
    if any(isinstance(part, SparseParts) for part in leaves):
        raise ArgumentError("get_single_element of sparse tensors")
    runner = default_graph().add(iteration.DatasetRunner(), (), "DatasetToSingleElement/runner")
    op = iteration.SingleElement(
        dataset=dataset, components=tuple(p.dtype for p in leaves), static=tuple(p.shape for p in leaves)
    )
    return pack(dataset.element, apply(op, runner, *dataset.inputs))


def Counter(start: int = 0, step: int = 1, dtype: Any = int64) -> Dataset:  # TensorFlow's name
    """start, start + step, ... without an end."""
    kind = as_dtype(dtype)
    numbers = Dataset.range(0, 2**63 - 1).map(lambda i: ops.cast(i * step + start, kind))
    return numbers


def dense_to_sparse_batch(batch_size: Any, row_shape: Any) -> Step:
    """dataset.apply(...): batches of tensors of different lengths as SparseTensors of the shape (batch, *row_shape)."""
    dims = np.array([-1 if d is None else int(d) for d in Shape(row_shape).as_list()], np.int64)

    def sparse(x: Any) -> Any:
        places = ops.where(ops.ones_like(x, "bool"))
        lengths = ops.where(dims < 0, ops.cast(ops.shape(x), "int64"), constant_of(dims))
        return ops.SparseTensor(places, ops.gather_nd(x, places), lengths)

    return lambda dataset: dataset.map(sparse).batch(batch_size)
