"""How deep a network is; towers of many layers with and without shortcuts, and how far a slope stays true along a step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from deepkit import keras
from deepkit.keras import backend as K
from deepkit.keras.layers import AveragePooling2D, Conv2D, Input
from deepkit.models.deep.inception import Road, Table, apply, ended

LENGTHS = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03)
"""Steps by their length, as a share of the length of all weights together."""


def tower(blocks: int, shortcuts: bool, maps: int = 8, seed: int = 1) -> Any:
    """Many pairs of 3×3 convolutions on digits (n, 28, 28, 1), compiled for Adam; with shortcuts or without, the same weights.

    A mean over 4×4 pixels comes first, so that a hundred layers can be trained in seconds. The same seed gives both the
    same first weights.
    """
    np.random.seed(seed)
    pair: Road = [("conv", 3, 3, maps), ("conv", 3, 3, maps)]
    table: Table = ([pair, []], True) if shortcuts else ([pair], False)
    images = Input((28, 28, 1))
    x = Conv2D(maps, 3, padding="same", activation="relu", kernel_initializer="he_normal")(AveragePooling2D(4)(images))
    for _ in range(blocks):
        x = apply(table, x)
    return ended(images, x, 0.003)


class Walk(NamedTuple):
    """A step downhill of each length: its `lengths`, what the slope `promised` of the loss, what the loss `did`, and `agrees`,
    the cosine of the angle between the gradient before the step and the gradient after it."""

    lengths: list[float]
    promised: list[float]
    did: list[float]
    agrees: list[float]


def walk(model: Any, images: Any, labels: Any, lengths: Sequence[float] = LENGTHS) -> Walk:
    """Steps along the same gradient of the mean cross entropy, batch normalization at work; the weights are put back.

    After a short enough step the gradient is the same, and the loss has done what the slope promised (Taylor). How short
    that is, says how far a step may go. Source of the idea: D. Balduzzi and others, "The shattered gradients problem" (2017).

    Args:
        model: ends in probabilities.
        images, labels: (n, height, width, 1) and (n,) of them, all in one batch.
        lengths: of the steps, as a share of the length of all trainable weights as one vector.
    """
    weights = model.trainable_weights
    truth = K.constant(np.asarray(labels).reshape(-1, 1))
    loss = K.mean(keras.losses.sparse_categorical_crossentropy(truth, model.output))
    ask = K.function([model.input, K.learning_phase()], [loss, *K.gradients(loss, weights)])
    start = K.batch_get_value(weights)
    before, *slopes = ask([images, 1])
    size, steep = _length(start), _length(slopes)
    promised, did, agrees = [], [], []
    for length in lengths:
        step = length * size / steep
        K.batch_set_value([(w, value - step * slope) for w, value, slope in zip(weights, start, slopes, strict=True)])
        after, *others = ask([images, 1])
        together = sum(float(np.sum(a * b)) for a, b in zip(slopes, others, strict=True))
        promised.append(-step * steep**2)
        did.append(float(after - before))
        agrees.append(together / (steep * _length(others)))
    K.batch_set_value(list(zip(weights, start, strict=True)))
    return Walk(list(lengths), promised, did, agrees)


def _length(arrays: Sequence[np.ndarray]) -> float:
    """Of all numbers as one vector."""
    return float(np.sqrt(sum(np.sum(np.square(one, dtype=np.float64)) for one in arrays)))


def longest_road(model: Any, kinds: tuple[str, ...] = ("Conv2D", "Dense")) -> int:
    """How many layers of these kinds lie on the longest road through a model of Keras.

    >>> longest_road(tower(2, True))
    6
    """
    config = model.get_config()
    found: dict[str, int] = {}
    for layer in config["layers"]:  # each stands behind those that it takes its input from
        before = [found[name] for call in layer["inbound_nodes"] for name, *_ in call]
        found[layer["name"]] = max(before, default=0) + (layer["class_name"] in kinds)
    return max(found.values())
