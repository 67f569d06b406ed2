"""tf.TensorArray beside TensorFlow: loops that read and write lists, and the gradients through them."""

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
X = np.random.default_rng(0).normal(size=(5, 3)).astype("f")


def recurrence(m, x):
    """A loop that reads one list and fills another."""
    rows, out = m.TensorArray(m.float32, size=5).unstack(x), m.TensorArray(m.float32, size=5)

    def body(t, state, out):
        state = m.tanh(state * 0.5 + rows.read(t))
        return t + 1, state, out.write(t, state * state)

    _, last, out = m.while_loop(lambda t, *_: t < 5, body, (0, m.zeros([3]), out))
    return m.concat([out.stack(), m.expand_dims(last, 0)], 0)


def rereading(m, x):
    """Each step reads what the one before has written."""
    out = m.TensorArray(m.float32, size=1, dynamic_size=True, clear_after_read=False).write(0, x[0])
    _, out = m.while_loop(lambda t, _: t < 5, lambda t, a: (t + 1, a.write(t, a.read(t - 1) * x[t])), [1, out])
    return out.stack()


PROGRAMS = {
    "a recurrence": recurrence, "reading what was written": rereading,
    "outside loops": lambda m, x: m.TensorArray(m.float32, 2).write(1, x[0]).write(0, x[1] * 2).stack(),
    "gather": lambda m, x: m.TensorArray(m.float32, 5, clear_after_read=False).unstack(x).gather([3, 0, 1]),
    "concat": lambda m, x: m.TensorArray(m.float32, 5).unstack(x).concat(),
    "scatter": lambda m, x: m.TensorArray(m.float32, 5).scatter([4, 2, 0, 1, 3], x).stack(),
    "split": lambda m, x: m.TensorArray(m.float32, 5).split(m.reshape(x, [-1]), [3] * 5).stack(),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_values_and_gradients(name) -> None:
    found = []
    for m in (tf, reference):
        with m.Graph().as_default(), m.Session() as sess, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            x = m.placeholder(m.float32, [5, 3])
            y = PROGRAMS[name](m, x)
            gradient = m.convert_to_tensor(m.gradients(m.reduce_sum(m.square(y) * 0.5 + y), x)[0])
            found.append(sess.run([y, gradient], {x: X}))
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


def test_sizes() -> None:
    for m in (tf, reference):
        with m.Graph().as_default(), m.Session() as sess:
            grown = m.TensorArray(m.int32, 0, dynamic_size=True).write(3, 7)
            assert sess.run([m.TensorArray(m.int32, 4).size(), grown.size(), grown.read(3)]) == [4, 4, 7]
