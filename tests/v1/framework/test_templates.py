"""Templates, lists of variables and tensors, lists written in loops, and what is fed as its parts."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import ArgumentError, FeedError, MissingNameError, ShapeError

X = np.arange(6, dtype=np.float32).reshape(2, 3)


@pytest.fixture(autouse=True)
def sess():
    with tf.Graph().as_default(), tf.Session() as sess:
        yield sess


def test_a_template_shares_its_variables(sess) -> None:
    double = tf.make_template(
        "double", lambda x: x * tf.get_variable("by", [], initializer=tf.constant_initializer(2.0))
    )
    other = tf.make_template(
        "double", lambda x: x * tf.get_variable("by", [], initializer=tf.constant_initializer(5.0))
    )
    y = [double(1.0), double(2.0), other(1.0)]
    assert [v.name for v in tf.global_variables()] == ["double/by:0", "double_1/by:0"]
    sess.run(tf.global_variables_initializer())
    assert sess.run(y) == [2, 4, 5]


def test_the_nodes_of_a_template_are_named_as_tensorflow_names_them() -> None:
    def layer(x):
        return tf.matmul(x, tf.get_variable("w", [2, 2]))

    with tf.name_scope("outer"):
        for number, arguments in enumerate(({}, {"create_scope_now_": True}, {"unique_name_": "u"})):
            own = tf.make_template("tp", layer, **arguments)
            first = own(tf.ones([1, 2]))
            names = ["tp/MatMul tp_1/MatMul", "tp_1_1/MatMul tp_1_2/MatMul", "u/MatMul u_1/MatMul"][number].split()
            assert [first.op.name, own(first).op.name] == [f"outer/{name}" for name in names]
    assert [v.op.name for v in tf.global_variables()] == ["tp/w", "tp_1/w", "u/w"]


def test_what_a_getter_adds_to_a_variable_stands_in_no_name_scope() -> None:
    def doubled(getter, *args, **kwargs):
        return getter(*args, **kwargs) * 2.0

    with tf.variable_scope("s", custom_getter=doubled), tf.name_scope("inside"):
        assert tf.get_variable("v", [2]).op.name == "mul"
    assert [v.op.name for v in tf.global_variables()] == ["s/v"]


def test_lists_of_variables_and_tensors(sess) -> None:
    tf.contrib.framework.model_variable("m", [1])
    v = tf.Variable(1.0, name="v")
    tf.train.ExponentialMovingAverage(0.9).apply([v])
    assert [x.name for x in tf.model_variables()] == ["m:0"]
    assert [x.name for x in tf.moving_average_variables()] == ["v:0"]
    assert [x.tolist() for x in sess.run(tf.shape_n([X, [1]]))] == [[2, 3], [1]]
    assert sess.run(tf.accumulate_n([X, X]))[1, 2] == 10
    assert len(tf.identity_n([X, X])) == 2
    assert tf.constant(X)[:, tf.newaxis].shape.as_list() == [2, 1, 3]
    with tf.device("/cpu:1"):
        placed = tf.constant(1.0)
    with tf.colocate_with(placed):
        assert tf.constant(2.0).device == placed.device


def test_an_op_that_runs_graphs_is_not_computed_ahead(sess) -> None:
    """All inputs are constants, but the branch needs a plan of its own."""
    one, two = tf.constant(1), tf.constant(2)
    assert sess.run(tf.cond(tf.less(one, two), lambda: one + 1, lambda: two + 5)) == 2
    assert sess.run(tf.cond(tf.less(1, 2), lambda: tf.constant(3), lambda: tf.constant(4))) == 3
    assert sess.run(tf.while_loop(lambda i: i < 5, lambda i: i + two, [one])) == 5


def test_namespaces_name_the_nearest() -> None:
    with pytest.raises(MissingNameError, match=r"tf\.math\.sofmax") as error:
        _ = tf.math.sofmax
    assert "tf.math.softmax" in str(error.value)
    assert not hasattr(tf.linalg, "nothing_like_it")


def test_a_list_written_in_a_loop(sess) -> None:
    rows = tf.TensorArray(tf.float32, size=2).unstack(X)
    out = tf.TensorArray(tf.float32, size=2)
    _, out = tf.while_loop(lambda t, _: t < 2, lambda t, a: (t + 1, a.write(t, tf.cumsum(rows.read(t)))), (0, out))
    assert out.stack().shape.as_list() == [2, 3]
    np.testing.assert_array_equal(sess.run(out.stack()), X.cumsum(1))
    with pytest.raises(ArgumentError, match="write at 7"):
        sess.run(tf.TensorArray(tf.float32, size=2).write(7, 1.0).stack())
    with pytest.raises(ShapeError, match="an entry of shape"):
        sess.run(tf.TensorArray(tf.float32, size=2).write(0, [1.0]).write(1, [1.0, 2.0]).stack())
    with pytest.raises(ArgumentError, match="size"):
        tf.TensorArray(tf.float32)


def test_only_the_rows_of_a_batch_move(sess) -> None:
    """The gradient of gathered rows names them; momentum of the other rows does not go on."""
    table = tf.Variable(np.ones((4, 2), np.float32))
    ids = tf.placeholder(tf.int32, [None])
    loss = tf.reduce_sum(tf.nn.embedding_lookup(table, ids))
    (grad,) = tf.gradients(loss, table)
    assert isinstance(grad, tf.IndexedSlices)
    assert grad.shape.as_list() == [4, 2]
    train = tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss)
    sess.run(tf.global_variables_initializer())
    sess.run(train, {ids: [1, 1]})
    sess.run(train, {ids: [3]})
    np.testing.assert_allclose(sess.run(table)[:, 0], [1, 0.8, 1, 0.9], rtol=1e-6)
    found = sess.run(grad, {ids: [2, 0]})
    assert (found.indices.tolist(), found.values.shape) == ([2, 0], (2, 2))
    assert sess.run(tf.convert_to_tensor(grad), {ids: [2]}).tolist() == [[0, 0], [0, 0], [1, 1], [0, 0]]
    (clipped,), norm = tf.clip_by_global_norm([grad], 1.0)
    assert isinstance(clipped, tf.IndexedSlices)
    np.testing.assert_allclose(sess.run(norm, {ids: [2, 0]}), 2)


def test_tuples_and_sparse_tensors_are_fed_as_their_parts(sess) -> None:
    cell = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.BasicLSTMCell(n) for n in (2, 3)])
    state = cell.zero_state(1, tf.float32)
    values = tuple((np.full((1, n), n), np.full((1, n), -n)) for n in (2, 3))
    found = sess.run(state, {state: values})
    assert found[1].c.tolist() == [[3, 3, 3]]
    assert found[0].h.tolist() == [[-2, -2]]
    matrix = tf.sparse_placeholder(tf.float32, [2, 3])
    product = tf.sparse_tensor_dense_matmul(matrix, np.float32([[1], [10], [100]]))
    fed = tf.SparseTensorValue([[0, 2], [1, 0], [1, 1]], [1.0, 2.0, 3.0], [2, 3])
    assert sess.run(product, {matrix: fed}).tolist() == [[100], [32]]
    turned = tf.sparse_tensor_dense_matmul(matrix, np.float32([[1], [10]]), adjoint_a=True)
    assert sess.run(turned, {matrix: tuple(fed)}).tolist() == [[20], [30], [1]]
    with pytest.raises(FeedError, match="2 tensors together"):
        sess.run(state, {state: [1, 2, 3]})


def test_a_template_says_what_it_has_made() -> None:
    def layer(x, trained=True):
        w = tf.get_variable("w", [2, 2])
        tf.get_variable("steps", [], trainable=False)
        tf.get_variable("here", [], collections=[tf.GraphKeys.LOCAL_VARIABLES], trainable=False)
        return tf.matmul(x, w)

    own = tf.make_template("tp", layer)
    assert (own.name, own.variable_scope, own.variable_scope_name, own.variables) == ("tp", None, None, [])
    own(tf.ones([1, 2]))
    own(tf.ones([1, 2]))
    assert (own.variable_scope_name, own.variable_scope.name) == ("tp", "tp")
    named = {
        kind: [v.op.name for v in getattr(own, kind)]
        for kind in ("variables", "trainable_variables", "non_trainable_variables", "local_variables")
    }
    assert named == {
        "variables": ["tp/w", "tp/steps", "tp/here"], "trainable_variables": ["tp/w"],
        "non_trainable_variables": ["tp/steps", "tp/here"], "local_variables": ["tp/here"],
    }


def test_a_template_makes_what_is_trained_once() -> None:
    own = tf.make_template("tp", lambda: tf.Variable(1.0, name="fresh"))
    own()
    with pytest.raises(ValueError, match=r"template 'tp': a call after the first has made tp_1/fresh:0"):
        own()
    counting = tf.make_template("count", lambda: tf.Variable(1.0, trainable=False))
    assert counting() is not counting()
    with pytest.raises(ValueError, match="without a name"):
        tf.make_template(None, lambda: 1)
