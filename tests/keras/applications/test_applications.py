"""The applications: numbers of weights as published, options, preparation of images, and reading of predictions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepkit import keras
from deepkit.errors import ArgumentError, DataError, ShapeError
from deepkit.keras.applications import architecture

A, K = keras.applications, keras.backend
PUBLISHED = {  # all weights, and those that training moves; Keras' documentation gives the first in millions
    "Xception": (22_910_480, 22_855_952), "VGG16": (138_357_544,) * 2, "VGG19": (143_667_240,) * 2,
    "ResNet50": (25_636_712, 25_583_592), "ResNet101": (44_707_176, 44_601_832), "ResNet152": (60_419_944, 60_268_520),
    "ResNet50V2": (25_613_800, 25_568_360), "ResNet101V2": (44_675_560, 44_577_896),
    "ResNet152V2": (60_380_648, 60_236_904), "NASNetMobile": (5_326_716, 5_289_978),
    "NASNetLarge": (88_949_818, 88_753_150), "InceptionV3": (23_851_784, 23_817_352),
    "InceptionResNetV2": (55_873_736, 55_813_192),
    "MobileNet": (4_253_864, 4_231_976), "MobileNetV2": (3_538_984, 3_504_872), "DenseNet121": (8_062_504, 7_978_856),
    "DenseNet169": (14_307_880, 14_149_480), "DenseNet201": (20_242_984, 20_013_928),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_number_of_weights(name: str) -> None:
    K.clear_session()
    model = getattr(A, name)(weights=None)
    trained = sum(int(np.prod(w.shape.as_list())) for w in model.trainable_weights)
    assert (model.count_params(), trained) == PUBLISHED[name]
    assert model.output_shape == (None, 1000)


FEATURES = {
    "Xception": (10, 10, 2048), "VGG16": (7, 7, 512), "VGG19": (7, 7, 512), "ResNet50": (7, 7, 2048),
    "ResNet101": (7, 7, 2048), "InceptionV3": (8, 8, 2048), "InceptionResNetV2": (8, 8, 1536), "MobileNet": (7, 7, 1024),
    "MobileNetV2": (7, 7, 1280), "DenseNet121": (7, 7, 1024), "ResNet50V2": (7, 7, 2048), "NASNetMobile": (7, 7, 1056),
}


@pytest.mark.parametrize("name", FEATURES)
def test_last_feature_map(name: str) -> None:
    K.clear_session()
    size = 299 if "ception" in name else 224
    model = getattr(A, name)(weights=None, include_top=False, input_shape=(size, size, 3))
    assert model.output_shape == (None, *FEATURES[name])


def test_classes_of_your_own() -> None:
    K.clear_session()
    model = A.ResNet50(weights=None, input_shape=(32, 32, 1), classes=5, classifier_activation=None)
    assert model.output_shape == (None, 5)
    assert model.layers[-1].activation is keras.activations.linear


def test_pooling_is_the_mean_or_the_largest_number() -> None:
    K.clear_session()
    inputs = keras.layers.Input(shape=(64, 64, 3))
    models = [A.VGG16(weights=None, include_top=False, input_tensor=inputs, pooling=p) for p in (None, "avg", "max")]
    for model in models[1:]:
        model.set_weights(models[0].get_weights())
    x = np.random.default_rng(0).normal(size=(2, 64, 64, 3)).astype("float32")
    images, mean, largest = (model.predict(x) for model in models)
    np.testing.assert_allclose(mean, images.mean((1, 2)), rtol=1e-5)
    np.testing.assert_array_equal(largest, images.max((1, 2)))


@pytest.mark.parametrize(
    ("pooling", "shape"), [(None, (None, 2, 3, 1024)), ("avg", (None, 1024)), ("max", (None, 1024))]
)
def test_without_the_classifier(pooling: Any, shape: Any) -> None:
    model = A.MobileNet(weights=None, include_top=False, input_shape=(64, 96, 1), pooling=pooling)
    assert model.output_shape == shape


def test_any_size_of_image() -> None:
    K.clear_session()
    model = A.MobileNet(weights=None, include_top=False, alpha=0.25)
    assert model.input_shape == (None, None, None, 3)
    assert model.output_shape == (None, None, None, 256)
    assert model.predict(np.zeros([1, 40, 70, 3], "float32")).shape == (1, 1, 2, 256)


def test_called_on_a_tensor() -> None:
    K.clear_session()
    x = keras.layers.Input(shape=(32, 32, 1))
    three = keras.layers.Concatenate()([x, x, x])
    model = A.MobileNet(weights=None, include_top=False, input_tensor=three, input_shape=(32, 32, 3), pooling="avg")
    assert model.inputs[0] is x
    assert model.predict(np.ones([2, 32, 32, 1], "float32")).shape == (2, 1024)


def test_channels_first() -> None:
    K.clear_session()
    K.set_image_data_format("channels_first")
    try:
        model = A.MobileNet(weights=None, input_shape=(3, 32, 32), alpha=0.25, classes=4)
    finally:
        K.set_image_data_format("channels_last")
    assert model.input_shape == (None, 3, 32, 32)
    assert model.predict(np.ones([1, 3, 32, 32], "float32")).sum() == pytest.approx(1, rel=1e-5)


def test_it_learns() -> None:
    K.clear_session()
    np.random.seed(0)
    model = A.MobileNet(weights=None, input_shape=(32, 32, 3), alpha=0.25, classes=2)
    model.compile(keras.optimizers.Adam(0.003), "sparse_categorical_crossentropy")
    y = np.arange(16) % 2
    x = np.random.normal(size=(16, 32, 32, 3)) * 0.1 + y[:, None, None, None]
    losses = model.fit(x, y, batch_size=16, epochs=12, verbose=0).history["loss"]
    assert losses[-1] < 0.5 * losses[0]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: A.VGG16(), DataError, "no trained weights travel"),
        (lambda: A.VGG16(weights="nowhere.h5"), DataError, "no file"),
        (lambda: A.Xception(weights=None, input_shape=(32, 32, 3)), ShapeError, "at least 71"),
        (lambda: A.ResNet50(weights=None, input_shape=(64, 64)), ShapeError, "rows, columns, channels"),
        (lambda: A.ResNet50(weights=None, input_shape=(None, None, 3)), ShapeError, "include_top=False"),
        (lambda: A.ResNet50(weights=None, include_top=False, pooling="sum"), ArgumentError, "'avg' or 'max'"),
    ],
)
def test_errors(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()


def test_weights_from_a_file(tmp_path: Path) -> None:
    pytest.importorskip("h5py", reason="h5py is not installed (extra: io)")
    config = {"input_shape": (32, 32, 3), "alpha": 0.25, "classes": 4}
    K.clear_session()
    model = A.MobileNet(weights=None, **config)
    model.save_weights(tmp_path / "weights.h5")
    again = A.MobileNet(weights=tmp_path / "weights.h5", **config)
    for mine, other in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, other)


# ---- images in, names out


def test_modes_of_preprocessing() -> None:
    x = np.array([[[[0.0, 51.0, 255.0]]]])
    utils = A.imagenet_utils
    np.testing.assert_allclose(utils.preprocess_input(x.copy(), mode="tf"), [[[[-1, -0.6, 1]]]])
    np.testing.assert_allclose(utils.preprocess_input(x.copy()), [[[[255 - 103.939, 51 - 116.779, -123.68]]]])
    want = (np.array([0, 0.2, 1]) - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    np.testing.assert_allclose(utils.preprocess_input(x.copy(), mode="torch")[0, 0, 0], want)
    assert A.vgg16.preprocess_input(x.astype("uint8")).dtype == np.float32
    with pytest.raises(ArgumentError, match="'caffe', 'tf' or 'torch'"):
        utils.preprocess_input(x, mode="keras")


@pytest.mark.parametrize("mode", ["tf", "torch", "caffe"])
@pytest.mark.parametrize("first", [False, True])
def test_preprocessing_writes_over_pictures_of_floats(mode: str, first: bool) -> None:
    """Keras' documents say so, and programs call it without taking the result; "caffe" gives a view in the other order."""
    x = np.random.default_rng(0).uniform(0, 255, (2, 3, 3, 3))
    whole, form = x.astype("uint8"), "channels_first" if first else "channels_last"
    seen = A.imagenet_utils.preprocess_input(x, form, mode)
    turned = np.flip(seen, 1 if first else 3) if mode == "caffe" else seen
    assert np.array_equal(x, turned)
    assert np.ptp(x) > 0
    A.imagenet_utils.preprocess_input(whole, form, mode)
    assert whole.max() > 100


def written(path: Path, table: Any) -> Path:
    path.write_text(json.dumps(table), encoding="utf-8")
    return path


def test_decode_predictions(tmp_path: Path) -> None:
    index = written(tmp_path / "index.json", {str(i): [f"n{i:08d}", f"class {i}"] for i in range(1000)})
    p = np.zeros((2, 1000))
    p[0, [7, 3, 9]], p[1, 999] = [0.5, 0.3, 0.2], 1.0
    first, second = A.vgg16.decode_predictions(p, top=2, class_index=index)
    assert first == [("n00000007", "class 7", 0.5), ("n00000003", "class 3", 0.3)]
    assert second[0] == ("n00000999", "class 999", 1.0)


def test_decode_predictions_finds_the_index_in_the_cache(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(A.imagenet_utils, "cache_folder", lambda: tmp_path)
    with pytest.raises(DataError, match="class_index="):
        A.imagenet_utils.decode_predictions(np.ones((1, 1000)))
    written(tmp_path / A.imagenet_utils.INDEX_FILE, {str(i): ["n", str(i)] for i in range(1000)})
    assert A.imagenet_utils.decode_predictions(np.eye(1000)[:1], top=1) == [[("n", "0", 1.0)]]


@pytest.mark.parametrize("table", [[], {"0": ["n", "x"]}, {str(i): "tench" for i in range(1000)}, 3])
def test_damaged_indices(tmp_path: Path, table: Any) -> None:
    with pytest.raises(DataError, match="not an index"):
        A.imagenet_utils.decode_predictions(np.ones((1, 1000)), class_index=written(tmp_path / "i.json", table))
    with pytest.raises(ShapeError, match="1000"):
        A.imagenet_utils.decode_predictions(np.ones((1, 10)))


def test_an_application_of_ones_own_asks_for_its_input_shape() -> None:
    asked = architecture.obtain_input_shape
    assert asked(None, 224, 48, "channels_last", include_top=True) == (224, 224, 3)
    assert asked(None, default_size=224, min_size=48, data_format="channels_first", require_flatten=False) == (3, None, None)
    assert asked((64, 80, 3), 224, 48, "channels_last", True) == (64, 80, 3)
    with pytest.raises(ValueError, match="at least 48 x 48"):
        asked((32, 64, 3), 224, 48, "channels_last", True)
