"""The usual data sets as Keras gives them: `mnist.load_data()` and its kin."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
from deepkit.loading import listing, missing

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
__dir__ = listing(__all__)
if not TYPE_CHECKING:  # a checker takes it as the promise that every name is there
    __getattr__ = missing("keras.datasets", __all__)
