"""`tf.estimator.inputs`: functions that hand out arrays in batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from deepkit.core.graph import default_graph
from deepkit.core.symbol import Symbol
from deepkit.device.arrays import as_array
from deepkit.device.dtypes import as_dtype
from deepkit.errors import ArgumentError, OutOfRangeError
from deepkit.v1.framework.control_flow import py_func

__all__ = ["numpy_input_fn", "pandas_input_fn"]

_TARGET = "__target_key__"


class _Batches:
    """Each call gives the next rows of all arrays, and OutOfRangeError after the last.

    Epochs follow each other without a seam: a batch may hold the end of one and the beginning of the next.
    """

    def __init__(self, arrays: Sequence[np.ndarray], size: int, epochs: int | None, rng: np.random.Generator | None):
        self._arrays, self._size, self._epochs, self._rng = arrays, size, epochs, rng
        self._rows = np.empty(0, np.intp)
        self._begun = 0

    def __call__(self) -> list[np.ndarray]:
        count = len(self._arrays[0])
        while len(self._rows) < self._size and (self._epochs is None or self._begun < self._epochs):
            epoch = np.arange(count) if self._rng is None else self._rng.permutation(count)
            self._rows, self._begun = np.concatenate([self._rows, epoch]), self._begun + 1
        now, self._rows = self._rows[: self._size], self._rows[self._size :]
        if not len(now):
            raise OutOfRangeError("the input has no more batches", rule=f"num_epochs={self._epochs}")
        return [array[now] for array in self._arrays]


def batched(
    arrays: Sequence[Any], batch_size: int, num_epochs: int | None, shuffle: bool, name: str | None = None
) -> list[Symbol]:
    """Tensors (batch, ...) of the default graph that are the next batch in every run, for num_epochs epochs (None: ever).

    The order of the examples follows from the graph's seed, if it has one.
    """
    plain = [np.asarray(as_array(array)) for array in arrays]
    rng = np.random.default_rng(default_graph().seed) if shuffle else None
    types = [as_dtype(array.dtype) for array in plain]
    tensors = py_func(_Batches(plain, batch_size, num_epochs, rng), [], types, name=name or "batches")
    for tensor, array in zip(tensors, plain, strict=True):
        tensor.set_shape([None, *array.shape[1:]])
    return tensors


def numpy_input_fn(
    x: Any, y: Any = None, batch_size: int = 128, num_epochs: int | None = 1, shuffle: bool | None = None,
    queue_capacity: int = 1000, num_threads: int = 1,
) -> Callable[[], Any]:
    """An input function that hands out NumPy arrays: (features, labels), or features alone without y.

    x: an array or a dict of arrays, y: an array or a dict of them; all with one row for each example. num_epochs=None
    goes on for ever: training needs `steps` then.

    >>> import numpy as np, deepkit.v1 as tf
    >>> input_fn = numpy_input_fn({"x": np.arange(3)}, np.array([0, 1, 0]), batch_size=2, shuffle=False)
    >>> with tf.Graph().as_default(), tf.Session() as sess:
    ...     features, labels = input_fn()
    ...     sess.run([features["x"], labels])
    [array([0, 1]), array([0, 1])]
    """
    if not isinstance(shuffle, bool):
        raise ArgumentError(
            f"numpy_input_fn: shuffle={shuffle!r}", rule="shuffle must be given",
            hint="shuffle=True to train, shuffle=False to evaluate and predict",
        )
    parts = {**_named(x, "x", "features")}
    if y is not None:
        parts |= {(_TARGET, key): array for key, array in _named(y, "y", "labels").items()}
    _check(parts, batch_size, num_epochs)

    def input_fn() -> Any:
        tensors = dict(zip(parts, batched(list(parts.values()), batch_size, num_epochs, shuffle), strict=True))
        features = {key: tensors[key] for key in x} if isinstance(x, dict) else tensors[None]
        if y is None:
            return features
        labels = {key: tensors[_TARGET, key] for key in y} if isinstance(y, dict) else tensors[_TARGET, None]
        return features, labels

    return input_fn


def _named(value: Any, name: str, what: str) -> dict[Any, np.ndarray]:
    if not isinstance(value, (dict, np.ndarray)):
        raise ArgumentError(
            f"numpy_input_fn: {name} is {type(value).__name__}", rule=f"the {what} are a NumPy array or a dict of them",
            hint=f'{name}={{"x": np.array(...)}}' if name == "x" else "y=np.array(...)",
        )
    arrays = {k: np.asarray(v) for k, v in value.items()} if isinstance(value, dict) else {None: value}
    if not arrays:
        raise ArgumentError(f"numpy_input_fn: {name} is an empty dict", hint='x={"name of a feature": np.array(...)}')
    return arrays


def _check(parts: dict[Any, np.ndarray], batch_size: int, num_epochs: int | None) -> None:
    lengths = {_label(key): array.shape[0] if array.ndim else None for key, array in parts.items()}
    if len(set(lengths.values())) > 1 or None in lengths.values():
        raise ArgumentError(
            "the arrays do not have one row for each example: "
            + ", ".join(f"{key} has {n} rows" for key, n in lengths.items()),
            rule="the first axis of all features and of the labels is the number of examples",
        )
    if 0 in lengths.values():
        raise ArgumentError("an input function without examples", rule="at least one row")
    if batch_size < 1 or (num_epochs is not None and num_epochs < 1):
        raise ArgumentError(
            f"batch_size={batch_size}, num_epochs={num_epochs}", rule="both at least 1",
            hint="num_epochs=None: for ever",
        )


def _label(key: Any) -> str:
    if isinstance(key, tuple):
        return "y" if key[1] is None else f"y[{key[1]!r}]"
    return "x" if key is None else f"x[{key!r}]"


def pandas_input_fn(
    x: Any, y: Any = None, batch_size: int = 128, num_epochs: int | None = 1, shuffle: bool = True,
    queue_capacity: int = 1000, num_threads: int = 1, target_column: str = "target",
) -> Callable[[], Any]:
    """An input function that hands out the columns of a pandas DataFrame: (dict of features, labels).

    y: a Series (or a DataFrame: then the labels are a dict) with the same index as x.
    """
    if not hasattr(x, "columns"):
        raise ArgumentError(f"pandas_input_fn: x is {type(x).__name__}", rule="a DataFrame", hint="numpy_input_fn")
    if y is not None and not (hasattr(y, "index") and x.index.equals(y.index)):
        raise ArgumentError("pandas_input_fn: x and y have different indices", hint="y.index = x.index")
    features = {str(column): x[column].to_numpy() for column in x.columns}
    labels = None
    if y is not None:
        labels = {str(c): y[c].to_numpy() for c in y.columns} if hasattr(y, "columns") else y.to_numpy()
    return numpy_input_fn(features, labels, batch_size, num_epochs, shuffle)
