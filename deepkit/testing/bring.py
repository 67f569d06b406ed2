"""Bring your own: an op, layer, optimizer or loss that takes the place of ours once it does the same."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from deepkit.core.op import Op, registry, stand_ins
from deepkit.errors import ArgumentError, did_you_mean
from deepkit.testing.check import check_op
from deepkit.testing.comparison import CheckFailedError

STEPS = 5
"""Training steps after which a layer, optimizer or loss must have led to the weights that ours leads to."""
_undo: dict[str, list[Callable[[], object]]] = {}


@dataclass(frozen=True)
class Brought:
    """What became of it: whose class bears the name from now on, and, where it is ours, why."""

    name: str
    used: Any
    problem: str | None = None

    def __repr__(self) -> str:
        if self.problem is None:
            return f"from now on, {self.name} is yours"
        return f"{self.name} stays the library's: {self.problem}"


def bring(mine: Any, *inputs: Any, name: str | None = None, **config: Any) -> Brought:
    """Put a class of yours in the place of the library's one of the same name (or of `name`), if it does the same.

    Yours is checked first, made with `config`: an op by `check_op` at `inputs`, that is, by its value, its shapes and its
    first and second derivative; a Keras layer, optimizer or loss by what it makes of a small network in five steps of
    training. A layer is called on `inputs`, one array whose first axis is the batch.

    If it passes, the library computes with it wherever it used its own: whoever applies the op, names the loss or says
    `keras.layers.Dense` gets yours, until `give_back`. If it does not, nothing changes, and the result says why: what
    comes next in a notebook works with the library's own.

    Raises:
        ArgumentError: the library has nothing of that name.

    >>> from deepkit.ops.math.elementwise import Exp
    >>> class Doubled(Exp):
    ...     def forward(self, xp, x):
    ...         return 2 * xp.exp(x)
    >>> bring(Doubled, np.array([[0.5, -1.0]]), name="Exp")  # doctest: +ELLIPSIS
    Exp stays the library's: ...
    """
    name = name or mine.__name__
    give_back(name)
    is_op = isinstance(mine, type) and issubclass(mine, Op)
    kind, module, ours = _op_of_ours(name) if is_op else _keras_of_ours(name)
    try:
        if is_op:
            check_op(mine(**config), *inputs, reference=lambda *arrays: ours(**config).forward(np, *arrays))
        else:
            _check_training(kind, mine, ours, inputs, config)
    except Exception as error:  # whatever is wrong with a learner's class, what comes next goes on with ours
        return Brought(name, ours, str(error) or type(error).__name__)
    _undo[name] = [_stand_in(ours, mine)] if is_op else list(_take_names(module, ours, mine))
    return Brought(name, mine)


def give_back(name: str | None = None) -> None:
    """Let the library use its own again in the place of what was brought under `name`, or of everything."""
    for brought in [name] if name else list(_undo):
        for undo in _undo.pop(brought, []):
            undo()


def _op_of_ours(name: str) -> tuple[str, Any, Any]:
    if name not in registry:
        raise ArgumentError(f"the library has no op {name!r} that yours could stand for", hint=did_you_mean(name, registry))
    return "op", None, registry[name]


def _keras_of_ours(name: str) -> tuple[str, ModuleType, Any]:
    """What Keras has under a name: its kind, the module that names it, and the thing itself."""
    from deepkit.keras import layers, losses, optimizers

    rooms = {"layer": layers, "optimizer": optimizers, "loss": losses}
    for kind, module in rooms.items():
        if name in dir(module):
            return kind, module, getattr(module, name)
    known = [public for module in rooms.values() for public in module.__all__]
    raise ArgumentError(
        f"the library has no {name!r} that yours could stand for", rule="an op, or a Keras layer, optimizer or loss",
        hint=did_you_mean(name, known),
    )


def _stand_in(ours: type[Op], mine: type[Op]) -> Callable[[], object]:
    stand_ins[ours] = mine
    return functools.partial(stand_ins.pop, ours)


def _take_names(module: ModuleType, ours: Any, mine: Any) -> Iterator[Callable[[], object]]:
    """Every name that `module` has for ours means mine, in the module and in configurations; yields how to undo it."""
    from deepkit.keras.registry import get_custom_objects

    tables = [value for key, value in vars(module).items() if key == "OBJECTS"]
    for name in {name for table in (vars(module), *tables) for name, value in table.items() if value is ours}:
        get_custom_objects()[name] = mine
        yield functools.partial(get_custom_objects().pop, name, None)
        if vars(module).get(name) is ours:
            setattr(module, name, mine)
            yield functools.partial(setattr, module, name, ours)


def _check_training(kind: str, mine: Any, ours: Any, inputs: tuple[Any, ...], config: dict[str, Any]) -> None:
    x = np.asarray(inputs[0], np.float32) if kind == "layer" else np.random.default_rng(1).normal(size=(8, 3))
    made = [thing(**config) if isinstance(thing, type) else thing for thing in (mine, ours)]
    theirs, expected = (_trained(kind, thing, x) for thing in made)
    for what in expected:
        for one, other in zip(theirs[what], expected[what], strict=True):
            if np.shape(one) != np.shape(other):
                raise CheckFailedError(f"{what} of shape {np.shape(one)}, expected {np.shape(other)}")
            if not np.allclose(one, other, rtol=1e-4, atol=1e-6):
                far = float(np.abs(np.asarray(one) - np.asarray(other)).max())
                raise CheckFailedError(f"{what} differ from the library's by up to {far:.3g}")


def _trained(kind: str, thing: Any, x: np.ndarray) -> dict[str, list[Any]]:
    """What a small network predicts with this thing in it, and its losses and weights after some steps of training."""
    from deepkit.keras import layers, models, optimizers

    rng = np.random.default_rng(7)
    parts = {"layer": layers.Dense(2, activation="sigmoid"), "optimizer": optimizers.SGD(0.1), "loss": "mean_squared_error"}
    parts[kind] = thing
    model = models.Sequential([layers.Dense(x.shape[-1], input_shape=x.shape[1:]), parts["layer"]])
    model.compile(parts["optimizer"], parts["loss"])
    model.set_weights([rng.normal(scale=0.5, size=w.shape).astype(w.dtype) for w in model.get_weights()])
    predicted = model.predict(x)
    y = rng.uniform(0.1, 0.9, size=predicted.shape).astype(np.float32)
    losses = [float(model.train_on_batch(x, y)) for _ in range(STEPS)]
    return {"the predictions": [predicted], "the losses of training": losses, "the weights after training": model.get_weights()}
