"""Gradient descent, with momentum where wanted."""

from __future__ import annotations

from typing import Any

from deepkit.keras.optimizers.base import Optimizer
from deepkit.train.rules import ApplyGradientDescent


class SGD(Optimizer):
    """w -= lr * gradient; with momentum m: v = m v - lr * gradient, w += v (nesterov: w += m v - lr * gradient)."""

    def __init__(self, learning_rate: Any = 0.01, momentum: float = 0.0, nesterov: bool = False, name: str = "SGD", **kw: Any):
        super().__init__(learning_rate, name, **kw)
        self._values["momentum"] = float(momentum)
        self.nesterov = nesterov

    def move(self, param: Any, grad: Any) -> Any:
        return self.apply(ApplyGradientDescent(), [param], grad, self.rate(param))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "nesterov": self.nesterov}
