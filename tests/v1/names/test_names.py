"""The TensorFlow-1 face: what it offers is there, and literals become nodes of the graph."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.core.symbol import Symbol
from deepkit.errors import ArgumentError, DTypeError, GraphWarning, ShapeError


@pytest.fixture(autouse=True)
def sess():
    with tf.Graph().as_default(), tf.Session() as sess:
        yield sess


LITERAL_CALLS = {
    "add": (lambda: tf.add(1, 2), 3), "matmul": (lambda: tf.matmul([[1.0]], [[2.0]]), [[2.0]]),
    "zeros": (lambda: tf.zeros([2]), [0, 0]), "zeros of nothing": (lambda: tf.zeros([]), 0.0),
    "ones": (lambda: tf.ones((1, 2)), [[1, 1]]), "fill": (lambda: tf.fill([2], 9), [9, 9]),
    "range": (lambda: tf.range(3), [0, 1, 2]), "range of floats": (lambda: tf.range(0, 1, 0.5), [0, 0.5]),
    "eye": (lambda: tf.eye(2), [[1, 0], [0, 1]]), "one_hot": (lambda: tf.one_hot([1], 2), [[0, 1]]),
    "concat": (lambda: tf.concat([[1], [2]], 0), [1, 2]), "stack": (lambda: tf.stack([1, 2]), [1, 2]),
    "add_n": (lambda: tf.add_n([1.0, 2.0, 3.0]), 6.0), "where": (lambda: tf.where([True, False], [1, 2], [3, 4]), [1, 4]),
    "reduce_mean": (lambda: tf.reduce_mean([0, 1, 2, 3]), 1), "cast": (lambda: tf.cast(1.9, tf.int32), 1),
    "linspace": (lambda: tf.linspace(0.0, 1.0, 3), [0, 0.5, 1]), "softmax": (lambda: tf.nn.softmax([1.0, 1.0]), [0.5, 0.5]),
    "sequence_mask": (lambda: tf.sequence_mask([1], 2), [[True, False]]),
    "slice": (lambda: tf.slice([1, 2, 3], [1], [2]), [2, 3]),
    "by name": (lambda: tf.matmul(a=[[1.0]], b=[[2.0]]), [[2.0]]), "pad": (lambda: tf.pad([1], [[1, 0]]), [0, 1]),
    "log_sigmoid": (lambda: tf.nn.log_sigmoid([-200.0, 0.0]), [-200.0, -np.log(2)]),
    "to_float": (lambda: tf.to_float(3), 3.0), "transpose": (lambda: tf.transpose([[1, 2]]), [[1], [2]]),
    "meshgrid": (lambda: tf.meshgrid([1, 2], [3])[0], [[1, 2]]), "identity": (lambda: tf.identity(5), 5),
    "sparse loss": (lambda: tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[0], logits=[[0.0, 0.0]]), [np.log(2)]),
}


@pytest.mark.parametrize("name", LITERAL_CALLS)
def test_literals_become_nodes(name: str, sess) -> None:
    make, expected = LITERAL_CALLS[name]
    result = make()
    assert isinstance(result, Symbol)
    np.testing.assert_allclose(sess.run(result), expected, rtol=1e-6)


def test_constant(sess) -> None:
    assert sess.run(tf.constant(1.0, shape=[2, 2])).tolist() == [[1, 1], [1, 1]]
    assert sess.run(tf.constant([1, 2], shape=[3])).tolist() == [1, 2, 2]
    assert tf.constant([1, 2], tf.float32).dtype is tf.float32
    with pytest.raises(ShapeError, match="3 values"):
        tf.constant([1, 2, 3], shape=[2])
    with pytest.raises(DTypeError, match="expected int32"):
        tf.constant(1.5, tf.int32)


def test_old_argument_orders_are_explained() -> None:
    with pytest.raises(ArgumentError, match=r"order of TensorFlow 0\.x"):
        tf.concat(0, [[1], [2]])
    with pytest.raises(ArgumentError, match=r"order of TensorFlow 0\.x"):
        tf.split(0, 2, tf.constant([1, 2]))
    with pytest.raises(ArgumentError, match="takes named arguments"):
        tf.nn.softmax_cross_entropy_with_logits([[0.0]], [[1.0]])


def test_shapes_with_tensors_inside(sess) -> None:
    x = tf.placeholder(tf.float32, [None, 4])
    y = tf.reshape(x, [tf.shape(x)[0], 2, 2])
    assert y.shape.as_list() == [None, 2, 2]
    assert sess.run(y, {x: np.zeros((3, 4))}).shape == (3, 2, 2)
    noise = tf.random_normal(tf.shape(x), seed=1)
    assert noise.shape.as_list() == [None, 4]
    assert sess.run(noise, {x: np.zeros((3, 4))}).shape == (3, 4)
    with pytest.raises(ShapeError, match="use shape"):
        tf.zeros(x.shape)


def test_softmax_twice_is_warned_about() -> None:
    probabilities = tf.nn.softmax(tf.constant([[1.0, 2.0]]))
    with pytest.warns(GraphWarning, match="went through softmax already"):
        tf.nn.softmax_cross_entropy_with_logits(labels=[[0.0, 1.0]], logits=probabilities)


def test_group_and_tuple(sess) -> None:
    v = tf.Variable(0.0)
    sess.run(v.initializer)
    sess.run(tf.group(v.assign_add(1.0), v.assign_add(1.0)))
    assert sess.run(v) == 2.0
    a, _ = tf.tuple([tf.constant(1.0), v.assign_add(1.0)])
    assert sess.run(a) == 1.0
    assert sess.run(v) == 3.0


def test_global_step(sess) -> None:
    assert tf.train.get_global_step() is None
    step = tf.train.get_or_create_global_step()
    assert tf.train.get_or_create_global_step() is step
    sess.run(step.initializer)
    sess.run(tf.assign_add(step, 1))
    assert tf.train.global_step(sess, step) == 1


def test_a_column_against_a_vector_is_an_error() -> None:
    with pytest.raises(ShapeError, match="the same shape"):
        tf.losses.mean_squared_error(tf.zeros([3]), tf.zeros([3, 1]))


def test_config() -> None:
    config = tf.ConfigProto(allow_soft_placement=True)
    config.gpu_options.allow_growth = True
    with pytest.raises(ArgumentError, match="no field 'allow_soft'"):
        tf.ConfigProto(allow_soft=True)
    with pytest.raises(AttributeError, match="no field 'allow_grow'"):
        config.gpu_options.allow_grow = True


def test_what_programs_ask_of_graph_optimizers_is_accepted() -> None:
    config = tf.ConfigProto()
    config.graph_options.optimizer_options.global_jit_level = tf.OptimizerOptions.ON_1
    config.graph_options.rewrite_options.memory_optimization = config.graph_options.rewrite_options.OFF
    options = tf.OptimizerOptions(opt_level=tf.OptimizerOptions.L0, do_constant_folding=True)
    other = tf.ConfigProto(graph_options=tf.GraphOptions(optimizer_options=options), use_per_session_threads=True)
    assert (config.graph_options.optimizer_options.global_jit_level, other.graph_options.optimizer_options.opt_level) == (1, -1)
    with tf.Session(config=config) as sess:
        assert sess.run(tf.constant(3)) == 3


def test_every_name_has_a_docstring() -> None:
    missing = [n for n, f in vars(tf).items() if callable(f) and not n.startswith("_") and not f.__doc__]
    assert missing == []


def test_the_tidier_namespaces(sess) -> None:
    """Every name that a namespace declares is there, and is the function of the top level."""
    for space in (tf.bitwise, tf.debugging, tf.dtypes, tf.io, tf.linalg, tf.manip, tf.math, tf.queue, tf.random, tf.signal,
                  tf.spectral, tf.strings):
        assert [name for name in space.__all__ if not hasattr(space, name)] == [], space.__name__
    assert tf.math.log is tf.log
    assert tf.linalg.inv is tf.matrix_inverse
    assert tf.random.normal is tf.random_normal
    assert sess.run(tf.math.square(3.0)) == 9.0
