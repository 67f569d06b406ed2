"""Sessions: fetches, feeds, variables, control dependencies, and their errors."""

from __future__ import annotations

import collections
import threading
import warnings

import numpy as np
import pytest

import deepkit as dk
import deepkit.v1 as tf
from deepkit.errors import (
    ClosedSessionError,
    FeedError,
    FetchError,
    GraphError,
    GraphWarning,
    NumericsError,
    OpError,
    ShapeError,
    UninitializedError,
)


@pytest.fixture
def sess():
    with tf.Graph().as_default(), tf.Session() as sess:
        yield sess


# ---- fetches


def test_nested_fetches_keep_their_structure(sess) -> None:
    a, b = tf.constant(1.0), tf.constant([2.0, 3.0])
    Point = collections.namedtuple("Point", "x y")
    got = sess.run({"list": [a, (b,)], "point": Point(a, [b]), "name": "Const:0", "op": tf.no_op()})
    assert got["list"][0] == 1.0
    assert got["list"][1][0].tolist() == [2.0, 3.0]
    assert got["point"] == Point(1.0, [pytest.approx([2.0, 3.0])])
    assert (got["name"], got["op"]) == (1.0, None)
    assert sess.run([]) == []


def test_scalars_come_back_as_numpy_scalars(sess) -> None:
    value = sess.run(tf.constant(2.5))
    assert type(value) is np.float32
    assert sess.run(tf.constant("text")) == b"text"
    assert isinstance(sess.run(tf.constant([1])), np.ndarray)


def test_what_cannot_be_fetched(sess) -> None:
    with pytest.raises(FetchError, match="None of type NoneType cannot be fetched"):
        sess.run(None)
    with pytest.raises(FetchError, match="int"):
        sess.run([3])
    with tf.Graph().as_default():
        other = tf.constant(1.0, name="far")
    with pytest.raises(GraphError, match="far:0 is not a node of this graph"):
        sess.run(other)


def test_results_are_the_callers_own(sess) -> None:
    """Writing into what run() returned changes nothing inside."""
    x = tf.placeholder(tf.float32, [2])
    v, c = tf.Variable([1.0, 2.0]), tf.constant([5.0, 6.0])
    sess.run(tf.global_variables_initializer())
    fed = np.array([7.0, 8.0], np.float32)
    for fetch in (v, v.value(), tf.identity(v), c, tf.reshape(c, [2, 1]), x, tf.identity(x)):
        result = sess.run(fetch, {x: fed})
        before = result.copy()
        result += 100
        np.testing.assert_array_equal(sess.run(fetch, {x: fed}), before)
    assert fed.tolist() == [7.0, 8.0]


# ---- feeds


def test_any_tensor_can_be_fed(sess) -> None:
    x = tf.placeholder(tf.float32)
    hidden = x * 2.0
    y = hidden + 1.0
    assert sess.run(y, {x: 3.0}) == 7.0
    assert sess.run(y, {hidden: 10.0}) == 11.0
    assert sess.run([hidden, y], {hidden: 10.0}) == [10.0, 11.0]
    constant = tf.constant(1.0)
    assert sess.run(constant + 0.0, {constant: 5.0}) == 5.0
    v = tf.Variable(2.0)
    assert sess.run(v * 3.0, {v: 5.0}) == 15.0
    assert sess.run("add:0", {"mul:0": 1.0}) == 2.0


def test_one_output_of_a_node_is_fed(sess) -> None:
    a, b = tf.split(tf.constant([1.0, 2.0]), 2)
    assert [v.tolist() for v in sess.run([a + 0.0, b + 0.0], {a: [9.0]})] == [[9.0], [2.0]]


def test_feeds_are_converted_and_checked(sess) -> None:
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    assert sess.run(x, {x: [[1, 2, 3]]}).dtype == np.float32
    assert sess.run(x, {x: np.zeros((0, 3))}).shape == (0, 3)
    assert sess.run(x, {x: dk.tensor([[1.0, 2.0, 3.0]])}).shape == (1, 3)
    with pytest.raises(FeedError, match=r"x:0 of shape \(\?, 3\) was fed a value of shape \(3,\)") as caught:
        sess.run(x, {x: [1, 2, 3]})
    assert "value[None, ...]" in str(caught.value)
    with pytest.raises(FeedError, match="expected float32, got 'abc'"):
        sess.run(x, {x: "abc"})
    with pytest.raises(FeedError, match="a tensor of the graph"):
        sess.run(x, {x: tf.constant([[1.0, 2.0, 3.0]])})
    with pytest.raises(FeedError, match="has no value that could be fed"):
        sess.run(x, {tf.no_op(): 1})
    with pytest.raises(FetchError, match="cannot be fed"):
        sess.run(x, {3: 1})


def test_unfed_placeholders_are_all_named(sess) -> None:
    x = tf.placeholder(tf.float32, [None, 3], name="features")
    y = tf.placeholder(tf.int32, name="labels")
    with pytest.raises(FeedError) as caught:
        sess.run([x + 1.0, y])
    text = str(caught.value)
    assert "placeholders 'features' (float32(?, 3)), 'labels' (int32<unknown>) must be fed" in text
    assert 'x = tf.placeholder(tf.float32, [None, 3], name="features")' in text
    assert sess.run(tf.constant(1.0)) == 1.0  # nothing else is needed for what does not depend on them


def test_placeholder_with_default(sess) -> None:
    x = tf.placeholder_with_default([1.0, 2.0], [None])
    assert sess.run(x * 2.0).tolist() == [2.0, 4.0]
    assert sess.run(x * 2.0, {x: [5.0]}).tolist() == [10.0]


# ---- variables and order


def test_each_session_has_its_own_values() -> None:
    with tf.Graph().as_default():
        v = tf.Variable(0.0)
        add = v.assign_add(1.0)
        with tf.Session() as a, tf.Session() as b:
            a.run(v.initializer)
            b.run(v.initializer)
            assert [a.run(add), a.run(add), b.run(add)] == [1.0, 2.0, 1.0]
            assert a.run(v) == 2.0


def test_uninitialized_variables_are_named(sess) -> None:
    v = tf.Variable([1.0], name="weights")
    with pytest.raises(UninitializedError, match="variable 'weights' has no value yet"):
        sess.run(v * 2.0)
    with pytest.raises(UninitializedError):
        sess.run(v)
    with pytest.raises(UninitializedError):
        sess.run(v.assign_add([1.0]))
    assert sess.run(tf.report_uninitialized_variables()).tolist() == [b"weights"]
    sess.run(v.initializer)
    assert sess.run(tf.report_uninitialized_variables()).tolist() == []
    assert sess.run(tf.is_variable_initialized(v))


def test_reads_come_before_writes_unless_told_otherwise(sess) -> None:
    v = tf.Variable(1.0)
    sess.run(v.initializer)
    double = v.assign(v * 2.0)
    before = v + 0.0
    with tf.control_dependencies([double]):
        after = v + 0.0
    assert sess.run([before, double, after]) == [1.0, 2.0, 2.0]
    assert sess.run([after, before]) == [4.0, 2.0]


def test_effects_run_once_and_in_order(sess) -> None:
    v = tf.Variable(1.0)
    sess.run(v.initializer)
    add = v.assign_add(1.0)
    with tf.control_dependencies([add]):
        times = v.assign(v * 10.0)
    both = tf.group(add, times)
    sess.run([both, both, add, times])
    assert sess.run(v) == 20.0


def test_an_old_value_survives_an_update_in_place(sess) -> None:
    v = tf.Variable([1.0, 2.0])
    sess.run(v.initializer)
    old = tf.reshape(v.read_value(), [2])
    update = v.assign_add([10.0, 10.0])
    with tf.control_dependencies([update]):
        later = tf.identity(old) + 0.0
    assert sess.run(later).tolist() == [1.0, 2.0]
    assert sess.run(v).tolist() == [11.0, 12.0]


def test_initial_values_that_depend_on_each_other(sess) -> None:
    a = tf.Variable(tf.random_normal([2]))
    b = tf.Variable(a.initialized_value() * 2.0)
    sess.run(tf.global_variables_initializer())
    first, second = sess.run([a, b])
    np.testing.assert_allclose(second, first * 2)


def test_shapes_of_assignments(sess) -> None:
    v = tf.Variable([1.0, 2.0])
    with pytest.raises(ShapeError, match="the variable has shape"):
        v.assign([1.0])
    w = tf.Variable([1.0], validate_shape=False)
    sess.run(w.initializer)
    assert sess.run(tf.assign(w, [1.0, 2.0], validate_shape=False)).tolist() == [1.0, 2.0]


def test_random_nodes_draw_on(sess) -> None:
    x = tf.random_uniform([3], seed=1)
    first, second = sess.run(x), sess.run(x)
    assert not np.array_equal(first, second)
    a, b = sess.run([x + 0.0, x * 1.0])
    np.testing.assert_array_equal(a, b)  # one run, one draw
    with tf.Session() as again:
        np.testing.assert_array_equal(again.run(x), first)


def test_graph_seed(sess) -> None:
    tf.set_random_seed(42)
    a, b = tf.random_normal([2, 2]), tf.random_normal([2, 2])
    assert not np.array_equal(*sess.run([a, b]))
    # TensorFlow 2.21 prints these for the first unseeded op under graph seed 42
    np.testing.assert_allclose(sess.run(a).shape, (2, 2))
    with tf.Session() as fresh:
        np.testing.assert_allclose(fresh.run(a), [[-0.30101568, 0.51859164], [-0.15693977, -1.1760874]], rtol=1e-5)


# ---- life of a session


def test_closed_sessions(sess) -> None:
    x = tf.constant(1.0)
    other = tf.Session()
    other.close()
    with pytest.raises(ClosedSessionError, match="closed session"):
        other.run(x)


def test_default_sessions() -> None:
    with tf.Graph().as_default():
        x = tf.constant(3.0, name="x")
        with pytest.raises(GraphError, match="needs a session"):
            x.eval()
        with tf.Session() as outer:
            assert x.eval() == 3.0
            with tf.Session().as_default() as inner:
                assert tf.get_default_session() is inner
            assert tf.get_default_session() is outer
            assert not inner.closed
        assert outer.closed
        interactive = tf.InteractiveSession()
        assert x.eval() == 3.0
        interactive.close()
        assert tf.get_default_session() is None
    with tf.Graph().as_default(), tf.Session() as sess, pytest.raises(GraphError, match="runs another graph"):
        x.eval(session=sess)


def test_sessions_in_threads(sess) -> None:
    x = tf.placeholder(tf.float32)
    y = x * x
    wrong = []

    def work(n: float) -> None:
        wrong.extend(v for v in (sess.run(y, {x: n}) for _ in range(200)) if v != n * n)

    threads = [threading.Thread(target=work, args=(float(n),)) for n in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert wrong == []


def test_make_callable(sess) -> None:
    x = tf.placeholder(tf.float32)
    assert sess.make_callable(x * 2.0, [x])(4.0) == 8.0


# ---- what goes wrong while the graph runs


def test_errors_while_running_name_the_node_and_the_line(sess) -> None:
    a, b = tf.placeholder(tf.float32, name="a"), tf.placeholder(tf.float32, name="b")
    c = tf.matmul(a, b, name="product")
    with pytest.raises(OpError) as caught:
        sess.run(c, {a: np.zeros((2, 3)), b: np.zeros((4, 5))})
    text = str(caught.value)
    assert "node 'product' (op MatMul)" in text
    assert 'c = tf.matmul(a, b, name="product")' in text
    assert "a:0 float32(2, 3), b:0 float32(4, 5)" in text


def test_an_error_in_a_gradient_names_the_forward_node(sess) -> None:
    labels = tf.placeholder(tf.int32, [None])
    logits = tf.Variable(np.zeros((2, 3), np.float32))
    loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    sess.run(logits.initializer)
    with pytest.raises(dk.errors.ArgumentError, match="label 3 is out of range for 3 classes"):
        sess.run(loss, {labels: [0, 3]})


def test_check_numerics(sess) -> None:
    x = tf.placeholder(tf.float32)
    y = tf.check_numerics(tf.log(x), "the logarithm")
    assert sess.run(y, {x: 1.0}) == 0.0
    with pytest.raises(NumericsError, match="the logarithm: holds infinity in 1 of 1 places"):
        sess.run(y, {x: 0.0})


def test_a_loop_that_adds_nodes_is_warned_about(sess) -> None:
    x = tf.constant(1.0)

    def loop() -> None:
        for _ in range(30):
            sess.run(x + 1.0)

    with pytest.warns(GraphWarning, match="the graph grows by 2 nodes between runs") as caught:
        loop()
    assert len(caught) == 1
    assert "sess.run(x + 1.0)" in str(caught[0].message)


def test_building_and_running_in_turn_is_fine(sess) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        x = tf.constant(1.0)
        for _ in range(30):
            sess.run(x)


def test_results_can_be_written_into(sess) -> None:
    for fetch in (
        tf.broadcast_to(tf.ones([1]) + 1.0, [3]),
        tf.eye(2, batch_shape=[2]),
        tf.zeros([2]),
        tf.matrix_diag_part([[1.0]]),
    ):
        result = sess.run(fetch)
        result += 1.0
        assert not np.array_equal(result, sess.run(fetch))


def test_a_fetched_read_shows_the_value_from_before_the_update(sess) -> None:
    v = tf.Variable([1.0, 2.0])
    sess.run(v.initializer)
    update = v.assign_add([10.0, 10.0])
    before, same = tf.identity(v), tf.reshape(v, [2, 1])
    got = sess.run([before, update, same, v])
    assert [a.reshape(-1).tolist() for a in got] == [[1, 2], [11, 12], [1, 2], [11, 12]]


def test_fetched_results_of_two_updates(sess) -> None:
    v = tf.Variable([1.0])
    sess.run(v.initializer)
    first = v.assign_add([1.0])
    with tf.control_dependencies([first]):
        second = v.assign_add([1.0])
    assert [a.tolist() for a in sess.run([first, second, v])] == [[2.0], [3.0], [3.0]]
