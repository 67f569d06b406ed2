"""One table says in what the Keras versions differ; what a program imports decides which numbers it gets."""

from __future__ import annotations

import inspect
import subprocess
import sys

import numpy as np
import pytest

from deepkit import keras
from deepkit import v1 as tf
from deepkit.keras import dialects

L, O = keras.layers, keras.optimizers  # noqa: E741


@pytest.fixture
def speak():
    yield dialects.speak
    dialects.speak(dialects.LAST)


@pytest.mark.parametrize("row", dialects.TABLE, ids=lambda row: ".".join(row[:2]))
def test_the_first_column_is_what_the_sources_say(row):
    owner = dialects._owner(row[0])
    arguments = inspect.signature(owner.__init__).parameters if isinstance(owner, type) else {}
    assert (arguments[row[1]].default if row[1] in arguments else getattr(owner, row[1])) == row[2]


def _numbers() -> dict:
    rates = {
        n: round(float(getattr(O, n)().get_config()["learning_rate"]), 6)
        for n in ("Adadelta", "Adagrad", "Adamax", "Nadam")
    }
    gru = L.GRU(2).get_config()
    return {
        **rates,
        "reset_after": gru["reset_after"],
        "gate": gru["recurrent_activation"],
        "version": keras.__version__,
    }


def test_the_numbers_of_each_keras(speak):
    last = {
        "Adadelta": 0.001,
        "Adagrad": 0.001,
        "Adamax": 0.001,
        "Nadam": 0.001,
        "reset_after": True,
        "gate": "sigmoid",
    }
    assert _numbers() == {**last, "version": "2.21.0"}
    speak(dialects.STANDALONE)
    assert _numbers() == {
        "Adadelta": 1.0, "Adagrad": 0.01, "Adamax": 0.002, "Nadam": 0.002, "reset_after": False, "gate": "sigmoid",
        "version": "2.3.1",
    }
    assert O.get("adadelta").get_config()["learning_rate"] == 1.0  # by name, too
    assert O.Adagrad(0.5).get_config()["learning_rate"] == 0.5
    speak(dialects.TENSORFLOW_1)
    assert _numbers() == {**last, "reset_after": False, "gate": "hard_sigmoid", "version": "2.2.4-tf"}
    speak(dialects.LAST)
    assert _numbers() == {**last, "version": "2.21.0"}


def _clipped_step() -> np.ndarray:
    model = keras.models.Sequential([L.Dense(1, input_shape=(2,), kernel_initializer="zeros")])
    model.compile(O.SGD(1.0, clipnorm=1.0), "mse")
    model.train_on_batch(np.array([[3.0, 4.0]]), np.array([[10.0]]))  # gradient -20 (3, 4), bias -20
    return np.concatenate([w.ravel() for w in model.get_weights()])


def test_clipnorm_measures_each_gradient_or_all(speak):
    np.testing.assert_allclose(_clipped_step(), [0.6, 0.8, 1.0], atol=1e-6)
    speak(dialects.STANDALONE)
    np.testing.assert_allclose(_clipped_step(), np.array([3.0, 4.0, 1.0]) / np.sqrt(26.0), atol=1e-6)


def test_class_weights_in_what_a_validation_split_holds_back(speak):
    """tf_keras: classes weigh in training alone; Keras 2.3.1 weighs the samples before it splits."""
    losses = {}
    for dialect in (dialects.LAST, dialects.STANDALONE):
        speak(dialect)
        model = keras.models.Sequential([L.Dense(1, input_shape=(1,), kernel_initializer="zeros")])
        model.compile(O.SGD(0.0), "mse")
        x, y = np.ones((4, 1)), np.array([[1.0], [0.0], [1.0], [1.0]])
        more = {"class_weight": {0: 1.0, 1: 3.0}, "sample_weight": np.array([1.0, 1.0, 2.0, 4.0])}
        found = model.fit(x, y, validation_split=0.5, verbose=0, **more).history
        losses[dialect] = [round(float(found[name][0]), 5) for name in ("loss", "val_loss")]
    assert losses == {dialects.LAST: [1.5, 3.0], dialects.STANDALONE: [1.5, 9.0]}


@pytest.mark.parametrize(
    ("dialect", "share", "nothing"),
    [(dialects.LAST, 1.0, np.nan), (dialects.STANDALONE, 5 / 12, 0.0), (dialects.TENSORFLOW_1, 5 / 12, 0.0)],
)
def test_steps_that_a_mask_leaves_out_count_in_the_mean_or_not(speak, dialect, share, nothing):
    """Keras 2.3.1 and TensorFlow 1.15 divide by all steps, tf_keras by those that count."""
    speak(dialect)
    model = keras.Sequential([L.Masking(input_shape=(4, 2)), L.TimeDistributed(L.Dense(1, kernel_initializer="ones"))])
    model.compile(O.SGD(1.0), "mse", metrics=["mae"])
    x = np.random.default_rng(5).normal(size=(3, 4, 2))
    x[0, 1:] = x[1, 2:] = x[2, 2:] = 0
    y, live = np.zeros((3, 4, 1)), x.any(-1)
    sums = x[live].sum(-1)
    loss, error = model.test_on_batch(x, y)
    np.testing.assert_allclose([loss, error], [share * (sums**2).mean(), np.abs(sums).mean()], rtol=1e-5)
    model.train_on_batch(x, y)
    moved = 1 - share * (2 * sums[:, None] * x[live]).mean(0)
    np.testing.assert_allclose(model.get_weights()[0][:, 0], moved, rtol=1e-5)
    model.set_weights([np.ones((2, 1)), np.zeros(1)])
    assert np.array_equal(model.test_on_batch(0 * x, y)[0], nothing, equal_nan=True)


def test_a_seeded_initializer_goes_on_or_begins_again(speak):
    def drawn():
        init = keras.initializers.RandomNormal(seed=3)
        return [init((2, 2)).numpy().tolist() for _ in range(2)]

    first, again = drawn()
    assert first == again
    speak(dialects.STANDALONE)
    first, second = drawn()
    assert first != second
    assert drawn() == [first, second]
    assert second == keras.initializers.RandomNormal(seed=4)((2, 2)).numpy().tolist()


class Told(L.Layer):
    """A cell that says which shapes its build was given."""

    state_size = 2

    def build(self, input_shape):
        self.told = input_shape
        super().build(input_shape)

    def call(self, inputs, states, constants):
        return inputs + constants[0][:, :2], states


@pytest.mark.parametrize("stacked", [False, True])
@pytest.mark.parametrize("both_ways", [False, True])
def test_the_build_of_a_cell_with_constants(speak, stacked, both_ways):
    def told():
        cell = Told()
        layer = L.RNN([cell] if stacked else cell)
        layer = L.Bidirectional(layer) if both_ways else layer
        with keras.utils.custom_object_scope({"Told": Told}):
            layer(keras.Input((5, 2)), constants=keras.Input((3,)))
        cells = [layer.forward_layer, layer.backward_layer] if both_ways else [layer]
        return [(x.cell.cells[0] if stacked else x.cell).told for x in cells]

    assert told() == [(None, 2)] * (2 if both_ways else 1)
    speak(dialects.STANDALONE)
    assert told() == [[(None, 2), (None, 3)]] * (2 if both_ways else 1)


@pytest.mark.parametrize(
    ("dialect", "epochs", "kept"), [(dialects.LAST, 4, 2.0), (dialects.STANDALONE, 2, 0.0), (dialects.TENSORFLOW_1, 2, 0.0)]
)
def test_early_stopping_below_a_baseline(speak, dialect, epochs, kept):
    """In Keras 2.3.1 only what beats the baseline counts; tf_keras waits as long as the number gets better at all."""
    speak(dialect)
    stop = keras.callbacks.EarlyStopping("val_acc", baseline=0.75, patience=2, restore_best_weights=True)
    ran, weights = _train(stop, [0.55, 0.74, 0.745, 0.6])
    assert (ran, weights) == (epochs, kept)


@pytest.mark.parametrize(("dialect", "kept"), [(dialects.LAST, 1.0), (dialects.STANDALONE, 2.0), (dialects.TENSORFLOW_1, 2.0)])
def test_the_best_weights_after_the_last_epoch(speak, dialect, kept):
    speak(dialect)
    stop = keras.callbacks.EarlyStopping("val_acc", patience=5, restore_best_weights=True)
    assert _train(stop, [0.5, 0.9, 0.8]) == (3, kept)


def _train(stop, accuracies):
    """(epochs that ran, the weight left) of a model whose only weight is the number of the epoch."""
    model = keras.Sequential([L.Dense(1, use_bias=False, input_shape=(1,))])
    stop.set_model(model)
    stop.on_train_begin()
    for epoch, accuracy in enumerate(accuracies):
        model.set_weights([np.full((1, 1), epoch)])
        stop.on_epoch_end(epoch, {"val_acc": accuracy})
        if model.stop_training:
            break
    stop.on_train_end()
    return epoch + 1, float(model.get_weights()[0][0, 0])


def test_what_losses_are_called(speak):
    found = {}
    for dialect in (dialects.LAST, dialects.STANDALONE):
        speak(dialect)
        losses = [keras.losses.KLDivergence(), keras.losses.LogCosh(), keras.losses.CosineSimilarity()]
        found[dialect] = [(config["name"], config["reduction"]) for config in (loss.get_config() for loss in losses)]
        model = keras.models.Sequential([L.Dense(1, input_shape=(1,), kernel_initializer="ones")])
        model.compile("sgd", losses[1])
        assert model.test_on_batch(np.ones((1, 1)), np.zeros((1, 1))) == pytest.approx(np.log(np.cosh(1.0)), abs=1e-6)
    assert found[dialects.LAST] == [("kl_divergence", "auto"), ("log_cosh", "auto"), ("cosine_similarity", "auto")]
    assert found[dialects.STANDALONE] == [
        (name, "sum_over_batch_size") for name in ("kullback_leibler_divergence", "logcosh", "cosine_similarity")
    ]


def test_what_metrics_are_called(speak):
    """TensorFlow 1.15's get_metric_name: accuracy is acc, a function has its own name; Keras keeps what was given."""
    names = {}
    for dialect in (dialects.LAST, dialects.STANDALONE, dialects.TENSORFLOW_1):
        speak(dialect)
        model = keras.models.Sequential([L.Dense(2, activation="softmax", input_shape=(2,))])
        metrics = ["accuracy", "ce", "mse", keras.losses.mae, keras.metrics.Precision()]
        model.compile("sgd", "mse", metrics=metrics, weighted_metrics=["acc", "mae"])
        names[dialect] = model.metrics_names[1:4] + model.metrics_names[-2:]
        history = model.fit(np.eye(2), np.eye(2), verbose=0).history
        assert list(dict(history)) == model.metrics_names
        assert history["acc"] == history["accuracy"]  # either name finds it
    assert names[dialects.LAST] == names[dialects.STANDALONE] == ["accuracy", "ce", "mse", "acc", "mae"]
    assert names[dialects.TENSORFLOW_1] == ["acc", "ce", "mean_squared_error", "weighted_acc", "weighted_mean_absolute_error"]


def test_a_weighted_metric_whose_name_is_taken(speak):
    """tf_keras calls it weighted_mae, Keras 2.3.1 mae_1."""
    names = {}
    for dialect in (dialects.LAST, dialects.STANDALONE):
        speak(dialect)
        model = keras.models.Sequential([L.Dense(2, input_shape=(2,))])
        model.compile("sgd", "mse", metrics=["mae"], weighted_metrics=["mae", "mse"])
        names[dialect] = model.metrics_names
    assert names[dialects.LAST] == ["loss", "mae", "weighted_mae", "mse"]
    assert names[dialects.STANDALONE] == ["loss", "mae", "mae_1", "mse"]


def _normalized(before: bool, after: bool) -> tuple[float, list[float]]:
    """Loss and weights (gamma, beta, averages) of a layer that trains or not before its call, and after it."""
    layer = L.BatchNormalization(input_shape=(1,), trainable=before, epsilon=0.0, momentum=0.5)
    model = keras.models.Sequential([layer])
    layer.trainable = after
    model.compile("sgd", "mse")
    loss = model.train_on_batch(np.array([[2.0], [6.0]]), np.array([[-1.0], [1.0]]))
    return round(float(loss), 6), [round(float(w[0]), 6) for w in layer.get_weights()]


@pytest.mark.parametrize(
    ("dialect", "before", "after", "loss", "weights"),
    [
        (dialects.LAST, True, True, 0, [1, 0, 2, 2.5]),  # by the batch, -1 and 1; the averages move half way to 4 and 4
        (dialects.LAST, True, False, 17, [1, 0, 0, 1]),  # frozen at compile: by the averages 0 and 1, (3^2 + 5^2) / 2
        (dialects.LAST, False, False, 17, [1, 0, 0, 1]),
        (dialects.LAST, False, True, 0, [1, 0, 2, 2.5]),  # thawed at compile
        (dialects.STANDALONE, True, False, 0, [1, 0, 0, 1]),
        (dialects.STANDALONE, False, False, 0, [1, 0, 0, 1]),
        (dialects.STANDALONE, False, True, 0, [1, 0, 2, 4.5]),  # half way to 4 and 4 * 2 / (2 - 1)
    ],
)
def test_a_frozen_batch_normalization(speak, dialect, before, after, loss, weights):
    """In the last Keras 2 a layer that is frozen when the model is compiled normalizes by its averages; never in 2.3.1."""
    speak(dialect)
    assert _normalized(before, after) == (loss, weights)


@pytest.mark.parametrize(
    ("shape", "axis", "averages"),  # as Keras 2.3.1 itself computes them; for NHWC the kernel of TensorFlow 1 gives the
    # variance over n - 1 already, so that the averages follow 4.0625 * 16 / 15 * 16 / 14.9
    [
        ((2,), -1, [1.5, 1.125, 3.94828, 3.0431]), ((3, 2), -1, [1.41667, 1.33333, 2.87003, 2.54893]),
        ((2, 2, 2), -1, [1.375, 1.4375, 2.82662, 2.6387]), ((2, 2, 2), 1, [1.5, 1.3125, 1.84228, 3.3104]),
        ((1, 2, 2, 2), -1, [1.375, 1.4375, 2.68121, 2.50503]),
    ],
)
def test_what_the_moving_averages_of_keras_2_3_follow(speak, shape, axis, averages):
    speak(dialects.STANDALONE)
    model = keras.Sequential([L.BatchNormalization(axis, momentum=0.5, epsilon=0.1, input_shape=shape)])
    model.compile("sgd", "mse")
    x = (np.arange(4 * np.prod(shape)).reshape(4, *shape) % 7).astype("float32")
    model.train_on_batch(x, x)
    np.testing.assert_allclose(np.concatenate(model.get_weights()[2:]), averages, atol=1e-5)


@pytest.mark.parametrize(
    ("dialect", "loss", "averages"),
    [
        (dialects.LAST, 0.999, [1.0, 1.5, 0.83333, 1.5]),
        (dialects.STANDALONE, 0.57616, [0.75, 1.125, 1.33361, 2.62571]),
        (dialects.TENSORFLOW_1, 0.57616, [0.75, 1.125, 1.125, 2.09375]),
    ],
)
def test_whether_statistics_leave_out_what_is_masked(speak, dialect, loss, averages):
    speak(dialect)
    model = keras.Sequential([L.Masking(input_shape=(2, 2)), L.BatchNormalization(momentum=0.5)])
    model.compile("sgd", "mse")
    x = np.array([[[1.0, 2.0], [0.0, 0.0]], [[3.0, 5.0], [2.0, 2.0]]])
    assert model.train_on_batch(x, 0 * x) == pytest.approx(loss, abs=1e-4)
    np.testing.assert_allclose(np.concatenate(model.get_weights()[2:]), averages, atol=1e-4)


def test_penalties_on_activities_are_means_or_sums(speak):
    """The outputs are 3, 3, 7, 7; l2 asks 0.01 for a square and l1 0.1 for a unit: 1.16 + 2 in all, or half of it each."""
    losses = {}
    for dialect in (dialects.LAST, dialects.STANDALONE, dialects.TENSORFLOW_1):
        speak(dialect)
        dense = L.Dense(2, input_shape=(2,), kernel_initializer="ones", activity_regularizer="l2")
        model = keras.Sequential([dense, L.ActivityRegularization(l1=0.1)])
        model.compile("sgd", "mse")
        x = np.array([[1.0, 2.0], [3.0, 4.0]])
        losses[dialect] = round(float(model.test_on_batch(x, 0 * x)), 4)
    assert losses == {dialects.LAST: 30.58, dialects.STANDALONE: 32.16, dialects.TENSORFLOW_1: 30.58}


def _number(number):
    return lambda weight: number + 0 * keras.backend.sum(weight)


def _listed(losses, inputs) -> list[float]:
    values = keras.backend.function(inputs, [1.0 * x for x in losses])([np.zeros((1, 2))] * len(inputs))
    return [round(float(x), 2) for x in values]


@pytest.mark.parametrize(
    ("dialect", "layer"), [(dialects.LAST, [1.3, 1.3, 1.1, 1.2]), (dialects.STANDALONE, [1.1, 1.2, 1.3, 1.3])]
)
def test_the_order_of_losses(speak, dialect, layer):
    """A model's: layer by layer what its calls add, then its weights' penalties; functions first, own tensors last.

    tf_keras gives this list for these programs; Keras 2.3.1 too, but for a layer by itself.
    """
    speak(dialect)

    def dense(n):
        regularizers = {"kernel_regularizer": _number(n + 0.1), "bias_regularizer": _number(n + 0.2)}
        return L.Dense(2, activity_regularizer=_number(n + 0.3), **regularizers)

    x, first = keras.Input((2,)), dense(1)
    model = keras.Model(x, first(dense(3)(first(x))))
    model.add_loss(keras.backend.sum(0 * x) + 9.1)
    assert _listed(model.losses, [x]) == [1.3, 1.3, 1.1, 1.2, 3.3, 3.1, 3.2, 9.1]
    assert _listed(first.losses, [x]) == layer
    model.add_loss(lambda: keras.backend.sum(0 * first.kernel) + 9.5)
    assert _listed(model.losses, [x]) == [9.5, 1.3, 1.3, 1.1, 1.2, 3.3, 3.1, 3.2, 9.1]


def test_the_names_of_layers(speak):
    """Keras counts from dense_1; tf.keras has dense, then dense_1."""
    names = {}
    for dialect in (dialects.STANDALONE, dialects.TENSORFLOW_1):
        speak(dialect)
        keras.backend.clear_session()
        x = L.Input((1,))
        model = keras.models.Model(x, [L.Dense(1)(x), L.Dense(1)(x)])
        model.compile("sgd", "mse")
        names[dialect] = [model.name, *model.input_names, *model.metrics_names]
    assert names[dialects.STANDALONE] == ["model_1", "input_1", "loss", "dense_1_loss", "dense_2_loss"]
    assert names[dialects.TENSORFLOW_1] == ["model", "input_1", "loss", "dense_loss", "dense_1_loss"]


@pytest.mark.parametrize(
    ("program", "shown"),
    [
        ("import keras; print(keras.__version__, keras.optimizers.Adadelta().get_config()['learning_rate'])", "2.3.1 1.0"),
        ("import tensorflow as tf; k = tf.keras; print(k.__version__, k.layers.GRU(1).get_config()['reset_after'])",
         "2.2.4-tf False"),
        ("import tensorflow as tf; tf.keras.layers; from keras import layers, __version__; print(__version__)", "2.3.1"),
    ],
)
def test_what_a_program_imports_decides(program, shown, tmp_path):
    file = tmp_path / "program.py"
    file.write_text(program)
    done = subprocess.run(
        [sys.executable, "-m", "deepkit", "run-tf1", str(file)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == shown


@pytest.mark.parametrize(("layer", "gates"), [(L.GRU, 3), (L.LSTM, 4)])
def test_the_identity_for_recurrent_weights(speak, layer, gates):
    def first():
        return layer(2, recurrent_initializer=keras.initializers.Identity(0.5)), keras.Input((3, 1))

    for dialect, tiles in ((dialects.LAST, 1), (dialects.STANDALONE, gates)):
        speak(dialect)
        made, x = first()
        made(x)
        expected = np.zeros((2, 2 * gates))
        expected[:, : 2 * tiles] = np.tile(0.5 * np.eye(2), tiles)
        np.testing.assert_array_equal(made.get_weights()[1], expected)


@pytest.mark.parametrize("dialect", [dialects.LAST, dialects.STANDALONE])
def test_variables_that_are_not_keras_own(speak, dialect):
    """Keras 2.3.1's session initializes every variable of its graph; tf.keras only what Keras has made."""
    speak(dialect)
    own = tf.Variable([[1.0, 2.0]])
    model = keras.Model(x := L.Input(tensor=own), L.Dense(1, kernel_initializer="ones")(x))
    if dialect == dialects.LAST:
        with pytest.raises(RuntimeError, match="no value yet"):
            model.predict(None, steps=1)
        return
    assert model.predict(None, steps=1).tolist() == [[3.0]]
    later = tf.Variable(5.0)
    assert keras.backend.eval(later * 2.0) == 10.0


@pytest.mark.parametrize("dialect", [dialects.LAST, dialects.STANDALONE])
def test_how_wide_decoded_labels_are(speak, dialect):
    """The last Keras 2 fills them up to the time steps, Keras 2.3.1 to the longest of them."""
    speak(dialect)
    steps = np.array([[[0.9, 0.05, 0.05], [0.1, 0.1, 0.8], [0.1, 0.8, 0.1], [0.1, 0.8, 0.1]]], "float32")
    paths, _ = keras.backend.ctc_decode(steps, [4])
    assert keras.backend.eval(paths[0]).tolist() == [[0, 1, -1, -1] if dialect == dialects.LAST else [0, 1]]


@pytest.mark.parametrize(("dialect", "seen"), [(dialects.LAST, 2.0), (dialects.STANDALONE, 1.0)])
def test_when_the_best_weights_come_back(speak, dialect, seen):
    """In Keras 2.3.1 at the end of the epoch that is the last, so that callbacks behind see them; now after training."""
    speak(dialect)
    model = keras.Sequential([L.Dense(1, use_bias=False, kernel_initializer="ones", input_shape=(1,))])
    model.compile(O.SGD(1.0), lambda true, predicted: -keras.backend.mean(predicted, -1))  # the weight grows by 1 each time
    values, stop = [], keras.callbacks.EarlyStopping("weight", mode="min", patience=1, restore_best_weights=True)

    class Weigh(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            values.append(float(self.model.get_weights()[0][0, 0]))

    told = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(weight=epoch))
    model.fit(np.ones((2, 1)), np.ones((2, 1)), epochs=5, verbose=0, callbacks=[told, stop, Weigh()])
    assert (values[-1] - values[0], float(model.get_weights()[0][0, 0])) == (seen - 1.0, 2.0)


@pytest.mark.parametrize(
    ("dialect", "name"),
    [(dialects.LAST, "conv_lstm2d"), (dialects.STANDALONE, "conv_lst_m2d"), (dialects.TENSORFLOW_1, "conv_lst_m2d")],
)
def test_where_words_end_in_the_names_of_layers(speak, dialect, name):
    speak(dialect)
    keras.backend.clear_session()
    for kind, known in (("ConvLSTM2D", name), ("Conv2DTranspose", "conv2d_transpose"), ("MaxPooling1D", "max_pooling1d")):
        made = getattr(L, kind)(**{"pool_size": 2} if kind[0] == "M" else {"filters": 1, "kernel_size": 1})
        assert made.name.rstrip("_1") == known.rstrip("_1")


def test_the_best_point_under_a_condition_or_the_closest_one(speak):
    """Recalls [1, .8, .6, 0] at four thresholds, specificities [0, .2, .8, 1]."""
    labels, predictions = [0] * 5 + [1] * 5, [0.1, 0.4, 0.4, 0.4, 0.8, 0.1, 0.4, 0.8, 0.8, 0.8]

    def reached() -> float:
        metric = keras.metrics.SpecificityAtSensitivity(0.85, num_thresholds=4)
        return round(metric(labels, predictions).item(), 6)

    assert reached() == 0.0  # only the threshold below 0 has a recall of 0.85
    speak(dialects.STANDALONE)
    assert reached() == 0.2  # the recall 0.8 is closest


def test_a_metric_has_a_state_and_its_model_has_none():
    metric = keras.metrics.Mean()
    assert metric.stateful
    model = keras.models.Sequential([L.Dense(1, input_shape=(2,))])
    model.compile("sgd", "mse", [keras.metrics.MeanAbsoluteError()])
    assert not model.stateful
    model.fit(np.ones((5, 2)), np.ones((5, 1)), batch_size=2, verbose=0)


def test_nothing_to_train_is_a_value_error():
    x = keras.Input((3,))
    model = keras.models.Model(x, L.Lambda(lambda t: keras.backend.cast(keras.backend.argmax(t), "float32"))(L.Dense(10)(x)))
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="does not depend on any weight"):
        model.fit(np.zeros((10, 3)), np.zeros((10,)), verbose=0)


@pytest.mark.parametrize(("dialect", "places"), [(dialects.LAST, [0, 1, 2, 3, 4, 5]), (dialects.STANDALONE, [0, 1, 4, 2, 3, 5])])
def test_the_order_of_a_models_weights(speak, dialect, places):
    """Keras 2.3.1 lists those that training moves first, of a nested model too; values come layer by layer in any Keras."""
    speak(dialect)
    inner = keras.Sequential([L.BatchNormalization(input_shape=(1,)), L.Dense(1, use_bias=False)])
    values = [np.full(v.shape, i) for i, v in enumerate(inner.get_weights())]
    inner.set_weights(values)
    assert [v.tolist() for v in inner.get_weights()] == [v.tolist() for v in values]
    model = keras.Sequential([inner, L.Dense(1, use_bias=False, trainable=False, weights=[np.array([[5.0]])])])
    assert [int(v.item()) for v in keras.backend.batch_get_value(model.weights)] == places
    assert [int(v.item()) for v in model.get_weights()] == places  # the nested model is a layer with weights of its own order


@pytest.mark.parametrize(("mode", "last", "standalone"), [("concat", 0.02, 0.04), ("mul", 0.02, 0.02), ("sum", 0.02, 0.04)])
def test_the_penalty_on_what_two_directions_put_out(speak, mode, last, standalone):
    """Keras 2.3.1 penalizes the merged output alone, as a sum over the batch; each direction has its own penalty now."""
    for dialect, penalty in ((dialects.LAST, last), (dialects.STANDALONE, standalone)):
        speak(dialect)
        layer = L.SimpleRNN(1, "linear", kernel_initializer="ones", recurrent_initializer="zeros", activity_regularizer="l1")
        model = keras.Sequential([L.Bidirectional(layer, merge_mode=mode, input_shape=(3, 1))])
        model.compile("sgd", "mse")
        x = np.ones((2, 3, 1))
        assert model.test_on_batch(x, model.predict(x)) == pytest.approx(penalty)


@pytest.mark.parametrize(("dialect", "shown"), [(dialects.LAST, [2, 4, 0, 0]), (dialects.STANDALONE, [2, 4, 2, 2])])
def test_what_two_directions_show_at_masked_steps(speak, dialect, shown):
    """Zeros; in Keras 2.3.1 the output before, of the way back none at the first ones."""
    speak(dialect)
    layer = L.SimpleRNN(1, "linear", kernel_initializer="ones", recurrent_initializer="zeros", return_sequences=True)
    model = keras.Sequential([L.Masking(input_shape=(4, 1)), L.Bidirectional(layer, merge_mode="sum")])
    assert model.predict(np.array([[[1.0], [2.0], [0.0], [0.0]]])).ravel().tolist() == shown
