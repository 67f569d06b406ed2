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


def cosine_decay_restarts(
    learning_rate: Any, global_step: Any, first_decay_steps: Any, t_mul: float = 2.0, m_mul: float = 1.0, alpha: float = 0.0,
    name: str | None = None,
) -> Any:
    """cosine_decay that begins anew when its end is reached: each time t_mul times as long, and m_mul times as high.

    Source: Loshchilov, Hutter 2017, SGDR.
    """
    with scope(name, "SGDRDecay", global_step, learning_rate) as full:
        rate, share = _progress(global_step, first_decay_steps, False, learning_rate)
        if t_mul == 1:
            restarts = ops.floor(share)
            share = share - restarts
        else:  # the first n periods last 1 + t + ... + t^(n - 1) = (1 - t^n) / (1 - t) of the first one
            restarts = ops.floor(ops.log(1 - share * (1 - t_mul)) / math.log(t_mul))
            longer = ops.pow(convert(t_mul, beside=restarts), restarts)
            share = (share - (1 - longer) / (1 - t_mul)) / longer
        cosine = 0.5 * ops.pow(convert(m_mul, beside=restarts), restarts) * (1 + ops.cos(math.pi * share))
        return ops.multiply(rate, (1 - alpha) * cosine + alpha, name=full)


def linear_cosine_decay(
    learning_rate: Any, global_step: Any, decay_steps: Any, num_periods: float = 0.5, alpha: float = 0.0, beta: float = 0.001,
    name: str | None = None,
) -> Any:
    """A line down to 0 times a cosine: learning_rate * ((alpha + 1 - s) * (1 + cos(2 pi num_periods s)) / 2 + beta), where
    s = step / decay_steps, at most 1. Source: Bello et al. 2017, Neural optimizer search.
    """
    with scope(name, "LinearCosineDecay", global_step, learning_rate) as full:
        rate, share = _progress(global_step, decay_steps, False, learning_rate)
        share = ops.minimum(share, 1.0)
        return ops.multiply(rate, _line_and_cosine(share, 1 - share, num_periods, alpha, beta), name=full)


def noisy_linear_cosine_decay(
    learning_rate: Any, global_step: Any, decay_steps: Any, initial_variance: float = 1.0, variance_decay: float = 0.55,
    num_periods: float = 0.5, alpha: float = 0.0, beta: float = 0.001, name: str | None = None,
) -> Any:
    """linear_cosine_decay whose line is noisy: variance initial_variance / (1 + step) ** variance_decay, new in each run."""
    with scope(name, "NoisyLinearCosineDecay", global_step, learning_rate) as full:
        rate, share = _progress(global_step, decay_steps, False, learning_rate)
        share = ops.minimum(share, 1.0)
        step = share * ops.cast(convert(decay_steps, beside=share), share.dtype)
        spread = ops.sqrt(initial_variance / ops.pow(1 + step, variance_decay))
        line = 1 - share + spread * ops.random_normal(ops.shape(share), dtype=share.dtype)
        return ops.multiply(rate, _line_and_cosine(share, line, num_periods, alpha, beta), name=full)


def _line_and_cosine(share: Any, line: Any, num_periods: float, alpha: float, beta: float) -> Any:
    return (alpha + line) * 0.5 * (1 + ops.cos(2 * math.pi * num_periods * share)) + beta


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
