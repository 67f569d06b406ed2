"""What nodes are called when the user gives no name: in a fresh graph, a second time, and in a scope, beside TensorFlow.

TensorFlow makes some functions of several nodes where deepkit has one op, and the other way round, so the part of the
name that the function itself chooses is compared: that of the node, or of the scope around the nodes. Functions that
TensorFlow makes of pieces without a scope of their own are not in the list: theirs is the name of the last piece.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytest.importorskip("tensorflow", reason="TensorFlow is not installed (extra: peers)")

import tensorflow.compat.v1 as reference

import deepkit.v1 as tf

reference.disable_eager_execution()

CALLS = (Path(__file__).parent / "node_names.txt").read_text().splitlines()
INPUTS = {
    "x": ("float32", [2, 3]), "i": ("int32", [2, 3]), "b": ("bool", [2, 3]), "v": ("float32", [3]),
    "q": ("float32", [3, 3]), "c": ("complex64", [2, 3]), "s": ("string", [2]), "s0": ("string", []),
    "f": ("float32", [1, 2, 2, 1]), "k": ("float32", [1, 1, 1, 2]), "t": ("float32", [1, 2, 3]),
    "d": ("float32", [1, 2, 2, 2, 1]), "g": ("float32", [2, 2, 3]), "g4": ("float32", [1, 2, 2, 3]),
}


def names(m, call: str) -> list[str]:
    """The names of the result of a call, of the same call again, and of one in a scope."""
    with m.Graph().as_default(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with m.name_scope("given"):
            given = {name: m.placeholder(dtype, shape, name) for name, (dtype, shape) in INPUTS.items()}
            for name, dtype in (("sp", m.float32), ("si", m.int64)):
                parts = m.placeholder(m.int64, [1, 2]), m.placeholder(dtype, [1])
                given[name] = m.SparseTensor(*parts, np.array([2, 3], np.int64))
        given["w"] = m.get_variable("w", initializer=np.array([1.0, 2.0, 3.0], "f"), use_resource=False)
        given["tf"] = m
        found = [chosen(eval(call, given)) for _ in range(2)]
        with m.name_scope("scope"):
            return [*found, chosen(eval(call, given), 2)]


def chosen(result, parts: int = 1) -> str:
    """The first parts of a node's name; of several results the first one's."""
    while isinstance(result, (list, tuple)):
        result = result[0]
    node = result.op if hasattr(result, "dtype") else result
    return "/".join(node.name.split("/")[:parts])


@pytest.mark.parametrize("call", CALLS)
def test_names_are_tensorflows(call: str) -> None:
    assert names(tf, call) == names(reference, call)
