"""Candidate samplers and the losses built on them beside TensorFlow: the same classes, counts, losses and gradients."""

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

TRUE = np.array([[1, 3], [0, 9]], np.int64)
SAMPLES = {
    "log uniform": lambda m: m.nn.log_uniform_candidate_sampler(TRUE, 2, 8, False, 1000, seed=5),
    "log uniform, unique": lambda m: m.nn.log_uniform_candidate_sampler(TRUE, 2, 15, True, 20, seed=6),
    "uniform": lambda m: m.nn.uniform_candidate_sampler(TRUE, 2, 8, False, 1000, seed=5),
    "uniform, unique": lambda m: m.nn.uniform_candidate_sampler(TRUE, 2, 8, True, 10, seed=7),
}


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("graph_seed", [None, 1234])
def test_samples(name, graph_seed) -> None:
    drawn = []
    for m in (tf, reference):
        with m.Graph().as_default(), m.Session() as sess:
            m.set_random_seed(graph_seed)
            sample = SAMPLES[name](m)
            drawn.append([part for _ in range(3) for part in sess.run(sample)])
    for ours, theirs in zip(*drawn, strict=True):
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)


def test_expected_counts_of_unigrams() -> None:
    counts = []
    for m in (tf, reference):
        with m.Graph().as_default(), m.Session() as sess:
            sample = m.nn.fixed_unigram_candidate_sampler(
                TRUE, 2, 4, False, 10, unigrams=list(range(1, 10)), num_reserved_ids=1, distortion=0.75, seed=1
            )
            counts.append(sess.run(sample[1]))
    np.testing.assert_allclose(*counts, rtol=1e-5)


RNG = np.random.default_rng(2)
W, B = RNG.normal(size=(30, 4)).astype("f"), RNG.normal(size=30).astype("f")
X = RNG.normal(size=(5, 4)).astype("f")
LABELS = {1: RNG.integers(0, 30, (5, 1)), 2: RNG.integers(0, 30, (5, 2))}


@pytest.mark.parametrize("loss", ["nce_loss", "sampled_softmax_loss"])
@pytest.mark.parametrize("num_true", [1, 2])
@pytest.mark.parametrize("remove", [False, True])
def test_losses_and_their_gradients(loss, num_true, remove) -> None:
    found = []
    for m in (tf, reference):
        with m.Graph().as_default(), m.Session() as sess, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            weights, biases, inputs = m.Variable(W), m.Variable(B), m.Variable(X)
            sample = m.nn.log_uniform_candidate_sampler(LABELS[num_true], num_true, 12, True, 30, seed=3)
            more = {"sampled_values": sample} if loss == "nce_loss" else {"seed": 3}
            value = getattr(m.nn, loss)(
                weights=weights, biases=biases, labels=m.constant(LABELS[num_true]), inputs=inputs, num_sampled=12,
                num_classes=30, num_true=num_true, remove_accidental_hits=remove, **more,
            )
            gradients = [m.convert_to_tensor(g) for g in m.gradients(value, [weights, biases, inputs])]
            sess.run(m.global_variables_initializer())
            found.append(sess.run([value, *gradients]))
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
