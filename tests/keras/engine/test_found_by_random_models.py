"""Programs that random models beside tf_keras brought to light; the right values are tf_keras's."""

from __future__ import annotations

import numpy as np

from deepkit import keras


class Small(keras.Model):
    """One dense layer."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = keras.layers.Dense(2)

    def call(self, x):
        return self.dense(x)


def test_metrics_given_to_compile_are_no_layers_of_a_subclassed_model():
    """Their sums stood among the weights, so that get_weights grew at compile and saved weights did not fit."""
    model = Small()
    model.build((None, 3))
    kept = model.get_weights()
    metrics = [keras.metrics.MeanAbsoluteError(), keras.metrics.AUC()]
    model.compile("sgd", "mse", metrics=metrics, weighted_metrics=[keras.metrics.Poisson()])
    model.train_on_batch(np.ones((2, 3)), np.ones((2, 2)))
    assert [w.shape for w in model.get_weights()] == [(3, 2), (2,)]
    assert model.layers == [model.dense]
    assert len(model.non_trainable_weights) == 0
    model.set_weights(kept)
