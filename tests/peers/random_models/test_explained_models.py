"""What the list of meant differences between deepkit and tf_keras explains, and what resembles it and is not explained."""

from __future__ import annotations

from typing import Any

import pytest

from random_models.comparison import Difference
from random_models.explained import EXPLAINED, explanation

READ = "f = Own(1)\nother = model_from_json(model.to_json())\ndescribe(other)\n"
NESTED = "f2 = keras.Sequential([keras.Input((2,)), keras.layers.ActivityRegularization()])\nmodel = keras.Model(x, f2(x))\n"
SIZES = "history = model.fit(batches(x, y, size=4), epochs=1)\n"
LOGITS = "keras.layers.Dense(2, activation='softmax')\nmodel.compile('sgd', 'binary_crossentropy')\n"
HELD = "history = model.fit(x, y, validation_split=0.34, sample_weight=w)\n"
CLASSES = "history = model.fit(x, y, validation_split=0.34, class_weight={0: 0.5})\n"
FROZEN = "f = keras.layers.BatchNormalization()\nmodel.layers[0].trainable = False\nmodel.compile('sgd', 'mse')\n"
PARTS = "# eager\nkeras.layers.Dense(2, name='out1')\nmodel.fit(x, y, batch_size=4)\n"
SEQUENCE = "# eager\nmodel.fit(Batches(x, y, size=2), steps_per_epoch=2)\n"
MAKER = "maker = keras.Sequential([Own(counts=True)])\nmodel = keras.Model(start, critic(maker(start)))\n"
BESIDE = "# eager\nmodel.fit(batches(x, y, size=2), epochs=1, validation_data=(x, y))\n"
KEPT = "# eager\nmodel.train_on_batch(x, y, reset_metrics=False)\n"
NAMED = "model.compile('sgd', 'mse', metrics=['mae'])\nmodel = keras.models.load_model(file('m.h5'))\n"
SPARSE = "model.compile('sgd', 'sparse_categorical_crossentropy', metrics=['acc'])\nmodel = load_model(others('m.h5'))\n"
TESTED = "model.evaluate(x, y)\nmodel.train_on_batch(x, y, sample_weight=w)\nmodel.evaluate(x, y, sample_weight=w)\n"
IGNORED = "model.compile('sgd', keras.losses.SparseCategoricalCrossentropy(ignore_class=1))\nmodel.evaluate(x, y)\n"
SHAPES = "keras.layers.TimeDistributed(keras.Sequential([keras.Input((2,)), keras.layers.ActivityRegularization(l2=0.1)]))\n"
TIES = "x = padded((6, 3, 4, 3, 2), 32)\nkeras.layers.MaxPooling3D((2, 2, 2), strides=1, padding='same')\nmodel.fit(x, y)\n"
WEIGHED = "model.compile('sgd', 'mse', metrics=['mae'], weighted_metrics=['mae'])\n"
THAWED = "# eager\nmodel.compile('sgd', 'mse', run_eagerly=True)\nmodel.fit(x, y)\nmodel.trainable = False\n"
READ_ACCURACY = "# eager\nmodel.compile('sgd', 'sparse_categorical_crossentropy', metrics=['acc'])\nload_model('m.h5')\n"

MEANT: list[tuple[str, str, Any]] = [
    (READ, "weights", ["own/factor"]),
    (NESTED, "losses", 1),
    (SIZES, "history", {"loss": [1.0]}),
    (LOGITS, "train_on_batch", 1.0),
    (HELD, "history", {"val_loss": [1.0]}),
    (CLASSES, "history", {"val_loss": [1.0]}),
    (FROZEN, "evaluate", 1.0),
    (PARTS, "history", {"out1_loss": [1.0]}),
    (SEQUENCE, "history", {"loss": [1.0]}),
    (MAKER, "maker", 1.0),
    (BESIDE, "history", {"val_loss": [1.0]}),
    (KEPT, "train_on_batch", 1.0),
    (SHAPES, "evaluate", 1.0),
    (WEIGHED, "history", {"weighted_mae": [1.0]}),
    (TIES, "after", [1.0]),
    (THAWED, "train_on_batch", 1.0),
    (IGNORED, "evaluate", 1.0),
    (NAMED, "history", {"mae": [1.0]}),
    (TESTED, "evaluate", 1.0),
    (READ_ACCURACY, "train_on_batch", 1.0),
    (SPARSE, "train_on_batch", 1.0),
]
OTHERS: list[tuple[str, str, Any]] = [
    (READ.replace("Own(1)", "Phased()"), "weights", ["own/factor"]),
    (READ, "weights", ["dense/kernel"]),
    (NESTED.replace("ActivityRegularization", "Dense"), "losses", 1),
    (NESTED, "train_on_batch", 1.0),
    ("# eager\n" + NESTED, "losses", 1),
    (SIZES.replace("size=4", "size=3"), "history", {"loss": [1.0]}),
    (SIZES, "after", [1.0]),
    (LOGITS.replace("softmax", "sigmoid"), "train_on_batch", 1.0),
    (LOGITS.replace("binary", "categorical"), "train_on_batch", 1.0),
    (HELD, "history", {"loss": [1.0]}),
    (HELD.replace("sample_weight", "verbose"), "history", {"val_loss": [1.0]}),
    ("# eager\n" + CLASSES, "history", {"val_loss": [1.0]}),
    (CLASSES, "history", {"loss": [1.0]}),
    ("# eager\n" + FROZEN, "evaluate", 1.0),
    (FROZEN.replace("BatchN", "LayerN"), "evaluate", 1.0),
    (PARTS.replace("# eager", "#"), "history", {"out1_loss": [1.0]}),
    (PARTS, "history", {"loss": [1.0]}),
    (PARTS.replace("batch_size=4", "batch_size=3"), "history", {"out1_loss": [1.0]}),
    (SEQUENCE.replace("# eager", "#"), "history", {"loss": [1.0]}),
    (MAKER, "critic", 1.0),
    (MAKER.replace("counts", "count"), "maker", 1.0),
    (BESIDE.replace("validation_data=(x, y)", "validation_data=Batches(x, y, size=2)"), "history", {"val_loss": [1.0]}),
    (BESIDE, "history", {"loss": [1.0]}),
    (KEPT, "test_on_batch", 1.0),
    (KEPT.replace("False", "True"), "train_on_batch", 1.0),
    (SHAPES.replace("ActivityRegularization", "Dense"), "evaluate", 1.0),
    (SHAPES.replace("TimeDistributed(", "("), "evaluate", 1.0),
    (TIES, "before", [1.0]),
    (TIES.replace("padded", "numbers"), "after", [1.0]),
    (TIES.replace("strides=1", "strides=2"), "after", [1.0]),
    (WEIGHED, "history", {"mae": [1.0]}),
    ("# eager\n" + WEIGHED, "history", {"weighted_mae": [1.0]}),
    (THAWED.replace("True", "False"), "train_on_batch", 1.0),
    (THAWED.replace("model.train", "model.compile('sgd', 'mse')\nmodel.train"), "train_on_batch", 1.0),
    (READ_ACCURACY.replace("'sparse_", "'"), "train_on_batch", 1.0),
    (READ_ACCURACY.replace("# eager", "#"), "train_on_batch", 1.0),
    ("# eager\n" + IGNORED, "evaluate", 1.0),
    (IGNORED.replace("ignore_class", "from_logits"), "evaluate", 1.0),
    (NAMED, "history", {"mean_absolute_error": [1.0]}),
    (NAMED.replace("load_model", "clone_model"), "history", {"mae": [1.0]}),
    (TESTED.replace("evaluate(x, y, s", "predict(x, y, s"), "evaluate", 1.0),
    ("# eager\n" + TESTED, "evaluate", 1.0),
    (SPARSE.replace("'sparse_", "'"), "train_on_batch", 1.0),
    (SPARSE.replace("others", "file"), "train_on_batch", 1.0),
    (SPARSE, "end", 1.0),
]


def found(source: str, where: str, ours: Any) -> Difference:
    return Difference(where, ours, ours + 1 if isinstance(ours, int | float) else "theirs", source)


@pytest.mark.parametrize("place", range(len(MEANT)))
def test_each_reason_explains_its_own_difference(place: int) -> None:
    assert explanation(found(*MEANT[place])) is EXPLAINED[place]


@pytest.mark.parametrize(("source", "where", "ours"), OTHERS)
def test_what_resembles_it_is_not_explained(source: str, where: str, ours: Any) -> None:
    assert explanation(found(source, where, ours)) is None


def test_a_configuration_is_read_like_a_file_of_it() -> None:
    source = READ.replace("model_from_json(model.to_json())", "{}(model)")
    assert explanation(found(source.format("type(model).from_config"), "weights", ["own/factor"])) is EXPLAINED[0]
    assert explanation(found(source.format("keras.models.clone_model"), "weights", ["own/factor"])) is None


@pytest.mark.parametrize("name", ["mse", "msle", "mape", "logcosh", "kld"])
def test_names_that_tf_keras_calls_by_their_functions(name: str) -> None:
    assert explanation(found(NAMED.replace("mae", name), "history", {name: [1.0]}))
    assert explanation(found(NAMED.replace("mae", "hinge"), "history", {name: [1.0]})) is None


@pytest.mark.parametrize("place", range(len(MEANT)))
def test_no_reason_explains_an_error(place: int) -> None:
    assert explanation(found(MEANT[place][0], "error", "ShapeError")) is None


def test_every_reason_is_shown() -> None:
    assert len(MEANT) == len(EXPLAINED)
