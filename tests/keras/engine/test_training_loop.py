"""What fit, evaluate and train_on_batch report: losses and metrics, batch by batch and over an epoch, and their names."""

from __future__ import annotations

import numpy as np
import pytest

from deepkit import keras
from deepkit.errors import ArgumentError
from deepkit.keras import backend as K
from deepkit.keras.callbacks import Callback
from deepkit.keras.callbacks.base import Logs
from deepkit.keras.layers import Dense, Input, Layer
from deepkit.keras.metrics import MeanAbsoluteError, Metric
from deepkit.keras.models import Model, Sequential

X = np.array([[1.0], [2.0], [30.0]])  # every layer below has the weight 1: the predictions are 1, 2 and 30
ZEROS = np.zeros((3, 1))


def one(**how):
    model = Sequential([Dense(1, kernel_initializer="ones", input_shape=(1,))])
    model.compile(keras.optimizers.SGD(0.0), **{"loss": "mse", **how})
    return model


def two(**how):
    x = Input((1,))
    model = Model(x, [Dense(1, kernel_initializer="ones", name=name)(x) for name in "ab"])
    model.compile(keras.optimizers.SGD(0.0), **{"loss": "mse", **how})
    return model


class Batches(keras.utils.Sequence):
    """Batches of two samples: the first of ones, the second of twos, ..."""

    def __init__(self, count):
        self.count, self.ends = count, 0

    def __len__(self):
        return self.count

    def __getitem__(self, number):
        return np.full((2, 1), number + 1.0), np.zeros((2, 1))

    def on_epoch_end(self):
        self.ends += 1


def batches_of(*sizes):
    samples = np.arange(1.0, 8.0)[:, None]
    while True:
        for size in sizes:
            yield samples[:size], 0 * samples[:size]


# ---- losses


def test_an_epoch_s_loss_counts_samples_and_an_output_s_loss_counts_batches():
    """In batches of 2 and 1: mean squares 2.5 and 900 for each output; (2 x 5 + 1800) / 3, and (2.5 + 900) / 2."""
    model = two()
    np.testing.assert_allclose(model.evaluate(X, [ZEROS, ZEROS], batch_size=2, verbose=0), [1810 / 3, 451.25, 451.25])
    history = model.fit(X, [ZEROS, ZEROS], batch_size=2, verbose=0, shuffle=False).history
    np.testing.assert_allclose([history[k][0] for k in ("loss", "a_loss", "b_loss")], [1810 / 3, 451.25, 451.25])


def test_a_batch_s_logs_hold_its_own_loss_and_the_metrics_so_far():
    class Seen(Callback):
        def on_train_begin(self, logs=None):
            self.train, self.test = [], []

        def on_batch_end(self, batch, logs=None):
            self.train.append((logs["loss"], logs["mae"]))

        def on_test_batch_end(self, batch, logs=None):
            self.test.append((logs["loss"], logs["mae"]))

    seen = Seen()
    history = one(metrics=["mae"]).fit(
        X, ZEROS, batch_size=2, verbose=0, shuffle=False, callbacks=[seen], validation_data=(X, ZEROS)
    )
    assert seen.train == seen.test == [(2.5, 1.5), (900.0, 11.0)]
    np.testing.assert_allclose([history.history["loss"], history.history["val_loss"]], [[905 / 3], [905 / 3]])


def test_the_loss_of_a_batch_is_that_before_its_step():
    model = Sequential([Dense(1, kernel_initializer="ones", use_bias=False, input_shape=(1,))])
    model.compile(keras.optimizers.SGD(0.25), "mse")
    ones = np.ones((1, 1))
    assert model.train_on_batch(ones, 0 * ones) == 1.0
    assert model.train_on_batch(ones, 0 * ones) == 0.25  # w = 1 - 0.25 * 2


def test_metrics_add_up_over_batches_only_where_they_are_not_reset():
    model = one(metrics=["mae"])
    model.evaluate(X, ZEROS, verbose=0)
    assert model.train_on_batch(X[:2], ZEROS[:2]) == [2.5, 1.5]
    assert model.train_on_batch(X[2:], ZEROS[2:], reset_metrics=False) == [900.0, 11.0]  # (1 + 2 + 30) / 3
    assert model.train_on_batch(X[1:2], ZEROS[:1], reset_metrics=False) == [4.0, 35 / 4]


# ---- an output without a loss


@pytest.mark.parametrize("loss", [{"b": "mse"}, [None, "mse"]])
@pytest.mark.parametrize("y", [ZEROS, [ZEROS], [ZEROS + 9, ZEROS], [None, ZEROS], {"b": ZEROS}])
def test_an_output_without_a_loss_takes_no_targets_and_has_no_metrics(loss, y):
    model = two(loss=loss, metrics=["mae"])
    np.testing.assert_allclose(model.evaluate(X, y, verbose=0), [905 / 3, 905 / 3, 11.0], rtol=1e-6)
    assert model.metrics_names == ["loss", "b_loss", "b_mae"]
    assert len(model.fit(X, y, verbose=0, validation_data=(X, y)).history) == 6


def test_an_output_with_a_loss_needs_targets():
    with pytest.raises(ArgumentError, match="no targets for output 'b'"):
        two().fit(X, {"a": ZEROS}, verbose=0)
    with pytest.raises(ArgumentError, match="no targets for output 'a'"):
        two().fit(X, [None, ZEROS], verbose=0)


# ---- names


@pytest.mark.parametrize(
    ("metrics", "weighted", "names"),
    [
        (["mae"], ["mae"], ["a_mae", "a_weighted_mae", "b_mae", "b_weighted_mae"]),
        (["mae", "mae"], None, ["a_mae", "b_mae"]),
        (["acc"], ["accuracy"], ["a_acc", "a_accuracy", "b_acc", "b_accuracy"]),
        ({"a": "mae"}, {"a": ["mae"], "b": "mse"}, ["a_mae", "a_weighted_mae", "b_mse"]),
        ([["mae"], ["mse"]], None, ["a_mae", "b_mse"]),
        ([MeanAbsoluteError()], None, ["a_mean_absolute_error", "b_mean_absolute_error"]),
        ([keras.losses.MeanAbsoluteError()], None, ["a_mean_absolute_error", "b_mean_absolute_error"]),
        (["MeanAbsoluteError"], None, ["a_MeanAbsoluteError", "b_MeanAbsoluteError"]),
    ],
)
def test_names_are_known_when_the_model_is_compiled(metrics, weighted, names):
    model = two(metrics=metrics, weighted_metrics=weighted)
    assert model.metrics_names == ["loss", "a_loss", "b_loss", *names]
    assert [m.name for m in model.metrics] == names
    assert len(model.evaluate(X, [ZEROS, ZEROS], verbose=0)) == len(names) + 3


def test_before_compile_there_is_the_loss_only():
    assert Sequential([Dense(1, input_shape=(1,))]).metrics_names == ["loss"]


def test_one_metric_object_on_two_outputs_is_two_metrics():
    shared = MeanAbsoluteError(name="error")
    for metrics in ({"a": shared, "b": shared}, [[shared], [shared]]):
        model = two(metrics=metrics)
        assert len({id(m) for m in model.metrics}) == 2
        assert model.evaluate(X, [ZEROS, ZEROS + 1], verbose=0)[3:] == [11.0, 10.0]
    shared.name = "error"
    model = two(metrics=[shared])
    assert model.metrics_names[3:] == ["a_error", "b_error"]
    assert model.evaluate(X, [ZEROS, ZEROS + 1], verbose=0)[3:] == [11.0, 10.0]
    assert shared.name == "error"


def test_the_metric_object_of_one_output_stays_the_user_s():
    mine = MeanAbsoluteError()
    one(metrics=[mine]).evaluate(X, ZEROS, verbose=0)
    assert mine.result().item() == 11.0


def test_a_metric_that_cannot_be_copied_says_so():
    class Fixed(Metric):
        def __init__(self):
            super().__init__("fixed")

    with pytest.raises(ArgumentError, match="'fixed' of class Fixed cannot be copied"):
        two(metrics=[Fixed()])


def test_an_unknown_metric_is_an_error_of_compile():
    with pytest.raises(ArgumentError, match="mean_absolute_error"):
        one(metrics=["mean_absolut_error"])


def test_accuracy_beside_binary_crossentropy_is_binary():
    """Two rows of three labels each, five of the six on the right side of 1/2."""
    model = Sequential([Dense(3, kernel_initializer="identity", activation="sigmoid", input_shape=(3,))])
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    x = np.array([[1.0, -1.0, 2.0], [-1.0, 1.0, 3.0]])
    assert model.evaluate(x, [[1, 0, 1], [1, 1, 1]], verbose=0)[1] == pytest.approx(5 / 6)
    model.compile("sgd", "mse", metrics=["accuracy"])  # elsewhere the largest is what counts: 2 and 3, neither first
    assert model.evaluate(x, np.array([[1, 0, 0], [0, 0, 1]]), verbose=0)[1] == 0.5


# ---- metrics that are added


def test_a_metric_added_to_a_model_is_shown():
    x = Input((1,))
    y = Dense(1, kernel_initializer="ones")(x)
    model = Model(x, y)
    model.add_metric(K.sum(y), name="sum", aggregation="mean")
    model.compile(keras.optimizers.SGD(0.0), "mse", metrics=["mae"])
    assert model.metrics_names == ["loss", "mae", "sum"]
    assert model.evaluate(X, ZEROS, batch_size=2, verbose=0)[1:] == [11.0, 16.5]  # the mean of 3 and 30
    assert model.fit(X, ZEROS, batch_size=3, verbose=0).history["sum"] == [33.0]
    with pytest.raises(ArgumentError, match="has a name"):
        model.add_metric(K.sum(y))


def test_a_metric_added_after_compile_is_shown():
    x = Input((1,))
    model = Model(x, Dense(1, kernel_initializer="ones")(x))
    model.compile("sgd", "mse")
    model.evaluate(X, ZEROS, verbose=0)
    model.add_metric(K.max(model.output), name="largest", aggregation="mean")
    assert model.evaluate(X, ZEROS, verbose=0, return_dict=True)["largest"] == 30.0


def test_layers_metrics_stand_after_the_model_s():
    class Watched(Layer):
        def call(self, inputs):
            self.add_metric(K.sum(inputs), name="sum", aggregation="mean")
            return inputs * 1.0

    x = Input((1,))
    model = Model(x, Watched()(x))
    model.compile("sgd", "mse", metrics=["mae"])
    assert model.evaluate(X, ZEROS, verbose=0, return_dict=True)["sum"] == 33.0
    assert model.metrics_names == ["loss", "mae", "sum"]


# ---- long and short names


@pytest.mark.parametrize(
    ("there", "asked"),
    [
        ("mae", "mean_absolute_error"), ("mean_squared_error", "mse"), ("val_mape", "val_mean_absolute_percentage_error"),
        ("acc", "accuracy"), ("val_left_accuracy", "val_left_acc"), ("kld", "kullback_leibler_divergence"),
        ("cosine_proximity", "cosine_similarity"), ("MAE", "mae"), ("mae_1", "mean_absolute_error_1"), ("AUC", "auc"),
    ],
)
def test_logs_find_the_other_name(there, asked):
    logs = Logs({"loss": 1.0, there: 2.0})
    assert (logs[asked], logs.get(asked), asked in logs) == (2.0, 2.0, True)
    assert list(logs) == ["loss", there]


def test_logs_do_not_take_one_metric_for_another():
    logs = Logs({"mae": 1.0, "acc": 2.0, "mae_1": 3.0})
    assert logs["mean_absolute_error"] == 1.0
    for other in ("mse", "val_mae", "binary_accuracy", "mae_2", 3, None):
        assert other not in logs
        assert logs.get(other, "none") == "none"


def test_a_history_is_read_under_both_names():
    history = one(metrics=["mae"]).fit(X, ZEROS, verbose=0, validation_data=(X, ZEROS)).history
    assert list(history) == ["loss", "mae", "val_loss", "val_mae"]
    assert history["mean_absolute_error"] == history["mae"]
    assert history["val_mean_absolute_error"] == history["val_mae"]


# ---- where the batches come from


def test_a_sequence_goes_on_where_the_epoch_before_has_ended():
    source = Batches(5)
    found = one().fit(source, steps_per_epoch=2, epochs=4, shuffle=False, verbose=0).history["loss"]
    assert found == [2.5, 12.5, 13.0, 6.5]  # 1, 2 | 3, 4 | 5, 1 | 2, 3
    assert source.ends == 1
    assert one().fit(Batches(2), steps_per_epoch=3, epochs=2, shuffle=False, verbose=0).history["loss"] == [2.0, 3.0]


def test_a_shuffled_sequence_gives_each_batch_once_a_round():
    seen = []

    class Watched(Batches):
        def __getitem__(self, number):
            seen.append(number)
            return super().__getitem__(number)

    one().fit(Watched(6), steps_per_epoch=3, epochs=4, verbose=0)
    assert sorted(seen[:6]) == sorted(seen[6:]) == list(range(6))


def test_what_can_be_iterated_over_again_goes_on_too():
    class Loader:
        def __iter__(self):
            return iter([Batches(3)[0], Batches(3)[1], Batches(3)[2]])

    assert one().fit(Loader(), steps_per_epoch=2, epochs=3, verbose=0).history["loss"] == [2.5, 5.0, 6.5]
    assert one().fit(Loader(), epochs=2, verbose=0).history["loss"] == [pytest.approx(14 / 3)] * 2


def test_validation_begins_with_the_first_batch():
    history = one().fit(Batches(5), epochs=3, verbose=0, validation_data=Batches(5), validation_steps=2).history
    assert history["val_loss"] == [2.5, 2.5, 2.5]


@pytest.mark.parametrize(
    ("source", "given", "expected"),
    [
        (lambda: batches_of(2, 3), {}, 46.0),  # the last batch has 3: 14, 77 and 49 for 3, 3 and 1 samples
        (lambda: Batches(2), {}, 33.0),  # 2: 5, 25, 61 and 49 for 2, 2, 2 and 1
        (lambda: batches_of(2, 3), {"validation_batch_size": 7}, 140.0),
    ],
)
def test_validation_has_the_batch_size_of_training(source, given, expected):
    """A loss that is summed shows how large a batch is."""
    model = one(loss=keras.losses.MeanSquaredError(reduction="sum"))
    x = np.arange(1.0, 8.0)[:, None]
    found = model.fit(source(), steps_per_epoch=2, verbose=0, validation_data=(x, 0 * x), **given)
    assert found.history["val_loss"] == [pytest.approx(expected)]


# ---- nothing to learn from


@pytest.mark.parametrize(
    ("act", "where"),
    [
        (lambda model, x, y: model.fit(x, y, verbose=0), "fit: x"),
        (lambda model, x, y: model.evaluate(x, y, verbose=0), "evaluate: x"),
        (lambda model, x, y: model.fit(X, ZEROS, validation_data=(x, y), verbose=0), "validation_data"),
        (lambda model, x, y: model.fit(Batches(0), verbose=0), "fit: x"),
        (lambda model, x, y: model.evaluate(batches_of(2), steps=0, verbose=0), "evaluate: x"),
    ],
)
def test_no_samples_are_an_error(act, where):
    with pytest.raises(ArgumentError, match=f"{where} has no samples"):
        act(one(), ZEROS[:0], ZEROS[:0])


def test_of_no_samples_there_are_no_predictions():
    assert one().predict(ZEROS[:0]).shape == (0, 1)


def tenths():
    """A line through 0 with slope 1, and ten points of the line with slope 2."""
    model = Sequential([Dense(1, use_bias=False, kernel_initializer="ones", input_shape=(1,))])
    model.compile(keras.optimizers.SGD(0.01), "mse")
    x = np.arange(10.0).reshape(10, 1) / 10
    return model, x, 2 * x


@pytest.mark.parametrize("batch_size", [None, 2])
def test_a_step_on_arrays_takes_all_samples(batch_size):
    model, x, y = tenths()
    history = model.fit(x, y, batch_size, steps_per_epoch=3, epochs=2, verbose=0).history  # values: tf_keras in a graph
    np.testing.assert_allclose(history["loss"], [0.28177252411842346, 0.27227213978767395], rtol=1e-6)
    np.testing.assert_allclose(model.get_weights()[0], [[1.0337164402008057]], rtol=1e-6)
    assert model.predict(x, batch_size, steps=3).shape == (30, 1)


def test_sample_weights_and_validation_in_steps_on_arrays():
    model, x, y = tenths()
    loss = model.fit(x, y, steps_per_epoch=2, epochs=2, sample_weight=np.arange(10.0), verbose=0).history["loss"]
    np.testing.assert_allclose(loss, [1.9446482062339783, 1.6482419967651367], rtol=1e-6)  # tf_keras in a graph
    model, x, y = tenths()
    sizes = []
    watch = keras.callbacks.LambdaCallback()
    watch.on_test_batch_end = lambda number, logs: sizes.append(logs["size"])
    held = model.fit(x, y, steps_per_epoch=2, epochs=2, validation_data=(x[:7], y[:7]), validation_steps=3,
                     verbose=0, callbacks=[watch]).history["val_loss"]
    np.testing.assert_allclose(held, [0.12706123292446136, 0.12418890744447708], rtol=1e-6)  # tf_keras in a graph
    assert sizes == [7] * 6


def test_steps_on_no_samples_are_an_error():
    model, x, y = tenths()
    with pytest.raises(ArgumentError, match="no samples"):
        model.fit(x[:0], y[:0], steps_per_epoch=2)
    with pytest.raises(ArgumentError, match="no samples"):
        model.fit(x, y, steps_per_epoch=0)
