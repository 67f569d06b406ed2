"""The columns of the Keras dialects, and tf.errors, beside tf_keras' and TensorFlow's own."""

from __future__ import annotations

import inspect

import pytest

import deepkit.v1 as dk
from deepkit.keras import dialects

tensorflow = pytest.importorskip("tensorflow", reason="compares with TensorFlow itself")
tf_keras = pytest.importorskip("tf_keras", reason="compares with tf_keras itself")

ROWS = [row for row in dialects.TABLE if row[0].startswith(("optimizers.A", "optimizers.N", "layers", "losses"))
        and "uses" not in row[1]]


def _default(cls: type, argument: str):
    return inspect.signature(cls.__init__).parameters[argument].default


@pytest.mark.parametrize("row", ROWS, ids=lambda row: ".".join(row[:2]))
def test_the_last_keras_2(row):
    room, name = row[0].split(".")
    module = tf_keras.optimizers.legacy if room == "optimizers" else getattr(tf_keras, room)
    if name == "LossFunctionWrapper":
        from tf_keras.src import losses as module
    assert _default(getattr(module, name), row[1]) == row[2]


@pytest.mark.parametrize("row", [row for row in ROWS if row[0].startswith("layers")], ids=lambda row: ".".join(row[:2]))
def test_the_layers_of_tensorflow_1(row):
    """tf_keras still has TensorFlow 1's recurrent layers, under another name."""
    from tf_keras.src.layers.rnn import gru_v1, lstm_v1

    name = row[0].split(".")[1]
    assert _default(getattr(gru_v1 if name.startswith("GRU") else lstm_v1, name.removesuffix("Cell")), row[1]) == row[4]


def test_errors_have_tensorflows_names_codes_and_order():
    theirs = {n: c for n, c in vars(tensorflow.compat.v1.errors).items() if inspect.isclass(c) and n.endswith("Error")}
    assert len(theirs) == 17
    for name, cls in theirs.items():
        ours = getattr(dk.errors, name)
        assert {n for n in theirs if issubclass(ours, getattr(dk.errors, n))} == {
            n for n, other in theirs.items() if issubclass(cls, other)
        }
        if name != "OpError":
            code = tensorflow.compat.v1.errors.error_code_from_exception_type(cls)
            assert ours.error_code == code == dk.errors.error_code_from_exception_type(ours)
    codes = {n: v for n, v in vars(tensorflow.compat.v1.errors).items() if n.isupper()}
    assert {n: getattr(dk.errors, n) for n in codes} == codes
