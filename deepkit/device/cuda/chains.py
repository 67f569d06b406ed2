"""A chain of element-wise operations written as one CUDA kernel, so that nothing between them goes through memory.

A step is an operation on the numbers that stand at one place of its operands: of inputs, which are broadcast against each
other, and of earlier steps. `source` writes the kernel, in which step k is the line t<k> = ... No product is fused with the
sum after it (--fmad=false): a chain gives, to the last bit, what its operations give one after the other.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from deepkit.device.cuda.loader import THREADS, on_gpu

C_TYPES = {
    "bool": "bool", "uint8": "unsigned char", "int32": "int", "int64": "long long", "float32": "float", "float64": "double",
}
"""The types of the numbers that chains take."""
OPERATIONS = {
    "Abs": "fabs({0})", "Acos": "acos({0})", "Acosh": "acosh({0})", "Add": "{0} + {1}", "AddN": "{sum}", "Asin": "asin({0})",
    "Asinh": "asinh({0})", "Atan": "atan({0})", "Atan2": "atan2({0}, {1})", "Atanh": "atanh({0})", "BiasAdd": "{0} + {1}",
    "Ceil": "ceil({0})", "ClipByValue": "larger(smaller({0}, {2}), {1})", "Cos": "cos({0})", "Cosh": "cosh({0})",
    "Elu": "{0} > 0 ? {0} : expm1({0})", "EluGrad": "{1} < 0 ? {0} * ({1} + 1) : {0}", "Erf": "erf({0})", "Erfc": "erfc({0})",
    "Exp": "exp({0})", "Expm1": "expm1({0})", "Floor": "floor({0})", "LeakyRelu": "{0} > 0 ? {0} : {0} * {T}({alpha})",
    "LeakyReluGrad": "{1} > 0 ? {0} : {0} * {T}({alpha})", "Log": "log({0})", "Log1p": "log1p({0})",
    "Maximum": "larger({0}, {1})", "Minimum": "smaller({0}, {1})", "Mul": "{0} * {1}", "Neg": "-{0}", "Pow": "pow({0}, {1})",
    "RealDiv": "{0} / {1}", "Reciprocal": "{T}(1) / {0}", "Relu": "larger({0}, {T}(0))", "ReluGrad": "{0} * {T}({1} > 0)",
    "Relu6": "smaller(larger({0}, {T}(0)), {T}(6))", "Rint": "rint({0})", "Rsqrt": "{T}(1) / sqrt({0})",
    "Sigmoid": "({0} >= 0 ? {T}(1) : exp(-fabs({0}))) / (1 + exp(-fabs({0})))",
    "Sign": "{0} > 0 ? {T}(1) : {0} < 0 ? {T}(-1) : {0}", "Sin": "sin({0})", "Sinh": "sinh({0})",
    "Softplus": "{0} > 0 ? {0} + log1p(exp(-{0})) : log1p(exp({0}))",
    "Softsign": "{0} / (1 + fabs({0}))", "Sqrt": "sqrt({0})", "Square": "{0} * {0}",
    "SquaredDifference": "({0} - {1}) * ({0} - {1})", "Sub": "{0} - {1}", "Tan": "tan({0})", "Tanh": "tanh({0})",
}
"""What an op makes of floats {0}, {1}, ... of one type {T}, in CUDA C++; its own attributes have their names."""
OF_ALL_TYPES = {
    "BroadcastLike": "{0}", "Cast": "{T}({0})", "Equal": "{0} == {1}", "Greater": "{0} > {1}", "GreaterEqual": "{0} >= {1}",
    "IsFinite": "isfinite({0})", "IsInf": "isinf({0})", "IsNan": "isnan({0})", "Less": "{0} < {1}", "LessEqual": "{0} <= {1}",
    "LogicalAnd": "{0} && {1}", "LogicalNot": "!{0}", "LogicalOr": "{0} || {1}", "LogicalXor": "{0} != {1}",
    "NotEqual": "{0} != {1}", "OnesLike": "{T}(1)", "Select": "{0} ? {1} : {2}", "ZerosLike": "{T}(0)",
}
"""The same for ops on numbers of any type; {T} is that of the result."""
WORTH_A_KERNEL = frozenset((
    "ClipByValue", "Elu", "EluGrad", "LeakyRelu", "LeakyReluGrad", "ReluGrad", "Relu6", "Rsqrt", "Sigmoid", "Softsign",
    "SquaredDifference",
))
"""Ops for which CuPy calls several kernels, so that one by itself is a chain already."""
HELPERS = """\
template <class T> __device__ T larger(T a, T b) { return a >= b || a != a ? a : b; }  // a NaN stays
template <class T> __device__ T smaller(T a, T b) { return a <= b || a != a ? a : b; }
"""


class Step(NamedTuple):
    """An operation by its op's name, the numbers of its operands (inputs first, then steps), and the type of its result."""

    name: str
    operands: tuple[int, ...]
    dtype: str
    attributes: tuple[tuple[str, float], ...] = ()


Steps = tuple[Step, ...]
Kept = tuple[bool, ...]


def takes(name: str, given: Sequence[str], dtype: str) -> bool:
    """Whether a step of a chain computes this op, for operands and a result of these types."""
    if not C_TYPES.keys() >= {*given, dtype}:
        return False
    if name == "Cast" and not (dtype.startswith("float") or dtype == "bool"):
        return False  # floats out of range
    return name in OF_ALL_TYPES or (name in OPERATIONS and dtype.startswith("float"))


def fits(xp: Any, dtypes: Sequence[str], inputs: Sequence[Any]) -> bool:
    """True if a kernel for inputs of these types takes these: on a GPU, of shapes that broadcast, not too large."""
    if not on_gpu(xp) or any(a.dtype.name != dtype for a, dtype in zip(inputs, dtypes, strict=True)):
        return False
    try:
        return math.prod(np.broadcast_shapes(*[a.shape for a in inputs])) < 2**31
    except ValueError:
        return False


def run(xp: Any, steps: Steps, inputs: Sequence[Any]) -> Any:
    """The last step's result, by one kernel. ValueError: the shapes of the inputs do not broadcast."""
    y = xp.empty(np.broadcast_shapes(*[a.shape for a in inputs]), np.dtype(steps[-1].dtype))
    if not y.size:
        return y
    inputs = [_thin(a) for a in inputs]
    lengths, kept = _layout(y.shape, *[a.shape for a in inputs])
    kernel = _module(xp, steps, tuple(a.dtype.name for a in inputs), kept).get_function("chain")
    arrays = [xp.ascontiguousarray(a) for a in inputs]
    numbers = [np.int32(n) for n in (*lengths[1:], y.size)]
    kernel((-(-y.size // THREADS),), (THREADS,), (*arrays, y, *numbers))
    return y


def source(steps: Steps, dtypes: Sequence[str], kept: Sequence[Kept]) -> str:
    """The kernel of a chain of inputs of these types, in CUDA C++.

    kept: for each input and axis of the result whether the input has that axis; along the others it repeats.

    >>> steps = Step("Add", (0, 1), "float32"), Step("Tanh", (2,), "float32")
    >>> print(source(steps, ["float32"] * 2, [(True, True), (False, True)]))
    template <class T> __device__ T larger(T a, T b) { return a >= b || a != a ? a : b; }  // a NaN stays
    template <class T> __device__ T smaller(T a, T b) { return a <= b || a != a ? a : b; }
    <BLANKLINE>
    extern "C" __global__ void chain(const float* x0, const float* x1, float* y, int n1, int size) {
        int i = blockIdx.x * blockDim.x + threadIdx.x;
        if (i >= size) return;
        int i1 = i % n1;
        float t0 = x0[i];
        float t1 = x1[i1];
        float t2 = t0 + t1;
        float t3 = tanh(t2);
        y[i] = t3;
    }
    """
    axes, types = len(kept[0]), [C_TYPES[dtype] for dtype in (*dtypes, *[step.dtype for step in steps])]
    values = [*[f"x{k}[{_index(own)}]" for k, own in enumerate(kept)], *map(_expression, steps)]
    lines = [
        "int i = blockIdx.x * blockDim.x + threadIdx.x;", "if (i >= size) return;", *_places(axes, kept),
        *[f"{kind} t{k} = {value};" for k, (kind, value) in enumerate(zip(types, values, strict=True))],
        f"y[i] = t{len(values) - 1};",
    ]
    given = [f"const {kind}* x{k}" for k, kind in enumerate(types[: len(kept)])]
    parameters = [*given, f"{types[-1]}* y", *[f"int n{a}" for a in range(1, axes)], "int size"]
    head = f'extern "C" __global__ void chain({", ".join(parameters)}) {{'
    return "\n".join([HELPERS, head, *[f"    {line}" for line in lines], "}"])


def _expression(step: Step) -> str:
    """What a step makes of its operands."""
    operands = [f"t{k}" for k in step.operands]
    text = OPERATIONS.get(step.name) or OF_ALL_TYPES[step.name]
    return text.format(*operands, T=C_TYPES[step.dtype], sum=" + ".join(operands), **dict(step.attributes))


def _index(kept: Kept) -> str:
    """Where an input that has these axes keeps the number for place i, which is i0, i1, ... along the axes."""
    if all(kept):
        return "i"
    place = ""
    for axis in (a for a, own in enumerate(kept) if own):
        place = f"({place}) * n{axis} + i{axis}" if place else f"i{axis}"
    return place or "0"


def _places(axes: int, kept: Sequence[Kept]) -> list[str]:
    """The lines that say where place i is along the axes that only some inputs have."""
    return [_place(axis, axes) for axis in range(axes) if any(own[axis] and not all(own) for own in kept)]


def _place(axis: int, axes: int) -> str:
    after = " * ".join(f"n{a}" for a in range(axis + 1, axes))
    along = f"i / ({after})" if after else "i"
    return f"int i{axis} = {along} % n{axis};" if axis else f"int i{axis} = {along};"


@functools.lru_cache(maxsize=4096)
def _layout(shape: tuple[int, ...], *shapes: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[Kept, ...]]:
    """The lengths of the result's axes, and which inputs have which of them; neighbours that the same inputs have are one."""
    aligned = [(1,) * (len(shape) - len(s)) + s for s in shapes]
    axes = [(n, tuple(s[a] == n for s in aligned)) for a, n in enumerate(shape) if n != 1] or [(1, (True,) * len(shapes))]
    merged = [(math.prod(n for n, _ in same), who) for who, same in itertools.groupby(axes, key=lambda axis: axis[1])]
    return tuple(n for n, _ in merged), tuple(zip(*[who for _, who in merged], strict=True))


def _thin(a: Any) -> Any:
    """An array without the repetitions along axes that were only stretched."""
    stretched = [step == 0 and n > 1 for step, n in zip(a.strides, a.shape, strict=True)]
    return a[tuple(slice(0, 1) if s else slice(None) for s in stretched)] if any(stretched) else a


@functools.lru_cache(maxsize=1024)
def _module(xp: Any, steps: Steps, dtypes: tuple[str, ...], kept: tuple[Kept, ...]) -> Any:
    return xp.RawModule(code=source(steps, dtypes, kept), options=("--std=c++17", "--fmad=false"))
