"""Fourier transforms and colours against TensorFlow itself."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf

peer = pytest.importorskip("tensorflow", reason="compares with TensorFlow itself").compat.v1
RNG = np.random.default_rng(0)
REAL = RNG.normal(size=(2, 3, 4, 6)).astype(np.float32)
COMPLEX = (REAL + 1j * RNG.normal(size=REAL.shape)).astype(np.complex64)
WEIGHT = RNG.normal(size=(2, 3, 8, 9)).astype(np.float32)


def agree(build, tolerance=2e-5):
    found = []
    for lib in (tf, peer):
        with lib.Graph().as_default(), lib.Session() as sess:
            found.append(sess.run(build(lib)))
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, atol=tolerance, rtol=tolerance)


def with_slope(lib, y, x):
    weight = lib.constant(WEIGHT)[:, :, : y.shape[2], : y.shape[3]]
    loss = lib.reduce_sum(lib.real(y) * weight)
    loss += lib.reduce_sum(lib.square(lib.imag(y)) * weight) if y.dtype.is_complex else 0.0
    return [y, lib.gradients(loss, x)[0]]


@pytest.mark.parametrize("name", ["fft", "ifft", "fft2d", "ifft2d", "fft3d", "ifft3d"])
def test_complex_transforms(name):
    def build(lib):
        x = lib.constant(COMPLEX)
        return with_slope(lib, getattr(lib.signal, name)(x), x)

    agree(build, 1e-4)


@pytest.mark.parametrize("length", [None, [6], [5], [8]])
def test_real_transforms(length):
    def forwards(lib):
        x = lib.constant(REAL)
        y = lib.signal.rfft(x, length)
        return (
            [y] if length == [5] else with_slope(lib, y, x)
        )  # TensorFlow has no derivative where it cuts the input off

    def backwards(lib):
        x = lib.constant(COMPLEX[..., :4])
        y = lib.signal.irfft(x, length)
        return [y] if length == [5] else with_slope(lib, y, x)

    agree(forwards, 1e-4)
    agree(backwards, 1e-4)


@pytest.mark.parametrize("length", [None, [4, 6], [3, 5], [7, 8]])
def test_real_transforms_of_planes(length):
    agree(lambda lib: [lib.signal.rfft2d(lib.constant(REAL), length)], 1e-4)
    agree(lambda lib: [lib.signal.irfft2d(lib.constant(COMPLEX[..., :4]), length)], 1e-4)


COLOURS = RNG.uniform(size=(2, 5, 6, 3)).astype(np.float32)
COLOURS[0, 0] = [[0, 0, 0], [1, 1, 1], [0.5, 0.5, 0.5], [1, 0, 0], [0, 1, 0], [0, 0, 1]]


@pytest.mark.parametrize("kind", ["float32", "uint8"])
def test_hue_and_saturation(kind):
    images = COLOURS if kind == "float32" else (COLOURS * 255).astype(np.uint8)

    def build(lib):
        x = lib.constant(images)
        hues = [lib.image.adjust_hue(x, delta) for delta in (-0.7, 0.0, 0.2, 1.0)]
        return [*hues, *[lib.image.adjust_saturation(x, factor) for factor in (0.0, 0.5, 3.0)]]

    agree(build, 2e-5 if kind == "float32" else 0)


def test_hsv():
    agree(lambda lib: [lib.image.rgb_to_hsv(lib.constant(COLOURS)), lib.image.hsv_to_rgb(lib.constant(COLOURS))])
