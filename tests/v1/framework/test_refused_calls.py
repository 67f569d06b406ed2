"""Calls that TensorFlow refuses, when they are made or when they run, are refused: no number takes their place."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepkit.errors import DeepkitError

FOLDER = Path(__file__).parent
CALLS = [line for line in (FOLDER / "refused.txt").read_text().splitlines() if line[:1] not in ("", "#")]

MISREAD = ["tf.expand_dims(x,[[0]])", 'tf.zeros(b"x")']  # TensorFlow takes the 0 out of the lists, and x for 120


def outcome(tf: Any, call: str) -> Any:
    """What the call gives in a session: x (2, 3), u of the same values without a shape, p a picture."""
    with tf.Graph().as_default(), tf.Session() as sess, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        x, u = tf.placeholder(tf.float32, [2, 3]), tf.placeholder(tf.float32, None)
        made = eval(call, {"tf": tf, "x": x, "u": u, "p": tf.zeros([1, 4, 4, 1])})
        sess.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
        number = np.arange(6.0).reshape(2, 3) - 2.25
        return sess.run(made, {x: number, u: number})


@pytest.mark.parametrize("call", [*CALLS, *MISREAD])
def test_refused(call: str) -> None:
    import deepkit.v1 as tf

    with pytest.raises(DeepkitError):
        outcome(tf, call)


def test_what_is_like_them_but_right_is_not_refused() -> None:
    """The lists above are refused for what they say, not for how they are tried."""
    import deepkit.v1 as tf

    assert outcome(tf, "tf.slice(x, [0, 0], [1, 1])").tolist() == [[-2.25]]
    assert outcome(tf, "tf.range(0, 5, 2)").tolist() == [0, 2, 4]
    assert outcome(tf, "tf.broadcast_dynamic_shape(tf.shape(u), [1, 3])").tolist() == [2, 3]
    assert outcome(tf, "tf.assign_add(tf.Variable(tf.zeros([2, 3])), u)")[0].tolist() == [-2.25, -1.25, -0.25]
    assert outcome(tf, "tf.sparse_tensor_dense_matmul(tf.SparseTensor([[0, 1]], [2.], [1, 2]), u)").tolist() == [[1.5, 3.5, 5.5]]
