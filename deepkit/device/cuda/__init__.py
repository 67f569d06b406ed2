"""CUDA twins of the kernels in the folder above: each .cu opens with its mathematics, beside it a .py that launches it.

    loader                the sources of kernels, compiled by CuPy, which keeps what it compiled on disk; how one is launched
    windows, product      what several kernels include: windows that slide over images, and a product of implicit matrices
    convolve, depthwise, pooling, batchnorm, cross_entropy, recurrent, rows, philox, updates
                          as the modules of these names above, whose functions take them where `fits` says so
    chains                neighbouring element-wise ops of a plan, written as one kernel

A kernel takes float32 and float64, and arrays of fewer than 2**31 numbers; windows over one or two axes. For all else the
plain version serves, which NumPy and CuPy share. Large matrix products are cuBLAS', by CuPy.
"""

from deepkit.device.cuda import (
    batchnorm,
    chains,
    convolve,
    cross_entropy,
    depthwise,
    philox,
    pooling,
    recurrent,
    rows,
    updates,
)
from deepkit.device.cuda.loader import fits, fits_windows

__all__ = [
    "batchnorm", "chains", "convolve", "cross_entropy", "depthwise", "fits", "fits_windows", "philox", "pooling",
    "recurrent", "rows", "updates",
]
