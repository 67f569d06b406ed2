"""CIFAR-10 as Keras gives it."""

from __future__ import annotations

from deepkit.keras.datasets._source import Pair, images, obtain


def load_data() -> tuple[Pair, Pair]:
    """(x_train, y_train), (x_test, y_test): 50,000 and 10,000 pictures (n, 32, 32, 3), uint8, and labels (n, 1), uint8.

    With keras.backend.image_data_format() "channels_first" the pictures are (n, 3, 32, 32). The binary version is
    looked for in `$DEEPKIT_DATA/cifar10` and the user's cache, else downloaded and verified; where only the folder
    `cifar10-subset` is there, its 4,000 and 1,000 pictures are loaded, with a warning.

    Raises:
        DataError: the file is damaged, or cannot be downloaded; it says what to do.
    """
    from deepkit.datasets import load_cifar10
    from deepkit.datasets.catalog import CIFAR10, CIFAR10_SUBSET

    obtain(CIFAR10, CIFAR10_SUBSET)
    return images(load_cifar10(verbose=False), channels=True)
