"""The estimators of TensorFlow before 1.4, which take arrays and a batch size."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from deepkit import ops
from deepkit.errors import ArgumentError
from deepkit.train import AdagradOptimizer, FtrlOptimizer, clip_by_global_norm
from deepkit.v1 import estimator as _estimator
from deepkit.v1 import feature_column, nn
from deepkit.v1.contrib import layers
from deepkit.v1.contrib.learn._metric_specs import metric_ops
from deepkit.v1.contrib.learn.monitors import ValidationMonitor, apart
from deepkit.v1.estimator import EstimatorSpec
from deepkit.v1.estimator._canned import optimizer_of, units_of
from deepkit.v1.estimator._heads import Head, RegressionHead, classes_head
from deepkit.v1.estimator.inputs import numpy_input_fn
from deepkit.v1.feature_column.numbers import NumericColumn
from deepkit.v1.framework.scopes import variable_scope
from deepkit.v1.losses import Reduction
from deepkit.v1.train import get_global_step

_ONLY = ""  # the key of features that are one array


class ModeKeys(_estimator.ModeKeys):
    """What a model is made for; to predict is also called to infer."""

    INFER = _estimator.ModeKeys.PREDICT


class RunConfig(_estimator.RunConfig):
    """Settings of an estimator; the seed is 1 unless another one is given."""

    def __init__(self, model_dir: Any = None, tf_random_seed: int | None = 1, **settings: Any):
        super().__init__(model_dir, tf_random_seed, **settings)


class ModelFnOps(NamedTuple):
    """What a model function of contrib.learn returns (or just predictions, loss and train_op)."""

    mode: str
    predictions: Any = None
    loss: Any = None
    train_op: Any = None
    eval_metric_ops: Any = None


def infer_real_valued_columns_from_input(x: Any) -> list[NumericColumn]:
    """The feature columns of an array (examples, n): one column of n numbers.

    >>> import numpy as np
    >>> infer_real_valued_columns_from_input(np.zeros([5, 3]))[0].width
    3
    """
    array = np.asarray(x)
    if array.ndim < 1 or array.dtype.kind not in "biuf":
        raise ArgumentError(
            f"infer_real_valued_columns_from_input of an array of {array.dtype}, shape {array.shape}",
            rule="numbers, one row for each example",
        )
    return [feature_column.numeric_column(_ONLY, shape=array.shape[1:] or [1])]


def _input_fn(x: Any, y: Any, input_fn: Any, batch_size: int | None, epochs: int | None, shuffle: bool) -> Any:
    """The input function that is given, or one that hands out x and y."""
    if (input_fn is None) == (x is None):
        raise ArgumentError("exactly one of x and input_fn is needed", hint="fit(x, y, steps=1000)")
    if input_fn is not None:
        return input_fn
    features = {k: np.asarray(v) for k, v in x.items()} if isinstance(x, dict) else np.asarray(x)
    labels = y if y is None or isinstance(y, dict) else np.asarray(y)
    size = batch_size or len(next(iter(features.values())) if isinstance(features, dict) else features)
    return numpy_input_fn(features, labels, size, epochs, shuffle)


def _named(features: Any) -> dict[str, Any]:
    return features if isinstance(features, dict) else {_ONLY: features}


class Estimator:
    """A model function and the values of its variables, with fit, evaluate and predict.

    model_fn(features, targets, mode, params, config), the last three only if it takes them, returns ModelFnOps or
    (predictions, loss, train_op).
    """

    def __init__(
        self, model_fn: Callable[..., Any], model_dir: Any = None, config: Any = None, params: Any = None,
        feature_engineering_fn: Any = None,
    ):
        accepted = inspect.signature(model_fn).parameters

        def build(features: Any, labels: Any, mode: str, config: Any) -> EstimatorSpec:
            if feature_engineering_fn is not None:
                features, labels = feature_engineering_fn(features, labels)
            given = {"mode": mode, "params": params, "config": config}
            made = model_fn(features, labels, **{k: v for k, v in given.items() if k in accepted})
            if isinstance(made, EstimatorSpec):
                return self._measured(made, features, labels)
            if not isinstance(made, tuple) or len(made) not in (3, 5):
                raise ArgumentError(f"model_fn returned {type(made).__name__}", rule="predictions, loss, train_op")
            parts = made if isinstance(made, ModelFnOps) else ModelFnOps(mode, *made)
            spec = EstimatorSpec(mode, parts.predictions, parts.loss, parts.train_op, parts.eval_metric_ops)
            return self._measured(spec, features, labels)

        self._metrics: Mapping[Any, Any] = {}
        self._core = _estimator.Estimator(build, model_dir, config or RunConfig())

    def _measured(self, spec: EstimatorSpec, features: Any, labels: Any) -> EstimatorSpec:
        """With the metrics that a call of evaluate asks for."""
        if spec.mode != ModeKeys.EVAL or not self._metrics:
            return spec
        further = metric_ops(self._metrics, spec.predictions, labels, features)
        return spec._replace(eval_metric_ops={**spec.eval_metric_ops, **further})

    @property
    def model_dir(self) -> Any:
        """The folder of the checkpoints, or None."""
        return self._core.model_dir

    @property
    def config(self) -> Any:
        """A copy of the settings."""
        return self._core.config

    def get_variable_names(self) -> list[str]:
        """The names of all variables."""
        return self._core.get_variable_names()

    def get_variable_value(self, name: str) -> np.ndarray:
        """A copy of one variable's value."""
        return self._core.get_variable_value(name)

    def fit(
        self, x: Any = None, y: Any = None, input_fn: Any = None, steps: int | None = None, batch_size: int | None = None,
        monitors: Any = None, max_steps: int | None = None,
    ) -> Estimator:
        """Trains for `steps` more steps, or until max_steps; batches are drawn in random order, epoch after epoch.

        A ValidationMonitor among the monitors is asked every so many steps, and may end the training.
        """
        if steps is None and max_steps is None and input_fn is None:
            raise ArgumentError(
                "fit without a number of steps", rule="arrays are gone through for ever", hint="steps=1000"
            )
        batches = _input_fn(x, y, input_fn, batch_size, None, True)
        if any(isinstance(monitor, ValidationMonitor) for monitor in monitors or ()):
            self._train_watched(batches, monitors, steps, max_steps)
        else:
            self._core.train(batches, monitors, steps, max_steps)
        return self

    def _train_watched(self, batches: Any, watching: Sequence[Any], steps: int | None, max_steps: int | None) -> None:
        """Trains for a while, asks the monitors, and goes on until the last step or the first monitor that ends it."""
        monitors, hooks = apart(watching)
        done = self._core.steps_done()
        last = max_steps if steps is None else done + steps
        if last is None:
            raise ArgumentError("fit with a ValidationMonitor, without a number of steps", hint="steps=1000")
        every = min(monitor.every_n_steps for monitor in monitors)
        while done < last and not any(monitor.ends_training for monitor in monitors):
            done = min(done + every, last)
            self._core.train(batches, hooks, None, done)
            for monitor in monitors:
                monitor.look(self, done)

    partial_fit = fit

    def evaluate(
        self, x: Any = None, y: Any = None, input_fn: Any = None, feed_fn: Any = None, batch_size: int | None = None,
        steps: int | None = None, metrics: Any = None, name: str | None = None, checkpoint_path: Any = None, hooks: Any = None,
    ) -> dict[str, Any]:
        """loss, accuracy and global_step over one pass through x and y (or `steps` batches), and the metrics by name.

        metrics: name -> MetricSpec or a function of (predictions, labels), or (name, key of the predictions) -> function.
        """
        if feed_fn is not None:
            raise ArgumentError("evaluate: feed_fn is not supported", hint="input_fn, or arrays x and y")
        batches = _input_fn(x, y, input_fn, batch_size, 1, False)
        self._metrics = metrics or {}
        try:
            return self._core.evaluate(batches, steps, hooks, checkpoint_path, name)
        finally:
            self._metrics = {}

    def predict(
        self, x: Any = None, input_fn: Any = None, batch_size: int | None = None, outputs: Any = None,
        as_iterable: bool = True,
    ) -> Any:
        """The predictions, one example after the other; as arrays of all examples with as_iterable=False."""
        batches = _input_fn(x, None, input_fn, batch_size, 1, False)
        if as_iterable:
            return self._core.predict(batches, outputs)
        return _joined(list(self._core.predict(batches, outputs, yield_single_examples=False)))


def _joined(batches: list[Any]) -> Any:
    """Arrays of all examples from those of the batches."""
    if isinstance(batches[0], dict):
        return {key: np.concatenate([batch[key] for batch in batches]) for key in batches[0]}
    return np.concatenate(batches)


class SKCompat:
    """An estimator of this module with the calls of scikit-learn: fit, predict and score take arrays."""

    def __init__(self, estimator: Estimator):
        if not isinstance(estimator, Estimator):
            raise ArgumentError(
                f"SKCompat({type(estimator).__name__})", rule="wraps an estimator of tf.contrib.learn",
                hint="tf.contrib.learn.DNNClassifier; a tf.estimator takes an input_fn instead of arrays",
            )
        self._estimator = estimator

    def fit(
        self, x: Any, y: Any, batch_size: int = 128, steps: int | None = None, max_steps: int | None = None,
        monitors: Any = None,
    ) -> SKCompat:
        """Trains for `steps` more steps, or until max_steps, on batches of x and y."""
        self._estimator.fit(x, y, None, steps, batch_size, monitors, max_steps)
        return self

    def score(
        self,
        x: Any,
        y: Any,
        batch_size: int = 128,
        steps: int | None = None,
        metrics: Any = None,
        name: str | None = None,
    ) -> dict[str, Any]:
        """loss, accuracy and global_step."""
        return self._estimator.evaluate(x, y, None, None, batch_size, steps, metrics, name)

    def predict(self, x: Any, batch_size: int = 128, outputs: Any = None) -> Any:
        """Arrays of all examples: of a classifier classes (n,), probabilities (n, n_classes) and logits."""
        batches = _input_fn(x, None, None, batch_size, 1, False)
        return _joined(list(self._estimator._core.predict(batches, outputs, yield_single_examples=False)))


class _Canned(Estimator):
    """Base of the ready-made models: a head on logits, the mean loss, flat predictions."""

    def __init__(
        self,
        head: Head,
        logits_of: Callable[..., Any],
        optimizer: Callable[[], Any],
        clip: float | None,
        **settings: Any,
    ):
        def minimize(loss: Any) -> Any:
            rule = optimizer()
            grads: Any
            grads, variables = zip(*rule.compute_gradients(loss), strict=True)
            if clip is not None:
                grads = clip_by_global_norm(list(grads), clip)[0]
            return rule.apply_gradients(zip(grads, variables, strict=True), get_global_step())

        def model_fn(features: Any, labels: Any, mode: str) -> EstimatorSpec:
            features = _named(features)
            logits = logits_of(features, mode == ModeKeys.TRAIN)
            spec = head.spec(features, mode, labels, logits, minimize)
            metrics = {k: v for k, v in spec.eval_metric_ops.items() if k != "average_loss"}
            return spec._replace(predictions=self._flat(spec.predictions), eval_metric_ops=metrics)

        super().__init__(model_fn, **settings)

    def _flat(self, predictions: dict[str, Any]) -> dict[str, Any]:
        if "class_ids" not in predictions:
            return {"scores": ops.squeeze(predictions["predictions"], [1])}
        flat: dict[str, Any] = {
            key: predictions[key] for key in ("logits", "probabilities", "logistic") if key in predictions
        }
        return {"classes": ops.squeeze(predictions["class_ids"], [1]), **flat}


class _Classifier(_Canned):
    """Base of the two classifiers."""

    def predict(
        self, x: Any = None, input_fn: Any = None, batch_size: int | None = None, outputs: Any = None,
        as_iterable: bool = True,
    ) -> Any:
        """The classes as numbers, one after the other (or as an array); `outputs` names other predictions."""
        if outputs is not None:
            return super().predict(x, input_fn, batch_size, outputs, as_iterable)
        return self.predict_classes(x, input_fn, batch_size, as_iterable)

    def predict_classes(
        self, x: Any = None, input_fn: Any = None, batch_size: int | None = None, as_iterable: bool = True
    ) -> Any:
        """The classes as numbers."""
        return self._one("classes", x, input_fn, batch_size, as_iterable)

    def predict_proba(
        self, x: Any = None, input_fn: Any = None, batch_size: int | None = None, as_iterable: bool = True
    ) -> Any:
        """The probabilities of all classes."""
        return self._one("probabilities", x, input_fn, batch_size, as_iterable)

    def _one(self, key: str, x: Any, input_fn: Any, batch_size: Any, as_iterable: bool) -> Any:
        found = Estimator.predict(self, x, input_fn, batch_size, [key], as_iterable)
        return _picked(found, key) if as_iterable else found[key]


def _picked(rows: Iterator[dict[str, Any]], key: str) -> Iterator[Any]:
    for row in rows:
        yield row[key]


def _perceptron(head: Head, hidden_units: Any, columns: Any, activation: Any, dropout: float | None) -> Any:
    """logits(features, training) of a multilayer perceptron, with the variables dnn/hiddenlayer_0/weights, ..."""
    units = units_of(hidden_units)

    def logits_of(features: dict[str, Any], training: bool) -> Any:
        with variable_scope("dnn"):
            with variable_scope("input_from_feature_columns"):
                net = feature_column.input_layer(features, columns)
            for i, size in enumerate(units):
                net = layers.fully_connected(net, size, activation, scope=f"hiddenlayer_{i}")
                if dropout is not None:
                    net = layers.dropout(net, 1 - dropout, is_training=training)
            return layers.fully_connected(net, head.logits_dimension, None, scope="logits")

    return logits_of


def _straight(head: Head, columns: Any) -> Any:
    """logits(features, training) of a linear model."""

    def logits_of(features: dict[str, Any], training: bool) -> Any:
        with variable_scope("linear"):
            return feature_column.linear_model(features, columns, head.logits_dimension)

    return logits_of


def _columns(feature_columns: Any) -> list[Any]:
    return list(feature_columns) if isinstance(feature_columns, (list, tuple, set)) else [feature_columns]


def _refuse(**settings: Any) -> None:
    """ArgumentError for settings that are not offered, unless they are off."""
    for name, value in settings.items():
        if value is not None and value is not False:
            raise ArgumentError(
                f"{name}={value!r} is not supported", rule="a setting of tf.contrib.learn that is left out"
            )


def _ftrl(columns: list[Any]) -> FtrlOptimizer:
    return FtrlOptimizer(min(0.2, 1 / np.sqrt(len(columns))))


class DNNClassifier(_Classifier):
    """A multilayer perceptron for n_classes classes; relu, Adagrad with 0.05, the mean cross-entropy of a batch.

    dropout: the share of hidden outputs that training leaves out.
    """

    def __init__(
        self, hidden_units: Any, feature_columns: Any, model_dir: Any = None, n_classes: int = 2,
        weight_column_name: Any = None, optimizer: Any = None, activation_fn: Any = nn.relu, dropout: float | None = None,
        gradient_clip_norm: float | None = None, enable_centered_bias: bool = False, config: Any = None, **unsupported: Any,
    ):
        _refuse(enable_centered_bias=enable_centered_bias, **unsupported)
        head = classes_head(n_classes, weight_column_name, None, Reduction.SUM_BY_NONZERO_WEIGHTS)
        super().__init__(
            head, _perceptron(head, hidden_units, _columns(feature_columns), activation_fn, dropout),
            lambda: optimizer_of(optimizer or AdagradOptimizer(0.05), 0.05), gradient_clip_norm, model_dir=model_dir,
            config=config,
        )


class DNNRegressor(_Canned):
    """A multilayer perceptron for one number; the mean squared error of a batch. predict gives the numbers."""

    def __init__(
        self, hidden_units: Any, feature_columns: Any, model_dir: Any = None, weight_column_name: Any = None,
        optimizer: Any = None, activation_fn: Any = nn.relu, dropout: float | None = None,
        gradient_clip_norm: float | None = None, enable_centered_bias: bool = False, config: Any = None, **unsupported: Any,
    ):
        _refuse(enable_centered_bias=enable_centered_bias, **unsupported)
        head = RegressionHead(1, weight_column_name, Reduction.SUM_BY_NONZERO_WEIGHTS)
        super().__init__(
            head, _perceptron(head, hidden_units, _columns(feature_columns), activation_fn, dropout),
            lambda: optimizer_of(optimizer or AdagradOptimizer(0.05), 0.05), gradient_clip_norm, model_dir=model_dir,
            config=config,
        )


class LinearClassifier(_Classifier):
    """Logistic (softmax) regression; FTRL with min(0.2, 1 / sqrt(number of columns)), the mean cross-entropy."""

    def __init__(
        self, feature_columns: Any, model_dir: Any = None, n_classes: int = 2, weight_column_name: Any = None,
        optimizer: Any = None, gradient_clip_norm: float | None = None, enable_centered_bias: bool = False,
        _joint_weight: bool = False, config: Any = None, **unsupported: Any,
    ):
        _refuse(enable_centered_bias=enable_centered_bias, **unsupported)
        columns = _columns(feature_columns)
        head = classes_head(n_classes, weight_column_name, None, Reduction.SUM_BY_NONZERO_WEIGHTS)
        super().__init__(
            head, _straight(head, columns), lambda: optimizer_of(optimizer or _ftrl(columns), 0.2), gradient_clip_norm,
            model_dir=model_dir, config=config,
        )


class LinearRegressor(_Canned):
    """Linear regression; FTRL with min(0.2, 1 / sqrt(number of columns)), the mean squared error."""

    def __init__(
        self, feature_columns: Any, model_dir: Any = None, weight_column_name: Any = None, optimizer: Any = None,
        gradient_clip_norm: float | None = None, enable_centered_bias: bool = False, config: Any = None, **unsupported: Any,
    ):
        _refuse(enable_centered_bias=enable_centered_bias, **unsupported)
        columns = _columns(feature_columns)
        head = RegressionHead(1, weight_column_name, Reduction.SUM_BY_NONZERO_WEIGHTS)
        super().__init__(
            head, _straight(head, columns), lambda: optimizer_of(optimizer or _ftrl(columns), 0.2), gradient_clip_norm,
            model_dir=model_dir, config=config,
        )
