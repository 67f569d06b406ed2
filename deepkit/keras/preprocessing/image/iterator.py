"""Endless batches of transformed pictures: the base of all iterators, and the one over arrays."""

from __future__ import annotations

import os
import threading
import warnings
from abc import abstractmethod
from collections.abc import Iterator as IteratorOf
from typing import Any, Protocol

import numpy as np

from deepkit.errors import ArgumentError, ShapeError, check_choice
from deepkit.keras.backend.config import floatx, normalize_data_format
from deepkit.keras.preprocessing.image.files import save_img
from deepkit.keras.utils.data_utils import Sequence

SUBSETS = ("training", "validation")


class Transformer(Protocol):
    """What an iterator asks of an ImageDataGenerator: random transformations, and which part is for validation."""

    validation_split: float

    def get_random_transform(self, img_shape: Any, seed: int | None = None) -> dict[str, Any]: ...

    def apply_transform(self, x: np.ndarray, transform_parameters: dict[str, Any]) -> np.ndarray: ...

    def standardize(self, x: np.ndarray) -> np.ndarray: ...


class Iterator(Sequence):
    """Base of the iterators: which samples make the next batch. Subclasses say what a batch of them is.

    It is endless under `next`, and a Sequence of `len()` batches an epoch. The draws come from np.random's global
    stream, which a `seed` sets anew before each batch.

    Args:
        n: how many samples there are.
        batch_size: samples in a batch; the last of an epoch may have fewer.
        shuffle: take the samples of each epoch in another order.
        seed: of order and transformations.
    """

    white_list_formats = ("png", "jpg", "jpeg", "bmp", "ppm", "tif", "tiff")

    def __init__(self, n: int, batch_size: int, shuffle: bool, seed: int | None):
        if batch_size < 1:
            raise ArgumentError(f"batch_size={batch_size}", rule="1 or more")
        self.n, self.batch_size, self.shuffle, self.seed = n, batch_size, shuffle, seed
        self.batch_index = self.total_batches_seen = 0
        self.lock = threading.Lock()
        self.index_array: np.ndarray | None = None
        self.index_generator = self._flow_index()

    def __len__(self) -> int:
        return -(-self.n // self.batch_size)

    def __getitem__(self, idx: int) -> Any:
        if idx >= len(self):
            raise ArgumentError(f"batch {idx} of {len(self)}", rule="batches are numbered from 0")
        self._seed()
        self.total_batches_seen += 1
        if self.index_array is None:
            self._set_index_array()
        assert self.index_array is not None
        rows = self.index_array[self.batch_size * idx : self.batch_size * (idx + 1)]
        return self._get_batches_of_transformed_samples(rows)

    def on_epoch_end(self) -> None:
        """Draws a new order."""
        self._set_index_array()

    def reset(self) -> None:
        """Starts the epoch again."""
        self.batch_index = 0

    def __iter__(self) -> IteratorOf[Any]:
        return self

    def __next__(self) -> Any:
        return self.next()

    def next(self) -> Any:
        """The next batch; threads take turns only to learn which samples are theirs."""
        with self.lock:
            rows = next(self.index_generator)
        return self._get_batches_of_transformed_samples(rows)

    @abstractmethod
    def _get_batches_of_transformed_samples(self, index_array: np.ndarray) -> Any:
        """The batch of the samples numbered in `index_array`."""

    def _seed(self) -> None:
        if self.seed is not None:
            np.random.seed(self.seed + self.total_batches_seen)

    def _set_index_array(self) -> None:
        self.index_array = np.random.permutation(self.n) if self.shuffle else np.arange(self.n)

    def _flow_index(self) -> IteratorOf[np.ndarray]:
        self.reset()
        while True:
            self._seed()
            if self.batch_index == 0:
                self._set_index_array()
            assert self.index_array is not None
            first = (self.batch_index * self.batch_size) % self.n if self.n else 0
            self.batch_index = self.batch_index + 1 if self.n > first + self.batch_size else 0
            self.total_batches_seen += 1
            yield self.index_array[first : first + self.batch_size]


def save_batch(
    batch: np.ndarray, rows: np.ndarray, folder: str, prefix: str, ending: str, data_format: str, most: int
) -> None:
    """Write each picture of a batch as `prefix_row_random.ending`; `most` bounds the random number."""
    for picture, row in zip(batch, rows, strict=True):
        name = f"{prefix}_{row}_{np.random.randint(most)}.{ending}"
        save_img(os.path.join(folder, name), picture, data_format, file_format=ending)


class NumpyArrayIterator(Iterator):
    """Batches of pictures that are in memory.

    Args:
        x: pictures (n, height, width, channels) or channels first; or a pair of them and other arrays (n, ...),
            which go into each batch unchanged.
        y: labels (n, ...), or None.
        image_data_generator: transforms and standardizes the pictures.
        batch_size, shuffle, seed: see Iterator.
        sample_weight: (n,), or None.
        data_format: "channels_last" or "channels_first"; by default keras.backend.image_data_format().
        save_to_dir, save_prefix, save_format: a folder that each picture is written to, to be looked at.
        subset: "training" or "validation": the part that the generator's `validation_split` leaves.
        ignore_class_split: let the two parts have different classes.
        dtype: of the pictures; by default keras.backend.floatx().

    A batch is x, (x, y) or (x, y, sample_weight), where x is a list if there are other arrays.
    """

    def __init__(
        self, x: Any, y: Any, image_data_generator: Transformer, batch_size: int = 32, shuffle: bool = False,
        sample_weight: Any = None, seed: int | None = None, data_format: str | None = None,
        save_to_dir: str | None = None, save_prefix: str = "", save_format: str = "png", subset: str | None = None,
        ignore_class_split: bool = False, dtype: Any = None,
    ):
        self.data_format, self.dtype = normalize_data_format(data_format), dtype or floatx()
        x, misc = _with_others(x)
        _check_lengths(x, {"y": y, "sample_weight": sample_weight, **{f"x[1][{i}]": one for i, one in enumerate(misc)}})
        split = 0 if subset is None else int(len(x) * image_data_generator.validation_split)
        rows = _rows_of_subset(subset, split, None if ignore_class_split else y)
        self.x = np.asarray(x[rows], dtype=self.dtype)
        self.x_misc = [one[rows] for one in misc]
        self.y = None if y is None else np.asarray(y[rows])
        # Keras leaves the weights whole and so gives a subset for training those of the first pictures.
        self.sample_weight = None if sample_weight is None else np.asarray(sample_weight)[rows]
        if self.x.ndim != 4:
            raise ShapeError(
                f"the pictures have shape {self.x.shape}", rule="(n, height, width, channels), or channels first",
                hint="x[..., None] adds the axis of a single grey channel",
            )
        check_channels(self.x.shape, self.data_format)
        self.image_data_generator = image_data_generator
        self.save_to_dir, self.save_prefix, self.save_format = save_to_dir, save_prefix, save_format
        super().__init__(len(self.x), batch_size, shuffle, seed)

    def _get_batches_of_transformed_samples(self, index_array: np.ndarray) -> Any:
        batch = np.zeros((len(index_array), *self.x.shape[1:]), dtype=self.dtype)
        for place, row in enumerate(index_array):
            parameters = self.image_data_generator.get_random_transform(self.x.shape[1:])
            picture = self.image_data_generator.apply_transform(self.x[row].astype(self.dtype), parameters)
            batch[place] = self.image_data_generator.standardize(picture)
        if self.save_to_dir:
            save_batch(
                batch, index_array, self.save_to_dir, self.save_prefix, self.save_format, self.data_format, 10_000
            )
        x = [batch, *(one[index_array] for one in self.x_misc)] if self.x_misc else batch
        if self.y is None:
            return x
        if self.sample_weight is None:
            return x, self.y[index_array]
        return x, self.y[index_array], self.sample_weight[index_array]


def _with_others(x: Any) -> tuple[Any, list[np.ndarray]]:
    """Pictures, and the other arrays that came with them."""
    if not isinstance(x, (tuple, list)):
        return x, []
    if len(x) != 2:
        raise ArgumentError(
            f"x is a {type(x).__name__} of {len(x)}", rule="pictures, or a pair of pictures and other arrays",
            hint="np.array(x) makes a list of pictures an array",
        )
    others = x[1] if isinstance(x[1], list) else [x[1]]
    return x[0], [np.asarray(one) for one in others]


def check_channels(shape: tuple[int, ...], data_format: str) -> None:
    """Warn about pictures (n, ...) whose number of channels is none that pictures have."""
    axis = 3 if data_format == "channels_last" else 1
    if shape[axis] not in (1, 3, 4):
        warnings.warn(
            f'{shape[axis]} channels on axis {axis} of pictures of shape {shape}, in the data format "{data_format}": '
            "1, 3 or 4 are usual",
            stacklevel=3,
        )


def _check_lengths(x: Any, others: dict[str, Any]) -> None:
    """ShapeError if another array is not as long as that of the pictures."""
    for name, array in others.items():
        if array is not None and len(array) != len(x):
            raise ShapeError(
                f"{len(x):,} pictures, but {name} has {len(array):,} elements: "
                f"{np.asarray(x).shape} and {np.asarray(array).shape}",
                rule="one for each picture",
            )


def _rows_of_subset(subset: str | None, split: int, y: Any) -> slice:
    """The rows of a subset: those for validation come first, `split` of them; `y` are classes that both must have."""
    if subset is None:
        return slice(None)
    check_choice("subset", subset, SUBSETS)
    if y is not None and set(np.unique(y[:split])) != set(np.unique(y[split:])):
        raise ArgumentError(
            "the training and the validation part do not have the same classes",
            rule="the first pictures, as many as validation_split says, are for validation",
            hint="shuffle the arrays if they are sorted by class; else ignore_class_split=True",
        )
    return slice(split) if subset == "validation" else slice(split, None)
