"""Files of models beside Keras 2 itself (tf_keras): what one writes the other reads, and trains on from there."""

from __future__ import annotations

import json
import os
import re
import warnings

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytest.importorskip("tensorflow", reason="TensorFlow is not installed (extra: peers)")
pytest.importorskip("tf_keras", reason="tf_keras is not installed (extra: peers)")
pytest.importorskip("h5py", reason="h5py is not installed (extra: io)")

import tf_keras as theirs

from deepkit import keras as ours

SIDES = {"ours": ours, "theirs": theirs}


def dense(K):
    L = K.layers
    return K.models.Sequential(
        [
            L.Dense(5, activation="tanh", kernel_regularizer="l2", input_shape=(4,)),
            L.BatchNormalization(),
            L.Dense(3, activation="softmax"),
        ]
    )


def deferred(K):
    model = K.models.Sequential([K.layers.Dense(5, activation="relu"), K.layers.Dense(3, activation="softmax")])
    model.build((None, 4))
    return model


def convolution(K):
    L = K.layers
    return K.models.Sequential(
        [
            L.Reshape((2, 2, 1), input_shape=(4,)), L.Conv2D(4, 2, padding="same", activation="relu"),
            L.BatchNormalization(scale=False), L.SeparableConv2D(3, 2, padding="same"), L.PReLU(shared_axes=[1, 2]),
            L.MaxPooling2D(2), L.Flatten(), L.Dense(3, activation="softmax"),
        ]
    )


def shared(K):
    L = K.layers
    x = L.Input((4,), name="x")
    twice = L.Dense(4, activation="tanh", name="twice")
    y = twice(twice(x))
    both = L.concatenate([y, x])
    return K.models.Model(x, L.Dense(3, activation="softmax", name="y")(L.add([L.Dense(4)(both), y])))


def nested(K):
    L = K.layers
    a = L.Input((4,))
    inner = K.models.Model(a, L.Dense(4, activation="relu")(L.Dense(4)(a)), name="inner")
    row = K.models.Sequential(
        [L.Dense(4, input_shape=(4,), name="first"), L.BatchNormalization(), L.Activation("tanh", name="bend")],
        name="row",
    )
    x = L.Input((4,))
    return K.models.Model(x, L.Dense(3, activation="softmax")(row(inner(inner(x)))))


def frozen(K):
    model = dense(K)
    model.layers[0].trainable = False
    return model


def frozen_inside(K):
    model = nested(K)
    model.layers[1].layers[1].trainable = False
    return model


def recurrent(K):
    L = K.layers
    return K.models.Sequential(
        [
            L.Reshape((2, 2), input_shape=(4,)), L.Masking(0.0), L.Bidirectional(L.LSTM(3, return_sequences=True)),
            L.TimeDistributed(L.Dense(3)), L.GRU(3, return_sequences=True), L.GRU(4, reset_after=False, return_sequences=True),
            L.SimpleRNN(3), L.Dense(3, activation="softmax"),
        ]
    )


def with_states(K):
    L = K.layers
    x = L.Input((4,))
    steps = L.Reshape((2, 2))(x)
    _, h, c = L.LSTM(3, return_state=True)(steps)
    return K.models.Model(x, L.Dense(3, activation="softmax")(L.LSTM(3)(steps, initial_state=[h, c])))


def argument(K):
    x = K.layers.Input((4,))
    y = K.layers.BatchNormalization()(K.layers.Dense(4)(x), training=False)
    return K.models.Model(x, K.layers.Dense(3, activation="softmax")(y))


MODELS = [dense, deferred, convolution, shared, nested, frozen, frozen_inside, recurrent, with_states, argument]
OPTIMIZERS = [
    ("SGD", {}), ("SGD", {"momentum": 0.9, "nesterov": True, "decay": 0.1}), ("RMSprop", {"learning_rate": 0.01}),
    ("RMSprop", {"centered": True, "momentum": 0.5}), ("Adagrad", {}), ("Adadelta", {"learning_rate": 1.0}),
    ("Adam", {"learning_rate": 0.01, "clipnorm": 0.5}), ("Adam", {"amsgrad": True}), ("Adamax", {}), ("Nadam", {}),
    ("Ftrl", {"learning_rate": 0.1}),
]


@pytest.fixture(autouse=True)
def fresh():
    ours.backend.clear_session()
    theirs.backend.clear_session()


@pytest.fixture
def data():
    draw = np.random.RandomState(3)
    return draw.randn(6, 4).astype("float32"), np.eye(3, dtype="float32")[draw.randint(0, 3, 6)]


def missing(model):
    if model in (recurrent, with_states) and not hasattr(ours.layers, "LSTM"):
        pytest.skip("recurrent layers are not there yet")


def compiled(K, model, name="SGD", config=None):
    config = {"learning_rate": 0.1, "momentum": 0.9} if config is None else config
    kind = getattr(K.optimizers.legacy, name)
    model.compile(kind(**config), "categorical_crossentropy", metrics=["accuracy"])
    return model


def load(K, path):
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        return K.models.load_model(path)


def save(model, path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.save(path)


def agree(a, b, **tolerance):
    for x, y in zip(a, b, strict=True):
        np.testing.assert_allclose(x, y, **{"rtol": 2e-4, "atol": 2e-6, **tolerance})


@pytest.mark.parametrize("make", MODELS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("writer", SIDES)
def test_a_file_of_one_opens_in_the_other_and_training_goes_on(tmp_path, data, make, writer):
    missing(make)
    reader = "theirs" if writer == "ours" else "ours"
    x, y = data
    path = str(tmp_path / "model.h5")
    model = compiled(SIDES[writer], make(SIDES[writer]))
    for _ in range(2):
        model.train_on_batch(x, y)
    save(model, path)
    other = load(SIDES[reader], path)
    agree(other.get_weights(), model.get_weights(), rtol=0, atol=0)
    agree([other.predict(x, verbose=0)], [model.predict(x, verbose=0)])
    assert [w.trainable for w in other.layers] == [w.trainable for w in model.layers]
    agree([other.evaluate(x, y, verbose=0)], [model.evaluate(x, y, verbose=0)])
    for _ in range(3):
        agree([other.train_on_batch(x, y)], [model.train_on_batch(x, y)])
    agree(other.get_weights(), model.get_weights(), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(("name", "config"), OPTIMIZERS, ids=lambda v: str(v))
@pytest.mark.parametrize("writer", SIDES)
def test_every_optimizer_goes_on_where_it_stood(tmp_path, data, name, config, writer):
    reader = "theirs" if writer == "ours" else "ours"
    x, y = data
    model = compiled(SIDES[writer], dense(SIDES[writer]), name, config)
    for _ in range(3):
        model.train_on_batch(x, y)
    path = str(tmp_path / "model.h5")
    save(model, path)
    other = load(SIDES[reader], path)
    for _ in range(3):
        agree([other.train_on_batch(x, y)], [model.train_on_batch(x, y)])
    agree(other.get_weights(), model.get_weights(), rtol=1e-3, atol=1e-5)
    assert (
        int(
            ours.backend.get_value(other.optimizer.iterations)
            if reader == "ours"
            else other.optimizer.iterations.numpy()
        )
        == 6
    )


@pytest.mark.parametrize("name", ["Adam", "SGD", "Adamax"])
def test_files_of_the_newer_optimizers_are_read(tmp_path, data, name):
    """Since 2.11 tf_keras keeps the slots weight by weight; these three have Keras 2's formulas all the same."""
    x, y = data
    model = dense(theirs)
    model.compile(
        getattr(theirs.optimizers, name)(0.01),
        "categorical_crossentropy",
        metrics=["accuracy", theirs.metrics.AUC(name="auc")],
    )
    model.train_on_batch(x, y)
    save(model, str(tmp_path / "model.h5"))
    other = load(ours, str(tmp_path / "model.h5"))
    assert [m.name for m in other.metrics][-1] == "auc" or other.metrics == []
    for _ in range(3):
        model.train_on_batch(x, y)
        other.train_on_batch(x, y)
    agree(other.get_weights(), model.get_weights(), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("make", MODELS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("writer", SIDES)
def test_weights_alone(tmp_path, data, make, writer):
    missing(make)
    reader = "theirs" if writer == "ours" else "ours"
    path = str(tmp_path / "weights.h5")
    model, other = make(SIDES[writer]), make(SIDES[reader])
    model.save_weights(path)
    other.load_weights(path)
    agree([other.predict(data[0], verbose=0)], [model.predict(data[0], verbose=0)])


@pytest.mark.parametrize("make", MODELS, ids=lambda f: f.__name__)
def test_architectures_are_written_in_the_same_layout(make):
    """Layer by layer the same classes, names, arguments and connections; what only later versions write is left out."""
    missing(make)

    def plain(said):
        if isinstance(said, dict):
            dropped = ("module", "registered_name", "build_config", "optional", "keras_version", "synchronized")
            kept = {k: plain(v) for k, v in said.items() if k not in dropped}
            if kept.get("class_name") == "Functional":
                kept["class_name"] = "Model"
            return kept
        return [plain(v) for v in said] if isinstance(said, list) else said

    named = [make(K) for K in SIDES.values()]
    texts = []
    for model in named:
        text = model.to_json()
        for i, layer in sorted(enumerate(_all_layers(model)), key=lambda item: -len(item[1].name)):
            text = text.replace(json.dumps(layer.name), f'"layer {i}"').replace(
                f'"{layer.name}_input"', f'"input of {i}"'
            )
        texts.append(plain(json.loads(text.replace(json.dumps(model.name), '"m"'))))
    assert texts[0] == texts[1], json.dumps(texts[0]) + "\n\n" + json.dumps(texts[1])


def _all_layers(model):
    for layer in model.layers:
        yield layer
        if hasattr(layer, "layers"):
            yield from _all_layers(layer)
        for inner in ("layer", "forward_layer", "backward_layer"):
            if hasattr(layer, inner):
                yield getattr(layer, inner)


@pytest.mark.parametrize("make", MODELS, ids=lambda f: f.__name__)
def test_architectures_are_read_from_each_other(data, make):
    missing(make)
    model = make(theirs)
    mine = ours.models.model_from_json(model.to_json())
    mine.set_weights(model.get_weights())
    agree([mine.predict(data[0])], [model.predict(data[0], verbose=0)])
    back = theirs.models.model_from_json(mine.to_json())
    back.set_weights(model.get_weights())
    agree([back.predict(data[0], verbose=0)], [model.predict(data[0], verbose=0)])


@pytest.mark.parametrize("make", MODELS, ids=lambda f: f.__name__)
def test_names_of_weights_are_those_of_keras(tmp_path, make):
    import h5py

    missing(make)
    found = []
    for K in SIDES.values():
        K.backend.clear_session()
        model = make(K)
        path = str(tmp_path / "weights.h5")
        model.save_weights(path)
        with h5py.File(path) as file:
            shapes = {}
            for number, layer in enumerate(file.attrs["layer_names"]):
                names = file[layer].attrs["weight_names"]
                shapes[number] = [(re.sub(r"_[0-9]+\b", "", n.partition("/")[2]), file[layer][n].shape) for n in names]
        found.append(shapes)
    assert found[0] == found[1]


def test_several_outputs_with_their_own_losses_and_metrics(tmp_path, data):
    x, y = data
    for writer, reader in (("ours", "theirs"), ("theirs", "ours")):
        K = SIDES[writer]
        L = K.layers
        a, b = L.Input((4,), name="a"), L.Input((4,), name="b")
        h = L.concatenate([L.Dense(3)(a), L.Dense(2)(b)])
        model = K.models.Model([a, b], [L.Dense(3, activation="softmax", name="kind")(h), L.Dense(1, name="size")(h)])
        model.compile(
            K.optimizers.legacy.SGD(0.1), loss={"kind": K.losses.CategoricalCrossentropy(label_smoothing=0.1), "size": "mse"},
            loss_weights={"kind": 1.0, "size": 0.5}, metrics={"kind": "acc", "size": ["mae", "mse"]},
        )
        targets = [y, x[:, :1]]
        model.train_on_batch([x, x[::-1]], targets)
        path = str(tmp_path / f"{writer}.h5")
        save(model, path)
        other = load(SIDES[reader], path)
        agree([other.train_on_batch([x, x[::-1]], targets)], [model.train_on_batch([x, x[::-1]], targets)])


def test_the_counts_of_summary():
    lines = {}
    for side, K in SIDES.items():
        lines[side] = []
        convolution(K).summary(print_fn=lines[side].append)
    for title in ("Total params", "Trainable params", "Non-trainable params"):
        ours_, theirs_ = (next(s for s in lines[side] if s.startswith(title)) for side in SIDES)
        assert ours_.split(": ")[1].replace(",", "") == theirs_.split(": ")[1].split(" ")[0]
