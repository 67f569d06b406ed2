"""Optimizers that shrink weights to 0 as they move them: proximal steps and dual averaging, each with its rule."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit.core.apply import apply
from deepkit.core.op import lookup, register
from deepkit.errors import ArgumentError
from deepkit.train.optimizer import Optimizer
from deepkit.train.rules import UpdateRule, moved


def _shrunk(x: Any, by: Any) -> Any:
    """Each number moved towards 0 by so much, and no further."""
    return np.sign(x) * np.maximum(np.abs(x) - by, 0)


@register
class ApplyProximalGradientDescent(UpdateRule):
    """A gradient step, then the proximal operator of l1 |x| + l2 x^2 / 2. Source: J. Duchi and Y. Singer, JMLR 10 (2009)."""

    writes = (0,)

    def inplace(self, var: Any, grad: Any, rate: Any, l1: Any, l2: Any) -> Any:
        var[...] = _shrunk(var - rate * grad, rate * l1) / (1 + rate * l2)
        return var


@register
class ApplyProximalAdagrad(UpdateRule):
    """Adagrad's step, then the proximal operator for Adagrad's rates. Source: J. Duchi et al., JMLR 12 (2011)."""

    writes = (0, 1)

    def inplace(self, var: Any, accum: Any, grad: Any, rate: Any, l1: Any, l2: Any) -> Any:
        accum += grad * grad
        rates = rate / np.sqrt(accum)
        var[...] = _shrunk(var - rates * grad, rates * l1) / (1 + rates * l2)
        return var, accum


@register
class ApplyAdagradDA(UpdateRule):
    """Dual averaging: var = -rate shrunk(sum of gradients, step l1) / (step l2 rate + root of the sum of squares).

    Source: J. Duchi et al., JMLR 12 (2011).
    """

    writes = (0, 1, 2)

    def inplace(
        self, var: Any, total: Any, squares: Any, grad: Any, rate: Any, l1: Any, l2: Any, step: Any
    ) -> Any:
        total += grad
        squares += grad * grad
        var[...] = -rate * _shrunk(total, l1 * step) / (l2 * step * rate + np.sqrt(squares))
        return var, total, squares


class ProximalGradientDescentOptimizer(Optimizer):
    """Gradient descent whose L1 penalty makes weights exactly zero."""

    def __init__(
        self, learning_rate: Any, l1_regularization_strength: float = 0.0, l2_regularization_strength: float = 0.0,
        use_locking: bool = False, name: str = "ProximalGradientDescent",
    ):
        super().__init__(use_locking, name, learning_rate)
        self.l1, self.l2 = l1_regularization_strength, l2_regularization_strength

    def _update(self, var: Any, grad: Any) -> Any:
        return moved(ApplyProximalGradientDescent(), [var], grad, self._rate(var), self.l1, self.l2)


class ProximalAdagradOptimizer(Optimizer):
    """Adagrad whose L1 penalty makes weights exactly zero."""

    slot_names = ("accumulator",)

    def __init__(
        self, learning_rate: Any, initial_accumulator_value: float = 0.1, l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0, use_locking: bool = False, name: str = "ProximalAdagrad",
    ):
        if initial_accumulator_value <= 0:
            raise ArgumentError("initial_accumulator_value must be positive", rule="steps are divided by its root")
        super().__init__(use_locking, name, learning_rate)
        self.start, self.l1, self.l2 = initial_accumulator_value, l1_regularization_strength, l2_regularization_strength

    def _slot_start(self, slot: str, var: Any) -> float:
        return self.start

    def _update(self, var: Any, grad: Any) -> Any:
        slot = self._slot(var, "accumulator")
        return moved(ApplyProximalAdagrad(), [var, slot], grad, self._rate(var), self.l1, self.l2)


class AdagradDAOptimizer(Optimizer):
    """Adagrad by dual averaging: each step starts anew from 0 with the sum of all gradients. It counts global_step."""

    slot_names = ("gradient_accumulator", "gradient_squared_accumulator")

    def __init__(
        self, learning_rate: Any, global_step: Any, initial_gradient_squared_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0, l2_regularization_strength: float = 0.0, use_locking: bool = False,
        name: str = "AdagradDA",
    ):
        if initial_gradient_squared_accumulator_value <= 0:
            raise ArgumentError("initial_gradient_squared_accumulator_value must be positive")
        super().__init__(use_locking, name, learning_rate)
        self.global_step, self.start = global_step, initial_gradient_squared_accumulator_value
        self.l1, self.l2 = l1_regularization_strength, l2_regularization_strength

    def _slot_start(self, slot: str, var: Any) -> float:
        return self.start if slot == "gradient_squared_accumulator" else 0.0

    def _update(self, var: Any, grad: Any) -> Any:
        slots = [self._slot(var, s) for s in self.slot_names]
        step = apply(lookup("Cast")(to=var.dtype), self.global_step) + 1
        return moved(ApplyAdagradDA(), [var, *slots], grad, self._rate(var), self.l1, self.l2, step)
