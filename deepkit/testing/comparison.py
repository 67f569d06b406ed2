"""How the contract applies an op to arrays, compares what it gave, and says what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from deepkit.core.apply import apply
from deepkit.core.op import Op
from deepkit.core.tensor import Parameter, Tensor
from deepkit.device.arrays import gpu_device_count
from deepkit.errors import DeepkitError

TOLERANCE = {"float16": 4e-3, "float32": 2e-5, "float64": 1e-9}
"""Relative and absolute error allowed against a reference computed in float64."""


class CheckFailedError(DeepkitError, AssertionError):
    """An op that does not keep its contract."""


def failure(op: Op, what: str, **parts: Any) -> CheckFailedError:
    """The error for an op that does not keep its contract; `parts` are those of a DeepkitError."""
    return CheckFailedError(f"{op.type}: {what}", **parts)


def as_tensors(op: Op, values: Sequence[Any], device: str | None = None) -> list[Any]:
    """Inputs as Tensors, on a device; those that the op treats as variables as Parameters."""
    refs = {*op.writes, *op.refs}
    return [Parameter(v, device=device) if i in refs else Tensor(v, device=device) for i, v in enumerate(values)]


def outputs_of(op: Op, inputs: Sequence[Any]) -> list[Any]:
    """The arrays that the op gives for Tensors."""
    with np.errstate(all="ignore"):
        result = apply(op, *inputs)
    return [t.value for t in (result if isinstance(result, list) else [result])]


def compute(op: Op, values: Sequence[Any]) -> list[Any]:
    """The arrays that the op gives for arrays."""
    return outputs_of(op, as_tensors(op, values))


def as_array(fetched: Any) -> np.ndarray:
    """What a session gave as an array. NumPy's own type for bytes drops zeros at the end."""
    return np.array(fetched, object) if isinstance(fetched, bytes) else np.asarray(fetched)


def same(a: Any, b: Any) -> bool:
    """Equal in shape and in every entry; NaN equals NaN."""
    return bool(np.array_equal(a, b, equal_nan=a.dtype.kind in "fc"))


def agree(a: Any, b: Any) -> bool:
    """The same, as two ways of computing on the CPU give it; where sessions compute on a GPU, but for its rounding."""
    if same(a, b) or a.dtype.kind not in "fc" or not gpu_device_count():
        return same(a, b)
    tolerance = TOLERANCE[np.finfo(a.dtype).dtype.name]
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True))


def compare(op: Op, got: Any, expected: Any, tolerance: float, what: str) -> None:
    """CheckFailedError unless `got` is `expected`: floats within the tolerance, relative or absolute."""
    got = np.asarray(got)
    if got.shape != expected.shape:
        raise failure(op, f"{what}: shape {got.shape}, expected {expected.shape}")
    if got.dtype.kind not in "fc":
        good = np.equal(got, expected)
    else:
        good = np.isclose(got.astype(expected.dtype), expected, rtol=tolerance, atol=tolerance, equal_nan=True)
    if not np.all(good):
        at = tuple(int(k) for k in np.argwhere(~good)[0])
        raise failure(
            op, f"{what} is wrong: {got[at]} at {list(at)}, expected {expected[at]}", rule=f"within {tolerance:g}"
        )
