"""`tf.fft` and its kin, `tf.signal.stft` and its: signals and their spectra."""

from __future__ import annotations

from typing import Any

from deepkit import ops
from deepkit.ops.math.spectra import inverse_stft_window_fn as inverse_stft_window_fn
from deepkit.v1.framework.symbolic import constant_of, symbolic

__all__ = [
    "fft", "fft2d", "fft3d", "ifft", "ifft2d", "ifft3d",
]

dct = symbolic(ops.dct)
fft = symbolic(ops.fft)
fft2d = symbolic(ops.fft2d)
fft3d = symbolic(ops.fft3d)
fftshift = symbolic(ops.fftshift)
frame = symbolic(ops.frame)
hamming_window = symbolic(ops.hamming_window)
hann_window = symbolic(ops.hann_window)
idct = symbolic(ops.idct)
ifft = symbolic(ops.ifft)
ifft2d = symbolic(ops.ifft2d)
ifft3d = symbolic(ops.ifft3d)
ifftshift = symbolic(ops.ifftshift)
inverse_stft = symbolic(ops.inverse_stft)
irfft = symbolic(ops.irfft)
irfft2d = symbolic(ops.irfft2d)
mfccs_from_log_mel_spectrograms = symbolic(ops.mfccs_from_log_mel_spectrograms)
overlap_and_add = symbolic(ops.overlap_and_add)
rfft = symbolic(ops.rfft)
rfft2d = symbolic(ops.rfft2d)
stft = symbolic(ops.stft)


def linear_to_mel_weight_matrix(*args: Any, **kwargs: Any) -> Any:
    """Triangles that gather a spectrum into bands of equal width on the mel scale, see ops.linear_to_mel_weight_matrix."""
    return constant_of(ops.linear_to_mel_weight_matrix(*args, **kwargs))
