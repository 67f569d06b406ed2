"""A whole simple recurrent network as one op, and the linear recurrence that its derivatives are made of.

Time is the first axis. What the inputs contribute comes ready, as one matrix product over all steps; an op walks
through time once, with one product by the recurrent kernel for each step. The derivatives by the kernels are again
single products over all steps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from deepkit.core.apply import apply, convert, scope
from deepkit.core.op import Op, register
from deepkit.core.shape import Shape
from deepkit.core.typing import AnyTensor, Array, ArrayModule, TensorLike, TensorOrSymbol
from deepkit.device import cuda, recurrent
from deepkit.device.dtypes import DType
from deepkit.ops.functions import ops
from deepkit.ops.nn.recurrence import (
    IN_PLACE,
    check_activation,
    over_all_steps,
    product_over_time,
    shifted,
    side_by_side,
    sizes,
    slope_of,
)

__all__ = ["over_live_steps", "simple_rnn"]


@register
class SimpleRNN(Op):
    """h_t = activation(z_t + h_(t-1) @ kernel), from z (time, batch, n), h0 (batch, n), kernel (n, n)."""

    activation: str = "tanh"
    kinds = "f"

    def shape(self, z: Shape, h0: Shape, kernel: Shape) -> Shape:
        return Shape(sizes("simple_rnn", z, h0, kernel, 1))

    def forward(self, xp: ArrayModule, z: Array, h0: Array, kernel: Array) -> Any:
        if recurrent.fits(xp, z, kernel, self.activation == "tanh"):
            return recurrent.simple(xp, z, h0, kernel, self.activation)
        hs, finish, h = xp.empty_like(z), IN_PLACE[self.activation], h0
        for t in range(len(z)):
            xp.matmul(h, kernel, out=hs[t])
            h = hs[t]
            h += z[t]
            finish(xp, h)
        return hs

    def gradient(self, dh: AnyTensor, hs: AnyTensor, z: AnyTensor, h0: AnyTensor, kernel: AnyTensor) -> Any:
        slope = slope_of(self.activation, hs)
        dz = slope * apply(LinearRecurrence(backwards=True), slope, kernel, dh)
        dh0 = ops.matmul(ops.reduce_sum(dz[:1], 0), kernel, transpose_b=True)  # one row, or none if there are no steps
        return dz, dh0, product_over_time(shifted(hs, h0), dz)


@register
class LinearRecurrence(Op):
    """A linear recurrence whose coefficients c (time, batch, gates n) change with time; kernel (n, gates n).

    Backwards, the chain rule through time: u_t = x_t + (c_(t+1) * u_(t+1) for each gate) @ kernel^T + k_(t+1) u_(t+1).
    Forwards, its transpose: u_t = x_t + (sum over gates of c_t * (u_(t-1) @ kernel)) + k_t u_(t-1).
    x, k (time, batch, n); k, what stays of u beside the product, may be left out. u is 0 outside.
    """

    backwards: bool = False
    gates: int = 1
    kinds = "f"

    def shape(self, c: Shape, kernel: Shape, x: Shape, *keep: Shape) -> Shape:
        return x.merge(keep[0]) if keep else x

    def dtype(self, c: DType, *_: DType) -> DType:
        return c

    def forward(self, xp: ArrayModule, c: Array, kernel: Array, x: Array, *keep: Array) -> Any:
        if self.backwards and self.gates == 1 and not keep and recurrent.fits(xp, c, kernel):
            return recurrent.linear_backwards(xp, c, kernel, x)
        if self.backwards and cuda.recurrent.fits(xp, c, kernel, wide=self.gates):
            return cuda.recurrent.linear_backwards(xp, c, kernel, x, *keep)
        return self._walk(xp, c, kernel, x, *keep)

    def _walk(self, xp: ArrayModule, c: Array, kernel: Array, x: Array, *keep: Array) -> Any:
        n, width = kernel.shape
        us, each = xp.array(x), (x.shape[1], self.gates, n)
        by_gate = xp.empty((x.shape[1], width), x.dtype)
        product = xp.empty(x.shape[1:] if self.backwards else by_gate.shape, x.dtype)
        for t in range(len(x) - 1)[::-1] if self.backwards else range(1, len(x)):
            now, u = (t + 1, us[t + 1]) if self.backwards else (t, us[t - 1])
            if self.backwards:
                xp.multiply(c[now].reshape(each), u[:, None], out=by_gate.reshape(each))
                us[t] += xp.matmul(by_gate, kernel.T, out=product)
            else:
                xp.matmul(u, kernel, out=product)
                product *= c[now]
                us[t] += product if width == n else product.reshape(each).sum(axis=1)
            if keep:
                us[t] += keep[0][now] * u
        return us

    def gradient(
        self, du: AnyTensor, u: AnyTensor, c: AnyTensor, kernel: AnyTensor, x: AnyTensor, *keep: AnyTensor
    ) -> Any:
        other = apply(LinearRecurrence(backwards=not self.backwards, gates=self.gates), c, kernel, du, *keep)
        back, ahead = (u, other) if self.backwards else (other, u)
        # <du, u> as a function of c, kernel and k is the same number for both directions, since each is the other's
        # transpose: the sum over time of back_t * (what reaches ahead at t through them)
        before = shifted(ahead)
        wide = side_by_side(back, self.gates)
        dc = wide * ops.matmul(before, ops.expand_dims(kernel, 0))
        return (dc, product_over_time(before, c * wide), other, *([back * before] if keep else []))


def simple_rnn(
    x: TensorLike, kernel: TensorLike, recurrent: TensorLike, bias: TensorLike, h0: TensorLike,
    activation: str = "tanh", name: str | None = None,
) -> AnyTensor:
    """A simple recurrent network along the first axis of x (time, batch, depth): its states h, (time, batch, n).

    h_t = activation(x_t @ kernel + h_(t-1) @ recurrent + bias), with kernel (depth, n), recurrent (n, n), bias (n) or None
    and h0 (batch, n). activation: tanh, sigmoid, hard_sigmoid, relu or linear.
    Source: J. Elman, Finding structure in time, 1990.
    ShapeError: sizes that do not fit. ArgumentError: a function that a recurrence cannot end a step with.

    >>> import deepkit as dk
    >>> one, zero = dk.ones([1, 1]), dk.zeros([1, 1])
    >>> dk.ops.simple_rnn(dk.ones([3, 1, 1]), one, one, None, zero, "linear").numpy().ravel().tolist()
    [1.0, 2.0, 3.0]
    """
    with scope(name, "simple_rnn", x, kernel, recurrent, bias, h0) as full:
        op = SimpleRNN(activation=check_activation(activation))
        return apply(op, over_all_steps(x, kernel, bias), h0, recurrent, name=full)


def over_live_steps(
    run: Callable[[Any], Sequence[Any]], x: TensorOrSymbol, live: TensorOrSymbol, first: Sequence[Any],
    name: str | None = None,
) -> list[AnyTensor]:
    """The states of a recurrence along x (time, batch, depth) that stay as they are where live (time, batch) is False.

    run(x): its states (time, batch, n), a tuple of them for a recurrence that has several; first: those before the first
    step, (batch, n). The live steps of each sequence are moved to its front, the recurrence runs, and every step takes the
    state after as many live steps as there were until then: so a mask costs no more than two copies.

    >>> import deepkit as dk
    >>> live = [[True], [False], [True]]
    >>> h, = dk.ops.over_live_steps(lambda x: [dk.ops.cumsum(x)], dk.ones([3, 1, 1]), live, [dk.zeros([1, 1])])
    >>> h.numpy().ravel().tolist()
    [1.0, 1.0, 2.0]
    """
    with scope(name, "over_live_steps", x, live, first):
        live = convert(live, beside=x)
        batch = ops.shape(x)[1]
        seen = ops.cumsum(ops.cast(live, "int32"), 0)
        order = ops.argsort(ops.cast(ops.logical_not(live), "int32"), 0, stable=True)
        column = ops.expand_dims(ops.range(batch), 0)

        def rows(steps: Any, which: AnyTensor) -> Any:
            """The steps of each sequence that `which` (time, batch) numbers."""
            flat = ops.reshape(steps, ops.stack([-1, ops.shape(steps)[2]]))
            return ops.gather(flat, which * batch + column)

        states = run(ops.reshape_like(rows(x, order), x))
        return [
            ops.reshape_like(rows(ops.concat([ops.expand_dims(h0, 0), h], 0), seen), h)
            for h0, h in zip(first, states, strict=True)
        ]
