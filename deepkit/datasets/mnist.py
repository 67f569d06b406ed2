"""Load MNIST and Fashion-MNIST from files on this machine, or the best digits there are."""

from __future__ import annotations

import numpy as np

from deepkit.datasets.catalog import FASHION_MNIST, MNIST
from deepkit.datasets.dataset import Dataset
from deepkit.datasets.digits28 import load_digits28
from deepkit.datasets.entry import Entry
from deepkit.datasets.idx import read_pair
from deepkit.datasets.locate import check_numbers, locate, require
from deepkit.errors import ArgumentError


def load_mnist(*, verbose: bool = True) -> Dataset:
    """Load the real MNIST: 60,000 training and 10,000 test images of 28x28, uint8, with int64 labels.

    The four files are looked for in `$DEEPKIT_DATA/mnist`, then in `mnist` in the user's cache, raw or
    compressed. Their contents are compared with MNIST's SHA-256 sums, so nothing else can bear the name.

    Raises:
        DataError: absent, incomplete, damaged, or not MNIST; it says what to do.
    """
    return _load(MNIST, verbose)


def load_fashion_mnist(*, verbose: bool = True) -> Dataset:
    """Load Fashion-MNIST, which has the form of MNIST and shows clothes; `classes` has their names."""
    return _load(FASHION_MNIST, verbose)


def load_digits(prefer: str = "mnist", *, verbose: bool = True) -> Dataset:
    """Load handwritten digits wherever you are: the real MNIST when it is on this machine, else digits28.

    Args:
        prefer: "mnist" as said; "digits28" takes the embedded digits in any case.
        verbose: print one line that says which of the two was loaded; `.name` says it too.

    Raises:
        DataError: MNIST is there but incomplete or damaged. That is never covered up with other digits.
    """
    if prefer not in ("mnist", "digits28"):
        raise ArgumentError(f"load_digits: prefer is {prefer!r}", rule='"mnist" or "digits28"')
    if prefer == "mnist" and locate(MNIST):
        return load_mnist(verbose=verbose)
    data = load_digits28(verbose=verbose)
    if prefer == "mnist" and verbose:
        print("  MNIST is not on this machine; `deepkit data fetch mnist` gets it.")
    return data


def _load(entry: Entry, verbose: bool) -> Dataset:
    paths = require(entry, "load_digits28() needs no download")
    arrays = {}
    for x, y in (("x_train", "y_train"), ("x_test", "y_test")):
        arrays[x], arrays[y] = read_pair(paths[x], paths[y], len(entry.classes))
    for file in entry.files:
        check_numbers(arrays[file.role].astype(np.uint8, copy=False), paths[file.role], file)
    source = str(paths["x_train"].parent)
    data = Dataset(
        name=entry.title, x_train=arrays["x_train"], y_train=arrays["y_train"], x_test=arrays["x_test"],
        y_test=arrays["y_test"], source=source, classes=entry.classes,
    )
    if verbose:
        print(data.describe())
    return data
