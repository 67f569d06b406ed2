"""Padding, word pairs and windows of time series; expected numbers are Keras 2's own."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest

from deepkit.errors import ArgumentError, DTypeError, ShapeError
from deepkit.keras.preprocessing.sequence import TimeseriesGenerator, make_sampling_table, pad_sequences, skipgrams

RAGGED = [[1, 2, 3], [4], [], [5, 6, 7, 8]]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [[0, 1, 2, 3], [0, 0, 0, 4], [0, 0, 0, 0], [5, 6, 7, 8]]),
        ({"maxlen": 2}, [[2, 3], [0, 4], [0, 0], [7, 8]]),
        ({"maxlen": 2, "truncating": "post"}, [[1, 2], [0, 4], [0, 0], [5, 6]]),
        ({"maxlen": 3, "padding": "post", "value": 9}, [[1, 2, 3], [4, 9, 9], [9, 9, 9], [6, 7, 8]]),
        ({"maxlen": 0}, [[], [], [], []]),
    ],
)
def test_padding(options, expected):
    padded = pad_sequences(RAGGED, **options)
    assert padded.tolist() == expected
    assert padded.dtype == np.int32


def test_padding_of_vectors_floats_and_strings():
    vectors = pad_sequences([[[1, 2]], [[3, 4], [5, 6]]], dtype="float32", value=-0.5)
    assert vectors.tolist() == [[[-0.5, -0.5], [1, 2]], [[3, 4], [5, 6]]]
    assert pad_sequences([["a"], ["b", "c"]], dtype=object, value="").tolist() == [["", "a"], ["b", "c"]]
    assert pad_sequences([np.array([1.9, 2.9])], dtype="int32").tolist() == [[1, 2]]


@pytest.mark.parametrize(
    ("arguments", "error", "what"),
    [
        (([1, 2],), ArgumentError, "element 0 is 1"),
        ((iter([[1]]),), ArgumentError, "pad_sequences of list_iterator"),
        (([],), ArgumentError, "of no sequences"),
        (([[1]], -1), ArgumentError, "maxlen=-1"),
        (([[1]], 2, "int32", "left"), ArgumentError, "padding='left'"),
        (([[1]], 2, "int32", "pre", "right"), ArgumentError, "truncating='right'"),
        (([[1]], 2, "int32", "pre", "pre", "x"), DTypeError, "'x' does not fit int32"),
        (([[[1, 2]], [[3]]],), ShapeError, r"the elements of sequence 1 have shape \(1,\), others \(2,\)"),
    ],
)
def test_what_cannot_be_padded(arguments, error, what):
    with pytest.raises(error, match=what):
        pad_sequences(*arguments)


def test_the_sampling_table():
    expected = [0.03152247875194251, 0.03152247875194251, 0.054759726939176974, 0.07415564097374219]  # tf_keras 2.21
    np.testing.assert_allclose(make_sampling_table(4, 1e-3), expected, rtol=1e-14)
    assert make_sampling_table(3, 10.0).tolist() == [1, 1, 1]


def test_pairs_of_words_nearby():
    couples, labels = skipgrams([1, 0, 2, 3], 4, window_size=1, negative_samples=0, shuffle=False)
    assert couples == [[2, 3], [3, 2]], "0 is no word"
    assert labels == [1, 1]
    couples, labels = skipgrams([1, 2, 3], 9, window_size=2, negative_samples=1.5, categorical=True, seed=1)
    assert (len(couples), labels.count([0, 1]), labels.count([1, 0])) == (15, 6, 9)
    real = {(a, b) for a in (1, 2, 3) for b in (1, 2, 3) if a != b}
    assert {tuple(pair) for pair, label in zip(couples, labels, strict=True) if label == [0, 1]} == real
    assert all(1 <= second < 9 for _, second in couples)


def test_pairs_are_drawn_from_pythons_stream():
    runs = []
    for _ in range(2):
        random.seed(5)
        runs.append(skipgrams([1, 2, 3, 4], 10, sampling_table=[0.5] * 5))
    assert runs[0] == runs[1]
    assert skipgrams([1, 2, 3], 4, sampling_table=[0] * 4) == ([], [])


def test_windows_in_order():
    data = np.arange(20).reshape(10, 2)
    batches = TimeseriesGenerator(data, np.arange(10) * 10, length=4, sampling_rate=2, stride=2, batch_size=2)
    assert len(batches) == 2
    x, y = batches[0]
    assert x.tolist() == [[[0, 1], [4, 5]], [[4, 5], [8, 9]]]
    assert y.tolist() == [40, 60]
    assert batches[1][1].tolist() == [80]
    assert [len(y) for _, y in batches] == [2, 1]


def test_windows_reversed_ranged_and_shuffled():
    data = list(range(10))
    x, y = TimeseriesGenerator(data, data, 3, reverse=True, start_index=2, end_index=6)[0]
    assert x.tolist() == [[4, 3, 2], [5, 4, 3]]
    assert y.tolist() == [5, 6]
    np.random.seed(0)
    x, y = TimeseriesGenerator(data, data, 3, shuffle=True, batch_size=50)[0]
    assert (x[:, -1] + 1 == y).all()
    assert set(y) == {3, 4, 5, 6, 7, 8, 9}


def test_windows_as_json_and_what_does_not_fit():
    batches = TimeseriesGenerator(np.arange(5), [0, 1, 2, 3, 4], length=2)
    config = json.loads(batches.to_json())
    assert config["class_name"] == "TimeseriesGenerator"
    assert (config["config"]["data"], config["config"]["end_index"]) == ("[0, 1, 2, 3, 4]", 4)
    with pytest.raises(DTypeError, match="data cannot be written as JSON"):
        TimeseriesGenerator([object(), 1], [0, 1], length=1).to_json()
    with pytest.raises(ArgumentError, match="5 steps of data, but 4 targets"):
        TimeseriesGenerator(np.arange(5), np.arange(4), length=2)
    with pytest.raises(ArgumentError, match="no window fits"):
        TimeseriesGenerator(np.arange(5), np.arange(5), length=5)
