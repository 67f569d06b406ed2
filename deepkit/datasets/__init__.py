"""Data to learn from: small sets that travel with deepkit, and the usual large ones once they are downloaded.

>>> from deepkit.datasets import load_digits28
>>> data = load_digits28()
digits28: 1,437 training and 360 test images of 28x28 (embedded; real scans, not MNIST)
>>> (x_train, y_train), (x_test, y_test) = data
>>> x_train.shape, x_train.dtype, y_train[:5]
((1437, 28, 28), dtype('uint8'), array([3, 8, 4, 8, 8]))
"""

from __future__ import annotations

from deepkit.datasets.augment import augment
from deepkit.datasets.cifar import load_cifar10, load_cifar100, read_cifar
from deepkit.datasets.dataset import Dataset, Documents, Series, Table
from deepkit.datasets.digits28 import load_digits28
from deepkit.datasets.documents import load_imdb, load_reuters
from deepkit.datasets.flats import invent_flats
from deepkit.datasets.housing import invent_california, load_boston, load_california
from deepkit.datasets.idx import read_idx, write_idx
from deepkit.datasets.mnist import load_digits, load_fashion_mnist, load_mnist
from deepkit.datasets.series import load_airline_passengers
from deepkit.datasets.texts import load_text

__all__ = [
    "Dataset", "Documents", "Series", "Table", "augment", "invent_california", "invent_flats", "load_airline_passengers",
    "load_boston", "load_california", "load_cifar10", "load_cifar100", "load_digits", "load_digits28", "load_fashion_mnist",
    "load_imdb", "load_mnist", "load_reuters", "load_text", "read_cifar", "read_idx", "write_idx",
]
