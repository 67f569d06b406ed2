"""Penalties on weights: functions of a variable that give one number, or None where there is nothing to add."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from deepkit import ops
from deepkit.core.apply import scope as _scope
from deepkit.core.collections import GraphKeys
from deepkit.core.graph import default_graph
from deepkit.errors import ArgumentError, ShapeError
from deepkit.v1.framework.symbolic import constant_of

__all__ = ["apply_regularization", "l1_l2_regularizer", "l1_regularizer", "l2_regularizer", "sum_regularizer"]

Regularizer = Callable[..., Any]


def _check_scale(what: str, scale: Any) -> None:
    if isinstance(scale, (bool, int)):
        raise ArgumentError(
            f"{what}({scale!r})", rule="the scale is a floating-point number", hint=f"{what}({scale}.0)"
        )
    if isinstance(scale, float) and (scale < 0 or math.isnan(scale)):
        raise ArgumentError(f"{what}({scale!r})", rule="the scale is not negative: weights are made small, not large")


def _nothing(weights: Any) -> None:
    """A penalty of scale 0."""


def l1_regularizer(scale: Any, scope: Any = None) -> Regularizer:
    """scale * sum(|w|), which makes many weights zero."""
    _check_scale("l1_regularizer", scale)
    if isinstance(scale, float) and scale == 0.0:
        return _nothing

    def l1(weights: Any, name: Any = None) -> Any:
        weights = constant_of(weights)
        with _scope(scope or name, "l1_regularizer", weights) as full:
            return ops.multiply(scale, ops.reduce_sum(ops.abs(weights)), name=full)

    return l1


def l2_regularizer(scale: Any, scope: Any = None) -> Regularizer:
    """scale * sum(w^2) / 2, which keeps all weights small."""
    _check_scale("l2_regularizer", scale)
    if isinstance(scale, float) and scale == 0.0:
        return _nothing

    def l2(weights: Any) -> Any:
        weights = constant_of(weights)
        with _scope(scope, "l2_regularizer", weights) as full:
            return ops.multiply(scale, ops.l2_loss(weights), name=full)

    return l2


def l1_l2_regularizer(scale_l1: Any = 1.0, scale_l2: Any = 1.0, scope: Any = None) -> Regularizer:
    """The sum of l1_regularizer(scale_l1) and l2_regularizer(scale_l2)."""
    first = l1_regularizer(scale_l1)
    second = l2_regularizer(scale_l2)
    return sum_regularizer([first, second], scope or "l1_l2_regularizer")


def sum_regularizer(regularizer_list: Any, scope: Any = None) -> Regularizer:
    """The sum of several regularizers; None in the list stands for none."""
    regularizers = [r for r in regularizer_list if r is not None]
    if not regularizers:
        return _nothing

    def total(weights: Any) -> Any:
        weights = constant_of(weights)
        with _scope(scope, "sum_regularizer", weights) as full:
            penalties = [p for p in (r(weights) for r in regularizers) if p is not None]
            return ops.add_n(penalties, name=full) if penalties else None

    return total


def apply_regularization(regularizer: Regularizer, weights_list: Any = None) -> Any:
    """The sum of the penalties of the weights (default: the collection WEIGHTS), also put among the regularization losses."""
    weights = list(default_graph().get_collection(GraphKeys.WEIGHTS) if weights_list is None else weights_list)
    if not weights:
        raise ArgumentError(
            "apply_regularization: no weights to regularize", hint="weights_list=tf.trainable_variables()"
        )
    penalties = [p if p is not None else constant_of(0.0) for p in map(regularizer, weights)]
    for weight, penalty in zip(weights, penalties, strict=True):
        if penalty.shape.rank not in (0, None):
            raise ShapeError(
                f"the penalty of {weight.name} has shape {penalty.shape}", rule="one number", hint="reduce_sum"
            )
    total = ops.add_n(penalties, name="get_regularization_penalty")
    default_graph().add_to_collection(GraphKeys.REGULARIZATION_LOSSES, total)
    return total
