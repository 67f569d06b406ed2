"""`tf.fft` and its kin: discrete Fourier transforms."""

from __future__ import annotations

from deepkit import ops
from deepkit.v1.framework.symbolic import symbolic

__all__ = [
    "fft", "fft2d", "fft3d", "ifft", "ifft2d", "ifft3d",
]

fft = symbolic(ops.fft)
fft2d = symbolic(ops.fft2d)
fft3d = symbolic(ops.fft3d)
ifft = symbolic(ops.ifft)
ifft2d = symbolic(ops.ifft2d)
ifft3d = symbolic(ops.ifft3d)
irfft = symbolic(ops.irfft)
irfft2d = symbolic(ops.irfft2d)
rfft = symbolic(ops.rfft)
rfft2d = symbolic(ops.rfft2d)
