"""Draws follow their probabilities; sampled classes are different; images are read as they were written."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import ArgumentError, DataError


@pytest.fixture(autouse=True)
def sess():
    with tf.Graph().as_default(), tf.Session() as sess:
        yield sess


def test_draws_follow_their_probabilities(sess) -> None:
    draws = sess.run(tf.multinomial(np.log([[0.1, 0.2, 0.7]]).astype("f"), 4000, seed=1))[0]
    np.testing.assert_allclose(np.bincount(draws) / 4000, [0.1, 0.2, 0.7], atol=0.03)
    coins = sess.run(tf.distributions.Bernoulli(probs=[0.2, 0.9]).sample([3000], seed=2))
    np.testing.assert_allclose(coins.mean(0), [0.2, 0.9], atol=0.03)
    with pytest.raises(ArgumentError, match="either logits or probs"):
        tf.distributions.Bernoulli()
    with pytest.raises(ArgumentError, match="two of one kind"):
        tf.distributions.kl_divergence(tf.distributions.Normal(0.0, 1.0), tf.distributions.Uniform())


def test_sampled_classes_are_different_and_below_the_largest(sess) -> None:
    sampled, true, expected = sess.run(tf.nn.log_uniform_candidate_sampler([[0], [3]], 1, 20, True, 30, seed=1))
    assert len(set(sampled.tolist())) == 20
    assert sampled.min() >= 0
    assert sampled.max() < 30
    assert true[0, 0] > true[1, 0]
    assert (expected <= 1).all()
    with pytest.raises(ArgumentError, match="at most as many"):
        tf.nn.uniform_candidate_sampler([[0]], 1, 31, True, 30)


def test_image_files(sess) -> None:
    pytest.importorskip("PIL", reason="Pillow is not installed (extra: image)")
    pixels = np.random.default_rng(0).integers(0, 256, (6, 8, 3)).astype(np.uint8)
    png = tf.image.encode_png(pixels)
    assert sess.run(png).startswith(b"\x89PNG")
    back = tf.image.decode_image(png, channels=3)
    assert back.shape.as_list() == [None, None, 3]
    np.testing.assert_array_equal(sess.run(back), pixels)
    grey = sess.run(tf.image.decode_png(png, channels=1, dtype=tf.float32))
    assert grey.shape == (6, 8, 1)
    np.testing.assert_allclose(grey[..., 0], pixels @ [0.299, 0.587, 0.114] / 255, atol=0.01)
    smooth = np.full((8, 8, 1), 77, np.uint8)
    assert abs(sess.run(tf.image.decode_jpeg(tf.image.encode_jpeg(smooth))).astype(int) - 77).max() <= 1
    with pytest.raises(DataError, match="no image"):
        sess.run(tf.image.decode_jpeg(b"not an image"))
    with pytest.raises(ArgumentError, match="ratio=2"):
        tf.image.decode_jpeg(b"", ratio=2)
