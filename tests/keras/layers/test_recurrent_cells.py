"""Cells, weights, configurations and errors of recurrent layers."""

from __future__ import annotations

import numpy as np
import pytest

from deepkit import keras, ops
from deepkit.core.graph import Graph
from deepkit.core.tensor import Tensor
from deepkit.errors import ArgumentError, ShapeError
from deepkit.keras.layers import (
    GRU,
    LSTM,
    RNN,
    Bidirectional,
    ConvLSTM2D,
    CuDNNGRU,
    CuDNNLSTM,
    Dense,
    GRUCell,
    Input,
    Layer,
    LSTMCell,
    SimpleRNN,
    SimpleRNNCell,
    StackedRNNCells,
)
from deepkit.keras.models import Model, Sequential


@pytest.fixture(autouse=True)
def _own_graph():
    with Graph().as_default():
        yield


def random(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


# ---- cells


class Attention(Layer):
    """A cell that sees the same constants at every step."""

    state_size = 2

    def call(self, inputs, states, constants, training=None):
        total = states[0] + inputs * constants[0]
        return total, [total]


@pytest.mark.parametrize("symbolic", [False, True])
def test_constants_go_to_every_step(symbolic):
    x, c = random(2, 4, 2), random(2, 2, seed=1)
    layer = RNN(Attention(), return_sequences=True)
    if symbolic:
        a, b = Input((4, 2)), Input((2,))
        model = Model([a, b], layer(a, constants=b))
        assert layer.get_config()["num_constants"] == 1
        y = Model([a, b], model([a, b])).predict([x, c])
    else:
        y = layer(x, constants=c).numpy()
    np.testing.assert_allclose(y, np.cumsum(x * c[:, None], 1), rtol=1e-5, atol=1e-6)


def test_cells_of_ones_own_may_have_outputs_and_states_of_other_sizes():
    class Counter(Layer):
        state_size = (1, 2)
        output_size = 3

        def call(self, inputs, states):
            count, total = states
            new = [count + 1.0, total + inputs]
            return ops.concat(new, -1), new

    x = random(2, 4, 2)
    y, count, total = RNN(Counter(), return_state=True)(x)
    np.testing.assert_allclose(count.numpy(), np.full((2, 1), 4.0))
    np.testing.assert_allclose(total.numpy(), x.sum(1), rtol=1e-5)
    assert y.shape.as_list() == [2, 3]
    assert RNN(Counter()).compute_output_shape((None, 5, 2)) == (None, 3)


def test_a_cell_chooses_its_own_first_state():
    class FromOne(SimpleRNNCell):
        def get_initial_state(self, inputs=None, batch_size=None, dtype=None):
            return ops.ones([batch_size, self.units], dtype)

    layer = RNN(FromOne(2, recurrent_initializer="identity", kernel_initializer="zeros", activation="linear"))
    assert layer(random(3, 2, 2)).numpy().tolist() == [[1.0, 1.0]] * 3


def test_stacked_cells_are_layers_on_top_of_each_other():
    x = random(2, 5, 3)
    stack = RNN([LSTMCell(4), GRUCell(2)], return_sequences=True, return_state=True)
    y, (h, c), s = stack(x)
    lower, upper = LSTM(4, return_sequences=True, return_state=True), GRU(2, return_sequences=True)
    lower.build((None, None, 3)), upper.build((None, None, 4))
    lower.set_weights(stack.get_weights()[:3]), upper.set_weights(stack.get_weights()[3:])
    between, h_want, c_want = lower(x)
    np.testing.assert_allclose(y.numpy(), upper(between).numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(h.numpy(), h_want.numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(c.numpy(), c_want.numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(s.numpy(), y.numpy()[:, -1], rtol=1e-6)


def test_stacked_cells_with_the_last_state_first():
    x = random(2, 5, 3)
    cells = StackedRNNCells([LSTMCell(4), SimpleRNNCell(2)], reverse_state_order=True)
    layer = RNN(cells, return_state=True)
    y, s, (_h, c) = layer(x)
    assert cells.state_size == (2, [4, 4])
    assert s.shape.as_list() == [2, 2]
    assert c.shape.as_list() == [2, 4]
    np.testing.assert_allclose(y.numpy(), s.numpy())
    natural = RNN(StackedRNNCells([LSTMCell(4), SimpleRNNCell(2)]))
    natural.build((None, None, 3))
    natural.set_weights(layer.get_weights())
    np.testing.assert_allclose(natural(x).numpy(), y.numpy(), rtol=1e-5, atol=1e-6)
    assert StackedRNNCells.from_config(cells.get_config()).state_size == cells.state_size


def test_inputs_of_a_cell_may_be_nested():
    class Two(Layer):
        state_size = 2

        def call(self, inputs, states):
            total = states[0] + inputs[0] * inputs[1]
            return total, [total]

    a, b = random(2, 4, 2), random(2, 4, 2, seed=1)
    y = RNN(Two(), return_sequences=True)((a, b))
    np.testing.assert_allclose(y.numpy(), np.cumsum(a * b, 1), rtol=1e-5, atol=1e-6)


# ---- weights and configurations


def test_the_forget_gate_starts_open():
    layer = LSTM(3)
    layer.build((None, None, 2))
    assert layer.get_weights()[2].tolist() == [0.0] * 3 + [1.0] * 3 + [0.0] * 6
    plain = LSTM(3, unit_forget_bias=False, bias_initializer="ones")
    plain.build((None, None, 2))
    assert plain.get_weights()[2].tolist() == [1.0] * 12


def test_the_recurrent_kernel_starts_orthogonal():
    layer = SimpleRNN(5)
    layer.build((None, None, 2))
    kernel = layer.get_weights()[1]
    np.testing.assert_allclose(kernel @ kernel.T, np.eye(5), atol=1e-5)


@pytest.mark.parametrize(("kind", "count"), [(SimpleRNN, 72960), (LSTM, 291840), (GRU, 219648)])
def test_numbers_of_weights_for_rows_of_28_pixels(kind, count):
    model = Sequential([kind(256, input_shape=(28, 28))])
    assert model.count_params() == count
    assert model.output_shape == (None, 256)


def test_layers_make_equal_layers_from_their_configuration():
    for layer in (
        SimpleRNN(3, dropout=0.1, go_backwards=True), GRU(3, reset_after=False, recurrent_regularizer="l1"),
        LSTM(3, unit_forget_bias=False, zero_output_for_mask=True), RNN([LSTMCell(3), GRUCell(2)], return_state=True),
        CuDNNGRU(3), CuDNNLSTM(3, stateful=True), ConvLSTM2D(3, 2, padding="same"),
    ):
        config = layer.get_config()
        again = type(layer).from_config(config)
        assert again.get_config() == config
        assert keras.layers.deserialize(keras.layers.serialize(layer)).get_config() == config


def test_arguments_are_read_as_attributes_and_cannot_be_set():
    layer = LSTM(3, recurrent_dropout=0.2)
    assert (layer.units, layer.recurrent_dropout, layer.implementation) == (3, 0.2, 1)
    with pytest.raises(AttributeError):
        layer.units = 4


def test_the_old_module_path():
    from deepkit.keras.layers.recurrent import SimpleRNN as OldPath

    assert OldPath is SimpleRNN


@pytest.mark.parametrize(("theirs", "ours"), [(CuDNNGRU, GRU), (CuDNNLSTM, LSTM)])
def test_cudnn_layers_compute_what_the_plain_ones_do(theirs, ours):
    """cuDNN's kernels are matrices (units, features) for each gate, kept row by row under the shape of Keras' kernels."""
    x = random(2, 4, 3)
    fast = theirs(5)
    fast.build((None, None, 3))
    fast.set_weights([random(*w.shape, seed=4) for w in fast.get_weights()])
    *kernels, bias = fast.get_weights()
    plain = ours(5)
    plain.build((None, None, 3))
    halves = bias.reshape(2, -1)
    gates = bias.size // 10
    turned = [
        np.concatenate([np.ascontiguousarray(part).reshape(5, -1).T for part in np.split(kernel, gates, axis=1)], axis=1)
        for kernel in kernels
    ]
    plain.set_weights([*turned, halves if ours is GRU else halves.sum(0)])
    np.testing.assert_allclose(fast(x).numpy(), plain(x).numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("theirs", "ours"), [(CuDNNGRU, GRU), (CuDNNLSTM, LSTM)])
@pytest.mark.parametrize("both_ways", [False, True])
@pytest.mark.parametrize("by_name", [False, True])
def test_files_of_cudnn_layers_are_read_into_plain_ones_and_back(theirs, ours, both_ways, by_name, tmp_path):
    x, path, written = random(2, 4, 3), str(tmp_path / "weights.h5"), {}
    for first, second in ((theirs, ours), (ours, theirs)):
        made, read = (
            Sequential([Bidirectional(kind(5), name="both") if both_ways else kind(5, name="both"), Dense(2, name="end")])
            for kind in (first, second)
        )
        for model in (made, read):
            model.build((None, 4, 3))
        made.set_weights([random(*w.shape, seed=i) for i, w in enumerate(made.get_weights())])
        made.save_weights(path)
        read.load_weights(path, by_name=by_name)
        written[first] = read.predict(x)
        np.testing.assert_allclose(written[first], made.predict(x), rtol=1e-5, atol=1e-6)
    assert not np.allclose(written[theirs], written[ours])  # the same numbers mean something else


def test_a_file_of_cudnn_does_not_fit_another_kind_of_gru(tmp_path):
    made, read = (Sequential([layer]) for layer in (CuDNNGRU(2), GRU(2, reset_after=False)))
    for model in (made, read):
        model.build((None, 4, 3))
    made.save_weights(str(tmp_path / "w.h5"))
    with pytest.raises(ValueError, match="shape"):
        read.load_weights(str(tmp_path / "w.h5"))


# ---- errors


def test_a_stateful_layer_asks_for_the_batch_size():
    with pytest.raises(ArgumentError, match="batch_input_shape=\\(32"):
        Sequential([SimpleRNN(3, stateful=True, input_shape=(4, 2))])


def test_a_stateful_model_refuses_batches_of_another_size():
    model = Sequential([SimpleRNN(3, stateful=True, batch_input_shape=(2, 4, 2))])
    with pytest.raises(ShapeError, match="fixed batch size 2"):
        model.predict(np.zeros((3, 4, 2)))


def test_states_that_do_not_fit_are_explained():
    x = Input((4, 3))
    with pytest.raises(ShapeError, match="2 states: \\(batch, 5\\), \\(batch, 5\\)"):
        LSTM(5)(x, initial_state=[Input((5,))])
    with pytest.raises(ShapeError, match="one state: \\(batch, 5\\)"):
        GRU(5)(x, initial_state=Input((4,)))


def test_reset_states_of_the_wrong_shape_or_layer():
    layer = GRU(3, stateful=True)
    layer(random(2, 4, 3))
    with pytest.raises(ShapeError, match="\\(2, 3\\)"):
        layer.reset_states(np.zeros((2, 4)))
    with pytest.raises(ArgumentError, match="stateful=True"):
        GRU(3).reset_states()


@pytest.mark.parametrize(("make", "words"), [
    (lambda: RNN(3), "is no cell"), (lambda: StackedRNNCells([Dense(3)]), "state_size"),
    (lambda: SimpleRNN(0), "units=0"), (lambda: LSTM("8"), "units='8'"), (lambda: GRU(3, dropout=20), "dropout=0.2"),
    (lambda: LSTM(3, return_sequence=True), "return_sequences"), (lambda: ConvLSTM2D(3, 2, unroll=True), "unroll"),
    (lambda: SimpleRNN(3, unroll=True)(Input((None, 2))), "number of steps"),
    (lambda: SimpleRNN(3)(Input((2,))), "expected shape"),
    (lambda: RNN(SimpleRNNCell(2))(Input((4, 2)), constants=[Input((2,))]), "takes no constants"),
    (lambda: LSTM(3)([Input((4, 2)), Input((3,))], initial_state=[Input((3,))]), "one place only"),
])
def test_errors_say_what_to_do(make, words):
    with pytest.raises((ArgumentError, ShapeError), match=words):
        make()


@pytest.mark.parametrize("kind", [SimpleRNNCell, LSTMCell, GRUCell])
def test_a_cell_called_on_arrays_computes_at_once(kind):
    cell = kind(2, kernel_initializer="ones", recurrent_initializer="zeros")
    states = [np.zeros([1, 2], "float32")] * (2 if kind is LSTMCell else 1)
    output, after = cell(np.ones([1, 3], "float32"), states)
    assert all(isinstance(x, Tensor) for x in [output, *after])
