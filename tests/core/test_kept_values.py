"""A value given is a value kept: arrays that go in may change afterwards, those that come out belong to the caller."""

import tracemalloc

import numpy as np
import pytest

import deepkit as dk
import deepkit.v1 as tf
from deepkit import keras

K = keras.backend
START = [1.0, 2.0]


@pytest.fixture(autouse=True)
def fresh_graph():
    K.clear_session()
    tf.reset_default_graph()


def in_session(made):
    """The value of a tensor in a session that begins now."""
    with tf.Session() as s:
        s.run(tf.global_variables_initializer())
        return s.run(made)


GRAPH = {
    "constant": tf.constant,
    "constant of a shape": lambda a: tf.constant(a, shape=[2]),
    "convert_to_tensor": tf.convert_to_tensor,
    "Variable": tf.Variable,
    "get_variable": lambda a: tf.get_variable("w", initializer=a),
    "constant_initializer": lambda a: tf.get_variable("w", [2], initializer=tf.constant_initializer(a)),
    "assign": lambda a: tf.assign(tf.Variable([0.0, 0.0]), a),
    "assign_add": lambda a: tf.Variable([0.0, 0.0]).assign_add(a),
    "from_tensor_slices": lambda a: tf.data.Dataset.from_tensor_slices(a[None]).make_one_shot_iterator().get_next(),
    "from_tensors": lambda a: tf.data.Dataset.from_tensors(a).make_one_shot_iterator().get_next(),
    "x + array": lambda a: tf.zeros([2]) + a,
    "array + x": lambda a: a + tf.zeros([2]),
    "matmul": lambda a: tf.matmul(tf.eye(2), a[:, None])[:, 0],
    "stack": lambda a: tf.stack([a, a])[0],
    "stack beside a tensor": lambda a: tf.stack([tf.zeros([2]), a])[1],
    "concat": lambda a: tf.concat([tf.zeros([0]), a], 0),
    "placeholder_with_default": lambda a: tf.placeholder_with_default(a, [2]),
    "a view of the array": lambda a: tf.constant(a[:]),
    "in a branch": lambda a: tf.cond(tf.constant(True), lambda: tf.constant(a), lambda: tf.zeros([2])),
    "map_fn": lambda a: tf.map_fn(lambda x: x * 1.0, a),
    "a sparse tensor": lambda a: tf.sparse_tensor_to_dense(tf.SparseTensor([[0], [1]], a, [2])),
    "a tensor computed before": lambda a: tf.constant(dk.tensor(a)),
}


@pytest.mark.parametrize("way", GRAPH)
def test_a_graph_keeps_what_it_was_given(way):
    array = np.array(START, np.float32)
    made = GRAPH[way](array)
    array[:] = 9
    assert in_session(made).tolist() == START


EAGER = {
    "tensor": dk.tensor,
    "Parameter": dk.Parameter,
    "convert_to_tensor": dk.convert_to_tensor,
    "identity": dk.identity,
    "reshape": lambda a: dk.reshape(a, [2]),
    "a slice": lambda a: dk.tensor(a[None])[0],
    "assign": lambda a: dk.Parameter([0.0, 0.0]).assign(a),
    "K.constant": K.constant,
    "K.variable": K.variable,
}


@pytest.mark.parametrize("way", EAGER)
def test_a_tensor_keeps_what_it_was_given(way):
    array = np.array(START, np.float32)
    made = EAGER[way](array)
    array[:] = 9
    assert K.get_value(made).tolist() == START


def test_what_a_gradient_needs_is_kept():
    array = np.array(START, np.float32)
    x = dk.Parameter([1.0, 1.0])
    y = dk.reduce_sum(x * array)
    array[:] = 9
    assert dk.gradients(y, [x])[0].numpy().tolist() == START


def test_one_buffer_makes_constants_that_differ():
    buffer = np.zeros(2, np.float32)
    made = []
    for k in range(3):
        buffer[:] = k
        made.append(tf.constant(buffer))
    assert np.array(in_session(made)).tolist() == [[0, 0], [1, 1], [2, 2]]


def test_numpy_gives_an_array_of_the_callers_own():
    x = dk.tensor(START)
    for mine in (x.numpy(), np.asarray(x), np.array(x)):
        mine[:] = 9
    assert x.numpy().tolist() == START
    seen = np.array(x, copy=False)
    with pytest.raises(ValueError, match="read-only"):
        seen[:] = 9


def test_what_a_variable_is_loaded_with_is_kept():
    array = np.array(START, np.float32)
    v, kv = tf.Variable([0.0, 0.0]), K.variable([0.0, 0.0])
    K.set_value(kv, array)
    with tf.Session() as s:
        v.load(array, s)
        array[:] = 9
        assert s.run(v).tolist() == START
    assert K.get_value(kv).tolist() == START


def test_a_queue_keeps_what_it_was_fed():
    array = np.array(START, np.float32)
    x = tf.placeholder(tf.float32, [2])
    queue = tf.FIFOQueue(3, tf.float32, [[2]])
    put, take = queue.enqueue(x), queue.dequeue()
    with tf.Session() as s:
        s.run(put, {x: array})
        array[:] = 9
        assert s.run(take).tolist() == START


def test_a_session_gives_each_result_memory_of_its_own():
    x = tf.placeholder(tf.float32, [2])
    y = x * 2.0
    flat, column = tf.reshape(y, [2]), tf.reshape(y, [2, 1])
    c, v = tf.constant(START), tf.Variable(START)
    with tf.Session() as s:
        s.run(v.initializer)
        fed = np.array(START, np.float32)
        results = s.run([y, flat, column, y, x, c, v, tf.identity(c), tf.identity(x)], {x: fed})
        for k, array in enumerate([*results, fed]):
            array[...] = k + 10.0
        for k, array in enumerate([*results, fed]):
            assert np.all(array == k + 10.0)
        assert s.run([c, v])[0].tolist() == s.run([c, v])[1].tolist() == START


def test_a_python_function_may_fill_the_same_array_again():
    buffer = np.zeros(2, np.float32)

    def fill():
        buffer[:] += 1
        return buffer

    y = tf.py_func(fill, [], tf.float32)
    with tf.Session() as s:
        first, second = s.run(y), s.run(y)
    assert [first.tolist(), second.tolist()] == [[1, 1], [2, 2]]


@pytest.mark.parametrize("make", [tf.constant, tf.Variable, tf.convert_to_tensor, dk.tensor])
def test_a_large_array_is_copied_once(make):
    array = np.zeros(1 << 20, np.float32)
    make(np.zeros(1, np.float32))  # modules that are imported at first use
    tracemalloc.start()
    try:
        kept = make(array)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept.shape == (1 << 20,)
    assert array.nbytes <= peak < 1.5 * array.nbytes
