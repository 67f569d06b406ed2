"""Saving and loading: what is written comes back, and what does not fit is refused without changing the model."""

from __future__ import annotations

import copy
import json
import os
import pickle
import tracemalloc

import numpy as np
import pytest

from deepkit import keras
from deepkit.core.graph import Graph
from deepkit.errors import ArgumentError, DataError
from deepkit.keras import layers as L
from deepkit.keras.saving.state import model_of, state_of
from deepkit.keras.utils import custom_object_scope

h5py = pytest.importorskip("h5py", reason="h5py is not installed (extra: io)")
models = keras.models


@pytest.fixture(autouse=True)
def _fresh():
    keras.backend.clear_session()


@pytest.fixture
def data():
    draw = np.random.RandomState(0)
    return draw.randn(12, 4).astype("float32"), draw.randn(12, 2).astype("float32")


def row():
    return models.Sequential([L.Dense(5, activation="tanh", input_shape=(4,)), L.BatchNormalization(), L.Dense(2)])


def web():
    """Shared layers, a model called twice, one made when it was called, two inputs, two outputs, arguments."""
    a, b = L.Input((4,), name="a"), L.Input((4,), name="b")
    x = L.Input((4,))
    inner = models.Model(x, L.Dense(4)(x), name="inner")
    late = models.Sequential([L.Dense(4)], name="late")
    shared = L.Dense(3, name="shared")
    left, right = shared(inner(a)), shared(inner(late(b)))
    y = L.Dropout(0.5)(L.concatenate([left, right]), training=False)
    return models.Model([a, b], [L.Dense(2, name="y")(y), L.BatchNormalization(name="z")(left, training=True)])


def same(a, b):
    assert [w.shape for w in a] == [w.shape for w in b]
    assert all((v == w).all() for v, w in zip(a, b, strict=True))


# ---- architectures


@pytest.mark.parametrize("make", [row, web], ids=["row", "web"])
@pytest.mark.parametrize("form", ["json", "yaml", "config"])
def test_an_architecture_comes_back(make, form, data):
    if form == "yaml":
        pytest.importorskip("yaml", reason="PyYAML is not installed (extra: io)")
    model = make()
    if form == "json":
        back = models.model_from_json(model.to_json(indent=1))
    elif form == "yaml":
        back = models.model_from_yaml(model.to_yaml())
    else:
        back = type(model).from_config(model.get_config())
    assert back.to_json() == model.to_json()
    back.set_weights(model.get_weights())
    x = data[0] if make is row else [data[0], data[0][::-1]]
    found, expected = (m.predict_on_batch(x) if make is web else [m.predict_on_batch(x)] for m in (back, model))
    assert expected[-1].shape == (12, 2 if make is row else 3)
    same(found, expected)


def test_the_layout_of_a_connected_model():
    said = json.loads(web().to_json())
    assert said["class_name"] == "Model"
    assert said["backend"] == "tensorflow"
    by_name = {layer["name"]: layer for layer in said["config"]["layers"]}
    assert by_name["a"]["inbound_nodes"] == []
    assert by_name["inner"]["inbound_nodes"] == [[["a", 0, 0, {}]], [["late", 1, 0, {}]]]
    assert by_name["shared"]["inbound_nodes"] == [[["inner", 1, 0, {}]], [["inner", 2, 0, {}]]]
    assert by_name["concatenate_1"]["inbound_nodes"] == [[["shared", 0, 0, {}], ["shared", 1, 0, {}]]]
    assert by_name["dropout_1"]["inbound_nodes"] == [[["concatenate_1", 0, 0, {"training": False}]]]
    assert said["config"]["input_layers"] == [["a", 0, 0], ["b", 0, 0]]
    assert said["config"]["output_layers"] == [["y", 0, 0], ["z", 0, 0]]


def test_spellings_of_older_versions():
    spread = {"scale": 1.0, "mode": "fan_avg", "distribution": "uniform", "seed": None}
    config = {"units": 3, "batch_input_shape": [None, 4], "name": "first"}
    config["kernel_initializer"] = {"class_name": "VarianceScaling", "config": spread}
    dense = {"class_name": "Dense", "config": config}
    model = models.model_from_json(
        json.dumps({"class_name": "Sequential", "config": [dense], "keras_version": "2.0.8"})
    )
    assert model.count_params() == 15
    model = models.model_from_config({"class_name": "Sequential", "config": {"name": "s", "layers": [dense]}})
    assert (model.name, model.output_shape) == ("s", (None, 3))
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed (extra: io)")
    text = yaml.dump({"class_name": "Sequential", "config": [copy.deepcopy(dense)]})
    text = text.replace("batch_input_shape:", "batch_input_shape: !!python/tuple")
    assert models.model_from_yaml(text).output_shape == (None, 3)


def test_layers_of_ones_own():
    class Twice(L.Layer):
        def __init__(self, times=2, **kwargs):
            super().__init__(**kwargs)
            self.times = times

        def call(self, inputs):
            return self.times * inputs

        def get_config(self):
            return {**super().get_config(), "times": self.times}

    def bend(x):
        return keras.backend.tanh(x)

    model = models.Sequential([Twice(3, input_shape=(2,)), L.Dense(2, activation=bend), L.Lambda(bend, name="l")])
    text = model.to_json()
    with pytest.raises(ArgumentError, match="unknown layer 'Twice'"):
        models.model_from_json(text)
    known = {"Twice": Twice, "bend": bend}
    assert models.model_from_json(text, custom_objects=known).layers[0].times == 3
    with custom_object_scope(known):
        assert models.model_from_json(text).layers[1].activation is bend


def test_code_in_a_file_is_refused():
    config = models.Sequential([L.Lambda(abs, name="l", input_shape=(2,))]).get_config()
    config["layers"][-1]["config"]["function"] = ["4wEAAAABAAAA", None, None]
    text = json.dumps({"class_name": "Sequential", "config": config}, default=str)
    with pytest.raises(DataError, match="not run"):
        models.model_from_json(text)
    assert models.model_from_json(text, custom_objects={"l": abs}).layers[0].function is abs
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed (extra: io)")
    assert yaml
    with pytest.raises(DataError, match="YAML"):
        models.model_from_yaml("class_name: !!python/object/apply:os.getcwd []")
    bomb = "a: &a [1,2,3,4,5,6,7,8,9]\n" + "".join(
        f"{b}: &{b} [*{a},*{a},*{a},*{a},*{a},*{a},*{a},*{a},*{a}]\n"
        for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    with pytest.raises(DataError, match="entries"):
        models.model_from_yaml(bomb)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda c: c["layers"][-1]["inbound_nodes"].__setitem__(0, [["nowhere", 0, 0, {}]]),
        lambda c: c["layers"][-1]["inbound_nodes"].__setitem__(0, [[c["layers"][-1]["name"], 0, 0, {}]]),
        lambda c: c["layers"][-1]["inbound_nodes"].__setitem__(0, 7),
        lambda c: c["layers"][2].__setitem__("name", "a"),
        lambda c: c.__setitem__("output_layers", [["y", 3, 0]]),
        lambda c: c["layers"][-1]["config"].__setitem__("axis", "left"),
        lambda c: next(x for x in c["layers"] if x["name"] == "shared").__delitem__("config"),
        lambda c: c.__setitem__("layers", None),
    ],
)
def test_a_damaged_architecture_says_so(spoil):
    said = json.loads(web().to_json())
    spoil(said["config"])
    with pytest.raises((DataError, ArgumentError)):
        models.model_from_json(json.dumps(said))
    keras.backend.get_session()  # no weight of the failed model waits to be made


def test_a_model_in_code_has_no_architecture():
    class Own(models.Model):
        def __init__(self):
            super().__init__()
            self.dense = L.Dense(2)

        def call(self, inputs):
            return self.dense(inputs)

    with pytest.raises(ArgumentError, match="save_weights"):
        Own().to_json()


# ---- whole models


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda o: o.SGD(0.1, momentum=0.9), lambda o: o.Adam(clipvalue=0.5, decay=0.1), lambda o: o.Nadam(),
        lambda o: o.SGD(o.schedules.ExponentialDecay(0.1, 2, 0.5)),
    ],
)
def test_training_goes_on_where_it_stood(tmp_path, data, optimizer):
    model = row()
    model.compile(optimizer(keras.optimizers), "mse", metrics=["mae", keras.metrics.MeanSquaredError(name="m")])
    for _ in range(3):
        model.train_on_batch(*data)
    model.save(tmp_path / "model.h5")
    assert os.listdir(tmp_path) == ["model.h5"]
    back = models.load_model(tmp_path / "model.h5")
    assert back.evaluate(*data, verbose=0) == model.evaluate(*data, verbose=0)
    for _ in range(3):
        assert back.train_on_batch(*data) == model.train_on_batch(*data)
    same(back.get_weights(), model.get_weights())
    same(back.optimizer.get_weights(), model.optimizer.get_weights())


def test_what_is_frozen_stays_frozen(tmp_path, data):
    model = web()
    model.get_layer("inner").trainable = False
    model.get_layer("inner").layers[1].trainable = True
    model.save(tmp_path / "m.h5")
    with pytest.warns(UserWarning, match="compile it"):
        back = models.load_model(tmp_path / "m.h5")
    assert len(back.trainable_weights) == len(model.trainable_weights)
    inner = back.get_layer("inner")
    assert (inner.trainable, inner.layers[1].trainable) == (False, True)
    same(back.get_weights(), model.get_weights())


def test_without_the_optimizer(tmp_path, data):
    model = row()
    model.compile("adam", "mse")
    model.train_on_batch(*data)
    model.save(tmp_path / "m.h5", include_optimizer=False)
    with pytest.warns(UserWarning, match="compile it"):
        assert models.load_model(tmp_path / "m.h5").optimizer is None
    model.save(tmp_path / "n.h5")
    assert models.load_model(tmp_path / "n.h5", compile=False).optimizer is None


def test_an_optimizer_state_that_does_not_fit_starts_afresh(tmp_path, data):
    model = row()
    model.compile("adam", "mse")
    model.train_on_batch(*data)
    model.save(tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5", "r+") as file:
        names = file["optimizer_weights"].attrs["weight_names"]
        file["optimizer_weights"].attrs["weight_names"] = names[:-1]
    with pytest.warns(UserWarning, match="starts afresh"):
        back = models.load_model(tmp_path / "m.h5")
    back.train_on_batch(*data)


def test_losses_of_ones_own(tmp_path, data):
    def cube(y_true, y_pred):
        return keras.backend.mean(keras.backend.abs(y_true - y_pred) ** 3, axis=-1)

    model = row()
    model.compile("sgd", cube, metrics=[cube])
    model.train_on_batch(*data)
    model.save(tmp_path / "m.h5")
    with pytest.raises(ArgumentError, match="cube"):
        models.load_model(tmp_path / "m.h5")
    back = models.load_model(tmp_path / "m.h5", custom_objects={"cube": cube})
    assert back.train_on_batch(*data) == model.train_on_batch(*data)


def test_a_model_in_memory_can_be_pickled(data):
    model = row()
    model.compile("adam", "mse")
    model.train_on_batch(*data)
    state = pickle.loads(pickle.dumps(state_of(model)))
    with Graph().as_default():
        back = model_of(state)
    for _ in range(2):
        assert back.train_on_batch(*data) == model.train_on_batch(*data)


def test_many_names_are_kept_in_pieces(tmp_path):
    name = "a_long_name_of_a_layer_that_takes_its_room_" * 8
    model = models.Sequential(
        [L.Activation("relu", input_shape=(1,))] + [L.Activation("relu", name=f"{name}{i}") for i in range(190)]
    )
    model.save_weights(tmp_path / "w.h5")
    with h5py.File(tmp_path / "w.h5") as file:
        assert "layer_names" not in file.attrs
        assert {"layer_names0", "layer_names1"} <= set(file.attrs)
    model.load_weights(tmp_path / "w.h5")


# ---- weights


@pytest.mark.parametrize("ending", ["h5", "hdf5", "safetensors", "npz"])
def test_weights_come_back(tmp_path, ending):
    model, path = web(), tmp_path / f"w.{ending}"
    model.save_weights(path)
    copy_ = models.clone_model(model)
    assert not (copy_.get_weights()[0] == model.get_weights()[0]).all()
    copy_.load_weights(path)
    same(copy_.get_weights(), model.get_weights())
    by_name = models.clone_model(model)
    by_name.load_weights(path, by_name=True)
    same(by_name.get_weights(), model.get_weights())


def test_other_programs_read_the_arrays(tmp_path):
    model = row()
    model.save_weights(tmp_path / "w.npz")
    kernel = model.get_weights()[0]
    with np.load(tmp_path / "w.npz", allow_pickle=False) as arrays:
        assert (arrays["dense_1/kernel"] == kernel).all()
        assert arrays.files[-1] == "dense_2/bias"
    model.save_weights(tmp_path / "w.safetensors")
    with open(tmp_path / "w.safetensors", "rb") as file:  # by the format's own words
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        start = file.tell()
        begin, end = header["dense_1/kernel"]["data_offsets"]
        file.seek(start + begin)
        assert (np.frombuffer(file.read(end - begin), "<f4").reshape(4, 5) == kernel).all()


@pytest.mark.parametrize("ending", ["h5", "safetensors", "npz"])
def test_what_does_not_fit_changes_nothing(tmp_path, ending):
    path = tmp_path / f"w.{ending}"
    row().save_weights(path)
    wider = models.Sequential([L.Dense(5, input_shape=(4,)), L.BatchNormalization(), L.Dense(3)])
    before = wider.get_weights()
    with pytest.raises(DataError, match=r"shape \(5, 3\)"):
        wider.load_weights(path)
    same(wider.get_weights(), before)
    with pytest.raises(DataError, match="2 layers with weights"):
        models.Sequential([L.Dense(5, input_shape=(4,)), L.Dense(3)]).load_weights(path)
    no_bias = models.Sequential([L.Dense(5, use_bias=False, input_shape=(4,)), L.BatchNormalization(), L.Dense(2)])
    with pytest.raises(DataError, match="1 weights"):
        no_bias.load_weights(path)


def test_by_name_takes_what_has_the_same_name(tmp_path):
    model = models.Sequential([L.Dense(3, input_shape=(4,), name="a"), L.Dense(2, name="b")])
    model.save_weights(tmp_path / "w.h5")
    other = models.Sequential([L.Dense(3, input_shape=(4,), name="a"), L.Dense(5, name="b"), L.Dense(2, name="c")])
    before = other.get_weights()
    with pytest.raises(DataError, match="'b'"):
        other.load_weights(tmp_path / "w.h5", by_name=True)
    same(other.get_weights(), before)
    with pytest.warns(UserWarning, match="keeps its weights"):
        other.load_weights(tmp_path / "w.h5", by_name=True, skip_mismatch=True)
    same(other.get_weights(), [*model.get_weights()[:2], *before[2:]])
    with pytest.raises(ArgumentError, match="by_name"):
        other.load_weights(tmp_path / "w.h5", skip_mismatch=True)


def test_the_weights_of_a_whole_model_file(tmp_path):
    model = row()
    model.save(tmp_path / "m.h5")
    other = row()
    other.load_weights(tmp_path / "m.h5")
    same(other.get_weights(), model.get_weights())
    model.save_weights(tmp_path / "w.h5")
    with pytest.raises(DataError, match="weights only"):
        models.load_model(tmp_path / "w.h5")


def test_names_are_the_layers_own_however_often_a_model_is_made(tmp_path):
    text = row().to_json()
    third = [models.model_from_json(text) for _ in range(2)][-1]
    assert third.weights[0].name != "dense_1/kernel:0"  # the graph has counted it up
    third.save_weights(tmp_path / "w.h5")
    with h5py.File(tmp_path / "w.h5") as file:
        assert list(file["dense_1"].attrs["weight_names"]) == ["dense_1/kernel:0", "dense_1/bias:0"]
        assert file["dense_1/dense_1/kernel:0"].shape == (4, 5)


def test_weights_of_a_model_in_code(tmp_path, data):
    class Own(models.Model):
        def __init__(self):
            super().__init__()
            self.dense = L.Dense(2)
            self.scale = self.add_weight(name="scale", shape=(2,), initializer="uniform")

        def call(self, inputs):
            return self.dense(inputs) * self.scale

    model, other = Own(), Own()
    with pytest.raises(ArgumentError, match="no weights yet"):
        model.save_weights(tmp_path / "w.h5")
    for ending in ("h5", "npz", "safetensors"):
        expected = model.predict(data[0])
        model.save_weights(tmp_path / f"w.{ending}")
        other.predict(data[0])
        other.load_weights(tmp_path / f"w.{ending}")
        assert (other.predict(data[0]) == expected).all()


# ---- files


def test_a_file_is_whole_or_absent(tmp_path, monkeypatch):
    model, path = row(), tmp_path / "m.h5"
    model.save(path)
    before = path.read_bytes()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(h5py.Group, "create_dataset", full)
    with pytest.raises(DataError, match="No space left"):
        model.save(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["m.h5"]


def test_existing_files_are_kept_if_wished(tmp_path):
    model = row()
    model.save(tmp_path / "m.h5")
    for save in (model.save, model.save_weights):
        with pytest.raises(ArgumentError, match="exists"):
            save(tmp_path / "m.h5", overwrite=False)


@pytest.mark.parametrize(
    ("content", "said"), [(b"", "HDF5"), (b"PK\x03\x04", "Keras 3"), (b"words", "HDF5"), (None, "cannot open")]
)
def test_no_model_file(tmp_path, content, said):
    path = tmp_path / "m.h5"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=said):
        models.load_model(path)
    with pytest.raises(DataError, match="SavedModel"):
        models.load_model(tmp_path)


def test_nothing_outside_of_the_file_is_read(tmp_path):
    model, path = row(), tmp_path / "m.h5"
    secret = tmp_path / "other.h5"
    model.save_weights(secret)
    kernel = "dense_1/dense_1/kernel:0"

    def spoilt(change):
        model.save_weights(path)
        with h5py.File(path, "r+") as file:
            del file[kernel]
            change(file)
        with pytest.raises(DataError) as caught:
            model.load_weights(path)
        return str(caught.value)

    assert "not followed" in spoilt(lambda f: f.__setitem__(kernel, h5py.ExternalLink(str(secret), kernel)))
    assert "not followed" in spoilt(lambda f: f.__setitem__(kernel, h5py.SoftLink("/dense_2/dense_2/kernel:0")))
    (tmp_path / "raw").write_bytes(bytes(80))
    assert "another file" in spoilt(
        lambda f: f.create_dataset(kernel, (4, 5), "f4", external=[(str(tmp_path / "raw"), 0, 80)])
    )
    layout = h5py.VirtualLayout((4, 5), "f4")
    layout[:] = h5py.VirtualSource(str(secret), kernel, (4, 5))
    assert "another file" in spoilt(lambda f: f.create_virtual_dataset(kernel, layout))
    assert "no numbers" in spoilt(
        lambda f: f.create_dataset(kernel, data=np.array([["a"] * 5] * 4, object), dtype=h5py.string_dtype())
    )
    assert "no array" in spoilt(lambda f: f.create_group(kernel))
    assert "bytes in the file" in spoilt(lambda f: f.create_dataset(kernel, (1 << 40,), "f4", chunks=(1 << 20,)))
    assert "has no" in spoilt(lambda f: None)


def test_arrays_that_are_listed_again_and_again(tmp_path):
    """A file cannot make the reader take more memory than its own length."""
    model, path = row(), tmp_path / "m.h5"
    model.save(path)
    with h5py.File(path, "r+") as file:
        names = file["model_weights/dense_1"].attrs["weight_names"]
        big = file["model_weights/dense_1"].create_dataset("big", data=np.zeros(1000, "f4"))
        assert big.name
        file["model_weights/dense_1"].attrs["weight_names"] = list(names) + ["big"] * 3000
    with pytest.raises(DataError, match="3002 for it"):
        models.load_model(path)


def test_hostile_sizes_in_an_architecture_cost_nothing(tmp_path):
    model, path = row(), tmp_path / "m.h5"
    model.save(path)
    with h5py.File(path, "r+") as file:
        text = file.attrs["model_config"]
        file.attrs["model_config"] = text.replace('"units": 5', '"units": 10000000')
    keras.backend.clear_session()
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="10000000"):
            models.load_model(path)
        assert row().predict(np.zeros((1, 4))).shape == (1, 2)  # nor are the failed model's weights made afterwards
        assert tracemalloc.get_traced_memory()[1] < 20 << 20
    finally:
        tracemalloc.stop()


# ---- copies


def test_clones_have_weights_of_their_own(data):
    model = web()
    twin = models.clone_model(model)
    assert twin.to_json() == model.to_json()
    assert not {id(w) for w in twin.weights} & {id(w) for w in model.weights}
    fresh = L.Input((4,), name="other")
    on = models.clone_model(row(), input_tensors=[fresh])
    assert on.inputs[0] is fresh
    seen = []

    def clone(layer):
        seen.append(layer.name)
        config = layer.get_config()
        if "units" in config:
            config["kernel_initializer"] = "ones"
        return type(layer).from_config(config)

    ones = models.clone_model(row(), clone_function=clone)
    assert len(seen) == 3
    assert (ones.get_weights()[0] == 1).all()
    model = row()
    model.compile("adam", "mse", metrics=["mae"])
    model.train_on_batch(*data)
    trained = models.clone_and_build_model(model)
    assert trained.optimizer is not model.optimizer
    assert len(trained.train_on_batch(*data)) == 2


@pytest.mark.parametrize("chosen", [["mae"], ["mse", "accuracy"], {"out": "mae"}, ["mean_absolute_error"]])
def test_metrics_keep_their_names_in_a_file(tmp_path, chosen):
    model = keras.Sequential([keras.layers.Dense(1, input_shape=(3,), name="out")])
    model.compile("adam", "mse", metrics=chosen)
    x, y = np.ones((4, 3), "float32"), np.ones((4, 1), "float32")
    before = model.fit(x, y, verbose=0).history
    model.save(tmp_path / "model.h5")
    after = keras.models.load_model(tmp_path / "model.h5").fit(x, y, verbose=0).history
    assert list(after) == list(before)


def test_metrics_of_a_file_that_has_their_outputs_in_their_names(tmp_path):
    """What tf_keras 2.21 writes for [["acc", hits], ["mae"]] before the first step, beside a sparse cross-entropy."""
    x, hits = keras.Input((3,)), "sparse_categorical_accuracy"
    model = keras.Model(x, [L.Dense(4, "softmax", name="a")(x), L.Dense(1, name="b")(x)])
    model.compile("sgd", ["sparse_categorical_crossentropy", "mse"], metrics=[["acc", hits], ["mae"]])
    model.save(tmp_path / "model.h5")
    functions = {"a_acc": "categorical_accuracy", f"a_{hits}": hits, "b_mae": "mean_absolute_error"}
    rows = [
        {"class_name": "MeanMetricWrapper", "config": {"name": name, "dtype": "float32", "fn": function}}
        for name, function in functions.items()
    ]
    with h5py.File(tmp_path / "model.h5", "r+") as file:
        config = json.loads(file.attrs["training_config"])
        file.attrs["training_config"] = json.dumps({**config, "metrics": [rows[:2], rows[2:]]})
    found = keras.models.load_model(tmp_path / "model.h5")
    assert found.metrics_names == model.metrics_names == ["loss", "a_loss", "b_loss", "a_acc", f"a_{hits}", "b_mae"]
    inputs = np.random.default_rng(0).normal(size=(8, 3))
    targets = [np.argmax(model.predict(inputs)[0], axis=-1), np.zeros((8, 1))]
    targets[0][:2] = (targets[0][:2] + 1) % 4
    assert found.evaluate(inputs, targets, verbose=0)[3:5] == [0.75, 0.75]


def test_reshape_puts_equally_many_numbers_into_another_shape(tmp_path):
    model = models.Sequential([L.Dense(3, input_shape=(4,), name="a")])
    model.save_weights(tmp_path / "w.h5")
    image = models.Sequential([L.Conv2D(3, 1, input_shape=(2, 2, 4), name="a")])
    with pytest.raises(DataError, match="shape"):
        image.load_weights(tmp_path / "w.h5")
    kernel, bias = model.get_weights()
    for by_name in (False, True):
        image.set_weights([np.zeros((1, 1, 4, 3)), np.zeros(3)])
        image.load_weights(tmp_path / "w.h5", by_name=by_name, reshape=True)
        same(image.get_weights(), [kernel.reshape(1, 1, 4, 3), bias])
    other = models.Sequential([L.Dense(5, input_shape=(4,), name="a")])
    with pytest.raises(DataError, match="shape"):
        other.load_weights(tmp_path / "w.h5", reshape=True)
