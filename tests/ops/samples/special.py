"""Samples of special functions and complex numbers."""

from __future__ import annotations

import numpy as np
import scipy.special as sp

from samples import NO_BATCH, P, Q, Sample, binary, real, unary

Z = real(3, 4) + 1j * real(3, 4)
INSIDE = np.abs(real(3, 4))
WIDE = np.array([0.05, 0.5, 1.0, 8.0, 30.0, 30.0]), np.array([0.1, 8.0, 3.0, 9.5, 20.0, 60.0])


def slope_in_a(a: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The derivative of gammainc by a, by a central difference of high order."""
    h = 1e-3 * a
    steps = {1: 3 / 4, 2: -3 / 20, 3: 1 / 60}
    return sum(w * (sp.gammainc(a + k * h, x) - sp.gammainc(a - k * h, x)) for k, w in steps.items()) / h


SAMPLES: list[Sample] = [
    unary("Lgamma", sp.gammaln, P * 3),
    unary("Lgamma", sp.gammaln, -INSIDE),
    unary("Digamma", sp.psi, P + 1.5),
    Sample("Digamma", {}, (np.array([0.0, -1.0, 2.5]),), lambda x: np.where(x > 0, sp.psi(x), np.nan), {"wrt": []}),
    unary("Erf", sp.erf),
    unary("Erfc", sp.erfc),
    *binary("Xlogy", sp.xlogy, P, Q),
    Sample("Xlogy", {}, (np.zeros(2), np.array([0.0, 3.0])), lambda x, y: np.zeros(2), {"wrt": []}),
    *binary("Igamma", sp.gammainc, P, Q, wrt=[1]),
    *binary("Igammac", sp.gammaincc, P, Q, wrt=[1]),
    Sample("Igamma", {}, (np.array([0.0, -1, 1, 1, 2]), np.array([1.0, 1, -1, 0, np.inf])),
           lambda a, x: np.array([np.nan, np.nan, np.nan, 0, 1]), {"wrt": []}),
    Sample("IgammaGradA", {}, (P, Q), slope_in_a, {"wrt": []}),
    Sample("IgammaGradA", {}, WIDE, slope_in_a, {"wrt": []}),
    Sample("Zeta", {}, (P + 1.5, Q), sp.zeta, {"wrt": [1]}),
    Sample("Polygamma", {}, (np.array([[0.0], [1], [2]]), P + 0.5), sp.polygamma, {"wrt": [1]}),
    Sample("Betainc", {}, (P, Q, INSIDE), sp.betainc, {"wrt": [2]}),
    Sample("Betainc", {}, (P[0], Q[0], INSIDE), sp.betainc, {"wrt": [2], **NO_BATCH}),
    # complex numbers; their derivatives are in test_complex.py
    *binary("Complex", lambda re, im: re + 1j * im),
    unary("Real", np.real, Z),
    unary("Imag", np.imag, Z),
    unary("Angle", np.angle, Z),
    Sample("Complex", {}, (np.array([np.inf, 1.0]), np.array([0.0, -np.inf])),
           lambda re, im: np.array([complex(np.inf, 0), complex(1, -np.inf)]), {"wrt": []}),
    # the digits and the derivative are in test_special.py
    Sample("RandomGamma", {"seed": 3, "static": (5,)}, (np.array([5], np.int32), np.array([0.5, 1, 4])), None,
           {"wrt": [], **NO_BATCH}),
]
