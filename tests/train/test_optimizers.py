"""Update rules against plain NumPy formulas; the same optimizer for graphs and for Parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import deepkit as dk
import deepkit.v1 as tf
from deepkit.device import compiled, updates
from deepkit.errors import ArgumentError, GradientError

RNG = np.random.default_rng(3)
START = RNG.normal(size=(3, 2))
GRADS = [RNG.normal(size=(3, 2)) for _ in range(4)]


def descent(w, g, t, s):
    return w - 0.1 * g


def momentum(w, g, t, s, nesterov=False):
    s["a"] = 0.9 * s.get("a", 0) + g
    return w - 0.1 * (g + 0.9 * s["a"] if nesterov else s["a"])


def adagrad(w, g, t, s):
    s["a"] = s.get("a", 0.1) + g**2
    return w - 0.1 * g / np.sqrt(s["a"])


def adadelta(w, g, t, s):
    s["a"] = 0.95 * s.get("a", 0) + 0.05 * g**2
    step = np.sqrt(s.get("d", 0) + 1e-6) / np.sqrt(s["a"] + 1e-6) * g
    s["d"] = 0.95 * s.get("d", 0) + 0.05 * step**2
    return w - 0.1 * step


def rmsprop(w, g, t, s, centered=False):
    s["r"] = 0.8 * s.get("r", 1.0) + 0.2 * g**2
    s["g"] = 0.8 * s.get("g", 0.0) + 0.2 * g
    variance = s["r"] - s["g"] ** 2 if centered else s["r"]
    s["m"] = 0.5 * s.get("m", 0.0) + 0.1 * g / np.sqrt(variance + 1e-3)
    return w - s["m"]


def ftrl(w, g, t, s):
    accum = s.get("a", np.full_like(w, 0.1))
    larger = accum + g**2
    s["l"] = s.get("l", 0) + g - (np.sqrt(larger) - np.sqrt(accum)) / 0.1 * w
    s["a"] = larger
    return np.where(np.abs(s["l"]) > 0.5, (np.sign(s["l"]) * 0.5 - s["l"]) / (np.sqrt(larger) / 0.1 + 2 * 0.2), 0)


def adam(w, g, t, s):
    s["m"] = 0.9 * s.get("m", 0) + 0.1 * g
    s["v"] = 0.99 * s.get("v", 0) + 0.01 * g**2
    rate = 0.1 * np.sqrt(1 - 0.99**t) / (1 - 0.9**t)
    return w - rate * s["m"] / (np.sqrt(s["v"]) + 1e-8)


RULES: dict[str, tuple[Any, Any]] = {
    "descent": (lambda: tf.train.GradientDescentOptimizer(0.1), descent),
    "momentum": (lambda: tf.train.MomentumOptimizer(0.1, 0.9), momentum),
    "nesterov": (
        lambda: tf.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True),
        lambda *a: momentum(*a, nesterov=True),
    ),
    "adagrad": (lambda: tf.train.AdagradOptimizer(0.1), adagrad),
    "adadelta": (lambda: tf.train.AdadeltaOptimizer(0.1, epsilon=1e-6), adadelta),
    "rmsprop": (lambda: tf.train.RMSPropOptimizer(0.1, 0.8, 0.5, 1e-3), rmsprop),
    "centered": (
        lambda: tf.train.RMSPropOptimizer(0.1, 0.8, 0.5, 1e-3, centered=True),
        lambda *a: rmsprop(*a, centered=True),
    ),
    "ftrl": (
        lambda: tf.train.FtrlOptimizer(0.1, l1_regularization_strength=0.5, l2_regularization_strength=0.2),
        ftrl,
    ),
    "adam": (lambda: tf.train.AdamOptimizer(0.1, 0.9, 0.99), adam),
}


def by_formula(rule) -> list[np.ndarray]:
    w, slots, path = START, {}, []
    for t, g in enumerate(GRADS, 1):
        w = rule(w, g, t, slots)
        path.append(w)
    return path


@pytest.mark.parametrize("name", RULES)
def test_rule_in_a_graph(name: str) -> None:
    make, rule = RULES[name]
    with tf.Graph().as_default(), tf.Session() as sess:
        w, g = tf.Variable(START), tf.placeholder(tf.float64, [3, 2])
        step = tf.Variable(0, trainable=False)
        train = make().apply_gradients([(g, w)], global_step=step)
        sess.run(tf.global_variables_initializer())
        for grad, expected in zip(GRADS, by_formula(rule), strict=True):
            sess.run(train, {g: grad})
            np.testing.assert_allclose(sess.run(w), expected, rtol=1e-10)
        assert sess.run(step) == len(GRADS)


@pytest.mark.parametrize("name", RULES)
def test_rule_on_parameters(name: str) -> None:
    make, rule = RULES[name]
    w, optimizer = dk.Parameter(START), make()
    for grad, expected in zip(GRADS, by_formula(rule), strict=True):
        optimizer.apply_gradients([(dk.tensor(grad), w)])
        np.testing.assert_allclose(w.numpy(), expected, rtol=1e-10)


@pytest.mark.skipif(not compiled.available(), reason="numba is not installed: there is no compiled kernel to compare")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("reference", "arrays", "numbers"),
    [
        (updates.adam_reference, 4, (0.01, 0.9, 0.999, 1e-8)),
        (updates.momentum_reference, 3, (0.01, 0.9)),
        (updates.rmsprop_reference, 4, (0.01, 0.9, 0.5, 1e-10)),
    ],
)
def test_compiled_updates_equal_the_reference(reference, arrays: int, numbers: tuple, dtype: type) -> None:
    size = 3 * updates.SMALL + 5
    given = [np.abs(RNG.normal(size=size)).astype(dtype) for _ in range(arrays)]
    scalars = [dtype(n) for n in numbers] + ([True] if arrays == 3 else [])
    plain, fast = [a.copy() for a in given], [a.copy() for a in given]
    reference(*plain, *scalars)
    updates.run(reference, tuple(fast), *scalars)
    for a, b in zip(plain, fast, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", ["descent", "momentum", "adagrad", "rmsprop", "adadelta", "ftrl"])
def test_rows_that_are_not_named_stay(name: str) -> None:
    """Sparse gradients: the named rows move as in a dense update of these rows alone, duplicates added."""
    make, rule = RULES[name]
    values, rows = RNG.normal(size=(3, 2)), [2, 0, 2]
    with tf.Graph().as_default(), tf.Session() as sess:
        w = tf.Variable(START)
        train = make().apply_gradients([(tf.IndexedSlices(tf.constant(values), tf.constant(rows)), w)])
        sess.run(tf.global_variables_initializer())
        sess.run(train)
        got = sess.run(w)
    expected = START.copy()
    expected[[0, 2]] = rule(START[[0, 2]], np.stack([values[1], values[0] + values[2]]), 1, {})
    np.testing.assert_allclose(got, expected, rtol=1e-10)


def test_slots_and_names() -> None:
    with tf.Graph().as_default():
        w = tf.Variable(START, name="w")
        optimizer = tf.train.AdamOptimizer()
        train = optimizer.minimize(tf.reduce_sum(w * w))
        assert train.name == "Adam"
        assert optimizer.get_slot_names() == ["m", "v"]
        assert [v.name for v in tf.global_variables()] == [
            "w:0",
            "beta1_power:0",
            "beta2_power:0",
            "w/Adam:0",
            "w/Adam_1:0",
        ]
        assert optimizer.get_slot(w, "m").shape == (3, 2)
        assert optimizer.get_slot(w, "x") is None
        assert tf.trainable_variables() == [w]


def test_var_list_and_the_three_steps() -> None:
    with tf.Graph().as_default(), tf.Session() as sess:
        a, b = tf.Variable(1.0), tf.Variable(1.0)
        optimizer = tf.train.GradientDescentOptimizer(0.5)
        pairs = optimizer.compute_gradients(a * b * 4.0, var_list=[b])
        assert [v for _, v in pairs] == [b]
        train = optimizer.apply_gradients([(tf.clip_by_value(g, -1.0, 1.0), v) for g, v in pairs])
        sess.run(tf.global_variables_initializer())
        sess.run(train)
        assert sess.run([a, b]) == [1.0, 0.5]


def test_learning_rates_may_be_tensors() -> None:
    with tf.Graph().as_default(), tf.Session() as sess:
        rate, w = tf.placeholder(tf.float64, []), tf.Variable(3.0)
        train = tf.train.GradientDescentOptimizer(rate).minimize(w * w)
        sess.run(w.initializer)
        sess.run(train, {rate: 0.5})
        assert sess.run(w) == 0.0


def test_a_loss_computed_at_once_trains_what_it_was_made_of() -> None:
    w, still = dk.Parameter([1.0, 2.0]), dk.Parameter([3.0], trainable=False)
    tf.train.GradientDescentOptimizer(0.1).minimize(lambda: dk.reduce_sum(w * w) + dk.reduce_sum(still * still))
    assert w.numpy().tolist() == pytest.approx([0.8, 1.6])
    assert still.numpy().tolist() == [3.0]


def test_nothing_to_train() -> None:
    with tf.Graph().as_default():
        optimizer = tf.train.GradientDescentOptimizer(0.1)
        with pytest.raises(ArgumentError, match="no variables to train"):
            optimizer.minimize(tf.constant(1.0))
        w = tf.Variable([1.0, 2.0], name="w")
        with pytest.raises(GradientError, match="every gradient is None"):
            optimizer.minimize(tf.cast(tf.argmax(w), tf.float32))
        with pytest.raises(GradientError, match="every gradient is None"):
            optimizer.apply_gradients([(None, w)])
        with pytest.raises(dk.errors.ShapeError, match="a gradient of shape"):
            optimizer.apply_gradients([(tf.constant([1.0]), w)])
    with pytest.raises(ArgumentError, match="no variables to train"):
        optimizer.minimize(dk.tensor(1.0))


def test_adam_shares_its_powers_between_two_losses() -> None:
    """Two optimizers have two sets of slots; one optimizer used twice has one."""
    with tf.Graph().as_default():
        a, b = tf.Variable(1.0), tf.Variable(1.0)
        optimizer = tf.train.AdamOptimizer()
        optimizer.minimize(a * a, var_list=[a])
        optimizer.minimize(b * b, var_list=[b])
        assert sum("power" in v.name for v in tf.global_variables()) == 2


SCHEDULES = {
    "exponential": (lambda s: tf.train.exponential_decay(0.1, s, 10, 0.5), lambda t: 0.1 * 0.5 ** (t / 10)),
    "staircase": (lambda s: tf.train.exponential_decay(0.1, s, 10, 0.5, staircase=True), lambda t: 0.1 * 0.5 ** (t // 10)),
    "natural": (lambda s: tf.train.natural_exp_decay(0.1, s, 10, 0.5), lambda t: 0.1 * np.exp(-0.5 * t / 10)),
    "inverse": (lambda s: tf.train.inverse_time_decay(0.1, s, 10, 0.5), lambda t: 0.1 / (1 + 0.5 * t / 10)),
    "polynomial": (
        lambda s: tf.train.polynomial_decay(0.1, s, 20, 0.01, 2.0),
        lambda t: 0.09 * (1 - min(t, 20) / 20) ** 2 + 0.01,
    ),
    "cosine": (lambda s: tf.train.cosine_decay(0.1, s, 20), lambda t: 0.05 * (1 + np.cos(np.pi * min(t, 20) / 20))),
    "piecewise": (
        lambda s: tf.train.piecewise_constant(s, [5, 15], [1.0, 0.5, 0.1]),
        lambda t: 1.0 if t <= 5 else 0.5 if t <= 15 else 0.1,
    ),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules(name: str) -> None:
    make, formula = SCHEDULES[name]
    with tf.Graph().as_default(), tf.Session() as sess:
        step = tf.placeholder(tf.int32, [])
        rate = make(step)
        for t in (0, 1, 5, 6, 10, 15, 19, 25):
            assert sess.run(rate, {step: t}) == pytest.approx(formula(t), rel=1e-5)


def test_clipping_by_the_global_norm() -> None:
    grads = [dk.tensor([3.0, 0.0]), None, dk.tensor([[4.0]])]
    clipped, norm = dk.train.clip_by_global_norm(grads, 1.0)
    assert norm.item() == 5.0
    np.testing.assert_allclose(clipped[0].numpy(), [0.6, 0.0], rtol=1e-6)
    assert clipped[1] is None
    np.testing.assert_allclose(dk.train.clip_by_global_norm(grads, 10.0)[0][2].numpy(), [[4.0]], rtol=1e-6)


def test_the_documents_moving_average() -> None:
    """D2-8-09: [0, 0], [5, 4.5], [10, 4.555], [10, 4.60945]."""
    with tf.Graph().as_default(), tf.Session() as sess:
        v, step = tf.Variable(0, dtype=tf.float32), tf.Variable(0, trainable=False)
        ema = tf.train.ExponentialMovingAverage(0.99, step)
        move = ema.apply([v])
        sess.run(tf.global_variables_initializer())
        printed = [sess.run([v, ema.average(v)])]
        for assign in ([tf.assign(v, 5.0)], [tf.assign(step, 10000), tf.assign(v, 10.0)], []):
            sess.run(assign)
            sess.run(move)
            printed.append(sess.run([v, ema.average(v)]))
    np.testing.assert_allclose(printed, [[0, 0], [5, 4.5], [10, 4.5549998], [10, 4.6094499]], rtol=1e-7)


def test_constraints_hold_after_each_step() -> None:
    with tf.Graph().as_default(), tf.Session() as sess:
        w = tf.Variable([1.0, 1.0], constraint=lambda x: tf.maximum(x, 0.0))
        train = tf.train.GradientDescentOptimizer(1.0).minimize(tf.reduce_sum(w * [3.0, 0.5]))
        sess.run(w.initializer)
        sess.run(train)
        assert sess.run(w).tolist() == [0.0, 0.5]
