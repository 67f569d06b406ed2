"""A whole LSTM as one op, and the two linear recurrences that its derivatives of every order are made of.

Time is the first axis. What the inputs contribute to the gates comes ready, as one matrix product over all steps; an
op walks through time once, with one product by the recurrent kernel for each step, and works in place on blocks that
stay in the processor's cache.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import deepkit.ops as ops
from deepkit.core.apply import apply, scope
from deepkit.core.op import Op, register
from deepkit.core.shape import Shape
from deepkit.device.dtypes import DType
from deepkit.errors import ShapeError


@register
class LSTM(Op):
    """The LSTM recurrence over time, from the gates' inputs z (time, batch, 4n), c0, h0 (batch, n), kernel (n, 4n).

    i, j, f, o = sigmoid, tanh, sigmoid, sigmoid of z_t + h_(t-1) @ kernel; c_t = f c_(t-1) + i j; h_t = o tanh(c_t).
    Outputs: h and c (time, batch, n), and the gates after their functions (time, batch, 4n), which the derivative needs.
    """

    kinds = "f"

    def shape(self, z: Shape, c0: Shape, h0: Shape, kernel: Shape) -> Any:
        time, batch, units = _sizes(z, c0.merge(h0), kernel)
        row = Shape((time, batch, units))
        return row, row, Shape((time, batch, None if units is None else 4 * units))

    def dtype(self, z: DType, *_: DType) -> Any:
        return z, z, z

    def forward(self, xp: Any, z: Any, c0: Any, h0: Any, kernel: Any) -> Any:
        n = kernel.shape[0]
        hs, cs, gates = xp.empty((*z.shape[:2], n), z.dtype), xp.empty((*z.shape[:2], n), z.dtype), xp.empty_like(z)
        scale, offset = _sigmoid_by_tanh(xp, n, z.dtype)
        h, c, product = h0, c0, xp.empty(c0.shape, z.dtype)
        for t in range(len(z)):
            g = gates[t]
            xp.matmul(h, kernel, out=g)
            g += z[t]
            g *= scale
            xp.tanh(g, out=g)
            g *= scale
            g += offset
            i, j, f, o = (g[:, k * n : (k + 1) * n] for k in range(4))
            xp.multiply(f, c, out=cs[t])
            xp.multiply(i, j, out=product)
            c, h = cs[t], hs[t]
            c += product
            xp.tanh(c, out=h)
            h *= o
        return hs, cs, gates

    def gradient(self, dys: Any, ys: Any, z: Any, c0: Any, h0: Any, kernel: Any) -> Any:
        hs, cs, gates = ys
        _, v, dz = _backwards(gates, cs, c0, kernel, *dys)
        dc0 = ops.reduce_sum(v[:1] * ops.split(gates[:1], 4, 2)[2], 0)  # one row, or none if there are no steps
        dh0 = ops.matmul(ops.reduce_sum(dz[:1], 0), kernel, transpose_b=True)
        return dz, dc0, dh0, _product_over_time(_shifted(hs, h0), dz)


@register
class LSTMBackwards(Op):
    """The chain rule through an LSTM, from the last step to the first: a linear recurrence in dh, dc and dgates.

    u_t = dh_t + dz_(t+1) @ kernel^T; v_t = dc_t + f_(t+1) v_(t+1) + o (1 - tanh(c)^2) u_t;
    dz_t = ([v j, v i, v c_(t-1), u tanh(c)] + dgates_t) * (derivative of the gates' functions).
    Outputs: u, v (time, batch, n), dz (time, batch, 4n). Its transpose is `LSTMForwards`.
    """

    kinds = "f"
    with_gates: bool = True
    """False: there is no input dgates, it is 0."""

    def shape(self, gates: Shape, cs: Shape, c0: Shape, kernel: Shape, dh: Shape, dc: Shape, *dgates: Shape) -> Any:
        return cs.merge(dh), cs.merge(dc), gates.merge(dgates[0]) if dgates else gates

    def dtype(self, gates: DType, *_: DType) -> Any:
        return gates, gates, gates

    def forward(self, xp: Any, gates: Any, cs: Any, c0: Any, kernel: Any, dh: Any, dc: Any, *dgates: Any) -> Any:
        n = kernel.shape[0]
        us, vs, dzs = xp.empty_like(cs), xp.empty_like(cs), xp.empty_like(gates)
        _, offset = _sigmoid_by_tanh(xp, n, gates.dtype)
        lift = 1 - 2 * offset  # g (1 - g) for a sigmoid, (g + 1) (1 - g) for tanh
        later_h, later_c = xp.zeros(c0.shape, cs.dtype), xp.zeros(c0.shape, cs.dtype)
        slope, tanh_c, work = xp.empty(gates.shape[1:], gates.dtype), xp.empty_like(later_h), xp.empty_like(later_h)
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
            xp.add(g, lift, out=slope)
            dz *= slope
            xp.subtract(1, g, out=slope)
            dz *= slope
            xp.multiply(v, f, out=later_c)
            xp.matmul(dz, kernel.T, out=later_h)
        return us, vs, dzs

    def gradient(
        self, dys: Any, ys: Any, gates: Any, cs: Any, c0: Any, kernel: Any, dh: Any, dc: Any, *dgates: Any
    ) -> Any:
        forwards = apply(LSTMForwards(), gates, cs, c0, kernel, *dys)
        dgates_ = dgates[0] if dgates else ops.zeros_like(gates)
        held = _by_coefficients(gates, cs, c0, kernel, dgates_, ys, forwards, dys[2])
        return (*held, forwards[0], forwards[1], *([forwards[2]] if dgates else []))


@register
class LSTMForwards(Op):
    """How an LSTM's outputs move when its gates' inputs move by z: the transpose of `LSTMBackwards`, forwards in time.

    g_t = (z_t + h_(t-1) @ kernel) * (derivative of the gates' functions); c_t = dc_t + f c_(t-1) + j g_i + i g_j +
    C_(t-1) g_f, where C is the LSTM's memory; h_t = dh_t + o (1 - tanh(C)^2) c_t + tanh(C) g_o.
    Outputs: h, c (time, batch, n), g (time, batch, 4n), all 0 before the first step.
    """

    kinds = "f"

    def shape(self, gates: Shape, cs: Shape, c0: Shape, kernel: Shape, dh: Shape, dc: Shape, z: Shape) -> Any:
        return cs.merge(dh), cs.merge(dc), gates.merge(z)

    def dtype(self, gates: DType, *_: DType) -> Any:
        return gates, gates, gates

    def forward(self, xp: Any, gates: Any, cs: Any, c0: Any, kernel: Any, dh: Any, dc: Any, z: Any) -> Any:
        n = kernel.shape[0]
        hs, moved, gs = xp.empty_like(cs), xp.empty_like(cs), xp.empty_like(gates)
        _, offset = _sigmoid_by_tanh(xp, n, gates.dtype)
        h, c = xp.zeros(c0.shape, cs.dtype), xp.zeros(c0.shape, cs.dtype)
        for t in range(len(gates)):
            i, j, f, o = xp.split(gates[t], 4, axis=1)
            g = (z[t] + xp.matmul(h, kernel)) * (gates[t] + (1 - 2 * offset)) * (1 - gates[t])
            g_i, g_j, g_f, g_o = xp.split(g, 4, axis=1)
            c = dc[t] + f * c + j * g_i + i * g_j + (cs[t - 1] if t else c0) * g_f
            tanh_c = xp.tanh(cs[t])
            h = dh[t] + o * (1 - tanh_c * tanh_c) * c + tanh_c * g_o
            hs[t], moved[t], gs[t] = h, c, g
        return hs, moved, gs

    def gradient(self, dys: Any, ys: Any, gates: Any, cs: Any, c0: Any, kernel: Any, dh: Any, dc: Any, z: Any) -> Any:
        backwards = apply(LSTMBackwards(), gates, cs, c0, kernel, *dys)
        return (*_by_coefficients(gates, cs, c0, kernel, dys[2], backwards, ys, z), *backwards)


def _sizes(z: Shape, state: Shape, kernel: Shape) -> tuple[Any, Any, Any]:
    """Time, batch and units, each as far as it is known; ShapeError where the inputs contradict each other."""
    fits = all(s.rank in (None, rank) for s, rank in ((z, 3), (state, 2), (kernel, 2)))
    if fits:
        (time, batch, width), (rows, units), (n, columns) = (
            (None,) * rank if s.dims is None else s.dims for s, rank in ((z, 3), (state, 2), (kernel, 2))
        )
        known = {u for u in (units, n) if u is not None} | {w / 4 for w in (width, columns) if w is not None}
        if len(known) <= 1 and (None in (batch, rows) or batch == rows):
            return time, rows if batch is None else batch, int(known.pop()) if known else None
    raise ShapeError(
        f"lstm: z {z}, c and h {state}, kernel {kernel}",
        rule="z (time, batch, 4n), c and h (batch, n), kernel (n, 4n) for n units",
    )


def _sigmoid_by_tanh(xp: Any, n: int, dtype: Any) -> tuple[Any, Any]:
    """Rows (4n) with tanh(x * scale) * scale + offset = sigmoid(x) for the gates i, f, o and tanh(x) for j.

    sigmoid(x) = tanh(x / 2) / 2 + 1/2: one pass over all gates at once.
    """
    half, one = xp.full(n, 0.5, dtype), xp.ones(n, dtype)
    return xp.concatenate([half, one, half, half]), xp.concatenate([half, one - one, half, half])


def _backwards(gates: Any, cs: Any, c0: Any, kernel: Any, dh: Any, dc: Any, dgates: Any) -> Any:
    """LSTMBackwards; that nothing arrived at the gates, as in every first derivative, saves work."""
    if dgates.node is not None and dgates.node.op.type == "ZerosLike":
        return apply(LSTMBackwards(with_gates=False), gates, cs, c0, kernel, dh, dc)
    return apply(LSTMBackwards(), gates, cs, c0, kernel, dh, dc, dgates)


def _shifted(x: Any, first: Any = None) -> Any:
    """What x was one step earlier: `first`, or 0, at the first step."""
    zero = ops.zeros_like(x[:1]) if first is None else ops.expand_dims(first, 0)
    return ops.concat([zero, x], 0)[:-1] if first is not None else ops.concat([zero, x[:-1]], 0)


def _product_over_time(a: Any, b: Any) -> Any:
    """sum over time and batch of a^T b, as one matrix product."""
    return ops.matmul(_rows(a), _rows(b), transpose_a=True)


def _rows(x: Any) -> Any:
    """(time, batch, k) as (time * batch, k)."""
    return ops.reshape(x, ops.stack([-1, ops.shape(x)[2]]))


def _by_coefficients(
    gates: Any, cs: Any, c0: Any, kernel: Any, dgates: Any, backwards: Any, forwards: Any, z: Any
) -> tuple[Any, Any, Any, Any]:
    """Derivatives by gates, cs, c0 and kernel of the number <forwards' inputs, backwards' outputs>.

    The number is the same for both recurrences, since each is the other's transpose: so are these derivatives.
    """
    u, v, dz = backwards
    h, c, g = forwards
    i, j, f, o = ops.split(gates, 4, 2)
    g_i, g_j, g_f, g_o = ops.split(g, 4, 2)
    before, tanh_c = _shifted(cs, c0), ops.tanh(cs)
    flat = 1 - ops.square(tanh_c)
    # Through the derivatives of the gates' functions: (1 - 2 g) for a sigmoid's g (1 - g), -2 g for tanh's 1 - g^2.
    arrived = ops.concat([v * j, v * i, v * before, u * tanh_c], 2) + dgates
    moved = (z + ops.matmul(_shifted(h), _for_each(kernel, h))) * arrived
    m_i, m_j, m_f, m_o = ops.split(moved, 4, 2)
    d_i = m_i * (1 - 2 * i) + g_j * v
    d_j = m_j * (-2 * j) + g_i * v
    d_f = m_f * (1 - 2 * f) + _shifted(c) * v
    d_o = m_o * (1 - 2 * o) + c * u * flat
    d_tanh = g_o * u - 2 * c * u * o * tanh_c
    d_before = g_f * v
    d_cs = d_tanh * flat + ops.concat([d_before[1:], ops.zeros_like(d_before[:1])], 0)
    d_c0 = ops.reduce_sum(d_before[:1], 0)
    return ops.concat([d_i, d_j, d_f, d_o], 2), d_cs, d_c0, _product_over_time(_shifted(h), dz)


def _for_each(kernel: Any, like: Any) -> Any:
    """The kernel (n, 4n) as one factor for every step."""
    return ops.expand_dims(kernel, 0)


def lstm(
    x: Any, kernel: Any, bias: Any, c0: Any, h0: Any, forget_bias: float = 0.0, name: str | None = None
) -> tuple[Any, Any]:
    """An LSTM along the first axis of x (time, batch, depth): its outputs h and its memory c, (time, batch, n) both.

    kernel: (depth + n, 4n), for [x, h] side by side; bias (4n); columns for the input gate i, the new input j, the forget
    gate f (to whose bias forget_bias is added) and the output gate o. c0, h0: (batch, n), the state before the first step.
    c_t = sigmoid(f) c_(t-1) + sigmoid(i) tanh(j); h_t = sigmoid(o) tanh(c_t).
    Source: S. Hochreiter, J. Schmidhuber, 1997; forget gate: F. Gers et al., 1999.

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
            )  # fmt: skip
        depth = int(x.shape[2])
        if forget_bias:
            bias = bias + np.repeat([0.0, 0.0, float(forget_bias), 0.0], units)
        z = ops.bias_add(ops.tensordot(x, kernel[:depth], 1), bias)
        hs, cs, _ = apply(LSTM(), z, c0, h0, kernel[depth:])
        return hs, cs
