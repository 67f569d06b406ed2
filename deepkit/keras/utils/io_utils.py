"""HDF5Matrix: an array in an HDF5 file that is read piece by piece, in the place of data in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError, DataError, printable
from deepkit.files import reason


class HDF5Matrix:
    """Rows start to end of the array `dataset` in the file `datapath`; normalizer is applied to what is read.

    >>> import tempfile, h5py
    >>> path = tempfile.mkdtemp() + "/data.h5"
    >>> with h5py.File(path, "w") as file:
    ...     file["x"] = np.arange(12.0).reshape(6, 2)
    >>> HDF5Matrix(path, "x", start=2, end=5)[1:3].tolist()
    [[6.0, 7.0], [8.0, 9.0]]
    """

    def __init__(
        self, datapath: Any, dataset: str, start: int = 0, end: int | None = None,
        normalizer: Callable[[np.ndarray], np.ndarray] | None = None,
    ):
        from deepkit.keras.saving.hdf5 import h5py

        library = h5py()
        try:
            self._file = library.File(datapath, "r")
        except OSError as error:
            raise DataError(f"cannot open {printable(datapath)}: {reason(error)}", rule="an HDF5 file") from error
        found = self._file.get(dataset)
        if not isinstance(found, library.Dataset) or found.shape is None or not found.shape:
            known = ", ".join(self._file)
            self._file.close()
            raise DataError(f"{datapath} has no array {dataset!r}", rule=f"it has: {known or 'nothing'}")
        self.data, self.start = found, start
        self.end = found.shape[0] if end is None else end
        if not 0 <= start <= self.end <= found.shape[0]:
            raise ArgumentError(f"HDF5Matrix: rows {start} to {end} of {found.shape[0]}")
        self.normalizer = normalizer

    def __len__(self) -> int:
        return self.end - self.start

    def __getitem__(self, key: Any) -> np.ndarray:
        return self._read(key) if self.normalizer is None else self.normalizer(self._read(key))

    def _read(self, key: Any) -> np.ndarray:
        if isinstance(key, slice):
            first, last, step = key.indices(len(self))
            return (
                self.data[self.start + first : self.start + max(first, last) : step]
                if step > 0
                else self._read(slice(None))[key]
            )
        rows = np.asarray(key)
        if rows.dtype.kind == "b":
            rows = np.flatnonzero(rows)
        if rows.size and not -len(self) <= rows.min() <= rows.max() < len(self):
            raise IndexError(f"row {rows.max() if rows.max() >= len(self) else rows.min()} of {len(self)}")
        wanted = np.where(rows < 0, rows + len(self), rows) + self.start
        if not wanted.ndim:
            return self.data[int(wanted)]
        order, place = np.unique(wanted, return_inverse=True)  # h5py takes growing indices, each once
        return self.data[order][place]

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return np.asarray(self[:], dtype)

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self), *self.data.shape[1:])

    @property
    def ndim(self) -> int:
        return len(self.data.shape)

    @property
    def dtype(self) -> np.dtype:
        return self.data.dtype

    @property
    def size(self) -> int:
        return int(np.prod(self.shape))

    def close(self) -> None:
        """Closes the file."""
        self._file.close()
