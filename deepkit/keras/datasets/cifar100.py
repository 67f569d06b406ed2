"""CIFAR-100 as Keras gives it."""

from __future__ import annotations

import numpy as np

from deepkit.errors import check_choice
from deepkit.keras.datasets._source import Pair, images, obtain


def load_data(label_mode: str = "fine") -> tuple[Pair, Pair]:
    """(x_train, y_train), (x_test, y_test): 50,000 and 10,000 pictures (n, 32, 32, 3), uint8, and labels (n, 1), int64.

    Args:
        label_mode: "fine" for 100 classes, "coarse" for the 20 that they are grouped into.

    Raises:
        ArgumentError: another label_mode.
        DataError: the file is damaged, or cannot be downloaded; it says what to do.
    """
    from deepkit.datasets import load_cifar100
    from deepkit.datasets.catalog import CIFAR100

    check_choice("label_mode", label_mode, ("fine", "coarse"))
    obtain(CIFAR100)
    return images(load_cifar100(label_mode, verbose=False), np.int64, channels=True)
