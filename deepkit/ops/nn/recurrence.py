"""What the recurrent ops share: their sizes, how a step ends, and products that take all steps at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deepkit.core.shape import Shape
from deepkit.core.typing import AnyTensor, Array, ArrayModule, TensorLike
from deepkit.errors import ArgumentError, ShapeError
from deepkit.ops.functions import ops


def _sigmoid(xp: ArrayModule, x: Array) -> None:
    x *= x.dtype.type(0.5)  # sigmoid(x) = tanh(x / 2) / 2 + 1/2
    xp.tanh(x, out=x)
    x *= x.dtype.type(0.5)
    x += x.dtype.type(0.5)


def _hard_sigmoid(xp: ArrayModule, x: Array) -> None:
    x *= x.dtype.type(0.2)
    x += x.dtype.type(0.5)
    xp.clip(x, 0, 1, out=x)


IN_PLACE: dict[str, Callable[[Any, Any], Any]] = {
    "tanh": lambda xp, x: xp.tanh(x, out=x),
    "sigmoid": _sigmoid,
    "hard_sigmoid": _hard_sigmoid,
    "relu": lambda xp, x: xp.maximum(x, 0, out=x),
    "linear": lambda xp, x: None,
}
"""What a recurrence can end a step with; each changes its array."""


def slope_of(activation: str, y: AnyTensor) -> Any:
    """The derivative of a function of IN_PLACE by its argument, from its value y."""
    if activation == "tanh":
        return 1 - ops.square(y)
    if activation == "sigmoid":
        return y * (1 - y)
    if activation == "hard_sigmoid":
        return 0.2 * ops.cast(ops.logical_and(y > 0, y < 1), y.dtype)
    return ops.cast(y > 0, y.dtype) if activation == "relu" else ops.ones_like(y)


def check_activation(name: str, what: str = "activation") -> str:
    """The name itself; ArgumentError if no recurrence of this library can end a step with it."""
    if name not in IN_PLACE:
        raise ArgumentError(
            f"{what}={name!r} in a recurrence that is one op", rule="one of " + ", ".join(IN_PLACE),
            hint="step by step, in a loop, any function will do",
        )
    return name


def sizes(
    what: str, z: Shape, state: Shape, kernel: Shape, gates: int, states: str = "h"
) -> tuple[int | None, int | None, int | None]:
    """Time, batch and units, as far as they are known: z (time, batch, gates n), state (batch, n), kernel (n, gates n)."""
    if all(s.rank in (None, rank) for s, rank in ((z, 3), (state, 2), (kernel, 2))):
        time, batch, width = z.lengths or (None,) * 3
        rows, units = state.lengths or (None,) * 2
        n, columns = kernel.lengths or (None,) * 2
        of_gates = {w / gates for w in _known(width, columns)}
        batches, widths = _known(batch, rows), _known(units, n) | of_gates
        if len(batches) <= 1 and len(widths) <= 1:
            rows, units = (int(known.pop()) if known else None for known in (batches, widths))
            return time, rows, units
    wide = "n" if gates == 1 else f"{gates}n"
    raise ShapeError(
        f"{what}: z {z}, {states} {state}, kernel {kernel}",
        rule=f"z (time, batch, {wide}), {states} (batch, n), kernel (n, {wide}) for n units",
    )


def _known(*lengths: int | None) -> set[float]:
    return {n for n in lengths if n is not None}


def over_all_steps(x: TensorLike, kernel: TensorLike, bias: TensorLike | None) -> Any:
    """x (time, batch, depth) @ kernel (depth, width) + bias (width) or None: one matrix product for all steps."""
    z = ops.tensordot(x, kernel, 1)
    return z if bias is None else ops.bias_add(z, bias)


def side_by_side(x: AnyTensor, times: int) -> Any:
    """x (time, batch, n) repeated along the last axis."""
    return ops.concat([x] * times, 2) if times > 1 else x


def shifted(x: AnyTensor, first: AnyTensor | None = None) -> Any:
    """What x was one step earlier: `first`, or 0, at the first step."""
    zero = ops.zeros_like(x[:1]) if first is None else ops.expand_dims(first, 0)
    return ops.concat([zero, x], 0)[:-1] if first is not None else ops.concat([zero, x[:-1]], 0)


def product_over_time(a: AnyTensor, b: AnyTensor) -> Any:
    """sum over time and batch of a^T b, as one matrix product."""
    return ops.matmul(_rows(a), _rows(b), transpose_a=True)


def _rows(x: AnyTensor) -> Any:
    """(time, batch, k) as (time * batch, k)."""
    return ops.reshape(x, ops.stack([-1, ops.shape(x)[2]]))
