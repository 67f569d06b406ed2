"""Every element-wise op, reduction and scan where numbers are special, beside TensorFlow's own values and gradients.

Zeros of both signs, infinities, NaN, equal entries, knots of piecewise functions, the largest and the smallest numbers.
"""

from __future__ import annotations

import itertools
import os
import warnings
from typing import Any

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytest.importorskip("tensorflow", reason="TensorFlow is not installed (extra: peers)")

import tensorflow.compat.v1 as reference

import deepkit.v1 as tf

reference.disable_eager_execution()

INF, NAN = float("inf"), float("nan")
SPECIAL = np.array(
    [0.0, -0.0, 1, -1, 0.5, -0.5, 2, -2, 3, 6, -6, 7, 1e-20, -1e-20, 88.8, -88.8, 200, -200, INF, -INF, NAN], "f"
)
PAIRS = np.array(list(itertools.product([0.0, -0.0, 1, -1, 2, -2, 0.5, -3, INF, -INF, NAN], repeat=2)), "f").T
ROWS = np.array(
    [
        [1, 2, 3, 4], [0, 0, 0, 0], [2, 2, 2, 2], [3, -3, 3, -3], [0, 1, 2, 3], [1, 0, 0, 2], [0, 2, -0.0, 1],
        [INF, 1, 2, 3], [-INF, 1, 2, 3], [INF, INF, 1, 0], [-INF, -INF, -INF, -INF], [NAN, 1, 2, 3], [1, 2, NAN, 0],
        [200, 100, -200, 0], [INF, -INF, 0, 1], [2, 3, 0, 0], [-2, 0.5, 4, -1],
    ],
    "f",
)

ONE = {
    **{n: (lambda m, x, n=n: getattr(m, n)(x)) for n in (
        "abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "ceil", "cos", "cosh", "digamma", "erf", "erfc",
        "exp", "expm1", "floor", "lgamma", "log", "log1p", "log_sigmoid", "negative", "reciprocal", "rint", "round",
        "rsqrt", "sigmoid", "sign", "sin", "sinh", "sqrt", "square", "tan", "tanh", "zeros_like", "ones_like")},
    **{f"nn.{n}": (lambda m, x, n=n: getattr(m.nn, n)(x)) for n in (
        "relu", "relu6", "elu", "selu", "leaky_relu", "softplus", "softsign", "swish", "crelu", "l2_loss")},
    "is_nan": lambda m, x: m.is_nan(x), "is_inf": lambda m, x: m.is_inf(x), "is_finite": lambda m, x: m.is_finite(x),
    "clip_by_value": lambda m, x: m.clip_by_value(x, -2.0, 2.0),
    "clip_by_value touching": lambda m, x: m.clip_by_value(x, 0.0, 0.0),
    "maximum number": lambda m, x: m.maximum(x, 2.0), "minimum number": lambda m, x: m.minimum(x, 2.0),
    "maximum itself": lambda m, x: m.maximum(x, x), "x / x": lambda m, x: x / x, "x * 0": lambda m, x: x * 0.0,
    **{f"x ** {e}": (lambda m, x, e=e: x**e) for e in (0.0, 1.0, 2.0, 3.0, -1.0, 0.5, -0.5, 2.5)},
    **{f"{e} ** x": (lambda m, x, e=e: m.pow(e, x)) for e in (0.0, 1.0, 2.0, -2.0)},
    "pow to int": lambda m, x: m.pow(x, 2), "where": lambda m, x: m.where(m.greater(x, 0.0), x, m.square(x)),
    "where log": lambda m, x: m.where(m.greater(x, 0.0), m.log(x), m.zeros_like(x)),
    "cast": lambda m, x: m.cast(x, m.float64), "cumsum": lambda m, x: m.cumsum(x), "real": lambda m, x: m.real(x),
    "complex": lambda m, x: m.abs(m.complex(x, x)), "softmax of pairs": lambda m, x: m.nn.softmax(m.stack([x, -x], 1)),
    "huber": lambda m, x: m.losses.huber_loss(m.zeros_like(x), x, reduction="none"),
    "huber 2": lambda m, x: m.losses.huber_loss(m.zeros_like(x), x, delta=2.0, reduction="none"),
    "absolute": lambda m, x: m.losses.absolute_difference(m.zeros_like(x), x, reduction="none"),
    "hinge": lambda m, x: m.losses.hinge_loss(m.ones_like(x), x, reduction="none"),
    "log_loss": lambda m, x: m.losses.log_loss(m.ones_like(x), x, reduction="none"),
    "sigmoid entropy 1": lambda m, x: m.nn.sigmoid_cross_entropy_with_logits(labels=m.ones_like(x), logits=x),
    "sigmoid entropy 0": lambda m, x: m.nn.sigmoid_cross_entropy_with_logits(labels=m.zeros_like(x), logits=x),
    "weighted entropy": lambda m, x: m.nn.weighted_cross_entropy_with_logits(labels=m.ones_like(x) / 2, logits=x, pos_weight=3.0),
    "poisson": lambda m, x: m.nn.log_poisson_loss(x, m.ones_like(x), compute_full_loss=True),
}

TWO = {
    **{n: (lambda m, x, y, n=n: getattr(m, n)(x, y)) for n in (
        "add", "subtract", "multiply", "truediv", "div", "floordiv", "floormod", "mod", "maximum", "minimum", "pow",
        "squared_difference", "atan2", "div_no_nan", "equal", "not_equal", "less", "less_equal", "greater",
        "greater_equal", "zeta", "polygamma", "igamma", "igammac", "complex")},
    "xlogy": lambda m, x, y: m.math.xlogy(x, y),
    "realdiv": lambda m, x, y: m.realdiv(x, y),
    "where": lambda m, x, y: m.where(m.less(x, y), x, y), "cross": lambda m, x, y: m.where(m.is_nan(x), y, x * y),
    "clip low": lambda m, x, y: m.clip_by_value(x, y, 1.0), "clip high": lambda m, x, y: m.clip_by_value(x, -1.0, y),
}


def _scan(n: str, **options: bool):
    return lambda m, x: getattr(m, n)(x, axis=1, **options)


MANY = {
    **{n: (lambda m, x, n=n: getattr(m, n)(x, axis=1)) for n in (
        "reduce_sum", "reduce_mean", "reduce_max", "reduce_min", "reduce_prod", "reduce_logsumexp", "argmax", "argmin",
        "norm", "sort", "argsort")},
    **{f"math.{n}": (lambda m, x, n=n: getattr(m.math, n)(x, axis=1)) for n in (
        "reduce_variance", "reduce_std", "l2_normalize")},
    **{f"{n}{' exclusive' * e}{' reverse' * r}": _scan(n, exclusive=e, reverse=r)
       for n in ("cumsum", "cumprod") for e in (False, True) for r in (False, True)},
    **{f"norm {o}": (lambda m, x, o=o: m.norm(x, ord=o, axis=1)) for o in (1, 2, 3, np.inf)},
    **{f"{n} keepdims": (lambda m, x, n=n: getattr(m, n)(x, axis=1, keepdims=True))
       for n in ("reduce_max", "reduce_prod", "norm", "reduce_logsumexp")},
    "softmax": lambda m, x: m.nn.softmax(x), "log_softmax": lambda m, x: m.nn.log_softmax(x),
    "moments": lambda m, x: m.stack(m.nn.moments(x, [1])), "top_k": lambda m, x: m.nn.top_k(x, 2)[0],
    "max_pool": lambda m, x: m.nn.max_pool(m.reshape(x, [-1, 2, 2, 1]), [1, 2, 2, 1], [1, 1, 1, 1], "SAME"),
    "avg_pool": lambda m, x: m.nn.avg_pool(m.reshape(x, [-1, 2, 2, 1]), [1, 2, 2, 1], [1, 1, 1, 1], "SAME"),
    "clip_by_norm axis": lambda m, x: m.clip_by_norm(x, 1.0, [1]),
    "segment_max": lambda m, x: m.segment_max(m.transpose(x), [0, 0, 1, 1]),
    "segment_min": lambda m, x: m.segment_min(m.transpose(x), [0, 0, 1, 1]),
    "segment_prod": lambda m, x: m.segment_prod(m.transpose(x), [0, 0, 1, 1]),
    "segment_mean": lambda m, x: m.segment_mean(m.transpose(x), [0, 0, 1, 1]),
    "unsorted_segment_max": lambda m, x: m.unsorted_segment_max(m.transpose(x), [1, 0, 1, -1], 3),
    "unsorted_segment_min": lambda m, x: m.unsorted_segment_min(m.transpose(x), [1, 0, 1, -1], 3),
    "unsorted_segment_prod": lambda m, x: m.unsorted_segment_prod(m.transpose(x), [1, 0, 1, -1], 3),
    "unsorted_segment_mean": lambda m, x: m.unsorted_segment_mean(m.transpose(x), [1, 0, 1, -1], 3),
    "unsorted_segment_sqrt_n": lambda m, x: m.unsorted_segment_sqrt_n(m.transpose(x), [1, 0, 1, -1], 3),
    "entropy": lambda m, x: m.nn.softmax_cross_entropy_with_logits_v2(
        labels=m.constant([[0.0, 1.0, 0.0, 0.0]] * len(ROWS)), logits=x),
    "sparse entropy": lambda m, x: m.nn.sparse_softmax_cross_entropy_with_logits(labels=[1] * len(ROWS), logits=x),
}

EACH = {
    **{n: (lambda m, x, n=n: getattr(m, n)(x)) for n in (
        "reduce_sum", "reduce_mean", "reduce_max", "reduce_min", "reduce_prod", "reduce_logsumexp", "norm")},
    "clip_by_norm": lambda m, x: m.clip_by_norm(x, 1.0), "clip_by_norm inside": lambda m, x: m.clip_by_norm(x, 100.0),
    "clip_by_average_norm": lambda m, x: m.clip_by_average_norm(x, 0.1),
    "clip_by_global_norm": lambda m, x: m.clip_by_global_norm([x, 2 * x], 1.0)[0][1],
    "global_norm": lambda m, x: m.global_norm([x, 2 * x]),
    "norm of a matrix": lambda m, x: m.norm(m.reshape(x, [2, 2]), axis=(0, 1)),
    "norm 1 of a matrix": lambda m, x: m.norm(m.reshape(x, [2, 2]), ord=1, axis=(0, 1)),
    "norm inf of a matrix": lambda m, x: m.norm(m.reshape(x, [2, 2]), ord=np.inf, axis=(0, 1)),
}

POLE = "outside their domain, at poles and infinities TensorFlow gives NaN, or a finite number that is none"
NAN_ORDER = "TensorFlow's order of NaN among numbers depends on where it stands; here NaN is the largest number"
MULTIPLIED = "TensorFlow multiplies by a mask, and NaN passes to places that have no part in the result"
DIFFERENCES: dict[Any, str] = {
    **dict.fromkeys(["zeta", "polygamma", "igamma", "igammac", "digamma", "lgamma"], POLE),
    **dict.fromkeys(["sort", "argsort", "top_k"], NAN_ORDER),
    **{(name, "some NaN"): MULTIPLIED for name in (
        "nn.relu6", "div_no_nan", "norm inf", "norm 1 of a matrix", "norm inf of a matrix", "reduce_max", "reduce_min",
        "reduce_max keepdims", "segment_prod")},
    **dict.fromkeys(["segment_max", "segment_min", "unsorted_segment_max", "unsorted_segment_min", "max_pool"],
                    "TensorFlow's extreme of a group leaves NaN out or not depending on where it stands, and the largest "
                    "of nothing but -infinity is the smallest finite number; here NaN wins"),
    **dict.fromkeys(["segment_prod", "unsorted_segment_prod"], "TensorFlow has NaN for infinity times the other numbers"),
    "complex": "the length of 1e-20 (1 + i) is 0 in TensorFlow, whose squares underflow",
    "nn.selu": "at -1e-20 exp(x) - 1 is 0 in TensorFlow, which takes the derivative of the other side",
    "x / x": "the two halves of the derivative at 1e-20 do not cancel to the last digit in TensorFlow",
    "x ** 0.5": "NumPy's root of -infinity is NaN",
}
"""Where the two differ on purpose, and why: everywhere, or for one way of arriving."""

ARRIVING = {
    "weights": lambda i: i % 7 + 1.0,
    "zeros": lambda i: i * 0.0,
    "some NaN": lambda i: np.where(i % 3, 1.0, NAN),
}
"""What arrives from above: numbers that differ; nothing; here and there NaN, which stays in its own place."""


def both(program, inputs, arriving="weights"):
    """What each side gives: the value, and the gradients for what arrives."""
    found = []
    for m in (tf, reference):
        with m.Graph().as_default(), m.Session() as sess, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            xs = [m.constant(x) for x in inputs]
            y = program(m, *xs)
            grads = [None] * len(xs)
            if y.dtype.is_floating or y.dtype.is_complex:
                shape = sess.run(y).shape
                dy = ARRIVING[arriving](np.arange(np.prod(shape, dtype=int))).reshape(shape)
                grads = m.gradients(y, xs, grad_ys=m.constant(dy.astype(y.dtype.as_numpy_dtype)))
            found.append([None if v is None else sess.run(v) for v in (y, *grads)])
    return found


def check(program, arriving, *inputs) -> None:
    ours, theirs = both(program, inputs, arriving)
    for what, a, b in zip(("value", *["gradient"] * len(inputs)), ours, theirs, strict=True):
        if a is None or b is None:  # no path, or a derivative that is zero everywhere
            present = a if b is None else b
            assert present is None or not present.any(), what
            continue
        assert (a.dtype, a.shape) == (b.dtype, b.shape), what
        np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-6, err_msg=what)


def compared(*names: str) -> list[Any]:
    """(name, way of arriving), where the two are to agree."""
    return [(n, a) for n in names for a in ARRIVING if n not in DIFFERENCES and (n, a) not in DIFFERENCES]


@pytest.mark.parametrize(
    ("kind", "name", "arriving"),
    [(kind, *case) for kind, programs in (("one", ONE), ("two", TWO), ("rows", MANY)) for case in compared(*programs)],
)
def test_many_at_once(kind, name, arriving) -> None:
    programs, inputs = {"one": (ONE, [SPECIAL]), "two": (TWO, [*PAIRS]), "rows": (MANY, [ROWS])}[kind]
    check(programs[name], arriving, *inputs)


@pytest.mark.parametrize(("name", "arriving"), compared(*EACH))
def test_each_row_alone(name, arriving) -> None:
    for row in ROWS:
        check(EACH[name], arriving, row)
