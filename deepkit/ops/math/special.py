"""Special functions: the gamma function and its relatives, the error function, zeta and beta."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NoReturn

from deepkit.core.apply import apply, convert, scope
from deepkit.core.op import register
from deepkit.core.typing import AnyTensor, Array, ArrayModule, TensorLike
from deepkit.device.arrays import special_of
from deepkit.errors import GradientError
from deepkit.ops.define import Elementwise, binary, unary
from deepkit.ops.functions import ops
from deepkit.ops.math.arithmetic import unbroadcast

__all__ = [
    "betainc", "digamma", "erf", "erfc", "igamma", "igamma_grad_a", "igammac", "lbeta", "lgamma", "polygamma",
    "xdivy", "xlog1py", "xlogy", "zeta",
]


@register
class Lgamma(Elementwise):
    """The logarithm of |Gamma(x)|; Gamma(n + 1) = n! for whole n."""

    kinds = "f"

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        return special_of(xp).gammaln(x).astype(x.dtype)

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return dy * digamma(x)


@register
class Digamma(Elementwise):
    """The derivative of lgamma: Gamma'(x) / Gamma(x); NaN at 0, -1, -2, ..."""

    kinds = "f"

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        pole = (x <= 0) & (x == xp.floor(x))
        return xp.where(pole, x.dtype.type(xp.nan), special_of(xp).psi(x).astype(x.dtype))

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return dy * polygamma(ops.ones_like(x), x)


@register
class Erf(Elementwise):
    """The error function, 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x."""

    kinds = "f"

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        return special_of(xp).erf(x).astype(x.dtype)

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return dy * (2 / math.sqrt(math.pi) * ops.exp(-ops.square(x)))


@register
class Erfc(Elementwise):
    """1 - erf(x), exact for large x too."""

    kinds = "f"

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        return special_of(xp).erfc(x).astype(x.dtype)

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return dy * (-2 / math.sqrt(math.pi) * ops.exp(-ops.square(x)))


class Precise(Elementwise):
    """Base of functions of several numbers that are computed in float64, whatever the inputs' type."""

    kinds = "f"

    def forward(self, xp: ArrayModule, *arrays: Array) -> Any:
        exact = self.compute(xp, *[x.astype(xp.float64) for x in arrays])
        return exact.astype(arrays[0].dtype)

    def compute(self, xp: ArrayModule, *arrays: Array) -> Any:
        """The value for float64 arrays."""
        raise TypeError(f"{self.type} does not define compute")


@register
class Xlogy(Precise):
    """x log(y), and 0 where x is 0, whatever y is."""

    def compute(self, xp: ArrayModule, x: Array, y: Array) -> Any:
        return xp.where(x == 0, x.dtype.type(0), special_of(xp).xlogy(x, y))

    def gradient(self, dz: AnyTensor, z: AnyTensor, x: AnyTensor, y: AnyTensor) -> Any:
        present = ops.cast(ops.not_equal(x, 0), x.dtype)
        return unbroadcast(dz * xlogy(present, y), x, y), unbroadcast(dz * xdivy(x, y), y, x)


def xdivy(x: TensorLike, y: TensorLike, name: str | None = None) -> AnyTensor:
    """x / y, and 0 where x is 0, whatever y is; there the derivatives are 0, too.

    x, y: shapes that broadcast, float; result: the broadcast shape. DTypeError: two different types.

    >>> xdivy([0.0, 3.0], [0.0, 2.0]).numpy().tolist()
    [0.0, 1.5]
    """
    return _where_x_is_not_0("xdivy", lambda x, y: x / y, x, y, name)


def xlog1py(x: TensorLike, y: TensorLike, name: str | None = None) -> AnyTensor:
    """x log(1 + y), and 0 where x is 0, whatever y is; there the derivatives are 0, too.

    x, y: shapes that broadcast, float; result: the broadcast shape. DTypeError: two different types.

    >>> xlog1py([0.0, 3.0], [-1.0, 0.0]).numpy().tolist()
    [0.0, 0.0]
    """
    return _where_x_is_not_0("xlog1py", lambda x, y: x * ops.log1p(y), x, y, name)


def _where_x_is_not_0(
    label: str, formula: Callable[[AnyTensor, AnyTensor], AnyTensor], x: TensorLike, y: TensorLike, name: str | None
) -> AnyTensor:
    with scope(name, label, x, y) as full:
        x, y = convert(x, beside=y), convert(y, beside=x)
        none = ops.broadcast_like(ops.equal(x, 0), x + y)
        found = formula(x, ops.where(none, ops.ones_like(x + y), ops.broadcast_like(y, none)))
        return ops.where(none, ops.zeros_like(found), found, name=full)


@register
class Igamma(Precise):
    """The lower incomplete gamma function P(a, x): the integral of t^(a-1) e^(-t) from 0 to x, divided by Gamma(a)."""

    def compute(self, xp: ArrayModule, a: Array, x: Array) -> Any:
        y = xp.where((a > 0) & (x >= 0), special_of(xp).gammainc(a, x), xp.nan)
        return xp.where(x == 0, 0.0, y)

    def gradient(self, dy: AnyTensor, y: AnyTensor, a: AnyTensor, x: AnyTensor) -> Any:
        return _by_shape_and_limit(dy, a, x)


@register
class Igammac(Precise):
    """The upper incomplete gamma function, 1 - igamma(a, x), exact for large x too."""

    def compute(self, xp: ArrayModule, a: Array, x: Array) -> Any:
        return xp.where((a > 0) & (x >= 0), special_of(xp).gammaincc(a, x), xp.nan)

    def gradient(self, dy: AnyTensor, y: AnyTensor, a: AnyTensor, x: AnyTensor) -> Any:
        return _by_shape_and_limit(-dy, a, x)


def _by_shape_and_limit(dy: AnyTensor, a: AnyTensor, x: AnyTensor) -> tuple[Any, Any]:
    density = ops.exp(xlogy(a - 1, x) - x - lgamma(a))
    return unbroadcast(dy * igamma_grad_a(a, x), a, x), unbroadcast(dy * density, x, a)


@register
class IgammaGradA(Precise):
    """The derivative of igamma(a, x) by a.

    Differentiated term by term are the power series x^a e^-x / Gamma(a+1) (1 + x/(a+1) + x^2/((a+1)(a+2)) + ...)
    where x <= a + 1, else Legendre's continued fraction of 1 - P; both converge fast there.
    Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 6.5.29 and 6.5.31.
    """

    def compute(self, xp: ArrayModule, a: Array, x: Array) -> Any:
        a, x = xp.broadcast_arrays(a, x)
        result = xp.where((a > 0) & (x >= 0), 0.0, xp.nan)
        inside = (a > 0) & (x > 0) & xp.isfinite(x)
        low, high = inside & (x <= a + 1), inside & (x > a + 1)
        result[low] = _series(xp, a[low], x[low])
        result[high] = _continued_fraction(xp, a[high], x[high])
        return result

    def gradient(self, dy: AnyTensor, y: AnyTensor, a: AnyTensor, x: AnyTensor) -> NoReturn:
        raise GradientError(
            "igamma and igammac can be differentiated by a only once",
            hint="wrap a in stop_gradient if only the derivatives by x are wanted",
        )


_STEPS = 50_000  # the largest a needs about 10 sqrt(a) terms: enough up to a = 10^7


def _series(xp: ArrayModule, a: Array, x: Array) -> Any:
    special = special_of(xp)
    term = total = xp.ones_like(a)
    slope = slopes = xp.zeros_like(a)  # the derivatives by a of the two above
    for n in range(1, _STEPS):
        term = term * x / (a + n)
        slope = slope * x / (a + n) - term / (a + n)
        total, slopes = total + term, slopes + slope
        if bool((xp.abs(slope) <= 1e-17 * xp.abs(slopes)).all()):
            break
    front = xp.exp(a * xp.log(x) - x - special.gammaln(a + 1))
    return front * (slopes + total * (xp.log(x) - special.psi(a + 1)))


def _continued_fraction(xp: ArrayModule, a: Array, x: Array) -> Any:
    special = special_of(xp)
    zero = xp.zeros_like(a)
    # numerators p and denominators q of two convergents in a row, each with its derivative by a
    p0, dp0, q0, dq0 = xp.ones_like(a), zero, x, zero
    p1, dp1, q1, dq1 = x + 1, zero, x * (x + 2 - a), -x
    ratio, dratio = p1 / q1, -dq1 * p1 / (q1 * q1)
    for n in range(1, _STEPS):
        weight, factor = n * (n + 1 - a), x + 2 * (n + 1) - a  # their derivatives by a are -n and -1
        p, q = p1 * factor - p0 * weight, q1 * factor - q0 * weight
        dp = dp1 * factor - p1 - dp0 * weight + p0 * n
        dq = dq1 * factor - q1 - dq0 * weight + q0 * n
        change = (dp - p / q * dq) / q - dratio
        ratio, dratio = p / q, dratio + change
        scale = 1 / xp.abs(q)  # keeps the convergents from overflowing
        p0, dp0, q0, dq0 = p1 * scale, dp1 * scale, q1 * scale, dq1 * scale
        p1, dp1, q1, dq1 = p * scale, dp * scale, q * scale, dq * scale
        if bool((xp.abs(change) <= 3e-16 * xp.abs(dp / q)).all()):  # what is left is rounding
            break
    front = xp.exp(a * xp.log(x) - x - special.gammaln(a))
    return -front * (dratio + ratio * (xp.log(x) - special.psi(a)))


@register
class Zeta(Precise):
    """The Hurwitz zeta function: the sum of (q + n)^(-x) over n = 0, 1, 2, ...

    There is no derivative by x.
    """

    def compute(self, xp: ArrayModule, x: Array, q: Array) -> Any:
        return special_of(xp).zeta(x, q)

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor, q: AnyTensor) -> Any:
        return None, unbroadcast(-dy * x * zeta(x + 1, q), q, x)


@register
class Polygamma(Precise):
    """The a-th derivative of digamma at x, for a = 0, 1, 2, ... There is no derivative by a."""

    def compute(self, xp: ArrayModule, a: Array, x: Array) -> Any:
        return special_of(xp).polygamma(a, x)

    def gradient(self, dy: AnyTensor, y: AnyTensor, a: AnyTensor, x: AnyTensor) -> Any:
        return None, unbroadcast(dy * polygamma(a + 1, x), x, a)


@register
class Betainc(Precise):
    """The regularized incomplete beta function: the integral of t^(a-1) (1-t)^(b-1) from 0 to x, divided by B(a, b).

    There are no derivatives by a and b.
    """

    def compute(self, xp: ArrayModule, a: Array, b: Array, x: Array) -> Any:
        return special_of(xp).betainc(a, b, x)

    def gradient(self, dy: AnyTensor, y: AnyTensor, a: AnyTensor, b: AnyTensor, x: AnyTensor) -> Any:
        log_beta = lgamma(a) + lgamma(b) - lgamma(a + b)
        density = ops.exp(xlogy(b - 1, 1 - x) + xlogy(a - 1, x) - log_beta)
        return None, None, unbroadcast(dy * density, x, y)


lgamma = unary(Lgamma, "lgamma")
digamma = unary(Digamma, "digamma")
erf = unary(Erf, "erf")
erfc = unary(Erfc, "erfc")
xlogy = binary(Xlogy, "xlogy")
igamma = binary(Igamma, "igamma")
igammac = binary(Igammac, "igammac")
igamma_grad_a = binary(IgammaGradA, "igamma_grad_a")
zeta = binary(Zeta, "zeta")
polygamma = binary(Polygamma, "polygamma")


def betainc(a: TensorLike, b: TensorLike, x: TensorLike, name: str | None = None) -> AnyTensor:
    """The regularized incomplete beta function I_x(a, b) for a, b > 0 and 0 <= x <= 1.

    a, b, x: shapes that broadcast, one type, float; result: the broadcast shape, of the same type; derivatives by x
    alone.
    ShapeError: shapes that do not broadcast. DTypeError: no float.
    """
    return apply(Betainc(), a, b, x, name=name)


def lbeta(x: TensorLike, name: str | None = None) -> AnyTensor:
    """The logarithm of |Beta(x)| along the last axis: the sum of lgamma(x) minus lgamma of the sum of x.

    x: (..., n), float, positive; result: (...). DTypeError: another type.

    >>> import deepkit as dk
    >>> round(dk.lbeta([1.0, 2.0]).item(), 6)  # Beta(1, 2) = 1/2
    -0.693147
    """
    with scope(name, "lbeta", x) as full:
        return ops.subtract(ops.reduce_sum(lgamma(x), -1), lgamma(ops.reduce_sum(x, -1)), name=full)
