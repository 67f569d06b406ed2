"""Fashion-MNIST as Keras gives it."""

from __future__ import annotations

from deepkit.keras.datasets._source import Pair, images, obtain


def load_data() -> tuple[Pair, Pair]:
    """(x_train, y_train), (x_test, y_test): 60,000 and 10,000 clothes (n, 28, 28), uint8, and labels (n,), uint8.

    The files are looked for in `$DEEPKIT_DATA/fashion-mnist` and the user's cache, else downloaded and verified.

    Raises:
        DataError: the files are incomplete or damaged, or cannot be downloaded; it says what to do.
    """
    from deepkit.datasets import load_fashion_mnist
    from deepkit.datasets.catalog import FASHION_MNIST

    obtain(FASHION_MNIST)
    return images(load_fashion_mnist(verbose=False))
