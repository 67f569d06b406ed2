"""A whole LSTM as one op, and the two linear recurrences that its derivatives of every order are made of.

Time is the first axis. What the inputs contribute to the gates comes ready, as one matrix product over all steps; an
op walks through time once, with one product by the recurrent kernel for each step, and works in place on blocks that
stay in the processor's cache.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from deepkit.core.apply import apply, scope
from deepkit.core.op import Op, register
from deepkit.core.shape import Shape
from deepkit.core.typing import AnyTensor, Array, ArrayModule, NumberLike, TensorLike, TensorOrSymbol
from deepkit.device import recurrent
from deepkit.device.dtypes import DType
from deepkit.errors import ArgumentError, ShapeError
from deepkit.ops.functions import ops
from deepkit.ops.nn.recurrence import product_over_time, shifted, sizes

__all__ = ["lstm", "lstm_of_gates"]


class Gated(Op):
    """Base of the LSTM ops. `gate`, the function of the gates i, f and o, is sigmoid or hard_sigmoid."""

    gate: str = "sigmoid"
    kinds = "f"

    def finish(self, xp: ArrayModule, g: Array, n: int) -> None:
        """Applies the functions of the gates i, j, f, o, which stand side by side in g (batch, 4n)."""
        if self.gate == "sigmoid":  # sigmoid(x) = tanh(x / 2) / 2 + 1/2: one pass over all gates at once
            scale, offset = _sigmoid_by_tanh(xp, n, g.dtype)
            g *= scale
            xp.tanh(g, out=g)
            g *= scale
            g += offset
            return
        xp.tanh(g[:, n : 2 * n], out=g[:, n : 2 * n])
        for hard in (g[:, :n], g[:, 2 * n :]):
            hard *= g.dtype.type(0.2)
            hard += g.dtype.type(0.5)
            xp.clip(hard, 0, 1, out=hard)

    def slope(self, xp: ArrayModule, g: Array, n: int) -> Any:
        """The derivatives of these functions, from their values g (..., 4n)."""
        if self.gate == "sigmoid":  # g (1 - g) for a sigmoid, (g + 1) (1 - g) for tanh
            return (g + (1 - 2 * _sigmoid_by_tanh(xp, n, g.dtype)[1])) * (1 - g)
        slope = g.dtype.type(0.2) * ((g > 0) & (g < 1))
        j = g[..., n : 2 * n]
        slope[..., n : 2 * n] = 1 - j * j
        return slope


@register
class LSTM(Gated):
    """The LSTM recurrence over time, from the gates' inputs z (time, batch, 4n), c0, h0 (batch, n), kernel (n, 4n).

    i, j, f, o = sigmoid, tanh, sigmoid, sigmoid of z_t + h_(t-1) @ kernel; c_t = f c_(t-1) + i j; h_t = o tanh(c_t).
    Outputs: h and c (time, batch, n), and the gates after their functions (time, batch, 4n), which the derivative needs.
    """

    takes_none = (2,)

    def shape(self, z: Shape, c0: Shape, h0: Shape, kernel: Shape) -> Any:
        time, batch, units = sizes("lstm", z, c0.merge(h0), kernel, 4, "c and h")
        row = Shape((time, batch, units))
        return row, row, Shape((time, batch, None if units is None else 4 * units))

    def dtype(self, z: DType, *_: DType) -> Any:
        return z, z, z

    def forward(self, xp: ArrayModule, z: Array, c0: Array, h0: Array, kernel: Array) -> Any:
        if recurrent.fits(xp, z, kernel, self.gate == "sigmoid"):
            return recurrent.lstm(xp, z, c0, h0, kernel, self.gate)
        n = kernel.shape[0]
        hs, cs, gates = xp.empty((*z.shape[:2], n), z.dtype), xp.empty((*z.shape[:2], n), z.dtype), xp.empty_like(z)
        h, c, product = h0, c0, xp.empty(c0.shape, z.dtype)
        for t in range(len(z)):
            g = gates[t]
            xp.matmul(h, kernel, out=g)
            g += z[t]
            self.finish(xp, g, n)
            i, j, f, o = (g[:, k * n : (k + 1) * n] for k in range(4))
            xp.multiply(f, c, out=cs[t])
            xp.multiply(i, j, out=product)
            c, h = cs[t], hs[t]
            c += product
            xp.tanh(c, out=h)
            h *= o
        return hs, cs, gates

    def gradient(
        self, dys: Sequence[AnyTensor], ys: Sequence[AnyTensor], z: AnyTensor, c0: AnyTensor, h0: AnyTensor,
        kernel: AnyTensor,
    ) -> Any:
        hs, cs, gates = ys
        _, v, dz = _backwards(self.gate, gates, cs, c0, kernel, *dys)
        dc0 = ops.reduce_sum(v[:1] * ops.split(gates[:1], 4, 2)[2], 0)  # one row, or none if there are no steps
        dh0 = ops.matmul(ops.reduce_sum(dz[:1], 0), kernel, transpose_b=True)
        return dz, dc0, dh0, product_over_time(shifted(hs, h0), dz)


@register
class LSTMBackwards(Gated):
    """The chain rule through an LSTM, from the last step to the first: a linear recurrence in dh, dc and dgates.

    u_t = dh_t + dz_(t+1) @ kernel^T; v_t = dc_t + f_(t+1) v_(t+1) + o (1 - tanh(c)^2) u_t;
    dz_t = ([v j, v i, v c_(t-1), u tanh(c)] + dgates_t) * (derivative of the gates' functions).
    Outputs: u, v (time, batch, n), dz (time, batch, 4n). Its transpose is `LSTMForwards`.
    """

    with_gates: bool = True
    """False: there is no input dgates, it is 0."""

    def shape(self, gates: Shape, cs: Shape, c0: Shape, kernel: Shape, dh: Shape, dc: Shape, *dgates: Shape) -> Any:
        return cs.merge(dh), cs.merge(dc), gates.merge(dgates[0]) if dgates else gates

    def dtype(self, gates: DType, *_: DType) -> Any:
        return gates, gates, gates

    def forward(
        self, xp: ArrayModule, gates: Array, cs: Array, c0: Array, kernel: Array, dh: Array, dc: Array, *dgates: Array
    ) -> Any:
        if not dgates and recurrent.fits(xp, gates, kernel, self.gate == "sigmoid", wide=4):
            return recurrent.lstm_backwards(xp, gates, cs, c0, kernel, dh, dc, self.gate)
        n = kernel.shape[0]
        us, vs, dzs = xp.empty_like(cs), xp.empty_like(cs), xp.empty_like(gates)
        later_h, later_c = xp.zeros(c0.shape, cs.dtype), xp.zeros(c0.shape, cs.dtype)
        tanh_c, work = xp.empty_like(later_h), xp.empty_like(later_h)
        for t in reversed(range(len(gates))):
            g, u, v, dz = gates[t], us[t], vs[t], dzs[t]
            i, j, f, o = (g[:, k * n : (k + 1) * n] for k in range(4))
            xp.add(dh[t], later_h, out=u)
            xp.tanh(cs[t], out=tanh_c)
            xp.multiply(tanh_c, tanh_c, out=work)
            xp.subtract(1, work, out=work)
            work *= o
            work *= u
            xp.add(dc[t], later_c, out=v)
            v += work
            xp.multiply(v, j, out=dz[:, :n])
            xp.multiply(v, i, out=dz[:, n : 2 * n])
            xp.multiply(v, cs[t - 1] if t else c0, out=dz[:, 2 * n : 3 * n])
            xp.multiply(u, tanh_c, out=dz[:, 3 * n :])
            if dgates:
                dz += dgates[0][t]
            dz *= self.slope(xp, g, n)
            xp.multiply(v, f, out=later_c)
            xp.matmul(dz, kernel.T, out=later_h)
        return us, vs, dzs

    def gradient(
        self, dys: Sequence[AnyTensor], ys: Sequence[AnyTensor], gates: AnyTensor, cs: AnyTensor, c0: AnyTensor,
        kernel: AnyTensor, dh: AnyTensor, dc: AnyTensor, *dgates: AnyTensor,
    ) -> Any:
        forwards = apply(LSTMForwards(gate=self.gate), gates, cs, c0, kernel, *dys)
        dgates_ = dgates[0] if dgates else ops.zeros_like(gates)
        held = _by_coefficients(self.gate, gates, cs, c0, kernel, dgates_, ys, forwards, dys[2])
        return (*held, forwards[0], forwards[1], *([forwards[2]] if dgates else []))


@register
class LSTMForwards(Gated):
    """How an LSTM's outputs move when its gates' inputs move by z: the transpose of `LSTMBackwards`, forwards in time.

    g_t = (z_t + h_(t-1) @ kernel) * (derivative of the gates' functions); c_t = dc_t + f c_(t-1) + j g_i + i g_j +
    C_(t-1) g_f, where C is the LSTM's memory; h_t = dh_t + o (1 - tanh(C)^2) c_t + tanh(C) g_o.
    Outputs: h, c (time, batch, n), g (time, batch, 4n), all 0 before the first step.
    """

    def shape(self, gates: Shape, cs: Shape, c0: Shape, kernel: Shape, dh: Shape, dc: Shape, z: Shape) -> Any:
        return cs.merge(dh), cs.merge(dc), gates.merge(z)

    def dtype(self, gates: DType, *_: DType) -> Any:
        return gates, gates, gates

    def forward(
        self, xp: ArrayModule, gates: Array, cs: Array, c0: Array, kernel: Array, dh: Array, dc: Array, z: Array
    ) -> Any:
        n = kernel.shape[0]
        hs, moved, gs = xp.empty_like(cs), xp.empty_like(cs), xp.empty_like(gates)
        h, c = xp.zeros(c0.shape, cs.dtype), xp.zeros(c0.shape, cs.dtype)
        for t in range(len(gates)):
            i, j, f, o = xp.split(gates[t], 4, axis=1)
            g = (z[t] + xp.matmul(h, kernel)) * self.slope(xp, gates[t], n)
            g_i, g_j, g_f, g_o = xp.split(g, 4, axis=1)
            c = dc[t] + f * c + j * g_i + i * g_j + (cs[t - 1] if t else c0) * g_f
            tanh_c = xp.tanh(cs[t])
            h = dh[t] + o * (1 - tanh_c * tanh_c) * c + tanh_c * g_o
            hs[t], moved[t], gs[t] = h, c, g
        return hs, moved, gs

    def gradient(
        self, dys: Sequence[AnyTensor], ys: Sequence[AnyTensor], gates: AnyTensor, cs: AnyTensor, c0: AnyTensor,
        kernel: AnyTensor, dh: AnyTensor, dc: AnyTensor, z: AnyTensor,
    ) -> Any:
        backwards = apply(LSTMBackwards(gate=self.gate), gates, cs, c0, kernel, *dys)
        return (*_by_coefficients(self.gate, gates, cs, c0, kernel, dys[2], backwards, ys, z), *backwards)


@functools.lru_cache(maxsize=16)
def _sigmoid_by_tanh(xp: ArrayModule, n: int, dtype: Any) -> tuple[Any, Any]:
    """Rows (4n) with tanh(x * scale) * scale + offset = sigmoid(x) for the gates i, f, o and tanh(x) for j."""
    half, one = xp.full(n, 0.5, dtype), xp.ones(n, dtype)
    return xp.concatenate([half, one, half, half]), xp.concatenate([half, one - one, half, half])


def _backwards(
    gate: str, gates: AnyTensor, cs: AnyTensor, c0: AnyTensor, kernel: AnyTensor, dh: AnyTensor, dc: AnyTensor,
    dgates: AnyTensor,
) -> Any:
    """LSTMBackwards; that nothing arrived at the gates, as in every first derivative, saves work."""
    if dgates is None:
        return apply(LSTMBackwards(with_gates=False, gate=gate), gates, cs, c0, kernel, dh, dc)
    return apply(LSTMBackwards(gate=gate), gates, cs, c0, kernel, dh, dc, dgates)


def _by_coefficients(
    gate: str, gates: AnyTensor, cs: AnyTensor, c0: AnyTensor, kernel: AnyTensor, dgates: AnyTensor,
    backwards: Sequence[AnyTensor], forwards: Sequence[AnyTensor], z: AnyTensor,
) -> tuple[Any, Any, Any, Any]:
    """Derivatives by gates, cs, c0 and kernel of the number <forwards' inputs, backwards' outputs>.

    The number is the same for both recurrences, since each is the other's transpose: so are these derivatives.
    """
    u, v, dz = backwards
    h, c, g = forwards
    i, j, f, o = ops.split(gates, 4, 2)
    g_i, g_j, g_f, g_o = ops.split(g, 4, 2)
    before, tanh_c = shifted(cs, c0), ops.tanh(cs)
    flat = 1 - ops.square(tanh_c)
    # Through the derivatives of the gates' functions: (1 - 2 g) for a sigmoid's g (1 - g), -2 g for tanh's 1 - g^2,
    # nothing for the straight lines of a hard sigmoid.
    arrived = ops.concat([v * j, v * i, v * before, u * tanh_c], 2) + dgates
    moved = (z + ops.matmul(shifted(h), _for_each(kernel, h))) * arrived
    m_i, m_j, m_f, m_o = ops.split(moved, 4, 2)
    d_i, d_j, d_f, d_o = g_j * v, g_i * v - 2 * j * m_j, shifted(c) * v, c * u * flat
    if gate == "sigmoid":
        d_i, d_f, d_o = d_i + m_i * (1 - 2 * i), d_f + m_f * (1 - 2 * f), d_o + m_o * (1 - 2 * o)
    d_tanh = g_o * u - 2 * c * u * o * tanh_c
    d_before = g_f * v
    d_cs = d_tanh * flat + ops.concat([d_before[1:], ops.zeros_like(d_before[:1])], 0)
    d_c0 = ops.reduce_sum(d_before[:1], 0)
    return ops.concat([d_i, d_j, d_f, d_o], 2), d_cs, d_c0, product_over_time(shifted(h), dz)


def _for_each(kernel: AnyTensor, like: AnyTensor) -> Any:
    """The kernel (n, 4n) as one factor for every step."""
    return ops.expand_dims(kernel, 0)


def lstm(
    x: TensorOrSymbol, kernel: TensorOrSymbol, bias: NumberLike, c0: TensorLike, h0: TensorLike,
    forget_bias: float = 0.0, name: str | None = None, gate: str = "sigmoid",
) -> tuple[AnyTensor, AnyTensor]:
    """An LSTM along the first axis of x (time, batch, depth): its outputs h and its memory c, (time, batch, n) both.

    kernel: (depth + n, 4n), for [x, h] side by side; bias (4n); columns for the input gate i, the new input j, the forget
    gate f (to whose bias forget_bias is added) and the output gate o. c0, h0: (batch, n), the state before the first step.
    c_t = gate(f) c_(t-1) + gate(i) tanh(j); h_t = gate(o) tanh(c_t), where gate is sigmoid or hard_sigmoid.
    Source: S. Hochreiter, J. Schmidhuber, 1997; forget gate: F. Gers et al., 1999.
    ShapeError: sizes that do not fit. ArgumentError: another gate.

    >>> import deepkit as dk
    >>> x, zero = dk.tensor([[[1.0]], [[2.0]]]), dk.tensor([[0.0]])
    >>> h, c = dk.ops.lstm(x, dk.ones([2, 4]), dk.zeros([4]), zero, zero)
    >>> h.shape, c.shape
    (Shape([2, 1, 1]), Shape([2, 1, 1]))
    """
    with scope(name, "lstm", x, kernel, bias, c0, h0):
        units = kernel.shape[1].value // 4 if kernel.shape[1] else None
        if units is None or x.shape.rank != 3 or x.shape[2].value is None:
            raise ShapeError(
                f"lstm: x {x.shape}, kernel {kernel.shape}", rule="x (time, batch, depth), kernel (depth + n, 4n)",
                hint="depth and n are known before the graph runs",
            )
        depth = int(x.shape[2])
        if forget_bias:
            bias = bias + np.repeat([0.0, 0.0, float(forget_bias), 0.0], units)
        return lstm_of_gates(ops.bias_add(ops.tensordot(x, kernel[:depth], 1), bias), kernel[depth:], c0, h0, gate)


def lstm_of_gates(
    z: TensorLike, recurrent: TensorLike, c0: TensorLike, h0: TensorLike, gate: str = "sigmoid"
) -> tuple[AnyTensor, AnyTensor]:
    """As `lstm`, from z (time, batch, 4n), what the inputs contribute to the gates, and the recurrent kernel (n, 4n).

    Where weights come with their columns in another order, ops.split and ops.concat bring them into i, j, f, o.
    ShapeError: sizes that do not fit.
    """
    if gate not in ("sigmoid", "hard_sigmoid"):
        raise ArgumentError(
            f"gate={gate!r} in an LSTM that is one op", rule="'sigmoid' or 'hard_sigmoid'",
            hint="step by step, in a loop, any function will do",
        )
    hs, cs, _ = apply(LSTM(gate=gate), z, c0, h0, recurrent)
    return hs, cs
