"""`tf.spectral`: discrete Fourier transforms, under the name they had first."""

from deepkit.v1.ops.signal import dct, fft, fft2d, fft3d, idct, ifft, ifft2d, ifft3d, irfft, irfft2d, rfft, rfft2d

__all__ = [
    "dct", "fft", "fft2d", "fft3d", "idct", "ifft", "ifft2d", "ifft3d", "irfft", "irfft2d", "rfft", "rfft2d",
]
