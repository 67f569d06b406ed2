"""Variable scopes: names as TensorFlow gives them, sharing, defaults, and errors that say what to do."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import ArgumentError, DTypeError, GraphError, ShapeError


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def test_names_of_variables_and_of_ops() -> None:
    # All names of this test and the next two are those of tf.compat.v1 in TensorFlow 2.21.
    with tf.variable_scope("foo"):
        assert tf.get_variable("v", [1]).name == "foo/v:0"
        with tf.variable_scope("bar") as bar:
            assert tf.get_variable("w", [2]).name == "foo/bar/w:0"
            assert tf.constant(1.0).name == "foo/bar/Const:0"
            assert (bar.name, bar.original_name_scope) == ("foo/bar", "foo/bar/")
    with tf.variable_scope("foo", reuse=True) as again:
        assert tf.constant(1.0, name="c").name == "foo_1/c:0"  # nodes go to a new name scope, variables do not
        assert tf.get_variable("v", [1]).name == "foo/v:0"
        assert again.original_name_scope == "foo_1/"
    with tf.variable_scope(bar):
        assert tf.get_variable("z", [2]).name == "foo/bar/z:0"
        assert tf.constant(1.0, name="c").name == "bar/c:0"
        assert tf.get_variable_scope().original_name_scope == "foo/bar/"
    with tf.name_scope("ns"):
        assert tf.get_variable("a", [1]).name == "a:0"  # name scopes do not name shared variables
        assert tf.Variable(1.0, name="b").name == "ns/b:0"
        with tf.variable_scope("vs"):
            assert tf.get_variable("a", [1]).name == "vs/a:0"
            assert tf.Variable(1.0, name="b").name == "ns/vs/b:0"
        with tf.variable_scope(bar, auxiliary_name_scope=False):
            assert tf.constant(1.0, name="c").name == "ns/c:0"
    with tf.variable_scope("a/b"):
        assert tf.get_variable("x", [1]).name == "a/b/x:0"
    with tf.variable_scope(""):
        assert tf.get_variable("root", [1]).name == "root:0"


def test_default_names_are_made_unique() -> None:
    found = []
    for _ in range(2):
        with tf.variable_scope(None, "layer") as outer:
            found.append(outer.name)
            for _ in range(2):
                with tf.variable_scope(None, "sub") as inner:
                    found.append(inner.name)
    assert found == ["layer", "layer/sub", "layer/sub_1", "layer_1", "layer_1/sub", "layer_1/sub_1"]
    with tf.variable_scope("layer") as outer, tf.variable_scope(None, "sub") as inner:
        assert inner.name == "layer/sub"  # opened again by its name: counted anew
        assert inner.original_name_scope == "layer_2/sub/"
    with tf.variable_scope(None, "layer") as outer:
        assert outer.name == "layer_2"
    with tf.variable_scope("given", "layer") as outer:
        assert outer.name == "given"


def test_the_nodes_of_a_variable(graph) -> None:
    with tf.variable_scope("s", regularizer=tf.nn.l2_loss):
        tf.get_variable("w", [2, 3])
    names = {node.name for node in graph.get_operations()}
    assert {"s/w", "s/w/Assign", "s/w/read", "s/w/Initializer/random_uniform", "s/w/Regularizer/L2Loss"} <= names
    assert [x.name for x in tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)] == ["s/w/Regularizer/L2Loss:0"]


def test_sharing() -> None:
    with tf.variable_scope("a") as scope:
        v = tf.get_variable("v", [2, 3])
        scope.reuse_variables()
        assert tf.get_variable("v", [2, 3]) is v
        assert tf.get_variable("v") is v
        assert tf.get_variable("v", [None, 3]) is v
        with tf.variable_scope("b", reuse=False) as inner:
            assert inner.reuse is True  # an inner scope cannot leave it
    with tf.variable_scope("a", reuse=tf.AUTO_REUSE):
        assert tf.get_variable("v", [2, 3]) is v
        assert tf.get_variable("new", [1]).name == "a/new:0"
    assert len(tf.global_variables()) == 2


def test_a_variable_that_exists_says_where_it_was_made() -> None:
    tf.get_variable("weights", [2])
    with pytest.raises(GraphError, match="exists already") as caught:
        tf.get_variable("weights", [2])
    text = str(caught.value)
    assert text.count("test_scopes.py") == 2
    assert "it was made at File" in text
    assert "AUTO_REUSE" in text


def test_a_missing_variable_names_the_nearest() -> None:
    with tf.variable_scope("hidden"):
        tf.get_variable("weights", [2])
    with tf.variable_scope("hidden", reuse=True), pytest.raises(GraphError, match="did you mean 'hidden/weights'"):
        tf.get_variable("weigths", [2])
    tf.Variable(1.0, name="own")
    with tf.variable_scope("", reuse=True), pytest.raises(GraphError, match=r"tf\.Variable made 'own'"):
        tf.get_variable("own")


def test_a_shared_variable_keeps_shape_and_type() -> None:
    tf.get_variable("w", [2, 3])
    with tf.variable_scope("", reuse=True):
        with pytest.raises(ShapeError, match=r"has shape \(2, 3\), not \(2, 4\)"):
            tf.get_variable("w", [2, 4])
        with pytest.raises(DTypeError, match="is float32, not float64"):
            tf.get_variable("w", [2, 3], tf.float64)


def test_what_a_variable_starts_with() -> None:
    made = [
        tf.get_variable("glorot", [200, 300]),
        tf.get_variable("ints", [2], tf.int32),
        tf.get_variable("flags", [2], tf.bool),
        tf.get_variable("type", [2], initializer=tf.ones_initializer),
        tf.get_variable("object", [2], initializer=tf.constant_initializer(4.0)),
        tf.get_variable("value", initializer=[1.0, 2.0]),
        tf.get_variable("tensor", initializer=tf.constant([[5, 6]])),
        tf.get_variable("function", [3], initializer=lambda shape, dtype: tf.fill(shape, tf.cast(7, dtype))),
        tf.get_variable("ready", initializer=lambda: tf.zeros([4])),
    ]
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        glorot, *rest = sess.run(made)
    assert abs(glorot).max() <= np.sqrt(6 / 500)
    assert abs(glorot).max() > 0.99 * np.sqrt(6 / 500)
    assert [r.tolist() for r in rest] == [
        [0, 0], [False, False], [1, 1], [4, 4], [1, 2], [[5, 6]], [7, 7, 7], [0, 0, 0, 0],
    ]
    assert made[-3].dtype is tf.int32


def test_sessions_draw_their_own_first_values() -> None:
    w = tf.get_variable("w", [3, 3])
    values = []
    for _ in range(2):
        with tf.Session() as sess:
            sess.run(w.initializer)
            values.append(sess.run(w))
    assert (values[0] != values[1]).any()


def test_the_graphs_seed_gives_tensorflows_digits() -> None:
    # TensorFlow 2.21: tf.set_random_seed(42); get_variable("a", [2, 3]); layers.dense(ones([1, 3]), 2)
    tf.set_random_seed(42)
    a, y = tf.get_variable("a", [2, 3]), tf.layers.dense(tf.ones([1, 3]), 2)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        expected = [0.73495412, 0.91206169, -0.01172233, 0.0462569, 0.4643575, -0.09541094]
        np.testing.assert_allclose(sess.run(a).ravel(), expected, rtol=1e-5)
        np.testing.assert_allclose(sess.run(y)[0], [1.01794362, 0.27862591], rtol=1e-5)


def test_new_variables_need_a_shape() -> None:
    with pytest.raises(ShapeError, match="every dimension of a new variable"):
        tf.get_variable("w", [None, 3])
    with pytest.raises(ShapeError, match="needs the shape"):
        tf.get_variable("w")
    with pytest.raises(ArgumentError, match="leave shape out"):
        tf.get_variable("w", [2], initializer=tf.zeros([2]))
    with pytest.raises(DTypeError, match="the initializer is float32"):
        tf.get_variable("w", dtype=tf.float64, initializer=tf.zeros([2]))
    with pytest.raises(ShapeError, match="needs a shape"):
        tf.get_variable("w", partitioner=tf.fixed_size_partitioner(2))
    with pytest.raises(ArgumentError, match="one axis is cut"):
        tf.get_variable("w", [2, 2], partitioner=lambda shape, dtype: [2, 2])
    assert tf.global_variables() == []


def test_defaults_of_a_scope() -> None:
    with tf.variable_scope("s", initializer=tf.ones_initializer(), dtype=tf.float64, regularizer=tf.nn.l2_loss) as s:
        a = tf.get_variable("a", [2])
        b = tf.get_variable("b", [2], regularizer=tf.no_regularizer)
        with tf.variable_scope("inner"):
            c = tf.get_variable("c", [2], tf.float32, initializer=tf.zeros_initializer())
    assert (a.dtype, c.dtype) == (tf.float64, tf.float32)
    assert len(tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)) == 2
    assert s.trainable_variables() == [a, b, c]
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        assert sess.run(a).tolist() == [1, 1]
        assert sess.run(c).tolist() == [0, 0]


def test_custom_getters_stand_inside_each_other() -> None:
    calls = []

    def recorder(label):
        def getter(getter, name, *args, **kwargs):
            calls.append((label, name, kwargs["shape"]))
            return getter(name, *args, **kwargs)

        return getter

    with tf.variable_scope("a", custom_getter=recorder("A")), tf.variable_scope("b", custom_getter=recorder("B")):
        tf.get_variable("v", [2])
        tf.get_variable("w", [3], custom_getter=recorder("W"))
    assert calls == [("B", "a/b/v", [2]), ("A", "a/b/v", [2]), ("W", "a/b/w", [3])]


def test_local_variables_and_collections() -> None:
    a = tf.get_local_variable("a", [2], initializer=tf.zeros_initializer())
    b = tf.get_variable("b", [2], trainable=False, collections=["mine", tf.GraphKeys.GLOBAL_VARIABLES])
    assert tf.local_variables() == [a]
    assert tf.global_variables() == [b]
    assert tf.get_collection("mine") == [b]
    assert tf.trainable_variables() == []


def test_scopes_are_told_from_other_things() -> None:
    with pytest.raises(ArgumentError, match="without a name"):
        tf.variable_scope(None)
    with pytest.raises(ArgumentError, match="a string, or the scope"):
        tf.variable_scope(3)
    with pytest.raises(ArgumentError, match="AUTO_REUSE"):
        tf.variable_scope("a", reuse="yes")
    with pytest.raises(ArgumentError, match="always a new one"):
        tf.variable_scope(None, "a", reuse=True)


def test_an_error_inside_closes_the_scope() -> None:
    with pytest.raises(ZeroDivisionError), tf.variable_scope("a"):
        raise ZeroDivisionError
    assert tf.get_variable_scope().name == ""
    assert tf.constant(1.0, name="c").name == "c:0"


def test_old_name_of_variable_scope() -> None:
    x = tf.zeros([1])
    with tf.variable_op_scope([x], None, "block") as scope:
        assert scope.name == "block"


def test_a_variable_of_a_loops_body_belongs_to_the_graph() -> None:
    def body(i, x):
        with tf.variable_scope("cell", reuse=tf.AUTO_REUSE):
            w = tf.get_variable("w", [], initializer=tf.constant_initializer(2.0), regularizer=tf.nn.l2_loss)
        return i + 1, x * w

    result = tf.while_loop(lambda i, x: i < 3, body, [0, 1.0])[1]
    assert [v.name for v in tf.global_variables()] == ["cell/w:0"]
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        assert sess.run(result) == 8.0
        assert sess.run(tf.losses.get_regularization_loss()) == 2.0


def test_a_cell_that_runs_again_makes_its_variables_anew() -> None:
    pytest.importorskip("IPython", reason="IPython is not installed: there are no notebook cells")
    from IPython.core.interactiveshell import InteractiveShell

    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(history_length=0)
    shell.history_manager.enabled = False
    shell.push({"tf": tf})
    try:
        source = (
            "with tf.variable_scope('s'):\n    v = tf.get_variable('v', [2])\ny = tf.layers.dense(tf.ones([1, 2]), 3)"
        )
        for _ in range(3):
            shell.run_cell(source, store_history=True).raise_error()
            assert [v.name for v in tf.global_variables()] == ["s/v:0", "dense/kernel:0", "dense/bias:0"]
        shell.run_cell("z = tf.layers.dense(tf.ones([1, 2]), 3)", store_history=True).raise_error()
        assert tf.global_variables()[-1].name == "dense_1/bias:0"
    finally:
        InteractiveShell.clear_instance()


def test_threads_that_build_one_graph_open_scopes_for_themselves(graph) -> None:
    opened, done, names = threading.Event(), threading.Event(), []

    def first() -> None:
        with graph.as_default(), tf.variable_scope("one"):
            opened.set()
            done.wait(10)
            names.append((tf.get_variable("v", [1]).name, tf.constant(1.0, name="c").name))

    thread = threading.Thread(target=first)
    thread.start()
    opened.wait(10)
    with tf.variable_scope("two"):
        names.append((tf.get_variable("v", [1]).name, tf.constant(1.0, name="c").name))
        done.set()
        thread.join()
        names.append((tf.get_variable("u", [1]).name, tf.constant(1.0, name="d").name))
    assert names == [("two/v:0", "two/c:0"), ("one/v:0", "one/c:0"), ("two/u:0", "two/d:0")]


def test_a_scope_that_is_opened_by_its_path_takes_no_name(graph) -> None:
    names = []
    for opened in (tf.name_scope("b/"), tf.variable_scope("b"), tf.name_scope("b"), tf.name_scope("b/")):
        with opened:
            names.append(tf.zeros([], name="x").name)
    assert names == ["b/x:0", "b/x_1:0", "b_1/x:0", "b/x_2:0"]


def test_what_a_scope_is_told_later_holds_for_what_comes_after() -> None:
    with tf.variable_scope("told") as told:
        told.set_initializer(tf.constant_initializer(3.0))
        told.set_dtype(tf.float64)
        told.set_regularizer(lambda v: tf.reduce_sum(v * v))
        first = tf.get_variable("first", [2])
        told.set_custom_getter(lambda getter, name, *args, **kwargs: 2.0 * getter(name, *args, **kwargs))
        doubled = tf.get_variable("doubled", [2])
    with tf.variable_scope("cut") as cut:
        cut.set_partitioner(tf.fixed_size_partitioner(2))
        parts = tf.get_variable("parts", [4, 3])
    assert first.dtype.base_dtype == tf.float64
    assert [part.shape.as_list() for part in parts] == [[2, 3], [2, 3]]
    penalty = tf.losses.get_regularization_losses(scope="told")[0]
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        values = [value.tolist() for value in sess.run([first, doubled, penalty])]
    assert values == [[3.0, 3.0], [6.0, 6.0], 18.0]
