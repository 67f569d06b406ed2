"""`tf.examples.tutorials.mnist.input_data`: digits in batches, as the TensorFlow-1 tutorials read them.

>>> from deepkit.v1.input.tutorials import input_data
>>> mnist = input_data.read_data_sets("MNIST_data/", one_hot=True)  # doctest: +SKIP
>>> x, y = mnist.train.next_batch(100)  # doctest: +SKIP
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from deepkit.core.graph import default_graph
from deepkit.datasets import Dataset, load_digits, load_fashion_mnist
from deepkit.datasets.catalog import MNIST
from deepkit.datasets.idx import read_pair
from deepkit.datasets.locate import present
from deepkit.device.dtypes import as_dtype, float32, uint8
from deepkit.errors import ArgumentError, DTypeError, ShapeError
from deepkit.loading import optional

__all__ = ["DEFAULT_SOURCE_URL", "DataSet", "Datasets", "load_mnist", "read_data_sets"]

DEFAULT_SOURCE_URL = "https://storage.googleapis.com/cvdf-datasets/mnist/"
MNIST_TRAINING = 60_000  # images; what validation_size is measured against
_CLASSES = 10
_FAKE_EXAMPLES = 10_000
_FAKE_PIXELS = 784


class DataSet:
    """Images and labels that are handed out in batches, shuffled anew in every epoch.

    Args:
        images: (n, height, width, 1), uint8.
        labels: (n,) class numbers or (n, classes) one-hot.
        fake_data: no data; next_batch(fake_data=True) makes it up. `one_hot` matters then only.
        dtype: uint8 leaves 0..255, float32 makes that 0..1.
        reshape: images become (n, height * width).
        seed: of the shuffling; without it the graph's seed counts, without that each run shuffles differently.
            As in TensorFlow it seeds NumPy's global generator here and now.
    """

    def __init__(
        self, images: Any, labels: Any, fake_data: bool = False, one_hot: bool = False, dtype: Any = float32,
        reshape: bool = True, seed: int | None = None,
    ):
        both = default_graph().op_seeds(seed) or (None, None)
        np.random.seed(both[0] if seed is None else both[1])
        dtype = as_dtype(dtype)
        if dtype not in (uint8, float32):
            raise DTypeError(f"images cannot be {dtype.name}", rule="uint8 (0 to 255) or float32 (0 to 1)")
        self.one_hot = one_hot
        self._images, self._labels = images, labels
        self._epochs_completed = self._index_in_epoch = 0
        self._num_examples = _FAKE_EXAMPLES
        if fake_data:
            return
        if len(images) != len(labels):
            raise ShapeError(
                f"{len(images):,} images, but {len(labels):,} labels: {images.shape} and {labels.shape}",
                rule="one label for each image",
            )
        self._num_examples = len(images)
        if reshape:
            if images.ndim != 4 or images.shape[3] != 1:
                raise ShapeError(
                    f"images of shape {images.shape} cannot become rows", rule="(n, height, width, 1)",
                    hint="reshape=False leaves them as they are",
                )
            self._images = images.reshape(len(images), images.shape[1] * images.shape[2])
        if dtype is float32:
            self._images = np.multiply(self._images, np.float32(1.0 / 255.0), dtype=np.float32)

    @property
    def images(self) -> np.ndarray:
        """All images, in the order of the current epoch."""
        return self._images

    @property
    def labels(self) -> np.ndarray:
        """All labels, in the order of the current epoch."""
        return self._labels

    @property
    def num_examples(self) -> int:
        """How many images there are."""
        return self._num_examples

    @property
    def epochs_completed(self) -> int:
        """How often next_batch has handed out every image."""
        return self._epochs_completed

    def next_batch(self, batch_size: int, fake_data: bool = False, shuffle: bool = True) -> tuple[Any, Any]:
        """The next `batch_size` images and labels.

        A batch that goes past the end of the epoch takes what is left, and the rest from the start of the next epoch.
        """
        if fake_data:
            label = [1] + [0] * (_CLASSES - 1) if self.one_hot else 0
            return [[1] * _FAKE_PIXELS] * batch_size, [label] * batch_size
        if batch_size > 0 and self._num_examples == 0:
            raise ArgumentError("next_batch of a data set without examples", hint="a larger validation_size")
        if shuffle and self._index_in_epoch == self._epochs_completed == 0:
            self._shuffle()
        parts, missing = [], batch_size
        while missing > self._num_examples - self._index_in_epoch:
            parts.append((self._images[self._index_in_epoch :], self._labels[self._index_in_epoch :]))
            missing -= self._num_examples - self._index_in_epoch
            self._index_in_epoch = 0
            self._epochs_completed += 1
            if shuffle:
                self._shuffle()
        taken = slice(self._index_in_epoch, self._index_in_epoch + missing)
        self._index_in_epoch += missing
        if not parts:
            return self._images[taken], self._labels[taken]
        images, labels = zip(*parts, (self._images[taken], self._labels[taken]), strict=True)
        return np.concatenate(images), np.concatenate(labels)

    def _shuffle(self) -> None:
        order = np.arange(self._num_examples)
        np.random.shuffle(order)
        self._images, self._labels = self._images[order], self._labels[order]

    def __repr__(self) -> str:
        return f"<DataSet of {self._num_examples:,} examples, {self._epochs_completed} epochs completed>"


class Datasets(NamedTuple):
    """The three parts of a data set."""

    train: DataSet
    validation: DataSet
    test: DataSet


def read_data_sets(
    train_dir: str, fake_data: bool = False, one_hot: bool = False, dtype: Any = float32, reshape: bool = True,
    validation_size: int = 5000, seed: int | None = None, source_url: str = DEFAULT_SOURCE_URL,
) -> Datasets:
    """MNIST in three parts: 55,000 images to train, the first 5,000 for validation, 10,000 to test.

    The four files are taken from `train_dir` if they are there, else from deepkit's own folders. Nothing is
    downloaded: where MNIST is absent, the embedded digits28 take its place, a line says so, and validation_size
    shrinks in proportion (5000 of 60,000 become 120 of 1,437).

    Args:
        one_hot: labels are (n, 10) float64 zeros and ones instead of (n,) uint8 class numbers.
        fake_data, dtype, reshape, seed: see `DataSet`.
        source_url: only one that names Fashion-MNIST makes a difference: then it is loaded instead.

    Raises:
        ArgumentError: validation_size is negative or larger than the training set.
        DataError: damaged files, or Fashion-MNIST is not on this machine.
    """
    options = {"dtype": dtype, "reshape": reshape, "seed": seed}
    if fake_data:
        fake = [DataSet([], [], fake_data=True, one_hot=one_hot, dtype=dtype, seed=seed) for _ in range(3)]
        return Datasets(*fake)
    data = _find(Path(train_dir), source_url or DEFAULT_SOURCE_URL)
    full = MNIST_TRAINING if data.name == "digits28" else len(data.x_train)
    if not 0 <= validation_size <= full:
        raise ArgumentError(f"validation_size is {validation_size:,}", rule=f"between 0 and {full:,}")
    held = round(validation_size * len(data.x_train) / full)
    if data.name == "digits28":
        print(
            f"MNIST is not on this machine; these are digits28, embedded real scans: {len(data.x_train) - held:,} images "
            f"to train, {held:,} for validation, {len(data.x_test):,} to test.\n  `deepkit data fetch mnist` gets MNIST."
        )
    images, test_images = data.x_train[..., np.newaxis], data.x_test[..., np.newaxis]
    labels, test_labels = (_labels(y, one_hot) for y in (data.y_train, data.y_test))
    return Datasets(
        train=DataSet(images[held:], labels[held:], **options),
        validation=DataSet(images[:held], labels[:held], **options), test=DataSet(test_images, test_labels, **options),
    )


def _find(folder: Path, url: str) -> Dataset:
    """The data set in `folder`, or the one that `url` means."""
    files = present(folder, MNIST)
    if len(files) == len(MNIST.files):
        train = read_pair(files["x_train"], files["y_train"])
        test = read_pair(files["x_test"], files["y_test"])
        return Dataset(f"the data set in {folder}", *train, *test, source=str(folder))
    if "fashion" in url.lower():
        return load_fashion_mnist(verbose=False)
    return load_digits(verbose=False)


def _labels(y: np.ndarray, one_hot: bool) -> np.ndarray:
    return np.eye(_CLASSES)[y] if one_hot else y.astype(np.uint8)


def load_mnist(train_dir: str = "MNIST-data") -> Datasets:
    """read_data_sets with its defaults."""
    return read_data_sets(train_dir)


def load_dataset(name: str, size: str = "small", test_with_fake_data: bool = False) -> Any:
    """`tf.contrib.learn.datasets.load_dataset`: "mnist" as read_data_sets gives it, "iris" as arrays `data` and `target`.

    Raises:
        ArgumentError: another name.
        MissingExtraError: iris comes with scikit-learn, which is not installed.
    """
    if name == "mnist":
        return load_mnist()
    if name == "iris":
        found = optional("sklearn.datasets", "loading the iris data").load_iris()
        return Samples(found.data.astype(np.float64), found.target.astype(np.int64))
    raise ArgumentError(f"load_dataset({name!r})", rule='"mnist" or "iris"', hint="deepkit.keras.datasets has others")


class Samples(NamedTuple):
    """Rows of features and what belongs to each of them."""

    data: np.ndarray
    target: np.ndarray


input_data = sys.modules[__name__]
datasets = SimpleNamespace(mnist=input_data, load_dataset=load_dataset, DATASETS=("mnist", "iris"))
"""`tf.contrib.learn.datasets`."""
examples = SimpleNamespace(tutorials=SimpleNamespace(mnist=SimpleNamespace(input_data=input_data)))
