"""A layer computed in a graph and at once: both must agree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from deepkit import keras


def computed(layer: Any, *arrays: np.ndarray, weights: Any = None, training: bool | None = None) -> np.ndarray:
    """The layer's output for these inputs (a batch each), with these weights; by a model and by a direct call."""
    inputs = [keras.layers.Input(shape=a.shape[1:], dtype=a.dtype.name) for a in arrays]
    more = {} if training is None else {"training": training}
    output = layer(inputs if len(inputs) > 1 else inputs[0], **more)
    if weights is not None:
        layer.set_weights(weights)
    by_graph = keras.backend.function(inputs, [output])(list(arrays))[0]
    at_once = layer(list(arrays) if len(arrays) > 1 else arrays[0], **more)
    np.testing.assert_allclose(at_once.numpy(), by_graph, rtol=1e-6, atol=1e-6)
    known = output.shape.as_list()
    assert all(n is None or n == m for n, m in zip(known, by_graph.shape, strict=True)), (known, by_graph.shape)
    return by_graph


@pytest.fixture
def run() -> Callable[..., np.ndarray]:
    keras.backend.clear_session()
    return computed
