"""Tensors and variables made from numbers: constants, zeros and ones, ranges, random numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core.apply import convert, is_tensor
from deepkit.core.graph import default_graph
from deepkit.core.static import static_shape
from deepkit.device.dtypes import as_dtype
from deepkit.keras.backend.config import floatx
from deepkit.keras.backend.context import current
from deepkit.keras.backend.weights import variable

__all__ = [
    "arange", "constant", "eye", "ones", "ones_like", "random_bernoulli", "random_binomial", "random_normal",
    "random_normal_variable", "random_uniform", "random_uniform_variable", "truncated_normal", "zeros", "zeros_like",
]


def constant(value: Any, dtype: Any = None, shape: Any = None, name: str | None = None) -> Any:
    """A tensor with this value, in floatx() unless dtype says otherwise; `shape` repeats one number.

    >>> constant([1, 2]).numpy().tolist(), constant(0.5, shape=(2, 2)).shape
    ([1.0, 2.0], Shape([2, 2]))
    """
    made = value if is_tensor(value) else convert(np.asarray(value, as_dtype(dtype or floatx()).numpy))
    if shape is None:
        return made
    return ops.fill(shape, made) if made.shape.rank == 0 else ops.reshape(made, shape)


def _variable(make: Callable[..., Any], shape: Any, dtype: Any, name: str | None) -> Any:
    """A variable that starts with make(shape); a plain tensor where the shape is not known, or in an eager layer."""
    known, _ = static_shape(shape)
    made = make(shape, as_dtype(dtype or floatx()))
    if known is None or None in known or computes_at_once():
        return made
    return variable(made, dtype=made.dtype, name=name)


def zeros(shape: Any, dtype: Any = None, name: str | None = None) -> Any:
    """A variable that starts with zeros."""
    return _variable(ops.zeros, shape, dtype, name)


def ones(shape: Any, dtype: Any = None, name: str | None = None) -> Any:
    """A variable that starts with ones."""
    return _variable(ops.ones, shape, dtype, name)


def eye(size: Any, dtype: Any = None, name: str | None = None) -> Any:
    """A variable that starts with the identity matrix; size: its rows, or (rows, columns)."""
    shape = size if isinstance(size, (list, tuple)) else (size, size)
    return _variable(lambda shape, kind: ops.eye(shape[0], shape[1], dtype=kind), shape, dtype, name)


def zeros_like(x: Any, dtype: Any = None, name: str | None = None) -> Any:
    """Zeros in the shape of x."""
    return ops.zeros_like(x, dtype, name)


def ones_like(x: Any, dtype: Any = None, name: str | None = None) -> Any:
    """Ones in the shape of x."""
    return ops.ones_like(x, dtype, name)


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: str = "int32") -> Any:
    """Numbers from start up to, but without, stop; of one number n: 0 to n - 1.

    >>> arange(4).numpy().tolist()
    [0, 1, 2, 3]
    """
    if stop is None and not is_tensor(start) and start < 0:
        start = 0
    found = ops.range(start, stop, step)
    return found if found.dtype.name == dtype else ops.cast(found, dtype)


# ---- random numbers


def draw_seed(seed: int | None = None) -> int | None:
    """`seed`, or else a number from NumPy's generator: numpy.random.seed makes a whole Keras program repeatable.

    In a graph with a seed of its own (tf.set_random_seed) it is None: the graph gives each op its stream.
    """
    if seed is not None or default_graph().seed is not None:
        return seed
    return int(np.random.randint(10_000_000))


def computes_at_once() -> bool:
    """True while a layer is being called on Tensors: then nothing is written into a graph."""
    return current().eager


def _dims(shape: Any) -> Any:
    """A shape as the input of a random op: a node of the graph, which draws anew at each run, except in eager layers."""
    _, dims = static_shape(shape)
    return dims if is_tensor(dims) or computes_at_once() else default_graph().constant(dims, "shape")


def random_normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: int | None = None
) -> Any:
    """Normal numbers, other ones at each run of the graph."""
    return ops.random_normal(_dims(shape), mean, stddev, dtype or floatx(), draw_seed(seed))


def random_uniform(
    shape: Any, minval: float = 0.0, maxval: float = 1.0, dtype: Any = None, seed: int | None = None
) -> Any:
    """Uniform numbers, minval <= x < maxval, other ones at each run of the graph."""
    return ops.random_uniform(_dims(shape), minval, maxval, dtype or floatx(), draw_seed(seed))


def truncated_normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: int | None = None
) -> Any:
    """Normal numbers, drawn again when further than two standard deviations from the mean."""
    return ops.truncated_normal(_dims(shape), mean, stddev, dtype or floatx(), draw_seed(seed))


def random_bernoulli(shape: Any, p: float = 0.0, dtype: Any = None, seed: int | None = None) -> Any:
    """1 with probability p, else 0."""
    kind = dtype or floatx()
    return ops.cast(ops.random_uniform(_dims(shape), dtype=kind, seed=draw_seed(seed)) <= p, kind)


random_binomial = random_bernoulli


def random_normal_variable(
    shape: Any, mean: float, scale: float, dtype: Any = None, name: str | None = None, seed: int | None = None
) -> Any:
    """A variable that starts with normal numbers of standard deviation `scale`."""
    return _variable(lambda s, kind: random_normal(s, mean, scale, kind, seed), shape, dtype, name)


def random_uniform_variable(
    shape: Any, low: float, high: float, dtype: Any = None, name: str | None = None, seed: int | None = None
) -> Any:
    """A variable that starts with uniform numbers, low <= x < high."""
    return _variable(lambda s, kind: random_uniform(s, low, high, kind, seed), shape, dtype, name)
