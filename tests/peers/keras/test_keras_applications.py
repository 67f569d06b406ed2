"""The applications beside Keras 2 itself: names, kinds, shapes and weights of all layers, and what comes out of them."""

from __future__ import annotations

import os
import re
from typing import Any

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytest.importorskip("tensorflow", reason="TensorFlow is not installed (extra: peers)")
pytest.importorskip("tf_keras", reason="tf_keras is not installed (extra: peers)")

import tf_keras as theirs

from deepkit import keras as ours

NETWORKS = [
    "VGG16", "VGG19", "ResNet50", "ResNet101", "ResNet152", "Xception", "InceptionV3", "InceptionResNetV2",
    "MobileNet", "MobileNetV2", "DenseNet121", "ResNet50V2", "ResNet101V2", "NASNetMobile", "NASNetLarge",
]
SMALL = {"Xception": 71, "InceptionV3": 75, "InceptionResNetV2": 75}
AUTOMATIC = re.compile(r"^(conv2d|batch_normalization|activation|add|concatenate|max_pooling2d|average_pooling2d|"
                       r"custom_scale_layer|cropping2d|global_(?:average|max)_pooling2d|zero_padding2d|input)(?:_(\d+))?$")


def numbered(names: list[str]) -> list[str]:
    """Names with the numbers of automatic ones counted from the first of their kind in the model."""
    found = [AUTOMATIC.match(name) for name in names]
    first: dict[str, int] = {}
    for m in found:
        if m:
            number = int(m[2] or 0)
            first[m[1]] = min(first.get(m[1], number), number)
    return [f"{m[1]} {int(m[2] or 0) - first[m[1]]}" if m else name for m, name in zip(found, names, strict=True)]


def table(model: Any) -> list[Any]:
    rows = []
    for layer, name in zip(model.layers, numbered([layer.name for layer in model.layers]), strict=True):
        shape = layer.output_shape
        shape = shape[0] if isinstance(shape, list) else shape
        rows.append((name, type(layer).__name__, tuple(shape), [w.shape.as_list() for w in layer.weights]))
    return rows


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("config", [{}, {"include_top": False, "pooling": "avg"}], ids=["whole", "pooled"])
def test_network(name: str, config: dict[str, Any]) -> None:
    theirs.backend.clear_session()
    ours.backend.clear_session()
    size = SMALL.get(name, 32)
    config = {"weights": None, "input_shape": (size, size, 3), **config}
    peer, model = getattr(theirs.applications, name)(**config), getattr(ours.applications, name)(**config)
    assert model.name == peer.name
    assert table(model) == table(peer)
    assert model.count_params() == peer.count_params()
    assert len(model.trainable_weights) == len(peer.trainable_weights)


@pytest.mark.parametrize("name", ["MobileNet", "MobileNetV2", "ResNet50", "ResNet50V2", "NASNetMobile", "Xception"])
def test_outputs(name: str) -> None:
    theirs.backend.clear_session()
    ours.backend.clear_session()
    size = SMALL.get(name, 64)
    config = {"weights": None, "input_shape": (size, size, 3), "classes": 7}
    peer, model = getattr(theirs.applications, name)(**config), getattr(ours.applications, name)(**config)
    model.set_weights(peer.get_weights())
    x = np.random.default_rng(0).normal(size=(2, size, size, 3)).astype("float32")
    np.testing.assert_allclose(model.predict(x), peer.predict(x, verbose=0), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", ["vgg16", "resnet50", "xception", "densenet"])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("axes", [3, 4])
def test_preprocess_input(name: str, data_format: str, axes: int) -> None:
    shape = (3, 4, 5) if data_format == "channels_first" else (4, 5, 3)
    x = np.random.default_rng(0).uniform(0, 255, (*(2,) * (axes - 3), *shape)).astype("float32")
    want = getattr(theirs.applications, name).preprocess_input(x.copy(), data_format=data_format)
    preprocess = getattr(ours.applications, name).preprocess_input
    np.testing.assert_allclose(preprocess(x, data_format=data_format), want, rtol=1e-6, atol=1e-6)
    node = preprocess(ours.backend.constant(x), data_format=data_format)
    np.testing.assert_allclose(ours.backend.get_value(node), want, rtol=1e-5, atol=1e-5)
