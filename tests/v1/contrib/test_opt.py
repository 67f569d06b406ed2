"""tf.contrib.opt: each optimizer step by step beside NumPy, dense and sparse; averages that are saved; scipy.optimize."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.optimize

import deepkit as dk
import deepkit.v1 as tf
from deepkit.errors import ArgumentError

opt = tf.contrib.opt
RNG = np.random.default_rng(3)
START = RNG.normal(size=(4, 2))
GRADS = [RNG.normal(size=(4, 2)) for _ in range(4)]
ROWS = [np.array([0, 2, 0]), np.array([3, 0, 3]), np.array([2, 2, 2]), np.array([0, 1, 1])]
VALUES = [RNG.normal(size=(3, 2)) for _ in range(4)]
EPS = 1e-8


def fade(s, g, b1=0.9, b2=0.999):
    s["m"] = b1 * s.get("m", 0 * g) + (1 - b1) * g
    s["v"] = b2 * s.get("v", 0 * g) + (1 - b2) * g**2
    return s["m"], s["v"]


def corrected(t, rate=0.1):
    return rate * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)


def adam(w, g, t, s, named):
    m, v = fade(s, g)
    return w - corrected(t) * m / (np.sqrt(v) + EPS)


def nadam(w, g, t, s, named):
    m, v = fade(s, g)
    return np.where(named, w - corrected(t) * (0.9 * m + 0.1 * g) / (np.sqrt(v) + EPS), w)


def lazy(w, g, t, s, named):
    before = {k: s.get(k, 0 * g) for k in "mv"}
    m, v = fade(s, g)
    s["m"], s["v"] = np.where(named, m, before["m"]), np.where(named, v, before["v"])
    return np.where(named, w - corrected(t) * m / (np.sqrt(v) + EPS), w)


def adamax(w, g, t, s, named):
    m, v = s.get("m", 0 * g), s.get("v", 0 * g)
    s["m"] = np.where(named, 0.9 * m + 0.1 * g, m)
    s["v"] = np.where(named, np.maximum(0.999 * v, abs(g)), v)
    return np.where(named, w - 0.1 / (1 - 0.9**t) * s["m"] / (s["v"] + EPS), w)


def adamw(w, g, t, s, named):
    return adam(np.where(named, w - 0.01 * w, w), g, t, s, named)


def descentw(w, g, t, s, named):
    return np.where(named, w - 0.01 * w, w) - 0.1 * g


def momentum(w, g, t, s, named, rate=0.1):
    before = s.get("a", 0 * g)
    s["a"] = np.where(named, 0.9 * before + g, before)
    return np.where(named, w - rate * s["a"], w)


def momentumw(w, g, t, s, named):
    return momentum(np.where(named, w - 0.01 * w, w), g, t, s, named)


def lars(w, g, t, s, named):
    if not named.all():
        return momentum(w, g, t, s, named)
    size = np.linalg.norm
    return momentum(w, g, t, s, named, 0.1 * 0.5 * size(w) / (size(g) + 0.2 * size(w) + 0.3))


def powersign(w, g, t, s, named):
    m, _ = fade(s, g, 0.8)
    return w - 0.1 * 2 ** (np.sign(g) * np.sign(m) / t) * g


def addsign(w, g, t, s, named):
    m, _ = fade(s, g)
    return w - 0.1 * (1.5 + np.sign(g) * np.sign(m)) * g


def clipped(w, g, t, s, named):
    w = w - 0.1 * g
    return np.where(named, w * np.minimum(1, 0.7 / np.linalg.norm(w, axis=1, keepdims=True)), w)


def lately(step):
    return 1 / (tf.cast(step, tf.float64) + 1)


CASES = {
    "nadam": (lambda w: opt.NadamOptimizer(0.1), nadam, ["m", "v"]),
    "lazy": (lambda w: opt.LazyAdamOptimizer(0.1), lazy, ["m", "v"]),
    "adamax": (lambda w: opt.AdaMaxOptimizer(0.1), adamax, ["m", "v"]),
    "adamw": (lambda w: opt.AdamWOptimizer(0.01, 0.1), adamw, ["m", "v"]),
    "momentumw": (lambda w: opt.MomentumWOptimizer(lambda: 0.01, 0.1, 0.9), momentumw, ["momentum"]),
    "descentw": (
        lambda w: opt.extend_with_decoupled_weight_decay(tf.train.GradientDescentOptimizer)(0.01, learning_rate=0.1),
        descentw, [],
    ),
    "lars": (lambda w: opt.LARSOptimizer(0.1, 0.9, 0.2, 0.5, 0.3), lars, ["momentum"]),
    "lars, skipped": (lambda w: opt.LARSOptimizer(0.1, skip_list=["bias"]), momentum, ["momentum"]),
    "powersign": (lambda w: opt.PowerSignOptimizer(0.1, 2.0, 0.8, lately), powersign, ["m"]),
    "addsign": (lambda w: opt.AddSignOptimizer(0.1, 1.5), addsign, ["m"]),
    "clipped": (
        lambda w: opt.VariableClippingOptimizer(tf.train.GradientDescentOptimizer(0.1), {w: [1]}, 0.7), clipped, [],
    ),
}


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_steps_of_an_optimizer(name, sparse):
    make, step, slots = CASES[name]
    with tf.Graph().as_default(), tf.Session() as sess:
        w = tf.Variable(START, name="bias")
        grad, rows = tf.placeholder(tf.float64, [None, 2]), tf.placeholder(tf.int32, [None])
        optimizer, count = make(w), tf.train.get_or_create_global_step()
        given = tf.IndexedSlices(grad, rows, tf.constant([4, 2])) if sparse else grad
        train = optimizer.apply_gradients([(given, w)], count)
        assert optimizer.get_slot_names() == slots
        assert all(optimizer.get_slot(w, slot).shape == [4, 2] for slot in slots)
        sess.run(tf.global_variables_initializer())
        expected, kept = START, {}
        for t in range(1, 5):
            dense, named = GRADS[t - 1], np.ones((4, 2), bool)
            if sparse:
                dense, named = np.zeros((4, 2)), np.isin(np.arange(4), ROWS[t - 1])[:, None] & np.ones((4, 2), bool)
                np.add.at(dense, ROWS[t - 1], VALUES[t - 1])
            expected = step(expected, dense, t, kept, named)
            sess.run(train, {grad: VALUES[t - 1] if sparse else dense, rows: ROWS[t - 1]})
            np.testing.assert_allclose(sess.run(w), expected, rtol=1e-9)
        assert sess.run(count) == 4


@pytest.mark.parametrize("name", [n for n in CASES if n not in ("lars", "lars, skipped", "powersign")])
def test_the_same_optimizers_move_parameters(name):
    w = dk.Parameter(START, name="w")
    optimizer, step = CASES[name][0](w), CASES[name][1]
    expected, kept = START, {}
    for t, g in enumerate(GRADS, 1):
        optimizer.apply_gradients([(dk.tensor(g), w)])
        expected = step(expected, g, t, kept, np.ones((4, 2), bool))
        np.testing.assert_allclose(w.numpy(), expected, rtol=1e-9)


def test_names_of_slots():
    with tf.Graph().as_default():
        w = tf.Variable(START, name="w")
        for optimizer in (opt.NadamOptimizer(), opt.AdaMaxOptimizer(), opt.AdamWOptimizer(0.1), opt.PowerSignOptimizer()):
            optimizer.minimize(tf.reduce_sum(tf.square(w)))
        names = {v.op.name for v in tf.global_variables()}
    assert names == {
        "w", "w/Adam", "w/Adam_1", "beta1_power", "beta2_power", "w/AdaMax", "w/AdaMax_1", "beta1_power_1", "w/AdamW",
        "w/AdamW_1", "beta1_power_2", "beta2_power_1", "w/PowerSignOptimizer",
    }


def test_which_variables_decay():
    with tf.Graph().as_default(), tf.Session() as sess:
        a, b = tf.Variable(2.0), tf.Variable(2.0)
        optimizer = opt.MomentumWOptimizer(0.1, 0.5, 0.0)
        some = optimizer.minimize(3 * a + 3 * b, decay_var_list=[a])
        both = optimizer.minimize(3 * a + 3 * b)
        sess.run(tf.global_variables_initializer())
        sess.run(some)
        np.testing.assert_allclose(sess.run([a, b]), [0.3, 0.5], rtol=1e-6)
        sess.run(both)
        np.testing.assert_allclose(sess.run([a, b]), [0.27 - 1.5, 0.45 - 1.5], rtol=1e-6)


def test_all_rows_are_held_where_a_norm_is_over_them():
    with tf.Graph().as_default(), tf.Session() as sess:
        w = tf.Variable([[3.0], [4.0]])
        optimizer = opt.VariableClippingOptimizer(tf.train.GradientDescentOptimizer(0.0), {w: [0]}, 1.0)
        train = optimizer.apply_gradients([(tf.IndexedSlices(tf.ones([1, 1]), tf.constant([0])), w)])
        sess.run(tf.global_variables_initializer())
        sess.run(train)
        np.testing.assert_allclose(sess.run(w), [[0.6], [0.8]], rtol=1e-6)


def test_averages_are_saved_in_place_of_the_variables(tmp_path):
    path = str(tmp_path / "model")
    with tf.Graph().as_default(), tf.Session() as sess:
        w, other = tf.Variable(8.0, name="w"), tf.Variable(1.0, name="other", trainable=False)
        optimizer = opt.MovingAverageOptimizer(tf.train.GradientDescentOptimizer(0.25), 0.5)
        with pytest.raises(ArgumentError, match="before minimize"):
            optimizer.swapping_saver()
        train = optimizer.minimize(tf.square(w))
        saver = optimizer.swapping_saver()
        with pytest.raises(ArgumentError, match="saved together"):
            optimizer.swapping_saver([w, other])
        sess.run(tf.global_variables_initializer())
        sess.run(train)  # w: 8, 4, 2; average: 8, 6, 4
        sess.run(train)
        assert sess.run(w) == 2.0
        saver.save(sess, path)
        tf.train.Saver([w]).restore(sess, path)
        assert sess.run(w) == 4.0
        saver.restore(sess, path)
        assert sess.run([w, other]) == [2.0, 1.0]


# ---- scipy.optimize


def rosenbrock(x, y):
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def test_scipy_finds_the_valley_and_feeds_what_it_is_fed():
    seen = []
    with tf.Graph().as_default(), tf.Session() as sess:
        x, y = tf.Variable(-1.0, dtype=tf.float64), tf.Variable([2.0], dtype=tf.float64)
        scale = tf.placeholder(tf.float64, [])
        loss = scale * tf.reduce_sum(rosenbrock(x, y))
        optimizer = opt.ScipyOptimizerInterface(loss, options={"maxiter": 200})
        sess.run(tf.global_variables_initializer())
        optimizer.minimize(sess, {scale: 2.0}, [loss, scale], loss_callback=lambda *v: seen.append(v))
        got = sess.run([x, y])
        want = scipy.optimize.minimize(lambda v: 2 * rosenbrock(*v), [-1.0, 2.0], method="L-BFGS-B")
        np.testing.assert_allclose([got[0], got[1][0]], [1, 1], atol=1e-4)
        assert want.success
        assert optimizer.result.success
        assert seen[0] == (2 * rosenbrock(-1.0, 2.0), 2.0)
        assert len(seen) == optimizer.result.nfev


@pytest.mark.parametrize("constrained", [False, True])
def test_scipy_keeps_bounds_and_constraints(constrained):
    with tf.Graph().as_default(), tf.Session() as sess:
        v = tf.Variable([7.0, 7.0])
        fixed = tf.Variable(3.0)
        loss = tf.reduce_sum(tf.square(v)) + fixed**2
        settings = {"var_to_bounds": {v: ([1, 2], np.inf)}}
        if constrained:
            settings = {"equalities": [v[1] - 1.0], "inequalities": [v[0] - 3.0], "method": "SLSQP"}
        steps = []
        sess.run(tf.global_variables_initializer())
        with sess:
            opt.ScipyOptimizerInterface(loss, [v], **settings).minimize(step_callback=steps.append)
            np.testing.assert_allclose(sess.run(v), [3, 1] if constrained else [1, 2], atol=1e-5)
            assert sess.run(fixed) == 3.0
            assert steps[-1].shape == (2,)


def test_mistakes():
    with tf.Graph().as_default():
        v = tf.Variable(1.0)
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            with pytest.raises(ArgumentError, match="var_to_bounds"):
                opt.ScipyOptimizerInterface(v**2, bounds=[(0, 1)]).minimize(sess)
            with pytest.raises(ArgumentError, match="does not define _minimize"):
                opt.ExternalOptimizerInterface(v**2).minimize(sess)
        with pytest.raises(ArgumentError, match="without a session"):
            opt.ScipyOptimizerInterface(v**2).minimize()
        with pytest.raises(ArgumentError, match="without global_step"):
            opt.AddSignOptimizer(sign_decay_fn=lately).minimize(v**2)
        with pytest.raises(ArgumentError, match="at least 0"):
            opt.LARSOptimizer(0.1, weight_decay=-1.0)
    assert math.isclose(opt.PowerSignOptimizer()._log, 1.0)
