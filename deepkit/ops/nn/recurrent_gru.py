"""A whole GRU as one op: the newer form, which cuDNN computes; it resets the recurrent product, not the state before it.

Time is the first axis; the gates stand side by side: update z, reset r, candidate g. The older form: recurrent_reset_gru.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deepkit.core.apply import apply, scope
from deepkit.core.op import Op, register
from deepkit.core.shape import Shape
from deepkit.core.typing import AnyTensor, Array, ArrayModule, TensorLike, TensorOrSymbol
from deepkit.device import recurrent
from deepkit.device.dtypes import DType
from deepkit.errors import ArgumentError
from deepkit.ops.functions import ops
from deepkit.ops.nn.recurrence import (
    IN_PLACE,
    check_activation,
    over_all_steps,
    product_over_time,
    shifted,
    side_by_side,
)
from deepkit.ops.nn.recurrent_reset_gru import GRUBase, ResetGRU, blend, earlier_by_one
from deepkit.ops.nn.recurrent_simple import LinearRecurrence

__all__ = ["gru"]


@register
class GRU(GRUBase):
    """The newer form, from a (time, batch, 3n), h0 (batch, n), kernel (n, 3n), bias (3n).

    m = h_(t-1) @ kernel + bias; z, r = gate(a_z + m_z), gate(a_r + m_r); g = activation(a_g + r m_g);
    h_t = z h_(t-1) + (1 - z) g. The third output is m_g (time, batch, n).
    """

    takes_none = (1, 2)

    def shape(self, a: Shape, h0: Shape, kernel: Shape, bias: Shape) -> Any:
        h, gates = self.check(a, h0, kernel)
        return h, gates, h

    def dtype(self, a: DType, *_: DType) -> Any:
        return a, a, a

    def forward(self, xp: ArrayModule, a: Array, h0: Array, kernel: Array, bias: Array) -> Any:
        if recurrent.fits(xp, a, kernel, self.is_usual):
            return recurrent.gru(xp, a, h0, kernel, bias, self.gate, self.activation)
        n, gate, finish = kernel.shape[0], IN_PLACE[self.gate], IN_PLACE[self.activation]
        hs, gates = xp.empty((*a.shape[:2], n), a.dtype), xp.empty_like(a)
        ms, product, h = xp.empty_like(hs), xp.empty((a.shape[1], 3 * n), a.dtype), h0
        for t in range(len(a)):
            xp.matmul(h, kernel, out=product)
            product += bias
            both, g = gates[t, :, : 2 * n], gates[t, :, 2 * n :]
            xp.add(a[t, :, : 2 * n], product[:, : 2 * n], out=both)
            gate(xp, both)
            z, r = both[:, :n], both[:, n:]
            ms[t] = product[:, 2 * n :]
            xp.multiply(r, ms[t], out=g)
            g += a[t, :, 2 * n :]
            finish(xp, g)
            h = blend(xp, z, h, g, out=hs[t])
        return hs, gates, ms

    def gradient(
        self, dys: Sequence[AnyTensor], ys: Sequence[AnyTensor], a: AnyTensor, h0: AnyTensor, kernel: AnyTensor,
        bias: AnyTensor,
    ) -> Any:
        (dh, dgates, dm), (hs, gates, m) = dys, ys
        if dgates is None and dm is None and self.is_usual:  # as in every first derivative
            return _sent_back(gates, m, hs, h0, kernel, dh)
        z, r, g = ops.split(gates, 3, 2)
        slope_z, slope_r, slope_g = self.slopes(gates)
        before = shifted(hs, h0)
        # what u, the derivative by h_t, sends to the arguments of z and g, and from there to r and to m_g
        c_g = (1 - z) * slope_g
        c = ops.concat([(before - g) * slope_z, c_g * m * slope_r, c_g * r], 2)
        if dgates is None and dm is None:
            u = apply(LinearRecurrence(backwards=True, gates=3), c, kernel, dh, z)
            sent, sent_g = c * side_by_side(u, 3), c_g * u
        else:
            dgates, dm = (ops.zeros_like(y) if d is None else d for d, y in ((dgates, gates), (dm, m)))
            dz, dr, dg = ops.split(dgates, 3, 2)
            extra_g = dg * slope_g
            extra = ops.concat([dz * slope_z, (dr + extra_g * m) * slope_r, extra_g * r + dm], 2)
            earlier = ops.matmul(earlier_by_one(extra), ops.expand_dims(kernel, 0), transpose_b=True)
            u = apply(LinearRecurrence(backwards=True, gates=3), c, kernel, dh + earlier, z)
            sent, sent_g = c * side_by_side(u, 3) + extra, c_g * u + extra_g
        first = ops.reduce_sum(z[:1] * u[:1], 0) + ops.matmul(ops.reduce_sum(sent[:1], 0), kernel, transpose_b=True)
        sent_z, sent_r, _ = ops.split(sent, 3, 2)
        da = ops.concat([sent_z, sent_r, sent_g], 2)
        return da, first, product_over_time(before, sent), ops.reduce_sum(sent, [0, 1])


def _sent_back(gates: AnyTensor, m: AnyTensor, hs: AnyTensor, h0: AnyTensor, kernel: AnyTensor, dh: AnyTensor) -> Any:
    """The derivatives of the usual GRU by a, h0, kernel and bias."""
    u, da, dm = apply(GRUBackwards(), gates, m, hs, h0, kernel, dh)
    first = gates[:1, :, : ops.shape(kernel)[0]] * u[:1] + ops.matmul(dm[:1], ops.expand_dims(kernel, 0), transpose_b=True)
    return da, ops.reduce_sum(first, 0), product_over_time(shifted(hs, h0), dm), ops.reduce_sum(dm, [0, 1])


@register
class GRUBackwards(Op):
    """The chain rule through the usual `GRU`, from the last step to the first: linear in dh (time, batch, n).

    u_t = dh_t + (z u + dm @ kernel^T) of step t + 1; da_t = [u (h_(t-1) - g) z (1 - z), da_g m r (1 - r), u (1 - z) (1 - g^2)];
    dm_t, by the whole product h_(t-1) @ kernel + bias, is da_t but for its last third, da_g r. m is the last third of the
    product. Outputs: u (time, batch, n), da and dm (time, batch, 3n).
    """

    kinds = "f"

    def shape(self, gates: Shape, m: Shape, hs: Shape, h0: Shape, kernel: Shape, dh: Shape) -> Any:
        return hs.merge(dh), gates, gates

    def dtype(self, gates: DType, *_: DType) -> Any:
        return gates, gates, gates

    def forward(
        self, xp: ArrayModule, gates: Array, m: Array, hs: Array, h0: Array, kernel: Array, dh: Array
    ) -> Any:
        if recurrent.goes_back_in_one(xp, gates, kernel):
            return recurrent.gru_backwards(gates, m, hs, h0, kernel, dh)
        z, r, g = xp.split(gates, 3, axis=2)
        c_g = (1 - z) * (1 - g * g)
        c = xp.concatenate([(xp.concatenate([h0[None], hs])[:-1] - g) * z * (1 - z), c_g * m * r * (1 - r), c_g * r], 2)
        u = LinearRecurrence(backwards=True, gates=3).forward(xp, c, kernel, dh, z)
        dm = c * xp.concatenate([u] * 3, 2)
        return u, xp.concatenate([dm[..., : 2 * kernel.shape[0]], c_g * u], 2), dm

    def gradient(
        self, dys: Sequence[AnyTensor], ys: Sequence[AnyTensor], gates: AnyTensor, m: AnyTensor, hs: AnyTensor,
        h0: AnyTensor, kernel: AnyTensor, dh: AnyTensor,
    ) -> Any:
        (du, dda, ddm), u, (z, r, g), before = dys, ys[0], ops.split(gates, 3, 2), shifted(hs, h0)
        slope_z, slope_r, slope_g = z * (1 - z), r * (1 - r), 1 - ops.square(g)
        c_g = (1 - z) * slope_g
        c = ops.concat([(before - g) * slope_z, c_g * m * slope_r, c_g * r], 2)
        (by_z, by_r, by_g), (by_m_z, by_m_r, by_m) = ops.split(dda, 3, 2), ops.split(ddm, 3, 2)
        by_c = ops.concat([by_z + by_m_z, by_r + by_m_r, by_m], 2)  # the derivatives by c u
        on_u = ops.add_n([du, c_g * by_g, *ops.split(c * by_c, 3, 2)])
        dc, dkernel, ddh, keep = LinearRecurrence(backwards=True, gates=3).gradient(on_u, u, c, kernel, dh, z)
        dc_z, dc_r, dc_m = ops.split(dc + by_c * side_by_side(u, 3), 3, 2)
        dc_g = by_g * u + dc_r * m * slope_r + dc_m * r
        dz = keep + dc_z * (before - g) * (1 - 2 * z) - dc_g * slope_g
        dr = dc_r * c_g * m * (1 - 2 * r) + dc_m * c_g
        dbefore = dc_z * slope_z
        dgates = ops.concat([dz, dr, -dbefore - 2 * g * dc_g * (1 - z)], 2)
        return dgates, dc_r * c_g * slope_r, earlier_by_one(dbefore), ops.reduce_sum(dbefore[:1], 0), dkernel, ddh


def gru(
    x: TensorLike, kernel: TensorLike, recurrent: TensorOrSymbol, bias: TensorLike, h0: TensorLike,
    recurrent_bias: TensorLike | None = None, reset_after: bool = True, gate: str = "sigmoid", activation: str = "tanh",
    name: str | None = None,
) -> AnyTensor:
    """A GRU along the first axis of x (time, batch, depth): its states h, (time, batch, n).

    kernel (depth, 3n), recurrent (n, 3n), bias (3n) or None; columns for the update gate z, the reset gate r and the
    candidate g; h0 (batch, n). h_t = z h_(t-1) + (1 - z) g. With reset_after g = activation(a_g + r (h_(t-1) @ recurrent_g
    + recurrent_bias_g)), recurrent_bias (3n) being added to the other gates as well; without it g = activation(a_g +
    (r h_(t-1)) @ recurrent_g). Here a = x_t @ kernel + bias. gate, activation: as for simple_rnn.
    Source: K. Cho et al., EMNLP 2014; J. Chung et al., 2014.
    ShapeError: sizes that do not fit. ArgumentError: a function that a recurrence cannot end a step with.

    >>> import deepkit as dk
    >>> h = dk.ops.gru(dk.ones([2, 1, 1]), dk.ones([1, 3]), dk.ones([1, 3]), None, dk.zeros([1, 1]))
    >>> h.shape
    Shape([2, 1, 1])
    """
    settings = {"gate": check_activation(gate, "gate"), "activation": check_activation(activation)}
    with scope(name, "gru", x, kernel, recurrent, bias, h0, recurrent_bias):
        a = over_all_steps(x, kernel, bias)
        if not reset_after:
            if recurrent_bias is not None:
                raise ArgumentError(
                    "gru: a recurrent_bias with reset_after=False",
                    rule="the form that resets the state before the product has one bias",
                    hint="recurrent_bias=None, or reset_after=True",
                )
            return apply(ResetGRU(**settings), a, h0, recurrent)[0]
        own = ops.zeros_like(recurrent[0]) if recurrent_bias is None else recurrent_bias
        return apply(GRU(**settings), a, h0, recurrent, own)[0]
