"""The documents' autoencoders in TensorFlow and here, with the same weights and the same noise: losses, slopes, one step."""

from __future__ import annotations

import os
from types import SimpleNamespace

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
pytest.importorskip("tensorflow", reason="TensorFlow is not installed (extra: peers)")
pytest.importorskip("tf_keras", reason="tf.layers needs tf_keras")

import tensorflow.compat.v1 as reference

import deepkit.v1 as tf
from deepkit.models.autoencoders import regularized, variational

reference.disable_eager_execution()

RNG = np.random.default_rng(15)
IMAGES = RNG.random((12, 30)).astype(np.float32)
NETWORKS = {
    "noise": (lambda: regularized.denoising(1.0, hidden=(9, 5), always=True), 30),
    "sparse": (lambda: regularized.sparse(units=11), 0),
    "sparse, cross-entropy": (lambda: regularized.sparse(units=11, cross_entropy=True), 0),
    "variational, sigma": (lambda: variational.variational((9, 7), 4, "sigma"), 4),
    "variational, gamma": (lambda: variational.variational((9, 7), 4), 4),
}


class Face:
    """A module m, whose normal noise is given, and whose contrib has the one initializer that is asked for."""

    def __init__(self, module, noise):
        self._module, self._noise = module, noise
        initializer = SimpleNamespace(variance_scaling_initializer=lambda: module.variance_scaling_initializer(2.0))
        self.contrib = SimpleNamespace(layers=initializer)

    def random_normal(self, shape):
        return self._module.constant(self._noise)

    def __getattr__(self, name):
        return getattr(self._module, name)


def measured(module, build, noise, weights, monkeypatch):
    """Weights, parts of the loss, slopes of the loss, and the loss after a step of Adam."""
    for one in (regularized, variational):
        monkeypatch.setattr(one, "tf", Face(module, noise))
    with module.Graph().as_default(), module.Session() as sess:
        x, training = module.placeholder(module.float32, [None, 30]), module.constant(True)
        net, feed = build()(x, training), {x: IMAGES}
        variables = module.trainable_variables()
        step = module.train.AdamOptimizer(0.01).minimize(net.loss)
        sess.run(module.global_variables_initializer())
        if weights is None:
            weights = sess.run(variables)
        for variable, given in zip(variables, weights, strict=True):
            variable.load(given, sess)
        parts, slopes = sess.run([list(net.parts.values()), module.gradients(net.loss, variables)], feed)
        sess.run(step, feed)
        return weights, parts, slopes, sess.run(net.loss, feed)


@pytest.mark.parametrize("name", NETWORKS)
def test_an_autoencoder_computes_what_tensorflow_computes(name, monkeypatch):
    build, width = NETWORKS[name]
    noise = RNG.normal(size=(12, width)).astype(np.float32)
    weights, parts, slopes, after = measured(reference, build, noise, None, monkeypatch)
    _, our_parts, our_slopes, our_after = measured(tf, build, noise, weights, monkeypatch)
    np.testing.assert_allclose(our_parts, parts, rtol=2e-5)
    for ours, theirs in zip(our_slopes, slopes, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-4, atol=2e-5)
    np.testing.assert_allclose(our_after, after, rtol=2e-4)
