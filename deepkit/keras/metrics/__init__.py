"""Keras' metrics: functions of targets and predictions, and objects that keep a running value."""

from __future__ import annotations

from typing import Any

from deepkit.keras.metrics.base import Mean, MeanMetricWrapper, Metric

__all__ = ["Mean", "MeanMetricWrapper", "Metric", "get"]


def get(identifier: Any) -> Any:
    """A metric from an object, a function or a name."""
    return identifier
