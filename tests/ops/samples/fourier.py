"""Samples of the Fourier transforms."""

from __future__ import annotations

import numpy as np

from samples import Sample, real

Z = real(2, 3, 4) + 1j * real(2, 3, 4)


def matrix(n, sign):
    k = np.arange(n)
    return np.exp(sign * 2j * np.pi * np.outer(k, k) / n)


def transform(x):
    return x @ matrix(4, -1)


def inverse_of_planes(x):
    return matrix(3, 1) @ x @ matrix(4, 1) / 12


ALL = {"batch": False}
SAMPLES = [
    Sample("FFT", {}, (Z,), transform, ALL),
    Sample("FFT", {"axes": 2, "inverse": True}, (Z,), inverse_of_planes, ALL),
]
