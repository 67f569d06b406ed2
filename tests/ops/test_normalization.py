"""Moments, batch normalization, embeddings, dense layers and the Poisson loss as their users call them."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.special

import deepkit as dk
import deepkit.ops as ops
import deepkit.v1 as tf
from deepkit.errors import ArgumentError, ShapeError

RNG = np.random.default_rng(5)


def real(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("axes", [[0], [0, 1, 2], [1], [-1], 2, None])
@pytest.mark.parametrize("keepdims", [False, True])
def test_moments(axes, keepdims) -> None:
    x = real(3, 4, 2)
    if axes == [0, 1, 2]:
        x = real(3, 4, 2, 5)
    axis = tuple(axes) if isinstance(axes, list) else axes
    mean, variance = ops.moments(x, axes, keepdims=keepdims)
    np.testing.assert_allclose(mean.numpy(), x.mean(axis, keepdims=keepdims), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(variance.numpy(), x.var(axis, keepdims=keepdims), rtol=1e-5, atol=1e-6)


def test_variance_of_numbers_far_from_zero() -> None:
    x = (real(1000, 1) + 3000).astype(np.float32)
    assert abs(ops.moments(x, [0])[1].item() / x.astype(np.float64).var() - 1) < 1e-3


def test_weights_count_like_repetitions() -> None:
    x, times = real(4, 3), np.array([[1], [0], [3], [2]], np.float32)
    mean, variance = ops.weighted_moments(x, [0], times)
    repeated = np.repeat(x, times.astype(int).ravel(), 0)
    np.testing.assert_allclose(mean.numpy(), repeated.mean(0), rtol=1e-5)
    np.testing.assert_allclose(variance.numpy(), repeated.var(0), rtol=1e-4)


@pytest.mark.parametrize("shift", [None, 3.0])
def test_statistics_of_two_batches_add_up(shift) -> None:
    x = real(10, 3) + 3
    parts = [ops.sufficient_statistics(x[rows], [0], shift) for rows in (slice(4), slice(4, None))]
    count, total, squares = (parts[0][i] + parts[1][i] for i in range(3))
    mean, variance = ops.normalize_moments(count, total, squares, parts[0][3])
    np.testing.assert_allclose(mean.numpy(), x.mean(0), rtol=1e-5)
    np.testing.assert_allclose(variance.numpy(), x.var(0), rtol=1e-3)


def test_batch_normalization_makes_mean_offset_and_deviation_scale() -> None:
    x = real(64, 3) * 5 + 2
    mean, variance = ops.moments(x, [0])
    y = ops.batch_normalization(x, mean, variance, np.float32([1, 2, 3]), np.float32([0.5, 1, 2]), 1e-8).numpy()
    np.testing.assert_allclose(y.mean(0), [1, 2, 3], atol=1e-5)
    np.testing.assert_allclose(y.std(0), [0.5, 1, 2], rtol=1e-5)
    plain = ops.batch_normalization(x, mean, variance, None, None, 1e-8).numpy()
    np.testing.assert_allclose(plain.std(0), 1, rtol=1e-5)


def test_fused_batch_norm_in_training_and_after_it() -> None:
    x, scale, offset = dk.tensor(real(4, 3, 3, 2)), np.float32([1, 2]), np.float32([0, 1])
    y, mean, variance = ops.fused_batch_norm(x, scale, offset)
    values = x.numpy()
    np.testing.assert_allclose(variance.numpy(), values.var((0, 1, 2), ddof=1), rtol=1e-5)
    np.testing.assert_allclose(y.numpy().mean((0, 1, 2)), offset, atol=1e-6)
    assert dk.gradients(mean, [x], warn=False) == [None]
    old_mean, old_variance = np.float32([0.1, -0.1]), np.float32([2, 3])
    moved = ops.fused_batch_norm(x, scale, offset, old_mean, old_variance, exponential_avg_factor=0.25)[1]
    np.testing.assert_allclose(moved.numpy(), 0.75 * old_mean + 0.25 * mean.numpy(), rtol=1e-5)
    y, _, _ = ops.fused_batch_norm(x, scale, offset, old_mean, old_variance, is_training=False)
    expected = scale * (values - old_mean) / np.sqrt(old_variance + 1e-3) + offset
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-4, atol=1e-5)
    half = ops.fused_batch_norm(ops.cast(x, "float16"), scale, offset)[0]
    assert half.dtype is dk.float16


def test_half_precision_moments_do_not_overflow() -> None:
    x = np.full((100, 1), 300, np.float16)
    x[::2] = 100
    mean, variance = ops.moments(x, [0])
    assert (mean.dtype, mean.item(), variance.item()) == (dk.float16, 200, 10000)


@pytest.mark.parametrize("strategy", ["mod", "div"])
@pytest.mark.parametrize("shards", [1, 2, 3, 4])
def test_sharded_embeddings_are_one_table(strategy, shards) -> None:
    table, ids = real(10, 3), np.array([[0, 9, 3], [4, 4, 7]], np.int32)
    tables = [table[i::shards] for i in range(shards)] if strategy == "mod" else np.array_split(table, shards)
    parts = [dk.tensor(t) for t in tables]
    rows = ops.embedding_lookup(parts, ids, strategy)
    np.testing.assert_array_equal(rows.numpy(), table[ids])
    counts = [g.numpy()[:, 0] for g in dk.gradients(rows, parts)]
    whole = np.zeros(10, np.float32)
    for i, count in enumerate(counts):
        at = np.arange(10)[i::shards] if strategy == "mod" else np.array_split(np.arange(10), shards)[i]
        whole[at] = count
    assert whole.tolist() == [1, 0, 0, 1, 2, 0, 0, 1, 0, 1]


def test_embeddings_in_a_graph() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        ids = tf.placeholder(tf.int64, [None, 2])
        table = real(5, 3)
        rows = tf.nn.embedding_lookup([table[::2], table[1::2]], ids)  # a list of arrays is a list of shards
        assert rows.shape.as_list() == [None, 2, 3]
        np.testing.assert_array_equal(session.run(rows, {ids: [[4, 1]]}), table[[[4, 1]]])


def test_a_row_that_no_id_names_stays_as_it_is_under_an_optimizer_that_remembers() -> None:
    """Shards are asked for their own rows alone: RMSProp's running mean of squares decays in rows of the gradient only."""
    with tf.Graph().as_default(), tf.Session() as session:
        tables = [tf.Variable(np.ones((2, 3), np.float32)) for _ in range(2)]
        rows = tf.nn.embedding_lookup(tables, [0, 2, 3])  # rows 0 and 1 of the first, row 1 of the second
        optimizer = tf.train.RMSPropOptimizer(0.1)
        step = optimizer.minimize(tf.reduce_sum(rows))
        session.run(tf.global_variables_initializer())
        session.run(step)
        first, second = session.run([optimizer.get_slot(table, "rms") for table in tables])
        assert second[0].tolist() == [1, 1, 1]
        np.testing.assert_array_equal(first, np.broadcast_to(second[1], (2, 3)))


def test_max_norm_shortens_long_rows_only() -> None:
    rows = ops.embedding_lookup(dk.tensor([[3.0, 4.0], [0.3, 0.4]]), [0, 1], max_norm=1.0).numpy()
    np.testing.assert_allclose(rows, [[0.6, 0.8], [0.3, 0.4]], rtol=1e-6)


def test_dense_layers_and_the_part_of_zeros() -> None:
    x, w, b = real(4, 3), real(3, 2), real(2)
    np.testing.assert_allclose(ops.xw_plus_b(x, w, b).numpy(), x @ w + b, rtol=1e-5, atol=1e-6)
    layer = ops.relu_layer(x, w, b)
    np.testing.assert_allclose(layer.numpy(), np.maximum(x @ w + b, 0), rtol=1e-5, atol=1e-6)
    assert ops.zero_fraction(layer).item() == pytest.approx(np.mean(layer.numpy() == 0))


def test_full_poisson_loss_is_near_the_exact_one() -> None:
    counts, c = np.float64([20, 35, 50]), np.float64([3, 3.5, 4])
    exact = np.exp(c) - c * counts + scipy.special.gammaln(counts + 1)
    np.testing.assert_allclose(ops.log_poisson_loss(counts, c, compute_full_loss=True).numpy(), exact, atol=5e-3)
    assert ops.log_poisson_loss(np.float64([1]), np.float64([0]), True).numpy().tolist() == [1]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: ops.bias_add(real(2, 3), real(2)), ShapeError, "one number for each channel"),
        (lambda: ops.bias_add(real(3), real(3)), ShapeError, "at least 2 axes"),
        (lambda: ops.bias_add(real(2, 3), real(3), "channels_last"), ArgumentError, "'NHWC'"),
        (
            lambda: ops.fused_batch_norm(real(1, 2, 2, 3), real(3), real(3), is_training=False),
            ArgumentError,
            "needs mean",
        ),
        (lambda: ops.embedding_lookup(dk.tensor(real(4, 2)), [4]), ArgumentError, "index 4 is out of range"),
        (lambda: ops.embedding_lookup([dk.tensor(real(4, 2))] * 2, [1], "hash"), ArgumentError, "'mod' or 'div'"),
        (lambda: ops.embedding_lookup([], [1]), ArgumentError, "without params"),
        (lambda: ops.local_response_normalization(real(2, 3)), ShapeError, "4 axes"),
    ],
)
def test_messages_of_normalization(call, error, words) -> None:
    with pytest.raises(error) as caught:
        call()
    assert words in f"{caught.value.what} {caught.value.rule} {caught.value.hint}"
