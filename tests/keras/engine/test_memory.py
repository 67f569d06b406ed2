"""What nobody holds any more is freed: models, the steps of an earlier compile; and what somebody holds is not."""

from __future__ import annotations

import gc
import weakref

import numpy as np

import deepkit.v1 as tf
from deepkit import keras
from deepkit.keras import backend as K

L, M = keras.layers, keras.models
X, Y = np.ones((4, 3)), np.ones((4, 2))


def built():
    x = L.Input((3,))
    model = M.Model(x, L.BatchNormalization()(L.Dropout(0.5)(L.Dense(2, kernel_regularizer="l2")(x))))
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(X, Y, verbose=0)
    model.predict(X)
    model.evaluate(X, Y, verbose=0)
    return model


def kept():
    """What the session and the graph hold."""
    gc.collect()
    session = K.get_session()
    return len(session.store), len(session.graph.get_operations()), len(session.graph.get_collection("variables"))


def test_a_model_that_nobody_holds_is_freed():
    built()
    before = kept()
    model = built()
    refs = [weakref.ref(w) for w in (*model.weights, *model.optimizer.weights)]
    assert kept()[0] >= before[0] + len(refs)
    del model
    assert kept() == before
    assert [r() for r in refs] == [None] * len(refs)


def test_the_steps_of_an_earlier_compile_are_freed():
    model = built()
    before, weights = kept(), model.get_weights()
    for _ in range(3):
        model.compile("adam", "mse", metrics=["mae"])
        model.fit(X, Y, verbose=0)
        model.predict(X)
        model.evaluate(X, Y, verbose=0)
    assert kept() == before
    assert len(weights) == len(model.get_weights())


def test_what_belongs_to_something_that_is_held_stays():
    model = built()
    expected, output = model.predict(X), model.output
    source = model.input
    del model
    gc.collect()
    assert np.array_equal(K.function([source], [output])([X])[0], expected)
    again = M.Model(source, output)  # the layers are found again
    assert np.array_equal(again.predict(X), expected)
    assert len(again.layers) == 4


def test_layers_on_placeholders_stay_in_the_graph():
    with tf.Graph().as_default() as graph, tf.Session() as sess:

        def build():
            L.Dense(2, name="scores")(tf.placeholder(tf.float32, [None, 3], name="x"))

        build()
        gc.collect()
        sess.run(tf.global_variables_initializer())
        assert sess.run("scores/BiasAdd:0", {"x:0": X}).shape == (4, 2)
        assert len(graph.get_collection("trainable_variables")) == 2
