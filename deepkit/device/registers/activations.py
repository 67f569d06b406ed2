"""tanh, exp and what is made of them for lanes, for kernels that go through a layer without leaving the registers.

tanh x = x P(x^2) / Q(x^2) for |x| <= 9, beyond which it is 1 in float32: P of degree 5 and Q of degree 3, fitted so that
the largest relative error is least (5.9e-8 in exact arithmetic, 3.7e-7 as computed: three units in the last place).

exp x = 2^k exp r with a whole number k and |r| <= log(2) / 2, for which the series up to r^7 / 7! is off by 5e-9.
"""

from __future__ import annotations

from deepkit.device import compiled
from deepkit.device.registers.lanes import bounded, choose, fused, highest, larger, nearest, nothing, power_of_two, same


@compiled.part
def _quotient(x):
    """x P(x^2) and Q(x^2), whose quotient is tanh x."""
    u = x * x
    p = fused(u, same(1.82552125e-11), same(-1.27804167e-08))
    p = fused(u, fused(u, fused(u, p, same(9.26740889e-06)), same(2.92076015e-03)), same(1.29192267e-01))
    p = fused(u, p, same(9.99999941e-01))
    q = fused(u, same(2.28099990e-04), same(2.37631613e-02))
    q = fused(u, fused(u, q, same(4.62525105e-01)), same(1.0))
    return x * p, q


@compiled.part
def tanh(x):
    """tanh of the numbers in a register."""
    p, q = _quotient(bounded(x, same(9.0)))
    return bounded(p / q, same(1.0))


@compiled.part
def sigmoid(x):
    """sigmoid x = (1 + tanh(x / 2)) / 2 of the numbers in a register."""
    half = same(0.5)
    return fused(tanh(x * half), half, half)


@compiled.part
def exp_below(x):
    """exp of the numbers in a register, none of which is above 0; from -104 on it is 0."""
    x = larger(same(-104.0), x)  # NaN stays
    k = nearest(x * same(1.4426950408889634))  # 1 / log 2
    r = fused(k, same(-0.693145751953125), x)  # log 2 in two parts, the first with so few digits that k times it is exact
    r = fused(k, same(-1.4286068203094172e-06), r)
    p = fused(r, same(1 / 5040), same(1 / 720))
    p = fused(r, fused(r, fused(r, p, same(1 / 120)), same(1 / 24)), same(1 / 6))
    p = fused(r, fused(r, fused(r, p, same(0.5)), same(1.0)), same(1.0))
    half = nearest(k * same(0.5))
    return p * power_of_two(half) * power_of_two(k - half)  # in two steps, since 2^k alone may be too small a number


@compiled.part
def softplus(x):
    """log(1 + exp(x)) of as many numbers: max(x, 0) + log(1 + t) with t = exp(-|x|) and the series of 2 artanh(t / (2 + t))."""
    t = exp_below(nothing() - highest(x, nothing() - x))
    s = t / (t + same(2.0))
    u = s * s
    p = fused(u, same(2 / 17), same(2 / 15))
    p = fused(u, fused(u, fused(u, p, same(2 / 13)), same(2 / 11)), same(2 / 9))
    p = fused(u, fused(u, fused(u, p, same(2 / 7)), same(2 / 5)), same(2 / 3))
    return highest(x, nothing()) + fused(s * u, p, s + s)


@compiled.part
def elu(x):
    """x or exp(x) - 1 of a register's numbers: max(x, 0) + 2 t / (1 - t) with t = tanh(min(x, 0) / 2), where nothing cancels."""
    half = (nothing() - highest(nothing() - x, nothing())) * same(0.5)
    p, q = _quotient(bounded(half, same(9.0)))
    return highest(x, nothing()) + bounded((p + p) / (q - p), same(1.0))


@compiled.part
def sigmoid_to_the_end(x):
    """sigmoid of the numbers in a register with all its digits down to the smallest: from exp(-|x|), as NumPy's reference."""
    small = exp_below(nothing() - highest(x, nothing() - x))
    above = choose(highest(x, nothing()), x, same(1.0), small)
    return above / (same(1.0) + small)
