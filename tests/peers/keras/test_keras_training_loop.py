"""What training reports, beside tf_keras as a TensorFlow-1 program has it: in a graph, as Keras 2.3.1 does.

Two differences are meant: validation goes through its samples in order, where tf_keras shuffles them, and an epoch over a
generator with batches of several sizes weighs them by their size, as Keras 2.3.1 does, where tf_keras does not.
"""

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

RNG = np.random.default_rng(11)
X = RNG.normal(size=(7, 2)).astype("f")
Y = {"a": RNG.normal(size=(7, 1)).astype("f"), "b": RNG.integers(0, 3, (7, 1)).astype("f")}
W = RNG.uniform(size=7).astype("f")
KERNELS = RNG.normal(size=(2, 1)).astype("f"), RNG.normal(size=(2, 3)).astype("f")


def both(act):
    """act(module, model) here and there, on models with equal weights: `a` is a number, `b` are three probabilities."""
    found = []
    for module, graph in ((keras, contextlib.nullcontext()), (reference, tensorflow.Graph().as_default())):
        with graph:
            x = module.layers.Input((2,))
            a = module.layers.Dense(1, use_bias=False, name="a")(x)
            b = module.layers.Dense(3, use_bias=False, activation="softmax", name="b")(x)
            model = module.models.Model(x, [a, b])
            model.set_weights(KERNELS)
            found.append(act(module, model))
    return found


def compiled(module, model, **how):
    for name in Y:  # tf_keras trains no weight that the loss does not depend on
        model.get_layer(name).trainable = name in how.get("loss", Y)
    optimizer = module.optimizers.legacy.SGD(0.1)
    model.compile(optimizer, **{"loss": {"a": "mse", "b": "sparse_categorical_crossentropy"}, **how})
    return model


def close(ours, theirs):
    np.testing.assert_allclose(np.array(ours, float), np.array(theirs, float), rtol=2e-5, atol=1e-6)


WAYS = {
    "plain": {},
    "metrics": {"metrics": {"a": ["mae"], "b": ["acc", "ce"]}},
    "weighted": {"metrics": {"a": ["mae", "mse"]}, "weighted_metrics": {"a": ["mae"], "b": ["accuracy"]}},
    "one loss": {"loss": {"b": "sparse_categorical_crossentropy"}, "metrics": {"a": ["mae"], "b": ["acc"]}},
    "weights of losses": {"loss_weights": [0.3, 2.0], "metrics": {"a": "mape"}},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("weights", [None, [W, None], [W, W], {"b": W}])
def test_fit_evaluate_and_single_batches(way: str, weights) -> None:
    def act(module, model):
        compiled(module, model, **WAYS[way])
        names = list(model.metrics_names)
        compared = [key for key in Y if f"{key}_loss" in names]
        y = {key: Y[key] for key in compared}
        w = weights if len(compared) == 2 else None
        batches = []

        class Seen(module.callbacks.Callback):
            def on_batch_end(self, batch, logs=None):
                batches.append([logs[name] for name in names])

        history = model.fit(
            X, y, batch_size=3, epochs=2, shuffle=False, sample_weight=w, verbose=0, callbacks=[Seen()]
        ).history
        tested = model.evaluate(X, y, batch_size=3, sample_weight=w, verbose=0)
        model.reset_metrics()
        single = (
            model.train_on_batch(X, y),
            model.train_on_batch(X[:2], {k: v[:2] for k, v in y.items()}, reset_metrics=False),
        )
        return names, history, batches, tested, single, model.get_weights()

    ours, theirs = both(act)
    assert ours[0] == theirs[0]
    assert list(ours[1]) == list(theirs[1])
    close(list(ours[1].values()), list(theirs[1].values()))
    for a, b in zip(ours[2:5], theirs[2:5], strict=True):
        close(a, b)
    for a, b in zip(ours[5], theirs[5], strict=True):
        close(a, b)


@pytest.mark.parametrize(
    "table", [{"b": {0: 1.0, 1: 5.0, 2: 0.2}}, [None, {0: 1.0, 1: 5.0, 2: 0.2}], {"b": {0: 1.0}}, {0: 2.0}]
)
def test_class_weight(table) -> None:
    def act(module, model):
        compiled(module, model)
        try:
            return list(model.fit(X, Y, batch_size=3, shuffle=False, class_weight=table, verbose=0).history.values())
        except ValueError:
            return [0.0]

    close(*both(act))


@pytest.mark.parametrize("steps", [1, 2, 3, 5])
def test_a_sequence_in_epochs_of_any_length(steps: int) -> None:
    def act(module, model):
        class Batches(module.utils.Sequence):
            def __len__(self):
                return 3

            def __getitem__(self, number):
                rows = slice(2 * number, 2 * number + 2)
                return X[rows], [Y["a"][rows], Y["b"][rows]]

        compiled(module, model)
        return list(model.fit(Batches(), steps_per_epoch=steps, epochs=4, shuffle=False, verbose=0).history.values())

    close(*both(act))


@pytest.mark.parametrize("loss", ["binary_crossentropy", "categorical_crossentropy", "mse"])
def test_which_accuracy_is_meant(loss: str) -> None:
    y = np.array([[1, 0, 1], [0, 1, 1], [0, 0, 1], [1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 0]], "f")

    def act(module, model):
        b = module.models.Model(model.input, model.outputs[1])
        b.compile(module.optimizers.legacy.SGD(0.1), loss, metrics=["accuracy"])
        return b.evaluate(X, y, verbose=0)[1]

    close(*both(act))


def test_an_added_metric() -> None:
    def act(module, model):
        model.add_metric(module.backend.sum(model.outputs[0]), name="sum", aggregation="mean")
        compiled(module, model, metrics={"a": ["mae"]})
        return model.metrics_names, model.evaluate(X, Y, batch_size=3, verbose=0)

    (names, ours), (wanted, theirs) = both(act)
    assert names == wanted
    close(ours, theirs)
