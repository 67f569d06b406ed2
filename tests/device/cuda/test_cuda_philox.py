"""A stream of random numbers on a GPU is the stream on the CPU: the same digits where no sine or logarithm rounds them."""

from __future__ import annotations

import numpy as np
import pytest

from deepkit.device import cuda
from deepkit.device.philox import Stream

SEED = 0x123456789ABCDEF0, 0xFEDCBA9876543210
TYPES = [np.float32, np.float64]
SIZES = [(1,), (3, 7), (1025,), (0, 4)]


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", SIZES)
def test_uniform_numbers_have_the_same_bits(gpu, shape, dtype):
    theirs, ours = Stream(*SEED), Stream(*SEED)
    for _ in range(2):  # the second draw begins where the first one ended
        np.testing.assert_array_equal(ours.uniform(shape, dtype, gpu), theirs.uniform(shape, dtype))
    assert ours.position == theirs.position
    assert gpu.launched or not np.prod(shape)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", SIZES)
@pytest.mark.parametrize("kind", ["normal", "truncated_normal"])
def test_normal_numbers_differ_by_rounding_alone(gpu, kind, shape, dtype):
    theirs, ours = Stream(*SEED), Stream(*SEED)
    for _ in range(2):
        got, wanted = getattr(ours, kind)(shape, dtype, gpu), getattr(theirs, kind)(shape, dtype)
        np.testing.assert_allclose(got, wanted, rtol=0, atol=4e-6 if dtype == np.float32 else 1e-14)
        assert got.dtype == dtype


def test_other_types_are_drawn_on_the_cpu_and_brought_over(gpu):
    np.testing.assert_array_equal(Stream(*SEED).uniform((9,), np.float16, gpu), Stream(*SEED).uniform((9,), np.float16))
    assert gpu.launched == []


@pytest.mark.parametrize("dtype", TYPES)
def test_dropout_drops_the_same(gpu, normal, dtype):
    x, stream = normal((5, 77), dtype), Stream(*SEED)
    place = stream.place(x.size)
    y, factors = cuda.philox.dropout(gpu, place, x, np.array(0.7, dtype))
    wanted = (Stream(*SEED).uniform(x.shape, dtype) >= dtype(1) - dtype(0.7)) * (dtype(1) / dtype(0.7))
    np.testing.assert_array_equal(factors, wanted)
    np.testing.assert_array_equal(y, x * wanted)
