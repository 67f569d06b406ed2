"""TimeDistributed and Bidirectional against the layers that they hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from deepkit import keras
from deepkit.core.graph import Graph
from deepkit.errors import ArgumentError, ShapeError
from deepkit.keras import backend as K
from deepkit.keras.layers import (
    GRU,
    LSTM,
    RNN,
    BatchNormalization,
    Bidirectional,
    Conv2D,
    Dense,
    Dropout,
    Input,
    Masking,
    SimpleRNN,
    SimpleRNNCell,
    TimeDistributed,
    Wrapper,
)
from deepkit.keras.models import Model, Sequential


@pytest.fixture(autouse=True)
def _own_graph():
    with Graph().as_default():
        yield


def random(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def pair_of(wrapper: Any, x: np.ndarray) -> list[Any]:
    """Layers of their own with the weights of the wrapper's: forward and backward."""
    wrapper(x)
    made = []
    for inner in (wrapper.forward_layer, wrapper.backward_layer):
        layer = type(inner).from_config({**inner.get_config(), "name": f"own_{inner.name}"})
        layer(x)
        layer.set_weights(inner.get_weights())
        made.append(layer)
    return made


MERGED: dict[Any, Any] = {
    "concat": lambda a, b: np.concatenate([a, b], -1), "sum": np.add, "mul": np.multiply, "ave": lambda a, b: (a + b) / 2,
}


@pytest.mark.parametrize("merge_mode", MERGED)
@pytest.mark.parametrize("kind", [SimpleRNN, GRU, LSTM])
def test_both_directions_are_merged(kind, merge_mode):
    x = random(2, 5, 3)
    last = Bidirectional(kind(4), merge_mode=merge_mode)
    forward, backward = pair_of(last, x)
    want = MERGED[merge_mode](forward(x).numpy(), backward(x).numpy())
    np.testing.assert_allclose(last(x).numpy(), want, rtol=1e-5, atol=1e-6)
    assert np.abs(forward.get_weights()[0] - backward.get_weights()[0]).max() > 0

    every = Bidirectional(kind(4, return_sequences=True), merge_mode=merge_mode)
    forward, backward = pair_of(every, x)
    want = MERGED[merge_mode](forward(x).numpy(), backward(x).numpy()[:, ::-1])
    np.testing.assert_allclose(every(x).numpy(), want, rtol=1e-5, atol=1e-6)


def test_unmerged_outputs_and_states():
    x = random(2, 5, 3)
    layer = Bidirectional(LSTM(4, return_sequences=True, return_state=True), merge_mode=None)
    forward, backward = pair_of(layer, x)
    (a, *states), (b, *states_back) = forward(x), backward(x)
    want = [a.numpy(), b.numpy()[:, ::-1], *[s.numpy() for s in [*states, *states_back]]]
    for mine, other in zip(layer(x), want, strict=True):
        np.testing.assert_allclose(mine.numpy(), other, rtol=1e-5, atol=1e-6)
    assert layer.compute_output_shape((None, 5, 3)) == [(None, 5, 4)] * 2 + [(None, 4)] * 4


def test_masked_steps_count_for_nothing_in_either_direction():
    x = random(2, 5, 3)
    x[0, 3:] = x[1, 4:] = 0.0
    model = Sequential([Masking(input_shape=(5, 3)), Bidirectional(GRU(4, return_sequences=True), merge_mode="sum")])
    y = model.predict(x)
    assert not y[0, 3:].any()
    assert y[0, :3].all()
    np.testing.assert_allclose(
        y[:1, :3], model.predict(np.pad(x[:1, :3], [(0, 0), (0, 2), (0, 0)]))[:, :3], rtol=1e-5, atol=1e-6
    )
    short = Model(model.inputs, model.outputs).layers[-1]
    np.testing.assert_allclose(y[:1, :3], short(x[:1, :3]).numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("symbolic", [False, True])
def test_the_first_half_of_the_states_is_for_the_forward_layer(symbolic):
    x, states = random(2, 5, 3), [random(2, 4, seed=k + 1) for k in range(4)]
    layer = Bidirectional(LSTM(4))
    forward, backward = pair_of(layer, x)
    want = np.concatenate(
        [forward(x, initial_state=states[:2]).numpy(), backward(x, initial_state=states[2:]).numpy()], -1
    )
    if symbolic:
        given = Input((5, 3)), *[Input((4,)) for _ in states]
        model = Model(list(given), layer(given[0], initial_state=list(given[1:])))
        found = Model(list(given), model(list(given))).predict([x, *states])
    else:
        found = layer(x, initial_state=states).numpy()
    np.testing.assert_allclose(found, want, rtol=1e-5, atol=1e-6)


def test_weights_names_and_numbers():
    model = Sequential([Bidirectional(LSTM(4, name="rnn"), name="both", input_shape=(5, 3))])
    assert [w.name for w in model.weights] == [
        f"both/{way}_rnn/lstm_cell/{name}:0"
        for way in ("forward", "backward")
        for name in ("kernel", "recurrent_kernel", "bias")
    ]
    assert model.count_params() == 2 * (3 * 16 + 4 * 16 + 16)
    assert model.output_shape == (None, 8)
    model.layers[0].trainable = False
    assert not model.trainable_weights


def test_weights_given_at_construction_are_split():
    given = [np.full(s, k, "float32") for k, s in enumerate([(3, 4), (4, 4), (4,)] * 2)]
    layer = Bidirectional(SimpleRNN(4), weights=given, input_shape=(5, 3))
    Sequential([layer])
    assert [w.flat[0] for w in layer.get_weights()] == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]


def test_a_stateful_pair_keeps_both_states():
    layer = Bidirectional(SimpleRNN(4, stateful=True), batch_input_shape=(2, 3, 3))
    model = Sequential([layer])
    x = random(2, 3, 3)
    first, second = (model.predict(x, batch_size=2) for _ in range(2))
    assert np.abs(first - second).max() > 1e-4
    model.reset_states()
    np.testing.assert_allclose(model.predict(x, batch_size=2), first, rtol=1e-6)
    layer.reset_states([np.ones((2, 4)), np.zeros((2, 4))])
    assert K.get_value(layer.forward_layer.states[0]).all()
    assert not K.get_value(layer.backward_layer.states[0]).any()


def test_constants_go_in_both_directions():
    class Scaled(keras.layers.Layer):
        state_size = 2

        def call(self, inputs, states, constants):
            total = states[0] + inputs * constants[0]
            return total, [total]

    x, c = random(2, 4, 2), random(2, 2, seed=1)
    a, b = Input((4, 2)), Input((2,))
    layer = Bidirectional(RNN(Scaled()), merge_mode="sum")
    model = Model([a, b], layer(a, constants=b))
    np.testing.assert_allclose(model.predict([x, c]), 2 * x.sum(1) * c, rtol=1e-4, atol=1e-5)
    assert layer.get_config()["num_constants"] == 1


def test_training_learns_through_both_directions():
    np.random.seed(0)  # weights and the order of the samples
    x = random(16, 4, 2)
    y = (x[:, 0, :1] + x[:, -1, :1]).astype("float32")
    model = Sequential([Bidirectional(GRU(6), input_shape=(4, 2)), Dense(1)])
    model.compile(keras.optimizers.Adam(0.03), "mse")
    history = model.fit(x, y, epochs=60, verbose=0).history["loss"]
    assert history[-1] < 0.05 * history[0]


def test_configurations_round_trip():
    own_cell = Bidirectional(RNN([SimpleRNNCell(3), SimpleRNNCell(2)]))
    for layer in (Bidirectional(LSTM(3), merge_mode=None), TimeDistributed(Dense(3, activation="relu")), own_cell,
                  Bidirectional(GRU(3), backward_layer=LSTM(3, go_backwards=True), merge_mode="mul"),
                  TimeDistributed(Sequential([Dense(2, input_shape=(3,))]))):
        config = layer.get_config()
        again = keras.layers.deserialize({"class_name": type(layer).__name__, "config": config})
        assert again.get_config() == config


def test_a_cell_of_ones_own_is_found_when_the_layer_is_copied():
    class Mine(SimpleRNNCell):
        pass

    layer = Bidirectional(RNN(Mine(3)))
    assert type(layer.backward_layer.cell) is Mine
    assert layer.backward_layer.go_backwards


# ---- TimeDistributed


@pytest.mark.parametrize("steps", [5, None])
def test_every_step_goes_through_the_same_layer(steps):
    inner = Dense(4, activation="tanh")
    model = Sequential([TimeDistributed(inner, input_shape=(steps, 3))])
    x = random(2, 5, 3)
    want = np.stack([inner(x[:, t]).numpy() for t in range(5)], 1)
    np.testing.assert_allclose(model.predict(x), want, rtol=1e-5, atol=1e-6)
    assert model.output_shape == (None, steps, 4)
    assert next(w.name for w in model.weights) == "time_distributed_1/kernel:0"


def test_weights_given_to_the_layer_inside_are_its_first_values():
    kernel, bias = np.arange(6.0).reshape(3, 2), np.array([1.0, 2.0])
    layer = TimeDistributed(Dense(2, weights=[kernel, bias]))
    layer(Input((4, 3)))
    for found, given in zip(layer.get_weights(), (kernel, bias), strict=True):
        np.testing.assert_array_equal(found, given)


def test_images_of_a_film():
    inner = Conv2D(2, 3)
    layer = TimeDistributed(inner)
    x = random(2, 3, 6, 6, 1)
    y = layer(x).numpy()
    np.testing.assert_allclose(y[:, 1], inner(x[:, 1]).numpy(), rtol=1e-5, atol=1e-6)
    assert layer.compute_output_shape((None, 3, 6, 6, 1)) == (None, 3, 4, 4, 2)
    assert y.shape == (2, 3, 4, 4, 2)


def test_the_mask_goes_on_and_into_the_layer():
    x = random(2, 4, 3)
    x[0, 2:] = 0.0
    inner = LSTM(2)
    model = Sequential([Masking(input_shape=(4, 3)), TimeDistributed(Dense(3)), inner])
    between = model.layers[1](x).numpy()
    want = inner(between, mask=np.any(x != 0, -1)).numpy()
    np.testing.assert_allclose(model.predict(x), want, rtol=1e-5, atol=1e-6)
    films = random(2, 3, 4, 2)
    films[:, :, 2:] = 0.0
    nested = Sequential([TimeDistributed(Masking(), input_shape=(3, 4, 2)), TimeDistributed(GRU(2))])
    short = nested.layers[1].layer(films[:, 1, :2]).numpy()
    np.testing.assert_allclose(nested.predict(films)[:, 1], short, rtol=1e-5, atol=1e-6)


def test_phase_and_updates_of_the_layer_inside():
    model = Sequential(
        [TimeDistributed(BatchNormalization(momentum=0.5), input_shape=(4, 3)), TimeDistributed(Dropout(0.5))]
    )
    model.compile("sgd", "mse")
    x = random(8, 4, 3) + 5.0
    model.train_on_batch(x, x)
    moving = model.get_weights()[2]
    np.testing.assert_allclose(moving, 0.5 * x.mean((0, 1)), rtol=1e-3)
    np.testing.assert_allclose(model.predict(x), model.predict(x))


def test_a_model_at_every_step():
    inner = Sequential([Dense(3, activation="tanh", input_shape=(2,)), Dense(1)])
    model = Sequential([TimeDistributed(inner, input_shape=(5, 2))])
    x = random(3, 5, 2)
    np.testing.assert_allclose(model.predict(x)[:, 2], inner.predict(x[:, 2]), rtol=1e-5, atol=1e-6)
    assert len(model.weights) == 4


def test_several_inputs_at_every_step():
    a, b = Input((4, 3)), Input((4, 2))
    y = TimeDistributed(keras.layers.Concatenate())([a, b])
    x, z = random(2, 4, 3), random(2, 4, 2)
    np.testing.assert_allclose(Model([a, b], y).predict([x, z]), np.concatenate([x, z], -1))


# ---- errors


@pytest.mark.parametrize(("make", "words"), [
    (lambda: Wrapper(3), "takes a layer"), (lambda: TimeDistributed(Dense), "made with brackets"),
    (lambda: Bidirectional(Dense(3)), "recurrent layer"), (lambda: Bidirectional(LSTM(3), merge_mode="max"), "merge_mode='max'"),
    (lambda: Bidirectional(LSTM(3), backward_layer=LSTM(3)), "both layers have go_backwards=False"),
    (lambda: Bidirectional(LSTM(3), backward_layer=LSTM(3, go_backwards=True, return_state=True)), "return_state is False"),
    (lambda: TimeDistributed(Dense(3))(Input((4,))), "at least one axis"),
    (lambda: Bidirectional(LSTM(3))(Input((4, 2)), initial_state=[Input((3,))]), "forward layer"),
    (lambda: Sequential([Bidirectional(LSTM(3, stateful=True), input_shape=(4, 2))]), "batch size"),
])
def test_errors_say_what_to_do(make, words):
    with pytest.raises((ArgumentError, ShapeError), match=words):
        make()
