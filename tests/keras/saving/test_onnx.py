# ruff: noqa: E501
"""Models as ONNX: onnxruntime computes what predict computes, for every layer that has a counterpart there."""

from __future__ import annotations

import os

import numpy as np
import pytest

pytest.importorskip("onnx", reason="onnx is not installed (extra: onnx)")
pytest.importorskip("onnxruntime", reason="onnxruntime is not installed (extra: onnx)")

import onnx
import onnxruntime

from deepkit import keras
from deepkit.errors import ArgumentError, DataError
from deepkit.io.onnx import OnnxGraph
from deepkit.keras import layers as L
from deepkit.keras.saving.onnx import export_onnx

Sequential, Model, Input = keras.models.Sequential, keras.models.Model, L.Input
FIRST = {"data_format": "channels_first"}
IMAGE, ODD, STEPS, VOLUME = (6, 5, 2), (7, 8, 3), (7, 3), (4, 5, 3, 2)


@pytest.fixture(autouse=True)
def _fresh():
    keras.backend.clear_session()


def agree(model, path, inputs) -> None:
    export_onnx(model, path)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    assert [x.name for x in session.get_inputs()] == model.input_names
    own = [f"{name}_1" if name in model.input_names else name for name in model.output_names]
    assert [y.name for y in session.get_outputs()] == own
    found = session.run(None, dict(zip(model.input_names, inputs, strict=True)))
    ours = model.predict_on_batch(inputs)
    for got, expected in zip(found, ours if isinstance(ours, list) else [ours], strict=True):
        assert got.shape == expected.shape
        assert got.dtype == expected.dtype
        np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-5)


def numbers(*shape, seed=0):
    return np.random.RandomState(seed).randn(3, *shape).astype("float32")


def awake(model) -> None:
    """Weights that are neither 0 nor 1, so that a lost bias is seen."""
    draw = np.random.RandomState(1)
    model.set_weights([w + 0.3 * np.abs(draw.randn(*w.shape)).astype(w.dtype) for w in model.get_weights()])


ROWS = [
    lambda: (L.Dense(4, activation="tanh"), (5,)), lambda: (L.Dense(4, use_bias=False), (2, 3, 5)),
    *[lambda a=a: (L.Activation(a), (2, 6)) for a in (
        "linear", "relu", "relu6", "tanh", "sigmoid", "hard_sigmoid", "softplus", "softsign", "elu", "selu", "exponential",
        "leaky_relu", "softmax", "log_softmax", "swish", "gelu", "mish")],
    lambda: (L.Dense(3, activation=L.LeakyReLU(0.1)), (4,)),
    lambda: (L.ActivityRegularization(0.1), (3,)), lambda: (L.Dropout(0.5), (4,)), lambda: (L.GaussianNoise(1.0), (4,)),
    lambda: (L.AlphaDropout(0.5), (4,)), lambda: (L.SpatialDropout2D(0.5), IMAGE), lambda: (L.Masking(0.0), STEPS),
    lambda: (L.Flatten(), IMAGE), lambda: (L.Flatten(), ()), lambda: (L.Flatten(**FIRST), IMAGE),
    lambda: (L.Reshape((4, 15)), IMAGE), lambda: (L.Reshape((-1, 5)), IMAGE), lambda: (L.Permute((3, 1, 2)), IMAGE),
    lambda: (L.RepeatVector(4), (3,)),
    # convolutions
    *[lambda p=p, s=s: (L.Conv1D(4, 3, strides=s, padding=p), STEPS) for p in ("valid", "same", "causal") for s in (1, 2)],
    *[lambda p=p: (L.Conv1D(4, 3, dilation_rate=2, padding=p, activation="relu"), STEPS) for p in ("valid", "same", "causal")],
    lambda: (L.Conv1D(4, 3), (2, 7, 3)), lambda: (L.Conv1D(4, 2, **FIRST), STEPS),
    *[lambda p=p, s=s, shape=shape: (L.Conv2D(4, (3, 2), strides=s, padding=p), shape)
      for p in ("valid", "same") for s in (1, 2, (1, 2)) for shape in (IMAGE, ODD)],
    lambda: (L.Conv2D(4, 2, dilation_rate=(2, 1), padding="same"), IMAGE), lambda: (L.Conv2D(4, 3, groups=2), (6, 5, 4)),
    lambda: (L.Conv2D(3, 3, padding="same", strides=2, use_bias=False, **FIRST), (2, 6, 5)),
    lambda: (L.Conv2D(3, 3, padding="same", strides=2), (None, None, 2)),
    *[lambda p=p: (L.Conv3D(3, 2, strides=2, padding=p), VOLUME) for p in ("valid", "same")],
    *[lambda p=p, more=more: (L.DepthwiseConv2D(3, padding=p, **more), ODD)
      for p in ("valid", "same") for more in ({}, {"strides": 2, "depth_multiplier": 2}, {"dilation_rate": 2})],
    lambda: (L.DepthwiseConv1D(3, depth_multiplier=2), STEPS),
    lambda: (L.SeparableConv2D(4, 3, padding="same", strides=2, depth_multiplier=2, activation="relu"), ODD),
    lambda: (L.SeparableConv1D(4, 3, padding="causal"), STEPS), lambda: (L.SeparableConv2D(4, 2, **FIRST), (3, 6, 5)),
    *[lambda p=p, k=k, more=more: (L.Conv2DTranspose(3, k, padding=p, **more), (3, 4, 2)) for p in ("valid", "same")
      for k, more in ((3, {}), (3, {"strides": 2}), (2, {"strides": (3, 2)}), (3, {"strides": 2, "output_padding": 1}),
                      (1, {"strides": 2}), (4, {"strides": 2, "activation": "relu"}), (2, {"dilation_rate": 2}))],
    lambda: (L.Conv1DTranspose(3, 3, strides=2, padding="same"), STEPS), lambda: (L.Conv3DTranspose(2, 2, strides=2), VOLUME),
    lambda: (L.Conv2DTranspose(3, 3, strides=2, padding="same", **FIRST), (2, 3, 4)),
    # pooling and sizes
    *[lambda kind=kind, n=n, shape=shape, p=p, more=more: (getattr(L, f"{kind}Pooling{n}D")(padding=p, **more), shape)
      for kind in ("Max", "Average") for n, shape in ((1, STEPS), (2, ODD), (3, VOLUME)) for p in ("valid", "same")
      for more in ({}, {"pool_size": 3, "strides": 2}, {"strides": 1})],
    lambda: (L.MaxPooling2D(2, padding="same"), (None, None, 2)), lambda: (L.AveragePooling2D(2, **FIRST), (2, 6, 5)),
    *[lambda kind=kind, n=n, shape=shape, more=more: (getattr(L, f"Global{kind}Pooling{n}D")(**more), shape)
      for kind in ("Max", "Average") for n, shape in ((1, STEPS), (2, IMAGE), (3, VOLUME)) for more in ({}, {"keepdims": True}, FIRST)],
    lambda: (L.ZeroPadding1D((1, 2)), STEPS), lambda: (L.ZeroPadding2D(((1, 0), (2, 1))), IMAGE), lambda: (L.ZeroPadding2D(1, **FIRST), IMAGE),
    lambda: (L.ZeroPadding3D(1), VOLUME), lambda: (L.Cropping1D((1, 0)), STEPS), lambda: (L.Cropping2D(((1, 0), (2, 1))), IMAGE),
    lambda: (L.Cropping3D(((1, 1), (0, 2), (1, 0))), VOLUME), lambda: (L.UpSampling1D(3), STEPS),
    *[lambda i=i: (L.UpSampling2D((2, 3), interpolation=i), IMAGE) for i in ("nearest", "bilinear")],
    lambda: (L.UpSampling2D(2, interpolation="bilinear", **FIRST), IMAGE), lambda: (L.UpSampling3D((2, 1, 3)), VOLUME),
    # activations as layers, normalization
    lambda: (L.LeakyReLU(0.2), (5,)), lambda: (L.PReLU(), (5,)), lambda: (L.PReLU(shared_axes=[1, 2]), IMAGE), lambda: (L.ELU(0.5), (5,)),
    lambda: (L.ThresholdedReLU(0.3), (5,)), lambda: (L.Softmax(axis=1), (3, 4)), lambda: (L.Softmax(axis=[1, 2]), (3, 4)),
    *[lambda o=o: (L.ReLU(**o), (9,)) for o in ({}, {"max_value": 1.0}, {"max_value": 1.0, "negative_slope": 0.1, "threshold": 0.3}, {"threshold": 0.5})],
    lambda: (L.BatchNormalization(), IMAGE), lambda: (L.BatchNormalization(axis=1, scale=False), IMAGE), lambda: (L.BatchNormalization(center=False), (5,)),
    lambda: (L.BatchNormalization(axis=[1, 3]), IMAGE), lambda: (L.LayerNormalization(), (3, 4)), lambda: (L.LayerNormalization(axis=[1, 2], scale=False), (3, 4, 2)),
    # recurrent
    *[lambda kind=kind, more=more: (getattr(L, kind)(4, **more), STEPS) for kind in ("SimpleRNN", "GRU", "LSTM")
      for more in ({}, {"return_sequences": True}, {"go_backwards": True, "return_sequences": True}, {"use_bias": False, "activation": "relu"},
                   {"return_state": True, "return_sequences": True})],
    lambda: (L.LSTM(4, recurrent_activation="hard_sigmoid", activation="softsign"), STEPS), lambda: (L.GRU(4, reset_after=False, recurrent_activation="hard_sigmoid"), STEPS),
    lambda: (L.SimpleRNN(4, activation="linear"), STEPS), lambda: (L.SimpleRNN(4, activation="elu", unroll=True), STEPS), lambda: (L.LSTM(3), (None, 3)),
    *[lambda m=m, s=s: (L.Bidirectional(L.LSTM(3, return_sequences=s), merge_mode=m), STEPS) for m in ("concat", "sum", "mul", "ave", None) for s in (False, True)],
    lambda: (L.Bidirectional(L.GRU(3, return_state=True)), STEPS), lambda: (L.TimeDistributed(L.Dense(4)), STEPS), lambda: (L.TimeDistributed(L.Conv2D(2, 2)), (3, 5, 4, 2)),
]


@pytest.mark.parametrize("make", ROWS, ids=lambda f: f"{type(f()[0]).__name__}")
def test_every_layer(make, tmp_path):
    layer, shape = make()
    x = Input(shape)
    y = layer(x)
    model = Model(x, y)
    awake(model)
    agree(model, tmp_path / "m.onnx", [numbers(*[5 if n is None else n for n in shape])])


PAIRS = [
    lambda: (L.Add(), (4,), (4,), (4,)), lambda: (L.Subtract(), (3, 4), (4,)), lambda: (L.Multiply(), (4,), (4,), (4,)), lambda: (L.Average(), (3, 4), (4,)),
    lambda: (L.Maximum(), (4,), (4,)), lambda: (L.Minimum(), (4,), (4,)), lambda: (L.Concatenate(), (3, 4), (3, 2)), lambda: (L.Concatenate(axis=1), (3, 4), (2, 4)),
    lambda: (L.Dot(axes=1), (4,), (4,)), lambda: (L.Dot(axes=1, normalize=True), (4,), (4,)), lambda: (L.Dot(axes=(2, 1)), (3, 4), (4, 2)), lambda: (L.Dot(axes=(2, 1)), (3, 4), (4,)),
    lambda: (L.Dot(axes=-1, normalize=True), (3, 4), (2, 4)),
]


@pytest.mark.parametrize("make", PAIRS, ids=lambda f: f"{type(f()[0]).__name__}")
def test_every_way_to_merge(make, tmp_path):
    layer, *shapes = make()
    inputs = [Input(shape) for shape in shapes]
    agree(Model(inputs, layer(inputs)), tmp_path / "m.onnx", [numbers(*s, seed=i) for i, s in enumerate(shapes)])


def test_words(tmp_path):
    model = Sequential([L.Embedding(11, 4, input_length=5), L.LSTM(3), L.Dense(1, activation="sigmoid")])
    agree(model, tmp_path / "m.onnx", [np.random.RandomState(0).randint(0, 11, (3, 5)).astype("float32")])
    ids = Input((5,), dtype="int32")
    agree(Model(ids, L.Embedding(7, 2)(ids)), tmp_path / "n.onnx", [np.arange(15, dtype="int32").reshape(3, 5) % 7])


def test_states_models_inside_and_several_outputs(tmp_path):
    a, b = Input((4, 3), name="a"), Input((4, 3), name="b")
    z = Input((3,))
    inner = Model(z, [L.Dense(2)(z), L.Dense(3, activation="relu")(z)])
    y, h, c = L.LSTM(3, return_state=True)(a)
    second = L.LSTM(3, name="second")(b, initial_state=[h, c])
    g = L.GRU(3)(b, initial_state=h)
    both = L.Bidirectional(L.SimpleRNN(3))(a, initial_state=[h, g])
    left, right = inner(second)
    model = Model([a, b], [left, inner(y)[1], L.add([right, g], name="sum"), both, a])
    awake(model)
    agree(model, tmp_path / "m.onnx", [numbers(4, 3), numbers(4, 3, seed=1)])


def test_the_document_s_network(tmp_path):
    """Convolution, pooling, dropout and softmax on images of 28 x 28."""
    layers = [
        L.Conv2D(8, 3, activation="relu", input_shape=(28, 28, 1)),
        L.MaxPooling2D(),
        L.Conv2D(8, 3, activation="relu"),
    ]
    model = Sequential([*layers, L.MaxPooling2D(), L.Flatten(), L.Dropout(0.2), L.Dense(10), L.Activation("softmax")])
    agree(model, tmp_path / "m.onnx", [numbers(28, 28, 1)])
    file = onnx.load(tmp_path / "m.onnx")
    assert file.producer_name == "deepkit"
    assert [d.dim_param or d.dim_value for d in file.graph.input[0].type.tensor_type.shape.dim] == ["batch", 28, 28, 1]


class Plus(L.Layer):
    def call(self, inputs):
        return inputs + 1.0


class Same(L.Dense):
    """A subclass that computes what its base does."""


def test_layers_of_ones_own(tmp_path):
    model = Sequential([Plus(input_shape=(3,)), Same(2)])
    with pytest.raises(ArgumentError, match=r"Plus.*no counterpart"):
        export_onnx(model, tmp_path / "m.onnx")
    assert os.listdir(tmp_path) == []

    def plus(graph: OnnxGraph, layer, inputs):
        return graph.add("Add", inputs[0].name, graph.constant(np.float32(1)))

    export_onnx(model, tmp_path / "m.onnx", converters={"Plus": plus})
    session = onnxruntime.InferenceSession(str(tmp_path / "m.onnx"), providers=["CPUExecutionProvider"])
    x = numbers(3)
    np.testing.assert_allclose(session.run(None, {model.input_names[0]: x})[0], model.predict(x), rtol=1e-5, atol=1e-6)


def test_what_onnx_cannot_do_is_refused(tmp_path):
    def refused(model, match):
        with pytest.raises(ArgumentError, match=match):
            export_onnx(model, tmp_path / "m.onnx")

    refused(Sequential([L.Lambda(lambda x: 2 * x, input_shape=(3,))]), "no counterpart")
    refused(Sequential([L.Masking(input_shape=(4, 3)), L.LSTM(2)]), "masked steps")
    refused(Sequential([L.Embedding(5, 3, mask_zero=True, input_length=4), L.GRU(2)]), "masked steps")
    refused(Sequential([L.LSTM(2, stateful=True, batch_input_shape=(1, 4, 3))]), "keeps its state")
    refused(Sequential([L.Dense(2, activation=lambda x: x * x, input_shape=(3,))]), "no counterpart")
    refused(Sequential([L.LSTM(2, activation="gelu", input_shape=(4, 3))]), "recurrent operators")
    refused(Sequential([L.Dense(2)]), "input shape")
    x = Input((3,))
    refused(Model(x, L.Dropout(0.5)(x, training=True)), "training=True")
    with pytest.raises(DataError, match="cannot write"):
        export_onnx(Sequential([L.Dense(2, input_shape=(3,))]), tmp_path / "nowhere" / "m.onnx")
    assert os.listdir(tmp_path) == []
