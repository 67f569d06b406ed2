"""Floor 0: arrays, data types, random streams and kernels; knows nothing of tensors.

A kernel's file begins with its mathematics and the plain NumPy version, mostly called `..._reference`; how the same
numbers come faster (blocks that fit a cache, several threads, compiled loops) stands below it. Tests hold the two
together. From the plain ideas to those that need others, read:

    arrays, dtypes, philox      what a number is, on the CPU and the GPU, and where random ones come from
    devices                     the processors by name, what is copied to one and what is computed there
    windows                     windows that slide over arrays, and their padding: what pooling and convolutions share
    rows, activations, updates  one pass over memory: the gradient of a bias, activations, and a step of each optimizer
    batchnorm, pooling          two passes: statistics of each channel, the largest number of each window
    cross_entropy               softmax, its loss and its gradient in one pass over each row
    matmul, patches, convolve   a convolution is a matrix product of the patches that its windows cut out
    depthwise                   one with a filter for each channel is none, and is summed place by place
    direct, winograd            convolutions without a copy of their patches, and with fewer multiplications
    recurrent                   recurrences: each thread walks through time with some rows of the batch; plain in ops/nn
    checksum                    CRC-32C of the records in files

What makes them fast: compiled (numba, where it is installed), threads, machine (cores, and freed memory that stays with the
program), registers/ (what stays in the processor's registers: `direct` and `recurrent` are made of its products). On a GPU
cuda/ has a kernel in CUDA C++ beside each of these modules, under the same name, which takes over for arrays of CuPy.
"""
