"""Tensors: operators, slices, conversions, and what Python literals become beside them."""

from __future__ import annotations

import operator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import basic_indices

import deepkit as dk
import deepkit.v1 as tf
from deepkit.errors import DTypeError, GraphError, ShapeError

X, Y = np.array([[1.5, -2.0], [3.0, 4.0]], np.float32), np.array([2.0, 3.0], np.float32)


@pytest.mark.parametrize("name", "add sub mul truediv floordiv mod pow lt le gt ge".split())  # noqa: SIM905
def test_binary_operators(name: str) -> None:
    """Between tensors, and with a NumPy array or a number on either side; the same through a session."""
    function = getattr(operator, name)
    x = np.abs(X) if name == "pow" else X
    for left, right in ((x, Y), (x, 2.0), (2.0, x)):
        expected = function(left, right)
        wrapped = [dk.tensor(v) if isinstance(v, np.ndarray) else v for v in (left, right)]
        got = function(*wrapped)
        assert got.dtype == ("bool" if name in ("lt", "le", "gt", "ge") else "float32")
        np.testing.assert_allclose(got.numpy(), expected, rtol=1e-6)
        with tf.Graph().as_default(), tf.Session() as sess:
            symbols = [tf.constant(v) if isinstance(v, np.ndarray) else v for v in (left, right)]
            np.testing.assert_array_equal(sess.run(function(*symbols)), got.numpy())
    np.testing.assert_allclose(function(dk.tensor(x), Y).numpy(), function(x, Y), rtol=1e-6)
    np.testing.assert_allclose(function(Y, dk.tensor(x)).numpy(), function(Y, x), rtol=1e-6)


def test_numpys_functions_compute_with_values_and_say_so_where_there_are_none() -> None:
    """As in TensorFlow: arrays of an eager tensor's values, an error for a node; `array == node` is a comparison of objects."""
    x = dk.tensor(X)
    for function in (np.sum, np.max, np.exp, np.square):
        np.testing.assert_array_equal(function(x), function(X))
        assert isinstance(function(x), np.ndarray | np.generic)
    filled = X.copy()
    filled += x
    np.testing.assert_array_equal(filled, 2 * X)
    with tf.Graph().as_default():
        node = tf.constant(X)
        for function in (np.sum, np.max, np.exp, np.square):
            with pytest.raises(GraphError, match="has no value yet"):
                function(node)
        assert operator.eq(X, node) is False
        assert operator.ne(X, node) is True


def test_other_operators() -> None:
    x = dk.tensor(X)
    np.testing.assert_array_equal((-x).numpy(), -X)
    np.testing.assert_array_equal(abs(x).numpy(), abs(X))
    np.testing.assert_allclose((x @ x).numpy(), X @ X)
    a, b = dk.tensor([True, False]), dk.tensor([True, True])
    assert (a & b).numpy().tolist() == [True, False]
    assert (a | b).numpy().tolist() == [True, True]
    assert (a ^ b).numpy().tolist() == [False, True]
    assert (~a).numpy().tolist() == [False, True]
    assert (x == x).numpy().all()
    assert (x != 3.0).numpy().sum() == 3


def test_integer_division_gives_floats() -> None:
    assert (dk.tensor(3) / 2).dtype == "float64"
    assert (dk.tensor(3) // 2).item() == 1
    assert (dk.tensor(-3) // 2).item() == -2
    assert (dk.tensor(-3) % 2).item() == 1


def test_literals_take_the_type_beside_them() -> None:
    for name in ("float16", "float32", "float64"):
        x = dk.tensor([1.0], name)
        for y in (x + 1, x * 2.5, 1 - x, x / np.float64(3), x**2, dk.maximum(x, 0)):
            assert y.dtype == name
    assert (dk.tensor([1], "int64") + 1).dtype == "int64"
    with pytest.raises(DTypeError, match=r"expected int32, got 1\.5"):
        dk.tensor(1) + 1.5


def test_types_do_not_mix() -> None:
    with pytest.raises(DTypeError, match="float64, but float32 is needed"):
        dk.tensor([1.0]) + dk.tensor([1.0], "float64")


@given(basic_indices((3, 4, 2), allow_newaxis=True, allow_ellipsis=True), st.booleans())
def test_slices_are_numpys(index, through_graph: bool) -> None:
    array = np.arange(24.0, dtype=np.float32).reshape(3, 4, 2)
    expected = array[index]
    if through_graph:
        with tf.Graph().as_default(), tf.Session() as sess:
            x = tf.placeholder(tf.float32, [None, 4, None])
            y = x[index]
            assert y.shape.is_compatible_with(expected.shape)
            np.testing.assert_array_equal(sess.run(y, {x: array}), expected)
    else:
        np.testing.assert_array_equal(dk.tensor(array)[index].numpy(), expected)


def test_slices_by_tensors() -> None:
    with tf.Graph().as_default(), tf.Session() as sess:
        x, i = tf.placeholder(tf.float32, [None, 2]), tf.placeholder(tf.int32, [])
        value = np.arange(6.0).reshape(3, 2)
        assert sess.run(x[i], {x: value, i: 2}).tolist() == [4.0, 5.0]
        assert sess.run(x[i:, 0], {x: value, i: 1}).tolist() == [2.0, 4.0]
        assert sess.run(tf.gradients(x[i], x)[0], {x: value, i: 1}).tolist() == [[0, 0], [1, 1], [0, 0]]


def test_masks_and_index_lists() -> None:
    x = dk.tensor([10, 20, 30])
    assert x[[2, 0]].numpy().tolist() == [30, 10]
    assert x[x > 15].numpy().tolist() == [20, 30]
    with pytest.raises(ShapeError, match="index 3 of an axis of length 3"):
        x[3]
    with pytest.raises(ShapeError, match="2 indices for a tensor of shape"):
        x[0, 0]
    with pytest.raises(DTypeError, match=r"cannot be indexed with 'a'"):
        x["a"]


def test_python_protocol() -> None:
    x = dk.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert len(x) == 2
    assert [row.numpy().tolist() for row in x] == [[1.0, 2.0], [3.0, 4.0]]
    assert float(x[0, 1]) == 2.0
    assert int(dk.tensor(7)) == 7
    assert range(3)[dk.tensor(1)] == 1
    assert bool(dk.tensor(True))
    np.testing.assert_array_equal(np.asarray(x), x.numpy())
    assert np.array(x, dtype=np.float64).dtype == np.float64
    assert len({x, x}) == 1


def test_a_symbol_has_no_value() -> None:
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [2], name="x")
        for use in (bool, float, np.asarray):
            with pytest.raises(GraphError, match="x:0 has no value yet"):
                use(x)
        assert [y.shape.as_list() for y in x] == [[], []]
        with pytest.raises(TypeError, match="cannot iterate"):
            iter(tf.placeholder(tf.float32, [None]))


def test_printing() -> None:
    assert repr(dk.tensor(1.5)) == "<dk.Tensor shape=() dtype=float32 1.5>"
    assert repr(dk.Parameter([1, 2], name="w")) == "<dk.Parameter 'w' shape=(2,) dtype=int32 [1 2]>"


def test_strings_and_complex() -> None:
    assert (dk.tensor(["a", "b"]) + "c").numpy().tolist() == [b"ac", b"bc"]
    z = dk.tensor([1 + 2j])
    assert (z * z).numpy().tolist() == [-3 + 4j]
    assert abs(z).dtype == "float64"


def test_and_or_xor_not_are_of_bits_on_whole_numbers() -> None:
    x = dk.tensor([1, 6], "int64")
    assert ((x & 3).numpy().tolist(), (1 | x).numpy().tolist(), (x ^ [1, 1]).numpy().tolist()) == ([1, 2], [1, 7], [0, 7])
    assert (~x).numpy().tolist() == [-2, -7]
    assert (~dk.tensor([1, 6], "uint8")).numpy().tolist() == [254, 249]
    assert (dk.tensor([True, False]) & True).numpy().tolist() == [True, False]
    with pytest.raises(DTypeError):
        dk.tensor(1.5) & 1
