"""The CUDA kernels of batch normalization, cross-entropy, embeddings and optimizers give what NumPy gives."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.special

from deepkit.device import batchnorm, cuda, updates

TYPES = [np.float32, np.float64]


def close(got, wanted, dtype, factor=1):
    assert got.dtype == dtype
    digits = factor * (2e-5 if dtype == np.float32 else 1e-12)
    np.testing.assert_allclose(got, wanted, rtol=digits, atol=digits)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", [(1500, 3), (2, 5, 7, 33), (1, 4), (70, 70)])
def test_batch_normalization_and_its_gradient(gpu, normal, shape, dtype):
    x, dy = normal(shape, dtype) * 2 + 3, normal(shape, dtype)
    scale, offset, small = normal(shape[-1:], dtype), normal(shape[-1:], dtype), dtype(1e-3)
    got = cuda.batchnorm.forward(gpu, x, scale, offset, 1e-3)
    rows, arrived = (a.reshape(-1, shape[-1]).astype(np.float64) for a in (x, dy))
    y, mean, variance = batchnorm.forward_reference(np, rows, scale, offset, small)
    for a, b in zip(got, (y.reshape(shape), mean, variance), strict=True):
        close(a, b, dtype)
    got = cuda.batchnorm.gradient(gpu, dy, x, scale, got[1], got[2], 1e-3)
    wanted = batchnorm.gradient_reference(arrived, rows, scale, mean, 1 / np.sqrt(variance + small))
    for a, b in zip(got, (wanted[0].reshape(shape), *wanted[1:]), strict=True):
        close(a, b, dtype, 10)


def test_there_is_no_mean_of_nothing(gpu):
    with np.errstate(invalid="ignore", divide="ignore"):
        y, mean, _ = cuda.batchnorm.forward(gpu, np.ones((0, 3)), np.ones(3), np.ones(3), 1e-3)
    assert y.shape == (0, 3)
    assert np.isnan(mean).all()


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", [(3, 10), (2, 3, 1), (1, 1000), (0, 4), (5, 129)])
def test_cross_entropy_and_its_gradient_in_one_pass(gpu, normal, shape, dtype):
    logits = normal(shape, dtype) * 30
    logits[:1] += dtype(500)  # whose exponentials no float holds
    probabilities = scipy.special.softmax(normal(shape), axis=-1).astype(dtype)
    exact, wide = scipy.special.log_softmax(logits.astype(np.float64), axis=-1), probabilities.astype(np.float64)
    loss, difference = cuda.cross_entropy.dense(gpu, logits, probabilities)
    close(loss, -(wide * exact).sum(-1), dtype)
    close(difference, np.exp(exact) - wide, dtype)
    numbers = np.random.default_rng(1).integers(0, shape[-1], shape[:-1])
    loss, difference = cuda.cross_entropy.sparse(gpu, logits, numbers)
    close(loss, -np.take_along_axis(exact, numbers[..., None], -1)[..., 0], dtype)
    close(difference, np.exp(exact) - np.eye(shape[-1])[numbers], dtype)
    slopes = normal(shape[:-1], dtype)
    for kernel, labels, whole in (
        (cuda.cross_entropy.dense, probabilities, wide), (cuda.cross_entropy.sparse, numbers, np.eye(shape[-1])[numbers])
    ):
        sent_back = kernel(gpu, logits, labels, sent=slopes)[1]
        close(sent_back, slopes.astype(np.float64)[..., None] * (np.exp(exact) - whole), dtype)


def test_the_difference_is_the_derivative_of_the_loss(gpu, normal):
    logits, labels, step = normal((2, 5)), scipy.special.softmax(normal((2, 5)), axis=-1), 1e-6
    _, difference = cuda.cross_entropy.dense(gpu, logits, labels)
    for c in range(5):
        ahead, behind = (cuda.cross_entropy.dense(gpu, logits + s * np.eye(5)[c], labels)[0] for s in (step, -step))
        np.testing.assert_allclose((ahead - behind) / (2 * step), difference[:, c], atol=1e-8)


def test_a_class_that_cannot_be_costs_nothing_where_another_is_right(gpu):
    loss, difference = cuda.cross_entropy.sparse(gpu, np.array([[0.0, -np.inf, np.log(3)], [np.nan, 0, 0]]), np.array([2, 1]))
    np.testing.assert_allclose(loss, [np.log(4 / 3), np.nan])
    np.testing.assert_allclose(difference[0], [0.25, 0, -0.25])


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("index", [np.int32, np.int64])
def test_rows_add_up_where_their_numbers_say(gpu, normal, index, dtype):
    for rows, ids, rest in [(7, (40,), (5,)), (3, (2, 4), (2, 3)), (4, (0,), (6,)), (1, (9,), ())]:
        numbers = np.random.default_rng(3).integers(0, rows, ids).astype(index)
        x, total = normal((*ids, *rest), dtype), gpu.zeros((rows, *rest), dtype)
        wanted = np.zeros((rows, *rest))
        np.add.at(wanted, numbers, x)
        cuda.rows.add_at(gpu, total, numbers, x)
        close(total, wanted, dtype)


def test_rows_and_labels_that_are_none_harm_nobody(gpu):
    total = gpu.zeros((2, 3))
    cuda.rows.add_at(gpu, total, np.array([1, -1, 2, 1]), np.ones((4, 3)))
    assert total.tolist() == [[0] * 3, [2] * 3]
    loss, _ = cuda.cross_entropy.sparse(gpu, np.zeros((3, 2)), np.array([0, 2, -1]))
    np.testing.assert_allclose(loss, [np.log(2), np.nan, np.nan])


RULES = {
    "gradient_descent": (1, 1, ()), "adagrad": (2, 1, ()), "adam": (3, 4, ()), "momentum": (2, 2, (False,)),
    "velocity": (2, 2, (True,)), "plain_rmsprop": (2, 3, ()), "rmsprop": (3, 4, ()),
}
"""For each rule how many arrays it changes, how many numbers it takes, and its flags."""


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("on_gpu", [False, True], ids=["numbers on the host", "numbers on the GPU"])
@pytest.mark.parametrize("rule", RULES)
def test_a_step_of_an_optimizer(gpu, normal, rule, on_gpu, dtype):
    changed, count, flags = RULES[rule]
    for size in (1, 257, 0):
        arrays = [np.abs(normal(size, dtype)) for _ in range(changed + 1)]  # slots that a root is taken of are positive
        numbers = [dtype(n) for n in (0.1, 0.9, 0.99, 1e-3)[:count]]
        mine = tuple(gpu.ascontiguousarray(a) for a in arrays)
        getattr(updates, f"{rule}_reference")(*arrays, *numbers, *flags)
        cuda.updates.run(gpu, rule, mine, *[np.array(n) if on_gpu else n for n in numbers], *flags)
        for a, b in zip(mine, arrays, strict=True):
            close(a, b, dtype)
