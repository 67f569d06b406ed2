"""Ops given arrays of a GPU take its kernels, and the plain version for types that no kernel takes; both give the same."""

from __future__ import annotations

import numpy as np
import pytest

from deepkit.device import activations, cross_entropy, rows, updates, windows
from deepkit.device import pooling as device_pooling
from deepkit.device.dtypes import as_dtype
from deepkit.device.philox import Stream
from deepkit.ops import random
from deepkit.ops.arrays.gathering import GatherGrad
from deepkit.ops.math.segments import SegmentSum
from deepkit.ops.nn import (
    conv,
    dropout,
    loss,
    normalization,
    pooling,
    recurrent_gru,
    recurrent_lstm,
    recurrent_reset_gru,
    recurrent_simple,
)

SLIDING = {"strides": (1, 2), "padding": "SAME", "dilations": (1, 1)}
POOL = {"kernel": (2, 3), **SLIDING}


def cases(normal, dtype):
    """For each op what its forward gets, and the kernels that run."""
    x, filters, dy = normal((2, 5, 6, 4), dtype), normal((3, 3, 4, 8), dtype), normal((2, 5, 3, 8), dtype)
    own, pooled = normal((3, 3, 1, 8), dtype), normal((2, 5, 3, 4), dtype)
    y = pooling.MaxPool(**POOL).forward(np, x)
    ids, table = np.array([[1, 0], [1, 2]]), normal((2, 2, 3), dtype)
    z, h, k = normal((3, 2, 8), dtype), normal((2, 8), dtype), normal((8, 8), dtype)
    wide, gates, coefficients = normal((8, 32), dtype), normal((3, 2, 32), dtype), [normal((3, 2, 8), dtype) for _ in range(6)]
    three = normal((8, 24), dtype)
    return [
        (conv.Conv(**SLIDING), (x, filters), ["convolve"]),
        (conv.ConvInputGrad(**SLIDING), (dy, filters, x), ["input_gradient"]),
        (conv.ConvFilterGrad(**SLIDING), (x, dy, filters), ["filter_gradient"]),
        (conv.Conv(groups=4, **SLIDING), (x, own), ["convolve"]),
        (conv.ConvInputGrad(groups=4, **SLIDING), (dy, own, x), ["input_gradient"]),
        (conv.ConvFilterGrad(groups=4, **SLIDING), (x, dy, own), ["filter_gradient"]),
        (pooling.MaxPool(**POOL), (x,), ["largest"]),
        (pooling.MaxPoolGrad(**POOL), (pooled, x, y), ["places", "largest_gradient"]),
        (pooling.MaxPoolPosition(**POOL), (x, y), ["places"]),
        (pooling.MaxPoolPosition(with_batch=True, to=as_dtype("int32"), **POOL), (x, y), ["places"]),
        (pooling.AvgPool(**POOL), (x,), ["mean"]),
        (pooling.AvgPoolGrad(**POOL), (pooled, x), ["mean_gradient"]),
        (GatherGrad(), (table, normal((4, 3), dtype), ids), ["add_at"]),
        (SegmentSum(static=4), (table, ids, np.int32(4)), ["add_at"]),
        (recurrent_simple.SimpleRNN(activation="relu"), (z, h, k), ["simple"]),
        (recurrent_simple.LinearRecurrence(backwards=True), (z, k, z), ["linear_backwards"]),
        (recurrent_lstm.LSTM(), (gates, h, h, wide), ["lstm"]),
        (recurrent_lstm.LSTMBackwards(), (gates, z, h, wide, z, z), ["lstm_backwards"]),
        (recurrent_gru.GRU(), (gates[..., :24], h, three, three[0]), ["gru"]),
        (recurrent_gru.GRUBackwards(), (gates[..., :24], z, z, h, three, z), ["linear_backwards"]),
        (recurrent_reset_gru.ResetGRU(), (gates[..., :24], h, three), ["reset_gru"]),
        (recurrent_reset_gru.ResetRecurrence(backwards=True), (*coefficients[:5], three, coefficients[5]), ["reset_backwards"]),
    ]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_ops_take_kernels(gpu, normal, dtype):
    for op, given, kernels in cases(normal, dtype):
        gpu.launched.clear()
        got, wanted = op.forward(gpu, *given), op.forward(np, *given)
        assert gpu.launched == kernels, op
        for a, b in zip(*[r if isinstance(r, tuple) else (r,) for r in (got, wanted)], strict=True):
            assert a.dtype == b.dtype
            digits = 2e-5 if dtype == np.float32 else 1e-12
            np.testing.assert_allclose(a, b, rtol=0, atol=digits * np.abs(b).max(initial=1), err_msg=str(op))


def test_random_ops_take_kernels(gpu):
    shape, x = np.array([3, 5]), np.ones((3, 5), np.float32)
    draws = [
        (random.RandomUniform(), (shape,), ["uniform"]), (random.RandomStandardNormal(), (shape,), ["normals"]),
        (random.TruncatedNormal(), (shape,), ["truncated_normals"]), (dropout.Dropout(), (x, np.float32(0.5)), ["dropout"]),
        (dropout.Dropout(), (x, np.float32(0.5), np.array([3, 1])), ["uniform"]),  # whole rows are dropped
    ]
    for op, given, kernels in draws:
        gpu.launched.clear()
        got, wanted = op.forward(gpu, Stream(1, 2), *given), op.forward(np, Stream(1, 2), *given)
        assert gpu.launched == kernels
        for a, b in zip(*[r if isinstance(r, tuple) else (r,) for r in (got, wanted)], strict=True):
            np.testing.assert_allclose(a, b, atol=2e-6)


def test_batch_normalization_takes_kernels(gpu, normal):
    x, scale, offset = normal((2, 3, 4, 5)), normal(5), normal(5)
    op = normalization.BatchNorm()
    for a, b in zip(op.forward(gpu, x, scale, offset), op.forward(np, x, scale, offset), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-12)
    assert gpu.launched == ["sums", "squares", "normalize"]


def test_cross_entropies_take_kernels(gpu, normal):
    logits, labels, numbers = normal((4, 7)), np.eye(7)[[1, 2, 3, 0]], np.array([1, 2, 3, 0])
    for function, right in ((cross_entropy.dense, labels), (cross_entropy.sparse, numbers)):
        for a, b in zip(function(gpu, logits, right), function(np, logits, right), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-14)
    for op, right in ((loss.SoftmaxCrossEntropy(), labels), (loss.SparseSoftmaxCrossEntropy(), numbers)):
        np.testing.assert_allclose(op.forward(gpu, logits, right), op.forward(np, logits, right), atol=1e-14)
    assert gpu.launched == ["dense", "sparse", "dense", "sparse"]
    sent = (loss.SoftmaxCrossEntropyGrad(), labels), (loss.SparseSoftmaxCrossEntropyGrad(), numbers)
    for op, right in sent:
        given = logits[:, 0], logits, right
        np.testing.assert_allclose(op.forward(gpu, *given), op.forward(np, *given), atol=1e-14)
    assert gpu.launched[4:] == ["dense", "sparse"]


def test_steps_of_optimizers_take_kernels(gpu, normal, monkeypatch):
    monkeypatch.setattr(updates, "xp_of", lambda *arrays: gpu)
    var, accum, grad = (normal(9) for _ in range(3))
    copies = var.copy(), accum.copy()
    updates.run(updates.momentum_reference, (var, accum, grad), 0.1, 0.9, False)
    updates.momentum_reference(*copies, grad, 0.1, 0.9, False)
    np.testing.assert_allclose((var, accum), copies, atol=1e-15)
    assert gpu.launched == ["momentum"]


def test_what_no_kernel_takes_is_computed_plainly(gpu, normal):
    cube, deep = normal((1, 3, 3, 3, 2)), windows.fit((3, 3, 3), (2, 2, 2), (1, 1, 1), (1, 1, 1), "SAME")
    op = conv.Conv(strides=(1, 1, 1), padding="SAME", dilations=(1, 1, 1))
    filters = np.ones((2, 2, 2, 2, 3))
    np.testing.assert_allclose(op.forward(gpu, cube, filters), op.forward(np, cube, filters), atol=1e-13)
    np.testing.assert_array_equal(device_pooling.largest(gpu, cube, deep), device_pooling.largest_reference(np, cube, deep))
    whole = np.arange(24).reshape(1, 4, 6, 1)
    assert pooling.MaxPool(**POOL).forward(gpu, whole).dtype == whole.dtype
    total = np.zeros((3, 2), np.complex64)
    rows.add_at(gpu, total, np.array([1, 1]), np.ones((2, 2), np.complex64))
    assert total[1].tolist() == [2, 2]
    assert activations.sigmoid(gpu, np.zeros(3)).tolist() == [0.5] * 3
    assert gpu.launched == []


def test_half_precision_is_convolved_in_single(gpu, normal):
    x, filters = normal((1, 4, 4, 2), np.float16), normal((3, 3, 2, 3), np.float16)
    got = conv.Conv(**SLIDING).forward(gpu, x, filters)
    assert got.dtype == np.float16
    np.testing.assert_allclose(got, conv.Conv(**SLIDING).forward(np, x, filters), rtol=2**-10, atol=1e-3)
    assert gpu.launched == ["convolve"]
