"""`tf.feature_column`: how named features, numbers and categories, become the input of a model.

A column that is dense gives numbers (batch, width) and goes into `input_layer`. A categorical column gives category
numbers (batch, k), with -1 where an example has fewer than k categories; `indicator_column` and `embedding_column` make
it dense, and `linear_model` takes both kinds.
"""

from __future__ import annotations

import re
from typing import Any

from deepkit import ops
from deepkit.core.collections import GraphKeys
from deepkit.core.graph import default_graph
from deepkit.errors import ArgumentError, check_choice
from deepkit.v1 import initializers
from deepkit.v1.feature_column.base import CategoricalColumn, DenseColumn, FeatureColumn
from deepkit.v1.feature_column.categories import (
    categorical_column_with_hash_bucket,
    categorical_column_with_identity,
    categorical_column_with_vocabulary_list,
)
from deepkit.v1.feature_column.crossed import crossed_column
from deepkit.v1.feature_column.dense import COMBINERS, column_variable, combined, embedding_column, indicator_column
from deepkit.v1.feature_column.numbers import bucketized_column, numeric_column
from deepkit.v1.framework.scopes import variable_scope

__all__ = [
    "bucketized_column", "categorical_column_with_hash_bucket", "categorical_column_with_identity",
    "categorical_column_with_vocabulary_list", "crossed_column", "embedding_column", "indicator_column",
    "input_layer", "linear_model", "numeric_column",
]


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
) -> Any:
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
) -> Any:
    """The weighted sum of all columns and a bias: (batch, units). All weights start at zero.

    Variables `<column>/weights`, of shape (width or num_buckets, units), and `bias_weights`.
    """
    check_choice("linear_model: sparse_combiner", sparse_combiner, COMBINERS)
    columns = _listed(feature_columns, FeatureColumn, "tf.feature_column.numeric_column(...)")
    with variable_scope(None, "linear_model"):
        sums = []
        for column in columns:
            with variable_scope(None, _scope_of(column)) as scope:
                if isinstance(column, CategoricalColumn):
                    weights = column_variable("weights", [column.num_buckets, units], initializers.zeros(), trainable)
                    sums.append(combined(weights, column.ids(features), column.combiner or sparse_combiner))
                else:
                    dense = column.dense(features, trainable)
                    weights = column_variable("weights", [column.width, units], initializers.zeros(), trainable)
                    sums.append(ops.matmul(dense, weights))
                _report(cols_to_vars, column, scope)
        bias = column_variable("bias_weights", [units], initializers.zeros(), trainable)
        if cols_to_vars is not None:
            cols_to_vars["bias"] = [bias]
        return ops.bias_add(ops.add_n(sums) if len(sums) > 1 else sums[0], bias)
