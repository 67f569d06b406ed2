"""Layers that are taken over: classifiers that begin with them, Boltzmann machines counted out, tasks beside the task."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.models.autoencoders.auxiliary import good_or_bad, pairs_of, same_or_different, spoilt
from deepkit.models.autoencoders.belief import BoltzmannMachine, belief_network
from deepkit.models.autoencoders.pretraining import classifier, labelled, read_with

RNG = np.random.default_rng(4)
KINDS = np.repeat(np.arange(3), 40)
SPOTS = np.clip(np.eye(3).repeat(4, axis=1)[KINDS] * 0.8 + 0.1 * RNG.normal(size=(120, 12)), 0, 1).astype("float32")
SIZES = (12, 6, 4)


@pytest.fixture(autouse=True)
def _own_graph():
    with tf.Graph().as_default():
        yield


def test_a_classifiers_loss_is_a_vector_and_its_slope_that_of_the_mean_times_the_batch():
    net = classifier(SIZES, 3, 0.02)
    of_vector, of_mean = tf.gradients(net.loss, net.weights), tf.gradients(tf.reduce_mean(net.loss), net.weights)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        feed = {net.x: SPOTS, net.y: KINDS}
        loss, scores, weights, accuracy, many, one = sess.run(
            [net.loss, net.scores, net.weights, net.accuracy, of_vector, of_mean], feed)
    right = scores[np.arange(120), KINDS]
    penalty = 0.01 * sum(np.sum(w**2) for w in weights)
    np.testing.assert_allclose(loss, np.log(np.exp(scores).sum(axis=1)) - right + penalty, rtol=1e-4)
    assert accuracy == pytest.approx(np.mean(scores.argmax(axis=1) == KINDS))
    for a, b in zip(many, one, strict=True):
        np.testing.assert_allclose(a, 120 * b, rtol=1e-4, atol=1e-5)


def test_frozen_layers_stay_and_others_begin_where_they_were_put(monkeypatch):
    start, ends = [(RNG.normal(size=(12, 6)), np.arange(6.0)), (RNG.normal(size=(6, 4)), np.ones(4))], []
    real = tf.Session.run

    def watched(self, fetches, feed_dict=None, **more):
        if isinstance(feed_dict, dict) and len(feed_dict) == 2:
            ends.append(real(self, tf.trainable_variables()))
        return real(self, fetches, feed_dict, **more)

    monkeypatch.setattr(tf.Session, "run", watched)
    for frozen in (True, False):
        ends.clear()
        read_with(SPOTS, KINDS, (SPOTS, KINDS), SIZES, start, frozen, steps=5)
        first = {v.shape: v for v in ends[0]}
        np.testing.assert_allclose(first[12, 6], start[0][0], rtol=1e-6)
        np.testing.assert_allclose(first[6,], start[0][1])
        last = {v.shape: v for v in ends[-1]}
        for shape in ((12, 6), (6,), (6, 4)):
            assert np.array_equal(last[shape], first[shape]) == frozen
        assert not np.array_equal(last[4, 3], first[4, 3])


def test_labels_are_learned_and_the_seed_decides():
    few = labelled(KINDS, 5, 3)
    assert sorted(KINDS[few]) == [0] * 5 + [1] * 5 + [2] * 5
    assert len(set(few)) == 15
    scores = [read_with(SPOTS[few], KINDS[few], (SPOTS, KINDS), SIZES, steps=100, rate=0.02, seed=s) for s in (1, 1, 2)]
    assert scores[0] == scores[1] > 0.9


def machine() -> BoltzmannMachine:
    made = BoltzmannMachine(4, 3)
    made.weights, made.a, made.b = RNG.normal(size=(4, 3)), RNG.normal(size=4), RNG.normal(size=3)
    return made


def test_a_boltzmann_machines_halves_are_those_of_its_table():
    """All 2^7 states counted out."""
    m = machine()
    states = np.array(list(itertools.product((0.0, 1.0), repeat=7)))
    v, h = states[:, :4], states[:, 4:]
    p = np.exp(np.einsum("ni,ij,nj->n", v, m.weights, h) + v @ m.a + h @ m.b)
    for given in v[::8]:
        here = (v == given).all(axis=1)
        np.testing.assert_allclose(m.up(given[None])[0], p[here] @ h[here] / p[here].sum())
        assert m.free_energy(given[None])[0] == pytest.approx(-np.log(p[here].sum()))
    for given in h[:8]:
        here = (h == given).all(axis=1)
        np.testing.assert_allclose(m.down(given[None])[0], p[here] @ v[here] / p[here].sum())


def test_contrastive_divergence_makes_the_data_more_likely():
    """The exact likelihood of all 2^6 visible states, before and after."""
    data = np.array([[1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]] * 20, float)
    m, everything = BoltzmannMachine(6, 3), np.array(list(itertools.product((0.0, 1.0), repeat=6)))

    def likelihood() -> float:
        return float(np.mean(-m.free_energy(data)) - np.log(np.exp(-m.free_energy(everything)).sum()))

    before, errors = likelihood(), m.fit(data, 200, 0.2, 10)
    assert before == pytest.approx(-6 * np.log(2), rel=0.02)
    assert likelihood() > -1.5  # two states alone would be -log 2
    assert errors[-1] < 0.3 * errors[0]


def test_a_belief_network_is_a_machine_on_a_machine():
    layers = belief_network(SPOTS, [6, 4], 3, seed=5)
    assert [(w.shape, b.shape) for w, b in layers] == [((12, 6), (6,)), ((6, 4), (4,))]
    first = BoltzmannMachine(12, 6, 5)
    first.fit(SPOTS, 3)
    np.testing.assert_allclose(layers[0][0], first.weights, rtol=1e-5)
    second = BoltzmannMachine(6, 4, 6)
    second.fit(first.up(SPOTS), 3)
    np.testing.assert_allclose(layers[1][0], second.weights, rtol=1e-5)


def test_pairs_are_the_same_in_half_of_the_cases():
    partner, same = pairs_of(np.repeat(np.arange(10), 200), np.random.RandomState(0))
    np.testing.assert_array_equal(same, (np.repeat(np.arange(10), 200)[partner] == np.repeat(np.arange(10), 200)))
    assert 0.5 < same.mean() < 0.6  # half on purpose, a tenth of the others by chance


def test_spoilt_images_are_the_same_pieces_in_another_order():
    images = np.arange(2 * 64, dtype=float).reshape(2, 64)
    ruined = spoilt(images, np.random.RandomState(0), blocks=4)
    for was, now in zip(images.reshape(2, 8, 8), ruined.reshape(2, 8, 8), strict=True):
        def pieces(one):
            return {tuple(one[i : i + 2, j : j + 2].ravel()) for i in range(0, 8, 2) for j in range(0, 8, 2)}
        assert pieces(was) == pieces(now)
        assert not np.array_equal(was, now)


@pytest.mark.parametrize("margin", [None, 1.0])
def test_good_is_told_from_bad(margin):
    images = np.tile(np.linspace(0, 1, 16), (100, 1)) + 0.05 * RNG.normal(size=(100, 16))
    layers, share = good_or_bad(images, (16, 6), margin, epochs=30, rate=0.02, batch=20)
    assert share > 0.95
    assert [w.shape for w, _ in layers] == [(16, 6)]


def test_pairs_teach_what_is_the_same():
    layers, share = same_or_different(SPOTS, KINDS, SIZES, 40, rate=0.02, batch=30)
    assert share > 0.95
    layer = SPOTS
    for w, b in layers:
        layer = layer @ w + b
        layer = np.where(layer > 0, layer, np.expm1(layer))
    near = np.abs(layer[:, None] - layer[None]).sum(axis=2)
    same = KINDS[:, None] == KINDS[None]
    assert near[same].mean() < 0.5 * near[~same].mean()
