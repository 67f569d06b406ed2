"""What `tf.gradients` is told beside ys and xs, compared with TensorFlow: where the walk ends, weights, what None becomes."""

from __future__ import annotations

import os
import warnings

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytest.importorskip("tensorflow", reason="TensorFlow is not installed (extra: peers)")

import tensorflow.compat.v1 as reference

import deepkit.v1 as tf

reference.disable_eager_execution()

CASES = {
    "a variable": lambda m, w, x, b, c: m.gradients(w * w, w, stop_gradients=[w]),
    "a placeholder": lambda m, w, x, b, c: m.gradients(x * x, x, stop_gradients=x),
    "partial derivatives": lambda m, w, x, b, c: m.gradients(w + b, [w, b], stop_gradients=[w, b]),
    "one of two": lambda m, w, x, b, c: m.gradients(b * b, [w, b], stop_gradients=[b]),
    "beside another way": lambda m, w, x, b, c: m.gradients(c * c * x, [x, c], stop_gradients=[c]),
    "what nobody asks for": lambda m, w, x, b, c: m.gradients(b * x, [w], stop_gradients=[x]),
    "y itself": lambda m, w, x, b, c: m.gradients(b, [w, b], stop_gradients=[b]),
    "one output of an op": lambda m, w, x, b, c: m.gradients(
        sum(parts := m.unstack(m.stack([w, x]))), [w, x, parts[1]], stop_gradients=parts[:1]),
    "a branch": lambda m, w, x, b, c: m.gradients(m.cond(x > 0, lambda: b * w, lambda: w), [w, b], stop_gradients=[b]),
    "weights": lambda m, w, x, b, c: m.gradients([b, c], [w, x], grad_ys=[m.constant(3.0), c]),
    "zeros": lambda m, w, x, b, c: m.gradients(b, [w, x], unconnected_gradients=m.UnconnectedGradients.ZERO),
    "none": lambda m, w, x, b, c: m.gradients(b, [w, x], unconnected_gradients=m.UnconnectedGradients.NONE),
    "by name": lambda m, w, x, b, c: m.gradients(m.floor(x), [x], unconnected_gradients="zero"),
}


def found(m, case: str) -> list[float | None]:
    with m.Graph().as_default(), m.Session() as sess, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        w, x = m.Variable(3.0), m.placeholder(m.float32, [])
        slopes = CASES[case](m, w, x, w * 2.0, x * x)
        sess.run(m.global_variables_initializer())
        return [None if dx is None else float(sess.run(dx, {x: 2.0})) for dx in slopes]


@pytest.mark.parametrize("case", CASES)
def test_options(case: str) -> None:
    assert found(tf, case) == pytest.approx(found(reference, case))
