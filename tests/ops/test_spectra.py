"""Windows, frames, short-time spectra, cosine transforms and the mel scale, beside SciPy and by their definitions."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.fft
import scipy.signal

import deepkit as dk

RNG = np.random.default_rng(5)
SIGNAL = RNG.normal(size=(2, 50))


@pytest.mark.parametrize("length", [2, 8, 31])
@pytest.mark.parametrize("name", ["hann", "hamming"])
def test_windows_are_scipy_s(name, length):
    window = getattr(dk, f"{name}_window")
    symmetric = scipy.signal.get_window(name, length, fftbins=False)
    np.testing.assert_allclose(window(length, periodic=False, dtype="float64"), symmetric, atol=1e-12)
    periodic = scipy.signal.get_window(name, length, fftbins=length % 2 == 0)  # an odd one is symmetric, as TensorFlow's
    np.testing.assert_allclose(window(length, dtype="float64"), periodic, atol=1e-12)


def test_a_window_of_one_entry_is_1():
    assert dk.hann_window(1).numpy().tolist() == dk.hamming_window(1, periodic=False).numpy().tolist() == [1.0]


@pytest.mark.parametrize(("length", "step"), [(10, 3), (7, 7), (4, 9), (60, 2)])
def test_frames_are_the_pieces(length, step):
    pieces = dk.frame(SIGNAL, length, step).numpy()
    expected = [SIGNAL[:, i : i + length] for i in range(0, 50 - length + 1, step)]
    np.testing.assert_array_equal(pieces, np.stack(expected, 1) if expected else np.zeros((2, 0, length)))
    padded = np.pad(SIGNAL, [(0, 0), (0, length)], constant_values=7.0)
    expected = [padded[:, i : i + length] for i in range(0, 50, step)]
    np.testing.assert_array_equal(dk.frame(SIGNAL, length, step, pad_end=True, pad_value=7.0), np.stack(expected, 1))


def test_adding_pieces_is_the_adjoint_of_cutting_them():
    pieces, signal = RNG.normal(size=(2, 14, 10)), SIGNAL[:, :49]
    left = float(np.vdot(pieces, dk.frame(signal, 10, 3).numpy()))
    assert left == pytest.approx(float(np.vdot(dk.overlap_and_add(pieces, 3).numpy(), signal)), rel=1e-12)


def test_short_time_spectra_are_scipy_s():
    window = scipy.signal.get_window("hann", 16)
    ours = dk.stft(SIGNAL, 16, 4).numpy()
    theirs = scipy.signal.ShortTimeFFT(window, hop=4, fs=1.0).stft(SIGNAL, p0=2, p1=2 + ours.shape[1], k_offset=0)
    phase = np.exp(-2j * np.pi * np.arange(9) * 8 / 16)  # theirs count time from a window's middle
    np.testing.assert_allclose(ours, np.swapaxes(theirs, -1, -2) * phase, atol=1e-10)


def test_the_matching_window_undoes_a_spectrum():
    spectra = dk.stft(SIGNAL, 16, 4)
    back = dk.inverse_stft(spectra, 16, 4, window_fn=dk.inverse_stft_window_fn(4)).numpy()
    np.testing.assert_allclose(back[:, 12:36], SIGNAL[:, 12:36], atol=1e-12)


@pytest.mark.parametrize("norm", [None, "ortho"])
@pytest.mark.parametrize("kind", [1, 2, 3, 4])
def test_cosine_transforms_are_scipy_s(kind, norm):
    if kind == 1 and norm:
        with pytest.raises(dk.errors.ArgumentError, match="orthonormal"):
            dk.dct(SIGNAL, kind, norm=norm)
        return
    np.testing.assert_allclose(dk.dct(SIGNAL, kind, norm=norm), scipy.fft.dct(SIGNAL, kind, norm=norm), atol=1e-10)
    factor = 1 if norm else 2 * (50 - (kind == 1))
    np.testing.assert_allclose(
        dk.idct(SIGNAL, kind, norm=norm), factor * scipy.fft.idct(SIGNAL, kind, norm=norm), atol=1e-10
    )


def test_bands_of_the_mel_scale_are_triangles_of_height_1():
    bands = dk.linear_to_mel_weight_matrix(10, 2049, 16000, 80.0, 7600.0, dtype="float64").numpy()
    assert bands.shape == (2049, 10)
    assert not bands[0].any()
    assert bands.min() == 0
    assert np.all(np.abs(bands.max(0) - 1) < 0.05)
    covered = np.linspace(0, 8000, 2049)
    between = (covered > covered[bands[:, 0].argmax()]) & (covered < covered[bands[:, -1].argmax()])
    np.testing.assert_allclose(bands[between].sum(1), 1, atol=1e-12)  # neighbours share what lies between their tips
