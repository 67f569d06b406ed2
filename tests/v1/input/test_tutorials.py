"""The tutorials' read_data_sets: its parts, its shapes and types, the order of its batches, digits28 in MNIST's place."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.datasets.idx import write_idx
from deepkit.errors import ArgumentError, DataError, DTypeError, ShapeError
from deepkit.v1.input.tutorials import DataSet, input_data, read_data_sets

TRAIN, TEST = 60, 10


@pytest.fixture(autouse=True)
def fresh_graph():
    with tf.Graph().as_default():
        yield


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """A machine without MNIST."""
    monkeypatch.setenv("DEEPKIT_DATA", str(tmp_path / "data"))
    monkeypatch.setattr("deepkit.datasets.locate.cache_folder", lambda: tmp_path / "cache")
    return tmp_path


@pytest.fixture
def folder(nowhere):
    """A folder with the four files; each image is filled with its number, labels count up to 9 again and again."""
    for part, n in (("train", TRAIN), ("t10k", TEST)):
        images = np.zeros((n, 28, 28), np.uint8) + np.arange(n, dtype=np.uint8)[:, None, None]
        write_idx(nowhere / f"{part}-images-idx3-ubyte.gz", images)
        write_idx(nowhere / f"{part}-labels-idx1-ubyte.gz", (np.arange(n) % 10).astype(np.uint8))
    return str(nowhere)


def numbers(n: int, **options) -> DataSet:
    """A data set whose images are their own numbers."""
    images = np.arange(n, dtype=np.uint8).reshape(n, 1, 1, 1)
    return DataSet(images, np.arange(n), dtype=tf.uint8, **options)


def test_three_parts(folder):
    mnist = read_data_sets(folder, validation_size=5)
    train, validation, test = mnist
    assert (train, validation, test) == (mnist.train, mnist.validation, mnist.test)
    assert [part.num_examples for part in mnist] == [55, 5, 10]
    assert train.images.shape == (55, 784)
    assert train.images.dtype == np.float32
    assert train.labels.dtype == np.uint8
    np.testing.assert_array_equal(validation.labels, np.arange(5))  # the first ones, in order
    np.testing.assert_array_equal(train.images[:, 0], np.arange(5, 60, dtype=np.float32) * np.float32(1 / 255))
    assert [len(part.images) for part in read_data_sets(folder, validation_size=0)] == [60, 0, 10]
    with pytest.raises(ArgumentError, match="between 0 and 60"):
        read_data_sets(folder, validation_size=61)


def test_types_and_shapes(folder):
    raw = read_data_sets(folder, dtype=tf.uint8, reshape=False, one_hot=True, validation_size=5).test
    assert (raw.images.shape, raw.images.dtype) == ((10, 28, 28, 1), np.uint8)
    np.testing.assert_array_equal(raw.labels, np.eye(10))
    assert raw.labels.dtype == np.float64
    with pytest.raises(DTypeError, match="float64"):
        read_data_sets(folder, dtype=tf.float64, validation_size=5)


def test_batches_come_in_the_order_of_numpy_s_generator():
    data = numbers(5, seed=3)
    stream = np.random.RandomState(3)
    first, second = stream.permutation(5), np.arange(5)
    stream.shuffle(second)
    second = first[second]
    got = [data.next_batch(2) for _ in range(4)]
    np.testing.assert_array_equal(np.concatenate([y for _, y in got]), [*first, *second[:3]])
    np.testing.assert_array_equal(np.concatenate([x for x, _ in got])[:, 0], [*first, *second[:3]])
    assert data.epochs_completed == 1
    np.testing.assert_array_equal(data.labels, second)  # the whole set is in the order of this epoch


def test_an_epoch_that_ends_with_a_batch_is_counted_by_the_next_one():
    data = numbers(4)
    data.next_batch(4, shuffle=False)
    assert data.epochs_completed == 0
    np.testing.assert_array_equal(data.next_batch(1, shuffle=False)[1], [0])
    assert data.epochs_completed == 1


def test_a_batch_may_be_larger_than_the_data():
    data = numbers(3)
    np.testing.assert_array_equal(data.next_batch(8, shuffle=False)[1], [0, 1, 2, 0, 1, 2, 0, 1])
    np.testing.assert_array_equal(data.next_batch(2, shuffle=False)[1], [2, 0])
    assert data.epochs_completed == 3
    with pytest.raises(ArgumentError, match="without examples"):
        numbers(0).next_batch(1)


def test_seeds():
    def order(**options):
        return numbers(20, **options).next_batch(20)[1].tolist()

    expected = np.random.RandomState(8).permutation(20).tolist()
    assert order(seed=8) == expected
    tf.set_random_seed(8)
    assert order() == expected
    assert order(seed=9) == np.random.RandomState(9).permutation(20).tolist()


def test_fake_data():
    mnist = read_data_sets("", fake_data=True, one_hot=True)
    x, y = mnist.train.next_batch(3, fake_data=True)
    assert (np.shape(x), y[0], mnist.train.num_examples) == ((3, 784), [1] + [0] * 9, 10000)


def test_wrong_arrays_are_explained():
    with pytest.raises(ShapeError, match="one label for each image"):
        DataSet(np.zeros((3, 2, 2, 1), np.uint8), np.zeros(2))
    with pytest.raises(ShapeError, match="reshape=False"):
        DataSet(np.zeros((3, 2, 2), np.uint8), np.zeros(3))


def test_digits28_stands_in_under_its_own_name(nowhere, capsys):
    mnist = input_data.read_data_sets("MNIST_data/", one_hot=True)
    printed = capsys.readouterr().out
    assert "MNIST is not on this machine; these are digits28" in printed
    assert "1,317 images to train, 120 for validation, 360 to test" in printed
    assert [part.num_examples for part in mnist] == [1317, 120, 360]
    assert mnist.train.images.max() == 1.0
    with pytest.raises(ArgumentError, match="between 0 and 60,000"):
        input_data.read_data_sets("MNIST_data/", validation_size=60_001)


def test_other_clothes_are_not_covered_up_with_digits(nowhere):
    with pytest.raises(DataError, match="Fashion-MNIST is not on this machine"):
        read_data_sets("data/fashion", source_url="http://fashion-mnist.example.org/")


def test_the_name_in_tensorflow():
    assert tf.examples.tutorials.mnist.input_data.read_data_sets is read_data_sets
