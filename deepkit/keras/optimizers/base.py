"""The base of Keras' optimizers: their numbers are weights that can be changed while training, and so are their slots."""

from __future__ import annotations

import contextlib
import inspect
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core.apply import convert, is_tensor
from deepkit.core.autodiff import gradients
from deepkit.core.graph import default_graph
from deepkit.core.inputs import unknown_argument
from deepkit.core.slices import IndexedSlices, dense
from deepkit.core.tensor import Parameter, Tensor
from deepkit.core.variable import Variable
from deepkit.errors import ArgumentError, GradientError
from deepkit.keras.backend.config import epsilon as default_epsilon
from deepkit.keras.backend.session import batch_get_value, get_value, set_value
from deepkit.keras.backend.weights import EagerWeight, Weight, beside, make_weight
from deepkit.keras.optimizers import schedules
from deepkit.keras.optimizers.schedules import LearningRateSchedule
from deepkit.train.clipping import clip_by_global_norm
from deepkit.train.initializers import Constant
from deepkit.train.rules import UpdateRule, moved


class Optimizer:
    """Base of all optimizers.

    lr: the learning rate, a weight: `K.set_value(model.optimizer.lr, 0.001)` or `model.optimizer.lr = 0.001` changes
    it. decay: lr becomes lr / (1 + decay * iterations). clipvalue clips each number of a gradient, clipnorm each
    gradient to this length, global_clipnorm all gradients together.

    A subclass names its slots in `slot_names` and says in `move` which update rule moves a weight; or it defines
    `get_updates(loss, params)` itself and returns assignments, as Keras 2 has it.
    """

    slot_names: tuple[str, ...] = ()
    clipnorm_over_all = False  # True in Keras 2.3.1: clipnorm is the length of all gradients together

    def __init__(
        self, name: str | None = None, learning_rate: Any = 0.01, decay: float = 0.0, clipnorm: float | None = None,
        clipvalue: float | None = None, global_clipnorm: float | None = None, lr: Any = None, **unknown: Any,
    ):
        kind = type(self).__name__
        if unknown:
            own = inspect.signature(type(self).__init__).parameters
            shared = ("learning_rate", "lr", "decay", "clipnorm", "clipvalue", "global_clipnorm", "name")
            raise unknown_argument(kind, sorted(unknown)[0], [*own, *shared])
        given = {"clipnorm": clipnorm, "clipvalue": clipvalue, "global_clipnorm": global_clipnorm, "decay": decay}
        for label, value in given.items():
            if value is not None and value < 0:
                raise ArgumentError(f"{kind}: {label}={value}", rule=f"{label} is not negative")
        if clipnorm is not None and global_clipnorm is not None:
            raise ArgumentError(
                f"{kind}: clipnorm and global_clipnorm",
                rule="clipnorm looks at each gradient alone, global_clipnorm at all",
            )
        self.name = name or kind
        self.clipnorm, self.clipvalue, self.global_clipnorm = clipnorm, clipvalue, global_clipnorm
        self.initial_decay = float(decay)
        self._values: dict[str, Any] = {}
        self._numbers: dict[str, Variable] = {}
        self._slots: dict[tuple[str, Weight], Weight] = {}
        self._kept: list[Any] | None = None
        self._step: dict[Any, Any] = {}
        self.updates: list[Any] = []
        self._declare(learning_rate=learning_rate if lr is None else lr, decay=float(decay))

    # ---- numbers

    def _declare(self, **values: Any) -> None:
        """Numbers of the optimizer with the values they start with."""
        for name, value in values.items():
            if not isinstance(value, Variable) and (isinstance(value, str) or np.ndim(get_value(_plain(value))) != 0):
                raise ArgumentError(f"{type(self).__name__}: {name}={value!r}", rule="one number")
        self._values.update(values)

    def number(self, name: str, like: Any = None) -> Any:
        """The scalar weight called `name`, made when first used; a schedule stays what it is.

        Beside a weight of another graph than before it is made anew there, with the value it has now.
        """
        if name == "learning_rate" and callable(self._values.get(name)):
            return self._values[name]
        known = self._numbers.get(name)
        graph = getattr(getattr(like, "weight", like), "graph", None)
        if known is None or (graph is not None and known.graph.root is not graph.root):
            start = self._values.get(name, 0) if known is None else get_value(known)
            label, kind = ("iter", np.int64) if name == "iterations" else (name, np.float32)
            with in_root(graph):
                made = Weight(np.array(get_value(_plain(start)), kind), trainable=False, name=f"{self.name}/{label}")
            self._numbers[name] = made
        return self._numbers[name]

    def _set(self, name: str, value: Any) -> None:
        if isinstance(value, Variable):  # an optimizer in the manner of Keras 2 brings its own
            self._numbers[name] = value
            return
        changes_kind = callable(value) or callable(self._values.get(name))
        adds_decay = name == "decay" and not self.initial_decay and value
        if (changes_kind or adds_decay) and "iterations" in self._numbers:
            raise ArgumentError(
                f"{self.name}: {name} cannot become {value!r} after training has begun",
                rule="a schedule or a decay is part of the compiled training step, a number is a weight that the step reads",
                hint="compile the model again with a new optimizer",
            )
        if name == "decay":
            self.initial_decay = float(value)
        self._declare(**{name: value})
        if name in self._numbers and not changes_kind:
            set_value(self._numbers[name], value)

    lr = property(lambda self: self.number("learning_rate"), lambda self, value: self._set("learning_rate", value))
    learning_rate = property(
        lambda self: self.number("learning_rate"), lambda self, value: self._set("learning_rate", value)
    )
    decay = property(lambda self: self.number("decay"), lambda self, value: self._set("decay", value))
    iterations = property(lambda self: self.number("iterations"), lambda self, value: self._set("iterations", value))

    def value(self, name: str, like: Any) -> Any:
        """A number beside the weight `like`, in its type."""
        return self.once(name, like, lambda: ops.cast(beside(like, self.number(name, like)).read(), like.dtype))

    def once(self, key: str, like: Any, make: Callable[[], Any]) -> Any:
        """What all weights of one type share in a step: made once, then found under `key`."""
        place = (key, like.dtype)
        if place not in self._step:
            self._step[place] = make()
        return self._step[place]

    def rate(self, like: Any) -> Any:
        """The learning rate of this step: from the schedule if there is one, and decayed."""
        return self.once("rate", like, lambda: self._rate(like))

    def _rate(self, like: Any) -> Any:
        rate = self._values["learning_rate"]
        if isinstance(rate, LearningRateSchedule):
            rate = ops.cast(convert(rate(self.value("iterations", like)), beside=like), like.dtype)
        elif callable(rate):
            rate = ops.cast(convert(rate(), beside=like), like.dtype)
        else:
            rate = self.value("learning_rate", like)
        if self.initial_decay:
            rate = rate / (1.0 + self.value("decay", like) * self.value("iterations", like))
        return rate

    def power(self, name: str, like: Any) -> Any:
        """The number to the power of this step, counted from 1."""
        step = self.once("step", like, lambda: self.value("iterations", like) + 1.0)
        return self.once(f"{name}_power", like, lambda: ops.pow(self.value(name, like), step))

    # ---- one step

    def get_gradients(self, loss: Any, params: list[Any]) -> list[Any]:
        """The clipped derivatives of the loss by each weight, as tensors."""
        return [
            g if g is None else dense(g, p.read()) for g, p in zip(self._gradients(loss, params), params, strict=True)
        ]

    def _gradients(self, loss: Any, params: list[Any]) -> list[Any]:
        found = self._derivatives(loss, params)
        lost = [p for g, p in zip(found, params, strict=True) if g is None]
        if len(lost) == len(found):
            raise GradientError(
                "the loss does not depend on any weight that is trained",
                rule="the way from the weights to the loss goes through operations that have derivatives",
                hint="argmax, round and comparisons have none; are the layers frozen by trainable=False?",
            )
        if lost and not isinstance(loss, Tensor):
            named = ", ".join(p.node.name for p in lost)
            warnings.warn(f"the loss does not depend on {named}: training leaves them as they are", stacklevel=2)
        return self._clipped(found)

    def _derivatives(self, loss: Any, params: list[Any]) -> list[Any]:
        """The derivatives as they are, None where nothing connects."""
        return gradients(loss, params, warn=False, slices=True)

    def _clipped(self, grads: list[Any]) -> list[Any]:
        limit, norm = self.clipvalue, self.clipnorm
        if norm is not None and self.clipnorm_over_all:
            grads = clip_by_global_norm(grads, norm)[0]
        if limit is not None:
            grads = [_changed(g, lambda x: ops.clip_by_value(x, -limit, limit)) for g in grads]
        if norm is not None and not self.clipnorm_over_all:
            grads = [_changed(g, lambda x: ops.clip_by_norm(x, norm)) for g in grads]
        if self.global_clipnorm is not None:
            grads = clip_by_global_norm(grads, self.global_clipnorm)[0]
        return grads

    def get_updates(self, loss: Any, params: list[Any]) -> list[Any]:
        """One step towards a smaller loss: the updates of all weights. On Tensors they happen at once."""
        return self._moved(list(zip(self._gradients(loss, params), params, strict=True)))

    def apply_gradients(self, grads_and_vars: Iterable[Any], name: str | None = None) -> Any:
        """Moves each weight by its gradient (None: it stays); in a graph the tensor to run, which counts the step."""
        pairs = [(g, p) for g, p in grads_and_vars]
        clipped = self._clipped([g for g, _ in pairs])
        return self._moved([(g, p) for g, (_, p) in zip(clipped, pairs, strict=True)])[-1]

    def minimize(self, loss: Any, var_list: list[Any], name: str | None = None) -> Any:
        """One step towards a smaller loss, a tensor or a function that returns one."""
        return self.get_updates(loss() if callable(loss) and not is_tensor(loss) else loss, list(var_list))[-1]

    def _moved(self, pairs: list[tuple[Any, Any]]) -> list[Any]:
        pairs = [(g, p) for g, p in pairs if g is not None]
        if not pairs:
            raise GradientError("apply_gradients: there are no gradients", rule="at least one weight has a gradient")
        params = [p for _, p in pairs]
        self.create_all_weights(params)
        counter = beside(params[0], self.number("iterations", params[0]))
        if isinstance(params[0], Tensor):
            return [*self._all_moves(pairs), counter.assign_add(1)]
        graph = params[0].graph
        with graph.name_scope(self.name):
            updates = self._all_moves(pairs)
            with graph.control_dependencies(updates):  # the formulas see the count before this step
                return [*updates, counter.assign_add(1)]

    def _all_moves(self, pairs: list[tuple[Any, Any]]) -> list[Any]:
        self._step = {}
        try:
            updates = [update for grad, param in pairs for update in self._moves_of(grad, param)]
            return updates + self.finish(pairs[0][1])
        finally:
            self._step = {}

    def _moves_of(self, grad: Any, param: Any) -> list[Any]:
        """The update of one weight, and what its constraint does to it after."""
        constraint = getattr(param, "constraint", None)
        if constraint is not None:
            grad = dense(grad, param.read())
        update = self.move(param, grad)
        update = update[0] if isinstance(update, (list, tuple)) else update
        if constraint is None:
            return [update]
        if isinstance(param, Parameter):
            return [update, param.assign(constraint(param.read()))]
        with param.graph.control_dependencies([update]):
            return [update, param.assign(constraint(param.read_value()))]

    def move(self, param: Any, grad: Any) -> Any:
        """The update of one weight, by `self.apply`; grad is a tensor or IndexedSlices."""
        raise ArgumentError(f"{type(self).__name__} defines neither move(param, grad) nor get_updates(loss, params)")

    def finish(self, like: Any) -> list[Any]:
        """What else changes once a step, after all weights."""
        return []

    def apply(
        self, rule: UpdateRule, param: Any, grad: Any, *numbers: Any, slots: tuple[str, ...] | None = None
    ) -> Any:
        """One update rule on a weight and its slots; IndexedSlices move only the rows they name."""
        return moved(rule, [param, *[self.slot(name, param) for name in slots or self.slot_names]], grad, *numbers)

    # ---- slots

    def create_all_weights(self, params: Iterable[Any]) -> None:
        """Makes the numbers and slots for these weights, in the order in which `weights` lists them."""
        params = list(params)
        for name in [*self._values, "iterations"]:
            self.number(name, params[0] if params else None)
        self._create_slots(params)

    def _create_slots(self, params: list[Any]) -> None:
        for name in self.slot_names:
            for param in params:
                self.slot(name, param)

    def slot_start(self, name: str) -> float:
        """The number with which the slot begins."""
        return 0.0

    def slot(self, name: str, param: Any) -> Any:
        """What the optimizer remembers about a weight under `name`, an array of its shape; made when first used."""
        weight = param.weight if isinstance(param, EagerWeight) else param
        if (name, weight) not in self._slots:
            label, shape = f"{self.name}/{weight.node.name}/{name}", tuple(weight.shape.as_list())
            with in_root(weight.graph):
                made = make_weight(label, shape, Constant(self.slot_start(name)), weight.dtype, trainable=False)
            self._slots[name, weight] = made
        return beside(param, self._slots[name, weight])

    # ---- state and description

    @property
    def weights(self) -> list[Any]:
        """The count of steps, then the slots in the order they were made; nothing before the first step."""
        if self._kept is not None:
            return self._kept
        if "iterations" not in self._numbers:
            return []
        count = self._numbers["iterations"]
        return [count, *self._extra(), *[slot for slot in self._slots.values() if slot.graph is count.graph]]

    @weights.setter
    def weights(self, weights: list[Any]) -> None:
        self._kept = list(weights)

    def _extra(self) -> list[Any]:
        """Further weights between the count and the slots."""
        return []

    def variables(self) -> list[Any]:
        return self.weights

    def get_weights(self) -> list[np.ndarray]:
        """Copies of the values of `weights`."""
        return [np.asarray(v) for v in batch_get_value(self.weights)]

    def set_weights(self, weights: Any) -> None:
        """Replaces the values of `weights`; a list without the count of steps, as Keras 1 kept it, counts from 0."""
        own, values = self.weights, list(weights)
        if len(own) == len(values) + 1:
            values.insert(0, np.array(0))
        if len(own) != len(values):
            raise ArgumentError(
                f"{self.name}: set_weights got {len(values)} arrays for {len(own)} weights",
                rule="the slots are made by the first training step", hint="train one step, then set the weights",
            )
        for w, value in zip(own, values, strict=True):
            if tuple(w.shape.as_list()) != np.shape(value):
                raise ArgumentError(
                    f"{self.name}: set_weights got an array of shape {np.shape(value)} for {w.node.name} {w.shape}",
                    rule="the arrays of get_weights() of the same kind of optimizer and model, in the same order",
                )
        for w, value in zip(own, values, strict=True):
            set_value(w, value)

    def now(self, name: str) -> Any:
        """A number as get_config shows it: its value now, or the configuration of a schedule."""
        value = self._values[name]
        if isinstance(value, LearningRateSchedule):
            return schedules.serialize(value)
        if name in self._numbers:
            return float(get_value(self._numbers[name]))
        return value() if callable(value) else get_value(_plain(value))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal optimizer, with the numbers as they are now."""
        clips = {name: getattr(self, name) for name in ("clipnorm", "clipvalue", "global_clipnorm")}
        return {"name": self.name, **{name: value for name, value in clips.items() if value is not None}}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """An optimizer from what `get_config` gave."""
        rates = {name: config[name] for name in ("lr", "learning_rate") if isinstance(config.get(name), dict)}
        return cls(**{**config, **{name: schedules.deserialize(rate, custom_objects) for name, rate in rates.items()}})


def fuzz(epsilon: float | None) -> float:
    """The epsilon of an optimizer; None (and 0) mean the backend's."""
    return epsilon or default_epsilon()


def _plain(value: Any) -> Any:
    return 0.0 if callable(value) and not is_tensor(value) else value


def _changed(grad: Any, function: Callable[[Any], Any]) -> Any:
    """A gradient with `function` applied to its numbers; None stays."""
    if grad is None:
        return None
    return grad.with_values(function(grad.values)) if isinstance(grad, IndexedSlices) else function(grad)


@contextlib.contextmanager
def in_root(graph: Any) -> Iterator[None]:
    """Names of what is made inside begin anew."""
    graph = (graph or default_graph()).root
    with graph.as_default(), graph.name_scope(None):
        yield
