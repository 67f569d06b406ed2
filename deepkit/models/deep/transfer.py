"""Transfer learning in the small: features of nine digits, and the tenth from a few examples, wherever on the page it lies."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit import keras
from deepkit.keras.layers import Conv2D, Dense, Flatten, MaxPooling2D

FEATURES = "features"
"""The layer whose numbers are handed on."""
_FAR = 4


def moved(images: Any, random: np.random.Generator, far: int = _FAR) -> np.ndarray:
    """Images (n, height, width, 1), each moved by up to `far` pixels in both directions; what comes in is 0.

    >>> moved(np.ones((1, 4, 4, 1)), np.random.default_rng(0), far=0).sum()
    np.float64(16.0)
    """
    pages = np.asarray(images)
    padded = np.pad(pages, ((0, 0), (far, far), (far, far), (0, 0)))
    corners = random.integers(0, 2 * far + 1, (len(pages), 2))
    high, wide = pages.shape[1:3]
    return np.stack([page[top : top + high, left : left + wide] for page, (top, left) in zip(padded, corners, strict=True)])


def reader(classes: int, seed: int = 1) -> Any:
    """Two convolutions with poolings, 32 features, a probability for each class: of images (n, 28, 28, 1), compiled for Adam."""
    np.random.seed(seed)
    model = keras.Sequential([
        Conv2D(8, 5, activation="relu", input_shape=(28, 28, 1)), MaxPooling2D(2), Conv2D(16, 5, activation="relu"),
        MaxPooling2D(2), Flatten(), Dense(32, activation="relu", name=FEATURES), Dense(classes, activation="softmax"),
    ])
    model.compile(keras.optimizers.Adam(0.003), "sparse_categorical_crossentropy")
    return model


def without(digit: int, images: Any, labels: Any, epochs: int = 8, seed: int = 1) -> Any:
    """A reader of the nine other digits, moved anew in each epoch: it never sees the tenth.

    Its classes are 0 to 8: digits above the missing one count one lower.
    """
    model, random = reader(9, seed), np.random.default_rng(seed)
    known = labels != digit
    lowered = np.where(labels > digit, labels - 1, labels)
    for _ in range(epochs):
        model.fit(moved(images[known], random), lowered[known], epochs=1, verbose=0)
    return model


def few(digit: int, labels: Any, count: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(2 count) places of `count` images of the digit and `count` of others, and whether each is the digit (0 or 1)."""
    picked = [random.choice(np.flatnonzero(ask), count, replace=False) for ask in (labels == digit, labels != digit)]
    return np.concatenate(picked), np.repeat([1, 0], count)


def features(model: Any, images: Any) -> np.ndarray:
    """The 32 numbers that the network makes of each image."""
    return keras.Model(model.inputs, model.get_layer(FEATURES).output).predict(images)


def detector(inputs: Any, truth: Any, epochs: int = 200, seed: int = 1) -> Any:
    """Logistic regression on features (n, numbers), divided by their size: only this is trained, the features stay."""
    np.random.seed(seed)
    scale = 1 / max(float(np.std(inputs)), 1e-9)
    model = keras.Sequential([
        keras.layers.Lambda(lambda x: scale * x, input_shape=np.shape(inputs)[1:]),
        Dense(1, activation="sigmoid", kernel_regularizer=keras.regularizers.l2(0.01)),
    ])
    model.compile(keras.optimizers.Adam(0.03), "binary_crossentropy")
    model.fit(inputs, truth, batch_size=len(inputs), epochs=epochs, verbose=0)
    return model


def _epochs(count: int, steps: int) -> int:
    """As many rounds of batches of 8 as make so many steps, at least five."""
    return max(5, 8 * steps // count)


def alone(images: Any, truth: Any, seed: int = 1) -> Any:
    """A reader of two classes, trained on few images and nothing else: 150 steps or more."""
    model = reader(2, seed)
    model.fit(images, truth, batch_size=8, epochs=_epochs(len(images), 150), verbose=0)
    return model


def tuned(model: Any, images: Any, truth: Any, seed: int = 1) -> Any:
    """A trained reader with a new last layer, all weights trained on few images, but half as long as `alone`."""
    fresh = reader(2, seed)
    for new, old in zip(fresh.layers[:-1], model.layers[:-1], strict=True):
        new.set_weights(old.get_weights())
    fresh.fit(images, truth, batch_size=8, epochs=_epochs(len(images), 75), verbose=0)
    return fresh


def balanced(said: Any, truth: Any) -> float:
    """The mean of the shares read correctly among the digit and among the others: 0.5 for whoever guesses.

    >>> balanced([1, 0, 0, 0], [1, 1, 0, 0])
    0.75
    """
    right = np.asarray(said).ravel() == np.asarray(truth)
    return float(np.mean([right[np.asarray(truth) == side].mean() for side in (0, 1)]))


WAYS = ("learned features", "untrained features", "from scratch", "fine-tuned")
"""The four ways of `compare`."""


def compare(model: Any, digit: int, train: tuple[Any, Any], test: tuple[Any, Any], count: int, seed: int) -> dict[str, float]:
    """Balanced accuracy of four ways to tell the digit from the others, all from the same 2 * `count` images.

    Args:
        model: a reader that never saw the digit, as `without` makes it.
        train, test: (images, labels).
        count: images of the digit; as many of others are added.
        seed: of the choice of images and of first weights.
    """
    (images, labels), (asked, answers) = train, test
    places, truth = few(digit, labels, count, np.random.default_rng(seed))
    shown, is_it = images[places], (answers == digit).astype(int)
    found = {}
    for way, network in zip(WAYS[:2], (model, reader(9, 100 + seed)), strict=True):
        judge = detector(features(network, shown), truth, seed=seed)
        found[way] = balanced(judge.predict(features(network, asked)) > 0.5, is_it)
    for way, network in zip(WAYS[2:], (alone(shown, truth, seed), tuned(model, shown, truth, seed)), strict=True):
        found[way] = balanced(network.predict(asked).argmax(axis=1), is_it)
    return found
