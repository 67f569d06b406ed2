"""Shape arithmetic, against NumPy where shapes are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepkit.core.shape import Shape, broadcast, normalize_axes, reduced
from deepkit.errors import ArgumentError, ShapeError

dims = st.lists(st.integers(0, 4), max_size=4).map(tuple)


@given(dims, dims)
def test_broadcast_is_numpys(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    try:
        expected = np.broadcast_shapes(a, b)
    except ValueError:
        with pytest.raises(ShapeError):
            broadcast(Shape(a), Shape(b))
    else:
        assert broadcast(Shape(a), Shape(b)) == expected


@given(dims, dims, st.data())
def test_unknown_dimensions_never_contradict(a: tuple[int, ...], b: tuple[int, ...], data: st.DataObject) -> None:
    """Hiding a dimension behind None keeps the result compatible with the true one."""
    try:
        expected = np.broadcast_shapes(a, b)
    except ValueError:
        return
    hidden = tuple(None if data.draw(st.booleans()) else d for d in a)
    assert broadcast(Shape(hidden), Shape(b)).is_compatible_with(expected)


@given(dims, st.booleans())
def test_reduced_is_numpys(shape: tuple[int, ...], keep: bool) -> None:
    x = np.zeros(shape)
    for axis in [None, *range(-x.ndim, x.ndim)]:
        assert reduced(Shape(shape), axis, keep) == x.sum(axis=axis, keepdims=keep).shape


def test_printing() -> None:
    assert str(Shape([None, 3])) == "(?, 3)"
    assert str(Shape([2])) == "(2,)"
    assert str(Shape(None)) == "<unknown>"
    assert repr(Shape([None, 3])) == "Shape([None, 3])"


def test_dimensions() -> None:
    shape = Shape([None, 3])
    assert shape[1].value == 3
    assert shape[1] * 2 == 6
    assert shape[0].value is None
    assert shape[0] == None  # noqa: E711  TensorFlow's unknown dimension equals None
    with pytest.raises(ShapeError, match="not known before the graph runs"):
        int(shape[0])
    assert shape.as_list() == [None, 3]
    assert shape == (None, 3)
    assert shape.num_elements() is None
    assert Shape([2, 3]).num_elements() == 6


def test_merging() -> None:
    assert Shape([None, 3]).merge([2, None]) == (2, 3)
    assert Shape(None).merge([2]) == (2,)
    with pytest.raises(ShapeError, match="not compatible"):
        Shape([2]).merge([3])
    with pytest.raises(ArgumentError, match="cannot be -1"):
        Shape([-1])


def test_axes() -> None:
    assert normalize_axes((-1, 0), 3) == (0, 2)
    with pytest.raises(ShapeError, match=r"\[-2, 2\)"):
        normalize_axes(2, 2)


def test_at_least_so_many_axes():
    """As TensorFlow's TensorShape.with_rank_at_least: the shape itself, also while its rank is unknown."""
    assert Shape([2, None]).with_rank_at_least(2) == Shape([2, None])
    assert Shape(None).with_rank_at_least(3).rank is None
    with pytest.raises(ShapeError, match="at least 2 axes"):
        Shape([2]).with_rank_at_least(2)
