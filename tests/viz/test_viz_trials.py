"""Printed figures beside what came out here: the drawing, and guessing before it is revealed."""

from __future__ import annotations

import re

import numpy as np
import pytest

from deepkit import viz
from deepkit.errors import ArgumentError, ShapeError
from deepkit.viz.judging.trials import _ticks

PRINTED = {"adam": 98.5, "sgd": 98.0, "no relu": 92.5}
HERE = {"adam": [98.2, 98.4], "sgd": [96.1], "no relu": [92.4, 92.3, 92.5]}


def circles(svg: str, filled: bool) -> list[float]:
    """How far right the circles stand, from top to bottom; those of the legend are left out."""
    found = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="[46]" fill="([^"]+)"', svg)
    return [float(x) for x, y, fill in found if (fill != "none") == filled and float(y) > 30]


def test_circles_stand_where_the_axis_says():
    drawing = viz.show_trials(PRINTED, HERE, "percent")
    assert repr(drawing) == ("3 runs: adam, printed 98.5, here 98.2 to 98.4; sgd, printed 98, here 96.1; "
                             "no relu, printed 92.5, here 92.3 to 92.5")
    ticks = [(float(x), float(text)) for x, text in re.findall(r'<text x="([\d.]+)"[^>]*>(\d+)</text>', drawing.svg)]
    slope, start = np.polyfit(*zip(*ticks, strict=True), 1)
    hollow, filled = (np.array(circles(drawing.svg, is_filled)) * slope + start for is_filled in (False, True))
    np.testing.assert_allclose(hollow, [98.5, 98.0, 92.5], atol=0.02)
    np.testing.assert_allclose(filled, [98.2, 98.4, 96.1, 92.4, 92.3, 92.5], atol=0.02)
    assert ticks[0][1] <= 92.3
    assert ticks[-1][1] >= 98.5


@pytest.mark.parametrize(("low", "high"), [(92.3, 98.5), (0.0, 1.0), (98.0, 98.0), (-3.0, 1e6), (1e-4, 2e-4)])
def test_ticks_are_few_and_hold_all_values(low, high):
    ticks = _ticks(low, high)
    assert 2 <= len(ticks) <= 9
    assert ticks[0] <= low + 1e-12
    assert ticks[-1] >= high - 1e-12
    np.testing.assert_allclose(np.diff(ticks), ticks[1] - ticks[0])


def test_what_cannot_be_drawn_is_refused():
    for printed, here in (({}, {}), ({"a": np.nan}, {"a": [1.0]})):
        with pytest.raises(ArgumentError):
            viz.show_trials(printed, here)
    for here in ({"b": [1.0]}, {"a": []}):
        with pytest.raises(ShapeError, match="the same names"):
            viz.show_trials({"a": 1.0}, here)


def test_a_guess_is_revealed_and_the_first_one_counts():
    explorer = viz.trials_explorer(PRINTED, HERE)
    assert repr(explorer.picture()) == "3 runs, 0 of them guessed"
    assert explorer.picture().svg.count(">?</text>") == 3
    guess, reveal, run = (explorer.controls[name] for name in ("guess", "reveal", "run"))
    guess.value = 97.3
    reveal.click()
    assert explorer.guesses == {"adam": 97.3}
    assert "off by 1.00" in explorer._said.value
    assert run.value == "sgd"  # it goes on to the next that is not revealed
    run.value, guess.value = "adam", 98.3
    reveal.click()
    assert explorer.guesses == {"adam": 97.3}
    for value in (95.1, 93.4):
        guess.value = value
        reveal.click()
    assert ">?</text>" not in explorer.picture().svg
    # means 98.3, 96.1, 92.4; the middle one is 96.1
    assert explorer.score() == "3 of 3 guessed, off by 1.00 on the average; always 96.1 would be off by 1.97"


def test_a_notebook_without_a_kernel_gets_the_still_picture():
    data, _ = viz.trials_explorer(PRINTED, HERE)._repr_mimebundle_()
    assert data["text/plain"] == "3 runs, 0 of them guessed"
    assert "<img" in data["text/html"]
