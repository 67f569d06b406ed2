"""A chain of element-wise operations written as one CUDA kernel, so that nothing between them goes through memory.

A chain is a list of steps (name, operand, ...): an operand is the number of an input, or of the inputs and an earlier step.
`reference` says what it computes, operation by operation; `source` writes the kernel, in which step k is the line t<k> = ...
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from deepkit.device.cuda.loader import C_NAMES, THREADS, on_gpu
from deepkit.errors import ArgumentError

Steps = tuple[tuple[Any, ...], ...]
Operation = tuple[str, Callable[..., Any]]

OPERATIONS: dict[str, Operation] = {
    "add": ("{0} + {1}", lambda xp, a, b: a + b),
    "subtract": ("{0} - {1}", lambda xp, a, b: a - b),
    "multiply": ("{0} * {1}", lambda xp, a, b: a * b),
    "divide": ("{0} / {1}", lambda xp, a, b: a / b),
    "maximum": ("{0} >= {1} || {0} != {0} ? {0} : {1}", lambda xp, a, b: xp.maximum(a, b)),
    "minimum": ("{0} <= {1} || {0} != {0} ? {0} : {1}", lambda xp, a, b: xp.minimum(a, b)),
    "negative": ("-{0}", lambda xp, a: -a),
    "abs": ("fabs({0})", lambda xp, a: xp.abs(a)),
    "square": ("{0} * {0}", lambda xp, a: a * a),
    "reciprocal": ("T(1) / {0}", lambda xp, a: 1 / a),
    "sqrt": ("sqrt({0})", lambda xp, a: xp.sqrt(a)),
    "rsqrt": ("T(1) / sqrt({0})", lambda xp, a: 1 / xp.sqrt(a)),
    "exp": ("exp({0})", lambda xp, a: xp.exp(a)),
    "expm1": ("expm1({0})", lambda xp, a: xp.expm1(a)),
    "log": ("log({0})", lambda xp, a: xp.log(a)),
    "log1p": ("log1p({0})", lambda xp, a: xp.log1p(a)),
    "tanh": ("tanh({0})", lambda xp, a: xp.tanh(a)),
    "sigmoid": ("T(0.5) * tanh(T(0.5) * {0}) + T(0.5)", lambda xp, a: xp.tanh(a / 2) / 2 + a.dtype.type(0.5)),
    "relu": ("{0} <= T(0) ? T(0) : {0}", lambda xp, a: xp.maximum(a, a.dtype.type(0))),
    "step": ("T({0} > T(0))", lambda xp, a: (a > 0).astype(a.dtype)),
    "sin": ("sin({0})", lambda xp, a: xp.sin(a)),
    "cos": ("cos({0})", lambda xp, a: xp.cos(a)),
    "power": ("pow({0}, {1})", lambda xp, a, b: xp.power(a, b)),
}
"""For each operation its C++ expression and what it computes; a NaN stays."""


def reference(xp: Any, steps: Steps, inputs: Sequence[Any]) -> Any:
    """The last step's result, by one operation after the other."""
    values = list(inputs)
    for name, *operands in steps:
        values.append(OPERATIONS[name][1](xp, *[values[o] for o in operands]))
    return values[-1]


def fits(xp: Any, steps: Steps, inputs: Sequence[Any]) -> bool:
    """True if one kernel computes this chain: known operations, one type, and shapes that repeat along the first axes."""
    if not on_gpu(xp) or not all(name in OPERATIONS for name, *_ in steps) or len({a.dtype for a in inputs}) != 1:
        return False
    shape = np.broadcast_shapes(*[a.shape for a in inputs])
    return inputs[0].dtype.name in C_NAMES and math.prod(shape) < 2**31 and all(_repeats(a.shape, shape) for a in inputs)


def run(xp: Any, steps: Steps, inputs: Sequence[Any]) -> Any:
    """The last step's result, by one kernel: inputs broadcast along their first axes, as a bias does.

    ArgumentError: an operation that OPERATIONS does not know, or an operand that is no input and no earlier step.
    """
    dtype, shape = inputs[0].dtype, np.broadcast_shapes(*[a.shape for a in inputs])
    y = xp.empty(shape, dtype)
    if not y.size:
        return y
    sizes = [np.int32(a.size) for a in inputs]
    kernel = _module(xp, steps, len(inputs), C_NAMES[dtype.name]).get_function("chain")
    arrays = [xp.ascontiguousarray(a) for a in inputs]
    kernel((-(-y.size // THREADS),), (THREADS,), (*arrays, *sizes, y, np.int32(y.size)))
    return y


def source(steps: Steps, inputs: int) -> str:
    """The kernel of a chain of so many inputs, in CUDA C++.

    >>> print(source((("add", 0, 1), ("tanh", 2)), 2))
    typedef REAL T;  // float or double
    <BLANKLINE>
    extern "C" __global__ void chain(const T* x0, const T* x1, int n0, int n1, T* y, int size) {
        int i = blockIdx.x * blockDim.x + threadIdx.x;
        if (i >= size) return;
        T t0 = x0[i % n0];
        T t1 = x1[i % n1];
        T t2 = t0 + t1;
        T t3 = tanh(t2);
        y[i] = t3;
    }
    """
    given = [f"    T t{k} = x{k}[i % n{k}];" for k in range(inputs)]
    made = [f"    T t{inputs + k} = {_expression(step, inputs + k)};" for k, step in enumerate(steps)]
    parameters = [*[f"const T* x{k}" for k in range(inputs)], *[f"int n{k}" for k in range(inputs)], "T* y", "int size"]
    return "\n".join([
        "typedef REAL T;  // float or double", "",
        f'extern "C" __global__ void chain({", ".join(parameters)}) {{',
        "    int i = blockIdx.x * blockDim.x + threadIdx.x;", "    if (i >= size) return;",
        *given, *made, f"    y[i] = t{inputs + len(steps) - 1};", "}",
    ])


def _expression(step: tuple[Any, ...], number: int) -> str:
    name, *operands = step
    if name not in OPERATIONS or not all(0 <= o < number for o in operands):
        raise ArgumentError(
            f"step {number} of a chain is {step!r}",
            rule="a known operation and the numbers of inputs or earlier steps", hint=", ".join(OPERATIONS),
        )
    return OPERATIONS[name][0].format(*[f"t{o}" for o in operands])


def _repeats(shape: tuple[int, ...], whole: tuple[int, ...]) -> bool:
    """Whether an array of this shape, once its numbers are used up, begins anew wherever `whole` goes on."""
    own = shape[next((i for i, n in enumerate(shape) if n != 1), len(shape)) :]
    return own == whole[len(whole) - len(own) :]


@functools.lru_cache(maxsize=256)
def _module(xp: Any, steps: Steps, inputs: int, real: str) -> Any:
    return xp.RawModule(code=source(steps, inputs), options=("--std=c++17", f"-DREAL={real}"))
