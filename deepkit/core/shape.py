"""Shapes whose dimensions, or whose very number of dimensions, may be unknown until a value is fed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError, DTypeError, ShapeError


class Dimension(int):
    """A dimension: an int that also answers to TensorFlow 1's `.value`. Of None: one that is not known yet.

    >>> Dimension(6) // 4, Dimension(6) + Dimension(None), Dimension(None).merge_with(3)
    (Dimension(1), Dimension(None), Dimension(3))
    """

    __slots__ = ()

    def __new__(cls, value: Any) -> Any:
        return _UNKNOWN if value is None or isinstance(value, UnknownDimension) else super().__new__(cls, value)

    @property
    def value(self) -> int:
        return int(self)

    def is_compatible_with(self, other: Any) -> bool:
        """Whether both may be the same length."""
        return other is None or other == self

    def assert_is_compatible_with(self, other: Any) -> None:
        """ShapeError unless both may be the same length."""
        if not self.is_compatible_with(other):
            raise ShapeError(f"dimensions {self} and {other} are not compatible")

    def merge_with(self, other: Any) -> Dimension:
        """What is known when both are the same length; ShapeError if they cannot be."""
        other = Dimension(other)
        other.assert_is_compatible_with(self)
        return self

    def __repr__(self) -> str:
        return f"Dimension({int(self)})"

    def __str__(self) -> str:
        return str(int(self))


def _of_dimensions(name: str) -> Callable[[Dimension, Any], Any]:
    """An operator of int whose results are dimensions, too."""
    compute = getattr(int, name)

    def method(self: Dimension, other: Any) -> Any:
        result = compute(self, other)
        return Dimension(result) if isinstance(result, int) else result  # else another type's operator is asked

    return method


_OPERATORS = [f"__{side}{name}__" for name in ("add", "sub", "mul", "floordiv", "mod") for side in ("", "r")]
for _name in _OPERATORS:
    setattr(Dimension, _name, _of_dimensions(_name))


class UnknownDimension:
    """A dimension that is known only when the graph runs; prints as `?` and equals None. What is computed is unknown, too."""

    __slots__ = ()
    value = None

    def is_compatible_with(self, other: Any) -> bool:
        return True

    def assert_is_compatible_with(self, other: Any) -> None:
        """Any length is compatible."""

    def merge_with(self, other: Any) -> Any:
        return Dimension(other)

    def __eq__(self, other: object) -> bool:
        return other is None or isinstance(other, UnknownDimension)

    def __hash__(self) -> int:
        return hash(None)

    def __bool__(self) -> bool:
        return False

    def __int__(self) -> int:
        raise ShapeError(
            "this dimension is not known before the graph runs",
            hint="use shape(x)[i], which is a tensor, instead of x.shape[i]",
        )

    __index__ = __int__

    def __repr__(self) -> str:
        return "Dimension(None)"

    def __str__(self) -> str:
        return "?"


for _name in _OPERATORS:
    setattr(UnknownDimension, _name, lambda self, other: self)
for _name in ("__lt__", "__le__", "__gt__", "__ge__"):  # nothing is known: neither True nor False
    setattr(UnknownDimension, _name, lambda self, other: None)

_UNKNOWN = UnknownDimension()


class Shape:
    """The shape of a tensor: a tuple of dimensions (int or None), or None where not even the rank is known.

    >>> Shape([None, 3]).merge([5, None])
    Shape([5, 3])

    `lengths` are plain numbers; `dims` and the entries are what TensorFlow 1 gives: Dimensions, of which `.value` may be None.

    >>> [d.value for d in Shape([None, 3]).dims]
    [None, 3]
    """

    __slots__ = ("lengths",)

    def __init__(self, dims: Any = None):
        self.lengths: tuple[int | None, ...] | None
        if dims is None or isinstance(dims, Shape):
            self.lengths = None if dims is None else dims.lengths
        elif isinstance(dims, int):
            self.lengths = (_dimension(dims),)
        else:
            self.lengths = tuple(_dimension(d) for d in dims)

    @classmethod
    def of(cls, dims: tuple[int | None, ...] | None) -> Shape:
        """A shape from a tuple known to be right (no checks)."""
        shape = cls.__new__(cls)
        shape.lengths = dims
        return shape

    @property
    def dims(self) -> list[Any] | None:
        """The dimensions as objects with a `value`; None where the rank is not known."""
        return None if self.lengths is None else list(self)

    @property
    def rank(self) -> int | None:
        return None if self.lengths is None else len(self.lengths)

    ndims = rank

    @property
    def is_full(self) -> bool:
        """True if every dimension is known."""
        return self.lengths is not None and None not in self.lengths

    def is_fully_defined(self) -> bool:
        return self.is_full

    def as_list(self) -> list[int | None]:
        if self.lengths is None:
            raise ShapeError("as_list() of a shape of unknown rank", hint="give the placeholder a shape")
        return list(self.lengths)

    def num_elements(self) -> int | None:
        """How many elements a tensor of this shape has; None while a dimension is unknown."""
        if not self.is_full:
            return None
        count = 1
        for d in self.lengths or ():
            count *= d or 0
        return count

    def with_rank(self, rank: int) -> Shape:
        return self.merge([None] * rank)

    def with_rank_at_least(self, rank: int) -> Shape:
        """This shape; ShapeError if it is known to have fewer axes."""
        if self.lengths is not None and len(self.lengths) < rank:
            raise ShapeError(
                f"a tensor of shape {self}", rule=f"at least {rank} {'axis' if rank == 1 else 'axes'}",
                hint="x[None] adds an axis in front, x[..., None] one at the end",
            )
        return self

    def is_compatible_with(self, other: Any) -> bool:
        """True if a value of both shapes can exist."""
        a, b = self.lengths, Shape(other).lengths
        if a is None or b is None:
            return True
        return len(a) == len(b) and all(x is None or y is None or x == y for x, y in zip(a, b, strict=True))

    def merge(self, other: Any) -> Shape:
        """What is known when both shapes describe the same tensor; ShapeError if they contradict each other."""
        other = Shape(other)
        if not self.is_compatible_with(other):
            raise ShapeError(f"shapes {self} and {other} are not compatible")
        if self.lengths is None or other.lengths is None:
            return other if self.lengths is None else self
        return Shape.of(tuple(y if x is None else x for x, y in zip(self.lengths, other.lengths, strict=True)))

    merge_with = merge

    def common(self, other: Shape) -> Shape:
        """What is true of both shapes: the lengths in which they agree; of different ranks nothing.

        >>> Shape([2, 3]).common(Shape([4, 3]))
        Shape([None, 3])
        """
        if self.lengths is None or other.lengths is None or len(self.lengths) != len(other.lengths):
            return Shape.of(None)
        return Shape.of(tuple(a if a == b else None for a, b in zip(self.lengths, other.lengths, strict=True)))

    def concatenate(self, other: Any) -> Shape:
        other = Shape(other)
        return Shape.of(None if self.lengths is None or other.lengths is None else self.lengths + other.lengths)

    def __len__(self) -> int:
        if self.lengths is None:
            raise ShapeError("a shape of unknown rank has no length")
        return len(self.lengths)

    def __bool__(self) -> bool:
        return self.lengths is not None

    def __iter__(self) -> Iterator[Any]:
        return iter([self._wrap(d) for d in self.as_list()])

    def __getitem__(self, key: Any) -> Any:
        if self.lengths is None:
            return Shape() if isinstance(key, slice) else _UNKNOWN
        return Shape.of(self.lengths[key]) if isinstance(key, slice) else self._wrap(self.lengths[key])

    @staticmethod
    def _wrap(d: int | None) -> Any:
        return _UNKNOWN if d is None else Dimension(d)

    def __add__(self, other: Any) -> Shape:
        return self.concatenate(other)

    def __radd__(self, other: Any) -> Shape:
        return Shape(other).concatenate(self)

    def __eq__(self, other: object) -> bool:
        try:
            return self.lengths == Shape(other).lengths
        except (TypeError, ShapeError, ArgumentError):
            return False

    def __hash__(self) -> int:
        return hash(self.lengths)

    def __str__(self) -> str:
        if self.lengths is None:
            return "<unknown>"
        inner = ", ".join("?" if d is None else str(d) for d in self.lengths)
        return f"({inner},)" if len(self.lengths) == 1 else f"({inner})"

    def __repr__(self) -> str:
        return "Shape(None)" if self.lengths is None else f"Shape({list(self.lengths)})"


def whole(value: Any) -> int:
    """A length, an axis or a place as an int; DTypeError for 2.5, which is not cut."""
    try:
        number = None if isinstance(value, (str, bytes)) else int(value)
    except (ValueError, OverflowError, TypeError):  # nan, infinity, a list
        number = None
    if number is None or (isinstance(value, (float, np.floating)) and number != value):
        raise DTypeError(
            f"a whole number is needed, got {value!r} of type {type(value).__name__}",
            hint="int(...), or // where integers are divided",
        )
    return number


def _dimension(d: Any) -> int | None:
    if d is None or isinstance(d, UnknownDimension):
        return None
    number = whole(d)
    if number < 0:
        raise ArgumentError(f"a dimension cannot be {number}", hint="write None for a dimension that is not known yet")
    return number


UNKNOWN = Shape()
SCALAR = Shape(())


def broadcast(*shapes: Shape) -> Shape:
    """NumPy's broadcasting rule: align at the right, a 1 stretches, None may be anything."""
    if any(s.lengths is None for s in shapes):
        return UNKNOWN
    if all(s.lengths == shapes[0].lengths for s in shapes):
        return shapes[0]
    rank = max(len(s) for s in shapes)
    padded = [(1,) * (rank - len(s)) + s.lengths for s in shapes]  # type: ignore[operator]
    return Shape.of(tuple(_common(dims, axis - rank, shapes) for axis, dims in enumerate(zip(*padded, strict=True))))


def _common(dims: Sequence[int | None], axis: int, shapes: Sequence[Shape]) -> int | None:
    """The one length that the lengths of an axis stretch to; None while it is not known."""
    known = {d for d in dims if d is not None and d != 1}
    if len(known) > 1:
        raise ShapeError(
            "shapes " + " and ".join(str(s) for s in shapes) + f" do not broadcast: axis {axis} has "
            + " and ".join(str(d) for d in dims),
            rule="aligned at the right, two dimensions must be equal, or one of them 1",
            hint="check which axis is the batch; add an axis with expand_dims or x[:, None]",
        )
    return known.pop() if known else None if None in dims else 1


def normalize_axis(axis: int, rank: int) -> int:
    """A counted-from-the-end axis as one counted from the start; ShapeError outside [-rank, rank)."""
    axis = whole(axis)
    if not -rank <= axis < rank:
        raise ShapeError(
            f"axis {axis} of a tensor of rank {rank}",
            rule=f"an axis lies in [{-rank}, {rank})" if rank else "a scalar has no axes",
        )
    return axis % rank


def normalize_axes(axes: Any, rank: int) -> tuple[int, ...]:
    """All axes for None, else each axis counted from the start, in ascending order."""
    if axes is None:
        return tuple(range(rank))
    listed: Iterable[int] = axes if isinstance(axes, Sequence) else (axes,)
    return tuple(sorted({normalize_axis(a, rank) for a in listed}))


def reduced(shape: Shape, axes: Any, keepdims: bool) -> Shape:
    """The shape after summing over `axes`."""
    if shape.lengths is None:
        return SCALAR if axes is None and not keepdims else UNKNOWN
    gone = normalize_axes(axes, len(shape.lengths))
    if keepdims:
        return Shape.of(tuple(1 if i in gone else d for i, d in enumerate(shape.lengths)))
    return Shape.of(tuple(d for i, d in enumerate(shape.lengths) if i not in gone))
