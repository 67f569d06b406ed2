"""Feature columns of combinations: the category "colour and size together"."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from deepkit.device.dtypes import int64
from deepkit.errors import ArgumentError, DTypeError
from deepkit.ops.arrays.sparse import SparseTensor
from deepkit.ops.text.hashing import farm_fingerprint
from deepkit.v1.feature_column.base import CategoricalColumn, raw_feature
from deepkit.v1.feature_column.categories import HashedColumn
from deepkit.v1.framework.control_flow import py_func

_HASH_KEY = 0xDECAFCAFFE
_MULTIPLIER = np.uint64(0xC6A4A7935BD1E995)


def _shift_mix(x: Any) -> Any:
    return x ^ (x >> np.uint64(47))


def _joined(a: Any, b: Any) -> Any:
    """One fingerprint of two: FingerprintCat64 of FarmHash."""
    result = (a ^ _MULTIPLIER) ^ (_shift_mix(b * _MULTIPLIER) * _MULTIPLIER)
    return _shift_mix(_shift_mix(result * _MULTIPLIER) * _MULTIPLIER)


def _feature(features: Any, key: str) -> Any:
    return features.get(key) if isinstance(features, dict) else None


@dataclass(frozen=True)
class CrossedColumn(CategoricalColumn):
    """Every combination of one category of each key, by its hash modulo the number of buckets."""

    keys: tuple[Any, ...]
    num_buckets: int
    hash_key: int = _HASH_KEY

    @property
    def leaves(self) -> tuple[Any, ...]:
        """The keys, those of crossed columns in their place."""
        return tuple(leaf for key in self.keys for leaf in (key.leaves if isinstance(key, CrossedColumn) else [key]))

    @property
    def name(self) -> str:  # type: ignore[override]
        return "_X_".join(sorted(leaf if isinstance(leaf, str) else leaf.name for leaf in self.leaves))

    def ids(self, features: dict[str, Any]) -> Any:
        # TensorFlow joins columns and sparse features before dense ones, and takes all of a dense feature as it is.
        dense = [isinstance(k, str) and not isinstance(_feature(features, k), SparseTensor) for k in self.leaves]
        ordered = sorted(zip(dense, self.leaves, strict=True), key=lambda pair: pair[0])
        parts = [raw_feature(features, k) if isinstance(k, str) else k.ids(features) for _, k in ordered]
        for (_, key), part in zip(ordered, parts, strict=True):
            _check_crossed(key, part)
        ids = py_func(partial(self._cross, sorted(dense)), parts, int64)
        sizes = [part.shape.lengths or (None, None) for part in parts]
        counts = [size[1] for size in sizes]
        ids.set_shape([sizes[0][0], None if None in counts else math.prod(n or 0 for n in counts)])
        return ids

    def _cross(self, whole: list[bool], *arrays: np.ndarray) -> np.ndarray:
        rows = len(arrays[0])
        mixed, present = np.full([rows, 1], self.hash_key, np.uint64), np.ones([rows, 1], bool)
        for all_there, array in zip(whole, arrays, strict=True):
            words = array.dtype.kind == "O"
            hashes = np.frompyfunc(farm_fingerprint, 1, 1)(array) if words else array
            mixed = _joined(mixed[:, :, None], hashes.astype(np.uint64)[:, None, :]).reshape(rows, -1)
            there = np.asarray((array != (b"" if words else -1)) | all_there, bool)
            present = (present[:, :, None] & there[:, None, :]).reshape(rows, -1)
        return np.where(present, (mixed % np.uint64(self.num_buckets)).astype(np.int64), -1)


def crossed_column(keys: Any, hash_bucket_size: int, hash_key: int | None = None) -> CrossedColumn:
    """The combinations of categories as categories, by their hash modulo hash_bucket_size.

    keys: at least two; names of features with words or whole numbers, or categorical columns (not hashed ones: their
    name does it). An example without a category for one column has no combination.
    """
    given = tuple(keys) if isinstance(keys, (list, tuple)) else (keys,)
    for key in given:
        if not isinstance(key, (str, CategoricalColumn)) or isinstance(key, HashedColumn):
            raise ArgumentError(
                f"crossed_column: {key!r} among the keys", rule="names of features, or categorical columns without a hash",
                hint="the feature's name instead of its hashed column; bucketized_column for numbers",
            )
    if len(given) < 2 or int(hash_bucket_size) < 2:
        raise ArgumentError(
            f"crossed_column of {len(given)} keys in {hash_bucket_size} buckets", rule="at least 2 keys and 2 buckets"
        )
    return CrossedColumn(given, int(hash_bucket_size), _HASH_KEY if hash_key is None else int(hash_key))


def _check_crossed(key: Any, part: Any) -> None:
    if not (part.dtype.is_string or part.dtype.is_integer) or part.shape.rank not in (2, None):
        raise DTypeError(
            f"crossed feature {key!r} is {part.dtype.name}{part.shape}", rule="(batch, k) words or whole numbers",
            hint="bucketized_column for other numbers",
        )
