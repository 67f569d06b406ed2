"""Training programs as people write them: from equal numbers, every loss and every variable is TensorFlow's, step by step."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")  # tf.layers and tf.nn.rnn_cell
pytest.importorskip("tensorflow", reason="TensorFlow is not installed (extra: peers)")

import tensorflow.compat.v1 as reference

import deepkit.v1 as tf

sys.path.insert(0, str(Path(__file__).parent))
from training_programs import PROGRAMS, STEPS

reference.disable_eager_execution()


def flat(value: Any) -> list[np.ndarray]:
    if value is None:
        return []
    if isinstance(value, dict):
        value = [value[key] for key in sorted(value)]
    return [a for part in value for a in flat(part)] if isinstance(value, (list, tuple)) else [np.asarray(value)]


def ran(m: Any, name: str) -> tuple[list[list[np.ndarray]], dict[str, np.ndarray]]:
    """What each step gave, and the variables in the end."""
    with m.Graph().as_default(), m.Session() as sess, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        steps = PROGRAMS[name](m)
        sess.run(m.global_variables_initializer())
        for i, v in enumerate(m.trainable_variables()):
            v.load(np.random.RandomState(i).normal(0, 0.4, v.shape.as_list()).astype(np.float32), sess)
        found = [flat(sess.run(fetches, feeds)) for fetches, feeds in steps]
        return found, {v.op.name: sess.run(v) for v in m.global_variables()}


@pytest.mark.parametrize("name", PROGRAMS)
def test_equals_tensorflow(name: str) -> None:
    (ours, variables), (theirs, expected) = ran(tf, name), ran(reference, name)
    assert len(ours) == len(theirs) >= STEPS
    for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        for got, wanted in zip(a, b, strict=True):
            np.testing.assert_allclose(got, wanted, rtol=2e-4, atol=2e-5, err_msg=f"step {i}")
    assert list(variables) == list(expected)
    for key, wanted in expected.items():
        # Adam divides by the root of small squares: a gradient's last digit becomes a variable's fourth
        np.testing.assert_allclose(variables[key], wanted, rtol=2e-3, atol=2e-4, err_msg=key)
