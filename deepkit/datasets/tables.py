"""Numbers in text files and in .npz files: parsers that name the file and the line of what is wrong."""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import IO

import numpy as np

from deepkit.errors import DataError
from deepkit.files import reason


def parse_table(
    data: bytes, columns: int, path: Path, *, separator: str | None = ",", header: bool = True
) -> np.ndarray:
    """The numbers of a text table, (rows, columns), float64.

    Args:
        data: the text, UTF-8. Blank lines are passed over.
        columns: how many numbers a row has.
        path: where it came from, for messages.
        separator: between the numbers; None for any white space.
        header: the first line names the columns.

    Raises:
        DataError: names the line of what is wrong.
    """
    lines = decode(data, path).splitlines()
    rows = []
    for number, line in enumerate(lines[header:], start=1 + header):
        if not line.strip():
            continue
        fields = line.split(separator)
        if len(fields) != columns:
            raise _bad_line(path, number, f"{len(fields)} fields", f"{columns} numbers a line", line)
        try:
            rows.append([float(field) for field in fields])
        except ValueError as error:
            raise _bad_line(path, number, str(error), "every field is a number", line) from error
    if not rows:
        raise DataError(f"{path} holds no rows", rule=f"{columns} numbers a line")
    table = np.array(rows, np.float64)
    if not np.isfinite(table).all():
        row = int(np.argmin(np.isfinite(table).all(axis=1)))
        raise DataError(f"{path}: row {row:,} of the numbers is not finite", rule="no infinity and no NaN")
    return table


def decode(data: bytes, path: Path) -> str:
    """`data` as UTF-8 text; DataError with the line where it is none."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(f"{path} is no UTF-8 text: {error.reason}", where=f"line {line:,}") from error


def _bad_line(path: Path, number: int, what: str, rule: str, line: str) -> DataError:
    shown = line if len(line) < 60 else line[:57] + "..."
    return DataError(f"{path}: {what}", where=f"line {number:,}: {shown!r}", rule=rule)


def read_npz(path: str | Path, names: Iterable[str]) -> dict[str, np.ndarray]:
    """The arrays called `names` of a .npz file. Nothing is unpickled, and no array is larger than the file says.

    Raises:
        DataError: absent, damaged, an array is missing, or one holds Python objects.
    """
    path, names = Path(path), list(names)
    arrays = {}
    try:
        with zipfile.ZipFile(path) as file:
            members = {info.filename.removesuffix(".npy"): info for info in file.infolist()}
            missing = [name for name in names if name not in members]
            if missing:
                raise DataError(f"{path} lacks {', '.join(missing)}", rule=f"it holds {', '.join(sorted(members))}")
            for name in names:
                with file.open(members[name]) as stream:
                    arrays[name] = _read_npy(stream, members[name].file_size, path, name)
                    if stream.read(1):  # reads to the end, where the check sum is compared
                        raise DataError(f"{path}: more bytes follow the numbers of {name}")
    except DataError:
        raise
    except FileNotFoundError as error:
        raise DataError(f"{path} does not exist") from error
    except (OSError, EOFError, ValueError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
        why = reason(error) if isinstance(error, OSError) else error
        raise DataError(f"{path} is damaged, or no .npz file: {why}", hint="download it again") from error
    return arrays


def _read_npy(stream: IO[bytes], size: int, path: Path, name: str) -> np.ndarray:
    """One array of `size` bytes in all; the header is believed only if it fits that size."""
    version = np.lib.format.read_magic(stream)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in readers:
        raise DataError(f"{path}: {name} has the format version {version}", rule="1.0 or 2.0")
    shape, fortran, dtype = readers[version](stream)
    if dtype.hasobject:
        raise DataError(
            f"{path}: {name} holds Python objects",
            rule="such an array is a pickle, and unpickling a file can run any code in it; deepkit never does",
            hint="use a file of plain numbers, or the data set in its own form: deepkit data list",
        )
    promised = math.prod(shape) * dtype.itemsize  # Python integers: no overflow
    if min(shape, default=0) < 0 or promised != size - stream.tell():
        raise DataError(f"{path}: {name} claims to be {dtype} {shape}", rule="as many bytes as the array needs")
    numbers = bytearray(stream.read(promised))
    if len(numbers) < promised:
        raise DataError(f"{path} ends inside {name}", hint="download it again")
    return np.ndarray(shape, dtype, numbers, order="F" if fortran else "C")
