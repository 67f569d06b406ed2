"""What all feature columns share: the two kinds, and how a column finds and checks its feature."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from deepkit import ops
from deepkit.device.arrays import as_array
from deepkit.device.dtypes import int64, string
from deepkit.errors import ArgumentError, DTypeError, ShapeError, did_you_mean
from deepkit.ops.arrays.sparse import SparseTensor, sparse_tensor_to_dense
from deepkit.v1.framework.control_flow import py_func
from deepkit.v1.framework.symbolic import constant_of


class FeatureColumn:
    """Base of all columns: `name`, from which its variables get theirs."""

    name: str


class DenseColumn(FeatureColumn):
    """A column that gives numbers."""

    width: int

    def dense(self, features: dict[str, Any], trainable: bool = True) -> Any:
        """float32, (batch, width)."""
        raise TypeError(f"{type(self).__name__} does not define dense")


class CategoricalColumn(FeatureColumn):
    """A column that gives category numbers below `num_buckets`."""

    num_buckets: int
    combiner: ClassVar[str | None] = None
    """How linear models join the weights of an example's categories; None: as the model says."""

    def ids(self, features: dict[str, Any]) -> Any:
        """int64, (batch, k); -1 where there is none."""
        raise TypeError(f"{type(self).__name__} does not define ids")


def raw_feature(features: Any, key: str) -> Any:
    """The feature `key` as a tensor (batch, ...) with at least two axes."""
    if not isinstance(features, dict):
        raise ArgumentError(
            f"the features are {type(features).__name__}", rule="a dict: columns find their feature by its key",
            hint=f'{{"{key}": values}}',
        )
    if key not in features:
        near = did_you_mean(key, [k for k in features if isinstance(k, str)])
        raise ArgumentError(
            f"there is no feature {key!r}, which a feature column reads",
            rule=f"the input function gives: {', '.join(map(repr, features)) or 'nothing'}",
            hint=near or "the key of the column is that of the dict of features",
        )
    value = features[key]
    if isinstance(value, SparseTensor):
        value = sparse_tensor_to_dense(value, b"" if value.dtype.is_string else -1)
    value = constant_of(value)
    if value.shape.rank == 0:
        raise ShapeError(f"feature {key!r} is a single value", rule="(batch,) or (batch, n)", hint="[value]")
    return ops.expand_dims(value, -1) if value.shape.rank == 1 else value


def category_feature(features: Any, key: str, dtype: Any) -> Any:
    """The feature `key` as categories (batch, k): strings, or int64."""
    value = raw_feature(features, key)
    if value.dtype.is_string != (dtype is string) or not (value.dtype.is_string or value.dtype.is_integer):
        raise DTypeError(
            f"feature {key!r} is {value.dtype.name}", rule=f"its categorical column is for {dtype.name}",
            hint="dtype=tf.int64 for categories that are numbers, tf.string for words",
        )
    if value.shape.rank not in (2, None):
        raise ShapeError(f"feature {key!r} has shape {value.shape}", rule="categories are (batch,) or (batch, k)")
    return value if dtype is string else ops.cast(value, int64)


def without_missing(values: Any, ids: Any) -> Any:
    """`ids`, but -1 where the values are "" or -1, which stand for nothing."""
    nothing = ops.equal(values, b"" if values.dtype.is_string else -1)
    return ops.where(nothing, -ops.ones_like(ids), ids)


def elementwise(function: Callable[[Any], Any], values: Any) -> Any:
    """An int64 tensor of the shape of `values`, computed by a function of arrays."""
    result = py_func(function, [values], int64)
    result.set_shape(values.shape)
    return result


def checked_ids(values: Any, upper: int, what: str, hint: str) -> Any:
    """`values`, after a check in every run that all are whole numbers from 0 to upper - 1; ArgumentError names one."""

    def check(array: np.ndarray) -> np.ndarray:
        wrong = array[(array < 0) | (array >= upper)]
        if wrong.size:
            raise ArgumentError(f"{what}: {wrong.flat[0]}", rule=f"from 0 to {upper - 1}", hint=hint)
        return array

    return elementwise(check, ops.cast(values, int64))


def vocabulary_ids(values: Any, vocabulary: Any, missing: int = -1) -> Any:
    """The place of each value in a vocabulary, `missing` for those that are not in it."""
    words = np.asarray(as_array(list(vocabulary), string if values.dtype.is_string else "int64"))
    order = np.argsort(words, kind="stable")
    ordered = words[order]

    def find(array: np.ndarray) -> np.ndarray:
        places = np.minimum(np.searchsorted(ordered, array), len(ordered) - 1)
        return np.where(np.asarray(ordered[places] == array, bool), order[places], missing).astype(np.int64)

    return elementwise(find, values)


def checked_key(key: Any, call: str) -> str:
    if not isinstance(key, str):
        raise ArgumentError(f"{call}({key!r})", rule="key is the name of a feature, a string")
    return key
