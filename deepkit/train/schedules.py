"""Learning rates that change with the step; each returns a tensor (a number's worth of graph, or a Tensor)."""

from __future__ import annotations

import math
from typing import Any

from deepkit import ops
from deepkit.core.apply import convert, scope
from deepkit.errors import ArgumentError


def _progress(global_step: Any, decay_steps: Any, staircase: bool, rate: Any) -> tuple[Any, Any]:
    """The learning rate as a tensor and step / decay_steps in its type, rounded down for a staircase."""
    if global_step is None:
        raise ArgumentError(
            "a learning-rate schedule needs global_step", hint="global_step = Variable(0, trainable=False)"
        )
    step = convert(global_step)
    rate = convert(rate, None if hasattr(rate, "dtype") else "float32", beside=step)
    step = ops.cast(step, rate.dtype)
    share = step / ops.cast(convert(decay_steps, beside=step), rate.dtype)
    return rate, ops.floor(share) if staircase else share


def exponential_decay(
    learning_rate: Any, global_step: Any, decay_steps: Any, decay_rate: Any, staircase: bool = False,
    name: str | None = None,
) -> Any:
    """learning_rate * decay_rate ** (global_step / decay_steps); a staircase rounds the exponent down.

    >>> exponential_decay(0.1, 10, 5, 0.5).item()
    0.02500000037252903
    """
    with scope(name, "ExponentialDecay", global_step, learning_rate) as full:
        rate, share = _progress(global_step, decay_steps, staircase, learning_rate)
        return ops.multiply(rate, ops.pow(ops.cast(convert(decay_rate, beside=rate), rate.dtype), share), name=full)


def natural_exp_decay(
    learning_rate: Any, global_step: Any, decay_steps: Any, decay_rate: Any, staircase: bool = False,
    name: str | None = None,
) -> Any:
    """learning_rate * exp(-decay_rate * global_step / decay_steps)."""
    with scope(name, "ExponentialDecay", global_step, learning_rate) as full:
        rate, share = _progress(global_step, decay_steps, staircase, learning_rate)
        return ops.multiply(rate, ops.exp(share * -decay_rate), name=full)


def inverse_time_decay(
    learning_rate: Any, global_step: Any, decay_steps: Any, decay_rate: Any, staircase: bool = False,
    name: str | None = None,
) -> Any:
    """learning_rate / (1 + decay_rate * global_step / decay_steps)."""
    with scope(name, "InverseTimeDecay", global_step, learning_rate) as full:
        rate, share = _progress(global_step, decay_steps, staircase, learning_rate)
        return ops.truediv(rate, 1 + share * decay_rate, name=full)


def polynomial_decay(
    learning_rate: Any, global_step: Any, decay_steps: Any, end_learning_rate: Any = 0.0001, power: Any = 1.0,
    cycle: bool = False, name: str | None = None,
) -> Any:
    """From learning_rate down to end_learning_rate in decay_steps steps, along (1 - step / decay_steps) ** power.

    With cycle, decay_steps grows to its next multiple whenever the end is reached.
    """
    with scope(name, "PolynomialDecay", global_step, learning_rate) as full:
        rate, share = _progress(global_step, decay_steps, False, learning_rate)
        if cycle:
            laps = ops.maximum(ops.ceil(share), 1.0)
            share = share / laps
        else:
            share = ops.minimum(share, 1.0)
        return ops.add((rate - end_learning_rate) * ops.pow(1 - share, power), end_learning_rate, name=full)


def cosine_decay(
    learning_rate: Any, global_step: Any, decay_steps: Any, alpha: Any = 0.0, name: str | None = None
) -> Any:
    """learning_rate * ((1 - alpha) * (1 + cos(pi * step / decay_steps)) / 2 + alpha). Source: Loshchilov, Hutter 2017."""
    with scope(name, "CosineDecay", global_step, learning_rate) as full:
        rate, share = _progress(global_step, decay_steps, False, learning_rate)
        cosine = 0.5 * (1 + ops.cos(math.pi * ops.minimum(share, 1.0)))
        return ops.multiply(rate, (1 - alpha) * cosine + alpha, name=full)


def piecewise_constant(x: Any, boundaries: Any, values: Any, name: str | None = None) -> Any:
    """values[0] up to and including step boundaries[0], then values[1] up to boundaries[1], and so on."""
    if len(boundaries) != len(values) - 1:
        raise ArgumentError(
            f"piecewise_constant: {len(boundaries)} boundaries and {len(values)} values",
            rule="one value more than boundaries",
        )
    with scope(name, "PiecewiseConstant", x):
        step = convert(x)
        result = convert(values[0], beside=step)
        for boundary, value in zip(boundaries, values[1:], strict=True):
            beyond = ops.greater(step, ops.cast(convert(boundary, beside=step), step.dtype))
            result = ops.where(beyond, value, result)
        return result
