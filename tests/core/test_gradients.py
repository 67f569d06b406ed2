"""The reverse walk: first and higher derivatives, what cuts a path, and who is told."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import deepkit as dk
import deepkit.v1 as tf
from deepkit.errors import ArgumentError, GradientError, GraphWarning
from deepkit.testing import numeric_gradient


def test_higher_orders() -> None:
    x = dk.tensor(2.0)
    y = x * x * x * x
    for expected in (32.0, 48.0, 48.0, 24.0):
        (y,) = dk.gradients(y, [x])
        assert y.item() == expected


def test_one_tensor_used_twice_gets_both_shares() -> None:
    x = dk.tensor(3.0)
    assert dk.gradients(x * x + x, [x])[0].item() == 7.0


def test_several_ys_and_weights() -> None:
    x = dk.tensor([1.0, 2.0])
    (dx,) = dk.gradients([x * 2.0, x * 3.0], [x], grad_ys=[[1.0, 1.0], [10.0, 0.0]])
    assert dx.numpy().tolist() == [32.0, 2.0]


def test_the_derivative_by_y_itself_is_not_the_weight_that_was_given() -> None:
    """As in TensorFlow: a feed of it leaves the weight as it is."""
    with tf.Graph().as_default(), tf.Session() as sess:
        y = tf.identity(tf.constant([1.0, 2.0]))
        dy = tf.gradients(y, y, grad_ys=[y])[0]
        assert dy.op.name == "gradients/grad_ys_0"
        assert [v.tolist() for v in sess.run([y, dy], {dy: [5.0, 6.0]})] == [[1.0, 2.0], [5.0, 6.0]]


def test_the_same_for_tensors_and_symbols() -> None:
    """A function of several ops: eager, graph, and difference quotients agree, twice."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(3, 4)), rng.normal(size=(4, 2))

    def function(a, b):
        return dk.reduce_sum(dk.tanh(dk.matmul(a, b)) ** 2.0 / (1.0 + dk.exp(-dk.reduce_mean(a, 1, keepdims=True))))

    ta, tb = dk.tensor(a), dk.tensor(b)
    eager = dk.gradients(function(ta, tb), [ta, tb])
    with tf.Graph().as_default(), tf.Session() as sess:
        pa, pb = tf.placeholder(tf.float64, [None, 4]), tf.placeholder(tf.float64, [4, None])
        graph = sess.run(tf.gradients(function(pa, pb), [pa, pb]), {pa: a, pb: b})
    for i in range(2):
        np.testing.assert_array_equal(eager[i].numpy(), graph[i])
        expected = numeric_gradient(lambda *v: function(*map(dk.tensor, v)).item(), [a, b], i)
        np.testing.assert_allclose(graph[i], expected, rtol=1e-6, atol=1e-8)


def test_stop_gradient() -> None:
    x = dk.tensor(3.0)
    assert dk.gradients(dk.stop_gradient(x) * x, [x])[0].item() == 3.0
    y = x * 2.0
    assert dk.gradients(y * x, [x], stop_gradients=[y])[0].item() == 6.0


def test_the_derivative_by_what_is_stopped_is_its_own() -> None:
    """As in TensorFlow: xs and stop_gradients the same give partial derivatives."""
    x = dk.tensor(3.0)
    y = x * 2.0
    assert [g.item() for g in dk.gradients(x + y, [x, y], stop_gradients=[x, y])] == [1.0, 1.0]
    assert dk.gradients(x * x, [x], stop_gradients=x)[0].item() == 6.0


def test_what_stands_for_no_derivative() -> None:
    x, y = dk.tensor([1.0, 2.0]), dk.tensor(3.0)
    for zero in ("zero", tf.UnconnectedGradients.ZERO):
        assert dk.gradients(y * y, [x], unconnected_gradients=zero)[0].numpy().tolist() == [0.0, 0.0]
    assert dk.gradients(y * y, [x], unconnected_gradients=tf.UnconnectedGradients.NONE, warn=False) == [None]
    with pytest.raises(ArgumentError, match="unconnected_gradients='zeros'"):
        dk.gradients(y * y, [x], unconnected_gradients="zeros")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda x: dk.tensor(1.0) * 2.0, "nothing that was asked for depends on it"),
        (lambda x: dk.stop_gradient(x), "through StopGradient"),
        (lambda x: dk.cast(dk.floor(x), "float32"), "through Floor"),
        (lambda x: dk.cast(dk.argmax([x, x]), "float32"), "through ArgMax"),
    ],
)
def test_none_says_why(make, reason: str) -> None:
    x = dk.tensor(3.0)
    with pytest.warns(GraphWarning, match=reason):
        assert dk.gradients(make(x), [x]) == [None]


def test_integers() -> None:
    with pytest.raises(GradientError, match="int32: it has no derivative"):
        dk.gradients(dk.tensor(3) * 2, [dk.tensor(1.0)])
    i = dk.tensor(3)
    with pytest.warns(GraphWarning, match="it is int32"):
        assert dk.gradients(dk.cast(i, "float32") * 2.0, [i]) == [None]
    with pytest.raises(GradientError, match="not a tensor"):
        dk.gradients(3.0, [i])


def test_integers_in_a_graph() -> None:
    """As in TensorFlow None, and beside other ys nothing; a warning says what TensorFlow does not."""
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.constant([1.0, 2.5])
        with pytest.warns(GraphWarning, match="Cast:0 is int32: it has no derivative; cast to float32 before"):
            assert tf.gradients(tf.cast(x, tf.int32), x) == [None]
        with pytest.warns(GraphWarning, match="ArgMax:0 is int64"):
            (dx,) = tf.gradients([tf.argmax(x), x * x], x, [tf.constant(0, tf.int64), tf.constant([1.0, 10.0])])
        assert session.run(dx).tolist() == [2.0, 50.0]


def test_zero_gradient_is_not_none() -> None:
    x = dk.tensor([1.0, 2.0])
    assert dk.gradients(dk.zeros_like(x) + 0.0 * x, [x])[0].numpy().tolist() == [0.0, 0.0]


def test_outputs_nobody_uses_count_as_zero() -> None:
    x = dk.tensor([1.0, 2.0, 3.0, 4.0])
    first, _ = dk.split(x, 2)
    assert dk.gradients(dk.reduce_sum(first * first), [x])[0].numpy().tolist() == [2.0, 4.0, 0.0, 0.0]


def test_a_long_chain_needs_no_recursion() -> None:
    x = dk.tensor(1.0)
    y = x
    for _ in range(3000):
        y = y + x
    assert dk.gradients(y, [x])[0].item() == 3001.0


def test_parameters_forget_their_past() -> None:
    w = dk.Parameter(1.0)
    for _ in range(5):
        w.assign(w * 2.0)
    assert w.item() == 32.0
    assert dk.gradients(w * w, [w])[0].item() == 64.0


def test_gradient_nodes_are_named_after_their_nodes() -> None:
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [None, 3], name="x")
        with tf.name_scope("layer"):
            y = tf.square(x, name="sq")
        (dx,) = tf.gradients(y, x)
        assert dx.name.startswith("gradients/layer_sq_grad/")
        assert dx.shape.as_list() == [None, 3]
        assert dx.op.gradient_of is y.op


def test_wrong_weight_shape() -> None:
    x = dk.tensor([1.0, 2.0])
    with pytest.raises(dk.errors.ShapeError, match="grad_ys of shape"):
        dk.gradients(x * x, [x], grad_ys=[[1.0, 2.0, 3.0]])


def test_minimize_stays_silent_about_unconnected_variables() -> None:
    with tf.Graph().as_default(), warnings.catch_warnings():
        warnings.simplefilter("error")
        used, unused = tf.Variable(1.0), tf.Variable(1.0)
        tf.train.GradientDescentOptimizer(0.1).minimize(used * used)
        assert unused in tf.trainable_variables()


def test_tuples_of_one() -> None:
    """An op that returns a tuple gets tuples, also when there is one output."""
    x = dk.tensor([[1.0, 2.0]])
    (row,) = dk.unstack(x)
    assert dk.gradients(row * row, [x])[0].numpy().tolist() == [[2.0, 4.0]]
    (part,) = dk.split(x, 1)
    assert dk.gradients(part * 3.0, [x])[0].numpy().tolist() == [[3.0, 3.0]]


def test_the_walk_back_ends_where_the_wanted_tensors_came_after():
    rate, w = dk.tensor(0.1), dk.tensor([1.0, 2.0])
    first = w
    for _ in range(3):
        (g,) = dk.gradients(dk.reduce_sum(w * w), [w])
        w = w - rate * g
    # w = (1 - 2 rate)^3 first: earlier tensors are still reached
    by_first, by_rate = dk.gradients(dk.reduce_sum(w), [first, rate])
    np.testing.assert_allclose(by_first.numpy(), [0.8**3] * 2, rtol=1e-5)
    np.testing.assert_allclose(by_rate.item(), 3 * 0.8**2 * -2 * 3.0, rtol=1e-5)
    both = dk.gradients(dk.reduce_sum(w * w), [w, first])
    np.testing.assert_allclose(both[1].numpy(), 2 * w.numpy() * 0.8**3, rtol=1e-5)
    del w.node.inputs  # what w was made of is not looked at for a derivative by w
    np.testing.assert_allclose(dk.gradients(dk.reduce_sum(w * w), [w])[0].numpy(), 2 * w.numpy())


class TestWhereTheSecondDerivativeIsZero:
    """Zeros where TensorFlow gives zeros, None where it gives None."""

    def second(self, f) -> float | None:
        with tf.Graph().as_default(), tf.Session() as session:
            x = tf.constant([[[[1.0], [2.0]], [[-3.0], [4.0]]]])
            dx = tf.gradients(f(x), x)[0]
            ddx = tf.gradients(tf.reduce_sum(tf.square(dx)), x)[0]
            return None if ddx is None else float(np.abs(session.run(ddx)).sum())

    @pytest.mark.parametrize("f", [tf.nn.relu, lambda x: tf.nn.max_pool(x, [1, 2, 2, 1], [1, 1, 1, 1], "VALID")])
    def test_kinks(self, f) -> None:
        assert self.second(f) == 0.0

    def test_dropout(self) -> None:
        with pytest.warns(GraphWarning, match="is None"):
            assert self.second(lambda x: tf.nn.dropout(x, rate=0.5, seed=1)) is None
