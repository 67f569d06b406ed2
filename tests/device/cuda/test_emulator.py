"""The CPU that stands for a GPU runs blocks, barriers and shared memory as CUDA does, and refuses what CUDA leaves undefined."""

from __future__ import annotations

import numpy as np
import pytest
from emulator import Module, compiler

pytestmark = pytest.mark.skipif(compiler() is None, reason="no C++ compiler: install g++ or clang++")

SUMS = """
struct Part { int start[2]; float factor; };

extern "C" __global__ void __launch_bounds__(64) sums(const float* __restrict__ x, float* y, int n, Part part) {
    __shared__ float seen[64];
    float total = 0;
    for (int begin = 0; begin < n; begin += blockDim.x) {   // barriers in a loop
        int i = begin + threadIdx.x;
        seen[blockDim.x - 1 - threadIdx.x] = i < n ? x[blockIdx.x * n + i] : 0;
        __syncthreads();
        total += seen[threadIdx.x];
        __syncthreads();
    }
    seen[threadIdx.x] = total;
    __syncthreads();
    for (int half = blockDim.x / 2; half; half /= 2) {
        if (threadIdx.x < half) seen[threadIdx.x] += seen[threadIdx.x + half];
        __syncthreads();
    }
    if (threadIdx.x == 0) atomicAdd(y + part.start[1], part.factor * seen[0]);
}

extern "C" __global__ void uneven(float* y) {
    if (threadIdx.x < 3) __syncthreads();
    y[threadIdx.x] = 1;
}

extern "C" __global__ void unset(float* y) {
    __shared__ float never[32];
    y[threadIdx.x] = never[threadIdx.x];
    __syncthreads();
}

extern "C" __global__ void dynamic(float* y) {
    extern __shared__ float buffer[];
    buffer[threadIdx.x] = threadIdx.x;
    __syncthreads();
    y[threadIdx.x] = buffer[(threadIdx.x + 1) % blockDim.x];
}
"""
PART = np.dtype([("start", np.int32, 2), ("factor", np.float32)])


@pytest.fixture(scope="module")
def module():
    return Module(SUMS)


def test_blocks_barriers_shared_memory_atomics_and_structs(module):
    x = np.arange(3 * 100, dtype=np.float32).reshape(3, 100)
    y, part = np.zeros(2, np.float32), np.array([((0, 1), 0.5)], PART)
    module.get_function("sums")((3,), (64,), (x, y, np.int32(100), part))
    assert y.tolist() == [0, x.sum() / 2]


def test_dynamic_shared_memory(module):
    y = np.empty(8, np.float32)
    module.get_function("dynamic")((1,), (8,), (y,), shared_mem=32)
    assert y.tolist() == [1, 2, 3, 4, 5, 6, 7, 0]


def test_shared_memory_begins_as_nan(module):
    y = np.zeros(32, np.float32)
    module.get_function("unset")((1,), (32,), (y,))
    assert np.isnan(y).all()


def test_a_barrier_that_only_some_threads_reach_is_an_error_and_the_next_launch_is_sound(module):
    y = np.zeros(8, np.float32)
    with pytest.raises(RuntimeError, match="barrier"):
        module.get_function("uneven")((1,), (8,), (y,))
    module.get_function("uneven")((1,), (3,), (y,))
    assert y[:3].tolist() == [1, 1, 1]


BAD = {
    "another type": lambda x, y, n, part: (x.astype(np.float64), y, n, part),
    "a wide number": lambda x, y, n, part: (x, y, np.int64(n), part),
    "a Python number": lambda x, y, n, part: (x, y, 4, part),
    "an array for a number": lambda x, y, n, part: (x, y, np.full(1, n), part),
    "not contiguous": lambda x, y, n, part: (x[:, ::2], y, n, part),
    "one too few": lambda x, y, n, part: (x, y, n),
    "another struct": lambda x, y, n, part: (x, y, n, np.zeros(1, [("a", np.int32)])),
    "two structs": lambda x, y, n, part: (x, y, n, np.repeat(part, 2)),
}


@pytest.mark.parametrize("case", BAD)
def test_arguments_that_a_gpu_would_misread_are_refused(module, case):
    good = (np.ones((1, 4), np.float32), np.zeros(2, np.float32), np.int32(4), np.zeros(1, PART))
    with pytest.raises(TypeError):
        module.get_function("sums")((1,), (64,), BAD[case](*good))


def test_an_array_that_must_not_be_written_is_refused(module):
    y = np.zeros(8, np.float32)
    y.flags.writeable = False
    with pytest.raises(TypeError, match="write access"):
        module.get_function("dynamic")((1,), (8,), (y,), shared_mem=32)


@pytest.mark.parametrize(("grid", "block"), [((0,), (8,)), ((1,), (2048,)), ((1, 70000), (1,)), ((1,), (64, 32))])
def test_grids_and_blocks_that_no_gpu_has_are_refused(module, grid, block):
    with pytest.raises(ValueError, match="no GPU has"):
        module.get_function("dynamic")(grid, block, (np.zeros(8, np.float32),))


def test_a_missing_barrier_shows():
    without = SUMS.replace("        __syncthreads();\n        total", "        total")
    assert without != SUMS
    x, y = np.arange(100, dtype=np.float32), np.zeros(2, np.float32)
    Module(without).get_function("sums")((1,), (64,), (x, y, np.int32(100), np.array([((0, 1), 1)], PART)))
    assert y[1] != x.sum()


def test_no_such_kernel_and_no_such_c():
    with pytest.raises(ValueError, match="sums, uneven"):
        Module(SUMS).get_function("products")
    with pytest.raises(RuntimeError, match=r"kernels\.cu:1"):
        Module('extern "C" __global__ void f(float* y) { nonsense }')
