"""Functions of TensorFlow's own modules that programs import although they have no public name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from deepkit import ops
from deepkit.core.graph import default_graph
from deepkit.core.shape import Shape
from deepkit.core.static import static_value
from deepkit.train.moving_average import moved
from deepkit.v1.framework.control_flow import cond
from deepkit.v1.framework.creators import group
from deepkit.v1.framework.symbolic import constant_of
from deepkit.v1.platform.gfile import GFile


def smart_cond(pred: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any], name: str | None = None) -> Any:
    """`tf.cond`, except that of a condition that is known now only the chosen function is called."""
    chosen = static_value(pred)
    if chosen is None:
        return cond(pred, true_fn, false_fn, name=name)
    return true_fn() if chosen else false_fn()


def with_dependencies(dependencies: Sequence[Any], output_tensor: Any, name: str | None = None) -> Any:
    """The tensor again, available only after the dependencies have run."""
    with default_graph().control_dependencies(dependencies):
        return ops.identity(output_tensor, name=name)


def assign_moving_average(variable: Any, value: Any, decay: Any, zero_debias: bool = True, name: str | None = None) -> Any:
    """variable = decay * variable + (1 - decay) * value; zero_debias makes up for an average that starts at zero."""
    return moved(variable, constant_of(value), decay, zero_debias)


def initialize_resources(resource_list: Any, name: str = "init") -> Any:
    """An operation that does nothing: what it would start here starts by itself."""
    return group(name=name)


def shared_resources() -> list[Any]:
    """None: see initialize_resources."""
    return []


def scalar() -> Shape:
    """The shape of a single number."""
    return Shape([])


def vector(length: int | None) -> Shape:
    """The shape of `length` numbers."""
    return Shape([length])


def matrix(rows: int | None, cols: int | None) -> Shape:
    """The shape of a matrix."""
    return Shape([rows, cols])


def unknown_shape(rank: int | None = None, ndims: int | None = None) -> Shape:
    """A shape of which at most the number of axes is known."""
    axes = rank if ndims is None else ndims
    return Shape(None if axes is None else [None] * axes)


def read_file_to_string(filename: str, binary_mode: bool = False) -> Any:
    """The contents of a file, a str, or bytes in binary mode."""
    with GFile(filename, "rb" if binary_mode else "r") as file:
        return file.read()


def write_string_to_file(filename: str, file_content: Any) -> None:
    """A file with these contents, a str or bytes."""
    with GFile(filename, "wb" if isinstance(file_content, bytes) else "w") as file:
        file.write(file_content)
