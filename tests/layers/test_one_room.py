"""v1 and Keras compute a layer by the same function: where it breaks, both break. And both start weights as declared."""

from __future__ import annotations

import ast
import inspect
from typing import Any

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit import keras
from deepkit.layers import convolution, dense, dropout, embedding, layouts, normalization, pooling, recurrent, weights
from deepkit.layers.metrics import confusion, curves, means, overlap

SEQUENCES, IMAGES, VOLUMES = np.zeros([2, 6, 3], "f"), np.zeros([2, 6, 5, 3], "f"), np.zeros([2, 5, 5, 5, 2], "f")
ROWS, NUMBERS = np.zeros([2, 3], "f"), np.zeros([2, 3], "int32")
STEPS = np.zeros([2, 4, 3], "f")


def rnn(cell: str) -> Any:
    return lambda x: tf.nn.dynamic_rnn(getattr(tf.nn.rnn_cell, cell)(2, activation=tf.nn.softplus), x, dtype=tf.float32)


def same(name: str, *arguments: Any, **settings: Any) -> tuple[Any, Any]:
    """The layer of one name in both faces."""
    return tuple(getattr(face.layers, name)(*arguments, **settings) for face in (tf, keras))


PAIRS = {  # what both use: the functions, an input, the layer of v1, the layer of Keras
    "Dense": ([dense.dense, dense.dense_weights], ROWS, lambda: same("Dense", 2)),
    "Flatten": ([dense.flat], IMAGES, lambda: same("Flatten")),
    "Dropout": ([dropout.dropout], ROWS, lambda: same("Dropout", 0.5)),
    "Conv1D": ([convolution.conv, convolution.conv_weights], SEQUENCES, lambda: same("Conv1D", 2, 3)),
    "Conv2D": ([convolution.conv, convolution.conv_weights], IMAGES, lambda: same("Conv2D", 2, 3)),
    "Conv3D": ([convolution.conv, convolution.conv_weights], VOLUMES, lambda: same("Conv3D", 2, 3)),
    "Conv2DTranspose": (
        [convolution.transposed_conv, convolution.transposed_conv_weights], IMAGES, lambda: same("Conv2DTranspose", 2, 3)
    ),
    "Conv3DTranspose": (
        [convolution.transposed_conv, convolution.transposed_conv_weights], VOLUMES, lambda: same("Conv3DTranspose", 2, 3)
    ),
    "SeparableConv1D": (
        [convolution.separable_conv, convolution.separable_conv_weights], SEQUENCES, lambda: same("SeparableConv1D", 2, 3)
    ),
    "SeparableConv2D": (
        [convolution.separable_conv, convolution.separable_conv_weights], IMAGES, lambda: same("SeparableConv2D", 2, 3)
    ),
    "BatchNormalization": (
        [normalization.batch_moments, normalization.normalize, normalization.batch_norm_weights, normalization.step_to],
        ROWS, lambda: same("BatchNormalization"),
    ),
    "LayerNormalization": (
        [normalization.normalize_within, normalization.scale_and_offset], ROWS,
        lambda: (tf.contrib.layers.layer_norm, keras.layers.LayerNormalization()),
    ),
    "Embedding": (
        [embedding.embedding, embedding.embedding_weights], NUMBERS,
        lambda: (lambda ids: tf.contrib.layers.embed_sequence(ids, 5, 2), keras.layers.Embedding(5, 2)),
    ),
    "LSTM": (
        [recurrent.lstm], STEPS, lambda: (rnn("LSTMCell"), keras.layers.LSTM(2, activation="softplus")),
    ),
    "GRU": ([recurrent.gru], STEPS, lambda: (rnn("GRUCell"), keras.layers.GRU(2, activation="softplus"))),
} | {
    f"{kind}Pooling{n}D": ([pooling.pool], x, lambda kind=kind, n=n: same(f"{kind}Pooling{n}D", 2, 2))
    for kind in ("Max", "Average") for n, x in ((1, SEQUENCES), (2, IMAGES), (3, VOLUMES))
}
TRAINING = ("Dropout", "BatchNormalization")


def run(layer: Any, x: np.ndarray, name: str) -> None:
    """Builds the layer and computes what it gives for x: in a graph by v1, at once by Keras."""
    more = {"training": True} if name in TRAINING else {}
    if isinstance(layer, keras.layers.Layer):
        layer(x, **more)
        return
    layer(tf.constant(x), **more)


def broken(*args: Any, **kwargs: Any) -> Any:
    raise ZeroDivisionError


@pytest.mark.parametrize(("name", "function"), [(n, f) for n, (functions, *_) in PAIRS.items() for f in functions])
def test_both_faces_use_the_function(name, function, monkeypatch):
    _, x, make = PAIRS[name]
    with tf.Graph().as_default():
        for layer in make():
            run(layer, x, name)
    monkeypatch.setattr(function, "__code__", broken.__code__)  # for everybody, however it was imported
    with tf.Graph().as_default():
        for layer in make():
            with pytest.raises(ZeroDivisionError):
                run(layer, x, name)


def test_every_layer_that_both_faces_have_is_looked_at():
    both = {n for n in dir(tf.layers) if isinstance(getattr(tf.layers, n), type) and hasattr(keras.layers, n)}
    assert len(both) > 15
    assert both - {"Layer", "InputSpec"} <= set(PAIRS)


def start(initializer: Any) -> str:
    """The name of an initializer's class; that of v1's variables without one."""
    if initializer is None:
        return "GlorotUniform"
    kind = initializer if isinstance(initializer, type) else type(initializer)
    return kind.__mro__[1].__name__ if kind.__name__.islower() else kind.__name__


DECLARED = {
    "Dense": ((2,), dense.dense_weights(3, 2)),
    "Conv2D": ((2, 3), convolution.conv_weights([3, 3], 3, 2)),
    "Conv2DTranspose": ((2, 3), convolution.transposed_conv_weights([3, 3], 3, 2)),
    "SeparableConv2D": ((2, 3), convolution.separable_conv_weights([3, 3], 3, 1, 2)),
    "BatchNormalization": ((), normalization.batch_norm_weights([3])),
}


@pytest.mark.parametrize("name", DECLARED)
def test_weights_are_those_declared_in_both_faces(name):
    arguments, declared = DECLARED[name]
    x = ROWS if name in ("Dense", "BatchNormalization") else IMAGES
    with tf.Graph().as_default():
        for layer in same(name, *arguments):
            run(layer, x, "" if name == "Dense" else name)
            for weight in declared:
                made = getattr(layer, weight.name)
                assert tuple(made.shape.as_list()) == weight.shape
                assert (made in layer.trainable_weights) == weight.trained
                given = getattr(layer, f"{weight.name.removesuffix('_kernel')}_initializer")
                assert start(given) == start(keras.initializers.get(weight.initial)), weight


ROOM = [
    convolution, dense, dropout, embedding, layouts, normalization, pooling, weights, confusion, curves, means, overlap,
]


@pytest.mark.parametrize("module", ROOM, ids=lambda m: m.__name__.rpartition(".")[2])
def test_every_piece_is_short_and_says_its_idea_first(module):
    tree = ast.parse(inspect.getsource(module))
    for f in [node for node in tree.body if isinstance(node, ast.FunctionDef)]:
        idea = ast.get_docstring(f)
        assert idea or f.name.startswith("_"), f.name
        first = f.body[1] if idea else f.body[0]
        assert (f.end_lineno or 0) - first.lineno < 15, f.name
