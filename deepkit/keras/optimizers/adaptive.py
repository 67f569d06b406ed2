"""Optimizers that divide each step by the size of earlier gradients: RMSprop, Adagrad, Adadelta and Ftrl."""

from __future__ import annotations

from typing import Any

from deepkit.core.slices import dense
from deepkit.errors import ArgumentError
from deepkit.keras.optimizers.base import Optimizer, fuzz
from deepkit.keras.optimizers.sgd import check_momentum
from deepkit.train.rules import (
    ApplyAdadelta,
    ApplyAdagradV2,
    ApplyCenteredRMSProp,
    ApplyFtrl,
    ApplyPlainCenteredRMSProp,
    ApplyPlainRMSProp,
    ApplyRMSProp,
)


class RMSprop(Optimizer):
    """Steps divided by the root of a moving mean of squared gradients (of their variance if centered).

    Without momentum: w -= lr * gradient / (sqrt(mean) + epsilon). Source: G. Hinton, lecture 6e (2012).
    """

    def __init__(
        self, learning_rate: Any = 0.001, rho: Any = 0.9, momentum: Any = 0.0, epsilon: float | None = 1e-7,
        centered: bool = False, name: str = "RMSprop", **kwargs: Any,
    ):
        super().__init__(name, learning_rate, **kwargs)
        self._moving = check_momentum("RMSprop", momentum)
        self.slot_names = ("rms", *(("momentum",) if self._moving else ()), *(("mg",) if centered else ()))
        self._declare(rho=rho, momentum=momentum)
        self.epsilon, self.centered = fuzz(epsilon), centered

    rho = property(lambda self: self.number("rho"), lambda self, value: self._set("rho", value))
    momentum = property(lambda self: self.number("momentum"), lambda self, value: self._set("momentum", value))

    def move(self, param: Any, grad: Any) -> Any:
        rate, rho = self.rate(param), self.value("rho", param)
        if not self._moving:  # the means of the other rows fade all the same
            rule = ApplyPlainCenteredRMSProp() if self.centered else ApplyPlainRMSProp()
            return self.apply(rule, param, dense(grad, param.read()), rate, rho, self.epsilon)
        numbers = rate, rho, self.value("momentum", param), self.epsilon
        if self.centered:
            return self.apply(ApplyCenteredRMSProp(), param, grad, *numbers, slots=("mg", "rms", "momentum"))
        return self.apply(ApplyRMSProp(), param, grad, *numbers)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(), "learning_rate": self.now("learning_rate"), "decay": self.initial_decay,
            "rho": self.now("rho"), "momentum": self.now("momentum"), "epsilon": self.epsilon, "centered": self.centered,
        }


class Adagrad(Optimizer):
    """Steps divided by the root of the sum of all squared gradients so far. Source: J. Duchi et al., JMLR 12 (2011)."""

    slot_names = ("accumulator",)

    def __init__(
        self, learning_rate: Any = 0.001, initial_accumulator_value: float = 0.1, epsilon: float | None = 1e-7,
        name: str = "Adagrad", **kwargs: Any,
    ):
        if initial_accumulator_value < 0:
            raise ArgumentError(f"Adagrad: initial_accumulator_value={initial_accumulator_value}", rule="not negative")
        super().__init__(name, learning_rate, **kwargs)
        self.initial_accumulator_value, self.epsilon = initial_accumulator_value, fuzz(epsilon)

    def slot_start(self, name: str) -> float:
        return self.initial_accumulator_value

    def move(self, param: Any, grad: Any) -> Any:
        return self.apply(ApplyAdagradV2(), param, grad, self.rate(param), self.epsilon)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(), "learning_rate": self.now("learning_rate"), "decay": self.initial_decay,
            "initial_accumulator_value": self.initial_accumulator_value, "epsilon": self.epsilon,
        }


class Adadelta(Optimizer):
    """Steps whose size adapts to the size of the last steps. Source: M. Zeiler, arXiv 1212.5701 (which has lr = 1)."""

    slot_names = ("accum_grad", "accum_var")

    def __init__(
        self, learning_rate: Any = 0.001, rho: Any = 0.95, epsilon: float | None = 1e-7, name: str = "Adadelta",
        **kwargs: Any,
    ):
        super().__init__(name, learning_rate, **kwargs)
        self._declare(rho=rho)
        self.epsilon = fuzz(epsilon)

    rho = property(lambda self: self.number("rho"), lambda self, value: self._set("rho", value))

    def move(self, param: Any, grad: Any) -> Any:
        return self.apply(ApplyAdadelta(), param, grad, self.rate(param), self.value("rho", param), self.epsilon)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(), "learning_rate": self.now("learning_rate"), "decay": self.initial_decay,
            "rho": self.now("rho"), "epsilon": self.epsilon,
        }


class Ftrl(Optimizer):
    """Follow the regularized leader, whose l1 penalty really makes weights 0. Source: H. B. McMahan et al., KDD 2013."""

    slot_names = ("accumulator", "linear")

    def __init__(
        self, learning_rate: Any = 0.001, learning_rate_power: Any = -0.5, initial_accumulator_value: float = 0.1,
        l1_regularization_strength: Any = 0.0, l2_regularization_strength: Any = 0.0, name: str = "Ftrl",
        l2_shrinkage_regularization_strength: float = 0.0, beta: Any = 0.0, **kwargs: Any,
    ):
        super().__init__(name, learning_rate, **kwargs)
        if learning_rate_power > 0:
            raise ArgumentError(
                f"Ftrl: learning_rate_power={learning_rate_power}", rule="not positive; -0.5 is the paper's"
            )
        for label, value in (
            ("initial_accumulator_value", initial_accumulator_value),
            ("l1_regularization_strength", l1_regularization_strength),
            ("l2_regularization_strength", l2_regularization_strength),
            ("l2_shrinkage_regularization_strength", l2_shrinkage_regularization_strength),
        ):
            if value < 0:
                raise ArgumentError(f"Ftrl: {label}={value}", rule="not negative")
        self._declare(
            learning_rate_power=learning_rate_power, l1_regularization_strength=l1_regularization_strength,
            l2_regularization_strength=l2_regularization_strength, beta=beta,
        )
        self.initial_accumulator_value = initial_accumulator_value
        self.l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength

    def slot_start(self, name: str) -> float:
        return self.initial_accumulator_value if name == "accumulator" else 0.0

    def _create_slots(self, params: list[Any]) -> None:
        for param in params:
            for name in self.slot_names:
                self.slot(name, param)

    def move(self, param: Any, grad: Any) -> Any:
        rate, l2 = self.rate(param), self.value("l2_regularization_strength", param)
        if self._values["beta"]:
            l2 = l2 + self.value("beta", param) / (2.0 * rate)
        numbers = self.value("l1_regularization_strength", param), l2, self.value("learning_rate_power", param)
        return self.apply(ApplyFtrl(), param, grad, rate, *numbers, self.l2_shrinkage_regularization_strength)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(), "learning_rate": self.now("learning_rate"), "decay": self.initial_decay,
            "initial_accumulator_value": self.initial_accumulator_value,
            **{name: self.now(name) for name in self._values if name not in ("learning_rate", "decay")},
            "l2_shrinkage_regularization_strength": self.l2_shrinkage_regularization_strength,
        }
