"""Pictures to learn from: handwritten digits that travel with deepkit, and the real MNIST once it is downloaded.

>>> from deepkit.datasets import load_digits28
>>> data = load_digits28()
digits28: 1,437 training and 360 test images of 28x28 (embedded; real scans, not MNIST)
>>> (x_train, y_train), (x_test, y_test) = data
>>> x_train.shape, x_train.dtype, y_train[:5]
((1437, 28, 28), dtype('uint8'), array([3, 8, 4, 8, 8]))
"""

from __future__ import annotations

from deepkit.datasets.augment import augment
from deepkit.datasets.dataset import Dataset
from deepkit.datasets.digits28 import load_digits28
from deepkit.datasets.idx import read_idx, write_idx
from deepkit.datasets.mnist import load_digits, load_fashion_mnist, load_mnist

__all__ = [
    "Dataset",
    "augment",
    "load_digits",
    "load_digits28",
    "load_fashion_mnist",
    "load_mnist",
    "read_idx",
    "write_idx",
]
