"""Variational and regularized autoencoders: their losses against formulas, their draws against slopes, what is fed and asked."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, special, stats

import deepkit.v1 as tf
from deepkit.errors import ArgumentError, ShapeError
from deepkit.models.autoencoders.judging import judge, nearest
from deepkit.models.autoencoders.regularized import denoising, kl_divergence, sparse
from deepkit.models.autoencoders.session import Autoencoder
from deepkit.models.autoencoders.variational import draw, latent_cost, variational

RNG = np.random.default_rng(25)
IMAGES = (RNG.random((60, 4, 4)) < 0.4).astype(np.float32)


def value(tensor, feed=None):
    with tf.Session() as sess:
        return sess.run(tensor, feed)


@pytest.fixture(autouse=True)
def own_graph():
    with tf.Graph().as_default():
        yield


@pytest.mark.parametrize(("mean", "sigma"), [(0.0, 1.0), (1.5, 0.3), (-0.4, 2.5)])
def test_the_latent_cost_is_the_integral_in_both_forms(mean, sigma):
    q, p = stats.norm(mean, sigma), stats.norm()
    wanted, _ = integrate.quad(lambda z: q.pdf(z) * (q.logpdf(z) - p.logpdf(z)), mean - 9 * sigma, mean + 9 * sigma)
    for spread, form in ((sigma, "sigma"), (-sigma, "sigma"), (2 * np.log(sigma), "gamma")):
        found = value(latent_cost(tf.constant(mean, tf.float64), tf.constant(spread, tf.float64), form))
        np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-9)


def test_the_sparsity_cost_is_the_relative_entropy():
    q = np.array([0.02, 0.1, 0.5, 0.93])
    wanted = special.rel_entr(0.1, q) + special.rel_entr(0.9, 1 - q)
    np.testing.assert_allclose(value(kl_divergence(0.1, tf.constant(q))), wanted, atol=1e-12)
    (slope,) = tf.gradients(kl_divergence(0.1, at := tf.constant(q)), at)
    np.testing.assert_allclose(value(slope), (q - 0.1) / (q * (1 - q)), rtol=1e-9)


def test_a_slope_goes_through_a_draw():
    """The mean of z^2 is mean^2 + sigma^2, and its slopes are 2 mean and 2 sigma."""
    tf.set_random_seed(3)
    mean, sigma = (tf.constant(np.full(200_000, number)) for number in (0.7, 0.4))
    z = mean + sigma * tf.cast(tf.random_normal([200_000]), tf.float64)
    slopes = tf.gradients(tf.reduce_mean(tf.square(z)), [mean, sigma])
    found = [slope.sum() for slope in value(slopes)]
    np.testing.assert_allclose(found, [1.4, 0.8], atol=0.02)
    drawn = value(draw(tf.constant([[5.0, -5.0]] * 4000), tf.constant([[0.5, 2.0]] * 4000)))
    np.testing.assert_allclose([*drawn.mean(axis=0), *drawn.std(axis=0)], [5, -5, 0.5, 2], atol=0.15)


@pytest.mark.parametrize("form", ["gamma", "sigma", "point"])
def test_a_variational_network_learns_and_its_coding_is_fed(form):
    net = Autoencoder(variational((12,), 3, form), rate=0.01, pixels=16)
    history = net.fit(IMAGES, 30, batch=20)
    assert len(history["reconstruction"]) == 30
    assert history["reconstruction"][-1] < 0.95 * history["reconstruction"][0]
    assert (history["latent"][-1] == 0) == (form == "point")
    assert net.encode(IMAGES).shape == (60, 3)
    twice = [net.decode([[0.5, -1.0, 2.0]]) for _ in range(2)]
    assert twice[0].shape == (1, 4, 4)
    np.testing.assert_array_equal(*twice)
    same = np.array_equal(net.rebuild(IMAGES), net.rebuild(IMAGES))
    assert same == (form == "point")  # the others draw anew


@pytest.mark.parametrize("form", ["gamma", "sigma"])
def test_what_is_drawn_has_the_spread_that_is_paid_for(form):
    net = Autoencoder(variational((12,), 3, form), rate=0.01, pixels=16)
    net.fit(IMAGES, 10, batch=20)
    mean, sigma, cost = (net.ask(name, IMAGES[:1])[0] for name in ("mean", "sigma", "cost"))
    drawn = net.ask("codings", np.repeat(IMAGES[:1], 6000, axis=0))
    np.testing.assert_allclose(drawn.mean(axis=0), mean, atol=0.1 * np.abs(sigma).max())
    np.testing.assert_allclose(drawn.std(axis=0), np.abs(sigma), rtol=0.06)
    np.testing.assert_allclose(cost, (sigma**2 + mean**2 - 1 - np.log(sigma**2)) / 2, rtol=1e-3, atol=1e-5)


def test_beta_presses_the_codings_together():
    loose, pressed = (Autoencoder(variational((12,), 3, beta=beta), rate=0.01, pixels=16) for beta in (0.1, 100.0))
    for net in (loose, pressed):
        net.fit(IMAGES, 30, batch=20)
    assert pressed.ask("latent", IMAGES) < 0.1 < loose.ask("latent", IMAGES)
    np.testing.assert_allclose(loose.ask("cost", IMAGES).sum(axis=1).mean(), loose.ask("latent", IMAGES), rtol=1e-5)


def test_the_same_seed_learns_the_same():
    runs = [Autoencoder(variational((6,), 2), pixels=16, seed=seed).fit(IMAGES, 2, batch=20) for seed in (4, 4, 5)]
    assert runs[0] == runs[1] != runs[2]


def test_noise_is_there_in_training_only_unless_always():
    calm, restless = (Autoencoder(denoising(1.0, hidden=(8, 4), always=always), pixels=16) for always in (False, True))
    np.testing.assert_allclose(calm.ask("spoiled", IMAGES), IMAGES.reshape(60, 16))
    gap = restless.ask("spoiled", IMAGES) - IMAGES.reshape(60, 16)
    assert 0.9 < gap.std() < 1.1
    dropping = Autoencoder(denoising(dropout=0.3, hidden=(8, 4)), pixels=16)
    np.testing.assert_allclose(dropping.ask("spoiled", IMAGES), IMAGES.reshape(60, 16))
    assert dropping.fit(IMAGES, 20, batch=20)["MSE"][-1] < 0.3


@pytest.mark.parametrize("spoiling", [{"noise": 3.0}, {"dropout": 0.8}])
def test_training_sees_spoiled_images(spoiling):
    spoiled, clean = (Autoencoder(denoising(hidden=(8, 4), **how), rate=0.01, pixels=16) for how in (spoiling, {}))
    errors = [net.fit(IMAGES, 60, batch=20)["MSE"][-1] for net in (spoiled, clean)]
    assert errors[0] > 1.1 * errors[1]


@pytest.mark.parametrize("cross_entropy", [False, True])
def test_sparse_codings_come_near_their_target(cross_entropy):
    net = Autoencoder(sparse(0.1, 0.2, units=20, cross_entropy=cross_entropy), rate=0.03, pixels=16)
    history = net.fit(IMAGES, 40, batch=20)
    assert abs(net.encode(IMAGES).mean() - 0.1) < 0.03
    assert history["sparsity"][-1] < 0.1 * history["sparsity"][0]
    assert (history["MSE"] == history["reconstruction"]) == (not cross_entropy)
    assert net.weights == 2 * 16 * 20 + 16 + 20


def test_wrong_requests_are_named():
    net = Autoencoder(variational((6,), 2), pixels=16)
    with pytest.raises(ShapeError, match=r"\(n, 2\)"):
        net.decode([[1.0, 2.0, 3.0]])
    with pytest.raises(ShapeError, match="16 pixels"):
        net.encode(np.zeros((2, 5)))
    with pytest.raises(ArgumentError, match="no 'sparsity'"):
        net.ask("sparsity", IMAGES)
    with pytest.raises(ArgumentError, match="batches"):
        net.fit(IMAGES, 1, batch=61)
    with pytest.raises(ArgumentError, match="delta"):
        variational(form="delta")


def test_pictures_are_judged_by_a_classifier_and_by_their_neighbours():
    known = np.eye(4).reshape(4, 2, 2)
    made = known[[2, 2, 0]] * [[[0.5]], [[1.0]], [[0.9]]]

    def says(pictures):
        return np.array([[0.95, 0.05], [0.5, 0.5], [0.2, 0.8]])

    found = judge(says, made, known)
    assert (found.certainty, found.sure) == (pytest.approx(0.75), pytest.approx(1 / 3))
    assert (found.counts.tolist(), found.nearest.tolist()) == ([2, 1], [2, 2, 0])
    np.testing.assert_allclose(found.distances, [0.5, 0, 0.1], atol=1e-12)
    with pytest.raises(ShapeError):
        nearest(made, np.zeros((2, 3)))
    with pytest.raises(ShapeError):
        judge(lambda pictures: pictures, made, known)
