"""Plans: what is pruned, folded, merged and updated in place, and that no pass changes a result."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import ArgumentError
from deepkit.runtime import passes


@pytest.fixture
def sess():
    with tf.Graph().as_default(), tf.Session() as sess:
        yield sess


def calls(plan) -> list[str]:
    """The op types of the program, in order."""
    return [node.type for node in plan.order if node.type not in ("Variable", "VariableV2")]


def test_only_what_is_needed_runs(sess) -> None:
    x = tf.placeholder(tf.float32)
    y, _unused = tf.square(x), tf.exp(x)
    assert calls(sess.plan(y, [x])) == ["Square"]
    assert calls(sess.plan(tf.log(y), [y])) == ["Log"]


def test_constants_are_folded(sess) -> None:
    x = tf.placeholder(tf.float32)
    y = x * (tf.constant(2.0) + tf.constant(3.0))
    plan = sess.plan(y, [x])
    assert calls(plan) == ["Mul"]
    assert plan.run([np.float32(4.0)], {}) == [20.0]


def test_folding_leaves_failures_to_the_run(sess) -> None:
    y = tf.matrix_inverse(tf.zeros([2, 2]))
    with pytest.raises(tf.errors.OpError, match="singular"):
        sess.run(y)


def test_random_and_stateful_nodes_are_not_folded_or_merged(sess) -> None:
    a, b = tf.random_uniform([2], seed=1), tf.random_uniform([2], seed=1)
    assert calls(sess.plan([a, b])).count("RandomUniform") == 2
    x, y = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
    assert sess.run([x + 0.0, y + 0.0], {x: 1.0, y: 2.0}) == [1.0, 2.0]


def test_equal_nodes_are_merged(sess) -> None:
    x = tf.placeholder(tf.float32)
    y = tf.exp(x) + tf.exp(x)
    assert calls(sess.plan(y, [x])) == ["Exp", "AddV2"]
    z = tf.reduce_sum(x, 0) + tf.reduce_sum(x, 1)
    assert calls(sess.plan(z, [x])).count("Sum") == 2


def test_plans_are_kept(sess) -> None:
    x = tf.placeholder(tf.float32)
    y = x * 2.0
    plan = sess.plan(y, [x])
    sess.run(y, {x: 1.0})
    sess.run([y], {x: 1.0})
    assert sess.plan(y, [x]) is plan


def test_the_program_can_be_read(sess) -> None:
    x = tf.placeholder(tf.float32, name="x")
    text = str(sess.plan(tf.square(x, name="squared"), [x]))
    assert "t1 = Square(f0)" in text
    assert "# squared" in text


def network():
    """A step of a small network with everything in it: dropout, two losses, Adam, moving average, gradients fetched."""
    x = tf.placeholder(tf.float64, [None, 5])
    labels = tf.placeholder(tf.int32, [None])
    w1 = tf.Variable(tf.random_normal([5, 7], seed=1, dtype=tf.float64))
    w2 = tf.Variable(tf.random_normal([7, 3], seed=2, dtype=tf.float64))
    b = tf.Variable(tf.zeros([3], tf.float64))
    bias = tf.Variable(tf.random_normal([7], seed=4, dtype=tf.float64))
    hidden = tf.nn.dropout(tf.nn.relu(tf.nn.bias_add(tf.matmul(x, w1), bias)), 0.8, seed=3)
    logits = tf.matmul(hidden, w2) + b
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))
    loss = loss + 0.01 * (tf.nn.l2_loss(w1) + tf.nn.l2_loss(w2))
    step = tf.train.AdamOptimizer(0.05).minimize(loss)
    average = tf.train.ExponentialMovingAverage(0.9)
    with tf.control_dependencies([step]):
        train = average.apply([w1, b])
    return x, labels, [loss, tf.gradients(loss, w1)[0]], train, [w1, w2, b, bias, average.average(w1), average.average(b)]


@pytest.mark.parametrize("off", [c for n in range(5) for c in itertools.combinations(passes.OPTIONAL, n)])
def test_no_pass_changes_a_result(off: tuple[str, ...]) -> None:
    """Bit for bit the same training with any passes switched off."""
    results = []
    for setting in ("", ",".join(f"-{name}" for name in off)):
        with tf.Graph().as_default():
            x, labels, watched, train, variables = network()
            with tf.Session(config=tf.ConfigProto(passes=setting)) as sess:
                sess.run(tf.global_variables_initializer())
                rng = np.random.default_rng(0)
                for _ in range(5):
                    feed = {x: rng.normal(size=(8, 5)), labels: rng.integers(0, 3, 8)}
                    got = sess.run([watched, train], feed)[0]
                results.append([*got, *sess.run(variables)])
    for a, b in zip(*results, strict=True):
        np.testing.assert_array_equal(a, b)


def rectified():
    x = tf.placeholder(tf.float32, [None, 2])
    b = tf.Variable([1.0, -1.0])
    summed = tf.nn.bias_add(x, b)
    return x, b, summed, tf.nn.relu(summed)


@pytest.mark.parametrize("channels", [3, 32])
def test_bias_and_rectifier_join_the_convolution(sess, channels: int) -> None:
    rng = np.random.default_rng(0)
    x = tf.placeholder(tf.float32, [None, 12, 12, channels])
    w = tf.Variable(rng.standard_normal((3, 3, channels, 32)).astype("f") / channels)
    convolved = tf.nn.conv2d(x, w, [1, 1, 1, 1], "SAME")
    b = tf.Variable(rng.standard_normal(32).astype("f"))  # made where it is needed: its nodes lie between the two
    z = tf.nn.bias_add(convolved, b)
    y = tf.nn.relu(z)
    sess.run(tf.global_variables_initializer())
    assert [name for name in calls(sess.plan(y, [x])) if name != "Identity"] == ["Relu"]
    assert "ConvBiasRelu(f0" in str(sess.plan(y, [x]))
    assert "ConvBias(f0" in str(sess.plan([y, z], [x]))
    feed = {x: rng.standard_normal((40, 12, 12, channels))}
    with tf.Session(config=tf.ConfigProto(passes="-join")) as plain:
        for v, value in zip([w, b], sess.run([w, b]), strict=True):
            v.load(value, plain)
        expected = plain.run([y, z], feed)
    np.testing.assert_array_equal(sess.run(y, feed), expected[0])
    np.testing.assert_array_equal(sess.run([y, z], feed)[1], expected[1])


def test_the_gradient_of_a_rectifier_goes_before_that_of_the_pooling(sess) -> None:
    x = tf.placeholder(tf.float32, [None, 5, 5, 3])
    h = tf.nn.relu(x - 0.5)
    y = tf.nn.max_pool(h, [1, 3, 3, 1], [1, 2, 2, 1], "SAME")
    weights = np.random.default_rng(1).standard_normal((3, 3, 3)).astype("f")
    dx, dh = tf.gradients(tf.reduce_sum(y * weights), [x, h])
    assert "MaxPoolReluGrad" in str(sess.plan(dx, [x]))
    assert "MaxPoolReluGrad" not in str(sess.plan([dx, dh], [x]))  # what is fetched is computed
    feed = {x: np.random.default_rng(0).standard_normal((4, 5, 5, 3))}
    with tf.Session(config=tf.ConfigProto(passes="-join")) as plain:
        expected = plain.run(dx, feed)
    assert np.any(expected)
    np.testing.assert_array_equal(sess.run(dx, feed), expected)


def test_two_ops_become_one_call(sess) -> None:
    x, b, _summed, y = rectified()
    sess.run(b.initializer)
    plan = sess.plan([y, tf.gradients(y, [x, b])], [x])
    assert "BiasAddRelu(f0, t1)" in str(plan)
    assert "BiasAdd(" not in str(plan)
    value, (dx, db) = sess.run([y, tf.gradients(y, [x, b])], {x: [[1, 1], [-2, 3]]})
    assert value.tolist() == [[2, 0], [0, 2]]
    assert (dx.tolist(), db.tolist()) == ([[1, 0], [0, 1]], [1, 1])


def test_what_else_is_looked_at_is_not_joined(sess) -> None:
    x, b, summed, y = rectified()
    for fetches in ([y, summed], [y, summed.op], [y, tf.exp(summed)]):
        assert "BiasAddRelu" not in str(sess.plan(fetches, [x]))
    assert "BiasAddRelu" not in str(sess.plan(y, [summed]))
    sess.run(b.initializer)
    with tf.control_dependencies([tf.assign(b, [10.0, 10.0])]):
        later = tf.nn.relu(summed)
    with tf.control_dependencies([summed]):
        waiting = tf.assign_add(b, [1.0, 1.0])
    assert "BiasAddRelu" not in str(sess.plan([y, waiting], [x]))
    assert sess.run(later, {x: [[0.0, 0.0]]}).tolist() == [[1, 0]]  # the sum is taken before the variable is written
    x2 = tf.placeholder(tf.float32)  # of unknown shape: the error belongs to the line with the bias
    unknown = tf.nn.relu(tf.nn.bias_add(x2, b))
    assert "BiasAddRelu" not in str(sess.plan(unknown, [x2]))


def test_the_switches(monkeypatch) -> None:
    assert passes.enabled() == set(passes.OPTIONAL)
    monkeypatch.setenv("DEEPKIT_PASSES", "-fold, -merge")
    assert passes.enabled() == {"fuse", "join", "inplace"}
    with pytest.raises(ArgumentError, match="names 'glue'"):
        passes.enabled("-glue")


def test_updates_happen_in_place(sess) -> None:
    v = tf.Variable(tf.zeros([3]))
    add = v.assign_add([1.0, 2.0, 3.0])
    sess.run(v.initializer)
    before = sess.store[v]
    sess.run(add)
    assert sess.store[v] is before
    assert before.tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    "name", ["class", "store", "t1", "f0", "feeds", "run", "copy", "asarray", "0", "constant", "Mul"]
)
def test_variables_may_have_any_name(sess, name: str) -> None:
    v, x = tf.Variable(2.0, name=name), tf.placeholder(tf.float32)
    sess.run(v.initializer)
    assert sess.run(v * x + v * 3.0, {x: 4.0}) == 14.0
    assert sess.run(v.assign_add(x), {x: 1.0}) == 3.0


class TestOnlyTheShapeMatters:
    """Inputs of which an op uses the shape alone are not computed where the graph knows it (values from TensorFlow)."""

    @pytest.mark.parametrize("of", [tf.shape, tf.size, tf.rank, tf.zeros_like, tf.ones_like], ids=lambda f: f.__name__)
    def test_nothing_is_run_or_fed(self, sess, of) -> None:
        v, x = tf.Variable([1.0, 2.0]), tf.placeholder(tf.float32, [2])
        sess.run(v.initializer)
        sess.run(of(tf.assign_add(v, x)))
        assert sess.run(v).tolist() == [1.0, 2.0]

    @pytest.mark.parametrize(
        "f",
        [
            lambda x: x[0], lambda x: tf.gather(x, [1]), lambda x: tf.pad(x, [[1, 1]]), lambda x: tf.tile(x, [2]),
            lambda x: tf.concat([x, x], 0), tf.reduce_mean, tf.diag,
            lambda x: tf.reshape(x, [2, 1]), lambda x: tf.reduce_sum(x[:, None]),
        ],
    )
    def test_a_linear_gradient_needs_no_value(self, sess, f) -> None:
        x = tf.placeholder(tf.float32, [2])
        assert sess.run(tf.gradients(f(x), x)[0]).shape == (2,)

    def test_a_shape_that_is_not_known_needs_the_value(self, sess) -> None:
        x = tf.placeholder(tf.float32, [None])
        with pytest.raises(tf.errors.InvalidArgumentError, match="must be fed"):
            sess.run(tf.shape(x))
