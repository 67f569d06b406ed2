"""What the steps of training read, and when, beside tf_keras in a graph: frozen models, shared layers, functions, phases."""

from __future__ import annotations

import contextlib
import os

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
pytest.importorskip("tensorflow", reason="TensorFlow is not installed (extra: peers)")
pytest.importorskip("tf_keras", reason="tf_keras is not installed (extra: peers)")

import tensorflow
import tf_keras as reference

from deepkit import keras

X = np.arange(10, dtype="f").reshape(10, 1) / 10
Y = 2 * X


def dense(module, **how):
    return module.layers.Dense(1, kernel_initializer="ones", **how)


def compiled(module, model, **how):
    model.compile(module.optimizers.legacy.SGD(0.1), "mse", **how)
    return model


def trained(model):
    return [float(model.train_on_batch(X, Y)) for _ in range(3)]


def frozen_discriminator(module):
    """A GAN's order: compile the discriminator, freeze it, compile both together."""

    def one():
        x = module.layers.Input((1,))
        return module.models.Model(x, dense(module)(x))

    generator, discriminator = one(), compiled(module, one())
    discriminator.trainable = False
    z = module.layers.Input((1,))
    both = compiled(module, module.models.Model(z, discriminator(generator(z))))
    losses = [[float(m.train_on_batch(X, Y)) for m in (discriminator, both)] for _ in range(3)]
    return [losses, *both.get_weights()]


def lambda_in_a_loop(module):
    """Predict, K.function and evaluate see the k of each call, not the last one."""
    x = h = module.layers.Input((1,))
    for k in range(3):
        h = module.layers.Lambda(lambda t: t * (k + 1) + k)(h)  # noqa: B023
    model = compiled(module, module.models.Model(x, h))
    function = module.backend.function([x], [h])
    return [model.predict(X, verbose=0), function([X])[0], model.evaluate(X, Y, verbose=0)]


def frozen_normalization(module):
    """Frozen before the first call: the moving averages are used, and stand."""
    x = module.layers.Input((1,))
    normalize = module.layers.BatchNormalization(trainable=False)
    model = compiled(module, module.models.Model(x, dense(module)(normalize(x))))
    return [trained(model), *model.get_weights()]


def learning_phase(module):
    x = module.layers.Input((1,))
    y = module.layers.BatchNormalization()(x)
    function = module.backend.function([x, module.backend.learning_phase()], [y])
    return [function([X, 0])[0], function([X, 1])[0]]


def shared_layer(module):
    x = module.layers.Input((1,))
    shared = dense(module, kernel_regularizer="l2")
    model = compiled(module, module.models.Model(x, module.layers.add([shared(x), shared(shared(x))])))
    return [trained(model), *model.get_weights(), len(model.losses)]


def frozen_after_compile(module):
    """compile takes a snapshot of what is trained; the next compile takes another."""
    x = module.layers.Input((1,))
    first = dense(module)
    model = compiled(module, module.models.Model(x, dense(module)(first(x))))
    first.trainable = False
    before = trained(model)
    kept = [w.copy() for w in model.get_weights()]
    return [before, *kept, trained(compiled(module, model)), *model.get_weights()]


PROGRAMS = [
    frozen_discriminator, lambda_in_a_loop, frozen_normalization, learning_phase, shared_layer, frozen_after_compile,
]


@pytest.mark.filterwarnings("ignore")  # both say that a model is trained which has been frozen since
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_a_program_gives_the_numbers_of_tf_keras(program):
    ours = program(keras)
    with tensorflow.Graph().as_default():
        theirs = program(reference)
    assert len(ours) == len(theirs)
    for mine, expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, expected, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("batch_size", [None, 2])
def test_steps_on_arrays(batch_size):
    found = []
    for module, graph in ((keras, contextlib.nullcontext()), (reference, tensorflow.Graph().as_default())):
        with graph:
            x = module.layers.Input((1,))
            model = compiled(module, module.models.Model(x, dense(module)(x)))
            history = model.fit(X, Y, batch_size, steps_per_epoch=3, epochs=2, verbose=0).history["loss"]
            found.append([history, *model.get_weights(), model.predict(X, batch_size, steps=3, verbose=0)])
    for mine, expected in zip(*found, strict=True):
        np.testing.assert_allclose(mine, expected, rtol=2e-5, atol=1e-6)
