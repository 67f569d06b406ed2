"""How the features of examples are described, and how their values are laid out in arrays."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from deepkit.core.apply import apply, is_tensor
from deepkit.core.op import lookup
from deepkit.core.shape import UNKNOWN, Shape
from deepkit.device.arrays import as_array
from deepkit.device.dtypes import DType, as_dtype, int64
from deepkit.errors import ArgumentError, DTypeError, InvalidArgumentError, ShapeError

__all__ = ["FixedLenFeature", "FixedLenSequenceFeature", "VarLenFeature"]

_KINDS = {"float32": "float_list", "int64": "int64_list", "string": "bytes_list"}


class FixedLenFeature(NamedTuple):
    """A feature that has the same number of values in every example; it becomes a dense tensor.

    shape: of the values of one example; dtype: float32, int64 or string; default_value: of that shape, for examples
    without the feature (None: it must be there).
    """

    shape: Any
    dtype: Any
    default_value: Any = None


class VarLenFeature(NamedTuple):
    """A feature with any number of values; it becomes a SparseTensor with one row for each example."""

    dtype: Any


class FixedLenSequenceFeature(NamedTuple):
    """A feature that is a sequence of any number of blocks; it becomes a dense tensor.

    shape: of one block; dtype: float32, int64 or string; allow_missing: an example may do without; default_value: one
    value, which fills the shorter sequences of a batch up (0 or an empty string).
    """

    shape: Any
    dtype: Any
    allow_missing: bool = False
    default_value: Any = None


class Layout(NamedTuple):
    """What an op has to know of one feature; kind: "fixed", "sequence" or "sparse"."""

    key: str
    kind: str
    dtype: DType
    dims: tuple[int, ...] = ()
    allow_missing: bool = False

    def shapes(self, rows: tuple[int | None, ...]) -> list[Shape]:
        """Shapes of the outputs for (n,) or () rows."""
        if self.kind == "sparse":
            return [Shape((None, len(rows) + 1)), Shape((None,)), Shape((len(rows) + 1,))]
        return [Shape((*rows, *((None,) if self.kind == "sequence" else ()), *self.dims))]

    def unknown_shapes(self) -> list[Shape]:
        """Shapes of the outputs if nobody knows whether there is one row or several."""
        return [Shape((None, None)), Shape((None,)), Shape((None,))] if self.kind == "sparse" else [UNKNOWN]

    def dtypes(self) -> list[DType]:
        return [int64, self.dtype, int64] if self.kind == "sparse" else [self.dtype]

    def arrays(self, features: list[Any], default: np.ndarray | None, places: list[str]) -> list[np.ndarray]:
        """Outputs for several rows; features: that of each row, or None; places: each row in words."""
        rows = [self._values(feature, place) for feature, place in zip(features, places, strict=True)]
        if self.kind == "fixed":
            return [self._stacked(rows, default, places)]
        known = [np.empty(0, self.dtype.numpy) if row is None else row for row in rows]
        counts = [len(row) for row in known]
        longest = max(counts, default=0)
        if self.kind == "sparse":
            positions = [(i, j) for i, count in enumerate(counts) for j in range(count)]
            values = np.concatenate([np.empty(0, self.dtype.numpy), *known])
            return [np.array(positions, np.int64).reshape(-1, 2), values, np.array([len(known), longest], np.int64)]
        return [self._filled_up(known, longest, default, places)]

    def _filled_up(
        self, rows: list[np.ndarray], longest: int, default: np.ndarray | None, places: list[str]
    ) -> np.ndarray:
        """Rows of blocks of this shape as one array, shorter ones filled up with the default."""
        block = math.prod(self.dims)
        y = np.empty((len(rows), longest // max(block, 1), *self.dims), self.dtype.numpy)
        y[...] = default
        for i, row in enumerate(rows):
            if len(row) % max(block, 1):
                raise self._wrong(
                    f"{len(row)} values", places[i], f"blocks of {block} values, of shape {list(self.dims)}"
                )
            y[i, : len(row) // max(block, 1)] = row.reshape(-1, *self.dims)
        return y

    def _stacked(self, rows: list[Any], default: np.ndarray | None, places: list[str]) -> np.ndarray:
        size = math.prod(self.dims)
        y = np.empty((len(rows), *self.dims), self.dtype.numpy)
        for i, row in enumerate(rows):
            if row is None and (default is None or not default.size):
                raise InvalidArgumentError(
                    f"feature {self.key!r} is missing in {places[i]}",
                    rule="a FixedLenFeature without default_value is there in every example",
                    hint="give it a default_value, or describe it as VarLenFeature",
                )
            if row is not None and len(row) != size:
                raise self._wrong(f"{len(row)} values", places[i], f"{size} values, for shape {list(self.dims)}")
            y[i, ...] = np.reshape(default if row is None else row, self.dims)  # type: ignore[arg-type]
        return y

    def _values(self, feature: Any, place: str) -> np.ndarray | None:
        """The values of a feature, shape (n,); None if it is not there or says nothing."""
        kind = None if feature is None else feature.WhichOneof("kind")
        if kind is None:
            return None
        if kind != _KINDS[self.dtype.name]:
            stored = next(name for name, list_ in _KINDS.items() if list_ == kind)
            raise self._wrong(f"a list of {stored}", place, f"{self.dtype.name}, as the description of features says")
        values = getattr(feature, kind).value
        if kind == "float_list":  # the end of the message is the numbers as they lie in memory
            text = getattr(feature, kind).SerializeToString()
            return np.frombuffer(text, "<f4", len(values), len(text) - 4 * len(values))
        if kind == "int64_list":
            return np.fromiter(values, np.int64, len(values))
        array = np.empty(len(values), object)
        array[:] = list(values)
        return array

    def _wrong(self, found: str, place: str, rule: str) -> InvalidArgumentError:
        return InvalidArgumentError(
            f"feature {self.key!r} of {place} has {found}", rule=rule, hint="compare with what was written"
        )


def _layout(key: str, feature: Any, allowed: tuple[Any, ...]) -> Layout:
    """The checked description of a feature."""
    if not isinstance(feature, allowed):
        raise ArgumentError(
            f"feature {key!r} is described by {feature!r}", rule="one of " + ", ".join(c.__name__ for c in allowed)
        )
    dtype = _stored_type(key, feature.dtype)
    if isinstance(feature, VarLenFeature):
        return Layout(key, "sparse", dtype, (), True)
    kind = "sequence" if isinstance(feature, FixedLenSequenceFeature) else "fixed"
    return Layout(key, kind, dtype, _known_dims(key, feature.shape), kind == "sequence" and feature.allow_missing)


def _stored_type(key: str, dtype: Any) -> DType:
    """The type of a feature, one of those that an example can hold."""
    if dtype is None:
        raise ArgumentError(f"feature {key!r} has no dtype", rule="tf.float32, tf.int64 or tf.string")
    wanted = as_dtype(dtype)
    if wanted.name not in _KINDS:
        raise DTypeError(
            f"feature {key!r} is to be {wanted.name}", rule="an example holds float32, int64 and string only",
            hint="parse it as one of them and cast it, or decode_raw a string",
        )
    return wanted


def _known_dims(key: str, shape: Any) -> tuple[int, ...]:
    """The shape of a feature, which is known as a whole."""
    if shape is None:
        raise ArgumentError(f"feature {key!r} has no shape", rule="[] for a single value")
    dims = Shape([shape] if isinstance(shape, int) else shape).lengths
    if dims is None or None in dims:
        raise ShapeError(
            f"feature {key!r} has shape {shape}, which is not known as a whole",
            hint="FixedLenSequenceFeature(shape[1:], ...) for a first dimension that varies, or VarLenFeature",
        )
    return tuple(d or 0 for d in dims)


def _default(layout: Layout, feature: Any) -> Any:
    """The default of a dense feature in the form the op takes: empty if there is none."""
    value = feature.default_value
    if value is None:
        filling = b"" if layout.dtype.is_string else 0
        return np.array(filling if layout.kind == "sequence" else [], layout.dtype.numpy)
    dims = () if layout.kind == "sequence" else layout.dims
    if is_tensor(value):
        if value.dtype is not layout.dtype:
            raise DTypeError(f"the default of feature {layout.key!r} is {value.dtype.name}", rule=layout.dtype.name)
        return apply(lookup("Reshape")(), value, np.array(dims, np.int32))
    array = as_array(value, layout.dtype)
    if array.size != math.prod(dims):
        raise ShapeError(
            f"the default of feature {layout.key!r} has {array.size} values", rule=f"as many as shape {list(dims)} has"
        )
    return array.reshape(dims)


def described(features: Mapping[str, Any], *allowed: Any) -> tuple[tuple[Layout, ...], list[Any]]:
    """Layouts, sparse ones first, each kind in the order of names; and the defaults of the dense ones."""
    layouts = [_layout(key, features[key], allowed) for key in sorted(features)]
    layouts.sort(key=lambda layout: layout.kind != "sparse")
    return tuple(layouts), [_default(x, features[x.key]) for x in layouts if x.kind != "sparse"]
