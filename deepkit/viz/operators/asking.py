"""What an op makes of shapes, found out by asking it: the shapes of its results, or the rule that it names."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from deepkit.core.shape import Shape
from deepkit.core.tensor import Tensor
from deepkit.errors import DeepkitError, DTypeError

SHAPES: tuple[tuple[int, ...], ...] = ((), (3,), (2, 3), (3, 3), (3, 2), (3, 1), (4, 2, 3))
"""What an op is asked about: a number, a vector, matrices, a batch of matrices."""


@dataclass(frozen=True)
class Answer:
    """What one call gave: `made`, the shapes of the results, or the error that refused it."""

    shapes: tuple[tuple[int, ...], ...]
    made: tuple[tuple[int, ...], ...] | None
    refusal: DeepkitError | None = field(default=None, compare=False)

    @property
    def result(self) -> str:
        """`(2, 3)`, several shapes one after the other, or `no`."""
        return "no" if self.made is None else ", ".join(str(Shape(shape)) for shape in self.made)

    @property
    def more(self) -> str:
        """What else there is to tell of the result."""
        return ""


def plain(function: Callable[..., Any]) -> Callable[..., Any]:
    """The op's own function behind one that puts it into a graph."""
    return inspect.unwrap(function)


def signature(function: Callable[..., Any], bound: bool = False) -> str:
    """Parameters and defaults, without types: `(x, y, name=None)`; of a `bound` method, without self."""
    found = inspect.signature(plain(function)).parameters.values()
    bare = [p.replace(annotation=inspect.Parameter.empty) for p in found]
    return str(inspect.Signature(bare[1:] if bound else bare))


def tensors_taken(function: Callable[..., Any]) -> int:
    """How many tensors the function needs, one after the other; 0 where it needs something else as well."""
    needed = [p for p in inspect.signature(plain(function)).parameters.values() if p.default is p.empty]
    single = all("TensorLike" in str(p.annotation) and "Sequence" not in str(p.annotation) for p in needed)
    return len(needed) if single and all(p.kind is p.POSITIONAL_OR_KEYWORD for p in needed) else 0


def ask(function: Callable[..., Any], shapes: Sequence[tuple[int, ...]]) -> Answer:
    """Call the function with tensors of these shapes: of floats, else of whole numbers, else of texts."""
    shapes, refusal = tuple(shapes), None
    for numbers in (_numbers, _whole, _texts):
        try:
            results = plain(function)(*[Tensor(numbers(shape)) for shape in shapes])
        except DTypeError as error:  # another type may do
            refusal = refusal or error
        except DeepkitError as error:
            return Answer(shapes, None, error)
        else:
            listed = results if isinstance(results, (list, tuple)) else [results]
            return Answer(shapes, tuple(tuple(one.shape.as_list()) for one in listed))
    return Answer(shapes, None, refusal)


def ask_all(function: Callable[..., Any]) -> list[Answer]:
    """The answers to all SHAPES; of a function of two tensors, to their pairs."""
    count = tensors_taken(function)
    if count not in (1, 2):
        return []
    with np.errstate(all="ignore"):
        return [ask(function, shapes) for shapes in itertools.product(SHAPES, repeat=count)]


def _numbers(shape: tuple[int, ...]) -> np.ndarray:
    """Numbers between 0 and 1; square matrices are symmetric and positive definite, so that they can be decomposed."""
    values = np.linspace(0.2, 0.8, int(np.prod(shape)), dtype=np.float32).reshape(shape)
    if len(shape) > 1 and shape[-1] == shape[-2]:
        return values @ np.swapaxes(values, -1, -2) + np.eye(shape[-1], dtype=np.float32)
    return values


def _whole(shape: tuple[int, ...]) -> np.ndarray:
    return np.ones(shape, np.int32)


def _texts(shape: tuple[int, ...]) -> np.ndarray:
    return np.full(shape, b"YQ", object)
