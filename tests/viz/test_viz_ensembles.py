"""The majority of voters against counting, its curves and sliders, and the plane of decisions."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from deepkit import viz
from deepkit.errors import ArgumentError, ShapeError
from deepkit.viz.judging.voters import majority


def counted(voters: int, right: float, alike: float) -> float:
    """The same probability by adding up binomials, for a leader who is right and one who is wrong."""
    def more_than_half(q):
        return sum(
            (1 if 2 * k > voters else 0.5 if 2 * k == voters else 0) * math.comb(voters, k) * q**k * (1 - q) ** (voters - k)
            for k in range(voters + 1)
        )

    return right * more_than_half(alike + (1 - alike) * right) + (1 - right) * more_than_half((1 - alike) * right)


@pytest.mark.parametrize("voters", [1, 2, 3, 10, 101])
@pytest.mark.parametrize("right", [0.4, 0.51, 0.7])
@pytest.mark.parametrize("alike", [0.0, 0.05, 1.0])
def test_the_majority_is_what_counting_says(voters, right, alike):
    assert majority(voters, right, alike) == pytest.approx(counted(voters, right, alike), rel=1e-9)


def test_a_simulated_crowd_agrees():
    rng = np.random.default_rng(1)
    leader = rng.random((20_000, 1)) < 0.55
    own = rng.random((20_000, 51)) < 0.55
    copies = rng.random((20_000, 51)) < 0.2
    right = np.where(copies, leader, own).sum(axis=1) > 25
    assert right.mean() == pytest.approx(majority(51, 0.55, 0.2), abs=0.01)  # three standard errors of 20,000 elections


def test_the_curves_and_the_sliders():
    drawing = viz.show_voters(0.51, [0.0, 0.05])
    assert repr(drawing) == "voters right in 51 %: 10,000 of them in 97.7 %; 5 % alike, 10,000 of them in 51.0 %"
    assert drawing.svg.count('stroke-width="2.2"') == 4  # two curves, and two signs below
    explorer = viz.voters_explorer(101, 0.6, 0.0)
    assert "101 of them in 97.9 %" in repr(explorer.picture())
    explorer.controls["alike"].value = 0.5
    assert "50 % alike, 101 of them in 60.0 %" in repr(explorer.picture())
    assert "<b>60.0 %</b>" in explorer._said.value
    assert explorer._drawing.value.count("<circle") == 2
    for wrong in ((0, 0.5, 0.0), (3, 1.5, 0.0), (3, 0.5, -0.1)):
        with pytest.raises(ArgumentError):
            majority(*wrong)


def test_dots_grow_with_the_weights_of_the_points():
    x, y = np.array([[0.0, 0], [1, 0], [0, 1], [1, 1]]), np.array([0, 1, 0, 1])
    drawing = viz.show_boundary({"even": lambda p: p[:, 0], "mine": lambda p: p[:, 0]}, x, y, weights={"mine": [1, 1, 1, 9]})
    widths = [float(width) for width in re.findall(r'<rect [^>]*width="([\d.]+)" height="[\d.]+" fill="#d55e00"', drawing.svg)]
    np.testing.assert_allclose(widths, [10, 10, 2 * 5 * 3**-0.5, 2 * 5 * 3**0.5], atol=0.11)  # areas of 1 and 9 parts, mean 3
    with pytest.raises(ShapeError, match="one for each"):
        viz.show_boundary({"mine": lambda p: p[:, 0]}, x, y, weights={"mine": [1]})
