"""Ready-made estimators: linear models and multilayer perceptrons for classes and for numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from deepkit.errors import ArgumentError
from deepkit.train import AdagradOptimizer, AdamOptimizer, FtrlOptimizer, GradientDescentOptimizer, RMSPropOptimizer
from deepkit.v1 import feature_column, layers, nn
from deepkit.v1.estimator._heads import Head, RegressionHead, classes_head, minimizer
from deepkit.v1.estimator._model import Estimator
from deepkit.v1.estimator._spec import ModeKeys
from deepkit.v1.framework.scopes import variable_scope
from deepkit.v1.initializers import glorot_uniform
from deepkit.v1.losses import Reduction

_BY_NAME = {
    "Adagrad": AdagradOptimizer, "Adam": AdamOptimizer, "Ftrl": FtrlOptimizer, "RMSProp": RMSPropOptimizer,
    "SGD": GradientDescentOptimizer,
}


def optimizer_of(optimizer: Any, learning_rate: float) -> Any:
    """An optimizer from its name, from a function that makes one, or as it is."""
    if isinstance(optimizer, str):
        if optimizer not in _BY_NAME:
            raise ArgumentError(
                f"optimizer={optimizer!r}", rule=", ".join(_BY_NAME), hint="tf.train.AdamOptimizer(0.001)"
            )
        return _BY_NAME[optimizer](learning_rate)
    made = optimizer() if callable(optimizer) else optimizer
    if not hasattr(made, "minimize"):
        raise ArgumentError(f"optimizer={optimizer!r}", rule="an optimizer, its name, or a function that makes one")
    return made


def units_of(hidden_units: Any) -> list[int]:
    """The sizes of the hidden layers, checked."""
    units = list(hidden_units) if isinstance(hidden_units, (list, tuple)) else [hidden_units]
    if not units or any(isinstance(n, bool) or not isinstance(n, int) or n < 1 for n in units):
        raise ArgumentError(
            f"hidden_units={hidden_units!r}", rule="one positive number for each hidden layer", hint="[300, 100]"
        )
    return units


def _features(features: Any) -> dict[str, Any]:
    if not isinstance(features, dict):
        raise ArgumentError(
            "the input function gives features without a name", rule="feature columns find a feature by its key",
            hint='numpy_input_fn({"x": X}, ...) with numeric_column("x", shape=[n])',
        )
    return features


def _perceptron(
    head: Head, hidden_units: Any, feature_columns: Any, optimizer: Any, activation: Any, dropout: float | None,
    batch_norm: bool,
) -> Callable[..., Any]:
    """The model function of a multilayer perceptron."""
    units = units_of(hidden_units)
    columns = list(feature_columns) if isinstance(feature_columns, (list, tuple, set)) else [feature_columns]

    def model_fn(features: Any, labels: Any, mode: str) -> Any:
        training = mode == ModeKeys.TRAIN
        with variable_scope("dnn"):
            with variable_scope("input_from_feature_columns"):
                net = feature_column.input_layer(_features(features), columns)
            for i, size in enumerate(units):
                with variable_scope(f"hiddenlayer_{i}") as scope:
                    net = layers.dense(net, size, activation, kernel_initializer=glorot_uniform(), name=scope)
                    if dropout is not None:
                        net = layers.dropout(net, dropout, training=training)
                    if batch_norm:
                        net = layers.batch_normalization(net, momentum=0.999, training=training, name=f"batchnorm_{i}")
            with variable_scope("logits") as scope:
                size = head.logits_dimension
                logits = layers.dense(net, size, None, kernel_initializer=glorot_uniform(), name=scope)
        return head.spec(features, mode, labels, logits, lambda loss: minimizer(optimizer_of(optimizer, 0.05))(loss))

    return model_fn


def _linear(head: Head, feature_columns: Any, optimizer: Any, sparse_combiner: str) -> Callable[..., Any]:
    """The model function of a linear model."""
    columns = list(feature_columns) if isinstance(feature_columns, (list, tuple, set)) else [feature_columns]

    def step(loss: Any) -> Any:
        if optimizer == "Ftrl":
            return minimizer(FtrlOptimizer(min(0.2, 1 / math.sqrt(len(columns)))))(loss)
        return minimizer(optimizer_of(optimizer, 0.2))(loss)

    def model_fn(features: Any, labels: Any, mode: str) -> Any:
        with variable_scope("linear"):
            logits = feature_column.linear_model(
                _features(features), columns, head.logits_dimension, sparse_combiner=sparse_combiner
            )
        return head.spec(features, mode, labels, logits, step)

    return model_fn


class DNNClassifier(Estimator):
    """A multilayer perceptron for n_classes classes: dense hidden layers, relu between them.

    optimizer: an optimizer, its name (Adagrad with 0.05), or a function that makes one. dropout: the share of hidden
    outputs that training leaves out. The loss is the sum of the cross-entropies of a batch. predict() gives for each
    example logits, probabilities, class_ids and classes (the same as strings); evaluate() accuracy, average_loss, ...
    """

    def __init__(
        self, hidden_units: Any, feature_columns: Any, model_dir: Any = None, n_classes: int = 2, weight_column: Any = None,
        label_vocabulary: Any = None, optimizer: Any = "Adagrad", activation_fn: Any = nn.relu,
        dropout: float | None = None, input_layer_partitioner: Any = None, config: Any = None, warm_start_from: Any = None,
        loss_reduction: str = Reduction.SUM, batch_norm: bool = False,
    ):
        head = classes_head(n_classes, weight_column, label_vocabulary, loss_reduction)
        model_fn = _perceptron(head, hidden_units, feature_columns, optimizer, activation_fn, dropout, batch_norm)
        super().__init__(model_fn, model_dir, config, None, warm_start_from)


class DNNRegressor(Estimator):
    """A multilayer perceptron for label_dimension numbers; the loss is the sum of the squared errors of a batch.

    predict() gives `predictions` (label_dimension,) for each example.
    """

    def __init__(
        self, hidden_units: Any, feature_columns: Any, model_dir: Any = None, label_dimension: int = 1,
        weight_column: Any = None, optimizer: Any = "Adagrad", activation_fn: Any = nn.relu, dropout: float | None = None,
        input_layer_partitioner: Any = None, config: Any = None, warm_start_from: Any = None,
        loss_reduction: str = Reduction.SUM, batch_norm: bool = False,
    ):
        head = RegressionHead(label_dimension, weight_column, loss_reduction)
        model_fn = _perceptron(head, hidden_units, feature_columns, optimizer, activation_fn, dropout, batch_norm)
        super().__init__(model_fn, model_dir, config, None, warm_start_from)


class LinearClassifier(Estimator):
    """Logistic (softmax) regression on feature columns, numeric and categorical.

    The default optimizer is FTRL with the learning rate min(0.2, 1 / sqrt(number of columns)).
    """

    def __init__(
        self, feature_columns: Any, model_dir: Any = None, n_classes: int = 2, weight_column: Any = None,
        label_vocabulary: Any = None, optimizer: Any = "Ftrl", config: Any = None, partitioner: Any = None,
        warm_start_from: Any = None, loss_reduction: str = Reduction.SUM, sparse_combiner: str = "sum",
    ):
        head = classes_head(n_classes, weight_column, label_vocabulary, loss_reduction)
        super().__init__(
            _linear(head, feature_columns, optimizer, sparse_combiner), model_dir, config, None, warm_start_from
        )


class LinearRegressor(Estimator):
    """Linear regression on feature columns, by gradient steps on the sum of the squared errors of a batch."""

    def __init__(
        self, feature_columns: Any, model_dir: Any = None, label_dimension: int = 1, weight_column: Any = None,
        optimizer: Any = "Ftrl", config: Any = None, partitioner: Any = None, warm_start_from: Any = None,
        loss_reduction: str = Reduction.SUM, sparse_combiner: str = "sum",
    ):
        head = RegressionHead(label_dimension, weight_column, loss_reduction)
        super().__init__(
            _linear(head, feature_columns, optimizer, sparse_combiner), model_dir, config, None, warm_start_from
        )
