"""Recurrent layers and wrappers beside Keras 2 itself (tf_keras), one option after the other.

A model is written once and made by both libraries; the same random weights go into both. Outputs, gradients by inputs
and weights, shapes, names of weights and configurations must agree, in a graph and computed at once.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
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
Build = Callable[[Any], Any]
BATCH, STEPS, FEATURES, UNITS = 4, 5, 2, 3
KINDS: dict[str, dict[str, Any]] = {
    "SimpleRNN": {}, "LSTM": {}, "GRU": {}, "GRU_before": {"reset_after": False},
}
SEQUENCES = {"return_sequences": True}
OPTIONS: list[dict[str, Any]] = [
    {}, SEQUENCES, {"return_state": True}, {**SEQUENCES, "return_state": True}, {"go_backwards": True},
    {"go_backwards": True, **SEQUENCES}, {"unroll": True, **SEQUENCES}, {"time_major": True},
    {"time_major": True, **SEQUENCES, "return_state": True}, {"use_bias": False, **SEQUENCES},
    {"activation": "relu"}, {"activation": "softsign", **SEQUENCES}, {"activation": None}, {"activation": "sigmoid"},
    {"bias_initializer": "he_normal", "kernel_regularizer": "l2", "recurrent_constraint": "unit_norm"},
    {"activity_regularizer": "l1"},
    {"dropout": 0.3, "recurrent_dropout": 0.4, **SEQUENCES}, {"zero_output_for_mask": True, **SEQUENCES},
    {"trainable": False},
]
GATED = [
    {"recurrent_activation": "hard_sigmoid", **SEQUENCES}, {"recurrent_activation": "softplus"}, {"implementation": 1},
    {"activation": "relu", "recurrent_activation": "hard_sigmoid", **SEQUENCES}, {"recurrent_activation": "relu"},
]


def layer_of(keras: Any, kind: str, **config: Any) -> Any:
    return getattr(keras.layers, kind.split("_")[0])(UNITS, **{**KINDS[kind], **config})


def named(config: dict[str, Any]) -> str:
    return ",".join(f"{k}={v}" for k, v in config.items()) or "plain"


# ---- comparing two models


def data_for(x: Any, rng: Any) -> np.ndarray:
    """Random inputs; of sequences some steps are all 0: at the front, in the middle, at the end, and all of one."""
    shape = [BATCH, *(STEPS if n is None else n for n in x.shape[1:])]
    shape[0] = BATCH if x.shape[0] is None else x.shape[0]
    values = rng.normal(size=shape).astype("float32")
    if len(shape) >= 3 and shape[1] >= 3:
        values[0, 1] = values[1, 0] = values[1, -1] = values[3] = 0.0
    return values


def plain(config: Any) -> Any:
    """A configuration without what only Keras 3 reads, and without the numbers in names (they count from 0 or 1)."""
    if isinstance(config, dict):
        kept = {k: v for k, v in config.items() if k not in ("module", "registered_name", "build_config")}
        return {k: re.sub(r"_\d+$", "", v) if k == "name" else plain(v) for k, v in kept.items()}
    return [plain(v) for v in config] if isinstance(config, (list, tuple)) else config


def flat(values: Any) -> list[Any]:
    return [leaf for v in values for leaf in flat(v)] if isinstance(values, (list, tuple)) else [values]


def without_counts(names: list[str]) -> list[str]:
    """Names of weights without the numbers that count the layers of a kind."""
    return [re.sub(r"_\d+(?=/|$)", "", n) for n in names]


def compare(build: Build, rtol: float = 2e-5) -> None:
    rng = np.random.default_rng(0)
    theirs.backend.clear_session()
    ours.backend.clear_session()
    peer, model = build(theirs), build(ours)
    assert without_counts([w.name for w in model.weights]) == without_counts([w.name for w in peer.weights])
    assert [keras_shape(w) for w in model.trainable_weights] == [tuple(w.shape) for w in peer.trainable_weights]
    assert [keras_shape(x) for x in flat(model.outputs)] == [tuple(x.shape) for x in flat(peer.outputs)]
    for mine, other in zip(model.layers, peer.layers, strict=True):
        if "InputLayer" in type(mine).__name__:
            continue
        assert plain(mine.get_config()) == plain(other.get_config())

    weights = [rng.normal(size=w.shape).astype("float32") * 0.7 for w in peer.weights]
    peer.set_weights(weights)
    model.set_weights(weights)
    xs = [data_for(x, rng) for x in peer.inputs]
    with tf.GradientTape() as tape:
        tensors = [tf.constant(x) for x in xs]
        tape.watch(tensors)
        want = flat(peer(tensors if len(tensors) > 1 else tensors[0]))
        cotangents = [rng.normal(size=y.shape).astype("float32") for y in want]
        total = tf.add_n([tf.reduce_sum(y * c) for y, c in zip(want, cotangents, strict=True)])
    wanted = tape.gradient(total, [*tensors, *peer.trainable_weights])

    outputs = flat(model.outputs)
    found = K.gradients(
        sum(K.sum(y * c) for y, c in zip(outputs, cotangents, strict=True)), [*model.inputs, *model.trainable_weights]
    )
    values = K.function(model.inputs, [*outputs, *[g for g in found if g is not None]])(xs)
    for mine, other in zip(values[: len(outputs)], want, strict=True):
        np.testing.assert_allclose(mine, other.numpy(), rtol=rtol, atol=rtol)
    assert [g is None for g in found] == [g is None for g in wanted]
    for mine, other in zip(values[len(outputs) :], [g for g in wanted if g is not None], strict=True):
        np.testing.assert_allclose(mine, tf.convert_to_tensor(other).numpy(), rtol=1e-4, atol=1e-4)

    at_once = flat(model([np.asarray(x) for x in xs] if len(xs) > 1 else xs[0]))
    for mine, other in zip(at_once, want, strict=True):
        np.testing.assert_allclose(mine.numpy(), other.numpy(), rtol=rtol, atol=rtol)
    for layer, other in zip(model.layers, peer.layers, strict=True):
        if layer.count_params():
            shape, peer_shape = layer.input_shape, other.input_shape
            assert shape == peer_shape
            want_shapes = [tuple(s) for s in flat_shapes(other.compute_output_shape(peer_shape))]
            assert [tuple(s) for s in flat_shapes(layer.compute_output_shape(shape))] == want_shapes
            again = type(layer).from_config(layer.get_config())
            assert again.get_config() == layer.get_config()


def flat_shapes(shape: Any) -> list[Any]:
    if hasattr(shape, "as_list"):
        return [tuple(shape.as_list())]
    if isinstance(shape, (list, tuple)) and not all(n is None or isinstance(n, int) for n in shape):
        return [s for item in shape for s in flat_shapes(item)]
    return [tuple(shape)]


def sequential_of(make: Callable[[Any], list[Any]], shape: Any = (STEPS, FEATURES), **given: Any) -> Build:
    """The functional model of a stack of layers."""

    def build(keras: Any) -> Any:
        x = y = keras.layers.Input(**({"shape": shape} | given))
        for layer in make(keras):
            y = layer(y)
        return keras.models.Model(x, y)

    return build


# ---- one layer, each option


@pytest.mark.parametrize("options", [*OPTIONS, *GATED], ids=named)
@pytest.mark.parametrize("kind", KINDS)
def test_options(kind: str, options: dict[str, Any]) -> None:
    if kind == "SimpleRNN" and options in GATED:
        pytest.skip("a SimpleRNN has no gates")
    compare(sequential_of(lambda keras: [layer_of(keras, kind, name="probe", **options)]))


@pytest.mark.parametrize("steps", [None, 1])
@pytest.mark.parametrize("kind", KINDS)
def test_numbers_of_steps(kind: str, steps: Any) -> None:
    compare(sequential_of(lambda keras: [layer_of(keras, kind, return_sequences=True)], (steps, FEATURES)))


MASKED = [o for o in [*OPTIONS, *GATED] if "time_major" not in o and not ({"trainable", "use_bias"} & o.keys())]


@pytest.mark.parametrize("options", MASKED, ids=named)
@pytest.mark.parametrize("kind", KINDS)
def test_masked(kind: str, options: dict[str, Any]) -> None:
    if kind == "SimpleRNN" and options in GATED:
        pytest.skip("a SimpleRNN has no gates")
    compare(sequential_of(lambda keras: [keras.layers.Masking(), layer_of(keras, kind, name="probe", **options)]))


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("activation", ["tanh", "softsign"])
@pytest.mark.parametrize(
    "options", [{}, SEQUENCES, {"go_backwards": True, "return_state": True}, {"unroll": True}], ids=named
)
@pytest.mark.parametrize("kind", KINDS)
def test_initial_state(kind: str, options: dict[str, Any], activation: str, masked: bool) -> None:
    def build(keras: Any) -> Any:
        x = keras.layers.Input((STEPS, FEATURES))
        states = [keras.layers.Input((UNITS,)) for _ in range(2 if kind == "LSTM" else 1)]
        before = keras.layers.Masking()(x) if masked else x
        layer = layer_of(keras, kind, name="probe", activation=activation, **options)
        return keras.models.Model([x, *states], layer(before, initial_state=states))

    compare(build)


@pytest.mark.parametrize("kind", KINDS)
def test_encoder_and_decoder(kind: str) -> None:
    def build(keras: Any) -> Any:
        x, late = keras.layers.Input((None, FEATURES)), keras.layers.Input((None, FEATURES))
        _, *states = layer_of(keras, kind, return_state=True)(x)
        y = layer_of(keras, kind, return_sequences=True)(late, initial_state=states)
        return keras.models.Model([x, late], keras.layers.TimeDistributed(keras.layers.Dense(2))(y))

    compare(build)


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_called_again_hands_its_states_on(kind: str) -> None:
    states = 2 if kind == "LSTM" else 1

    def build(keras: Any) -> Any:
        x, h = keras.layers.Input((STEPS, FEATURES)), [keras.layers.Input((UNITS,)) for _ in range(states)]
        inner = keras.models.Model([x, *h], layer_of(keras, kind, name="probe")(x, initial_state=h), name="inner")
        new_x, new_h = keras.layers.Input((STEPS, FEATURES)), [keras.layers.Input((UNITS,)) for _ in h]
        return keras.models.Model([new_x, *new_h], inner([new_x, *new_h]))

    theirs.backend.clear_session()
    ours.backend.clear_session()
    peer, model = build(theirs), build(ours)
    rng = np.random.default_rng(1)
    weights, xs = [rng.normal(size=w.shape) for w in peer.weights], [data_for(x, rng) for x in peer.inputs]
    peer.set_weights(weights)
    model.set_weights(weights)
    np.testing.assert_allclose(model.predict(xs), peer.predict(xs, verbose=0), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("mode", ["plain", "masked", "sequences", "slow"])
@pytest.mark.parametrize("kind", KINDS)
def test_stateful(kind: str, mode: str) -> None:
    rng, results = np.random.default_rng(3), []
    batches = [rng.normal(size=(2, STEPS, FEATURES)).astype("float32") for _ in range(3)]
    targets = rng.normal(size=(2, 1)).astype("float32")
    batches[1][0, :2] = 0.0
    for keras in (theirs, ours):
        keras.backend.clear_session()
        config = {"activation": "softsign"} if mode == "slow" else SEQUENCES if mode == "sequences" else {}
        layers = [keras.layers.Masking()] if mode == "masked" else []
        layers += [layer_of(keras, kind, stateful=True, **config), keras.layers.Flatten(), keras.layers.Dense(1)]
        x = y = keras.layers.Input(batch_shape=(2, STEPS, FEATURES))
        for layer in layers if mode != "masked" else [*layers[:2], layers[3]]:
            y = layer(y)
        model = keras.models.Model(x, y)
        local = np.random.default_rng(4)
        model.set_weights([0.5 * local.normal(size=w.shape) for w in model.weights])
        optimizer = keras.optimizers.legacy.SGD(0.1) if keras is theirs else keras.optimizers.SGD(0.1)
        model.compile(optimizer, "mse")
        recurrent = next(layer for layer in model.layers if getattr(layer, "stateful", False))
        seen = [model.predict(b, batch_size=2, verbose=0) for b in batches]
        seen += [np.array(model.train_on_batch(b, targets)) for b in batches]
        seen += [np.array(model.test_on_batch(batches[0], targets)), model.predict(batches[0], batch_size=2, verbose=0)]
        model.reset_states()
        seen.append(model.predict(batches[0], batch_size=2, verbose=0))
        start = [
            np.random.default_rng(k).normal(size=(2, UNITS)).astype("float32") for k, _ in enumerate(recurrent.states)
        ]
        recurrent.reset_states(start)
        seen.append(model.predict(batches[2], batch_size=2, verbose=0))
        seen += [np.asarray(keras.backend.get_value(s)) for s in recurrent.states]
        results.append(seen)
    for other, mine in zip(*results, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_stateful_with_an_initial_state_that_counts_until_a_state_was_kept(kind: str) -> None:
    rng, results = np.random.default_rng(6), []
    data = [rng.normal(size=shape).astype("float32") for shape in ((2, STEPS, FEATURES), (2, UNITS), (2, UNITS))]
    for keras in (theirs, ours):
        keras.backend.clear_session()
        x = keras.layers.Input(batch_shape=(2, STEPS, FEATURES))
        states = [keras.layers.Input(batch_shape=(2, UNITS)) for _ in range(2 if kind == "LSTM" else 1)]
        model = keras.models.Model([x, *states], layer_of(keras, kind, stateful=True)(x, initial_state=states))
        local = np.random.default_rng(4)
        model.set_weights([0.5 * local.normal(size=w.shape) for w in model.weights])
        results.append([model.predict(data[: len(states) + 1], batch_size=2, verbose=0) for _ in range(2)])
    for other, mine in zip(*results, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-5)


# ---- cells


def minimal_cell(keras: Any, units: int) -> Any:
    class Minimal(keras.layers.Layer):
        def __init__(self, units: int = units, **kwargs: Any):
            super().__init__(**kwargs)
            self.units = self.state_size = units

        def build(self, input_shape: Any) -> None:
            self.kernel = self.add_weight(shape=(input_shape[-1], self.units), initializer="uniform", name="kernel")
            self.again = self.add_weight(shape=(self.units, self.units), initializer="uniform", name="again")
            self.built = True

        def call(self, inputs: Any, states: Any) -> Any:
            backend = keras.backend
            y = backend.dot(inputs, self.kernel) + backend.dot(states[0], self.again)
            return y, [y]

    return Minimal(units)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize(
    "options", [{}, SEQUENCES, {"return_state": True}, {"unroll": True, "go_backwards": True}], ids=named
)
def test_a_cell_of_ones_own(options: dict[str, Any], masked: bool) -> None:
    def make(keras: Any) -> Any:
        return ([keras.layers.Masking()] if masked else []) + [keras.layers.RNN(minimal_cell(keras, 4), **options)]

    theirs.backend.clear_session()
    ours.backend.clear_session()
    peer, model = (sequential_of(make)(keras) for keras in (theirs, ours))
    rng = np.random.default_rng(1)
    weights, x = [rng.normal(size=w.shape) * 0.5 for w in peer.weights], data_for(peer.inputs[0], rng)
    assert without_counts([w.name for w in model.weights]) == without_counts([w.name for w in peer.weights])
    peer.set_weights(weights)
    model.set_weights(weights)
    for mine, other in zip(flat(model.predict(x)), flat(peer.predict(x, verbose=0)), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-5)


CELLS: dict[str, Callable[[Any], Any]] = {
    "SimpleRNNCell": lambda keras: keras.layers.SimpleRNNCell(4),
    "LSTMCell": lambda keras: keras.layers.LSTMCell(4, unit_forget_bias=False, implementation=1),
    "GRUCell": lambda keras: keras.layers.GRUCell(4, reset_after=False),
    "LSTM on LSTM": lambda keras: [keras.layers.LSTMCell(4), keras.layers.LSTMCell(3)],
    "three kinds": lambda keras: [keras.layers.GRUCell(4), keras.layers.LSTMCell(2), keras.layers.SimpleRNNCell(3)],
    "one without an op": lambda keras: [keras.layers.GRUCell(4), keras.layers.LSTMCell(2, activation="softsign")],
}


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize(
    "options", [{}, SEQUENCES, {"return_state": True}, {"go_backwards": True, **SEQUENCES}], ids=named
)
@pytest.mark.parametrize("cells", CELLS)
def test_cells(cells: str, options: dict[str, Any], masked: bool) -> None:
    make = CELLS[cells]

    def layers(keras: Any) -> Any:
        return ([keras.layers.Masking()] if masked else []) + [keras.layers.RNN(make(keras), **options)]

    compare(sequential_of(layers))


# ---- wrappers


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("merge_mode", ["concat", "sum", "mul", "ave", None])
@pytest.mark.parametrize(
    "options", [{}, SEQUENCES, {"return_state": True}, {**SEQUENCES, "return_state": True}], ids=named
)
@pytest.mark.parametrize("kind", KINDS)
def test_bidirectional(kind: str, options: dict[str, Any], merge_mode: Any, masked: bool) -> None:
    def make(keras: Any) -> Any:
        both = keras.layers.Bidirectional(layer_of(keras, kind, **options), merge_mode=merge_mode, name="probe")
        return ([keras.layers.Masking()] if masked else []) + [both]

    compare(sequential_of(make))


def test_bidirectional_with_a_backward_layer_of_its_own() -> None:
    def make(keras: Any) -> Any:
        back = keras.layers.GRU(4, go_backwards=True, return_sequences=True, activation="relu")
        return [keras.layers.Bidirectional(keras.layers.LSTM(UNITS, return_sequences=True), backward_layer=back)]

    compare(sequential_of(make))


@pytest.mark.parametrize("kind", KINDS)
def test_bidirectional_initial_state(kind: str) -> None:
    def build(keras: Any) -> Any:
        x = keras.layers.Input((STEPS, FEATURES))
        states = [keras.layers.Input((UNITS,)) for _ in range(4 if kind == "LSTM" else 2)]
        return keras.models.Model(
            [x, *states], keras.layers.Bidirectional(layer_of(keras, kind))(x, initial_state=states)
        )

    compare(build)


def test_bidirectional_configuration() -> None:
    theirs.backend.clear_session()
    ours.backend.clear_session()
    configs = []
    for keras in (theirs, ours):
        back = keras.layers.LSTM(3, go_backwards=True, name="back")
        wrapper = keras.layers.Bidirectional(
            keras.layers.LSTM(3, name="there"), merge_mode="sum", backward_layer=back, name="both"
        )
        configs.append(plain(wrapper.get_config()))
    assert configs[0] == configs[1]


INNER: dict[str, tuple[Callable[[Any], Any], tuple[Any, ...]]] = {
    "Dense": (lambda keras: keras.layers.Dense(3, activation="tanh"), (STEPS, 4)),
    "Dense of unknown steps": (lambda keras: keras.layers.Dense(3), (None, 4)),
    "Dense of matrices": (lambda keras: keras.layers.Dense(3), (2, 3, 4)),
    "Conv2D": (lambda keras: keras.layers.Conv2D(2, 3, padding="same"), (2, 4, 4, 1)),
    "Flatten": (lambda keras: keras.layers.Flatten(), (2, 3, 4)),
    "LSTM": (lambda keras: keras.layers.LSTM(3), (2, STEPS, 3)),
    "GRU sequences": (lambda keras: keras.layers.GRU(3, return_sequences=True), (None, STEPS, 3)),
    "BatchNormalization": (lambda keras: keras.layers.BatchNormalization(), (STEPS, 3)),
    "TimeDistributed": (lambda keras: keras.layers.TimeDistributed(keras.layers.Dense(2)), (2, 3, 4)),
}


@pytest.mark.parametrize("batch", [None, BATCH])
@pytest.mark.parametrize("inner", INNER)
def test_time_distributed(inner: str, batch: Any) -> None:
    make, shape = INNER[inner]
    compare(
        sequential_of(lambda keras: [keras.layers.TimeDistributed(make(keras), name="probe")], shape, batch_size=batch)
    )


def test_time_distributed_passes_masks_on() -> None:
    compare(sequential_of(lambda keras: [
        keras.layers.Masking(), keras.layers.TimeDistributed(keras.layers.Dense(3)), keras.layers.LSTM(2)
    ]))


def test_time_distributed_of_a_masking_layer_and_a_recurrent_one() -> None:
    compare(sequential_of(lambda keras: [
        keras.layers.TimeDistributed(keras.layers.Masking()), keras.layers.TimeDistributed(keras.layers.GRU(3)),
        keras.layers.SimpleRNN(2),
    ], (2, STEPS, 3)))


def test_time_distributed_of_a_model() -> None:
    def make(keras: Any) -> Any:
        inner = keras.models.Sequential(
            [keras.layers.Dense(3, activation="tanh", input_shape=(4,)), keras.layers.Dense(2)]
        )
        return [keras.layers.TimeDistributed(inner), keras.layers.LSTM(2)]

    theirs.backend.clear_session()
    ours.backend.clear_session()
    peer, model = (sequential_of(make, (STEPS, 4))(keras) for keras in (theirs, ours))
    rng = np.random.default_rng(1)
    weights, x = [rng.normal(size=w.shape) for w in peer.weights], rng.normal(size=(3, STEPS, 4)).astype("float32")
    peer.set_weights(weights)
    model.set_weights(weights)
    np.testing.assert_allclose(model.predict(x), peer.predict(x, verbose=0), rtol=1e-5, atol=1e-5)


# ---- sequences of images, and the names of cuDNN


FRAMES = (3, 5, 4, 2)


@pytest.mark.parametrize(("name", "shape", "options"), [
    ("ConvLSTM2D", FRAMES, {}), ("ConvLSTM2D", FRAMES, {"padding": "same", **SEQUENCES}),
    ("ConvLSTM2D", FRAMES, {"strides": 2, "return_state": True}), ("ConvLSTM2D", FRAMES, {"dilation_rate": 2, "padding": "same"}),
    ("ConvLSTM2D", FRAMES, {"kernel_size": (2, 3), "go_backwards": True, **SEQUENCES}),
    ("ConvLSTM2D", FRAMES, {"use_bias": False, "activation": "relu", "recurrent_activation": "sigmoid"}),
    ("ConvLSTM2D", FRAMES, {"dropout": 0.3, "recurrent_dropout": 0.2, "kernel_regularizer": "l2", "unit_forget_bias": False}),
    ("ConvLSTM2D", (3, None, None, 2), {"padding": "same", **SEQUENCES}),
    ("ConvLSTM1D", (3, 6, 2), {"strides": 2}), ("ConvLSTM1D", (3, 6, 2), {"padding": "same", **SEQUENCES, "return_state": True}),
    ("ConvLSTM3D", (2, 4, 3, 4, 1), {"kernel_size": 2}),
], ids=str)
def test_conv_lstm(name: str, shape: Any, options: dict[str, Any]) -> None:
    config = {"filters": 3, "kernel_size": 3, **options}
    compare(sequential_of(lambda keras: [getattr(keras.layers, name)(name="probe", **config)], shape))


def test_conv_lstm_with_channels_first_is_the_same_network_turned_round() -> None:
    """tf_keras cannot compute it on a CPU: compared with channels_last."""
    ours.backend.clear_session()
    first, last = (
        ours.layers.ConvLSTM2D(3, 3, strides=2, return_sequences=True, data_format=f"channels_{f}")
        for f in ("first", "last")
    )
    x = np.random.default_rng(0).normal(size=(2, *FRAMES)).astype("float32")
    want = last(x).numpy()
    first.build((None, 3, 2, 5, 4))
    first.set_weights(last.get_weights())
    np.testing.assert_allclose(
        first(x.transpose(0, 1, 4, 2, 3)).numpy().transpose(0, 1, 3, 4, 2), want, rtol=1e-5, atol=1e-6
    )


def test_conv_lstm_keeps_its_state() -> None:
    rng, results = np.random.default_rng(6), []
    x = rng.normal(size=(2, *FRAMES)).astype("float32")
    for keras in (theirs, ours):
        keras.backend.clear_session()
        image = keras.layers.Input(batch_shape=(2, *FRAMES))
        layer = keras.layers.ConvLSTM2D(2, 3, stateful=True)
        model = keras.models.Model(image, layer(image))
        local = np.random.default_rng(4)
        model.set_weights([0.5 * local.normal(size=w.shape) for w in model.weights])
        seen = [model.predict(x, batch_size=2, verbose=0) for _ in range(2)]
        layer.reset_states()
        results.append([*seen, model.predict(x, batch_size=2, verbose=0)])
    for other, mine in zip(*results, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["CuDNNGRU", "CuDNNLSTM"])
def test_cudnn_layers_have_the_configuration_and_weights_of_keras(name: str) -> None:
    """They run on a GPU only in tf_keras; what they compute is that of GRU and LSTM, which tests/keras compares."""
    layers = []
    for keras in (theirs, ours):
        keras.backend.clear_session()
        kind = getattr(keras.src.layers if keras is theirs else keras.layers, name)
        layer = kind(4, name="probe", return_sequences=True, bias_regularizer="l2")
        layer.build((None, 5, 3))
        layers.append(layer)
    peer, layer = layers
    assert plain(layer.get_config()) == plain(peer.get_config())
    assert [keras_shape(w) for w in layer.weights] == [tuple(w.shape) for w in peer.weights]
    np.testing.assert_array_equal(layer.get_weights()[2], [np.asarray(w) for w in peer.get_weights()][2])
