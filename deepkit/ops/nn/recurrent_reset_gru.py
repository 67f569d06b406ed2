"""The older form of the GRU as one op, which resets the state before the product, and the recurrence of its derivatives.

K. Cho et al., EMNLP 2014. Time is the first axis; the gates stand side by side: update z, reset r, candidate g.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deepkit.core.apply import apply
from deepkit.core.op import Op, register
from deepkit.core.shape import Shape
from deepkit.core.typing import AnyTensor, Array, ArrayModule
from deepkit.device import cuda, recurrent
from deepkit.device.dtypes import DType
from deepkit.ops.functions import ops
from deepkit.ops.nn.recurrence import IN_PLACE, product_over_time, shifted, sizes, slope_of


class GRUBase(Op):
    """Base of both forms. Outputs: h (time, batch, n), the gates after their functions (time, batch, 3n), ..."""

    gate: str = "sigmoid"
    activation: str = "tanh"
    kinds = "f"

    def check(self, a: Shape, h0: Shape, kernel: Shape) -> tuple[Shape, Shape]:
        time, batch, units = sizes("gru", a, h0, kernel, 3)
        return Shape((time, batch, units)), Shape((time, batch, None if units is None else 3 * units))

    @property
    def is_usual(self) -> bool:
        """Whether a step ends as in almost all GRUs."""
        return (self.gate, self.activation) == ("sigmoid", "tanh")

    def slopes(self, gates: AnyTensor) -> tuple[Any, Any, Any]:
        """The derivatives of the functions of z, r and g by their arguments."""
        z, r, g = ops.split(gates, 3, 2)
        return slope_of(self.gate, z), slope_of(self.gate, r), slope_of(self.activation, g)


@register
class ResetGRU(GRUBase):
    """The older form, from a (time, batch, 3n), h0 (batch, n), kernel (n, 3n).

    z, r = gate(a_z + h_(t-1) @ kernel_z), gate(a_r + h_(t-1) @ kernel_r);
    g = activation(a_g + (r h_(t-1)) @ kernel_g); h_t = z h_(t-1) + (1 - z) g.
    """

    takes_none = (1,)

    def shape(self, a: Shape, h0: Shape, kernel: Shape) -> Any:
        return self.check(a, h0, kernel)

    def dtype(self, a: DType, *_: DType) -> Any:
        return a, a

    def forward(self, xp: ArrayModule, a: Array, h0: Array, kernel: Array) -> Any:
        if recurrent.fits(xp, a, kernel, self.is_usual):
            return recurrent.reset_gru(xp, a, h0, kernel, self.gate, self.activation)
        n, gate, finish = kernel.shape[0], IN_PLACE[self.gate], IN_PLACE[self.activation]
        hs, gates = xp.empty((*a.shape[:2], n), a.dtype), xp.empty_like(a)
        kernel_zr, kernel_g = xp.ascontiguousarray(kernel[:, : 2 * n]), xp.ascontiguousarray(kernel[:, 2 * n :])
        product, reset, h = xp.empty((a.shape[1], 2 * n), a.dtype), xp.empty(h0.shape, a.dtype), h0
        for t in range(len(a)):
            both, g = gates[t, :, : 2 * n], gates[t, :, 2 * n :]
            xp.add(a[t, :, : 2 * n], xp.matmul(h, kernel_zr, out=product), out=both)
            gate(xp, both)
            z, r = both[:, :n], both[:, n:]
            xp.multiply(r, h, out=reset)
            xp.add(a[t, :, 2 * n :], xp.matmul(reset, kernel_g), out=g)
            finish(xp, g)
            h = blend(xp, z, h, g, out=hs[t])
        return hs, gates

    def gradient(
        self, dys: Sequence[AnyTensor], ys: Sequence[AnyTensor], a: AnyTensor, h0: AnyTensor, kernel: AnyTensor
    ) -> Any:
        (dh, dgates), (hs, gates) = dys, ys
        if dgates is None and self.is_usual:  # as in every first derivative
            return _sent_back(gates, hs, h0, kernel, dh)
        z, r, g = ops.split(gates, 3, 2)
        slope_z, slope_r, slope_g = self.slopes(gates)
        kernel_z, kernel_r, kernel_g = (ops.expand_dims(part, 0) for part in ops.split(kernel, 3, 1))
        before = shifted(hs, h0)
        c_z, c_g, d = (before - g) * slope_z, (1 - z) * slope_g, before * slope_r
        extra_z = extra_r = extra_g = None
        if dgates is not None:
            dz, dr, dg = ops.split(dgates, 3, 2)
            extra_z, extra_r, extra_g = dz * slope_z, dr * slope_r, dg * slope_g
            back = ops.matmul(extra_g, kernel_g, transpose_b=True)
            earlier = ops.matmul(extra_z, kernel_z, transpose_b=True) + r * back
            earlier += ops.matmul(extra_r + d * back, kernel_r, transpose_b=True)
            dh = dh + earlier_by_one(earlier)
        u = apply(ResetRecurrence(backwards=True), c_z, c_g, d, r, z, kernel, dh)
        sent_z, sent_g = _plus(c_z * u, extra_z), _plus(c_g * u, extra_g)
        back = ops.matmul(sent_g, kernel_g, transpose_b=True)
        sent_r = _plus(d * back, extra_r)
        to_state = z * u + r * back + ops.matmul(sent_z, kernel_z, transpose_b=True)
        to_state += ops.matmul(sent_r, kernel_r, transpose_b=True)
        by_state = product_over_time(before, ops.concat([sent_z, sent_r], 2))
        dkernel = ops.concat([by_state, product_over_time(r * before, sent_g)], 1)
        return ops.concat([sent_z, sent_r, sent_g], 2), ops.reduce_sum(to_state[:1], 0), dkernel


def _sent_back(gates: AnyTensor, hs: AnyTensor, h0: AnyTensor, kernel: AnyTensor, dh: AnyTensor) -> Any:
    """The derivatives of the usual ResetGRU by a, h0 and kernel."""
    u, da, reset = apply(ResetGRUBackwards(), gates, hs, h0, kernel, dh)
    (z, r, _), (_, _, da_g) = ops.split(gates[:1], 3, 2), ops.split(da[:1], 3, 2)
    units = ops.shape(kernel)[0]
    da_zr, kernel_g = da[:, :, : 2 * units], kernel[:, 2 * units :]
    first = z * u[:1] + r * ops.matmul(da_g, ops.expand_dims(kernel_g, 0), transpose_b=True)
    first += ops.matmul(da_zr[:1], ops.expand_dims(kernel[:, : 2 * units], 0), transpose_b=True)
    by_state, by_reset = product_over_time(shifted(hs, h0), da_zr), product_over_time(reset, da[:, :, 2 * units :])
    return da, ops.reduce_sum(first, 0), ops.concat([by_state, by_reset], 1)


@register
class ResetGRUBackwards(Op):
    """The chain rule through the usual `ResetGRU`, from the last step to the first: linear in dh (time, batch, n).

    q = da_g @ kernel_g^T; u_t = dh_t + z u + r q + [da_z, da_r] @ kernel_zr^T, all of step t + 1;
    da_t = [u (h_(t-1) - g) z (1 - z), q h_(t-1) r (1 - r), u (1 - z) (1 - g^2)].
    Outputs: u (time, batch, n), da (time, batch, 3n), r h_(t-1) (time, batch, n), which the kernel's derivative needs.
    """

    kinds = "f"

    def shape(self, gates: Shape, hs: Shape, h0: Shape, kernel: Shape, dh: Shape) -> Any:
        return hs.merge(dh), gates, hs

    def dtype(self, gates: DType, *_: DType) -> Any:
        return gates, gates, gates

    def forward(self, xp: ArrayModule, gates: Array, hs: Array, h0: Array, kernel: Array, dh: Array) -> Any:
        if recurrent.goes_back_in_one(xp, gates, kernel):
            return recurrent.reset_gru_backwards(gates, hs, h0, kernel, dh)
        n = kernel.shape[0]
        z, r, g = (gates[..., k * n : (k + 1) * n] for k in range(3))
        before = xp.concatenate([h0[None], hs])[:-1]
        c_z, c_g, d = (before - g) * z * (1 - z), (1 - z) * (1 - g * g), before * r * (1 - r)
        u = ResetRecurrence(backwards=True).forward(xp, c_z, c_g, d, r, z, kernel, dh)
        sent_r = d * xp.matmul(c_g * u, kernel[:, 2 * n :].T)
        return u, xp.concatenate([c_z * u, sent_r, c_g * u], 2), r * before

    def gradient(
        self, dys: Sequence[AnyTensor], ys: Sequence[AnyTensor], gates: AnyTensor, hs: AnyTensor, h0: AnyTensor,
        kernel: AnyTensor, dh: AnyTensor,
    ) -> Any:
        (du, dda, dreset), u, (z, r, g), before = dys, ys[0], ops.split(gates, 3, 2), shifted(hs, h0)
        (da_z, da_r, da_g), kernel_g = ops.split(dda, 3, 2), ops.expand_dims(ops.split(kernel, 3, 1)[2], 0)
        slope_z, slope_r = z * (1 - z), r * (1 - r)
        c_z, c_g, d = (before - g) * slope_z, (1 - z) * (1 - g * g), before * slope_r
        dq, q = da_r * d, ops.matmul(c_g * u, kernel_g, transpose_b=True)
        dsent_g = da_g + ops.matmul(dq, kernel_g)
        through = ResetRecurrence(backwards=True).gradient(
            du + c_z * da_z + c_g * dsent_g, u, c_z, c_g, d, r, z, kernel, dh
        )
        dc_z, dc_g, dd = through[0] + da_z * u, through[1] + dsent_g * u, through[2] + da_r * q
        dz = through[4] + dc_z * (before - g) * (1 - 2 * z) - dc_g * (1 - g * g)
        dr = through[3] + dd * before * (1 - 2 * r) + dreset * before
        dbefore = dc_z * slope_z + dd * slope_r + dreset * r
        own = product_over_time(dq, c_g * u)
        dkernel = through[5] + ops.concat([ops.zeros_like(own), ops.zeros_like(own), own], 1)
        dgates = ops.concat([dz, dr, -dc_z * slope_z - 2 * g * dc_g * (1 - z)], 2)
        return dgates, earlier_by_one(dbefore), ops.reduce_sum(dbefore[:1], 0), dkernel, through[6]


@register
class ResetRecurrence(Op):
    """The chain rule through `ResetGRU` (backwards) and its transpose, linear recurrences in x (time, batch, n).

    Backwards, from t + 1 to t: q = (c_g u) @ kernel_g^T; u_t = x_t + k u + r q + (c_z u) @ kernel_z^T + (d q) @ kernel_r^T.
    Forwards, from t - 1 to t: s = r u + d (u @ kernel_r); u_t = x_t + k u + c_z (u @ kernel_z) + c_g (s @ kernel_g).
    All coefficients (time, batch, n) are those of the later of the two steps; kernel (n, 3n) for z, r and g.
    """

    backwards: bool = False
    kinds = "f"

    def shape(self, c_z: Shape, c_g: Shape, d: Shape, r: Shape, k: Shape, kernel: Shape, x: Shape) -> Shape:
        return x.merge(c_z).merge(c_g).merge(d).merge(r).merge(k)

    def forward(
        self, xp: ArrayModule, c_z: Array, c_g: Array, d: Array, r: Array, k: Array, kernel: Array, x: Array
    ) -> Any:
        if self.backwards and cuda.recurrent.fits(xp, x, kernel, wide=2):
            return cuda.recurrent.reset_backwards(xp, c_z, c_g, d, r, k, kernel, x)
        n, us = kernel.shape[0], xp.array(x)
        kernel_zr, kernel_g = xp.ascontiguousarray(kernel[:, : 2 * n]), xp.ascontiguousarray(kernel[:, 2 * n :])
        both = xp.empty((x.shape[1], 2 * n), x.dtype)
        for t in range(len(x) - 1)[::-1] if self.backwards else range(1, len(x)):
            if self.backwards:
                now, u = t + 1, us[t + 1]
                q = xp.matmul(c_g[now] * u, kernel_g.T)
                xp.multiply(c_z[now], u, out=both[:, :n])
                xp.multiply(d[now], q, out=both[:, n:])
                us[t] += r[now] * q
                us[t] += xp.matmul(both, kernel_zr.T)
            else:
                now, u = t, us[t - 1]
                xp.matmul(u, kernel_zr, out=both)
                us[t] += c_z[t] * both[:, :n]
                us[t] += c_g[t] * xp.matmul(r[t] * u + d[t] * both[:, n:], kernel_g)
            us[t] += k[now] * u
        return us

    def gradient(
        self, du: AnyTensor, u: AnyTensor, c_z: AnyTensor, c_g: AnyTensor, d: AnyTensor, r: AnyTensor, k: AnyTensor,
        kernel: AnyTensor, x: AnyTensor,
    ) -> Any:
        other = apply(ResetRecurrence(backwards=not self.backwards), c_z, c_g, d, r, k, kernel, du)
        back, ahead = (u, other) if self.backwards else (other, u)
        # as for LinearRecurrence: derivatives of the one number that both directions give
        kernel_z, kernel_r, kernel_g = (ops.expand_dims(part, 0) for part in ops.split(kernel, 3, 1))
        before = shifted(ahead)
        to_r = ops.matmul(before, kernel_r)
        s, q = r * before + d * to_r, ops.matmul(c_g * back, kernel_g, transpose_b=True)
        dkernel = ops.concat(
            [product_over_time(before, ops.concat([c_z * back, d * q], 2)), product_over_time(s, c_g * back)], 1
        )
        dc_z, dc_g = back * ops.matmul(before, kernel_z), back * ops.matmul(s, kernel_g)
        return dc_z, dc_g, q * to_r, q * before, back * before, dkernel, other


def blend(xp: ArrayModule, z: Array, h: Array, g: Array, out: Array) -> Any:
    """z h + (1 - z) g = g + z (h - g)."""
    xp.subtract(h, g, out=out)
    out *= z
    out += g
    return out


def _plus(x: Array, extra: Array) -> Any:
    return x if extra is None else x + extra


def earlier_by_one(x: AnyTensor) -> Any:
    """What x is one step later, 0 at the last step."""
    return ops.concat([x[1:], ops.zeros_like(x[:1])], 0)
