"""Every layer beside Keras 2 itself (tf_keras), one option after the other.

The same random weights go into both; outputs, gradients by inputs and weights, shapes, names of weights, the
configuration and what it makes again must agree, for a model in a graph and for a layer that computes at once.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytest.importorskip("tensorflow", reason="TensorFlow is not installed (extra: peers)")
pytest.importorskip("tf_keras", reason="tf_keras is not installed (extra: peers)")

import tensorflow as tf
import tf_keras as theirs

from deepkit import keras as ours
from deepkit.keras.backend.nested import keras_shape

K = ours.backend
DRESS = {"kernel_regularizer": "l2", "bias_initializer": "ones", "kernel_constraint": "max_norm", "activation": "tanh"}
FIRST = {"data_format": "channels_first"}


def case(layer: str, *shapes: tuple[Any, ...], dtype: str = "float32", training: Any = None, **config: Any) -> Any:
    label = ",".join(f"{k}={v}" for k, v in config.items()) + ("" if dtype == "float32" else f" {dtype}")
    tail = "" if training is None else f" training={training}"
    return pytest.param(layer, shapes, config, dtype, training, id=f"{layer}({label}){shapes}{tail}".replace(" ", ""))


IMAGE, ODD, SEQUENCE, VOLUME = (6, 5, 2), (7, 8, 3), (7, 3), (4, 5, 3, 2)
CASES = [
    case("Dense", (4,), units=3), case("Dense", (2, 4), units=3, use_bias=False),
    case("Dense", (2, 3, 4), units=2, **DRESS), case("Activation", (4,), activation="softmax"),
    case("Activation", (4, 3), activation="selu"), case("Flatten", (3, 2)), case("Flatten", ()),
    case("Flatten", (3, 2, 4), **FIRST), case("Flatten", (3, 2), **FIRST),
    case("Reshape", (12,), target_shape=(3, 4)), case("Reshape", (6, 2), target_shape=(-1, 3)),
    case("Reshape", (None, 4), target_shape=(2, -1)), case("Reshape", (None, 4), target_shape=(-1, 2, 2)),
    case("Permute", (2, 3, 4), dims=(3, 1, 2)), case("RepeatVector", (3,), n=4),
    case("ActivityRegularization", (3,), l1=0.1, l2=0.2), case("Masking", (4, 2), mask_value=0.0),
    case("Dropout", (4,), rate=0.4), case("Dropout", (4,), rate=0.4, noise_shape=(None, 1), seed=3),
    case("Dropout", (4,), rate=0, training=True), case("SpatialDropout1D", (4, 2), rate=0.3),
    case("SpatialDropout2D", IMAGE, rate=0.3), case("SpatialDropout3D", VOLUME, rate=0.3, **FIRST),
    case("GaussianNoise", (4,), stddev=0.4), case("GaussianDropout", (4,), rate=0.4),
    case("AlphaDropout", (4,), rate=0.4),
    # convolution
    *[case("Conv1D", SEQUENCE, filters=2, kernel_size=3, padding=p, **more) for p in ("valid", "same",
      "causal") for more in ({}, {"strides": 2}, {"dilation_rate": 2}, {"use_bias": False, "activation": "relu"})],
    case("Conv1D", (3, 8), filters=2, kernel_size=3, padding="causal", **FIRST),
    case("Conv1D", (3, 8), filters=4, kernel_size=2, **FIRST), case("Conv1D", (None, 3), filters=2, kernel_size=3),
    case("Conv1D", (2, 7, 3), filters=2, kernel_size=3),
    *[case("Conv2D", shape, filters=3, kernel_size=k, padding=p, **more) for shape in (IMAGE, ODD)
      for p in ("valid", "same") for k, more in ((3, {}), ((2, 3), {"strides": 2}), ((3, 1), {"strides": (1, 2)}),
      (2, {"dilation_rate": (2, 1)}))], case("Conv2D", IMAGE, filters=4, kernel_size=3, **DRESS),
    case("Conv2D", (4, 6, 5), filters=2, kernel_size=3, **FIRST),
    case("Conv2D", (None, None, 2), filters=3, kernel_size=3, padding="same", strides=2),
    case("Conv2D", (2, 6, 5, 2), filters=3, kernel_size=3),
    case("Conv2D", (6, 5, 4), filters=6, kernel_size=3, groups=2), case("Conv2D", IMAGE, filters=2, kernel_size=1),
    *[case("Conv3D", VOLUME, filters=2, kernel_size=2, padding=p, strides=s) for p in ("valid", "same")
      for s in (1, 2)], case("Conv3D", (2, 4, 5, 3), filters=2, kernel_size=(1, 2, 3), **FIRST),
    case("Conv3D", VOLUME, filters=2, kernel_size=2, dilation_rate=2),
    *[case("DepthwiseConv2D", IMAGE, kernel_size=k, padding=p, **more) for p in ("valid", "same") for k,
      more in ((3, {}), (2, {"strides": 2}), ((3, 2), {"depth_multiplier": 2, "activation": "relu"}), (2,
      {"dilation_rate": 2}))],
    case("DepthwiseConv2D", (3, 6, 5), kernel_size=2, depth_multiplier=2, depthwise_regularizer="l1", **FIRST),
    case("DepthwiseConv1D", SEQUENCE, kernel_size=3),
    case("DepthwiseConv1D", SEQUENCE, kernel_size=2, strides=2, padding="same", depth_multiplier=2),
    *[case("SeparableConv1D", SEQUENCE, filters=4, kernel_size=3, padding=p, **more) for p in ("valid", "same",
      "causal") for more in ({}, {"strides": 2}, {"dilation_rate": 2, "depth_multiplier": 2})],
    *[case("SeparableConv2D", IMAGE, filters=4, kernel_size=3, padding=p, **more) for p in ("valid", "same")
      for more in ({}, {"strides": 2}, {"dilation_rate": 2, "depth_multiplier": 2}, {"use_bias": False,
      "pointwise_initializer": "ones"})], case("SeparableConv2D", (3, 6, 5), filters=4, kernel_size=2, **FIRST),
    *[case("Conv2DTranspose", (3, 4, 2), filters=3, kernel_size=k, padding=p, **more) for p in ("valid",
      "same") for k, more in ((3, {}), (3, {"strides": 2}), (2, {"strides": (3, 2)}), (3, {"strides": 2,
      "output_padding": 1}), (3, {"strides": (2, 3), "output_padding": (0, 1)}), (2, {"dilation_rate": 2}))],
    case("Conv2DTranspose", (2, 3, 4), filters=3, kernel_size=3, strides=2, **FIRST),
    case("Conv2DTranspose", (None, None, 2), filters=3, kernel_size=3, strides=2, padding="same"),
    case("Conv1DTranspose", (5, 2), filters=3, kernel_size=3, strides=2),
    case("Conv1DTranspose", (5, 2), filters=3, kernel_size=4, strides=2, padding="same", output_padding=1),
    case("Conv3DTranspose", (2, 3, 2, 2), filters=3, kernel_size=2, strides=2),
    case("Conv3DTranspose", (2, 3, 2, 2), filters=3, kernel_size=3, strides=2, padding="same", use_bias=False),
    # cutting, padding, enlarging
    case("Cropping1D", SEQUENCE, cropping=(1, 2)), case("Cropping1D", SEQUENCE, cropping=1),
    case("Cropping1D", SEQUENCE, cropping=(2, 0)), case("Cropping2D", IMAGE, cropping=((1, 0), (2, 1))),
    case("Cropping2D", IMAGE, cropping=1), case("Cropping2D", IMAGE, cropping=(1, 2)),
    case("Cropping2D", (2, 6, 5), cropping=1, **FIRST), case("Cropping2D", IMAGE),
    case("Cropping3D", VOLUME, cropping=1), case("Cropping3D", VOLUME, cropping=((1, 0), (0, 2), (1, 1))),
    case("UpSampling1D", SEQUENCE, size=3), case("UpSampling1D", SEQUENCE),
    *[case("UpSampling2D", IMAGE, size=s, interpolation=i) for s in (2, (1, 3)) for i in ("nearest", "bilinear")],
    case("UpSampling2D", (2, 3, 4), size=(2, 3), interpolation="bilinear", **FIRST),
    case("UpSampling3D", VOLUME, size=(2, 1, 3)), case("UpSampling3D", VOLUME, **FIRST),
    case("ZeroPadding1D", SEQUENCE, padding=(1, 2)), case("ZeroPadding2D", IMAGE, padding=((1, 0), (2, 1))),
    case("ZeroPadding2D", IMAGE, padding=(1, 2)), case("ZeroPadding2D", (2, 6, 5), **FIRST),
    case("ZeroPadding3D", VOLUME, padding=((1, 0), (0, 2), (1, 1))), case("ZeroPadding3D", VOLUME),
    # pooling
    *[case(f"{kind}Pooling{n}D", shape, padding=p, **more) for kind in ("Max", "Average") for n, shape in ((1,
      SEQUENCE), (2, ODD), (3, VOLUME)) for p in ("valid", "same") for more in ({}, {"pool_size": 3, "strides": 2},
      {"pool_size": 2, "strides": 1})], case("AveragePooling1D", (2, 6), **FIRST),
    case("AveragePooling3D", (2, 4, 5, 4), **FIRST), case("MaxPooling2D", ODD, pool_size=(2, 3), strides=(1, 2)),
    *[case(f"Global{kind}Pooling{n}D", shape, **more) for kind in ("Max", "Average") for n, shape in ((1,
      SEQUENCE), (2, IMAGE), (3, VOLUME)) for more in ({}, {"keepdims": True}, FIRST)],
    # locally connected
    *[case("LocallyConnected1D", SEQUENCE, filters=2, kernel_size=3, implementation=i, **more) for i in (1, 2,
      3) for more in ({}, {"strides": 2, "activation": "tanh"})],
    *[case("LocallyConnected1D", SEQUENCE, filters=2, kernel_size=k, implementation=i, padding="same",
      strides=s) for i in (2, 3) for k in (2, 3) for s in (1, 2)],
    *[case("LocallyConnected2D", (5, 4, 2), filters=2, kernel_size=(3, 2), implementation=i, **more) for i in (1,
      2, 3) for more in ({}, {"strides": 2}, {"use_bias": False}, FIRST)],
    case("LocallyConnected1D", (3, 7), filters=2, kernel_size=3, implementation=1, **FIRST),
    case("LocallyConnected1D", (3, 7), filters=2, kernel_size=3, implementation=3, **FIRST),
    case("LocallyConnected2D", (5, 4, 2), filters=2, kernel_size=2, strides=2, padding="same", implementation=2),
    # embedding
    case("Embedding", (4,), dtype="int32", input_dim=7, output_dim=3),
    case("Embedding", (4,), dtype="int32", input_dim=7, output_dim=3, input_length=4, mask_zero=True),
    case("Embedding", (2, 4), dtype="int32", input_dim=7, output_dim=3, embeddings_regularizer="l2",
      embeddings_constraint="unit_norm"), case("Embedding", (4,), dtype="float32ids", input_dim=7, output_dim=3),
    # merging
    *[case(kind, *shapes) for kind in ("Add", "Multiply", "Average", "Maximum", "Minimum") for shapes in (((4,),
      (4,), (4,)), ((3, 4), (4,)), ((3, 1), (1, 4)))], case("Subtract", (4,), (4,)), case("Subtract", (2, 4), (4,)),
    case("Concatenate", (3, 4), (3, 2)), case("Concatenate", (3, 4), (2, 4), axis=1),
    case("Concatenate", (None, 4), (None, 4), axis=1), case("Concatenate", (4,), (2,), (1,), axis=-1),
    case("Dot", (4,), (4,), axes=1), case("Dot", (4,), (4,), axes=-1, normalize=True),
    case("Dot", (3, 4), (4, 2), axes=(2, 1)), case("Dot", (3, 4), (3, 5), axes=1),
    case("Dot", (3, 4), (4,), axes=(2, 1)), case("Dot", (3, 4), (2, 4), axes=-1, normalize=True),
    # activations as layers
    case("LeakyReLU", (5,)), case("LeakyReLU", (5,), alpha=0.1), case("PReLU", (5,)),
    case("PReLU", IMAGE, shared_axes=[1, 2], alpha_initializer="ones"), case("PReLU", SEQUENCE, shared_axes=1),
    case("ELU", (5,)), case("ELU", (5,), alpha=0.5), case("ThresholdedReLU", (5,)),
    case("ThresholdedReLU", (5,), theta=0.2), case("Softmax", (5,)), case("Softmax", (3, 4), axis=1),
    case("Softmax", (3, 4), axis=[1, 2]), case("ReLU", (5,)), case("ReLU", (5,), max_value=1.0),
    case("ReLU", (5,), max_value=6, negative_slope=0.1, threshold=0.3), case("ReLU", (5,), threshold=0.5),
    # normalization
    *[case("BatchNormalization", shape, training=t, **more) for t in (False, True) for shape, more in (((3,), {}),
      ((4, 3), {}), (IMAGE, {}), (VOLUME, {}), (IMAGE, {"axis": 1}), (VOLUME, {"axis": 1}), (IMAGE, {"axis": 2,
      "fused": False}), ((3,), {"center": False}), (IMAGE, {"scale": False}), (IMAGE, {"center": False,
      "scale": False, "epsilon": 1e-6}), (IMAGE, {"axis": [1, 3]}), ((4, 3), {"axis": 1, "momentum": 0.5,
      "gamma_initializer": "zeros"}), (IMAGE, {"fused": False, "beta_regularizer": "l2"}))],
    *[case("LayerNormalization", shape, **more) for shape, more in (((3,), {}), ((4, 3), {"axis": [1, 2]}), ((4,
      3), {"axis": 1}), (IMAGE, {"axis": (1, 3), "epsilon": 1e-6}), ((4, 3), {"center": False}), ((4, 3),
      {"scale": False, "epsilon": 1e-6}))],
]


def inputs_for(shapes: Any, dtype: str, rng: Any) -> list[np.ndarray]:
    """Three examples for each input; None becomes 6."""
    full = [(3, *(6 if n is None else n for n in shape)) for shape in shapes]
    if dtype != "float32":
        return [rng.integers(0, 7, shape).astype("float32" if dtype == "float32ids" else dtype) for shape in full]
    return [rng.normal(size=shape).astype("float32") for shape in full]


def weights_for(weights: Any, rng: Any) -> list[np.ndarray]:
    return [
        (rng.uniform(0.5, 1.5, w.shape) if "variance" in w.name else rng.normal(size=w.shape)).astype("float32")
        for w in weights
    ]


def plain(config: Any) -> Any:
    """A configuration without what only Keras 3 reads."""
    if isinstance(config, dict):
        named = config.get("class_name")
        kept = {k: plain(v) for k, v in config.items() if not (named and k in ("module", "registered_name"))}
        return kept
    if isinstance(config, (list, tuple)):
        return [plain(v) for v in config]
    return float(config) if isinstance(config, (np.floating, np.ndarray)) else config


def called(module: Any, layer: Any, shapes: Any, dtype: str, training: Any) -> Any:
    kind = "float32" if dtype.startswith("float32") else dtype
    xs = [module.layers.Input(shape=shape, dtype=kind) for shape in shapes]
    ys = layer(xs if len(xs) > 1 else xs[0], **({} if training is None else {"training": training}))
    return module.models.Model(xs, ys)


@pytest.mark.parametrize(("name", "shapes", "config", "dtype", "training"), CASES)
def test_layer(name: str, shapes: Any, config: dict[str, Any], dtype: str, training: Any) -> None:
    rng = np.random.default_rng(len(name))
    theirs.backend.clear_session()
    ours.backend.clear_session()
    peer, layer = (getattr(keras.layers, name)(name="probe", **config) for keras in (theirs, ours))
    peer_model, model = called(theirs, peer, shapes, dtype, training), called(ours, layer, shapes, dtype, training)

    assert [w.name for w in model.weights] == [w.name for w in peer_model.weights]
    assert [keras_shape(w) for w in model.trainable_weights] == [tuple(w.shape) for w in peer_model.trainable_weights]
    assert keras_shape(model.output) == tuple(peer_model.output.shape)
    assert plain(layer.get_config()) == plain(peer.get_config())
    again = type(layer).from_config(layer.get_config())
    assert again.get_config() == layer.get_config()

    weights, xs = weights_for(peer_model.weights, rng), inputs_for(shapes, dtype, rng)
    peer_model.set_weights(weights)
    model.set_weights(weights)
    single = xs if len(xs) > 1 else xs[0]
    with tf.GradientTape() as tape:
        tensors = [tf.constant(x) for x in xs]
        tape.watch(tensors)
        want = peer_model(tensors if len(tensors) > 1 else tensors[0])
        cotangent = rng.normal(size=want.shape).astype("float32")
        total = tf.reduce_sum(want * cotangent)
    real = [x.dtype.kind == "f" and dtype == "float32" for x in xs]
    sources = [x for x, is_real in zip(tensors, real, strict=True) if is_real]
    wanted = tape.gradient(total, [*sources, *peer_model.trainable_weights])
    after = [w.numpy() for w in peer_model.weights]

    got = K.function([*model.inputs], [model.output], updates=model.updates)(xs)[0]
    np.testing.assert_allclose(got, want.numpy(), rtol=2e-5, atol=2e-5)
    for mine, other, w in zip(model.get_weights(), after, model.weights, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-5, err_msg=w.name)
    model.set_weights(weights)

    found = K.gradients(
        K.sum(model.output * cotangent),
        [*[x for x, is_real in zip(model.inputs, real, strict=True) if is_real], *model.trainable_weights],
    )
    values = K.function(model.inputs, [g for g in found if g is not None])(xs)
    assert [g is None for g in found] == [g is None for g in wanted]
    for mine, other in zip(values, [g for g in wanted if g is not None], strict=True):
        np.testing.assert_allclose(dense(mine), tf.convert_to_tensor(other).numpy(), rtol=1e-4, atol=1e-4)

    at_once = model(single) if training is None else layer(single, training=training)
    np.testing.assert_allclose(at_once.numpy(), want.numpy(), rtol=2e-5, atol=2e-5)
    assert layer.compute_output_shape([(None, *s) for s in shapes] if len(shapes) > 1 else (None, *shapes[0])) == tuple(
        peer_model.output.shape
    )


def dense(value: Any) -> np.ndarray:
    """An array, or the positions and rows of one put together."""
    if not hasattr(value, "dense_shape"):
        return np.asarray(value)
    full = np.zeros(value.dense_shape, value.values.dtype)
    np.add.at(full, value.indices, value.values)
    return full


def small_models(keras: Any) -> dict[str, Any]:
    """Models on masked words: layers that use the mask, that pass it on, and that end it."""
    L = keras.layers

    def after(*rest: Any) -> Any:
        return keras.models.Sequential([L.Embedding(7, 3, mask_zero=True, input_length=5), *rest])

    def joined() -> Any:
        x = L.Input(shape=(5,))
        both = L.Concatenate()([L.Embedding(7, 3, mask_zero=True)(x), L.Embedding(7, 2)(x)])
        return keras.models.Model(x, L.GlobalAveragePooling1D()(both))

    return {
        "mean": lambda: after(L.GlobalAveragePooling1D(), L.Dense(2)),
        "largest": lambda: after(L.GlobalMaxPooling1D(), L.Dense(2)),
        "flat": lambda: after(L.Flatten(), L.Dense(2)),
        "convolved": lambda: after(L.Conv1D(2, 3), L.Flatten(), L.Dense(2)),
        "normalized": lambda: after(L.BatchNormalization(), L.GlobalAveragePooling1D(), L.Dense(2)),
        "each step": lambda: after(L.LayerNormalization(), L.Dense(2), L.GlobalAveragePooling1D()),
        "chosen": lambda: after(L.Dense(1), L.Lambda(lambda x: x[..., 0]), L.Softmax()),
        "masked loss": lambda: after(L.Dense(2)),
        "joined": joined,
        "lambda": lambda: after(L.Lambda(lambda x: x * 2), L.GlobalAveragePooling1D(), L.Dense(2)),
    }


@pytest.mark.parametrize("name", small_models(ours))
@pytest.mark.filterwarnings("ignore::deepkit.errors.GraphWarning")
def test_training_on_masked_words(name: str) -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 7, (8, 5))
    x[:, 3:] *= rng.uniform(size=(8, 2)) > 0.5
    theirs.backend.clear_session()
    ours.backend.clear_session()
    peer, model = small_models(theirs)[name](), small_models(ours)[name]()
    model.set_weights(peer.get_weights())
    want = peer.predict(x, verbose=0)
    np.testing.assert_allclose(model.predict(x), want, rtol=1e-4, atol=1e-5)
    y = rng.normal(size=want.shape).astype("float32")
    peer.compile(theirs.optimizers.legacy.SGD(0.1), "mse")
    model.compile(ours.optimizers.SGD(0.1), "mse")
    settings = {"batch_size": 4, "epochs": 2, "shuffle": False, "verbose": 0}
    theirs_loss, loss = (m.fit(x, y, **settings).history["loss"] for m in (peer, model))
    np.testing.assert_allclose(loss, theirs_loss, rtol=1e-4)
    for mine, other in zip(model.get_weights(), peer.get_weights(), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-3, atol=1e-5)
