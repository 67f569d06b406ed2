"""What programs of Keras 2 count on: attributes of tensors, sources of changing length, kinds of errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from deepkit import keras
from deepkit import v1 as tf
from deepkit.keras import backend as K
from deepkit.keras import dialects


def test_a_tensor_of_a_layer_knows_its_shape_and_history() -> None:
    x = keras.Input((4, 4, 3))
    conv = keras.layers.Conv2D(5, 3)
    y = conv(x)
    assert (x._keras_shape, y._keras_shape) == ((None, 4, 4, 3), (None, 2, 2, 5))
    layer, call, output = y._keras_history
    assert (layer, call, output) == (conv, 0, 0)
    node = conv._inbound_nodes[0]
    assert (node.input_tensors, node.output_tensors, node.outbound_layer) == ([x], [y], conv)
    assert [layer.name for layer in node.inbound_layers] == [x._keras_history[0].name]
    assert not hasattr(K.square(y), "_keras_shape")


def test_a_program_may_keep_things_with_a_tensor() -> None:
    y = keras.layers.Dense(2)(keras.Input((3,)))
    y._uses_learning_phase = True
    y.note = "mine"
    assert (y._uses_learning_phase, y.note) == (True, "mine")


def test_the_name_of_the_backend_is_that_of_its_functions() -> None:
    assert K.backend() == "tensorflow"


@pytest.mark.parametrize("call", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_a_model_that_is_not_compiled_is_an_error_of_the_moment(call: str) -> None:
    model = keras.Sequential([keras.layers.Dense(1, input_shape=(2,))])
    with pytest.raises(RuntimeError, match="not compiled"):
        getattr(model, call)(np.ones((2, 2)), np.ones((2, 1)))


class Growing(keras.utils.Sequence):
    """20 samples in batches that grow by 2 from epoch to epoch."""

    def __init__(self) -> None:
        self.size, self.asked = 3, [[]]  # type: ignore[var-annotated]

    def __len__(self) -> int:
        return -(-20 // self.size)

    def __getitem__(self, i: int) -> Any:
        self.asked[-1].append(i)
        count = min(self.size, 20 - i * self.size)
        return np.ones((count, 2)), np.ones((count, 1))

    def on_epoch_end(self) -> None:
        self.size += 2
        self.asked.append([])


class Steps(keras.callbacks.Callback):
    """Notes the steps that each epoch says it has, and those it takes."""

    def on_train_begin(self, logs: Any = None) -> None:
        self.said: list[int] = []
        self.taken: list[int] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.said.append(self.params["steps"])
        self.taken.append(0)

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        assert batch == self.taken[-1]
        self.taken[-1] += 1


def test_each_epoch_takes_the_batches_that_a_sequence_has_then() -> None:
    model = keras.Sequential([keras.layers.Dense(1, input_shape=(2,))])
    model.compile("sgd", "mse")
    source, steps = Growing(), Steps()
    model.fit(source, epochs=5, verbose=0, shuffle=False, callbacks=[steps])
    assert steps.said == steps.taken == [7, 4, 3, 3, 2]
    assert [indices for indices in source.asked if indices] == [list(range(n)) for n in [7, 4, 3, 3, 2]]


def test_a_prediction_does_not_look_at_the_targets_of_its_source() -> None:
    model = keras.Sequential([keras.layers.Dense(1, kernel_initializer="ones", input_shape=(2,))])
    several = [np.ones((3, 4)), np.ones((3, 3))]

    class Source(keras.utils.Sequence):
        def __len__(self) -> int:
            return 2

        def __getitem__(self, i: int) -> Any:
            return np.full((3, 2), i), several

    expected = [[0], [0], [0], [2], [2], [2]]
    assert model.predict(Source()).tolist() == expected
    assert model.predict(((x, y) for x, y in [Source()[0], Source()[1]]), steps=2).tolist() == expected


def test_two_metrics_of_one_name_are_refused() -> None:
    class Twice(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = keras.metrics.Mean(name="m"), keras.metrics.Mean(name="m")

        def call(self, x: Any) -> Any:
            self.add_metric(self.first(x))
            self.add_metric(self.second(2 * x))
            return x

    model = Twice()
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"two metrics .* called 'm'"):
        model.evaluate(np.ones((2, 2)), np.ones((2, 2)), verbose=0)


def test_masks_of_merging_layers_may_be_numbers() -> None:
    a, b = keras.Input((2, 3)), keras.Input((2, 3))
    masks = [K.variable([[1.0, 0.0]]), K.variable([[2.0, 3.0]])]
    assert K.eval(keras.layers.Add().compute_mask([a, b], masks)).tolist() == [[True, False]]
    joined = keras.layers.Concatenate(axis=1).compute_mask([a, b], masks)
    assert K.eval(joined).tolist() == [[True, False, True, True]]


@pytest.mark.parametrize("unroll", [False, True])
def test_a_cell_may_learn_the_size_of_its_state_in_build(unroll: bool) -> None:
    class Cell(keras.layers.Layer):
        state_size: Any = None
        output_size: Any = None

        def build(self, input_shape: Any) -> None:
            self.state_size = self.output_size = input_shape[-1]
            super().build(input_shape)

        def call(self, inputs: Any, states: Any) -> Any:
            return inputs, [states[0] + 1]

    x, start = keras.Input((4, 3)), keras.Input((3,))
    y, last = keras.layers.RNN(Cell(), return_state=True, unroll=unroll)(x, initial_state=start)
    found = keras.Model([x, start], [y, last]).predict([np.ones((2, 4, 3)), np.full((2, 3), 5.0)])
    assert found[0].tolist() == np.ones((2, 3)).tolist()
    assert found[1].tolist() == np.full((2, 3), 9.0).tolist()


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("split", [False, True])
def test_a_callback_sees_the_validation_data(weighted: bool, split: bool) -> None:
    x, y, w = np.arange(8.0).reshape(4, 2), np.arange(4.0)[:, None], np.array([1.0, 2, 3, 4])
    model = keras.Sequential([keras.layers.Dense(1, input_shape=(2,))])
    model.compile("sgd", "mse")
    seen = keras.callbacks.LambdaCallback()
    data = {"validation_split": 0.5} if split else {"validation_data": (x[2:], y[2:], w[2:]) if weighted else (x[2:], y[2:])}
    model.fit(x, y, sample_weight=w if weighted else None, callbacks=[seen], verbose=0, **data)
    for found, expected in zip(seen.validation_data, [x[2:], y[2:], w[2:] if weighted else np.ones(2)], strict=True):
        np.testing.assert_array_equal(found, expected)


def test_a_model_s_masks_are_those_that_its_layers_pass_on():
    L = keras.layers
    ids = L.Input((4,))
    h = L.LSTM(3, return_sequences=True)(L.Embedding(6, 2, mask_zero=True)(ids))
    model = keras.models.Model(ids, [h, L.LSTM(2)(h)])
    x = np.array([[1, 2, 0, 0], [3, 3, 3, 0]])
    steps, last = model.compute_mask(x)
    np.testing.assert_array_equal(steps.numpy(), x != 0)
    assert last is None
    assert len(model.layers[1].inbound_nodes) == 1  # asking is no further call of a layer
    symbol, none = model.compute_mask(ids)
    assert none is None
    np.testing.assert_array_equal(keras.backend.function([ids], [symbol])([x])[0], x != 0)


def test_a_model_s_masks_begin_with_those_of_its_inputs():
    L = keras.layers
    a, b = L.Input((3, 2)), L.Input((3, 2))
    model = keras.models.Model([a, b], [L.Add()([a, b]), b])
    mask = keras.backend.constant(np.array([[True, False, True]]), dtype="bool")
    data = [np.ones((1, 3, 2), "float32")] * 2
    assert model.compute_mask([a, b], [None, None]) == [None, None]
    for found in model.compute_mask(data, [mask, mask]):
        np.testing.assert_array_equal(found.numpy(), [[True, False, True]])


def test_a_model_of_one_s_own_says_which_mask_goes_on():
    class Masked(keras.models.Model):
        def call(self, x):
            return 2 * x

        def compute_mask(self, inputs, mask=None):
            return keras.backend.not_equal(inputs[..., 0], 0)

    y = Masked()(keras.layers.Input((3, 2)))
    assert y._keras_mask.shape.as_list() == [None, 3]


@pytest.mark.parametrize(
    ("wrong", "error"),
    [(lambda y: set(), TypeError), (lambda y: [y], ValueError), (lambda y: y, ValueError), (lambda y: [y] * 3, ValueError),
     (lambda y: {"c": y}, ValueError)],
)
def test_target_tensors_that_do_not_fit_the_outputs(wrong: Any, error: Any) -> None:
    x, y = keras.Input((3,)), K.variable(np.ones((5, 2)))
    model = keras.Model(x, [keras.layers.Dense(2, name=name)(x) for name in "ab"])
    with pytest.raises(error):
        model.compile("sgd", "mse", target_tensors=wrong(y))
    assert model.optimizer is None
    model.compile("sgd", "mse", target_tensors={"a": y, "b": y})
    assert np.isfinite(model.train_on_batch(np.ones((5, 3), "float32"), None)).all()


def test_a_layer_of_several_calls_has_no_single_input_or_output() -> None:
    layer = keras.layers.Dense(2)
    assert not hasattr(layer, "output")
    first, second = keras.Input((3,)), keras.Input((3,))
    y = layer(first)
    assert (layer.input, layer.output) == (first, y)
    layer(second)
    assert (layer.input, layer.output) == (first, y)  # as in the last Keras 2: of the first call
    dialects.speak(dialects.STANDALONE)
    try:
        for name in ("input", "output", "input_mask", "output_mask"):
            with pytest.raises(AttributeError, match="2 times"):
                getattr(layer, name)
    finally:
        dialects.speak(dialects.LAST)
    layer_of_two_shapes = keras.layers.Flatten()
    layer_of_two_shapes(first)
    layer_of_two_shapes(keras.Input((4,)))
    with pytest.raises(AttributeError, match="2 times"):
        _ = layer_of_two_shapes.output
    assert (layer.input_shape, layer.output_shape) == ((None, 3), (None, 2))  # they are the same for both
    assert layer.get_output_at(0) is y


def test_an_input_takes_and_gives_its_tensor() -> None:
    x = keras.Input((3,))
    node = x._keras_history[0]._inbound_nodes[0]
    assert (node.input_tensors, node.output_tensors, node.inbound_layers) == ([x], [x], [])


def test_an_input_is_given_to_a_model_once() -> None:
    x, z = keras.Input((3,)), keras.Input((3,))
    with pytest.raises(ValueError, match="2 times"):
        keras.Model([x, z, x], keras.layers.add([x, z]))


def test_a_mask_for_a_layer_that_takes_none_is_an_error_of_types() -> None:
    layer = keras.layers.Conv2D(1, 2)
    layer(keras.Input((3, 3, 1)))
    assert layer.compute_mask([None], [None]) is None
    with pytest.raises(TypeError, match="does not support masks"):
        layer.compute_mask([None], np.ones((2, 2)))


@pytest.mark.parametrize("kind", ["Add", "Subtract", "Concatenate"])
def test_the_masks_of_merged_tensors_are_a_list_like_the_tensors(kind: str) -> None:
    layer = getattr(keras.layers, kind)()
    pair, mask = [keras.Input((3, 2)), keras.Input((3, 2))], np.ones((4, 3))
    layer(pair)
    for inputs, masks in ((pair, mask), (pair[0], [None, None]), (pair, [None])):
        with pytest.raises(ValueError, match="compute_mask"):
            layer.compute_mask(inputs, masks)


def test_nothing_in_the_place_of_an_array_is_named() -> None:
    x = keras.Input((3,))
    model = keras.Model(x, keras.layers.Dense(1)(x))
    with pytest.raises(ValueError, match="None in the place of an array"):
        model.predict([None])


def test_callbacks_hear_of_the_steps_of_each_epoch() -> None:
    told: list[int] = []

    class Listener(keras.callbacks.Callback):
        def set_params(self, params: Any) -> None:
            told.append(params["steps"])

    model = keras.Sequential([keras.layers.Dense(1, input_shape=(2,))])
    model.compile("sgd", "mse")
    model.fit(Growing(), epochs=4, verbose=0, callbacks=[Listener()])
    assert told == [7, 4, 3, 3]


def test_two_metrics_of_a_layer_are_called_differently() -> None:
    class Measured(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = keras.layers.Dense(2)
            self.one, self.other = keras.metrics.Mean("far"), keras.metrics.Mean("far")

        def call(self, x: Any) -> Any:
            self.add_metric(self.one(x), name="far")
            return self.dense(x)

    model = Measured()
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"two metrics .* called 'far'"):
        model.fit(np.ones((4, 1)), np.ones((4, 2)), verbose=0)


class Linear(keras.layers.Layer):
    """Its weights are TensorFlow's own variables, one of them in a list."""

    def __init__(self, units: int, features: int, **more: Any):
        super().__init__(**more)
        self.w = tf.Variable(tf.ones_initializer()(shape=(features, units), dtype="float32"), trainable=True)
        self.rest = [tf.Variable(np.zeros(units, "float32")), tf.Variable(2.0, trainable=False)]

    def call(self, x: Any) -> Any:
        return (tf.matmul(x, self.w) + self.rest[0]) * self.rest[1]


@pytest.mark.parametrize("own_class", [False, True])
def test_variables_of_tensorflow_are_weights_of_the_layer_that_has_them(own_class: bool) -> None:
    layer = Linear(1, 2)
    y = layer(x := keras.Input((2,)))
    assert ([*layer.trainable_weights], [*layer.non_trainable_weights]) == ([layer.w, layer.rest[0]], [layer.rest[1]])
    model: Any = keras.Sequential([Linear(1, 2, input_shape=(2,))]) if own_class else keras.Model(x, y)
    model.compile(keras.optimizers.SGD(0.1), "mse")
    rows = np.array([[1.0, 2.0]], "float32")
    assert model.predict(rows).tolist() == [[6.0]]
    assert model.train_on_batch(rows, np.array([[5.0]])) == 1.0
    # d(2 (w x + b) - 5)^2 / dw = 2 * 1 * 2 x
    np.testing.assert_allclose(model.get_weights()[0][:, 0], [1 - 0.4, 1 - 0.8], rtol=1e-6)
    np.testing.assert_allclose(model.get_weights()[1], [-0.4], rtol=1e-6)
    assert model.get_weights()[2] == 2.0


def test_one_number_for_each_sample_is_a_row_of_one_feature() -> None:
    x = np.linspace(-1, 1, 8, dtype="float32")
    model = keras.Sequential([keras.layers.Dense(1, input_shape=(1,))])
    model.compile("sgd", "mse")
    rows = model.predict(x[:, None], verbose=0)
    for given in (x, x.tolist()):
        np.testing.assert_array_equal(model.predict(given, verbose=0), rows)
    np.testing.assert_array_equal(model.predict_on_batch(x), rows)
    assert model.evaluate(x, x, verbose=0) == pytest.approx(np.mean((rows[:, 0] - x) ** 2), rel=1e-5)
    assert model.test_on_batch(x, x) == pytest.approx(model.train_on_batch(x, x), rel=1e-5)
    model.fit(x, x, verbose=0)
    wide = keras.Sequential([keras.layers.Dense(1, input_shape=(8,))])
    with pytest.raises(ValueError, match=r"expected shape \(None, 8\), got \(8,\)"):
        wide.predict(x)
