"""`tf.dtypes`: the data types, and conversion between them."""

from deepkit.device.dtypes import (
    DType,
    as_dtype,
    complex64,
    complex128,
    float16,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    string,
    uint8,
    uint16,
    uint32,
    uint64,
)
from deepkit.device.dtypes import bool_ as bool
from deepkit.device.dtypes import float16 as half
from deepkit.device.dtypes import float64 as double
from deepkit.v1.ops.arrays import cast, saturate_cast
from deepkit.v1.ops.math import complex
from deepkit.v1.ops.strings import as_string

__all__ = [
    "DType", "as_dtype", "as_string", "bool", "cast", "complex", "complex64", "complex128", "double", "float16",
    "float32", "float64", "half", "int8", "int16", "int32", "int64", "saturate_cast", "string", "uint8", "uint16",
    "uint32", "uint64",
]
