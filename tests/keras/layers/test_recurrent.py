"""Recurrent layers against their formulas in NumPy: every step written out, masks, states, dropout, cells."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from deepkit import keras
from deepkit.core.graph import Graph
from deepkit.keras import backend as K
from deepkit.keras.layers import (
    GRU,
    LSTM,
    RNN,
    Dense,
    Embedding,
    Input,
    Layer,
    Masking,
    SimpleRNN,
    SimpleRNNCell,
)
from deepkit.keras.models import Model, Sequential


@pytest.fixture(autouse=True)
def _own_graph():
    with Graph().as_default():
        yield


FUNCTIONS: dict[str, Any] = {
    "tanh": np.tanh, "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "relu": lambda x: np.maximum(x, 0), "linear": lambda x: x,
    "hard_sigmoid": lambda x: np.clip(0.2 * x + 0.5, 0, 1), "softsign": lambda x: x / (1 + np.abs(x)),
}


def simple_step(x: Any, states: Any, w: Any, act: Any, gate: Any) -> Any:
    h = act(x @ w[0] + states[0] @ w[1] + w[2])
    return [h]


def lstm_step(x: Any, states: Any, w: Any, act: Any, gate: Any) -> Any:
    h, c = states
    i, f, g, o = np.split(x @ w[0] + h @ w[1] + w[2], 4, -1)
    c = gate(f) * c + gate(i) * act(g)
    return [gate(o) * act(c), c]


def gru_step(x: Any, states: Any, w: Any, act: Any, gate: Any) -> Any:
    h = states[0]
    bias = w[2].reshape(-1, w[0].shape[1])
    x_z, x_r, x_g = np.split(x @ w[0] + bias[0], 3, -1)
    k_z, k_r, k_g = np.split(w[1], 3, -1)
    if len(bias) == 2:
        b_z, b_r, b_g = np.split(bias[1], 3)
        z, r = gate(x_z + h @ k_z + b_z), gate(x_r + h @ k_r + b_r)
        g = act(x_g + r * (h @ k_g + b_g))
    else:
        z, r = gate(x_z + h @ k_z), gate(x_r + h @ k_r)
        g = act(x_g + (r * h) @ k_g)
    return [z * h + (1 - z) * g]


STEPS: dict[str, Any] = {"SimpleRNN": simple_step, "LSTM": lstm_step, "GRU": gru_step}


def by_hand(layer: Any, x: np.ndarray, mask: Any = None, states: Any = None) -> tuple[np.ndarray, list[np.ndarray]]:
    """(outputs (batch, steps, units), last states) of a layer, one step after the other in float64."""
    kind = next(name for name in STEPS if isinstance(layer, getattr(keras.layers, name)))
    weights = [w.astype("float64") for w in layer.get_weights()]
    act = FUNCTIONS[layer.activation.__name__]
    gate = FUNCTIONS[layer.recurrent_activation.__name__] if kind != "SimpleRNN" else None
    count = 2 if kind == "LSTM" else 1
    states = states or [np.zeros((len(x), layer.units)) for _ in range(count)]
    shown, outputs = np.zeros((len(x), layer.units)), []
    for t in range(x.shape[1]):
        new = STEPS[kind](x[:, t].astype("float64"), states, weights, act, gate)
        live = np.ones((len(x), 1), bool) if mask is None else mask[:, t, None]
        states = [np.where(live, a, b) for a, b in zip(new, states, strict=True)]
        shown = np.where(live, new[0], shown)
        outputs.append(shown)
    return np.stack(outputs, 1), states


def random(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def with_random_weights(layer: Any, batch: int = 1) -> Any:
    if not layer.built:
        layer(np.zeros((batch, 2, 3), "float32"))
    rng = np.random.default_rng(7)
    layer.set_weights([0.6 * rng.normal(size=w.shape) for w in layer.get_weights()])
    return layer


ALL = [
    (SimpleRNN, {}), (SimpleRNN, {"activation": "relu"}), (SimpleRNN, {"activation": "softsign"}),
    (LSTM, {}), (LSTM, {"recurrent_activation": "hard_sigmoid"}), (LSTM, {"activation": "softsign"}),
    (GRU, {}), (GRU, {"reset_after": False}), (GRU, {"activation": "relu", "recurrent_activation": "hard_sigmoid"}),
    (GRU, {"activation": "softsign", "reset_after": False}), (GRU, {"activation": "softsign"}),
]


def case_name(value: Any) -> str:
    return value.__name__ if isinstance(value, type) else ",".join(f"{k}={v}" for k, v in value.items()) or "plain"


# ---- numbers


@pytest.mark.parametrize(("kind", "options"), ALL, ids=case_name)
def test_every_step_is_the_formula(kind, options):
    layer = with_random_weights(kind(4, return_sequences=True, return_state=True, **options))
    x = random(2, 6, 3)
    want, states = by_hand(layer, x)
    y, *last = layer(x)
    np.testing.assert_allclose(y.numpy(), want, rtol=1e-4, atol=1e-5)
    for mine, other in zip(last, states, strict=True):
        np.testing.assert_allclose(mine.numpy(), other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("kind", "options"), ALL, ids=case_name)
def test_masked_steps_leave_states_and_outputs_as_they_are(kind, options):
    layer = with_random_weights(kind(4, return_sequences=True, **options))
    x = random(4, 6, 3)
    mask = np.array([[1, 1, 0, 1, 0, 0], [0, 0, 1, 1, 1, 1], [1, 0, 0, 0, 0, 1], [0] * 6], bool)
    first = [random(4, 4, seed=k + 1) for k in range(2 if kind is LSTM else 1)]
    np.testing.assert_allclose(layer(x, mask=mask).numpy(), by_hand(layer, x, mask)[0], rtol=1e-4, atol=1e-5)
    found = layer(x, mask=mask, initial_state=first).numpy()
    np.testing.assert_allclose(found, by_hand(layer, x, mask, first)[0], rtol=1e-4, atol=1e-5)
    layer.zero_output_for_mask = True
    np.testing.assert_allclose(
        layer(x, mask=mask).numpy(), by_hand(layer, x, mask)[0] * mask[..., None], rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize(("kind", "options"), ALL, ids=case_name)
def test_backwards_and_time_major(kind, options):
    layer = with_random_weights(kind(4, return_sequences=True, **options))
    x = random(2, 5, 3)
    weights = layer.get_weights()
    back = kind(4, return_sequences=True, go_backwards=True, **options)
    back.build((None, None, 3))
    back.set_weights(weights)
    np.testing.assert_allclose(back(x).numpy(), layer(x[:, ::-1]).numpy(), rtol=1e-5, atol=1e-6)
    major = kind(4, return_sequences=True, time_major=True, **options)
    major.build((None, None, 3))
    major.set_weights(weights)
    np.testing.assert_allclose(
        major(x.transpose(1, 0, 2)).numpy().transpose(1, 0, 2), layer(x).numpy(), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize(("kind", "options"), [c for c in ALL if "softsign" not in c[1].values()], ids=case_name)
def test_the_op_for_all_steps_and_the_loop_agree_in_values_and_gradients(kind, options, masked):
    class Loop(kind.cell_class):  # a cell whose call is its own is taken step by step
        def call(self, inputs, states, training=None):
            return super().call(inputs, states, training)

    x = Input((5, 3))
    before = Masking()(x) if masked else x
    whole, loop = kind(4, return_sequences=True, **options), RNN(Loop(4, **options), return_sequences=True)
    ys = [whole(before), loop(before)]
    rng = np.random.default_rng(2)
    weights = [rng.normal(size=w.shape) for w in whole.get_weights()]
    data = random(3, 5, 3)
    data[0, 0] = data[1, 2:] = 0.0
    found = []
    for layer, y in zip((whole, loop), ys, strict=True):
        layer.set_weights(weights)
        total = K.sum(y * random(3, 5, 4, seed=3))
        found.append(K.function([x], [y, *K.gradients(total, [x, *layer.trainable_weights])])([data]))
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
    kinds = {node.type for node in x.graph.get_operations()}
    assert {"Scan"} < kinds
    assert kinds & {"SimpleRNN", "LSTM", "GRU", "ResetGRU"}


def test_mask_zero_of_an_embedding_reaches_the_recurrent_layer():
    model = Sequential([Embedding(6, 3, mask_zero=True, input_length=5), LSTM(4)])
    table, *weights = model.get_weights()
    words = np.array([[1, 2, 3, 0, 0], [0, 4, 0, 5, 0]])
    layer = LSTM(4, weights=weights)
    layer(np.zeros((1, 2, 3), "float32"))
    want = by_hand(layer, table[words], words != 0)[0][:, -1]
    np.testing.assert_allclose(model.predict(words), want, rtol=1e-4, atol=1e-5)


def test_a_mask_that_is_an_input_belongs_to_the_model():
    x, mask = Input((4, 3)), Input((4,), dtype="bool")
    layer = LSTM(2)
    model = Model([x, mask], layer(x, mask=mask))
    data, live = random(2, 4, 3), np.array([[1, 1, 0, 1], [0, 1, 1, 0]], bool)
    want = by_hand(layer, data, live)[0][:, -1]
    np.testing.assert_allclose(model.predict([data, live]), want, rtol=1e-4, atol=1e-5)
    again = Model([x, mask], model([x, mask]))
    np.testing.assert_allclose(again.predict([data, live]), want, rtol=1e-4, atol=1e-5)


# ---- training


@pytest.mark.parametrize("kind", [SimpleRNN, GRU, LSTM])
def test_eager_and_compiled_training_move_the_weights_alike(kind):
    x, y = random(8, 5, 3), random(8, 1, seed=1)
    after = []
    for eager in (False, True):
        model = Sequential([Masking(input_shape=(5, 3)), kind(4, kernel_regularizer="l2"), Dense(1)])
        rng = np.random.default_rng(0)
        model.set_weights([0.5 * rng.normal(size=w.shape) for w in model.get_weights()])
        model.compile("sgd", "mse", run_eagerly=eager)
        model.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0)
        after.append(model.get_weights())
    for a, b in zip(*after, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_a_network_learns_to_remember_the_first_step():
    np.random.seed(0)  # weights and the order of the samples
    x = np.random.default_rng(0).integers(0, 2, (64, 6, 1)).astype("float32")
    model = Sequential([LSTM(8, input_shape=(6, 1)), Dense(1, activation="sigmoid")])
    model.compile(keras.optimizers.Adam(0.05), "binary_crossentropy")
    model.fit(x, x[:, 0], epochs=80, verbose=0)
    assert np.mean((model.predict(x) > 0.5) == x[:, 0]) == 1.0


# ---- dropout


@pytest.mark.parametrize("kind", [SimpleRNN, GRU, LSTM])
@pytest.mark.parametrize(
    "options", [{"dropout": 0.5}, {"recurrent_dropout": 0.5}, {"dropout": 0.5, "recurrent_dropout": 0.3}], ids=case_name
)
def test_dropout_works_in_training_only(kind, options):
    layer = with_random_weights(kind(4, return_sequences=True, **options))
    x = random(2, 6, 3)
    np.testing.assert_allclose(layer(x).numpy(), by_hand(layer, x)[0], rtol=1e-4, atol=1e-5)
    trained = [layer(x, training=True).numpy() for _ in range(2)]
    assert np.abs(trained[0] - trained[1]).max() > 1e-3


@pytest.mark.parametrize("cell", [SimpleRNNCell, "loop"])
def test_a_sequence_keeps_its_dropout_mask_from_step_to_step(cell):
    class Loop(SimpleRNNCell):
        def call(self, inputs, states, training=None):
            return super().call(inputs, states, training)

    kind = Loop if cell == "loop" else cell
    # With the identity as kernel and nothing from the state the outputs are the inputs under the mask.
    layer = RNN(kind(50, activation="linear", dropout=0.4, kernel_initializer="identity", recurrent_initializer="zeros"),
                return_sequences=True)
    y = layer(np.ones((20, 6, 50), "float32"), training=True).numpy()
    assert (y == y[:, :1]).all()
    assert set(np.unique(y.round(4))) == {0.0, np.float32(1 / 0.6).round(4)}
    assert abs((y[:, 0] == 0).mean() - 0.4) < 0.06
    assert (y[0, 0] != y[1, 0]).any()


def test_dropout_of_everything():
    layer = SimpleRNN(3, dropout=1.0, bias_initializer="ones", recurrent_initializer="zeros")
    np.testing.assert_allclose(layer(random(2, 4, 5), training=True).numpy(), np.tanh(np.ones((2, 3))), rtol=1e-6)


def test_compiled_training_draws_new_masks_for_every_batch():
    model = Sequential([SimpleRNN(30, dropout=0.5, activation="linear", kernel_initializer="identity",
                                  recurrent_initializer="zeros", input_shape=(2, 30))])
    f = K.function([model.input, K.learning_phase()], [model.output])
    x = np.ones((4, 2, 30), "float32")
    a, b, test = f([x, 1])[0], f([x, 1])[0], f([x, 0])[0]
    assert (a != b).any()
    assert (test == 1).all()
    assert set(np.unique(a)) == {0.0, 2.0}


# ---- states


@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize(("kind", "options"), ALL, ids=case_name)
def test_stateful_layers_go_on_where_they_stopped(kind, options, eager):
    layer = kind(4, stateful=True, **options)
    x = random(2, 9, 3)
    if eager:
        run = lambda part: layer(part).numpy()  # noqa: E731
        run(x[:, :1])
    else:
        model = Sequential([layer])
        model.add(Layer())
        model.build((2, None, 3))
        run = lambda part: model.predict(part, batch_size=2)  # noqa: E731
    with_random_weights(layer)
    layer.reset_states()
    parts = [run(x[:, i : i + 3]) for i in (0, 3, 6)]
    want, last = by_hand(layer, x)
    for k, part in enumerate(parts):
        np.testing.assert_allclose(part, want[:, 3 * k + 2], rtol=1e-4, atol=1e-5)
    for kept, state in zip(layer.states, last, strict=True):
        np.testing.assert_allclose(K.get_value(kept), state, rtol=1e-4, atol=1e-5)
    layer.reset_states()
    np.testing.assert_allclose(run(x[:, :3]), want[:, 2], rtol=1e-4, atol=1e-5)
    start = [random(2, 4, seed=5 + k) for k in range(len(last))]
    layer.reset_states(start if len(start) > 1 else start[0])
    np.testing.assert_allclose(run(x[:, :3]), by_hand(layer, x[:, :3], states=start)[0][:, -1], rtol=1e-4, atol=1e-5)


def test_training_moves_the_states_of_a_stateful_layer():
    model = Sequential([SimpleRNN(4, stateful=True, batch_input_shape=(2, 3, 3)), Dense(1)])
    model.compile("sgd", "mse")
    layer = model.layers[0]
    x = random(2, 3, 3)
    want = by_hand(layer, x)[1][0]
    model.train_on_batch(x, np.zeros((2, 1)))
    np.testing.assert_allclose(K.get_value(layer.states[0]), want, rtol=1e-4, atol=1e-5)
    model.reset_states()
    assert not K.get_value(layer.states[0]).any()
    assert model.stateful


def test_a_function_of_ones_own_runs_the_updates_of_the_states():
    model = Sequential([LSTM(4, stateful=True, batch_input_shape=(2, 3, 3))])
    step = K.function([model.input], [model.output], updates=model.state_updates)
    x = random(2, 3, 3)
    want = by_hand(model.layers[0], np.concatenate([x, x], 1))[0]
    np.testing.assert_allclose(step([x])[0], want[:, 2], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(step([x])[0], want[:, 5], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", [SimpleRNN, GRU, LSTM])
def test_an_initial_state_of_a_stateful_layer_counts_until_a_state_was_kept(kind):
    x, first = random(2, 3, 3), [random(2, 4, seed=k + 1) for k in range(2 if kind is LSTM else 1)]
    layer = with_random_weights(kind(4, stateful=True, batch_input_shape=(2, 3, 3)), batch=2)
    want = by_hand(layer, np.concatenate([x, x], 1), states=first)[0]
    layer.reset_states()
    for step in (2, 5):
        np.testing.assert_allclose(layer(x, initial_state=first).numpy(), want[:, step], rtol=1e-4, atol=1e-5)


def test_states_are_no_weights():
    layer = SimpleRNN(4, stateful=True, batch_input_shape=(2, 3, 3))
    Sequential([layer])
    assert [w.name.rpartition("/")[2] for w in layer.weights] == ["kernel:0", "recurrent_kernel:0", "bias:0"]
