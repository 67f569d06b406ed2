"""Pictures of numbers and of a matrix: their sentences hold what NumPy computes, and bad input is refused."""

from __future__ import annotations

import numpy as np
import pytest

from deepkit import viz
from deepkit.errors import ArgumentError, ShapeError

pytest.importorskip("matplotlib", reason="the extra `course` is not installed")


def test_gaps_outgrow_one_where_adding_one_stops_counting():
    picture = viz.show_gaps()
    assert repr(picture) == "gaps outgrow 1 at 2,048 (float16), 16,777,216 (float32), 9,007,199,254,740,992 (float64)"
    for kind, last in (("float16", 2**11), ("float32", 2**24), ("float64", 2**53)):
        number = np.dtype(kind).type
        assert number(last - 1) + number(1) == last
        assert number(last) + number(1) == number(last)
    line = picture.figure.axes[0].lines[0]  # float16
    at = list(line.get_xdata()).index(11)
    assert line.get_ydata()[at] == 1  # 2^11: the next number is 2 away
    assert line.get_ydata()[at - 1] == 0


@pytest.mark.parametrize("types", [(), ("int32",)])
def test_only_floats_have_gaps(types):
    with pytest.raises(ArgumentError, match="float"):
        viz.show_gaps(types)


def test_histograms_count_everything_over_one_range():
    random = np.random.default_rng(0)
    draws = {"narrow": random.uniform(-1, 1, 1000), "wide": random.uniform(-4, 4, 1000)}
    picture = viz.show_histograms(draws, bins=16)
    assert repr(picture) == "narrow: 1,000 numbers from -1.0 to 1.0; wide: 1,000 numbers from -4.0 to 4.0"
    for place, values in zip(picture.figure.axes, draws.values(), strict=False):
        low, high = (f([f(v) for v in draws.values()]) for f in (min, max))
        expected, _ = np.histogram(values, np.linspace(low, high, 17), density=True)
        np.testing.assert_allclose([bar.get_height() for bar in place.patches], expected)


@pytest.mark.parametrize("draws", [{}, {"a": []}, {"a": [np.nan]}])
def test_what_cannot_be_counted_is_refused(draws):
    with pytest.raises(ArgumentError):
        viz.show_histograms(draws)


def test_a_matrix_makes_an_ellipse():
    matrix = np.array([[2.0, 1], [0, 1]])
    lengths = np.linalg.svd(matrix, compute_uv=False)
    picture = viz.show_linear_map(matrix)
    assert f"half-axes {lengths[0]:.2f} and {lengths[1]:.2f}; the square's area becomes 2" in repr(picture)
    _, ax = picture.figure.axes
    radius = np.hypot(*ax.lines[0].get_data())
    np.testing.assert_allclose([radius.max(), radius.min()], lengths, rtol=1e-3)


@pytest.mark.parametrize("matrix", [np.eye(3), np.ones(2), [[np.nan, 0], [0, 1]]])
def test_only_the_plane_is_drawn(matrix):
    with pytest.raises(ShapeError):
        viz.show_linear_map(matrix)
