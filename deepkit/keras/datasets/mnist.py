"""MNIST as Keras gives it."""

from __future__ import annotations

from typing import Any

from deepkit.keras.datasets._source import Pair, find_npz, images, obtain, on_this_machine


def load_data(path: Any = "mnist.npz") -> tuple[Pair, Pair]:
    """(x_train, y_train), (x_test, y_test): 60,000 and 10,000 digits (n, 28, 28), uint8, and labels (n,), uint8.

    The four files are looked for in `$DEEPKIT_DATA/mnist` and the user's cache, then `mnist.npz` there and in
    `~/.keras/datasets`; where nothing is found they are downloaded and verified.

    Args:
        path: another .npz file with the arrays x_train, y_train, x_test, y_test.

    Raises:
        DataError: the files are incomplete or damaged, or cannot be downloaded; it says what to do.
    """
    from deepkit.datasets import load_mnist
    from deepkit.datasets.catalog import MNIST
    from deepkit.datasets.tables import read_npz

    usual = "mnist.npz"
    if path == usual and on_this_machine(MNIST):
        return images(load_mnist(verbose=False))
    file = find_npz(path, usual, MNIST)
    if file is not None:
        arrays = read_npz(file, ("x_train", "y_train", "x_test", "y_test"))
        return (arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"])
    obtain(MNIST)
    return images(load_mnist(verbose=False))
