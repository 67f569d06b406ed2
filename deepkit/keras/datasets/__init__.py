"""The usual data sets as Keras gives them: `mnist.load_data()` and its kin."""

from __future__ import annotations

from deepkit.keras.datasets import (
    boston_housing,
    california_housing,
    cifar10,
    cifar100,
    fashion_mnist,
    imdb,
    mnist,
    reuters,
)
from deepkit.loading import listing

__all__ = [
    "boston_housing",
    "california_housing",
    "cifar10",
    "cifar100",
    "fashion_mnist",
    "imdb",
    "mnist",
    "reuters",
]
__dir__ = listing(__all__, __name__)
