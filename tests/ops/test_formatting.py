"""Tensors as texts: as TensorFlow writes them, in a text and printed when the graph runs."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import deepkit as dk
import deepkit.v1 as tf

CASES = [  # what TensorFlow 2.21 gives for tf.strings.format("{}", x, summarize=...)
    (np.arange(10), 3, "[0 1 2 ... 7 8 9]"),
    (np.arange(10), -1, "[0 1 2 3 4 5 6 7 8 9]"),
    (np.arange(4.0) / 3, 3, "[0 0.33333333333333331 0.66666666666666663 1]"),
    (np.arange(60).reshape(10, 6), 1, "[[0 ... 5]\n ...\n [54 ... 59]]"),
    (np.arange(98).reshape(2, 7, 7), 1, "[[[0 ... 6]\n  ...\n  [42 ... 48]]\n\n [[49 ... 55]\n  ...\n  [91 ... 97]]]"),
    (np.array([1e-7, np.nan, np.inf, -0.0, 123456789.0, 1e6]), 3, "[1e-07 nan inf -0 123456789 1000000]"),
    (np.float32([0.1, 1e10]), 3, "[0.1 1e+10]"),
    (np.float16([0.1, 1 / 3]), 3, "[0.0999755859 0.333251953]"),
    (np.array([True, False]), 3, "[1 0]"),
    (np.array(["a", "b c"]), 3, '["a" "b c"]'),
    (np.zeros(0), 3, "[]"),
    (np.array(7), 3, "7"),
]


@pytest.mark.parametrize(("x", "summarize", "text"), CASES)
def test_a_tensor_in_a_text(x, summarize, text):
    assert dk.string_format("<{}>", dk.tensor(x), summarize=summarize).item() == f"<{text}>".encode()


def test_each_tensor_has_its_place():
    assert dk.string_format("a % b %", [dk.tensor(1), dk.tensor([1.5, 2.0])], placeholder="%").item() == b"a 1 b [1.5 2]"
    with pytest.raises(dk.errors.ArgumentError, match="2 tensors for 1 places"):
        dk.string_format("{}", [dk.tensor(1), dk.tensor(2)])


PRINTED = [  # what TensorFlow 2.21 prints
    (lambda: ("loss:", tf.constant(1.5), {"a": tf.constant([1, 2]), "b": [tf.constant(3), "x"]}), {},
     "loss: 1.5 {'a': [1 2], 'b': [3, 'x']}\n"),
    (lambda: (tf.constant([1, 2]), [tf.constant(2), tf.constant(3.0)], (1, None)), {"end": "!"}, "[1 2] [2, 3] (1, None)!"),
    (lambda: (tf.constant("text"), "x", "y", tf.constant(["q"])), {"sep": "-"}, '"text"-x-y-["q"]\n'),
    (lambda: ("only {}",), {}, "only {}\n"),
    (lambda: ("{} {0}", tf.constant(4)), {}, "{} {0} 4\n"),
]


@pytest.mark.parametrize(("inputs", "settings", "text"), PRINTED)
def test_what_is_printed_when_the_graph_runs(inputs, settings, text, capsys):
    with tf.Graph().as_default(), tf.Session() as session:
        op = tf.print(*inputs(), output_stream=sys.stdout, **settings)
        with tf.control_dependencies([op]):
            after = tf.constant(1.0)
        assert capsys.readouterr().out == ""
        assert session.run(op) is None
        session.run(after)
    assert capsys.readouterr().out == 2 * text


def test_a_sparse_tensor_shows_its_parts_and_the_error_stream_is_the_usual_one(capsys):
    with tf.Graph().as_default(), tf.Session() as session:
        session.run(tf.print(tf.SparseTensor([[0]], [1], [3])))
    assert capsys.readouterr().err == "SparseTensor(indices=[[0]], values=[1], shape=[3])\n"
    with tf.Graph().as_default(), pytest.raises(dk.errors.ArgumentError, match="output_stream"):
        tf.print("x", output_stream="file:///tmp/x")
