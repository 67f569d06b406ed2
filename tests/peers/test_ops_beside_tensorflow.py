"""Order, scattering, rows, bits, draws, distributions and losses of sequences beside TensorFlow's own."""

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

RNG = np.random.default_rng(4)
X, Y = RNG.normal(size=(3, 4, 5)).astype("f"), RNG.normal(size=(3, 4, 5)).astype("f")
TIES = RNG.integers(0, 4, (3, 6)).astype(np.int32)
ROWS, PLACES = [2, 0, 2], [[0, 1], [2, 3], [0, 1]]
LOGITS = RNG.normal(size=(3, 6)).astype("f")


def scattered(name):
    def program(m):
        v = m.Variable(X[0] + 3)
        updates = m.constant(Y[0, :3]) if "nd" not in name else m.constant(Y[0, 0, :3])
        with m.control_dependencies([v.initializer]):
            return getattr(m, name)(v, PLACES if "nd" in name else ROWS, updates)

    return program


def method(name):
    """The variable's own method; resource variables have all of them."""

    def program(m):
        v = m.Variable(X[0] + 3, use_resource=True) if m is reference else m.Variable(X[0] + 3)
        places = (PLACES, m.constant(Y[0, 0, :3])) if "nd" in name else (m.IndexedSlices(m.constant(Y[0, :3]), m.constant(ROWS)),)
        return after(m, v, lambda: getattr(v, name)(*places))

    return program


def after(m, v, made):
    with m.control_dependencies([v.initializer]):
        return made()


def in_tables(m, changed):
    v = m.Variable(X)
    return after(m, v, lambda: changed(v, m.constant([[0, 3], [1, 2], [3, 0]]), m.constant(Y[:, :2])))


PROGRAMS = {
    "sort": lambda m: m.sort(X), "sort axis": lambda m: m.sort(m.constant(X), axis=1, direction="DESCENDING"),
    "argsort": lambda m: m.argsort(m.constant(TIES)),
    "argsort axis": lambda m: m.argsort(m.constant(X), axis=0, direction="DESCENDING"),
    "argsort with ties": lambda m: m.argsort(m.constant(TIES), direction="DESCENDING", stable=True),
    "roll": lambda m: m.roll(X, 2, 1), "roll two": lambda m: m.roll(X, [-1, 7], [0, 2]),
    "roll by a tensor": lambda m: m.roll(X, m.constant(3), 2),
    "searchsorted": lambda m: m.searchsorted(np.sort(LOGITS), m.constant(LOGITS[:, :2])),
    "searchsorted right": lambda m: m.searchsorted(np.sort(TIES), m.constant(TIES), side="right"),
    "count_nonzero": lambda m: m.count_nonzero(TIES),
    "count_nonzero axis": lambda m: m.count_nonzero(TIES, 1, keepdims=True),
    "histogram": lambda m: m.histogram_fixed_width(X, [-1.0, 1.0], 7),
    "bins": lambda m: m.histogram_fixed_width_bins(X, [-1.0, 1.0], 7),
    "multinomial": lambda m: m.multinomial(LOGITS, 7, seed=5),
    "categorical": lambda m: m.random.categorical(LOGITS, 8, seed=6),
    "atan2": lambda m: m.atan2(X, Y), "asinh": lambda m: m.asinh(X), "acosh": lambda m: m.acosh(np.abs(X) + 1),
    "atanh": lambda m: m.atanh(np.tanh(X)), "div_no_nan": lambda m: m.div_no_nan(X, m.maximum(Y, 0.0)),
    "gather rows": lambda m: m.gather(X, [[0, 4], [1, 1], [2, 3]], batch_dims=1, axis=2),
    "gather rows 2": lambda m: m.gather(X, TIES[:, :4], batch_dims=2, axis=-1),
    "and": lambda m: m.bitwise.bitwise_and(TIES, 6), "invert": lambda m: m.bitwise.invert(TIES),
    "up by all bits": lambda m: m.bitwise.left_shift(m.constant([5, -1, 127], m.int8), m.constant([-1, 8, 100], m.int8)),
    "down by all bits": lambda m: m.bitwise.right_shift(m.constant([5, -1, 127], m.int8), m.constant([-1, 8, 100], m.int8)),
    "slope of integers": lambda m: m.nn.leaky_relu(m.constant([-1, 2])),
    "numbers to the base 16": lambda m: m.string_to_number(["0x1F", "-0X1.8p1", " 3 "]),
    "shift": lambda m: m.bitwise.right_shift(m.bitwise.left_shift(TIES, 3), 1),
    "average norm": lambda m: m.clip_by_average_norm(X, 0.01),
    "broadcast": lambda m: m.broadcast_dynamic_shape([3, 1, 5], [4, 1]),
    "rising": lambda m: m.stack([m.is_non_decreasing([1, 1, 2]), m.is_strictly_increasing([1, 1, 2])]),
    "hessian of matrices": lambda m: (lambda v: m.hessians(m.reduce_prod(m.sin(v)), v)[0])(m.constant(X[0, :2, :3])),
    "hessian of unknown rank": lambda m: (
        lambda v: m.hessians(m.reduce_sum(v**3) * m.reduce_max(v), v)[0]
    )(m.placeholder_with_default(X[0, 0], None)),
    "hessian of a number": lambda m: (lambda v: m.hessians(m.sin(v), v)[0])(m.constant(0.3)),
    "diagonal of unknown rank": lambda m: m.diag_part(m.diag(m.placeholder_with_default(X[0], None)) * 2),
    "hessian": lambda m: (lambda v: m.hessians(m.reduce_sum(v**3) + v[0] * v[1], v)[0])(m.constant(X[0, 0])),
    "tensor update": lambda m: m.tensor_scatter_update(X[0], [[0, 1], [2, 3]], [7.0, 8.0]),
    "tensor add": lambda m: m.tensor_scatter_nd_add(X[0], PLACES, [7.0, 8.0, 9.0]),
    "tensor max": lambda m: m.tensor_scatter_nd_max(X[0], PLACES, [0.0, 0.1, 0.2]),
    **{n: scattered(n) for n in (
        "scatter_update", "scatter_add", "scatter_sub", "scatter_mul", "scatter_div", "scatter_min", "scatter_max",
        "scatter_nd_update", "scatter_nd_add", "scatter_nd_sub")},
    **{f"variable.{n}": method(n) for n in (
        "scatter_update", "scatter_add", "scatter_sub", "scatter_mul", "scatter_div", "scatter_min", "scatter_max",
        "scatter_nd_update", "scatter_nd_add", "scatter_nd_sub", "scatter_nd_max", "scatter_nd_min")},
    "rows of each table": lambda m: in_tables(m, lambda v, at, new: m.batch_scatter_update(v, at, new)),
    "variable.gather_nd": lambda m: (lambda v: after(m, v, lambda: v.gather_nd(PLACES)))(m.Variable(X[0])),
    "variable.sparse_read": lambda m: (lambda v: after(m, v, lambda: v.sparse_read(ROWS)))(m.Variable(X[0])),
}


def both(program) -> list:
    found = []
    for m in (tf, reference):
        with m.Graph().as_default(), m.Session() as sess, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found.append(sess.run(program(m)))
    return found


@pytest.mark.parametrize("name", PROGRAMS)
def test_values(name) -> None:
    ours, theirs = both(PROGRAMS[name])
    assert ours.dtype == theirs.dtype
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


GRADIENTS = {
    "sort": lambda m, x: m.sort(x, axis=1), "roll": lambda m, x: m.roll(x, [1, 2], [1, 2]),
    "atan2": lambda m, x: m.atan2(x, Y) + m.atan2(Y, x),
    "asinh": lambda m, x: m.asinh(x), "atanh": lambda m, x: m.atanh(x / 9), "acosh": lambda m, x: m.acosh(m.abs(x) + 2),
    "div_no_nan": lambda m, x: m.div_no_nan(x, m.nn.relu(x)),
    "tensor update": lambda m, x: m.tensor_scatter_update(x * x, [[0], [2]], x[:2] * 3),
    "tensor add": lambda m, x: m.tensor_scatter_nd_add(x * x, [[0], [2], [0]], x * 3),
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients(name) -> None:
    def program(m):
        x = m.constant(X)
        return m.convert_to_tensor(m.gradients(m.reduce_sum(GRADIENTS[name](m, x) * Y), x)[0])

    ours, theirs = both(program)
    np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=1e-5)


MADE = {
    "normal": (lambda d: d.Normal([1.0, 2.0], 3.0), [[0.5, 1.0]]),
    "uniform": (lambda d: d.Uniform(0.0, [2.0, 3.0]), [0.5, 2.5]),
    "exponential": (lambda d: d.Exponential([1.0, 2.0]), [0.5, 1.0]),
    "bernoulli": (lambda d: d.Bernoulli(logits=[0.3, -2.0]), [1, 0]),
    "bernoulli of probs": (lambda d: d.Bernoulli(probs=[0.3, 0.9]), [[1, 1], [0, 1]]),
    "categorical": (lambda d: d.Categorical(logits=LOGITS), [2, 0, 5]),
    "categorical of probs": (lambda d: d.Categorical(probs=[0.2, 0.3, 0.5]), [0, 2]),
}


@pytest.mark.parametrize("name", MADE)
def test_distributions(name) -> None:
    make, at = MADE[name]
    methods = [m for m in ("mean", "variance", "stddev", "mode") if m in dir(make(tf.distributions))]

    def program(m):
        d = make(m.distributions)
        values = [d.log_prob(at), d.prob(at), d.entropy(), *[getattr(d, method)() for method in methods]]
        return [*values, m.shape(d.sample([4])), m.shape(d.sample()), m.shape(d.sample([4, 2]))]

    for ours, theirs in zip(*both(program), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
    drawn, expected = both(lambda m: m.reduce_mean(m.to_float(make(m.distributions).sample([4000])), 0))
    np.testing.assert_allclose(drawn, expected, atol=0.25)


DIVERGENCES = {
    "normal": (lambda d: d.Normal([1.0, 2.0], 3.0), lambda d: d.Normal(0.0, [1.0, 2.0])),
    "bernoulli": (lambda d: d.Bernoulli(probs=0.3), lambda d: d.Bernoulli(logits=0.7)),
    "categorical": (lambda d: d.Categorical(logits=LOGITS), lambda d: d.Categorical(logits=LOGITS[::-1].copy())),
}


@pytest.mark.parametrize("name", DIVERGENCES)
def test_divergences(name) -> None:
    a, b = DIVERGENCES[name]
    ours, theirs = both(lambda m: m.distributions.kl_divergence(a(m.distributions), b(m.distributions)))
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)
