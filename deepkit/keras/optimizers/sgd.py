"""Gradient descent, with momentum where wanted."""

from __future__ import annotations

from typing import Any

from deepkit.errors import ArgumentError
from deepkit.keras.optimizers.base import Optimizer
from deepkit.train.rules import ApplyGradientDescent, ApplyKerasMomentum


class SGD(Optimizer):
    """w -= lr * gradient; with momentum m: v = m v - lr * gradient, w += v (nesterov: w += m v - lr * gradient)."""

    def __init__(
        self, learning_rate: Any = 0.01, momentum: Any = 0.0, nesterov: bool = False, name: str = "SGD", **kwargs: Any
    ):
        super().__init__(name, learning_rate, **kwargs)
        self.slot_names = ("momentum",) if check_momentum("SGD", momentum) else ()
        self._declare(momentum=momentum)
        self.nesterov = nesterov

    def move(self, param: Any, grad: Any) -> Any:
        if not self.slot_names:
            return self.apply(ApplyGradientDescent(), param, grad, self.rate(param))
        rule = ApplyKerasMomentum(nesterov=bool(self.nesterov))
        return self.apply(rule, param, grad, self.rate(param), self.value("momentum", param))

    momentum = property(lambda self: self.number("momentum"), lambda self, value: self._set("momentum", value))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(), "learning_rate": self.now("learning_rate"), "decay": self.initial_decay,
            "momentum": self.now("momentum"), "nesterov": self.nesterov,
        }


def check_momentum(optimizer: str, momentum: Any) -> bool:
    """True if there is momentum at all; ArgumentError if it is not between 0 and 1."""
    if isinstance(momentum, (int, float)) and not 0 <= momentum <= 1:
        raise ArgumentError(f"{optimizer}: momentum={momentum}", rule="between 0 (none) and 1; 0.9 is common")
    return not isinstance(momentum, (int, float)) or momentum > 0
