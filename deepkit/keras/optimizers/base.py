"""The base of Keras' optimizers: their numbers are weights that can be changed while training, and so are their slots."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core.apply import apply
from deepkit.core.autodiff import gradients
from deepkit.core.slices import IndexedSlices
from deepkit.core.tensor import Tensor
from deepkit.errors import ArgumentError, GradientError
from deepkit.keras.backend.session import batch_get_value, set_value
from deepkit.keras.engine.weights import EagerWeight, Weight, beside, make_weight
from deepkit.train.initializers import Constant
from deepkit.train.rules import UpdateRows, UpdateRule


class Optimizer:
    """Base of all optimizers.

    lr: the learning rate, a weight: `K.set_value(model.optimizer.lr, 0.001)` changes it. decay: lr becomes
    lr / (1 + decay * iterations). clipnorm clips each gradient to this length, clipvalue each of its numbers.
    """

    def __init__(
        self, learning_rate: Any = 0.01, name: str | None = None, decay: float = 0.0, clipnorm: float | None = None,
        clipvalue: float | None = None, lr: Any = None, **unknown: Any,
    ):  # fmt: skip
        if unknown:
            raise ArgumentError(f"{type(self).__name__} has no argument {sorted(unknown)[0]!r}", hint="lr, decay, clipnorm, clipvalue")
        for label, value in (("clipnorm", clipnorm), ("clipvalue", clipvalue), ("decay", decay)):
            if value is not None and value < 0:
                raise ArgumentError(f"{type(self).__name__}: {label}={value}", rule=f"{label} is not negative")
        self.name = name or type(self).__name__
        self.clipnorm, self.clipvalue, self.initial_decay = clipnorm, clipvalue, float(decay)
        self._values: dict[str, Any] = {"learning_rate": learning_rate if lr is None else lr, "decay": float(decay)}
        self._weights: dict[str, Weight] = {}
        self._slots: dict[tuple[str, Weight], Weight] = {}

    # ---- numbers

    def number(self, name: str) -> Weight:
        """The scalar weight called `name`, made when first used."""
        if name not in self._weights:
            kind = "int64" if name == "iterations" else "float32"
            value = np.array(0 if name == "iterations" else self._values[name], kind)
            self._weights[name] = Weight(value, trainable=False, name=f"{self.name}/{'iter' if kind == 'int64' else name}")
        return self._weights[name]

    lr = property(lambda self: self.number("learning_rate"), lambda self, value: self._set("learning_rate", value))
    learning_rate = property(lambda self: self.number("learning_rate"), lambda self, value: self._set("learning_rate", value))
    decay = property(lambda self: self.number("decay"), lambda self, value: self._set("decay", value))
    iterations = property(lambda self: self.number("iterations"))

    def _set(self, name: str, value: Any) -> None:
        self._values[name] = value
        if name in self._weights:
            set_value(self._weights[name], value)

    def value(self, name: str, like: Any) -> Any:
        """A number beside the weight `like`, in its type."""
        return ops.cast(beside(like, self.number(name)).read(), like.dtype)

    def rate(self, like: Any) -> Any:
        """The learning rate of this step, decayed."""
        rate = self.value("learning_rate", like)
        if self.initial_decay:
            rate = rate / (1.0 + self.value("decay", like) * self.value("iterations", like))
        return rate

    # ---- one step

    def get_gradients(self, loss: Any, params: list[Any]) -> list[Any]:
        """The clipped derivatives of the loss by each weight; GradientError if it depends on none of them."""
        found = gradients(loss, params, warn=False)
        if all(g is None for g in found):
            raise GradientError(
                "the loss does not depend on any weight that is trained",
                rule="the way from the weights to the loss goes through operations that have derivatives",
                hint="argmax, round and comparisons have none; are the layers frozen by trainable=False?",
            )
        return [None if g is None else self._clipped(g) for g in found]

    def _clipped(self, grad: Any) -> Any:
        if self.clipnorm:
            grad = ops.clip_by_norm(grad, self.clipnorm)
        if self.clipvalue:
            grad = ops.clip_by_value(grad, -self.clipvalue, self.clipvalue)
        return grad

    def get_updates(self, loss: Any, params: list[Any]) -> list[Any]:
        """One step towards a smaller loss: the updates of all weights. On Tensors they happen at once."""
        pairs = [(g, p) for g, p in zip(self.get_gradients(loss, params), params, strict=True) if g is not None]
        updates = []
        for grad, param in pairs:
            moved = self.move(param, grad)
            updates.append(moved[0] if isinstance(moved, (list, tuple)) else moved)
            constraint = getattr(param, "constraint", None)
            if constraint is not None:
                updates.append(self._constrained(param, updates[-1], constraint))
        counter = beside(params[0], self.number("iterations"))
        if isinstance(loss, Tensor):
            return [*updates, counter.assign_add(1)]
        with loss.graph.control_dependencies(updates):  # the formulas above see the count before this step
            return [*updates, counter.assign_add(1)]

    @staticmethod
    def _constrained(param: Any, update: Any, constraint: Any) -> Any:
        if isinstance(param, EagerWeight):
            return param.assign(constraint(param.read()))
        with param.graph.control_dependencies([update]):
            return param.assign(constraint(param.read_value()))

    def move(self, param: Any, grad: Any) -> Any:
        """The update of one weight; what a subclass defines."""
        raise TypeError(f"{type(self).__name__} does not define move")

    def apply(self, rule: UpdateRule, states: list[Any], grad: Any, *numbers: Any) -> Any:
        """One update rule on a weight and its slots; IndexedSlices move only the rows they name."""
        if isinstance(grad, IndexedSlices):
            return apply(UpdateRows(rule), *states, grad.values, grad.indices, *numbers)
        return apply(rule, *states, grad, *numbers)

    def slot(self, name: str, param: Any, start: float = 0.0) -> Any:
        """What the optimizer remembers about a weight under `name`: an array of its shape that starts with `start`."""
        weight = param.weight if isinstance(param, EagerWeight) else param
        if (name, weight) not in self._slots:
            label = f"{self.name}/{weight.node.name}/{name}"
            shape = tuple(weight.shape.as_list())
            self._slots[name, weight] = make_weight(label, shape, Constant(start), weight.dtype, trainable=False)
        return beside(param, self._slots[name, weight])

    # ---- state and description

    @property
    def weights(self) -> list[Weight]:
        """The count of steps, then all slots, name by name."""
        names = list(dict.fromkeys(name for name, _ in self._slots))
        return [self.number("iterations"), *[s for n in names for (name, _), s in self._slots.items() if name == n]]

    def get_weights(self) -> list[np.ndarray]:
        return [np.asarray(v) for v in batch_get_value(self.weights)]

    def set_weights(self, weights: Any) -> None:
        own, values = self.weights, list(weights)
        if len(own) != len(values):
            raise ArgumentError(
                f"{self.name}: set_weights got {len(values)} arrays for {len(own)} weights",
                rule="the slots are made by the first training step", hint="train one step, then set the weights",
            )  # fmt: skip
        for w, value in zip(own, values, strict=True):
            set_value(w, value)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal optimizer, with the numbers as they are now."""
        config: dict[str, Any] = {"name": self.name}
        for name in self._values:
            now = batch_get_value([self._weights[name]])[0] if name in self._weights else self._values[name]
            config[name] = float(now)
        for label in ("clipnorm", "clipvalue"):
            if getattr(self, label) is not None:
                config[label] = getattr(self, label)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Optimizer:
        return cls(**config)
