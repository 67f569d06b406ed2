"""What an optimizer keeps for a variable, beside TensorFlow: names, order, first values, and values after some steps."""

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

OPTIMIZERS = {
    "descent": lambda m: m.train.GradientDescentOptimizer(0.1),
    "momentum": lambda m: m.train.MomentumOptimizer(0.1, 0.9),
    "nesterov": lambda m: m.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True),
    "adagrad": lambda m: m.train.AdagradOptimizer(0.1, 0.3),
    "adadelta": lambda m: m.train.AdadeltaOptimizer(0.5),
    "rmsprop": lambda m: m.train.RMSPropOptimizer(0.01, momentum=0.5),
    "centered rmsprop": lambda m: m.train.RMSPropOptimizer(0.01, momentum=0.5, centered=True),
    "adam": lambda m: m.train.AdamOptimizer(0.1, name="Mine"),
    "ftrl": lambda m: m.train.FtrlOptimizer(0.1, l1_regularization_strength=0.01),
    "ftrl with names": lambda m: m.train.FtrlOptimizer(0.1, accum_name="sums", linear_name="lines"),
}


def _kept(m: Any, name: str) -> tuple[list[str], list[str], list[dict[str, np.ndarray]]]:
    """Names of the slots, names of the variables in order, and values before the first step and after each."""
    with m.Graph().as_default(), m.Session() as sess:
        w = m.get_variable("w", initializer=np.array([1.0, -2.0, 0.5], np.float32), use_resource=False)
        b = m.get_variable("b", initializer=np.float32(0.25), use_resource=False)
        optimizer = OPTIMIZERS[name](m)
        step = optimizer.minimize(m.reduce_sum(m.square(w) * [1.0, 2.0, 3.0]) + m.square(b - w[0]))
        sess.run(m.global_variables_initializer())
        slots = {f"{v.op.name}.{s}": optimizer.get_slot(v, s) for s in optimizer.get_slot_names() for v in (w, b)}
        values = []
        for _ in range(4):
            values.append(sess.run({**slots, "w": w, "b": b}))
            sess.run(step)
        return optimizer.get_slot_names(), [v.op.name for v in m.global_variables()], values


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_slots(name: str) -> None:
    ours, theirs = _kept(tf, name), _kept(reference, name)
    assert ours[:2] == theirs[:2]
    for mine, other in zip(ours[2], theirs[2], strict=True):
        assert mine.keys() == other.keys()
        for slot, value in other.items():
            np.testing.assert_allclose(mine[slot], value, rtol=2e-5, atol=1e-6, err_msg=slot)
