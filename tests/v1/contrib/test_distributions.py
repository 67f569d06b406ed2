"""tf.distributions and tf.contrib.distributions beside scipy.stats: densities, moments, and the moments of what is drawn."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.integrate
import scipy.stats as stats

import deepkit.v1 as tf
from deepkit.errors import ArgumentError

d = tf.contrib.distributions
A, B = np.array([1.5, 3.0, 7.0]), np.array([0.5, 2.0, 4.0])
P = np.array([[0.1, 0.2, 0.7], [0.5, 0.25, 0.25]])
SHARES = np.array([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]])


@pytest.fixture(autouse=True)
def sess():
    with tf.Graph().as_default(), tf.Session() as sess:
        yield sess


def near(draws, mean, spread):
    """The mean of independent draws lies within five standard errors of what it is of: 1 of 1.7 million does not."""
    assert np.all(np.abs(draws.mean(0) - mean) <= 5 * np.asarray(spread) / len(draws) ** 0.5), (draws.mean(0), mean)


def near_squares(draws, mean, variance):
    """The same of the squares around the mean; their own spread is that of the draws."""
    squares = (draws - mean) ** 2
    near(squares, variance, squares.std(0))


CONTINUOUS = {
    "Normal": (lambda: d.Normal(A, B), stats.norm(A, B), A + 0.3),
    "Uniform": (lambda: d.Uniform(A, A + B), stats.uniform(A, B), A + 0.3),
    "Exponential": (lambda: d.Exponential(A), stats.expon(scale=1 / A), B),
    "Laplace": (lambda: d.Laplace(A, B), stats.laplace(A, B), A - [0.3, -0.4, 0.9]),
    "Logistic": (lambda: d.Logistic(A, B), stats.logistic(A, B), A - [0.3, -0.4, 0.9]),
    "Gamma": (lambda: d.Gamma(A, B), stats.gamma(A, scale=1 / B), B),
    "Beta": (lambda: d.Beta(A, B), stats.beta(A, B), np.array([0.2, 0.5, 0.9])),
    "StudentT": (lambda: d.StudentT(A + 2, A, B), stats.t(A + 2, A, B), A - [0.3, -0.4, 0.9]),
}


@pytest.mark.parametrize("name", CONTINUOUS)
def test_numbers(sess, name):
    make, reference, x = CONTINUOUS[name]
    x_of = make()
    assert (x_of.batch_shape, x_of.event_shape, x_of.dtype) == ([3], [], tf.float64)
    names = ["log_prob", "prob", "cdf", "log_cdf", "survival_function"]
    got = sess.run([getattr(x_of, n)(x) for n in names])
    log, cdf = reference.logpdf(x), reference.cdf(x)
    for a, b in zip(got, [log, np.exp(log), cdf, np.log(cdf), 1 - cdf], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-7)
    moments = sess.run([x_of.mean(), x_of.variance(), x_of.stddev(), x_of.entropy() + 0 * A])
    for a, b in zip(moments, [reference.mean(), reference.var(), reference.std(), reference.entropy()], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)
    draws = x_of.sample([20000], seed=1)
    assert draws.shape == [20000, 3]
    draws = sess.run(draws)
    for k in range(3):
        assert stats.kstest(draws[:, k], lambda v, k=k: _cdf(reference, v, k)).pvalue > 1e-4


def _cdf(reference, values, k):
    return reference.cdf(np.broadcast_to(values[:, None], (len(values), 3)))[:, k]


@pytest.mark.parametrize(("name", "expected"), [
    ("Laplace", A), ("Logistic", A), ("Exponential", 0 * A), ("StudentT", A), ("Gamma", (A - 1) / B),
    ("Beta", [np.nan, 2 / 3, 6 / 9]),
])
def test_modes(sess, name, expected):
    np.testing.assert_allclose(sess.run(CONTINUOUS[name][0]().mode()), expected, rtol=1e-12)


def test_moments_that_do_not_exist(sess):
    t = d.StudentT([0.5, 1.5, 3.0], 1.0, 2.0)
    np.testing.assert_allclose(sess.run(t.mean()), [np.nan, 1, 1])
    np.testing.assert_allclose(sess.run(t.variance()), [np.nan, np.inf, 12], rtol=1e-6)
    np.testing.assert_allclose(sess.run(d.Gamma([0.5, 2.0], 1.0).mode()), [np.nan, 1])


@pytest.mark.parametrize("given", ["rate", "log_rate"])
def test_counts(sess, given):
    x_of, k = d.Poisson(A) if given == "rate" else d.Poisson(log_rate=np.log(A)), np.array([0.0, 2.0, 9.0])
    got = sess.run([x_of.log_prob(k), x_of.cdf(k + 0.5), x_of.cdf(-1.0), x_of.mean(), x_of.variance(), x_of.mode()])
    rate = A if given == "rate" else np.exp(np.log(A))  # 7 but for rounding: its mode is 6 then
    want = [stats.poisson(A).logpmf(k), stats.poisson(A).cdf(k), 0 * A, A, A, np.floor(rate)]
    for a, b in zip(got, want, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-7)
    draws = sess.run(x_of.sample(20000, seed=3))
    near(draws, A, A**0.5)
    near_squares(draws, A, A)
    with pytest.raises(ArgumentError, match="rate or log_rate"):
        d.Poisson()


def test_shares(sess):
    a = np.array([[1.5, 2.0, 3.0], [4.0, 0.5, 2.5]])
    x_of = d.Dirichlet(a)
    assert (x_of.batch_shape, x_of.event_shape) == ([2], [3])
    got = sess.run([x_of.log_prob(SHARES), x_of.entropy(), x_of.mean(), x_of.variance()])
    each = [stats.dirichlet(row) for row in a]
    want = [[r.logpdf(x) for r, x in zip(each, SHARES, strict=True)]]
    want += [[getattr(r, n)() for r in each] for n in ("entropy", "mean", "var")]
    for g, w in zip(got, want, strict=True):
        np.testing.assert_allclose(g, w, rtol=1e-7)
    np.testing.assert_allclose(sess.run(d.Dirichlet(A).mode()), (A - 1) / 8.5, rtol=1e-12)
    assert np.isnan(sess.run(x_of.mode())[1]).all()
    draws = sess.run(x_of.sample([20000], seed=1))
    assert draws.shape == (20000, 2, 3)
    np.testing.assert_allclose(draws.sum(-1), 1, rtol=1e-9)
    near(draws, got[2], got[3] ** 0.5)
    near_squares(draws, got[2], got[3])


# ---- vectors


def test_normal_vectors(sess):
    loc, scale = SHARES, np.array([1.0, 2.0, 0.5])
    x_of = d.MultivariateNormalDiag(loc, scale)
    assert (x_of.batch_shape, x_of.event_shape) == ([2], [3])
    x = SHARES + P
    want = [stats.multivariate_normal(m, np.diag(scale**2)) for m in loc]
    np.testing.assert_allclose(sess.run(x_of.log_prob(x)), [w.logpdf(v) for w, v in zip(want, x, strict=True)], rtol=1e-9)
    np.testing.assert_allclose(sess.run(x_of.entropy()), [w.entropy() for w in want], rtol=1e-9)
    np.testing.assert_allclose(*sess.run([x_of.mean(), tf.constant(loc)]))
    np.testing.assert_allclose(sess.run(x_of.stddev()), [scale, scale])
    draws = sess.run(x_of.sample([20000], seed=1))
    near(draws, loc, scale)
    near_squares(draws, loc, scale**2)
    apart = draws[:, 0] - loc[0]
    near(apart * np.roll(apart, 1, axis=1), 0, scale * np.roll(scale, 1))  # independent: no covariance
    more = d.MultivariateNormalDiag(loc, scale_identity_multiplier=np.array([2.0, 3.0]))
    np.testing.assert_allclose(sess.run(more.stddev()), np.array([2.0, 3.0])[:, None] + np.zeros(3))
    np.testing.assert_allclose(sess.run(d.MultivariateNormalDiag(scale_diag=scale).log_prob(scale)),
                               stats.multivariate_normal(0 * scale, np.diag(scale**2)).logpdf(scale))
    with pytest.raises(ArgumentError, match="how long"):
        d.MultivariateNormalDiag()


def test_batches_as_one_value(sess):
    inside = stats.norm(A, B).logpdf(A + 1)
    x_of = d.Independent(d.Normal(np.stack([A, A]), B), 1)
    assert (x_of.batch_shape, x_of.event_shape) == ([2], [3])
    np.testing.assert_allclose(sess.run(x_of.log_prob(A + 1)), [inside.sum()] * 2)
    assert d.Independent(d.Normal(A, B), 0).event_shape == []
    assert d.Independent(d.Normal(np.ones((2, 3, 4)), 1.0)).event_shape == [3, 4]
    with pytest.raises(ArgumentError, match="at most as many"):
        d.Independent(d.Normal(0.0, 1.0), 1)


@pytest.mark.parametrize("given", ["logits", "probs"])
def test_classes_as_vectors(sess, given):
    x_of = d.OneHotCategorical(**{given: P if given == "probs" else np.log(P)})
    assert (x_of.batch_shape, x_of.event_shape) == ([2], [3])
    hot = np.array([[0, 1, 0], [1, 0, 0]])
    got = sess.run([x_of.log_prob(hot), x_of.entropy(), x_of.mean(), x_of.variance(), x_of.mode()])
    want = [np.log([0.2, 0.5]), stats.entropy(P, axis=1), P, P * (1 - P), [[0, 0, 1], [1, 0, 0]]]
    for g, w in zip(got, want, strict=True):
        np.testing.assert_allclose(g, w, rtol=1e-7)
    draws = sess.run(x_of.sample([5000], seed=2))
    assert draws.shape == (5000, 2, 3)
    assert (draws.sum(-1) == 1).all()
    near(draws, P, (P * (1 - P)) ** 0.5)


def test_relaxed_truth_values(sess):
    x_of = d.RelaxedBernoulli(0.7, probs=np.float64(0.3))
    place = tf.placeholder(tf.float64, [])
    density = x_of.prob(place)
    area = scipy.integrate.quad(lambda x: float(sess.run(density, {place: x})), 0.05, 0.6)[0]
    low, high = sess.run([x_of.cdf(np.float64(0.05)), x_of.cdf(np.float64(0.6))])
    np.testing.assert_allclose(area, high - low, rtol=1e-6)
    draws = sess.run(x_of.sample([20000], seed=1))
    near(draws > 0.5, 0.3, (0.3 * 0.7) ** 0.5)
    near(draws < 0.6, high, (high * (1 - high)) ** 0.5)
    logits = tf.constant(0.5)
    assert sess.run(tf.gradients(d.RelaxedBernoulli(1.0, logits).sample(seed=1), logits))[0] > 0


def test_relaxed_classes(sess):
    x_of = d.RelaxedOneHotCategorical(np.float64(0.8), probs=P)
    assert (x_of.batch_shape, x_of.event_shape) == ([2], [3])
    draws = sess.run(x_of.sample([20000], seed=1))
    np.testing.assert_allclose(draws.sum(-1), 1, rtol=1e-9)
    near(draws.argmax(2)[..., None] == np.arange(3), P, (P * (1 - P)) ** 0.5)
    two = d.RelaxedOneHotCategorical(np.float64(0.7), probs=np.array([0.3, 0.7]))
    x = np.array([[0.2, 0.8], [0.9, 0.1]])
    one = d.RelaxedBernoulli(np.float64(0.7), probs=0.3)
    np.testing.assert_allclose(*sess.run([two.log_prob(x), one.log_prob(x[:, 0])]), rtol=1e-9)


# ---- mixtures


def test_mixtures(sess):
    loc, scale, p = np.array([-2.0, 0.0, 3.0]), np.array([0.5, 1.0, 2.0]), np.array([0.2, 0.3, 0.5])
    same = d.MixtureSameFamily(d.Categorical(probs=p), d.Normal(loc, scale))
    listed = d.Mixture(d.Categorical(probs=p), [d.Normal(m, s) for m, s in zip(loc, scale, strict=True)])
    x = np.linspace(-3, 5, 7)
    want = np.log((p * stats.norm(loc, scale).pdf(x[:, None])).sum(1))
    mean = (p * loc).sum()
    variance = (p * (scale**2 + loc**2)).sum() - mean**2
    for mixed in (same, listed):
        assert (mixed.batch_shape, mixed.event_shape) == ([], [])
        np.testing.assert_allclose(sess.run(mixed.log_prob(x)), want, rtol=1e-9)
        np.testing.assert_allclose(sess.run([mixed.mean(), mixed.variance()]), [mean, variance], rtol=1e-9)
        draws = sess.run(mixed.sample([20000], seed=4))
        near(draws, mean, variance**0.5)
        near_squares(draws, mean, variance)
    np.testing.assert_allclose(sess.run(same.cdf(x)), (p * stats.norm(loc, scale).cdf(x[:, None])).sum(1), rtol=1e-9)


def test_mixtures_of_vectors(sess):
    loc = np.array([[0.0, 1.0], [4.0, -1.0]])
    mixed = d.MixtureSameFamily(d.Categorical(probs=[0.25, 0.75]), d.MultivariateNormalDiag(loc.astype("f")))
    x = np.array([[1.0, 0.0], [4.0, 0.0], [2.0, 2.0]], "f")
    want = np.log(sum(p * stats.multivariate_normal(m).pdf(x) for p, m in zip((0.25, 0.75), loc, strict=True)))
    np.testing.assert_allclose(sess.run(mixed.log_prob(x)), want, rtol=1e-5)
    np.testing.assert_allclose(sess.run(mixed.mean()), [3.0, -0.5], rtol=1e-6)
    spread = (1 + 0.25 * 0.75 * np.array([4.0, 2.0]) ** 2) ** 0.5  # within the parts, and between their means
    near(sess.run(mixed.sample([4000], seed=1)), [3.0, -0.5], spread)


# ---- divergences


PAIRS = {
    "Gamma": (lambda: (d.Gamma(A, B), d.Gamma(B, A))), "Beta": (lambda: (d.Beta(A, B), d.Beta(B, A))),
    "Normal": (lambda: (d.Normal(A, B), d.Normal(B, A))),
    "MultivariateNormalDiag": (lambda: (d.MultivariateNormalDiag(A, B), d.MultivariateNormalDiag(B, A))),
    "Dirichlet": (lambda: (d.Dirichlet(A), d.Dirichlet(B))),
    "OneHotCategorical": (lambda: (d.OneHotCategorical(probs=P[0]), d.OneHotCategorical(probs=P[1]))),
}


@pytest.mark.parametrize("name", PAIRS)
def test_divergences(sess, name):
    a, b = PAIRS[name]()
    x = a.sample([100000], seed=1)
    got, distances = sess.run([d.kl_divergence(a, b), a.log_prob(x) - b.log_prob(x)])
    np.testing.assert_allclose(got, distances.mean(0), atol=5 * distances.std(0).max() / 100000**0.5)
    np.testing.assert_allclose(sess.run(d.kl_divergence(a, a)), 0, atol=1e-12)
