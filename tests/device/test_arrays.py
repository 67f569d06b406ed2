"""Python values as arrays, and the data types."""

from __future__ import annotations

import enum
import pickle

import numpy as np
import pytest

from deepkit.core.shape import Dimension, Shape
from deepkit.device import dtypes
from deepkit.device.arrays import as_array, gpu_device_count, to_cpu, xp_of
from deepkit.errors import DTypeError, ShapeError


class Weekday(enum.IntEnum):
    MONDAY = 1


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (1, "int32"), (1.5, "float32"), (True, "bool"), (2j, "complex128"), ("text", "string"), (b"bytes", "string"),
        ([1, 2], "int32"), ([1, 2.5], "float32"), ([], "float32"), (2**40, "int64"), (np.float64(1), "float64"),
        (np.zeros(2), "float64"), ([np.float16(1)], "float16"), (["a", "b"], "string"), ([[True], [False]], "bool"),
        (range(3), "int32"), (range(2**40, 2**40 + 2), "int64"), ([range(2), range(2)], "int32"), (Shape([2, 3]), "int32"),
        (Dimension(3), "int32"), ([Dimension(3), 2], "int32"), (Weekday.MONDAY, "int32"),
    ],
)
def test_default_types(value: object, dtype: str) -> None:
    assert dtypes.as_dtype(as_array(value).dtype).name == dtype


def test_nothing_is_cut_silently() -> None:
    for value, dtype in (
        (1.5, "int32"),
        ([0.5, 1.0], "int64"),
        (1j, "float32"),
        ("1", "float32"),
        (2, "bool"),
        (True, "int32"),
    ):
        with pytest.raises(DTypeError, match="expected"):
            as_array(value, dtype)


def test_ragged_lists() -> None:
    with pytest.raises(ShapeError, match="cannot make a tensor"):
        as_array([[1, 2], [3]])


def test_strings_are_bytes() -> None:
    array = as_array([["ä", b"b"]])
    assert array.shape == (1, 2)
    assert array.tolist() == [["ä".encode(), b"b"]]


def test_objects_are_refused() -> None:
    with pytest.raises(DTypeError, match="cannot make a tensor"):
        as_array(object())


def test_dtype_names() -> None:
    for name in ("float", "float32", np.float32, np.dtype("f4"), float, dtypes.float32):
        assert dtypes.as_dtype(name) is dtypes.float32
    with pytest.raises(DTypeError, match="not a data type"):
        dtypes.as_dtype("float128x")
    assert repr(dtypes.float32) == "tf.float32"
    assert str(dtypes.float32) == "<dtype: 'float32'>"
    assert dtypes.float32 == "float32" == dtypes.float32
    assert pickle.loads(pickle.dumps(dtypes.int8)) is dtypes.int8
    assert (dtypes.int8.min, dtypes.int8.max) == (-128, 127)


def test_arrays_know_their_module() -> None:
    assert xp_of(np.zeros(1)) is np
    assert to_cpu(3.0) == np.float64(3.0)


@pytest.mark.skipif(gpu_device_count() == 0, reason="there is no GPU, or CuPy is not installed")
def test_gpu_round_trip() -> None:
    from deepkit.device.arrays import cupy, to_gpu

    array = to_gpu(np.arange(3.0))
    assert xp_of(array) is cupy()
    np.testing.assert_array_equal(to_cpu(array * 2), [0, 2, 4])
