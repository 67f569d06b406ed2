"""Branches and loops beside TensorFlow with its first and its second control flow: derivatives and effects."""

from __future__ import annotations

import os
import warnings

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytest.importorskip("tensorflow", reason="TensorFlow is not installed (extra: peers)")

import tensorflow.compat.v1 as reference

import deepkit.v1 as tf

reference.disable_eager_execution()
reference.disable_v2_behavior()


@pytest.fixture(params=["v1", "v2"])
def control_flow(request):
    """TensorFlow's way of writing bodies."""
    (reference.enable_control_flow_v2 if request.param == "v2" else reference.disable_control_flow_v2)()
    yield request.param
    reference.disable_control_flow_v2()


# ---- derivatives up to the third


def nested(m, x, yes, w):
    def body(i, a):
        inner = lambda: m.scan(lambda c, d: c * d * w, a, initializer=x)[-1]  # noqa: E731
        return i + 1, m.cond(yes, lambda: a * x * w, inner)

    return m.while_loop(lambda i, a: i < 2, body, [0, x * 1.0])[1]


def growing(m, x, yes, w):
    def body(i, a):
        return i + 1, m.concat([a, m.expand_dims(a[0] ** 3 * w[0] * 0.1, 0)], 0)

    open_shape = [m.TensorShape([]), m.TensorShape([None])]
    return m.reduce_sum(m.while_loop(lambda i, a: i < 3, body, [0, x], shape_invariants=open_shape)[1])


START = np.array([1.0, 2.0])
FUNCTIONS = {
    "cond": lambda m, x, yes, w: m.cond(yes, lambda: x * x * x * w, lambda: m.sin(x)),
    "case": lambda m, x, yes, w: m.case([(yes, lambda: x * x * w * w)], default=lambda: x * x * x),
    "while": lambda m, x, yes, w: m.while_loop(
        lambda i, a: i < 3, lambda i, a: (i + 1, a * x * m.sin(w)), [0, x])[1],
    "scan": lambda m, x, yes, w: m.scan(lambda a, b: a * b * w + m.sin(a), x, initializer=START),
    "scan in reverse": lambda m, x, yes, w: m.scan(lambda a, b: a * b * w + m.sin(a), x, initializer=START, reverse=True),
    "map": lambda m, x, yes, w: m.map_fn(lambda b: b * b * b * m.reduce_sum(w * w), x),
    "branch and scan in a loop": nested, "list that grows": growing,
}


def derivatives(m, function, orders: int) -> dict[bool, list[np.ndarray]]:
    """The value and the derivatives by x and w, zeros for None, with the predicate True and False."""
    with m.Graph().as_default(), m.Session() as sess, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        x, yes = m.placeholder(m.float64, [2]), m.placeholder(m.bool, [])
        w = m.get_variable("w", initializer=np.array([1.5, -0.5]), use_resource=True)
        found = [function(m, x, yes, w)]
        latest = found
        for _ in range(orders):
            slopes = m.gradients(latest, [x, w])
            found += [m.zeros([2], m.float64) if dx is None else m.convert_to_tensor(dx) for dx in slopes]
            latest = [dx for dx in slopes if dx is not None]
        sess.run(m.global_variables_initializer())
        return {on: sess.run(found, {x: [2.0, 3.0], yes: on}) for on in (True, False)}


def orders(name: str, control_flow: str) -> int:
    """How often TensorFlow can differentiate: its first loops once, its second ones not a third time if a list grows."""
    if control_flow == "v1" and name not in ("cond", "case"):
        return 1
    return 2 if name == "list that grows" else 3


@pytest.mark.parametrize("name", FUNCTIONS)
def test_derivatives(name, control_flow) -> None:
    got, expected = (derivatives(m, FUNCTIONS[name], orders(name, control_flow)) for m in (tf, reference))
    for on in (True, False):
        for i, (a, b) in enumerate(zip(got[on], expected[on], strict=True)):
            np.testing.assert_allclose(a, b, rtol=1e-9, err_msg=f"{name}, predicate {on}, part {i}")


# ---- effects


def after(m, v, value):
    """`value`, or v itself, read after v has been counted up."""
    with m.control_dependencies([v.assign_add(1.0)]):
        return m.identity(v) if value is None else m.constant(value)


def awaiting_outside(m, x, yes, v):
    up = v.assign_add(1.0)

    def body(value):
        with m.control_dependencies([up]):
            return m.identity(value)

    return m.cond(yes, lambda: body(x), lambda: x + 1.0)


def averages(m, x, yes, v):
    mean = m.reduce_mean(x * v)
    ema = m.train.ExponentialMovingAverage(0.5)

    def update():
        with m.control_dependencies([ema.apply([mean])]):
            return m.identity(mean)

    return m.cond(yes, update, lambda: ema.average(mean) + 0.0)


def updates(m, x, yes, v):
    m.add_to_collection(m.GraphKeys.UPDATE_OPS, v.assign_add(m.reduce_sum(x)))

    def train():
        with m.control_dependencies(m.get_collection(m.GraphKeys.UPDATE_OPS)):
            return m.identity(x)

    return m.cond(yes, train, lambda: x * 2.0)


def descent(m, x, yes, v):
    optimizer = m.train.GradientDescentOptimizer(0.1)

    def train():
        with m.control_dependencies([optimizer.minimize(m.reduce_sum(m.square(v - x)))]):
            return m.identity(x)

    return m.cond(yes, train, lambda: x)


def pair(m, x, yes, v):
    return m.cond(yes, lambda: (x * 2.0, after(m, v, None) + m.zeros_like(x)), lambda: (x, x))


EFFECTS = {
    "a read after an assignment": lambda m, x, yes, v: m.cond(yes, lambda: after(m, v, None), lambda: v + 0.0),
    "a constant after an assignment": lambda m, x, yes, v: m.cond(yes, lambda: after(m, v, 5.0), lambda: v + 0.0),
    "in a loop": lambda m, x, yes, v: m.while_loop(
        lambda i, a: i < 3, lambda i, a: (i + 1, after(m, v, None)), [0, 0.0], parallel_iterations=1)[1],
    "in a scan": lambda m, x, yes, v: m.scan(
        lambda a, b: after(m, v, None), np.zeros(3, "f"), initializer=0.0, parallel_iterations=1),
    "a result that nobody reads": lambda m, x, yes, v: pair(m, x, yes, v)[0],
    "a state that nobody reads": lambda m, x, yes, v: m.while_loop(
        lambda i, *_: i < 3, lambda i, a, b: (i + 1, a + 1.0, after(m, v, None)), [0, 0.0, 0.0])[1],
    "an output of a map that nobody reads": lambda m, x, yes, v: m.map_fn(
        lambda b: (b * 2.0, after(m, v, None)), x, dtype=(m.float32, m.float32))[0],
    "an op from outside": awaiting_outside, "moving averages": averages, "update ops": updates, "minimize": descent,
}


def runs(m, function) -> list[np.ndarray]:
    """The value and the variable after each of four runs, two in training."""
    with m.Graph().as_default(), m.Session() as sess, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        x, yes = m.placeholder(m.float32, [2]), m.placeholder(m.bool, [])
        v = m.get_variable("v", initializer=1.0, use_resource=True)
        y = function(m, x, yes, v)
        sess.run(m.global_variables_initializer())
        found = []
        for on in (True, False, True, False):
            found += [sess.run(y, {x: [2.0, 3.0], yes: on}), sess.run(v)]
        return found


@pytest.mark.parametrize("name", EFFECTS)
def test_effects(name, control_flow) -> None:
    for i, (a, b) in enumerate(zip(runs(tf, EFFECTS[name]), runs(reference, EFFECTS[name]), strict=True)):
        np.testing.assert_allclose(a, b, rtol=1e-6, err_msg=f"{name}, part {i}")
