"""Keras' metrics: functions of targets and predictions, and objects that keep a running value."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import deepkit.keras.engine
from deepkit.keras import loss_functions, registry
from deepkit.keras.loss_functions import (
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    categorical_focal_crossentropy,
    categorical_hinge,
    hinge,
    kl_divergence,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    poisson,
    sparse_categorical_crossentropy,
    squared_hinge,
)
from deepkit.keras.metrics.base import (
    Mean,
    MeanMetricWrapper,
    MeanTensor,
    Metric,
    Reduce,
    Sum,
    SumOverBatchSize,
    SumOverBatchSizeMetricWrapper,
)
from deepkit.keras.metrics.confusion import (
    FalseNegatives,
    FalsePositives,
    Precision,
    Recall,
    TrueNegatives,
    TruePositives,
)
from deepkit.keras.metrics.curves import (
    AUC,
    PrecisionAtRecall,
    RecallAtPrecision,
    SensitivityAtSpecificity,
    SpecificityAtSensitivity,
)
from deepkit.keras.metrics.functions import (
    accuracy,
    binary_accuracy,
    categorical_accuracy,
    cosine_similarity,
    sparse_categorical_accuracy,
    sparse_top_k_categorical_accuracy,
    top_k_categorical_accuracy,
)
from deepkit.keras.metrics.means import *
from deepkit.keras.metrics.overlap import BinaryIoU, IoU, MeanIoU, OneHotIoU, OneHotMeanIoU
from deepkit.keras.metrics.scores import F1Score, FBetaScore, R2Score

acc = ACC = accuracy
bce = BCE = binary_crossentropy
mse = MSE = mean_squared_error
mae = MAE = mean_absolute_error
mape = MAPE = mean_absolute_percentage_error
msle = MSLE = mean_squared_logarithmic_error
kld = KLD = kullback_leibler_divergence = kl_divergence
logcosh = log_cosh
cosine = cosine_proximity = cosine_similarity

OBJECTS: dict[str, Any] = {
    name: value
    for name, value in globals().items()
    if (inspect.isfunction(value) and value.__module__.startswith((__name__, loss_functions.__name__)))
    or (inspect.isclass(value) and issubclass(value, Metric))
}
"""The metrics by their names: functions, their short names, and classes."""
__all__ = ["OBJECTS", "deserialize", "get", "serialize", *OBJECTS]


def serialize(metric: Any) -> Any:
    """The name of a metric function, the configuration of a metric object."""
    return registry.serialize_keras_object(metric)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The metric that a name or a configuration describes."""
    return registry.deserialize_keras_object(config, OBJECTS, custom_objects, "metric")


def get(identifier: Any) -> Any:
    """The metric that an argument means: a name, a configuration, a function, a class or an object.

    >>> get("mae") is mean_absolute_error, type(get("AUC")).__name__
    (True, 'AUC')
    """
    return registry.find(identifier, OBJECTS, "metric")
