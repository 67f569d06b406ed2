"""Slices of tensors as x[1:, ::2, None] and slice write them, and the ops that put slices back for gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from deepkit.core.apply import apply, convert, is_tensor, scope
from deepkit.core.op import Op, register
from deepkit.core.shape import UNKNOWN, Shape, broadcast, whole
from deepkit.core.static import static_value
from deepkit.core.typing import AnyTensor, Array, ArrayModule, IntsLike, TensorLike
from deepkit.errors import ArgumentError, DTypeError, ShapeError
from deepkit.ops.functions import ops
from deepkit.ops.late import late, unknown

__all__ = ["slice_", "strided_slice"]

_DYNAMIC = "?"  # marks a number of a slice that is a tensor, given as a further input


class Sliced(Op):
    """Base of the ops that read or fill x[key].

    `key` holds one entry for each axis: an int, None (a new axis), Ellipsis, or ("slice", start, stop, step). An entry
    "?" stands for a scalar tensor: the further inputs, in order.
    """

    key_: tuple[Any, ...] = ()

    def _index(self, dynamic: Any) -> tuple[Any, ...]:
        """The key as NumPy takes it."""
        rest = iter(dynamic)

        def known(entry: Any) -> Any:
            return int(next(rest)) if entry == _DYNAMIC else entry

        return tuple(
            slice(*[known(part) for part in entry[1:]]) if isinstance(entry, tuple) else known(entry)
            for entry in self.key_
        )

    def _part(self, x: Shape) -> Shape:
        """The shape of x[key]."""
        if x.lengths is None:
            return UNKNOWN
        entries = [e for e in self.key_ if e is not None]
        taken = len(entries) - entries.count(Ellipsis)
        if taken > len(x.lengths):
            raise ShapeError(f"{taken} indices for a tensor of shape {x}", rule=f"it has {len(x.lengths)} axes")
        key = list(self.key_) if Ellipsis in entries else [*self.key_, Ellipsis]
        dims: list[int | None] = []
        axis = 0
        for entry in key:
            if entry is None:
                dims.append(1)
            elif entry is Ellipsis:
                skipped = len(x.lengths) - taken
                dims += x.lengths[axis : axis + skipped]
                axis += skipped
            else:
                dims += _kept(entry, x.lengths[axis])
                axis += 1
        return Shape.of(tuple(dims))


@register
class StridedSlice(Sliced):
    """x[key]: Python's slicing, one entry for each axis."""

    label = "strided_slice"
    types = ("T", "index")
    aliases = True

    def shape(self, x: Shape, *dynamic: Shape) -> Shape:
        return self._part(x)

    def static_value(self, inputs: Sequence[AnyTensor], known: Callable[[AnyTensor], Any]) -> Any:
        source = known(inputs[0])
        return None if source is None or len(inputs) > 1 else np.asarray(source)[self._index(())]

    def forward(self, xp: ArrayModule, x: Array, *dynamic: Array) -> Any:
        y = x[self._index(dynamic)]
        return xp.asarray(y, object) if isinstance(y, bytes) else y  # one text is an array, as one number is

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor, *dynamic: AnyTensor) -> Any:
        return (apply(StridedSliceGrad(key_=self.key_), dy, x, *dynamic), *[None for _ in dynamic])

    @classmethod
    def of_key(cls, x: AnyTensor, key: Any, name: str | None = None) -> Any:
        """x[key] for whatever stands between the brackets; a bool tensor picks rows, an integer tensor gathers them."""
        entries = key if isinstance(key, tuple) else (key,)
        if sum(entry is Ellipsis for entry in entries) > 1:
            raise ShapeError("a tensor is indexed with two ellipses", rule="... stands for all other axes, so once at most")
        if len(entries) == 1 and _is_array(entries[0]):
            return _by_array(x, entries[0])
        dynamic: list[Any] = []
        static = tuple(_static(entry, dynamic) for entry in entries)
        return apply(cls(key_=static), x, *dynamic, name=name)


def _static(entry: Any, dynamic: list[Any]) -> Any:
    """An entry between the brackets as it stands in the key; numbers that are not known yet are added to `dynamic`."""

    def number(n: Any) -> Any:
        value = static_value(n)
        if value is None and n is not None:
            dynamic.append(n)
            return _DYNAMIC
        return None if value is None else int(value)

    if isinstance(entry, slice):
        return "slice", number(entry.start), number(entry.stop), number(entry.step)
    if entry is None or entry is Ellipsis:
        return entry
    if isinstance(entry, (int, np.integer)) or (is_tensor(entry) and entry.shape.rank in (0, None)):
        return number(entry)
    raise DTypeError(
        f"a tensor cannot be indexed with {entry!r}", rule="indices are integers, slices, ... and None",
        hint="gather(x, indices) picks rows, boolean_mask(x, mask) those where the mask is True",
    )


def _kept(entry: Any, length: int | None) -> list[int | None]:
    """What an entry of the key leaves of an axis: a slice an axis of another length, an index none."""
    if isinstance(entry, tuple):
        return [_slice_length(entry[1:], length)]
    if entry != _DYNAMIC and length is not None and not -length <= entry < length:
        raise ShapeError(f"index {entry} of an axis of length {length}", rule=f"-{length} <= index < {length}")
    return []


def _slice_length(bounds: tuple[Any, ...], length: int | None) -> int | None:
    if length is None or _DYNAMIC in bounds:
        start, stop, _ = bounds
        if start in (None, 0) and isinstance(stop, int) and stop == 0:
            return 0
        return None
    return len(range(*slice(*bounds).indices(length)))


def _is_array(entry: Any) -> bool:
    if isinstance(entry, (list, np.ndarray)):
        return True
    return is_tensor(entry) and (entry.dtype.is_bool or bool(entry.shape.rank))


def _by_array(x: Array, index: Any) -> Any:
    index = convert(index, beside=x)
    return ops.boolean_mask(x, index) if index.dtype.is_bool else ops.gather(x, index)


@register
class StridedSliceGrad(Sliced):
    """Zeros in the shape of `like`, with dy at [key]."""

    types = ("T", "any", "index")
    shape_only = (1,)

    def shape(self, dy: Shape, like: Shape, *dynamic: Shape) -> Shape:
        return like

    def forward(self, xp: ArrayModule, dy: Array, like: Array, *dynamic: Array) -> Any:
        dx = xp.zeros(like.shape, dy.dtype)
        dx[self._index(dynamic)] = dy
        return dx

    def gradient(self, ddx: AnyTensor, dx: AnyTensor, dy: AnyTensor, like: AnyTensor, *dynamic: AnyTensor) -> Any:
        return (apply(StridedSlice(key_=self.key_), ddx, *dynamic), None, *[None for _ in dynamic])


@register
class Slice(Op):
    """The block of `size` that starts at `begin`, one number for each axis; size -1 goes to the end."""

    begin: tuple[int, ...] = ()
    size: tuple[int, ...] = ()
    aliases = True

    @property
    def _key(self) -> tuple[Any, ...]:
        pairs = zip(self.begin, self.size, strict=True)
        return tuple(("slice", start, None if length == -1 else start + length, None) for start, length in pairs)

    def shape(self, x: Shape) -> Shape:
        if x.rank not in (None, len(self.begin)) or len(self.begin) != len(self.size):
            raise ShapeError(
                f"slice: {len(self.begin)} begins and {len(self.size)} sizes for a tensor of shape {x}",
                rule="one of each for each axis",
            )
        lengths = [None] * len(self.begin) if x.lengths is None else x.lengths
        return Shape.of(tuple(map(_block_length, self.begin, self.size, lengths)))

    def static_value(self, inputs: Sequence[AnyTensor], known: Callable[[AnyTensor], Any]) -> Any:
        return StridedSlice(key_=self._key).static_value(inputs, known)

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        self.shape(Shape(x.shape))
        return StridedSlice(key_=self._key).forward(xp, x)

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return apply(StridedSliceGrad(key_=self._key), dy, x)


def _block_length(begin: int | AnyTensor, size: int | AnyTensor, length: int | None) -> int | None:
    """How long the block is along an axis, as far as it is known; ArgumentError: it is not inside."""
    if is_tensor(size) or is_tensor(begin):
        return size if isinstance(size, int) and size >= 0 else None
    first, count = int(begin), int(size)
    _check_block(first, count, length)
    if count != -1:
        return count
    return None if length is None else length - first


def _check_block(begin: int, size: int, length: int | None) -> None:
    if begin < 0 or size < -1 or (length is not None and length - begin < max(size, 0)):
        raise ArgumentError(
            f"slice: begin {begin} and size {size} for an axis of length {'?' if length is None else length}",
            rule="0 <= begin, and begin + size is at most the length; size -1: to the end",
        )


def slice_(input_: TensorLike, begin: IntsLike, size: IntsLike, name: str | None = None) -> AnyTensor:
    """The block of `size` that starts at `begin`, one number for each axis; size -1 goes to the end.

    input_: rank n; begin, size: (n,) or lists; result: shape `size`. ArgumentError: begin and size of different
    lengths, or a block that is not wholly inside.
    """
    if _uncounted(begin) or _uncounted(size):
        return _late_slice(input_, begin, size, unknown(convert(input_).shape.rank), name)
    begins, sizes = (_entries(v) for v in (begin, size))
    if len(begins) != len(sizes):
        raise ArgumentError(f"slice: {len(begins)} begins and {len(sizes)} sizes", rule="one of each for each axis")
    if any(map(is_tensor, (*begins, *sizes))):
        lengths = convert(input_).shape.lengths or [None] * len(begins)
        return _late_slice(input_, begins, sizes, tuple(map(_block_length, begins, sizes, lengths)), name)
    return apply(Slice(begin=tuple(begins), size=tuple(sizes)), input_, name=name or "Slice")


def _uncounted(bounds: TensorLike | IntsLike) -> bool:
    """Whether not even the number of bounds is known."""
    return is_tensor(bounds) and bounds.shape.num_elements() is None


def _late_slice(
    input_: TensorLike, begin: IntsLike, size: IntsLike, static: tuple[int | None, ...] | None, name: str | None
) -> AnyTensor:
    """A slice of which not every bound is known."""
    with scope(name, "Slice", input_) as full:
        bounds = {"begin": convert(begin, beside=input_), "size": convert(size, beside=input_)}
        return late(Slice, [input_], bounds, static, name=full)


def _entries(vector: TensorLike | IntsLike) -> list[Any]:
    known = static_value(vector) if not isinstance(vector, (list, tuple)) else vector
    if known is None:
        return ops.unstack(vector)
    entries = known if isinstance(known, (list, tuple)) else np.asarray(known, dtype=object).reshape(-1)
    if is_tensor(vector) and any(v is None for v in entries):
        return ops.unstack(vector)
    return [v if is_tensor(v) else whole(v) for v in entries]


def strided_slice(
    input_: TensorLike, begin: IntsLike, end: IntsLike, strides: IntsLike | None = None, begin_mask: int = 0,
    end_mask: int = 0, ellipsis_mask: int = 0, new_axis_mask: int = 0, shrink_axis_mask: int = 0,
    name: str | None = None,
) -> AnyTensor:
    """x[begin:end:strides] for vectors of bounds; bit i of a mask changes entry i (ignored bound, new axis, one index).

    begin, end, strides: (k,) or lists, k at most the rank; strides default to 1. ShapeError: more entries than axes, an
    index that is not there.
    """
    begins, ends = _entries(begin), _entries(end)
    steps = [1] * len(begins) if strides is None else _entries(strides)
    key: list[Any] = []
    for i, (start, stop, step) in enumerate(zip(begins, ends, steps, strict=True)):
        bit = 1 << i
        if ellipsis_mask & bit:
            key.append(Ellipsis)
        elif new_axis_mask & bit:
            key.append(None)
        elif shrink_axis_mask & bit:
            key.append(start)
        else:
            key.append(slice(None if begin_mask & bit else start, None if end_mask & bit else stop, step))
    return StridedSlice.of_key(convert(input_), tuple(key), name)


@register
class StridedSliceAssign(Sliced):
    """A variable (input 0) whose part [key] becomes the value (input 1)."""

    label = "strided_slice"
    types = ("T", "T", "index")
    writes = (0,)
    gradient = None

    def shape(self, ref: Shape, value: Shape, *dynamic: Shape) -> Shape:
        part = self._part(ref)
        if part.lengths is not None and value.lengths is not None and not broadcast(part, value).is_compatible_with(part):
            raise ShapeError(f"a value of shape {value} for a part of shape {part} of a variable of shape {ref}")
        return ref

    def forward(self, xp: ArrayModule, ref: Array, value: Array, *dynamic: Array) -> Any:
        return self.inplace(xp.array(ref), value, *dynamic)

    def inplace(self, ref: Array, value: Array, *dynamic: Array) -> Any:
        ref[self._index(dynamic)] = value
        return ref
