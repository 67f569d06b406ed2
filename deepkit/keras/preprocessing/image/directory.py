"""Batches of pictures from files: what every such iterator does, and the one over a folder for each class."""

from __future__ import annotations

import os
import warnings
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError, DataError, check_choice
from deepkit.files import reason
from deepkit.keras.backend.config import floatx, normalize_data_format
from deepkit.keras.preprocessing.image.files import MODES, img_to_array, load_img
from deepkit.keras.preprocessing.image.iterator import SUBSETS, Iterator, Transformer, save_batch

_CHANNELS = {"grayscale": 1, "rgb": 3, "rgba": 4}


class FileIterator(Iterator):
    """What the iterators over files have in common.

    Subclasses set `filepaths`, `labels`, `class_mode`, `class_indices` and `sample_weight`. A batch is x, (x, y) or
    (x, y, sample_weight).
    """

    class_mode: str | None
    class_indices: dict[str, int]
    filepaths: list[str]
    labels: Any
    sample_weight: np.ndarray | None = None

    def set_processing_attrs(
        self, image_data_generator: Transformer | None, target_size: tuple[int, int], color_mode: str,
        data_format: str | None, save_to_dir: str | None, save_prefix: str, save_format: str, subset: str | None,
        interpolation: str, keep_aspect_ratio: bool, dtype: Any,
    ) -> None:
        """Remember how pictures are read, and which part of the files `subset` means."""
        check_choice("color_mode", color_mode, MODES)
        self.image_data_generator, self.color_mode = image_data_generator, color_mode
        self.target_size, self.data_format = tuple(target_size), normalize_data_format(data_format)
        channels = (_CHANNELS[color_mode],)
        last = self.data_format == "channels_last"
        self.image_shape = (*self.target_size, *channels) if last else (*channels, *self.target_size)
        self.save_to_dir, self.save_prefix, self.save_format = save_to_dir, save_prefix, save_format
        self.interpolation, self.keep_aspect_ratio = interpolation, keep_aspect_ratio
        self.dtype, self.subset = dtype or floatx(), subset
        self.split: tuple[float, float] | None = None
        if subset is not None:
            if subset not in SUBSETS or image_data_generator is None:
                raise ArgumentError(f"subset={subset!r}", rule=f"{' or '.join(map(repr, SUBSETS))}, and a generator")
            part = image_data_generator.validation_split
            self.split = (0, part) if subset == "validation" else (part, 1)

    def _get_batches_of_transformed_samples(self, index_array: np.ndarray) -> Any:
        batch = np.zeros((len(index_array), *self.image_shape), dtype=self.dtype)
        for place, row in enumerate(index_array):
            batch[place] = self._picture(self.filepaths[row])
        if self.save_to_dir:
            save_batch(
                batch, index_array, self.save_to_dir, self.save_prefix, self.save_format, self.data_format, 10_000_000
            )
        if self.class_mode is None:
            return batch
        y = self._targets(batch, index_array)
        return (batch, y) if self.sample_weight is None else (batch, y, self.sample_weight[index_array])

    def _picture(self, path: str) -> np.ndarray:
        picture = load_img(
            path,
            color_mode=self.color_mode,
            target_size=self.target_size,  # type: ignore[arg-type]
            interpolation=self.interpolation,
            keep_aspect_ratio=self.keep_aspect_ratio,
        )
        x = img_to_array(picture, data_format=self.data_format)
        if self.image_data_generator is None:
            return x
        parameters = self.image_data_generator.get_random_transform(x.shape)
        return self.image_data_generator.standardize(self.image_data_generator.apply_transform(x, parameters))

    def _targets(self, batch: np.ndarray, rows: np.ndarray) -> Any:
        """What `class_mode` says of the samples `rows`."""
        if self.class_mode == "input":
            return batch.copy()
        if self.class_mode == "multi_output":
            return [output[rows] for output in self.labels]
        if self.class_mode == "raw":
            return self.labels[rows]
        if self.class_mode in ("binary", "sparse"):
            return np.array([self.labels[row] for row in rows], dtype=self.dtype)
        y = np.zeros((len(rows), len(self.class_indices)), dtype=self.dtype)
        for place, row in enumerate(rows):
            y[place, self.labels[row]] = 1.0  # one number, or several for a picture of several classes
        return y


class DirectoryIterator(FileIterator):
    """Batches of the pictures in a folder that has one folder for each class.

    Args:
        directory: the folder.
        image_data_generator: transforms and standardizes the pictures; None leaves them as they are.
        target_size: (height, width) every picture is resized to.
        color_mode: "rgb", "rgba" or "grayscale".
        classes: the names of the folders, in the order of their numbers; by default all, in the alphabet's order.
        class_mode: what y is: "categorical" (one-hot), "binary" or "sparse" (class numbers), "input" (the pictures
            themselves), or None (there is no y).
        batch_size, shuffle, seed: see Iterator.
        data_format, dtype, save_to_dir, save_prefix, save_format: see NumpyArrayIterator.
        follow_links: go into folders that are links.
        subset: "training" or "validation": of each class the part that the generator's `validation_split` leaves.
        interpolation, keep_aspect_ratio: see load_img.

    Attributes:
        class_indices: the number of each class.
        filenames: below `directory`, in order.
        classes: the class number of each file.

    Raises:
        DataError: the folder cannot be read, or a picture cannot.
        ArgumentError: another word for class_mode, color_mode or subset.
    """

    allowed_class_modes = ("categorical", "binary", "sparse", "input", None)

    def __init__(
        self, directory: Any, image_data_generator: Transformer | None, target_size: tuple[int, int] = (256, 256),
        color_mode: str = "rgb", classes: list[str] | None = None, class_mode: str | None = "categorical",
        batch_size: int = 32, shuffle: bool = True, seed: int | None = None, data_format: str | None = None,
        save_to_dir: str | None = None, save_prefix: str = "", save_format: str = "png", follow_links: bool = False,
        subset: str | None = None, interpolation: str = "nearest", keep_aspect_ratio: bool = False, dtype: Any = None,
    ):
        self.set_processing_attrs(
            image_data_generator, target_size, color_mode, data_format, save_to_dir, save_prefix, save_format, subset,
            interpolation, keep_aspect_ratio, dtype,
        )
        check_choice("class_mode", class_mode, self.allowed_class_modes)
        self.directory, self.class_mode = os.fspath(directory), class_mode
        names = list(classes) if classes else self._folders()
        self.num_classes = len(names)
        self.class_indices = {name: number for number, name in enumerate(names)}
        self.filenames: list[str] = []
        numbers: list[int] = []
        for name in names:
            found = self._files(name, follow_links)
            self.filenames += found
            numbers += [self.class_indices[name]] * len(found)
        self.samples = len(self.filenames)
        self.labels = self.classes = np.array(numbers, dtype="int32")
        self.filepaths = [os.path.join(self.directory, name) for name in self.filenames]
        print(f"Found {self.samples} images belonging to {self.num_classes} classes.")
        super().__init__(self.samples, batch_size, shuffle, seed)

    def _folders(self) -> list[str]:
        try:
            return sorted(entry.name for entry in os.scandir(self.directory) if entry.is_dir())
        except OSError as error:
            raise DataError(
                f"cannot look into {self.directory}: {reason(error)}", rule="a folder with one folder for each class"
            ) from error

    def _files(self, name: str, follow_links: bool) -> list[str]:
        """The pictures of one class below `directory`, in order; of a subset its part."""
        home = os.path.join(self.directory, name)
        found = []
        for base, _, files in sorted(os.walk(home, followlinks=follow_links), key=lambda step: step[0]):
            for file in sorted(files):
                if file.lower().endswith(self.white_list_formats):
                    found.append(os.path.join(os.path.basename(home), os.path.relpath(os.path.join(base, file), home)))
        if any(file.lower().endswith(".tiff") for file in found):
            warnings.warn(f"{home}: TIFF files of several bands will come out distorted", stacklevel=4)
        if self.split:
            return found[int(self.split[0] * len(found)) : int(self.split[1] * len(found))]
        return found
