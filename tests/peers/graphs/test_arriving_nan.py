"""NaN and infinity that arrive from above: what had no part in the result gets gradient 0, as in TensorFlow."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytest.importorskip("tensorflow", reason="TensorFlow is not installed (extra: peers)")

import tensorflow.compat.v1 as reference

import deepkit.v1 as tf

reference.disable_eager_execution()

NAN, INF = float("nan"), float("inf")
NUMBERS = np.array([-1.5, -0.5, 0, 0.3, 2, 7, -4, 0.9], "f")
SORTED, ANYWHERE = [0, 0, 1, 1, 2, 2, 2, 3], [0, -1, 1, 1, 2, 0, 2, 3]

SELECTING: dict[str, Any] = {
    "dropout": lambda m, x: m.nn.dropout(x, rate=0.5, seed=3),
    "dropout of rows": lambda m, x: m.nn.dropout(m.reshape(x, [2, 4]), rate=0.5, seed=3, noise_shape=[2, 1]),
    **{f"nn.{n}": (lambda m, x, n=n: getattr(m.nn, n)(x)) for n in ("relu", "elu", "selu", "leaky_relu", "crelu")},
    "clip_by_value": lambda m, x: m.clip_by_value(x, -1.0, 1.0),
    "maximum": lambda m, x: m.maximum(x, x[::-1]), "minimum": lambda m, x: m.minimum(x, x[::-1]),
    "where": lambda m, x: m.where(x > 0, x, m.zeros_like(x)), "boolean_mask": lambda m, x: m.boolean_mask(x, x > 0),
    "max_pool": lambda m, x: m.nn.max_pool(m.reshape(x, [1, 2, 4, 1]), [1, 2, 2, 1], [1, 1, 1, 1], "SAME"),
    "matrix_band_part": lambda m, x: m.matrix_band_part(m.reshape(x, [2, 4]), 0, 0),
    "top_k": lambda m, x: m.nn.top_k(x, 3)[0],
    **{n: (lambda m, x, n=n: getattr(m, n)(x, SORTED)) for n in ("segment_max", "segment_min", "segment_sum")},
    **{n: (lambda m, x, n=n: getattr(m, n)(x, ANYWHERE, 5)) for n in (
        "unsorted_segment_max", "unsorted_segment_min", "unsorted_segment_sum", "unsorted_segment_mean")},
}  # fmt: skip


def value_and_gradient(m: Any, op: Any, numbers: np.ndarray, arriving: float) -> Any:
    """The result of an op and its gradient when every second number that arrives is `arriving`, the others 1."""
    with m.Graph().as_default():
        m.set_random_seed(5)
        x = m.constant(numbers)
        y = op(m, x)
        every_second = m.where(m.range(m.size(y)) % 2 > 0, m.fill([m.size(y)], arriving), m.ones([m.size(y)]))
        arrives = m.reshape(every_second, m.shape(y))
        with m.Session() as sess:
            return sess.run([y, m.gradients(y, x, arrives)[0]])


@pytest.mark.parametrize("arriving", [NAN, INF, -INF], ids=str)
@pytest.mark.parametrize("name", SELECTING)
def test_what_had_no_part_gets_no_gradient(name, arriving):
    (_, mine), (_, theirs) = (value_and_gradient(m, SELECTING[name], NUMBERS, arriving) for m in (tf, reference))
    np.testing.assert_allclose(mine, theirs, rtol=1e-6, atol=1.2e-7)  # elu: exp(x) = y + 1, y rounded near -1


@pytest.mark.parametrize("number", [NAN, INF], ids=str)
@pytest.mark.parametrize("name", ["dropout", "dropout of rows"])
def test_a_dropped_unit_is_zero_whatever_it_was(name, number):
    numbers = np.where(np.arange(8) % 3 == 1, np.float32(number), NUMBERS)
    (mine, _), (theirs, _) = (value_and_gradient(m, SELECTING[name], numbers, 1.0) for m in (tf, reference))
    np.testing.assert_array_equal(mine, theirs)
