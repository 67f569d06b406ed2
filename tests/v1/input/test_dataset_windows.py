"""Data sets in windows and groups, reduced, chosen from, and with errors left out."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import ArgumentError

Dataset, experimental = tf.data.Dataset, tf.data.experimental


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def elements(dataset):
    """All elements, arrays as lists."""
    element = dataset.make_one_shot_iterator().get_next()
    found = []
    with tf.Session() as sess:
        try:
            while True:
                value = sess.run(element)
                found.append(tuple(v.tolist() for v in value) if isinstance(value, tuple) else np.asarray(value).tolist())
        except tf.errors.OutOfRangeError:
            return found


def lengths(*numbers):
    return Dataset.from_generator(lambda: (np.arange(n) for n in numbers), tf.int64, [None])


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ((3,), [[0, 1, 2], [3, 4, 5], [6]]), ((3, 2, 2), [[0, 2, 4], [2, 4, 6], [4, 6], [6]]), ((2, 5), [[0, 1], [5, 6]]),
        ((2, 1, 3, True), [[0, 3], [1, 4], [2, 5], [3, 6]]),
    ],
)
def test_windows(arguments, wanted):
    assert elements(Dataset.range(7).window(*arguments).flat_map(lambda w: w.batch(9))) == wanted


def test_windows_of_several_parts():
    pairs = Dataset.zip((Dataset.range(5), Dataset.range(5).map(lambda x: x * 10)))
    batches = pairs.window(2, drop_remainder=True).flat_map(lambda a, b: Dataset.zip((a.batch(2), b.batch(2))))
    assert elements(batches) == [([0, 1], [0, 10]), ([2, 3], [20, 30])]


def test_a_window_may_be_reduced_where_it_comes():
    sums = Dataset.range(7).window(3).map(lambda w: w.reduce(np.int64(0), lambda total, x: total + x))
    assert elements(sums) == [3, 12, 6]


def test_reduce():
    total, product = Dataset.range(1, 5).reduce(
        (np.int64(0), np.float32(1)), lambda state, x: (state[0] + x, state[1] * tf.cast(x, tf.float32))
    )
    grown = Dataset.range(3).reduce(tf.zeros([0], tf.int64), lambda state, x: tf.concat([state, [x]], 0))
    assert grown.shape.as_list() == [None]
    with tf.Session() as sess:
        assert sess.run([total, product]) == [10, 24.0]
        assert sess.run(grown).tolist() == [0, 1, 2]
    with pytest.raises(ArgumentError, match="the next state has the form"):
        Dataset.range(3).reduce(0.0, lambda total, x: x)


def test_reduce_uses_what_the_graph_feeds():
    factor = tf.placeholder(tf.int64, [])
    total = Dataset.range(4).reduce(np.int64(0), lambda total, x: total + factor * x)
    with tf.Session() as sess:
        assert [sess.run(total, {factor: f}) for f in (1, 10)] == [6, 60]


def test_groups_by_a_key():
    step = experimental.group_by_window(lambda x: x % 3, lambda key, window: window.batch(2), window_size=2)
    assert elements(Dataset.range(8).apply(step)) == [[0, 3], [1, 4], [2, 5], [6], [7]]
    by_key = experimental.group_by_window(
        lambda x: x % 2, lambda key, window: window.map(lambda x: x * 10 + key).batch(9), window_size_func=lambda key: key + 1
    )
    assert elements(Dataset.range(5).apply(by_key)) == [[0], [20], [11, 31], [40]]
    with pytest.raises(ArgumentError, match="one of them"):
        experimental.group_by_window(lambda x: x, lambda key, window: window)
    with pytest.raises(ArgumentError, match="returns a data set"):
        Dataset.range(3).apply(experimental.group_by_window(lambda x: x, lambda key, window: key, 2))


def test_batches_of_similar_lengths():
    step = experimental.bucket_by_sequence_length(lambda x: tf.shape(x)[0], [3, 5], [2, 2, 1])
    assert elements(lengths(1, 4, 2, 3, 6, 1).apply(step)) == [
        [[0, 0], [0, 1]], [[0, 1, 2, 3], [0, 1, 2, 0]], [[0, 1, 2, 3, 4, 5]], [[0]],
    ]
    full = experimental.bucket_by_sequence_length(
        lambda x: tf.size(x), [3, 5], [2, 2, 1], pad_to_bucket_boundary=True, padding_values=tf.constant(-1, tf.int64)
    )
    assert elements(lengths(1, 3).apply(full)) == [[[0, -1]], [[0, 1, 2, -1]]]
    with pytest.raises(ArgumentError, match="one batch size more"):
        experimental.bucket_by_sequence_length(lambda x: 1, [3], [2])


def test_a_state_from_element_to_element():
    step = experimental.scan(np.int64(1), lambda state, x: (state * 2, state + x))
    assert elements(Dataset.range(4).apply(step)) == [1, 3, 6, 11]


def test_errors_are_left_out():
    numbers = Dataset.from_tensor_slices(np.array([1, 0, 2, 0], np.float32))
    step = numbers.map(lambda x: tf.check_numerics(1 / x, "infinite"))
    assert elements(step.apply(experimental.ignore_errors())) == [1.0, 0.5]
    with pytest.raises(tf.errors.InvalidArgumentError, match="infinite"):
        elements(step)


def test_chosen_and_sampled():
    sources = [Dataset.range(2), Dataset.range(10, 13)]
    choices = Dataset.from_tensor_slices(np.array([1, 0, 1, 0, 0, 1], np.int64))
    assert elements(experimental.choose_from_datasets(sources, choices)) == [10, 0, 11, 1, 12]
    drawn = elements(experimental.sample_from_datasets(sources, [0.5, 0.5], seed=3))
    assert sorted(drawn) == [0, 1, 10, 11, 12]
    assert [x for x in drawn if x < 2] == [0, 1]
    assert elements(experimental.sample_from_datasets(sources, [0.0, 1.0]).take(3)) == [10, 11, 12]


def test_smaller_steps():
    assert elements(Dataset.from_tensor_slices([1, 2, 1, 3, 2]).apply(experimental.unique())) == [1, 2, 3]
    assert elements(Dataset.range(9).apply(experimental.take_while(lambda x: x < 3))) == [0, 1, 2]
    assert elements(experimental.Counter(3, 2).take(3)) == [3, 5, 7]
    assert elements(Dataset.range(4).apply(tf.contrib.data.sliding_window_batch(3))) == [[0, 1, 2], [1, 2, 3]]
    assert elements(Dataset.range(2).with_options(tf.data.Options())) == [0, 1]


def test_sparse_batches_of_different_lengths():
    batch = lengths(2, 1).apply(experimental.dense_to_sparse_batch(2, [4])).make_one_shot_iterator().get_next()
    with tf.Session() as sess:
        found = sess.run(batch)
    assert found.indices.tolist() == [[0, 0], [0, 1], [1, 0]]
    assert found.values.tolist() == [0, 1, 0]
    assert found.dense_shape.tolist() == [2, 4]


def test_the_only_element():
    one, many = experimental.get_single_element(Dataset.range(7, 8)), experimental.get_single_element(Dataset.range(3))
    with tf.Session() as sess:
        assert sess.run(one) == 7
        with pytest.raises(tf.errors.InvalidArgumentError, match="more than one"):
            sess.run(many)
