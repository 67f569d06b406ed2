"""Functions of many families, called as programs call them: values, and the derivatives by what is fed, are TensorFlow's."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytest.importorskip("tensorflow", reason="TensorFlow is not installed (extra: peers)")

import tensorflow.compat.v1 as reference

import deepkit.v1 as tf

sys.path.insert(0, str(Path(__file__).parents[1]))
from sameness import assert_same

reference.disable_eager_execution()

CALLS = [line for line in (Path(__file__).parent / "calls.txt").read_text().splitlines() if line[:1] not in ("", "#")]
RANDOM = np.random.RandomState(3)
FED = {
    "x": RANDOM.normal(size=(2, 3)).astype("f"), "y": RANDOM.normal(size=(2, 3)).astype("f"),
    "m": RANDOM.normal(size=(3, 4)).astype("f"), "g": RANDOM.uniform(size=(2, 16, 16, 3)).astype("f"),
    "h": RANDOM.uniform(size=(2, 16, 16, 3)).astype("f"),
    "boxes": np.array([[0.1, 0.2, 0.7, 0.9], [0, 0, 1, 1], [0.3, 0.1, 0.2, 1.2]], "f"),
    "scores": np.array([0.9, 0.75, 0.8], "f"), "i": np.array([[3, 1, 2], [0, 5, 4]], np.int32),
}
TEXTS = {"s": ["hello world", "a,b;c", "", "Größe 42 km"], "t": ["hallo welt", "abc", "x", "12.5"], "n": ["1", "-7", "42", "0"]}


def given(m: Any, call: str) -> Any:
    """What the call gives, and the gradients of its float tensors by the inputs that are float."""
    with m.Graph().as_default(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fed = {name: m.placeholder(a.dtype, a.shape, name) for name, a in FED.items()}
        sparse = {
            "sp": m.SparseTensor([[0, 1], [1, 0], [1, 2]], fed["x"][:, 0][0] * m.constant([1.0, 2.0, -4.0]), [2, 3]),
            "sq": m.SparseTensor([[0, 1], [0, 2], [1, 2]], m.constant([4.0, 0.5, 2.0]), [2, 3]),
            "si": m.SparseTensor([[0, 0], [0, 3], [1, 2]], m.constant([1, 3, 2], m.int64), [2, 4]),
        }
        result = eval(call, {**fed, **sparse, "tf": m, "np": np, **{k: m.constant(v) for k, v in TEXTS.items()}})
        floats = [y for y in flat(m, result) if y.dtype in (m.float32, m.float64)]
        grads = m.gradients(floats, [fed["x"], fed["m"], fed["g"], fed["h"]]) if floats else []
        with m.Session() as sess:
            sess.run(m.tables_initializer())
            feeds = {fed[name]: a for name, a in FED.items()}
            return sess.run([result, [[] if g is None else m.convert_to_tensor(g) for g in grads]], feeds)


def flat(m: Any, result: Any) -> list[Any]:
    if isinstance(result, m.SparseTensor):
        return [result.values]
    return [y for part in result for y in flat(m, part)] if isinstance(result, (list, tuple)) else [result]


@pytest.mark.parametrize("call", CALLS)
def test_values_and_derivatives(call: str) -> None:
    (ours, slopes), (theirs, expected) = given(tf, call), given(reference, call)
    assert_same(ours, theirs)
    for i, slope in enumerate(expected):
        if not isinstance(slope, list):  # what TensorFlow cannot differentiate may have a derivative here
            assert_same(slopes[i], slope, f"derivative {i}")
