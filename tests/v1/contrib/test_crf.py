"""tf.contrib.crf against the sum over all tag sequences."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit import errors

crf = tf.contrib.crf
RNG = np.random.default_rng(5)
B, T, N = 4, 4, 3
SCORES = RNG.normal(size=(B, T, N)).astype(np.float32)
TRANSITIONS = RNG.normal(size=(N, N)).astype(np.float32)
TAGS = RNG.integers(0, N, (B, T)).astype(np.int32)
LENGTHS = [4, 2, 1, 0]


def score(b, tags):
    return sum(SCORES[b, t, k] for t, k in enumerate(tags)) + sum(
        TRANSITIONS[i, j] for i, j in itertools.pairwise(tags)
    )


def every(b):
    return {tags: score(b, tags) for tags in itertools.product(range(N), repeat=LENGTHS[b])}


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as g:
        yield g


@pytest.mark.parametrize("known", [True, False])
def test_the_likelihood_is_a_share_of_all_sequences(known):
    x = tf.constant(SCORES) if known else tf.placeholder(tf.float32, [None, None, N])
    transitions = tf.constant(TRANSITIONS)
    log_p, same = crf.crf_log_likelihood(x, TAGS, LENGTHS, transitions)
    slopes = tf.gradients(log_p, [x, transitions])
    with tf.Session() as sess:
        got, dx, _ = sess.run([log_p, *slopes], {} if known else {x: SCORES})
    for b, n in enumerate(LENGTHS):
        total = every(b)
        norm = np.log(sum(np.exp(s) for s in total.values()))
        assert got[b] == pytest.approx(score(b, TAGS[b, :n].tolist()) - norm, abs=1e-4)
        for t in range(n):  # the derivative: the tag itself, less how likely it is there
            likely = [sum(np.exp(s - norm) for tags, s in total.items() if tags[t] == k) for k in range(N)]
            np.testing.assert_allclose(dx[b, t], np.eye(N)[TAGS[b, t]] - likely, atol=1e-4)
        assert np.abs(dx[b, n:]).sum() == 0
    assert same is transitions


@pytest.mark.parametrize("known", [True, False])
def test_decoding_finds_the_best_sequence(known):
    x = tf.constant(SCORES) if known else tf.placeholder(tf.float32, [None, None, N])
    with tf.Session() as sess:
        tags, best = sess.run(crf.crf_decode(x, TRANSITIONS, LENGTHS), {} if known else {x: SCORES})
    for b, n in enumerate(LENGTHS):
        total = every(b)
        want = max(total, key=lambda tags: total[tags])
        assert tags[b].tolist() == [*want, *[0] * (T - n)]
        assert best[b] == pytest.approx(total[want], abs=1e-4)
        if n:
            alone, value = crf.viterbi_decode(SCORES[b, :n], TRANSITIONS)
            assert (tuple(alone), value) == (want, pytest.approx(total[want], abs=1e-4))


def test_a_tagger_learns():
    tf.set_random_seed(1)
    x = np.eye(N, dtype=np.float32)[TAGS]
    log_p, transitions = crf.crf_log_likelihood(tf.layers.dense(tf.constant(x), N), (TAGS + 1) % N, [T] * B)
    assert transitions.name == "transitions:0"
    loss = tf.reduce_mean(-log_p)
    step = tf.train.AdamOptimizer(0.1).minimize(loss)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        before = sess.run(loss)
        for _ in range(60):
            sess.run(step)
        assert sess.run(loss) < 0.5 * before


def test_scores_have_three_axes():
    with pytest.raises(errors.ShapeError, match=r"\(batch, time, tags\)"):
        crf.crf_decode(SCORES[0], TRANSITIONS, [T])
