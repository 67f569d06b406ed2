"""The names of what optimizers and moving averages remember, inside scopes: a checkpoint fits both libraries."""

from __future__ import annotations

import os
from typing import Any

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytest.importorskip("tensorflow", reason="TensorFlow is not installed (extra: peers)")

import tensorflow.compat.v1 as reference

import deepkit.v1 as tf

reference.disable_eager_execution()


def names_of_variables(m: Any) -> list[str]:
    """All names of a graph that trains one variable from outside, from variable scopes and from a name scope."""
    with m.Graph().as_default() as graph:

        def train(optimizer: Any) -> None:
            optimizer.minimize(m.reduce_sum(v * v))

        with m.variable_scope("a"):
            v = m.get_variable("v", [2], use_resource=False)
            with m.variable_scope("b"):
                train(m.train.AdamOptimizer(0.1))
                train(m.train.AdamOptimizer(0.1))
                train(m.train.MomentumOptimizer(0.1, 0.9, name="Mine"))
        with m.variable_scope("a"):
            train(m.train.AdagradOptimizer(0.1))
        with m.name_scope("n"):
            train(m.train.AdamOptimizer(0.1))
            train(m.train.RMSPropOptimizer(0.1, centered=True))
            m.train.ExponentialMovingAverage(0.9).apply([v])
        with m.variable_scope("e"):
            m.train.ExponentialMovingAverage(0.9).apply([v])
            m.train.ExponentialMovingAverage(0.9, name="Q").apply([v, v * 2])
            m.train.ExponentialMovingAverage(0.9, zero_debias=True, name="Z").apply([v * 3])
        train(m.train.FtrlOptimizer(0.1))
        train(m.train.FtrlOptimizer(0.1))
        return [variable.op.name for variable in graph.get_collection(m.GraphKeys.GLOBAL_VARIABLES)]


def test_slots_powers_and_shadows_are_called_as_there():
    assert names_of_variables(tf) == names_of_variables(reference)
