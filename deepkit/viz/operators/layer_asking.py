"""What a layer makes of a shape and which weights it needs for it, found out by making one and asking it."""

from __future__ import annotations

import ast
import contextlib
import inspect
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from deepkit.core.shape import Shape
from deepkit.errors import ArgumentError, DeepkitError
from deepkit.viz.operators.asking import Answer

LAYER_SHAPES: tuple[tuple[int, ...], ...] = ((6,), (6, 4), (8, 8, 3), (6, 6, 6, 2), (3, 8, 8, 2))
"""What a layer is asked about, without the batch axis: features, a sequence, an image, a volume, a film."""

ARGUMENTS: dict[str, Any] = {
    "units": 3, "filters": 4, "kernel_size": 3, "rate": 0.5, "stddev": 0.5, "n": 3, "target_shape": (3, -1), "dims": (2, 1),
    "input_dim": 10, "output_dim": 4, "axes": 1, "activation": "tanh", "function": abs, "theta": 0.5,
}
"""A value for each parameter that some layer cannot do without."""

_FUNCTIONS = {"abs": abs}  # the functions that can be typed
_MOST, _SMALL = 300_000, 4_096  # numbers of an input that is tried, of an output that is computed twice


@dataclass(frozen=True)
class LayerAnswer(Answer):
    """An answer with the shapes of the weights by their names, and whether training makes another output of them."""

    weights: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    acts_in_training: bool | None = None

    @property
    def count(self) -> int:
        """How many numbers the layer learns or keeps."""
        return sum(math.prod(shape) for shape in self.weights.values())

    @property
    def more(self) -> str:
        """`, 112 weights`; nothing where the shapes do not fit."""
        return "" if self.made is None else f", {self.count:,} weights"


@dataclass(frozen=True)
class Trial:
    """A class of layers, the arguments for one of them, and the shapes of its inputs without the batch axis."""

    cls: type
    arguments: Mapping[str, Any]
    shapes: tuple[tuple[int, ...], ...]

    @property
    def written(self) -> str:
        """The arguments as they are written in a program: `filters=4, kernel_size=3`."""
        return ", ".join(f"{key}={_written(value)}" for key, value in self.arguments.items())

    def ask(self) -> LayerAnswer:
        """Make the layer and call it on one example; the error that refuses it is part of the answer.

        Raises:
            ArgumentError: if the inputs are too large to be tried.
        """
        numbers = sum(map(math.prod, self.shapes))
        if numbers > _MOST:
            raise ArgumentError(f"{numbers:,} numbers are too many to try", rule=f"at most {_MOST:,}")
        values = [np.linspace(0.2, 1.8, math.prod(s), dtype=np.float32).reshape(1, *s) for s in self.shapes]
        given = values if len(values) > 1 else values[0]
        with _own_randomness():
            try:
                layer = self.cls(**self.arguments, name=self.cls.__name__)  # with a name: other layers keep their numbers
                output = np.asarray(layer(given).numpy())
            except DeepkitError as error:
                return LayerAnswer(self.shapes, None, error)
            acts = _acts_in_training(layer, given, output)
        weights = {w.name.rsplit("/", 1)[-1].partition(":")[0]: tuple(map(int, w.shape)) for w in layer.weights}
        return LayerAnswer(self.shapes, (output.shape[1:],), None, weights, acts)


@contextlib.contextmanager
def _own_randomness() -> Iterator[None]:
    """The same random numbers each time, and none that the program itself would have drawn next."""
    former = np.random.get_state()
    np.random.seed(1)
    try:
        yield
    finally:
        np.random.set_state(former)


def _acts_in_training(layer: Any, given: Any, output: np.ndarray) -> bool | None:
    """Whether training makes another output of the same input; None where finding out would take too long."""
    if "training" not in inspect.signature(layer.call).parameters:
        return False
    if output.size > _SMALL:
        return None
    return not np.array_equal(output, np.asarray(layer(given, training=True).numpy()))


def required(cls: type) -> list[str]:
    """The parameters without which no such layer is made."""
    parameters = inspect.signature(cls).parameters.values()
    return [p.name for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]


def example_of(cls: type) -> Trial:
    """A trial that fits: of the first shape that the layer changes, else of the first one that it takes.

    Raises:
        ArgumentError: if the layer needs arguments that are not in ARGUMENTS, or takes none of LAYER_SHAPES.
    """
    missing = [name for name in required(cls) if name not in ARGUMENTS]
    if missing:
        raise ArgumentError(f"{cls.__name__} needs {', '.join(missing)}", rule=f"known: {', '.join(ARGUMENTS)}")
    arguments = {name: ARGUMENTS[name] for name in required(cls)}
    fitting = _fitting(cls, arguments, 1) or _fitting(cls, arguments, 2)
    if not fitting:
        raise ArgumentError(f"{cls.__name__} takes none of the shapes that are tried", rule=str(LAYER_SHAPES))
    return next((trial for trial, made in fitting if made != trial.shapes[0]), fitting[0][0])


def _fitting(cls: type, arguments: Mapping[str, Any], count: int) -> list[tuple[Trial, tuple[int, ...]]]:
    """The trials with so many inputs of one shape that the layer takes, with the shape that comes out."""
    trials = [Trial(cls, arguments, (shape,) * count) for shape in LAYER_SHAPES]
    return [(trial, answer.made[0]) for trial in trials if (answer := trial.ask()).made is not None]


def ask_layers(layers: Mapping[str, type]) -> dict[str, LayerAnswer]:
    """What each class of layers answers to an example that fits, by the same names.

    >>> ask_layers({"Dense": Dense})["Dense"].count  # of Dense(units=3) on 6 numbers
    21
    """
    return {name: example_of(cls).ask() for name, cls in layers.items()}


def arguments_of(text: str, cls: type) -> dict[str, Any]:
    """The arguments that a person typed, `8, 3, strides=2` or `filters=8, kernel_size=3`, by their names.

    Only numbers, texts, None, True, False, tuples and lists of them, and the names of a few functions are taken.

    Raises:
        ArgumentError: if the text is something else, or has more values than the layer has parameters.
    """
    names = list(inspect.signature(cls).parameters)
    try:
        call = ast.parse(f"f({text})", mode="eval").body
        if not isinstance(call, ast.Call) or len(call.args) > len(names):
            raise ValueError(f"no call with at most {len(names)} values")
        typed = {**dict(zip(names, call.args, strict=False)), **{str(word.arg): word.value for word in call.keywords}}
        return {name: _FUNCTIONS[value.id] if isinstance(value, ast.Name) else ast.literal_eval(value)
                for name, value in typed.items() if name != "None"}
    except (SyntaxError, ValueError, KeyError) as error:
        raise ArgumentError(f"{text!r} is not a list of arguments yet", rule="filters=8, kernel_size=3",
                            hint=f"parameters: {', '.join(names)}") from error


def asked_about(layer: Any, shapes: Sequence[tuple[int, ...]]) -> Trial:
    """The trial of a layer object, with those arguments that are no defaults; the object itself stays as it is."""
    cls, config = type(layer), layer.get_config()
    _require_repeatable(cls, config)
    plain = cls(**{name: config[name] for name in required(cls)}, name="asked").get_config()
    names = [name for name in inspect.signature(cls).parameters if name in config and name != "name"]
    said = {name: config[name] for name in names if name in required(cls) or plain[name] != config[name]}
    return Trial(cls, said, tuple(shapes))


def _require_repeatable(cls: type, config: Mapping[str, Any]) -> None:
    """An ArgumentError unless an equal layer can be made of `config`, under another name."""
    if not any(p.name == "name" or p.kind is p.VAR_KEYWORD for p in inspect.signature(cls).parameters.values()):
        raise ArgumentError(f"{cls.__name__} takes no name, so no second one can be made to be tried",
                            hint="def __init__(self, ..., **kwargs): super().__init__(**kwargs)")
    unsaid = [name for name in required(cls) if name not in config]
    if unsaid:
        raise ArgumentError(f"{cls.__name__}.get_config says nothing of {', '.join(unsaid)}",
                            rule="it returns the arguments that make an equal layer",
                            hint=f'return {{**super().get_config(), "{unsaid[0]}": self.{unsaid[0]}}}')


def _written(value: Any) -> str:
    return value.__name__ if isinstance(value, Callable) else repr(value)  # type: ignore[arg-type]


def shapes_in_words(shapes: Sequence[tuple[int | None, ...]]) -> str:
    """`(6, 4) and (6, 4)`; an unknown length is `None`."""
    return " and ".join(str(Shape(shape)) for shape in shapes)
