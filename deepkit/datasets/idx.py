"""IDX, the file format of MNIST: a parser that refuses damaged files, and a writer.

A file is: two zero bytes, a type code, the number of dimensions, each dimension as a 4-byte integer, then
the numbers, everything big-endian. It may be gzip-compressed.
"""

from __future__ import annotations

import gzip
import math
from pathlib import Path

import numpy as np

from deepkit.datasets.contents import Contents, open_contents
from deepkit.errors import ArgumentError, DataError
from deepkit.files import whole_file

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
MOST_DIMENSIONS = 32  # every NumPy can hold that many


def read_idx(path: str | Path) -> np.ndarray:
    """Read one IDX file, raw or gzip-compressed, into a new array of native byte order.

    Memory is taken only as contents arrive, and never for more than the header promises; a header that
    promises more than the file can hold is refused first.

    Raises:
        DataError: names the file and the offset (in the uncompressed contents) of what is wrong.
    """
    with open_contents(path) as contents:
        return _parse(contents)


def _header(contents: Contents) -> tuple[np.dtype, tuple[int, ...]]:
    """The type and the shape that an IDX file says its numbers have."""
    head = contents.read(4)
    if len(head) < 4:
        raise contents.damaged("it ends inside the header", "a header has 4 bytes and 4 more for each dimension")
    zeros, code, dimensions = head[:2], head[2], head[3]
    if zeros != b"\0\0":
        raise contents.damaged(f"it starts with {head.hex(' ')}", "an IDX file starts with two zero bytes", at=0)
    if code not in TYPES:
        known = ", ".join(f"{c:02x}" for c in TYPES)
        raise contents.damaged(f"unknown type code {code:02x}", f"one of {known}", at=2)
    if not 1 <= dimensions <= MOST_DIMENSIONS:
        raise contents.damaged(f"{dimensions} dimensions", f"1 to {MOST_DIMENSIONS}", at=3)
    sizes = contents.read(4 * dimensions)
    if len(sizes) < 4 * dimensions:
        raise contents.damaged("it ends inside the header", f"{dimensions} dimensions need {4 * dimensions} bytes")
    shape = tuple(int(s) for s in np.frombuffer(sizes, ">i4"))
    for axis, length in enumerate(shape):
        if length <= 0:
            raise contents.damaged(f"dimension {axis} is {length}", "dimensions are positive", at=4 + 4 * axis)
    return np.dtype(TYPES[code]), shape


def _parse(contents: Contents) -> np.ndarray:
    dtype, shape = _header(contents)
    promised = math.prod(shape) * dtype.itemsize  # Python integers: no overflow
    rule = f"the header promises {_times(shape)} numbers of {dtype.itemsize} bytes: {promised:,} bytes after it"
    if promised > contents.most - contents.offset:
        raise contents.damaged("it is too small for what its header promises", rule, at=contents.most)
    numbers = contents.read(promised)
    if len(numbers) < promised:
        raise contents.damaged(f"only {len(numbers):,} bytes follow the header", rule)
    if contents.read(1):
        raise contents.damaged("more bytes follow than there should be", rule, at=contents.offset - 1)
    return np.frombuffer(numbers, dtype).reshape(shape).astype(dtype.newbyteorder("="), copy=False)


def _times(shape: tuple[int, ...]) -> str:
    return " x ".join(f"{n:,}" for n in shape)


def read_pair(images: str | Path, labels: str | Path, classes: int = 10) -> tuple[np.ndarray, np.ndarray]:
    """Read images (n, height, width) uint8 and labels (n,), returned as int64, and check that they fit.

    Raises:
        DataError: damaged files, wrong types or numbers of dimensions, unequal counts, labels >= `classes`.
    """
    x, y = read_idx(images), read_idx(labels)
    for path, array, ndim, form in ((images, x, 3, "images are (n, height, width)"), (labels, y, 1, "labels are (n,)")):
        if array.ndim != ndim or array.dtype != np.uint8:
            raise DataError(
                f"{path} holds {array.dtype} numbers of shape {array.shape}", where="at byte 2 of the contents",
                rule=f"{form}, type code 08 (uint8)", hint="were image and label files exchanged?",
            )
    if len(x) != len(y):
        raise DataError(
            f"{images} has {len(x):,} images, but {labels} has {len(y):,} labels", where="at byte 4 of the contents",
            rule="one label for each image", hint="both files must come from the same half: training or test",
        )
    if y.max() >= classes:
        worst = int(np.argmax(y >= classes))
        raise DataError(
            f"{labels}: label number {worst} is {y[worst]}", where=f"at byte {8 + worst:,} of the contents",
            rule=f"labels are 0 to {classes - 1}",
        )
    return x, y.astype(np.int64)


def header(array: np.ndarray) -> bytes:
    """The IDX header of `array`; ArgumentError if the format has no place for it."""
    code = next((code for code, dtype in TYPES.items() if np.dtype(dtype) == array.dtype.newbyteorder(">")), None)
    if code is None:
        raise ArgumentError(
            f"IDX cannot hold {array.dtype}", rule="uint8, int8, int16, int32, float32 or float64", hint="use astype"
        )
    if not 1 <= array.ndim <= MOST_DIMENSIONS or not all(1 <= n < 2**31 for n in array.shape):
        raise ArgumentError(
            f"IDX cannot hold shape {array.shape}", rule=f"1 to {MOST_DIMENSIONS} dimensions, each 1 to 2**31 - 1"
        )
    return bytes([0, 0, code, array.ndim]) + np.array(array.shape, ">i4").tobytes()


def write_idx(path: str | Path, array: np.ndarray) -> None:
    """Write `array` as an IDX file, gzip-compressed if the name ends in .gz; the file is whole or absent.

    Raises:
        ArgumentError: a dtype or shape the format cannot hold.
        DataError: the file cannot be written.
    """
    path, array = Path(path), np.asarray(array)
    contents = header(array) + array.astype(array.dtype.newbyteorder(">"), copy=False).tobytes()
    with whole_file(path) as file:  # mtime=0: equal arrays give equal files
        file.write(gzip.compress(contents, mtime=0) if path.suffix == ".gz" else contents)
