"""tanh and sigmoid of lanes, for kernels that go through a layer without leaving the registers.

tanh x = x P(x^2) / Q(x^2) for |x| <= 9, beyond which it is 1 in float32: P of degree 5 and Q of degree 3, fitted so that
the largest relative error is least (5.9e-8 in exact arithmetic, 3.7e-7 as computed: three units in the last place).
"""

from __future__ import annotations

from deepkit.device import compiled
from deepkit.device.registers.lanes import bounded, fused, same


@compiled.part
def tanh(x):
    """tanh of eight numbers."""
    x = bounded(x, same(9.0))
    u = x * x
    p = fused(u, same(1.82552125e-11), same(-1.27804167e-08))
    p = fused(u, fused(u, fused(u, p, same(9.26740889e-06)), same(2.92076015e-03)), same(1.29192267e-01))
    p = fused(u, p, same(9.99999941e-01))
    q = fused(u, same(2.28099990e-04), same(2.37631613e-02))
    q = fused(u, fused(u, q, same(4.62525105e-01)), same(1.0))
    return bounded(x * p / q, same(1.0))


@compiled.part
def sigmoid(x):
    """sigmoid x = (1 + tanh(x / 2)) / 2 of eight numbers."""
    half = same(0.5)
    return fused(tanh(x * half), half, half)
