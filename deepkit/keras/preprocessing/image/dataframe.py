"""Batches of the pictures whose names and labels are in a pandas table."""

from __future__ import annotations

import os
import warnings
from typing import Any

import numpy as np

from deepkit.core.nest import listed
from deepkit.errors import ArgumentError, DTypeError, check_choice
from deepkit.keras.preprocessing.image.directory import FileIterator
from deepkit.keras.preprocessing.image.iterator import Transformer

_WITHOUT_CLASSES = ("input", "multi_output", "raw", None)


class DataFrameIterator(FileIterator):
    """Batches of the pictures that a pandas table names.

    Args:
        dataframe: a row for each picture.
        directory: the folder that the names start from; None where they are whole paths.
        image_data_generator: transforms and standardizes the pictures; None leaves them as they are.
        x_col: the column of the names.
        y_col: the column of the labels, or a list of columns.
        weight_col: the column of sample weights, or None.
        target_size, color_mode, interpolation, keep_aspect_ratio: see DirectoryIterator.
        classes: the labels to use, in the order of their numbers; by default all, in the alphabet's order.
        class_mode: what y is: "categorical" (one-hot; a label may be a list of several), "binary" or "sparse"
            (class numbers), "input" (the pictures themselves), "raw" (the values of `y_col`), "multi_output" (a list
            of the columns in `y_col`), or None (there is no y).
        batch_size, shuffle, seed, data_format, dtype, save_to_dir, save_prefix, save_format: see DirectoryIterator.
        subset: "training" or "validation": the part of the rows that the generator's `validation_split` leaves.
        validate_filenames: leave out rows whose file is not there or no picture by its ending.

    Raises:
        ArgumentError, DTypeError: for columns and labels that do not fit `class_mode`.
    """

    allowed_class_modes = ("binary", "categorical", "input", "multi_output", "raw", "sparse", None)

    def __init__(
        self, dataframe: Any, directory: Any = None, image_data_generator: Transformer | None = None,
        x_col: str = "filename", y_col: Any = "class", weight_col: str | None = None,
        target_size: tuple[int, int] = (256, 256), color_mode: str = "rgb", classes: list[str] | None = None,
        class_mode: str | None = "categorical", batch_size: int = 32, shuffle: bool = True, seed: int | None = None,
        data_format: str | None = "channels_last", save_to_dir: str | None = None, save_prefix: str = "",
        save_format: str = "png", subset: str | None = None, interpolation: str = "nearest",
        keep_aspect_ratio: bool = False, dtype: Any = "float32", validate_filenames: bool = True,
    ):
        self.set_processing_attrs(
            image_data_generator, target_size, color_mode, data_format, save_to_dir, save_prefix, save_format, subset,
            interpolation, keep_aspect_ratio, dtype,
        )
        self.directory, self.class_mode = os.fspath(directory or ""), class_mode
        table = dataframe.copy()
        self._check(table, x_col, y_col, weight_col, classes)
        table = self._labelled(self._existing(table, x_col) if validate_filenames else table, y_col, classes)
        self.filenames = table[x_col].tolist()
        self.filepaths = [os.path.join(self.directory, name) for name in self.filenames]
        self.sample_weight = table[weight_col].to_numpy() if weight_col else None
        self.samples = len(self.filenames)
        checked = "validated" if validate_filenames else "non-validated"
        belonging = "" if class_mode in _WITHOUT_CLASSES else f" belonging to {len(self.class_indices)} classes"
        print(f"Found {self.samples} {checked} image filenames{belonging}.")
        super().__init__(self.samples, batch_size, shuffle, seed)

    def _labelled(self, table: Any, y_col: Any, classes: Any) -> Any:
        """The rows that are used; reads their labels."""
        with_classes = self.class_mode not in _WITHOUT_CLASSES
        if with_classes:
            table, names = _known_classes(table, y_col, classes)
            self.class_indices = {name: number for number, name in enumerate(names)}
        if self.split:
            table = table.iloc[int(self.split[0] * len(table)) : int(self.split[1] * len(table))]
        if with_classes:
            self.labels = self.classes = [self._numbers(label) for label in table[y_col]]
        elif self.class_mode == "multi_output":
            self.labels = [np.array(table[column].tolist()) for column in y_col]
        elif self.class_mode == "raw":
            self.labels = table[y_col].values
        return table

    def _check(self, table: Any, x_col: str, y_col: Any, weight_col: str | None, classes: Any) -> None:
        """Columns and labels that fit `class_mode`, or an error."""
        mode = self.class_mode
        check_choice("class_mode", mode, self.allowed_class_modes)
        if mode == "multi_output" and not isinstance(y_col, list):
            raise DTypeError(f'class_mode="multi_output" with y_col={y_col!r}', rule="y_col is a list of columns")
        labels = [] if mode in ("input", None) else listed(y_col)
        _check_columns(table, [x_col, *([weight_col] if weight_col else []), *labels])
        if not all(isinstance(name, str) for name in table[x_col]):
            raise DTypeError(f"column {x_col!r} holds other things than strings", rule="names of files")
        if classes and mode in _WITHOUT_CLASSES:
            warnings.warn(f"classes means nothing with class_mode={mode!r}", stacklevel=4)
        _check_weights(table, weight_col)
        _check_labels(table, y_col, mode, classes)

    def _existing(self, table: Any, x_col: str) -> Any:
        """The rows whose file is there and, by its ending, a picture."""
        paths = [os.path.join(self.directory, name) for name in table[x_col]]
        good = np.array(
            [path.lower().endswith(self.white_list_formats) and os.path.isfile(path) for path in paths], dtype=bool
        )
        if not good.all():
            warnings.warn(
                f"{(~good).sum()} of {len(good)} names in column {x_col!r} are of no picture that is there, and are left out",
                stacklevel=4,
            )
        return table[good]

    def _numbers(self, label: Any) -> Any:
        if isinstance(label, (list, tuple)):
            return [self.class_indices[name] for name in label]
        return self.class_indices[label]


def _check_columns(table: Any, wanted: list[str]) -> None:
    missing = [column for column in wanted if column not in table]
    if missing:
        raise ArgumentError(f"the table has no column {missing[0]!r}", rule=f"its columns: {list(table.columns)}")


def _check_weights(table: Any, weight_col: str | None) -> None:
    if weight_col and getattr(table[weight_col].dtype, "kind", "O") not in "iuf":
        raise DTypeError(f"column {weight_col!r} holds other things than numbers", rule="a weight for each picture")


def _check_labels(table: Any, y_col: Any, mode: str | None, classes: Any) -> None:
    """The labels are of the kind that the class_mode `mode` takes, and of two classes where it is "binary"."""
    types = {"binary": (str,), "sparse": (str,), "categorical": (str, list, tuple)}.get(str(mode))
    if types and not all(isinstance(label, types) for label in table[y_col]):
        raise DTypeError(
            f"column {y_col!r} holds labels that are no {' or '.join(kind.__name__ for kind in types)}",
            rule=f"class_mode={mode!r} names classes by strings",
            hint='table[column] = table[column].astype(str); or class_mode="raw" for numbers',
        )
    if mode == "binary":
        count = len(set(classes)) if classes else table[y_col].nunique()
        if count != 2:
            raise ArgumentError(f'class_mode="binary" with {count} classes', rule="two", hint='class_mode="sparse"')


def _known_classes(table: Any, y_col: str, classes: Any) -> tuple[Any, list[str]]:
    """The rows that have a label of `classes`, and the classes; by default all there are, in order."""
    if not classes:
        return table.dropna(subset=[y_col]), sorted({name for label in table[y_col] for name in listed(label)})
    names_in_order = list(dict.fromkeys(classes))

    def kept(label: Any) -> Any:
        if isinstance(label, (list, tuple)):
            return [name for name in label if name in names_in_order]
        return label if label in names_in_order else None

    labels = [kept(label) for label in table[y_col]]
    good = [bool(label) for label in labels]
    table = table[good].copy()
    table[y_col] = [label for label in labels if label]
    return table, names_in_order
