"""The object every loader returns: training and test arrays, their name, and where they came from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

Pair = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Grey images and their labels, split into training and test.

    Attributes:
        name: "digits28", "MNIST" or "Fashion-MNIST"; always the name of what was really loaded.
        x_train, x_test: images (n, height, width), uint8, 0 is black paper and 255 white ink.
        y_train, y_test: class numbers (n,), int64.
        source: "embedded", or the folder that was read.
        classes: the name of each class number.
        note: what else is worth saying in one clause, or "".

    Unpacks as `(x_train, y_train), (x_test, y_test) = data`.
    """

    name: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    source: str
    classes: tuple[str, ...] = field(default=tuple("0123456789"))
    note: str = ""

    @property
    def train(self) -> Pair:
        """(x_train, y_train)."""
        return self.x_train, self.y_train

    @property
    def test(self) -> Pair:
        """(x_test, y_test)."""
        return self.x_test, self.y_test

    def __iter__(self) -> Iterator[Pair]:
        return iter((self.train, self.test))

    def describe(self) -> str:
        """One line: name, sizes, origin."""
        height, width = self.x_train.shape[1:3]
        origin = "; ".join(part for part in (self.source, self.note) if part)
        return (
            f"{self.name}: {len(self.x_train):,} training and {len(self.x_test):,} test images "
            f"of {height}x{width} ({origin})"
        )

    def __repr__(self) -> str:
        return f"<Dataset {self.describe()}>"
