"""The table of a model in Keras' layout, and what else utils says of models."""

from __future__ import annotations

import pytest

from deepkit import keras
from deepkit.errors import ArgumentError
from deepkit.keras import layers as L
from deepkit.keras.utils import count_params, get_source_inputs, multi_gpu_model, print_summary


@pytest.fixture(autouse=True)
def _fresh():
    keras.backend.clear_session()


def lines_of(model, **options) -> list[str]:
    found: list[str] = []
    model.summary(print_fn=found.append, **options)
    return found


# The layout is that of the document: its network of 118,282 weights, with its columns and rules.
MLP = """\
Model: "mlp"
_________________________________________________________________
Layer (type)                 Output Shape              Param #   
=================================================================
dense_1 (Dense)              (None, 128)               100480    
_________________________________________________________________
dropout_1 (Dropout)          (None, 128)               0         
_________________________________________________________________
dense_2 (Dense)              (None, 128)               16512     
_________________________________________________________________
dropout_2 (Dropout)          (None, 128)               0         
_________________________________________________________________
dense_3 (Dense)              (None, 10)                1290      
=================================================================
Total params: 118,282
Trainable params: 118,282
Non-trainable params: 0
_________________________________________________________________""".splitlines()  # noqa: W291


def mlp():
    keras.backend.clear_session()
    layers = [L.Dense(128, input_shape=(784,)), L.Dropout(0.1), L.Dense(128), L.Dropout(0.1), L.Dense(10)]
    return keras.models.Sequential(layers, name="mlp")


def web():
    x = L.Input((3,), name="x")
    inner = keras.models.Sequential([L.Dense(2, name="d", input_shape=(3,))], name="inner")
    y = L.concatenate([inner(x), x], name="both")
    return keras.models.Model(x, L.BatchNormalization(name="norm")(y), name="web")


def test_layers_in_a_row():
    assert lines_of(mlp()) == MLP


def test_the_default_prints(capsys):
    mlp().summary()
    assert capsys.readouterr().out.splitlines() == MLP


def test_connections_have_a_column():
    lines = lines_of(web())
    assert [len(line) for line in lines[1:4]] == [98, 98, 98]
    assert lines[2].split("  ")[-1].strip() == ""
    assert lines[2].startswith("Layer (type)                    Output Shape         Param #     Connected to")
    rows = {line.split(" ")[0]: line.split() for line in lines[3:] if line[:1].isalpha()}
    assert rows["x"][-1] == "0"
    assert rows["inner"][-2:] == ["8", "x[0][0]"]
    assert rows["both"][-1] == "inner[0][0]"
    after = lines[next(i for i, line in enumerate(lines) if line.startswith("both")) + 1]
    assert after.split() == ["x[0][0]"]
    assert "Non-trainable params: 10" in lines


def test_models_inside_and_what_is_frozen():
    model = web()
    model.get_layer("norm").trainable = False
    lines = lines_of(model, expand_nested=True, show_trainable=True)
    assert any(line.startswith("| d (Dense)") for line in lines)
    flags = {line.split(" ")[0]: line.split()[-1] for line in lines if line.rstrip().endswith(("Y", "N"))}
    assert (flags["norm"], flags["inner"]) == ("N", "Y")
    assert "Trainable params: 8" in lines


def test_width_and_columns():
    lines = lines_of(mlp(), line_length=40, positions=[0.3, 0.7, 1.0])
    assert {len(line) for line in lines if "params" not in line and "Model" not in line} == {40}
    assert lines[4].startswith("dense_1 (De (None, 128)")
    assert lines_of(mlp(), positions=[20, 40, 50])[2] == "Layer (type)        Output Shape        Param #   "
    with pytest.raises(ArgumentError, match="positions"):
        lines_of(mlp(), positions=[0.5, 1.0])
    assert [line.split()[0] for line in lines_of(mlp(), layer_range=["dense_2", "dense_3"])[4:9:2]] == [
        "dense_2", "dropout_2", "dense_3",
    ]
    with pytest.raises(ArgumentError, match="layer_range"):
        lines_of(mlp(), layer_range=["dense_9", "dense_3"])


def test_without_weights_there_is_no_table():
    with pytest.raises(ArgumentError, match="input_shape"):
        keras.models.Sequential([L.Dense(3)]).summary()


def test_a_layer_with_several_shapes():
    shared = L.Dense(2, name="shared")
    a, b = L.Input((4, 3)), L.Input((5, 3))
    model = keras.models.Model([a, b], [shared(a), shared(b)])
    assert any(line.startswith("shared (Dense)") and "multiple" in line for line in lines_of(model))


class Two(keras.models.Model):
    def __init__(self):
        super().__init__()
        self.first, self.second = L.Dense(10, name="first"), L.Dense(10, name="second")

    def call(self, x):
        return self.second(self.first(x))


def test_the_layers_of_a_class_have_shapes_that_nobody_knows():
    model = Two()
    with pytest.raises(ArgumentError, match="no weights yet"):
        model.summary()
    model.build((None, 256))
    rows = [line.split() for line in lines_of(model) if "(Dense)" in line]
    assert rows == [["first", "(Dense)", "multiple", "2570"], ["second", "(Dense)", "multiple", "110"]]  # as TensorFlow prints


def test_counts_and_sources():
    model = web()
    assert count_params(model.weights) == model.count_params() == 28
    assert count_params([*model.weights, *model.weights]) == 28
    assert get_source_inputs(model.output) == model.inputs
    print_summary(model, print_fn=lambda line: None)
    with pytest.warns(UserWarning, match="one device"):
        assert multi_gpu_model(model, gpus=2) is model
    with pytest.raises(ArgumentError, match="gpus"):
        multi_gpu_model(model, gpus=1)


def test_rows_of_an_hdf5_file(tmp_path):
    import numpy as np

    h5py = pytest.importorskip("h5py", reason="h5py is not installed (extra: io)")
    from deepkit.errors import DataError
    from deepkit.keras.utils import HDF5Matrix

    x = np.arange(24.0).reshape(12, 2)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["x"] = x
    matrix = HDF5Matrix(tmp_path / "x.h5", "x", 2, 10, normalizer=lambda part: part / 2)
    part = x[2:10] / 2
    assert (matrix.shape, matrix.ndim, matrix.size, len(matrix)) == ((8, 2), 2, 16, 8)
    for key in (
        slice(None),
        slice(1, 7, 2),
        slice(None, None, -1),
        slice(-3, None),
        slice(5, 2),
        3,
        -1,
        [4, 0, 4],
        part[:, 0] > 3,
    ):
        assert (matrix[key] == part[key]).all(), key
    assert (np.asarray(matrix) == part).all()
    with pytest.raises(IndexError):
        matrix[8]
    model = keras.models.Sequential([L.Dense(1, input_shape=(2,))])
    assert (model.predict(matrix) == model.predict(part)).all()
    matrix.close()
    with pytest.raises(DataError, match="it has: x"):
        HDF5Matrix(tmp_path / "x.h5", "y")
    with pytest.raises(ArgumentError, match="rows"):
        HDF5Matrix(tmp_path / "x.h5", "x", 3, 13)


def test_what_is_frozen_after_compile_is_counted_as_compile_saw_it():
    model = keras.Sequential([keras.layers.Dense(2, input_shape=(3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.layers[0].trainable = False
    lines: list[str] = []
    with pytest.warns(UserWarning, match="Discrepancy"):
        model.summary(print_fn=lines.append)
    assert lines[-4:-1] == ["Total params: 11", "Trainable params: 11", "Non-trainable params: 0"]
    model.compile("sgd", "mse")
    model.summary(print_fn=lines.append)
    assert lines[-4:-1] == ["Total params: 11", "Trainable params: 3", "Non-trainable params: 8"]
