"""Functions of elements: lists of results, queues inside them, and errors that end nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from deepkit import v1 as tf


def taken(dataset: Any, count: int) -> list[Any]:
    row = dataset.make_one_shot_iterator().get_next()
    with tf.Session() as session:
        return [session.run(row) for _ in range(count)]


def test_a_list_of_results_is_a_tuple() -> None:
    rows = tf.data.Dataset.range(3)
    assert taken(rows.map(lambda x: [x, "hello", 10]), 2) == [(0, b"hello", 10), (1, b"hello", 10)]
    halves = rows.map(lambda x: tf.py_func(lambda n: (n, n / 2), [x], [tf.int64, tf.float64]))
    assert taken(halves.map(lambda n, half: half), 3) == [0.0, 0.5, 1.0]
    same = rows.map(lambda x: tf.py_func(lambda n: (n, n + 1), [x], [tf.int64, tf.int64]))
    assert taken(same, 2) == [(0, 1), (1, 2)]


def test_a_function_takes_elements_out_of_a_queue() -> None:
    queue = tf.FIFOQueue(20, tf.int64, shapes=[])
    fill = queue.enqueue_many([np.arange(10)])
    iterator = tf.data.Dataset.from_tensors(0).repeat(-1).map(lambda _: queue.dequeue()).make_initializable_iterator()
    row = iterator.get_next()
    with tf.Session() as session:
        session.run([fill, iterator.initializer])
        assert [session.run(row) for _ in range(10)] == list(range(10))


@pytest.mark.parametrize("ahead", [0, 2])
@pytest.mark.parametrize("threads", [None, 3])
def test_after_an_error_comes_the_next_element(ahead: int, threads: int | None) -> None:
    numbers = np.array([1, np.nan, 3, np.nan], np.float32)
    checked = tf.data.Dataset.from_tensor_slices(numbers).map(lambda x: tf.check_numerics(x, "x"), threads)
    row = checked.prefetch(ahead).make_one_shot_iterator().get_next()
    found: list[Any] = []
    with tf.Session() as session:
        for _ in range(5):
            try:
                found.append(session.run(row))
            except tf.errors.OutOfRangeError:
                found.append("end")
            except tf.errors.InvalidArgumentError:
                found.append("error")
    assert found == [1, "error", 3, "error", "end"]


def test_an_error_that_ends_a_generator_is_not_the_end_of_the_data() -> None:
    numbers = np.array([1, np.nan, 3, 4], np.float32)
    pairs = tf.data.Dataset.from_tensor_slices(numbers).map(lambda x: tf.check_numerics(x, "x")).batch(2)
    row = pairs.make_one_shot_iterator().get_next()
    with tf.Session() as session:
        for _ in range(3):
            with pytest.raises(tf.errors.InvalidArgumentError):
                session.run(row)


def test_lines_are_read_in_order_whatever_reads_them(tmp_path: Any) -> None:
    (tmp_path / "a.txt").write_text("one\ntwo\n")
    assert taken(tf.data.TextLineDataset([str(tmp_path / "a.txt")], num_parallel_reads=2), 2) == [b"one", b"two"]


def test_a_sparse_tensor_of_its_value() -> None:
    value = tf.SparseTensorValue([[0, 1]], [2.0], [2, 3])
    sparse = tf.SparseTensor.from_value(value)
    assert tf.SparseTensor.from_value(sparse) is sparse
    with tf.Session() as session:
        assert session.run(tf.sparse_tensor_to_dense(sparse)).tolist() == [[0, 2, 0], [0, 0, 0]]
    with pytest.raises(TypeError, match="a SparseTensorValue"):
        tf.SparseTensor.from_value(3)


def test_whole_numbers_of_a_feature_may_be_true_and_false() -> None:
    bools = tf.train.Int64List(value=[True, np.bool_(False), 7])
    assert list(bools.value) == [1, 0, 7]
    assert isinstance(bools, tf.train.Int64List)
    feature = tf.train.Feature(int64_list=bools)
    assert tf.train.Feature.FromString(feature.SerializeToString()).int64_list.value == [1, 0, 7]
    assert list(tf.train.Int64List.FromString(bools.SerializeToString()).value) == [1, 0, 7]
