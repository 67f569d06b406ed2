"""`tf.feature_column`: how named features, numbers and categories, become the input of a model.

A column that is dense gives numbers (batch, width) and goes into `input_layer`. A categorical column gives category
numbers (batch, k), with -1 where an example has fewer than k categories; `indicator_column` and `embedding_column` make
it dense, and `linear_model` takes both kinds.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core.collections import GraphKeys
from deepkit.core.graph import default_graph
from deepkit.device.arrays import as_array
from deepkit.device.dtypes import as_dtype, float32, int64, string
from deepkit.errors import ArgumentError, DTypeError, ShapeError
from deepkit.ops.sparse import SparseTensor, sparse_tensor_to_dense
from deepkit.v1 import initializers
from deepkit.v1.control_flow import py_func
from deepkit.v1.scopes import get_variable, variable_scope
from deepkit.v1.symbolic import constant_of

__all__ = [
    "bucketized_column", "categorical_column_with_hash_bucket", "categorical_column_with_identity",
    "categorical_column_with_vocabulary_list", "embedding_column", "indicator_column", "input_layer", "linear_model",
    "numeric_column",
]  # fmt: skip

_COMBINERS = ("mean", "sqrtn", "sum")


# ---- what columns have in common


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

    def ids(self, features: dict[str, Any]) -> Any:
        """int64, (batch, k); -1 where there is none."""
        raise TypeError(f"{type(self).__name__} does not define ids")


def _raw(features: Any, key: str) -> Any:
    """The feature `key` as a tensor (batch, ...) with at least two axes."""
    if not isinstance(features, dict):
        raise ArgumentError(
            f"the features are {type(features).__name__}", rule="a dict: columns find their feature by its key",
            hint=f'{{"{key}": values}}',
        )  # fmt: skip
    if key not in features:
        near = difflib.get_close_matches(key, [k for k in features if isinstance(k, str)], n=1)
        raise ArgumentError(
            f"there is no feature {key!r}, which a feature column reads",
            rule=f"the input function gives: {', '.join(map(repr, features)) or 'nothing'}",
            hint=f"did you mean {near[0]!r}?" if near else "the key of the column is that of the dict of features",
        )
    value = features[key]
    if isinstance(value, SparseTensor):
        value = sparse_tensor_to_dense(value, b"" if value.dtype.is_string else -1)
    value = constant_of(value)
    if value.shape.rank == 0:
        raise ShapeError(f"feature {key!r} is a single value", rule="(batch,) or (batch, n)", hint="[value]")
    return ops.expand_dims(value, -1) if value.shape.rank == 1 else value


def _categories(features: Any, key: str, dtype: Any) -> Any:
    """The feature `key` as categories (batch, k): strings, or int64."""
    value = _raw(features, key)
    if value.dtype.is_string != (dtype is string) or not (value.dtype.is_string or value.dtype.is_integer):
        raise DTypeError(
            f"feature {key!r} is {value.dtype.name}", rule=f"its categorical column is for {dtype.name}",
            hint="dtype=tf.int64 for categories that are numbers, tf.string for words",
        )  # fmt: skip
    if value.shape.rank not in (2, None):
        raise ShapeError(f"feature {key!r} has shape {value.shape}", rule="categories are (batch,) or (batch, k)")
    return value if dtype is string else ops.cast(value, int64)


def _kept(values: Any, ids: Any) -> Any:
    """`ids`, but -1 where the values are "" or -1, which stand for nothing."""
    nothing = ops.equal(values, b"" if values.dtype.is_string else -1)
    return ops.where(nothing, -ops.ones_like(ids), ids)


def _elementwise(function: Callable[[Any], Any], values: Any) -> Any:
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

    return _elementwise(check, ops.cast(values, int64))


def vocabulary_ids(values: Any, vocabulary: Any, missing: int = -1) -> Any:
    """The place of each value in a vocabulary, `missing` for those that are not in it."""
    words = np.asarray(as_array(list(vocabulary), string if values.dtype.is_string else "int64"))
    order = np.argsort(words, kind="stable")
    ordered = words[order]

    def find(array: np.ndarray) -> np.ndarray:
        places = np.minimum(np.searchsorted(ordered, array), len(ordered) - 1)
        return np.where(np.asarray(ordered[places] == array, bool), order[places], missing).astype(np.int64)

    return _elementwise(find, values)


def _key(key: Any, call: str) -> str:
    if not isinstance(key, str):
        raise ArgumentError(f"{call}({key!r})", rule="key is the name of a feature, a string")
    return key


# ---- numbers


@dataclass(frozen=True)
class NumericColumn(DenseColumn):
    """Numbers as they are, or after normalizer_fn."""

    key: str
    shape: tuple[int, ...] = (1,)
    normalizer_fn: Callable[[Any], Any] | None = None

    @property
    def name(self) -> str:  # type: ignore[override]
        return self.key

    @property
    def width(self) -> int:  # type: ignore[override]
        return math.prod(self.shape)

    def dense(self, features: dict[str, Any], trainable: bool = True) -> Any:
        value = _raw(features, self.key)
        if not (value.dtype.is_floating or value.dtype.is_integer or value.dtype.is_bool):
            raise DTypeError(
                f"feature {self.key!r} is {value.dtype.name}", rule="a numeric column is for numbers",
                hint="categorical_column_with_vocabulary_list for words",
            )  # fmt: skip
        dims = value.shape.dims
        if dims is not None and None not in dims[1:] and math.prod(d or 0 for d in dims[1:]) != self.width:
            raise ShapeError(
                f"feature {self.key!r} has shape {value.shape}, but its numeric column has shape {self.shape}",
                rule="(batch, *shape)", hint=f'numeric_column("{self.key}", shape={list(dims[1:])})',
            )  # fmt: skip
        value = value if self.normalizer_fn is None else self.normalizer_fn(value)
        return ops.reshape(ops.cast(value, float32), [-1, self.width])


def numeric_column(
    key: str, shape: Any = (1,), default_value: Any = None, dtype: Any = float32,
    normalizer_fn: Callable[[Any], Any] | None = None,
) -> NumericColumn:  # fmt: skip
    """The feature `key` as numbers: `shape` numbers for each example, each first put through normalizer_fn.

    default_value and dtype concern files of examples and do nothing here.

    >>> numeric_column("height").width, numeric_column("image", shape=[28, 28]).width
    (1, 784)
    """
    dims = tuple(int(d) for d in (shape if isinstance(shape, Iterable) else [shape]))
    if not all(d > 0 for d in dims):
        raise ArgumentError(f"numeric_column: shape={shape!r}", rule="positive dimensions")
    if normalizer_fn is not None and not callable(normalizer_fn):
        raise ArgumentError(
            f"numeric_column: normalizer_fn={normalizer_fn!r}", rule="a function", hint="lambda x: x / 255"
        )
    return NumericColumn(_key(key, "numeric_column"), dims, normalizer_fn)


@dataclass(frozen=True)
class BucketizedColumn(DenseColumn, CategoricalColumn):
    """The interval that a number lies in; dense it is one-hot."""

    source_column: NumericColumn
    boundaries: tuple[float, ...]

    @property
    def name(self) -> str:  # type: ignore[override]
        return f"{self.source_column.name}_bucketized"

    @property
    def num_buckets(self) -> int:  # type: ignore[override]
        return (len(self.boundaries) + 1) * self.source_column.width

    width = num_buckets  # type: ignore[assignment]

    def _buckets(self, features: dict[str, Any]) -> Any:
        """For each number how many boundaries are not above it."""
        numbers = ops.expand_dims(self.source_column.dense(features), -1)
        reached = ops.greater_equal(numbers, np.array(self.boundaries, np.float32))
        return ops.reduce_sum(ops.cast(reached, int64), -1)

    def ids(self, features: dict[str, Any]) -> Any:
        first = np.arange(self.source_column.width, dtype=np.int64) * (len(self.boundaries) + 1)
        return self._buckets(features) + first

    def dense(self, features: dict[str, Any], trainable: bool = True) -> Any:
        return ops.reshape(ops.one_hot(self._buckets(features), len(self.boundaries) + 1), [-1, self.width])


def bucketized_column(source_column: NumericColumn, boundaries: Any) -> BucketizedColumn:
    """The interval that a number lies in: with boundaries [0, 10] below 0, from 0 to below 10, or from 10 on."""
    if not isinstance(source_column, NumericColumn) or len(source_column.shape) > 1:
        raise ArgumentError(
            f"bucketized_column({source_column!r})",
            rule="made from a numeric column with one axis",
            hint="numeric_column",
        )
    limits = tuple(boundaries)
    if not limits or any(b <= a for a, b in zip(limits, limits[1:], strict=False)):
        raise ArgumentError(f"bucketized_column: boundaries {list(limits)}", rule="each is larger than the one before")
    return BucketizedColumn(source_column, limits)


# ---- categories


@dataclass(frozen=True)
class VocabularyColumn(CategoricalColumn):
    """Categories from a list; what is not in it goes to a bucket of its own or nowhere."""

    key: str
    vocabulary: tuple[Any, ...]
    dtype: Any
    default_value: int = -1
    num_oov_buckets: int = 0

    @property
    def name(self) -> str:  # type: ignore[override]
        return self.key

    @property
    def num_buckets(self) -> int:  # type: ignore[override]
        return len(self.vocabulary) + self.num_oov_buckets

    def ids(self, features: dict[str, Any]) -> Any:
        values = _categories(features, self.key, self.dtype)
        ids = vocabulary_ids(values, self.vocabulary, self.default_value)
        if self.num_oov_buckets:
            others = _hashed(values, self.num_oov_buckets) + len(self.vocabulary)
            ids = ops.where(ops.less(ids, 0), others, ids)
        return _kept(values, ids)


def categorical_column_with_vocabulary_list(
    key: str, vocabulary_list: Any, dtype: Any = None, default_value: int = -1, num_oov_buckets: int = 0
) -> VocabularyColumn:
    """Categories from a list of words or whole numbers: the category is the place in the list.

    What is not in the list becomes default_value (-1: nothing), or one of num_oov_buckets more categories, by its hash.
    "" and -1 stand for nothing.
    """
    words = tuple(w.decode() if isinstance(w, bytes) else w for w in vocabulary_list)
    if not words or len(set(words)) < len(words):
        raise ArgumentError(
            f"categorical_column_with_vocabulary_list({key!r}): {list(words)[:10]}", rule="at least one word, each once"
        )
    if default_value != -1 and num_oov_buckets:
        raise ArgumentError("default_value and num_oov_buckets exclude each other", hint="leave one of them out")
    kind = string if isinstance(words[0], str) else int64
    if (kind is string) != all(isinstance(w, str) for w in words) or (
        dtype is not None and as_dtype(dtype).is_string != (kind is string)
    ):
        raise DTypeError(f"vocabulary of {key!r}: {list(words)[:10]}, dtype {dtype}", rule="all words, or all numbers")
    key = _key(key, "categorical_column_with_vocabulary_list")
    return VocabularyColumn(key, words, kind, int(default_value), int(num_oov_buckets))


def _hashed(values: Any, buckets: int) -> Any:
    text = values if values.dtype.is_string else ops.as_string(values)
    return ops.string_to_hash_bucket_fast(text, buckets)


@dataclass(frozen=True)
class HashedColumn(CategoricalColumn):
    """Categories without a list: the hash of the word, modulo the number of buckets."""

    key: str
    num_buckets: int
    dtype: Any = string

    @property
    def name(self) -> str:  # type: ignore[override]
        return self.key

    def ids(self, features: dict[str, Any]) -> Any:
        values = _categories(features, self.key, self.dtype)
        return _kept(values, _hashed(values, self.num_buckets))


def categorical_column_with_hash_bucket(key: str, hash_bucket_size: int, dtype: Any = string) -> HashedColumn:
    """Categories without a list: FarmHash of the word (or of the number as text) modulo hash_bucket_size."""
    if int(hash_bucket_size) < 1:
        raise ArgumentError(f"hash_bucket_size={hash_bucket_size}", rule="at least 1")
    kind = as_dtype(dtype)
    if not (kind.is_string or kind.is_integer):
        raise DTypeError(f"categorical_column_with_hash_bucket: {kind.name}", rule="strings or integers")
    key = _key(key, "categorical_column_with_hash_bucket")
    return HashedColumn(key, int(hash_bucket_size), string if kind.is_string else int64)


@dataclass(frozen=True)
class IdentityColumn(CategoricalColumn):
    """Categories that are numbers from 0 on already."""

    key: str
    num_buckets: int
    default_value: int | None = None

    @property
    def name(self) -> str:  # type: ignore[override]
        return self.key

    def ids(self, features: dict[str, Any]) -> Any:
        values = _categories(features, self.key, int64)
        nothing = ops.equal(values, -1)
        if self.default_value is None:
            hint = f"num_buckets, now {self.num_buckets}, or default_value for numbers outside"
            inside = ops.where(nothing, ops.zeros_like(values), values)
            ids = checked_ids(inside, self.num_buckets, f"feature {self.key!r}", hint)
        else:
            outside = ops.logical_or(ops.less(values, 0), ops.greater_equal(values, self.num_buckets))
            ids = ops.where(outside, ops.ones_like(values) * self.default_value, values)
        return _kept(values, ids)


def categorical_column_with_identity(key: str, num_buckets: int, default_value: int | None = None) -> IdentityColumn:
    """Categories that are numbers from 0 to num_buckets - 1; others become default_value, or are an error without one."""
    if int(num_buckets) < 1 or (default_value is not None and not 0 <= default_value < num_buckets):
        raise ArgumentError(
            f"num_buckets={num_buckets}, default_value={default_value}", rule="1 <= num_buckets, default_value below it"
        )
    return IdentityColumn(_key(key, "categorical_column_with_identity"), int(num_buckets), default_value)


# ---- categories made dense


def _categorical(column: Any, call: str) -> CategoricalColumn:
    if not isinstance(column, CategoricalColumn):
        raise ArgumentError(
            f"{call}({column!r})", rule="made from a categorical column", hint="categorical_column_with_..."
        )
    return column


@dataclass(frozen=True)
class IndicatorColumn(DenseColumn):
    """How often each category occurs in an example: one-hot if it is one."""

    categorical_column: CategoricalColumn

    @property
    def name(self) -> str:  # type: ignore[override]
        return f"{self.categorical_column.name}_indicator"

    @property
    def width(self) -> int:  # type: ignore[override]
        return self.categorical_column.num_buckets

    def dense(self, features: dict[str, Any], trainable: bool = True) -> Any:
        return ops.reduce_sum(ops.one_hot(self.categorical_column.ids(features), self.width), 1)


def indicator_column(categorical_column: CategoricalColumn) -> IndicatorColumn:
    """A categorical column as numbers (batch, num_buckets): how often each category occurs."""
    return IndicatorColumn(_categorical(categorical_column, "indicator_column"))


@dataclass(frozen=True)
class EmbeddingColumn(DenseColumn):
    """A trained vector for each category."""

    categorical_column: CategoricalColumn
    width: int
    combiner: str = "mean"
    initializer: Any = None
    max_norm: float | None = None
    trainable: bool = True

    @property
    def name(self) -> str:  # type: ignore[override]
        return f"{self.categorical_column.name}_embedding"

    def dense(self, features: dict[str, Any], trainable: bool = True) -> Any:
        ids = self.categorical_column.ids(features)
        start = self.initializer or initializers.truncated_normal(0.0, 1 / math.sqrt(self.width))
        shape = [self.categorical_column.num_buckets, self.width]
        table = _variable("embedding_weights", shape, start, trainable and self.trainable)
        return _combined(table, ids, self.combiner, self.max_norm)


def embedding_column(
    categorical_column: CategoricalColumn, dimension: int, combiner: str = "mean", initializer: Any = None,
    ckpt_to_load_from: Any = None, tensor_name_in_ckpt: Any = None, max_norm: float | None = None, trainable: bool = True,
) -> EmbeddingColumn:  # fmt: skip
    """A categorical column as a trained vector (batch, dimension).

    combiner: how the vectors of several categories of one example become one: mean, sqrtn (the sum divided by the root
    of their number) or sum. An example without any gets zeros. Initializer: a truncated normal with 1 / sqrt(dimension).
    """
    if int(dimension) < 1 or combiner not in _COMBINERS:
        raise ArgumentError(
            f"embedding_column: dimension={dimension}, combiner={combiner!r}",
            rule=f"dimension at least 1, combiner one of {', '.join(_COMBINERS)}",
        )
    if ckpt_to_load_from is not None:
        raise ArgumentError("embedding_column: ckpt_to_load_from is not supported", hint="initializer=...")
    source = _categorical(categorical_column, "embedding_column")
    return EmbeddingColumn(source, int(dimension), combiner, initializer, max_norm, trainable)


def _combined(table: Any, ids: Any, combiner: str, max_norm: float | None = None) -> Any:
    """The rows of table (n, size) that ids (batch, k) name, added up for each example; -1 names none."""
    present = ops.cast(ops.greater_equal(ids, 0), float32)
    rows = ops.embedding_lookup(table, ops.maximum(ids, 0), max_norm=max_norm)
    total = ops.reduce_sum(rows * ops.expand_dims(present, -1), 1)
    if combiner == "sum":
        return total
    count = ops.maximum(ops.reduce_sum(present, 1, keepdims=True), 1.0)
    return total / (ops.sqrt(count) if combiner == "sqrtn" else count)


def _variable(name: str, shape: Any, initializer: Any, trainable: bool) -> Any:
    collections = [GraphKeys.GLOBAL_VARIABLES, GraphKeys.MODEL_VARIABLES]
    return get_variable(name, shape, float32, initializer, trainable=trainable, collections=collections)


# ---- models' first layers


def _listed(feature_columns: Any, kind: type[FeatureColumn], hint: str) -> list[Any]:
    """The columns in the order of their names, each checked."""
    single = isinstance(feature_columns, FeatureColumn)
    columns = [feature_columns] if single else list(feature_columns or [])
    for column in columns:
        if not isinstance(column, kind):
            raise ArgumentError(f"{column!r} among the feature columns", rule=f"each is a {kind.__name__}", hint=hint)
    if not columns:
        raise ArgumentError(
            "there are no feature columns", hint='feature_columns=[tf.feature_column.numeric_column("x")]'
        )
    names = [column.name for column in columns]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ArgumentError(f"two feature columns are called {twice!r}", rule="each name once: variables go by it")
    return sorted(columns, key=lambda column: column.name)


def input_layer(
    features: dict[str, Any], feature_columns: Any, weight_collections: Any = None, trainable: bool = True,
    cols_to_vars: dict[Any, Any] | None = None, cols_to_output_tensors: dict[Any, Any] | None = None,
) -> Any:  # fmt: skip
    """All dense columns side by side, in the order of their names: (batch, sum of their widths).

    features: key -> tensor (batch,) or (batch, n). The dicts cols_to_... are filled, if given.

    >>> import deepkit.v1 as tf
    >>> colour = categorical_column_with_vocabulary_list("colour", ["red", "green"])
    >>> with tf.Graph().as_default(), tf.Session() as sess:
    ...     x = input_layer({"colour": ["green", "red"], "size": [3.0, 4.0]}, [numeric_column("size"), indicator_column(colour)])
    ...     print(sess.run(x))
    [[0. 1. 3.]
     [1. 0. 4.]]
    """
    hint = "wrap a categorical column: embedding_column(column, dimension) or indicator_column(column)"
    columns = _listed(feature_columns, DenseColumn, hint)
    with variable_scope(None, "input_layer"):
        outputs = []
        for column in columns:
            with variable_scope(None, _scope_of(column)) as scope:
                outputs.append(column.dense(features, trainable))
                _report(cols_to_vars, column, scope)
                if cols_to_output_tensors is not None:
                    cols_to_output_tensors[column] = outputs[-1]
        return ops.concat(outputs, 1)


def _scope_of(column: FeatureColumn) -> str:
    return re.sub(r"[^A-Za-z0-9_.\-]", "_", column.name) or "feature"


def _report(cols_to_vars: dict[Any, Any] | None, key: Any, scope: Any) -> None:
    if cols_to_vars is not None:
        cols_to_vars[key] = default_graph().get_collection(GraphKeys.GLOBAL_VARIABLES, f"{scope.name}/")


def linear_model(
    features: dict[str, Any], feature_columns: Any, units: int = 1, sparse_combiner: str = "sum",
    weight_collections: Any = None, trainable: bool = True, cols_to_vars: dict[Any, Any] | None = None,
) -> Any:  # fmt: skip
    """The weighted sum of all columns and a bias: (batch, units). All weights start at zero.

    Variables `<column>/weights`, of shape (width or num_buckets, units), and `bias_weights`.
    """
    if sparse_combiner not in _COMBINERS:
        raise ArgumentError(f"linear_model: sparse_combiner={sparse_combiner!r}", rule=", ".join(_COMBINERS))
    columns = _listed(feature_columns, FeatureColumn, "tf.feature_column.numeric_column(...)")
    with variable_scope(None, "linear_model"):
        sums = []
        for column in columns:
            with variable_scope(None, _scope_of(column)) as scope:
                if isinstance(column, CategoricalColumn):
                    weights = _variable("weights", [column.num_buckets, units], initializers.zeros(), trainable)
                    sums.append(_combined(weights, column.ids(features), sparse_combiner))
                else:
                    dense = column.dense(features, trainable)
                    weights = _variable("weights", [column.width, units], initializers.zeros(), trainable)
                    sums.append(ops.matmul(dense, weights))
                _report(cols_to_vars, column, scope)
        bias = _variable("bias_weights", [units], initializers.zeros(), trainable)
        if cols_to_vars is not None:
            cols_to_vars["bias"] = [bias]
        return ops.bias_add(ops.add_n(sums) if len(sums) > 1 else sums[0], bias)
