"""Learning-rate schedules: TensorFlow's numbers, of a variable step and of plain numbers, always as nodes of the graph."""

from __future__ import annotations

import pytest

import deepkit.v1 as tf

STEPS = (0, 2, 5, 9, 14, 30)
DECAYS = {
    "exponential": (lambda n: tf.train.exponential_decay(0.05, n, 10, 0.9),
                    [0.05, 0.0489574, 0.0474342, 0.0454766, 0.0431429, 0.03645]),
    "staircase": (lambda n: tf.train.exponential_decay(0.05, n, 4, 0.9, staircase=True),
                  [0.05, 0.05, 0.045, 0.0405, 0.03645, 0.0239148]),
    "natural": (lambda n: tf.train.natural_exp_decay(0.05, n, 10, 0.9),
                [0.05, 0.0417635, 0.0318814, 0.0222429, 0.0141827, 0.00336028]),
    "inverse": (lambda n: tf.train.inverse_time_decay(0.05, n, 10, 0.9),
                [0.05, 0.0423729, 0.0344828, 0.0276243, 0.0221239, 0.0135135]),
    "polynomial": (lambda n: tf.train.polynomial_decay(0.05, n, 10, cycle=True),
                   [0.05, 0.04002, 0.02505, 0.00509, 0.01507, 0.0001]),
    "piecewise": (lambda n: tf.train.piecewise_constant(n, [3, 7], [1.0, 2.0, 3.0]), [1, 1, 2, 3, 3, 3]),
    "cosine": (lambda n: tf.train.cosine_decay(0.05, n, 10, alpha=0.1),
               [0.05, 0.0457029, 0.0275, 0.00610123, 0.005, 0.005]),
    "restarts": (lambda n: tf.train.cosine_decay_restarts(0.05, n, 3, m_mul=0.8, alpha=0.1),
                 [0.05, 0.01625, 0.032, 0.0338, 0.023127, 0.0209285]),
    "restarts of one length": (lambda n: tf.train.cosine_decay_restarts(0.05, n, 3, t_mul=1.0),
                               [0.05, 0.0125, 0.0125, 0.05, 0.0125, 0.05]),
    "linear cosine": (lambda n: tf.train.linear_cosine_decay(0.05, n, 10),
                      [0.05005, 0.0362303, 0.01255, 0.000172359, 5e-05, 5e-05]),
    "noisy, without noise": (lambda n: tf.train.noisy_linear_cosine_decay(0.05, n, 10, initial_variance=0.0),
                             [0.05005, 0.0362303, 0.01255, 0.000172359, 5e-05, 5e-05]),
}
"""What TensorFlow 2.21's tf.compat.v1.train computes, in six digits."""


@pytest.mark.parametrize("name", DECAYS)
def test_a_decay_of_numbers_is_a_node_too(name):
    decay, expected = DECAYS[name]
    with tf.Graph().as_default() as graph, tf.Session() as sess:
        rates = [decay(step) for step in STEPS]
        assert all(rate.graph is graph for rate in rates)
        assert sess.run(rates) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", DECAYS)
def test_a_decay_follows_the_global_step(name):
    decay, expected = DECAYS[name]
    with tf.Graph().as_default(), tf.Session() as sess:
        step = tf.train.create_global_step()
        rate = decay(step)
        found = []
        for number in STEPS:
            step.load(number, sess)
            found.append(sess.run(rate))
    assert found == pytest.approx(expected, rel=1e-5)


def test_noise_is_new_in_each_run_and_dies_away():
    with tf.Graph().as_default(), tf.Session() as sess:
        tf.set_random_seed(1)
        step = tf.placeholder(tf.int32, [])
        rate = tf.train.noisy_linear_cosine_decay(1.0, step, 1000, num_periods=0.0, variance_decay=2.0)
        early, late = ([float(sess.run(rate, {step: n})) for _ in range(200)] for n in (1, 400))
    mean, spread = sum(early) / 200, (sum((r - 0.999) ** 2 for r in early) / 200) ** 0.5
    assert abs(mean - 0.999) < 0.15  # the variance is (1 + 1) ** -2, so four standard errors of the mean are 0.14
    assert 0.4 < spread < 0.6
    assert max(abs(r - 0.601) for r in late) < 0.02
