"""Keras' metrics: functions of targets and predictions, and objects that keep a running value."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from deepkit.keras import registry
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
from deepkit.keras.metrics.means import *
from deepkit.keras.metrics.names import *
from deepkit.keras.metrics.names import FUNCTIONS
from deepkit.keras.metrics.overlap import BinaryIoU, IoU, MeanIoU, OneHotIoU, OneHotMeanIoU
from deepkit.keras.metrics.scores import F1Score, FBetaScore, R2Score
from deepkit.loading import listing

OBJECTS: dict[str, Any] = FUNCTIONS | {
    name: value for name, value in globals().items() if inspect.isclass(value) and issubclass(value, Metric)
}
"""The metrics by their names: functions, their short names, and classes."""
__all__ = ["deserialize", "get", "serialize", *OBJECTS]
__dir__ = listing(__all__, __name__)


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
