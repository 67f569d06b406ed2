"""Learning rates that change with the number of the step, as objects: what an optimizer takes for its learning_rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core.apply import convert, is_tensor
from deepkit.errors import ArgumentError
from deepkit.keras import registry
from deepkit.keras.backend.nested import kept
from deepkit.loading import listing
from deepkit.train import schedules as formulas

__all__ = [
    "CosineDecay", "CosineDecayRestarts", "ExponentialDecay", "InverseTimeDecay", "LearningRateSchedule",
    "PiecewiseConstantDecay", "PolynomialDecay", "deserialize", "serialize",
]
__dir__ = listing(__all__)


class LearningRateSchedule:
    """Base of all schedules; a subclass defines `__call__(step)` and `get_config()`.

    >>> class Warmup(LearningRateSchedule):
    ...     def __call__(self, step):
    ...         return 0.1 * ops.minimum(step / 100.0, 1.0)
    >>> round(Warmup()(convert(50.0)).item(), 3)
    0.05
    """

    def __call__(self, step: Any) -> Any:
        """The learning rate of a step, counted from 0."""
        raise ArgumentError(f"{type(self).__name__} does not define __call__(self, step)")

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal schedule."""
        raise ArgumentError(f"{type(self).__name__} does not define get_config(self), so it cannot be saved")

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """A schedule from what `get_config` gave."""
        return cls(**config)


class _Decay(LearningRateSchedule):
    """A schedule whose arguments are kept under their own names."""

    def __init__(self, **arguments: Any):
        self._arguments = kept(arguments)

    def __getattr__(self, name: str) -> Any:
        if name == "_arguments" or name not in self._arguments:
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        return self._arguments[name]

    def get_config(self) -> dict[str, Any]:
        return kept(self._arguments)


class ExponentialDecay(_Decay):
    """initial_learning_rate * decay_rate ** (step / decay_steps); a staircase rounds the exponent down.

    >>> ExponentialDecay(0.5, decay_steps=10, decay_rate=0.5)(20).item()
    0.125
    """

    def __init__(
        self, initial_learning_rate: Any, decay_steps: Any, decay_rate: Any, staircase: bool = False,
        name: str | None = None,
    ):
        super().__init__(
            initial_learning_rate=initial_learning_rate, decay_steps=decay_steps, decay_rate=decay_rate,
            staircase=staircase, name=name,
        )

    def __call__(self, step: Any) -> Any:
        return formulas.exponential_decay(
            self.initial_learning_rate, _step(step), self.decay_steps, self.decay_rate, self.staircase, self.name
        )


class InverseTimeDecay(ExponentialDecay):
    """initial_learning_rate / (1 + decay_rate * step / decay_steps); a staircase rounds the quotient down."""

    def __call__(self, step: Any) -> Any:
        return formulas.inverse_time_decay(
            self.initial_learning_rate, _step(step), self.decay_steps, self.decay_rate, self.staircase, self.name
        )


class PolynomialDecay(_Decay):
    """From initial_learning_rate to end_learning_rate in decay_steps steps; with cycle it starts again higher up."""

    def __init__(
        self, initial_learning_rate: Any, decay_steps: Any, end_learning_rate: Any = 0.0001, power: Any = 1.0,
        cycle: bool = False, name: str | None = None,
    ):
        super().__init__(
            initial_learning_rate=initial_learning_rate, decay_steps=decay_steps, end_learning_rate=end_learning_rate,
            power=power, cycle=cycle, name=name,
        )

    def __call__(self, step: Any) -> Any:
        return formulas.polynomial_decay(
            self.initial_learning_rate, _step(step), self.decay_steps, self.end_learning_rate, self.power, self.cycle,
            self.name,
        )


class PiecewiseConstantDecay(_Decay):
    """values[0] up to and including step boundaries[0], then values[1] up to boundaries[1], and so on."""

    def __init__(self, boundaries: Sequence[Any], values: Sequence[Any], name: str | None = None):
        if len(boundaries) != len(values) - 1:
            raise ArgumentError(
                f"PiecewiseConstantDecay: {len(boundaries)} boundaries and {len(values)} values",
                rule="one value more than boundaries: the rate before the first, between them, and after the last",
            )
        super().__init__(boundaries=boundaries, values=values, name=name)

    def __call__(self, step: Any) -> Any:
        values = [_rate(v) for v in self.values]
        return formulas.piecewise_constant(_step(step), self.boundaries, values, self.name)


class CosineDecay(_Decay):
    """Along half a cosine from initial_learning_rate down to alpha of it, in decay_steps steps. I. Loshchilov 2017.

    With warmup_target the rate first grows in a line, in warmup_steps steps, from initial_learning_rate to
    warmup_target, and falls from there.
    """

    def __init__(
        self, initial_learning_rate: Any, decay_steps: Any, alpha: Any = 0.0, name: str | None = None,
        warmup_target: Any = None, warmup_steps: int = 0,
    ):
        super().__init__(
            initial_learning_rate=initial_learning_rate, decay_steps=decay_steps, alpha=alpha, name=name,
            warmup_target=warmup_target, warmup_steps=warmup_steps,
        )

    def __call__(self, step: Any) -> Any:
        step = _step(step)
        if self.warmup_target is None:
            return formulas.cosine_decay(self.initial_learning_rate, step, self.decay_steps, self.alpha, self.name)
        start, target = (_rate(r, beside=step) for r in (self.initial_learning_rate, self.warmup_target))
        step = ops.cast(step, start.dtype)
        falling = formulas.cosine_decay(
            target, ops.maximum(step - self.warmup_steps, 0.0), self.decay_steps, self.alpha, self.name
        )
        growing = (target - start) * (step / self.warmup_steps) + start if self.warmup_steps else falling
        return ops.where(step < self.warmup_steps, growing, falling)


class CosineDecayRestarts(_Decay):
    """Cosine decay that begins anew, each time t_mul times as long and m_mul times as high. I. Loshchilov 2017 (SGDR)."""

    def __init__(
        self, initial_learning_rate: Any, first_decay_steps: Any, t_mul: float = 2.0, m_mul: float = 1.0,
        alpha: float = 0.0, name: str | None = None,
    ):
        super().__init__(
            initial_learning_rate=initial_learning_rate, first_decay_steps=first_decay_steps, t_mul=t_mul, m_mul=m_mul,
            alpha=alpha, name=name,
        )

    def __call__(self, step: Any) -> Any:
        step = _step(step)
        rate = _rate(self.initial_learning_rate, beside=step)
        share = ops.cast(step, rate.dtype) / self.first_decay_steps  # how many first periods have gone by
        if self.t_mul == 1.0:
            restarts = ops.floor(share)
            share = share - restarts
        else:  # n periods take (1 - t_mul^n) / (1 - t_mul) first ones
            restarts = ops.floor(ops.log(1.0 - share * (1.0 - self.t_mul)) / np.log(self.t_mul))
            length = ops.pow(_rate(self.t_mul, beside=share), restarts)
            share = (share - (1.0 - length) / (1.0 - self.t_mul)) / length
        height = ops.pow(_rate(self.m_mul, beside=share), restarts)
        return formulas.cosine_decay(1.0, share, 1.0, 0.0) * height * ((1 - self.alpha) * rate) + self.alpha * rate


def _step(step: Any) -> Any:
    return step if is_tensor(step) else convert(float(step))


def _rate(value: Any, beside: Any = None) -> Any:
    return value if is_tensor(value) else convert(value, "float32", beside=beside)


OBJECTS: dict[str, Any] = {name: globals()[name] for name in __all__ if name[0].isupper()}


def serialize(learning_rate_schedule: Any) -> Any:
    """The configuration of a schedule."""
    return registry.serialize_keras_object(learning_rate_schedule)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The schedule that a configuration describes."""
    return registry.deserialize_keras_object(config, OBJECTS, custom_objects, "learning-rate schedule")
