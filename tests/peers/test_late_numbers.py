"""An axis, a list of lengths or bounds that holds a placeholder: the same values and gradients as TensorFlow's."""

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

X = np.arange(1.0, 13).reshape(3, 4) ** 1.5

PROGRAMS = {
    "slice": lambda m, x, i: m.slice(x, [0, i], [3, 1]), "slice lengths": lambda m, x, i: m.slice(x, [i, 0], [i, -1]),
    "strided_slice": lambda m, x, i: m.strided_slice(x, [0, i], [3, i + 1]),
    "steps": lambda m, x, i: m.strided_slice(x, [0, 0], [3, 4], [i, i]),
    "pad": lambda m, x, i: m.pad(x, [[0, i], [i, 0]]), "pad a tensor": lambda m, x, i: m.pad(x, m.stack([[0, i], [i, 0]])),
    "pad with 7": lambda m, x, i: m.pad(x, [[0, i], [i, 0]], constant_values=7),
    "pad mirrored": lambda m, x, i: m.pad(x, [[0, i], [i, 0]], mode="REFLECT"),
    "transpose": lambda m, x, i: m.transpose(x, [i, 0]), "transpose by a tensor": lambda m, x, i: m.transpose(x, m.stack([i, 0])),
    "concat": lambda m, x, i: m.concat([x, x * 2], i), "reshape": lambda m, x, i: m.reshape(x, [i * 4, 3]),
    "tile": lambda m, x, i: m.tile(x, [1, i]), "fill": lambda m, x, i: m.fill([i, 2], x[0, 1]),
    "sum": lambda m, x, i: m.reduce_sum(x, i), "sum in a list": lambda m, x, i: m.reduce_sum(x, [i]),
    "max of two": lambda m, x, i: m.reduce_max(x, [0, i]), "mean": lambda m, x, i: m.reduce_mean(x, axis=[i], keepdims=True),
    "prod": lambda m, x, i: m.reduce_prod(x, [i]), "logsumexp": lambda m, x, i: m.reduce_logsumexp(x, [i]),
    "count": lambda m, x, i: m.count_nonzero(x, [i]), "all": lambda m, x, i: m.reduce_all(x > -1, [i]),
    "gather": lambda m, x, i: m.gather(x, [0, 1, 0], axis=i), "split": lambda m, x, i: m.split(x, 2, i)[1],
    "split sizes": lambda m, x, i: m.split(x, [i, 3], 1)[1], "expand_dims": lambda m, x, i: m.expand_dims(x, i),
    "argmax": lambda m, x, i: m.argmax(x, i), "cumsum": lambda m, x, i: m.cumsum(x, i),
    "cumsum reverse": lambda m, x, i: m.cumsum(x, i, exclusive=True, reverse=True), "reverse": lambda m, x, i: m.reverse(x, [i]),
    "broadcast_to": lambda m, x, i: m.broadcast_to(x[0], [i * 2, 4]), "one_hot": lambda m, x, i: m.one_hot([0, 2], i * 4),
    "range": lambda m, x, i: m.range(0, i * 5, i), "zeros": lambda m, x, i: m.zeros([i, 2]), "eye": lambda m, x, i: m.eye(i * 3),
    "scatter_nd": lambda m, x, i: m.scatter_nd([[0]], [x[0, 1]], [i * 3]), "roll": lambda m, x, i: m.roll(x, [i], [i]),
    "normal": lambda m, x, i: m.random_normal([i, 2], seed=1), "linspace": lambda m, x, i: m.linspace(0.0, 1.0, i * 3),
    "sequence_mask": lambda m, x, i: m.sequence_mask([1, 2], i * 3), "top_k": lambda m, x, i: m.nn.top_k(x, i)[0],
    "l2_normalize": lambda m, x, i: m.nn.l2_normalize(x, [i]),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_values_and_gradients(name) -> None:
    found, ranks = [], []
    for m in (tf, reference):
        with m.Graph().as_default(), m.Session() as sess, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            x, i = m.constant(X), m.placeholder(m.int32, [])
            y = PROGRAMS[name](m, x, i)
            first = m.gradients(y * y, x)[0] if y.dtype == m.float64 else None
            second = m.gradients(first, x)[0] if first is not None else None
            ranks.append(y.shape.ndims)
            found.append([sess.run(v, {i: 1}) for v in (y, first, second) if v is not None])
    ours, theirs = found
    assert ranks[1] in (None, ranks[0])
    for a, b in zip(ours, theirs, strict=True):
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
