"""Adam and its kin: momentum and a moving mean of squared gradients, both corrected for their start at 0."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core.slices import IndexedSlices, dense
from deepkit.errors import ArgumentError
from deepkit.keras.backend.session import get_value
from deepkit.keras.backend.weights import Weight, beside
from deepkit.keras.optimizers.base import Optimizer, fuzz, in_root
from deepkit.train.rules import ApplyAdam, ApplyAdaMax, ApplyAmsgrad, ApplyNadam


class _Moments(Optimizer):
    """What the optimizers of this module share: slots m and v, and the numbers by which they fade."""

    slot_names: tuple[str, ...] = ("m", "v")

    def __init__(self, name: str, learning_rate: Any, beta_1: Any, beta_2: Any, epsilon: float | None, **kwargs: Any):
        super().__init__(name, learning_rate, **kwargs)
        for label, beta in (("beta_1", beta_1), ("beta_2", beta_2)):
            if isinstance(beta, (int, float)) and not 0 <= beta < 1:
                raise ArgumentError(
                    f"{name}: {label}={beta}", rule=f"0 <= {label} < 1: the part of the mean that stays"
                )
        self._declare(beta_1=beta_1, beta_2=beta_2)
        self.epsilon = fuzz(epsilon)

    beta_1 = property(lambda self: self.number("beta_1"), lambda self, value: self._set("beta_1", value))
    beta_2 = property(lambda self: self.number("beta_2"), lambda self, value: self._set("beta_2", value))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(), "learning_rate": self.now("learning_rate"), "decay": self.initial_decay,
            "beta_1": self.now("beta_1"), "beta_2": self.now("beta_2"), "epsilon": self.epsilon,
        }


class Adam(_Moments):
    """w -= lr sqrt(1 - beta_2^t) / (1 - beta_1^t) m / (sqrt(v) + epsilon). Source: D. Kingma and J. Ba, ICLR 2015.

    amsgrad divides by the largest v so far (S. Reddi et al., ICLR 2018).
    """

    def __init__(
        self, learning_rate: Any = 0.001, beta_1: Any = 0.9, beta_2: Any = 0.999, epsilon: float | None = 1e-7,
        amsgrad: bool = False, name: str = "Adam", **kwargs: Any,
    ):
        super().__init__(name, learning_rate, beta_1, beta_2, epsilon, **kwargs)
        self.amsgrad = amsgrad
        if amsgrad:
            self.slot_names = ("m", "v", "vhat")

    def move(self, param: Any, grad: Any) -> Any:
        powers = self.power("beta_1", param), self.power("beta_2", param)
        numbers = self.rate(param), self.value("beta_1", param), self.value("beta_2", param), self.epsilon
        rule = ApplyAmsgrad() if self.amsgrad else ApplyAdam()
        # The means of rows that a sparse gradient does not name fade all the same.
        return self.apply(rule, param, dense(grad, param.read()), *powers, *numbers)

    def set_weights(self, weights: Any) -> None:
        values, own = list(weights), len(self.weights)
        if len(values) == 3 * ((own - 1) // 2) + 1:  # Keras 2.2 kept vhat also without amsgrad
            values = values[:own]
        super().set_weights(values)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "amsgrad": self.amsgrad}


class Adamax(_Moments):
    """Adam with the largest gradient in place of the mean square. Source: D. Kingma and J. Ba, ICLR 2015, section 7.1."""

    def __init__(
        self, learning_rate: Any = 0.001, beta_1: Any = 0.9, beta_2: Any = 0.999, epsilon: float | None = 1e-7,
        name: str = "Adamax", **kwargs: Any,
    ):
        super().__init__(name, learning_rate, beta_1, beta_2, epsilon, **kwargs)

    def move(self, param: Any, grad: Any) -> Any:
        numbers = self.rate(param), self.value("beta_1", param), self.value("beta_2", param), self.epsilon
        return self.apply(ApplyAdaMax(), param, grad, self.power("beta_1", param), *numbers)


class Nadam(_Moments):
    """Adam with Nesterov momentum: each step looks ahead. Source: T. Dozat, ICLR workshop 2016.

    The share of momentum grows with the steps: beta_1 (1 - 0.96^(t schedule_decay) / 2).
    """

    def __init__(
        self, learning_rate: Any = 0.001, beta_1: Any = 0.9, beta_2: Any = 0.999, epsilon: float | None = 1e-7,
        name: str = "Nadam", schedule_decay: float = 0.004, decay: Any = None, **kwargs: Any,
    ):
        rate = kwargs.get("lr", learning_rate)
        if callable(rate):
            raise ArgumentError(
                "Nadam: a schedule as learning_rate", rule="Nadam has a schedule of its own", hint="Adam"
            )
        if decay is not None:
            warnings.warn("Nadam's learning rate does not decay: decay is not used; schedule_decay is", stacklevel=2)
        super().__init__(name, learning_rate, beta_1, beta_2, epsilon, **kwargs)
        self.schedule_decay = float(schedule_decay)
        self._product: Weight | None = None

    def _create_slots(self, params: list[Any]) -> None:
        weight = getattr(params[0], "weight", params[0])
        if self._product is None or self._product.graph is not weight.graph:
            start = 1.0 if self._product is None else get_value(self._product)
            with in_root(weight.graph):
                value = np.array(start, weight.dtype.numpy)
                self._product = Weight(value, trainable=False, name=f"{self.name}/momentum_cache")
        super()._create_slots(params)

    def _extra(self) -> list[Any]:
        return [] if self._product is None else [self._product]

    def _share(self, steps_ahead: float, like: Any) -> Any:
        """The share of momentum now (1) or at the next step (2)."""
        step = self.value("iterations", like) + steps_ahead
        return self.value("beta_1", like) * (1.0 - 0.5 * ops.pow(0.96, step * self.schedule_decay))

    def move(self, param: Any, grad: Any) -> Any:
        share = self.once("share", param, lambda: self._share(1.0, param))
        following = self.once("next_share", param, lambda: self._share(2.0, param))
        product = self.once("product", param, lambda: self._next_product(share, param))
        moves: Any = 1.0
        if isinstance(grad, IndexedSlices):
            named = grad.with_values(ops.ones_like(grad.values)).dense_like(param.read())
            moves, grad = ops.minimum(named, 1.0), dense(grad, param.read())
        return self.apply(
            ApplyNadam(), param, grad, self.value("learning_rate", param), self.value("beta_1", param),
            self.value("beta_2", param), self.epsilon, share, following, product, product * following,
            self.power("beta_2", param), moves,
        )

    def _next_product(self, share: Any, like: Any) -> Any:
        kept = beside(like, self._product)  # type: ignore[arg-type]
        made = kept.read() * ops.cast(share, kept.dtype)
        self._step["made"] = kept.assign(made)
        return ops.cast(made, like.dtype)

    def finish(self, like: Any) -> list[Any]:
        return [self._step["made"]]

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config["decay"] = self.schedule_decay
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        config = dict(config)
        config["schedule_decay"] = config.pop("schedule_decay", config.pop("decay", 0.004))
        return super().from_config(config, custom_objects)
