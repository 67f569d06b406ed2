"""Images as the applications expect them, and the names of ImageNet's classes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core.apply import is_tensor
from deepkit.datasets.locate import cache_folder
from deepkit.errors import DataError, ShapeError, check_choice
from deepkit.keras.backend.config import floatx, normalize_data_format

__all__ = ["decode_predictions", "preprocess_input", "preprocessing"]

_BGR_MEAN = (103.939, 116.779, 123.68)
_RGB_MEAN, _RGB_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
INDEX_FILE = "imagenet_class_index.json"


def preprocess_input(x: Any, data_format: str | None = None, mode: str = "caffe") -> Any:
    """Images with values 0 to 255 (an array or a tensor, one image or a batch), scaled as the weights were trained.

    mode "caffe": the colours from RGB to BGR, each minus its mean over ImageNet. "tf": from -1 to 1. "torch": from 0 to
    1, then minus the mean and divided by the standard deviation over ImageNet. An array of floats is written over, as in
    Keras; x.copy() keeps the pictures.

    >>> preprocess_input(np.array([[[0.0, 127.5, 255.0]]]), mode="tf").tolist()
    [[[-1.0, 0.0, 1.0]]]
    """
    check_choice("preprocess_input: mode", mode, ("caffe", "tf", "torch"))
    if not is_tensor(x):
        x = np.asarray(x)
        x = x if x.dtype.kind == "f" else x.astype(floatx())
    first = normalize_data_format(data_format) == "channels_first"
    if mode == "caffe":
        axis = len(x.shape) - 3 if first else len(x.shape) - 1
        x = ops.reverse(x, [axis]) if is_tensor(x) else np.flip(x, axis)  # of an array a view
    scaled = _scaled(x, first, mode)
    if is_tensor(x):
        return scaled
    x[...] = scaled
    return x


def _scaled(x: Any, first: bool, mode: str) -> Any:
    if mode == "tf":
        return x / 127.5 - 1.0
    if mode == "torch":
        return (x / 255.0 - _along(_RGB_MEAN, first, x)) / _along(_RGB_STD, first, x)
    return x - _along(_BGR_MEAN, first, x)


def _along(colours: tuple[float, ...], first: bool, x: Any) -> np.ndarray:
    """One number for each colour, in the type of x, along the axis of the channels."""
    numbers = np.array(colours, x.dtype.numpy if is_tensor(x) else x.dtype)
    return numbers[:, None, None] if first else numbers


def preprocessing(mode: str) -> Callable[..., Any]:
    """The preprocess_input of an application."""

    def preprocess(x: Any, data_format: str | None = None) -> Any:
        return preprocess_input(x, data_format, mode)

    preprocess.__name__ = preprocess.__qualname__ = "preprocess_input"
    preprocess.__doc__ = f'Images with values 0 to 255, scaled as this network was trained: mode "{mode}".'
    return preprocess


def decode_predictions(preds: Any, top: int = 5, class_index: Any = None) -> list[list[tuple[str, str, float]]]:
    """For each row of predictions the `top` most probable classes: (WordNet number, name, probability), best first.

    class_index: the path of ImageNet's imagenet_class_index.json, {"0": ["n01440764", "tench"], ...}; by default the file
    of that name in deepkit's cache. Raises DataError if there is none.
    """
    rows = np.asarray(preds)
    if rows.ndim != 2 or rows.shape[1] != 1000:
        raise ShapeError(
            f"decode_predictions of an array of shape {rows.shape}", rule="(images, 1000): one number for each class of ImageNet",
            hint="it is for models with include_top=True and classes=1000",
        )
    names = _class_index(Path(class_index) if class_index is not None else cache_folder() / INDEX_FILE)
    best = np.argsort(rows, axis=1)[:, : -top - 1 : -1]
    return [[(*names[int(i)], row[i]) for i in line] for row, line in zip(rows, best, strict=True)]


def _class_index(path: Path) -> list[tuple[str, str]]:
    """The (number, name) of each class from a file, checked."""
    if not path.is_file():
        raise DataError(
            f"the names of ImageNet's classes are not there: no file {str(path)!r}",
            rule="decode_predictions reads them from a file of your own",
            hint=f"put Keras' {INDEX_FILE} there, or decode_predictions(preds, class_index='path/to/{INDEX_FILE}')",
        )
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        names = [tuple(table[str(i)]) for i in range(1000)]
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{str(path)!r} is not an index of ImageNet's classes: {error}", rule=_INDEX_RULE) from error
    if not all(len(entry) == 2 and all(isinstance(text, str) for text in entry) for entry in names):
        raise DataError(f"{str(path)!r} is not an index of ImageNet's classes", rule=_INDEX_RULE)
    return names


_INDEX_RULE = 'JSON: {"0": ["n01440764", "tench"], ...} for the classes 0 to 999'
