"""Keras 1's spellings: each old call makes the layer that today's call makes, and says how it is written now."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from deepkit import keras
from deepkit.errors import ArgumentError
from deepkit.keras import layers, legacy

PAIRS = [
    (lambda: layers.Dense(output_dim=3, init="one", W_regularizer="l2", bias=False),
     lambda: layers.Dense(units=3, kernel_initializer="one", kernel_regularizer="l2", use_bias=False)),
    (lambda: layers.Dropout(p=0.3), lambda: layers.Dropout(0.3)),
    (lambda: layers.Convolution2D(8, 3, 5, border_mode="same", subsample=(2, 2)),
     lambda: layers.Conv2D(8, (3, 5), padding="same", strides=(2, 2))),
    (lambda: layers.Convolution2D(8, nb_row=3, nb_col=5), lambda: layers.Conv2D(8, (3, 5))),
    (lambda: layers.Conv2D(8, 3, 3, activation="relu"), lambda: layers.Conv2D(8, (3, 3), activation="relu")),
    (lambda: layers.Convolution3D(8, 3, 2, 1), lambda: layers.Conv3D(8, (3, 2, 1))),
    (lambda: layers.Convolution1D(nb_filter=8, filter_length=3, subsample_length=2), lambda: layers.Conv1D(8, 3, strides=2)),
    (lambda: layers.SeparableConv2D(8, 3, 5, init="one", bias=False),
     lambda: layers.SeparableConv2D(8, (3, 5), depthwise_initializer="one", pointwise_initializer="one", use_bias=False)),
    (lambda: layers.MaxPooling2D(border_mode="same", dim_ordering="tf"),
     lambda: layers.MaxPooling2D(padding="same", data_format="channels_last")),
    (lambda: layers.MaxPooling1D(pool_length=3, stride=1), lambda: layers.MaxPooling1D(3, strides=1)),
    (lambda: layers.LSTM(output_dim=4, inner_activation="sigmoid", dropout_W=0.1, dropout_U=0.2, consume_less="mem"),
     lambda: layers.LSTM(4, recurrent_activation="sigmoid", dropout=0.1, recurrent_dropout=0.2, implementation=1)),
    (lambda: layers.LSTM(4, forget_bias_init="zero"), lambda: layers.LSTM(4, unit_forget_bias=False)),
    (lambda: layers.Embedding(9, 4, init="uniform", dropout=0), lambda: layers.Embedding(9, 4, embeddings_initializer="uniform")),
    (lambda: layers.BatchNormalization(mode=0, beta_init="one"), lambda: layers.BatchNormalization(beta_initializer="one")),
    (lambda: layers.GaussianNoise(sigma=0.5), lambda: layers.GaussianNoise(0.5)),
    (lambda: layers.UpSampling1D(length=3), lambda: layers.UpSampling1D(3)),
    (lambda: layers.PReLU(init="one"), lambda: layers.PReLU(alpha_initializer="one")),
]


def config(layer):
    return {k: v for k, v in layer.get_config().items() if k != "name"}


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_an_old_call_makes_today_s_layer(old, new):
    with pytest.warns(DeprecationWarning, match="this call is Keras 1; today it is") as said:
        made = old()
    assert config(made) == config(new())
    assert said[0].filename == __file__


def test_calls_of_today_are_left_alone():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert layers.Conv2D(8, 3, 2, padding="same").strides == (2, 2)
        assert layers.Conv2D(8, (3, 3), 2).strides == (2, 2)
        assert layers.LSTM(4, dropout=0.5).get_config()["dropout"] == 0.5
        assert layers.Dense(3, use_bias=False).use_bias is False


def test_the_table_names_only_classes_and_arguments_that_exist():
    import inspect

    # Rows that several classes share hold words that not each of them has.
    shared = {
        "padding",
        "data_format",
        "dilation_rate",
        "strides",
        "unit_forget_bias",
        "recurrent_activation",
        "implementation",
    }
    for name, table in legacy.NAMES.items():
        cls = getattr(layers, name)
        known = {p for c in cls.__mro__ if "__init__" in vars(c) for p in inspect.signature(c.__init__).parameters}
        assert {new for names in table.values() for new in names.split()} - shared <= known, name


def test_what_cannot_be_kept_is_an_error():
    with pytest.raises(ArgumentError, match=r"mode=2"):
        layers.BatchNormalization(mode=2)
    with pytest.raises(ArgumentError, match="both output_dim and units"):
        layers.Dense(units=3, output_dim=3)
    with pytest.raises(ArgumentError, match="both nb_epoch and epochs"):
        legacy.modern_arguments({"nb_epoch": 1, "epochs": 2})
    with pytest.raises(ArgumentError, match="has no argument 'nonsense'"):
        layers.Dense(3, nonsense=1)
    with pytest.warns(DeprecationWarning, match="SpatialDropout1D"):
        layers.Embedding(9, 4, dropout=0.2)


def test_samples_become_batches_where_the_generator_knows_its_batch_size():
    class Batches:
        batch_size = 8

    with pytest.warns(DeprecationWarning, match="counts batches"):
        found = legacy.modern_arguments(
            {"samples_per_epoch": 80, "nb_epoch": 2, "nb_val_samples": 16, "workers": 1}, Batches()
        )
    assert found == {"steps_per_epoch": 10, "epochs": 2, "validation_steps": 2, "workers": 1}
    with pytest.warns(DeprecationWarning, match="val_samples is now steps"):
        assert legacy.modern_arguments({"val_samples": 5}) == {"steps": 5}


def test_merge_is_a_module_and_a_function():
    a, b = layers.Input((2,)), layers.Input((2,))
    with pytest.warns(DeprecationWarning, match="merge is Keras 1"):
        made = [layers.merge([a, b], mode=m) for m in ("sum", "mul", "ave", "max", "concat", "dot", "cos")]
    with pytest.warns(DeprecationWarning, match="Lambda"):
        made.append(layers.merge([a, b], mode=lambda pair: pair[0] - pair[1], output_shape=(2,)))
    model = keras.models.Model([a, b], made)
    got = [y.tolist() for y in model.predict([np.array([[3.0, 4.0]]), np.array([[4.0, 3.0]])])]
    assert got[:6] == [[[7, 7]], [[12, 12]], [[3.5, 3.5]], [[4, 4]], [[3, 4, 4, 3]], [[24]]]
    assert got[6][0][0] == pytest.approx(24 / 25)
    assert got[7] == [[-1, 1]]
    assert layers.merge.Concatenate is layers.Concatenate
    with pytest.raises(ArgumentError, match="mode='join'"):
        layers.merge([a, b], mode="join")
