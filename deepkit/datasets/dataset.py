"""The objects that loaders return: arrays or texts, their name, and where they came from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

Pair = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Images and their labels, split into training and test.

    Attributes:
        name: such as "digits28" or "MNIST"; always the name of what was really loaded.
        x_train, x_test: uint8 images, 0 is dark and 255 light: grey (n, height, width) or red, green and blue
            (n, height, width, 3).
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
        return f"{self.name}: {len(self.x_train):,} training and {len(self.x_test):,} test {self._kind} {self._origin}"

    @property
    def _kind(self) -> str:
        height, width = self.x_train.shape[1:3]
        return f"{'images' if self.x_train.ndim == 3 else 'colour images'} of {height}x{width}"

    @property
    def _origin(self) -> str:
        return f"({'; '.join(part for part in (self.source, self.note) if part)})"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.describe()}>"


@dataclass(frozen=True, eq=False, repr=False)
class Documents(Dataset):
    """Texts and their labels, split into training and test.

    The attributes are those of Dataset, but `x_train` and `x_test` are arrays (n,) of type object that hold strings.
    """

    @property
    def _kind(self) -> str:
        return f"texts in {len(self.classes)} classes"


@dataclass(frozen=True, eq=False, repr=False)
class Table:
    """A table of numbers: features and what is to be predicted from them.

    Attributes:
        name: such as "Boston housing".
        x: features (n, features), float64.
        y: targets (n,), float64.
        features: the name of each column of `x`.
        target: the name of what `y` is.
        source: the folder that was read.

    Unpacks as `x, y = table`.
    """

    name: str
    x: np.ndarray
    y: np.ndarray
    features: tuple[str, ...]
    target: str
    source: str

    def __iter__(self) -> Iterator[np.ndarray]:
        return iter((self.x, self.y))

    def describe(self) -> str:
        """One line: name, sizes, origin."""
        return (
            f"{self.name}: {len(self.x):,} rows of {len(self.features)} features; target {self.target} ({self.source})"
        )

    def __repr__(self) -> str:
        return f"<Table {self.describe()}>"


@dataclass(frozen=True, eq=False, repr=False)
class Series:
    """A series of numbers in time.

    Attributes:
        name: such as "airline passengers".
        times: (n,), datetime64, increasing.
        values: (n,), float64.
        unit: what one of `values` counts or measures.
        source: "embedded", or the folder that was read.

    Unpacks as `times, values = series`.
    """

    name: str
    times: np.ndarray
    values: np.ndarray
    unit: str
    source: str

    def __iter__(self) -> Iterator[np.ndarray]:
        return iter((self.times, self.values))

    def describe(self) -> str:
        """One line: name, sizes, origin."""
        span = f"{self.times[0]} to {self.times[-1]}"
        return f"{self.name}: {len(self.values):,} values in {self.unit}, {span} ({self.source})"

    def __repr__(self) -> str:
        return f"<Series {self.describe()}>"
