"""GradientTape: the derivatives through what was computed while a tape ran, and no others; the numbers are TensorFlow's."""

import gc
import weakref

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import GraphWarning


@pytest.fixture(autouse=True)
def at_once():
    before = tf.Variable
    tf.reset_default_graph()
    tf.enable_eager_execution()
    yield
    tf.reset_default_graph()
    tf.Variable = before


def carried(slope_of):
    """The slopes of five steps of a recurrence whose state goes from one step to the next."""
    w, h, found = tf.Variable(0.7), tf.constant(1.0), []
    for _ in range(5):
        slope, h = slope_of(w, h)
        found.append(slope.numpy().item())
        w.assign_sub(0.1 * slope)
    return found


def by_tape(w, h):
    with tf.GradientTape() as tape:
        h = tf.tanh(w * h + 0.1)
        loss = h * h
    return tape.gradient(loss, w), h


def by_function(w, h):
    kept = []

    def loss(before):
        kept.append(tf.tanh(w * before + 0.1))
        return kept[0] * kept[0]

    return tf.contrib.eager.implicit_gradients(loss)(h)[0][0], kept[0]


def by_optimizer(w, h):
    kept = []

    def loss():
        kept.append(tf.tanh(w * h + 0.1))
        return kept[0] * kept[0]

    return tf.train.GradientDescentOptimizer(0.1).compute_gradients(loss)[0][0], kept[0]


@pytest.mark.parametrize("slope_of", [by_tape, by_function, by_optimizer])
def test_a_state_from_the_step_before_is_a_constant(slope_of):
    wanted = [0.7424663305, 0.4881744981, 0.2955329716, 0.1882112026, 0.1330268681]
    np.testing.assert_allclose(carried(slope_of), wanted, rtol=1e-5)


def test_what_a_tape_saw():
    v = tf.Variable(2.0)
    before = v * v
    with tf.GradientTape(persistent=True) as tape:
        inside = v * 3.0
        with tape.stop_recording():
            stopped = v * 5.0
        total = inside + stopped + before
    after = total * 2.0
    found = [tape.gradient(y, v) for y in (before, inside, stopped, total, after)]
    assert [None if d is None else d.numpy().item() for d in found] == [None, 3.0, None, 3.0, None]
    assert tape.gradient(before, v, unconnected_gradients="zero").numpy() == 0.0


def test_what_a_tape_watches():
    x, v, frozen = tf.constant(3.0), tf.Variable(2.0), tf.Variable(1.0, trainable=False)
    with tf.GradientTape() as tape:
        y = x * x * v * frozen
    assert tape.gradient(y, [v, frozen])[1] is None
    with pytest.warns(GraphWarning, match="does not watch it"):
        assert tape.gradient(y, x) is None
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch([x, frozen])
        doubled = 2.0 * x
        y = doubled * v * frozen
    found = tape.gradient(y, {"x": x, "v": v, "frozen": frozen, "between": doubled})
    assert found["v"] is None
    assert [found[name].numpy() for name in ("x", "frozen", "between")] == [4.0, 12.0, 2.0]


def test_a_tape_that_forgets():
    v = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = v * 2.0
        tape.reset()
        y = v * 3.0 * y
    assert tape.gradient(y, v).numpy() == 12.0


def test_a_tape_in_a_graph():
    with tf.Graph().as_default(), tf.Session() as sess:
        v = tf.Variable(2.0)
        before = v * v
        with tf.GradientTape() as tape:
            y = before * v
        slope = tape.gradient(y, v)
        sess.run(tf.global_variables_initializer())
        assert sess.run(slope) == 4.0


def test_two_tapes_over_one_computation():
    x = tf.constant(2.0)
    with tf.GradientTape() as first, tf.GradientTape() as second:
        first.watch(x)
        second.watch(x)
        shared = x * x
        a, b = shared * 3.0, shared * shared
    assert first.gradient(a, x).numpy() == 12.0
    assert second.gradient(b, x).numpy() == 32.0


def test_what_no_tape_leads_to_is_not_kept():
    w, h, seen = tf.Variable(0.5), tf.constant(np.ones(3, "f")), []
    for _ in range(4):
        with tf.GradientTape() as tape:
            h = tf.tanh(w * h)
            loss = tf.reduce_sum(h)
        tape.gradient(loss, w)
        seen.append(weakref.ref(h))
    gc.collect()
    assert [ref() is not None for ref in seen] == [False, False, True, True]
