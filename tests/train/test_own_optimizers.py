"""An optimizer of a program's own, written by TensorFlow 1's template: slots, dense and sparse updates, an end of each step."""

import numpy as np
import pytest

import deepkit.v1 as tf


class AMSGrad(tf.train.Optimizer):
    """Adam without corrections, divided by the largest mean of squares so far (Reddi et al. 2018)."""

    def __init__(self, rate=0.1, use_locking=False, name="AMSGrad"):
        super().__init__(use_locking=use_locking, name=name)
        self._rate_given = rate

    def _create_slots(self, var_list):
        first = min(var_list, key=lambda v: v.name)
        self._create_non_slot_variable(initial_value=1.0, name="steps", colocate_with=first)
        for v in var_list:
            self._zeros_slot(v, "m", self._name)
            self._get_or_make_slot(v, tf.zeros_like(v.initialized_value()), "v", self._name)
            self._get_or_make_slot_with_initializer(v, tf.zeros_initializer(), v.shape, tf.float32, "top", self._name)

    def _prepare(self):
        self._rate = tf.convert_to_tensor(self._call_if_callable(self._rate_given), name="learning_rate")

    def _apply_dense(self, grad, var):
        m, v, top = (self.get_slot(var, slot) for slot in ("m", "v", "top"))
        new_m = tf.assign(m, 0.9 * m + 0.1 * grad, use_locking=self._use_locking)
        new_v = tf.assign(v, 0.99 * v + 0.01 * grad * grad)
        new_top = tf.assign(top, tf.maximum(new_v, top))
        return tf.group(tf.assign_sub(var, self._rate * new_m / (tf.sqrt(new_top) + 1e-8)), new_m, new_v, new_top)

    def _apply_sparse(self, grad, var):
        return tf.scatter_sub(var, grad.indices, self._rate * grad.values)

    def _finish(self, update_ops, name_scope):
        steps = self._get_non_slot_variable("steps", graph=tf.get_default_graph())
        with tf.control_dependencies(update_ops):
            counted = steps.assign_add(1.0)
        return tf.group(*update_ops, counted, name=name_scope)


def test_dense_updates_are_the_formula():
    w = tf.get_variable("w", initializer=np.float32([1.0, -2.0]))
    optimizer = AMSGrad(lambda: 0.2)
    step = optimizer.minimize(tf.reduce_sum(w**3), global_step=tf.train.get_or_create_global_step())
    expected, m, v, top = np.array([1.0, -2.0]), 0, 0, 0
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for _ in range(5):
            sess.run(step)
            g = 3 * expected**2
            m, v = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g * g
            top = np.maximum(top, v)
            expected = expected - 0.2 * m / (np.sqrt(top) + 1e-8)
        found, steps, count = sess.run([w, optimizer._get_non_slot_variable("steps", w.graph), tf.train.get_global_step()])
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert (steps, count) == (6, 5)


def test_slots_have_tensorflows_names():
    w = tf.get_variable("w", initializer=np.float32([1.0]))
    optimizer = AMSGrad()
    step = optimizer.minimize(tf.reduce_sum(w))
    assert optimizer.get_slot_names() == ["m", "top", "v"]
    assert [v.name for v in optimizer.variables()] == ["steps:0", "w/AMSGrad:0", "w/AMSGrad_1:0", "w/AMSGrad_2:0"]
    assert step.name == "AMSGrad"


def test_a_row_that_is_named_twice_comes_once():
    table = tf.get_variable("table", initializer=np.ones((4, 2), np.float32))
    step = AMSGrad(1.0).minimize(tf.reduce_sum(tf.gather(table, [2, 0, 2])))
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        sess.run(step)
        assert sess.run(table)[:, 0].tolist() == [0, 1, -1, 1]


class Resource(tf.train.Optimizer):
    """Gradient descent by the methods of resource variables alone."""

    def __init__(self):
        super().__init__(False, "Resource")

    def _resource_apply_dense(self, grad, handle):
        return handle.assign_sub(0.5 * grad)

    def _resource_apply_sparse(self, grad, handle, indices):
        return tf.scatter_sub(handle, indices, 0.5 * grad)


class Decaying(tf.train.AdamOptimizer):
    """Adam that first makes each weight smaller."""

    def _apply_dense(self, grad, var):
        with tf.control_dependencies([var.assign(var * 0.5)]):
            return super()._apply_dense(grad, var)


def test_one_of_the_two_kinds_of_methods_is_enough():
    w = tf.get_variable("w", initializer=np.float32([[3.0], [5.0]]))
    rows = Resource().minimize(tf.reduce_sum(tf.gather(w, [1, 1])))
    whole = Resource().minimize(tf.reduce_sum(w))
    with tf.Session() as sess:
        sess.run(w.initializer)
        sess.run(rows)
        assert sess.run(w).tolist() == [[3.0], [4.0]]
        sess.run(whole)
        assert sess.run(w).tolist() == [[2.5], [3.5]]


def test_a_method_that_is_overridden_is_the_one_that_runs():
    w, plain = (tf.Variable([4.0], name=name) for name in ("w", "plain"))
    steps = [Decaying(0.1).minimize(tf.reduce_sum(w)), tf.train.AdamOptimizer(0.1).minimize(tf.reduce_sum(plain))]
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        sess.run(steps)
        moved, like = sess.run([w, plain])
    np.testing.assert_allclose(moved, like - 2.0, rtol=1e-6)


def test_what_is_not_defined_is_named():
    w = tf.get_variable("w", initializer=[1.0])
    with pytest.raises(NotImplementedError, match=r"Empty does not define _apply_dense\(grad, var\)"):
        type("Empty", (tf.train.Optimizer,), {})(False, "Empty").minimize(w)
    with pytest.raises(ValueError, match="without a name"):
        tf.train.Optimizer(False, "")
    assert (tf.train.Optimizer.GATE_NONE, tf.train.AdamOptimizer().GATE_OP, tf.train.Optimizer.GATE_GRAPH) == (0, 1, 2)
