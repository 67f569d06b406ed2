"""The optimizers by name: which slots each keeps and which rule it applies."""

from __future__ import annotations

from typing import Any

from deepkit.core.slices import IndexedSlices
from deepkit.errors import ArgumentError
from deepkit.train.optimizer import Optimizer
from deepkit.train.rules import (
    ApplyAdadelta,
    ApplyAdagrad,
    ApplyAdam,
    ApplyCenteredRMSProp,
    ApplyFtrl,
    ApplyGradientDescent,
    ApplyMomentum,
    ApplyRMSProp,
    in_type_of,
    moved,
)


class GradientDescentOptimizer(Optimizer):
    """var -= learning_rate * grad.

    >>> import deepkit as dk
    >>> x = dk.Parameter(5.0)
    >>> dk.train.GradientDescentOptimizer(0.1).minimize(dk.square(x), var_list=[x])
    >>> x.item()
    4.0
    """

    def __init__(self, learning_rate: Any, use_locking: bool = False, name: str = "GradientDescent"):
        super().__init__(use_locking, name, learning_rate)

    def _update(self, var: Any, grad: Any) -> Any:
        return moved(ApplyGradientDescent(), [var], grad, self._rate(var))


class MomentumOptimizer(Optimizer):
    """Gradient descent with a velocity: accum = momentum * accum + grad; var -= learning_rate * accum."""

    slot_names = ("momentum",)

    def __init__(
        self, learning_rate: Any, momentum: Any, use_locking: bool = False, name: str = "Momentum",
        use_nesterov: bool = False,
    ):
        super().__init__(use_locking, name, learning_rate)
        self.momentum, self.rule = momentum, ApplyMomentum(nesterov=use_nesterov)

    def _update(self, var: Any, grad: Any) -> Any:
        return moved(self.rule, [var, self._slot(var, "momentum")], grad, self._rate(var), self.momentum)


class AdagradOptimizer(Optimizer):
    """Steps divided by the root of the sum of all squared gradients so far."""

    slot_names = ("accumulator",)

    def __init__(
        self, learning_rate: Any, initial_accumulator_value: float = 0.1, use_locking: bool = False,
        name: str = "Adagrad",
    ):
        if initial_accumulator_value <= 0:
            raise ArgumentError("initial_accumulator_value must be positive", rule="steps are divided by its root")
        super().__init__(use_locking, name, learning_rate)
        self.start = initial_accumulator_value

    def _slot_start(self, slot: str, var: Any) -> float:
        return self.start

    def _update(self, var: Any, grad: Any) -> Any:
        return moved(ApplyAdagrad(), [var, self._slot(var, "accumulator")], grad, self._rate(var))


class AdadeltaOptimizer(Optimizer):
    """Adadelta: no learning rate to tune, at least in the paper (which uses 1.0)."""

    slot_names = ("accum", "accum_update")

    def __init__(
        self, learning_rate: Any = 0.001, rho: Any = 0.95, epsilon: Any = 1e-8, use_locking: bool = False,
        name: str = "Adadelta",
    ):
        super().__init__(use_locking, name, learning_rate)
        self.rho, self.epsilon = rho, epsilon

    def _update(self, var: Any, grad: Any) -> Any:
        slots = [self._slot(var, s) for s in self.slot_names]
        return moved(ApplyAdadelta(), [var, *slots], grad, self._rate(var), self.rho, self.epsilon)


class RMSPropOptimizer(Optimizer):
    """Steps divided by the root of a moving mean of squared gradients (of their variance if centered)."""

    def __init__(
        self, learning_rate: Any, decay: Any = 0.9, momentum: Any = 0.0, epsilon: Any = 1e-10,
        use_locking: bool = False, centered: bool = False, name: str = "RMSProp",
    ):
        self.slot_names = ("rms", "mg", "momentum") if centered else ("rms", "momentum")
        super().__init__(use_locking, name, learning_rate)
        self.decay, self.momentum, self.epsilon = decay, momentum, epsilon
        self.rule = ApplyCenteredRMSProp() if centered else ApplyRMSProp()

    def _slot_start(self, slot: str, var: Any) -> float:
        return 1.0 if slot == "rms" else 0.0

    def _update(self, var: Any, grad: Any) -> Any:
        order = ("mg", "rms", "momentum") if "mg" in self.slot_names else self.slot_names  # as the rule takes them
        slots = [self._slot(var, s) for s in order]
        numbers = (self.decay, self.momentum, self.epsilon)
        return moved(self.rule, [var, *slots], grad, self._rate(var), *numbers)


class AdamOptimizer(Optimizer):
    """Adam: momentum and a moving mean of squared gradients, both corrected for their start at zero."""

    slot_names = ("m", "v")

    def __init__(
        self, learning_rate: Any = 0.001, beta1: Any = 0.9, beta2: Any = 0.999, epsilon: Any = 1e-8,
        use_locking: bool = False, name: str = "Adam",
    ):
        super().__init__(use_locking, name, learning_rate)
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon

    def _powers(self, like: Any) -> tuple[Any, Any]:
        return self._number("beta1_power", like, self.beta1), self._number("beta2_power", like, self.beta2)

    def _make_slots(self, var: Any) -> None:
        self._powers(var)
        super()._make_slots(var)

    def _update(self, var: Any, grad: Any) -> Any:
        slots = [self._slot(var, s) for s in self.slot_names]
        numbers = (*self._powers(var), self._rate(var), self.beta1, self.beta2, self.epsilon)
        if isinstance(grad, IndexedSlices):  # the means of the other rows fade all the same
            grad = grad.dense_like(var.read())
        return moved(ApplyAdam(), [var, *slots], grad, *numbers)

    def _once(self, like: Any) -> list[Any]:
        power1, power2 = self._powers(like)
        return [power.assign(power * in_type_of(power, beta)) for power, beta in ((power1, self.beta1), (power2, self.beta2))]


class FtrlOptimizer(Optimizer):
    """FTRL-proximal: gradient descent whose L1 penalty really makes weights zero."""

    slot_names = ("accum", "linear")

    def __init__(
        self, learning_rate: Any, learning_rate_power: float = -0.5, initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0, l2_regularization_strength: float = 0.0, use_locking: bool = False,
        name: str = "Ftrl", accum_name: Any = None, linear_name: Any = None,
        l2_shrinkage_regularization_strength: float = 0.0, beta: float = 0.0,
    ):
        if learning_rate_power > 0 or initial_accumulator_value < 0:
            raise ArgumentError("FtrlOptimizer: learning_rate_power must be <= 0, initial_accumulator_value >= 0")
        super().__init__(use_locking, name, learning_rate)
        self.slot_scopes = {"accum": accum_name or name, "linear": linear_name or name}
        self.power, self.start, self.beta = learning_rate_power, initial_accumulator_value, beta
        self.l1, self.l2 = l1_regularization_strength, l2_regularization_strength
        self.shrinkage = l2_shrinkage_regularization_strength

    def _slot_start(self, slot: str, var: Any) -> float:
        return self.start if slot == "accum" else 0.0

    def _update(self, var: Any, grad: Any) -> Any:
        rate = self._rate(var)
        l2 = self.l2 + self.beta / (2 * rate) if self.beta else self.l2
        slots = [self._slot(var, s) for s in self.slot_names]
        return moved(ApplyFtrl(), [var, *slots], grad, rate, self.l1, l2, self.power, self.shrinkage)
