"""Ways between pictures: through a code, faded over, and the explorer of two drawings."""

from __future__ import annotations

import numpy as np
import pytest

from deepkit import viz
from deepkit.errors import ArgumentError
from deepkit.viz.inking.choice import DRAWN


def brightness(pictures):
    return np.square(np.asarray(pictures).mean(axis=(1, 2)))[:, None]


def flat(codings):
    return np.sqrt(codings)[:, :, None] * np.ones((1, 28, 28))


def test_a_way_is_straight_in_the_code_and_straight_in_ink():
    way = viz.Way(np.zeros((28, 28)), np.ones((28, 28)), brightness, flat, steps=5)
    np.testing.assert_allclose(way.faded.mean(axis=(1, 2)), [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(way.coded.mean(axis=(1, 2)) ** 2, [0, 0.25, 0.5, 0.75, 1])
    shown = viz.show_way(way, mark=2)
    assert repr(shown) == "5 steps from one picture to another"
    assert shown.svg.count("<image") == 10
    assert shown.svg.count(viz.PALETTE["orange"]) == 2
    with pytest.raises(ArgumentError):
        viz.Way(np.zeros((28, 28)), np.ones((28, 28)), brightness, flat, steps=1)


def test_the_explorer_walks_between_what_is_chosen_or_drawn():
    explorer = viz.way_explorer({"black": np.zeros((28, 28)), "grey": np.full((28, 28), 0.5)}, brightness, flat)
    np.testing.assert_allclose([explorer.way.faded[0].max(), explorer.way.faded[-1].min()], [0, 0.5])
    before = explorer._drawing.value
    explorer.controls["step"].value = 0
    assert explorer._drawing.value != before
    explorer.controls["from"].value = DRAWN
    explorer.choices[0].board.ink = [1] * 196
    assert explorer.way.faded[0, 14, 14] == 1
    with pytest.raises(ArgumentError):
        viz.way_explorer({"black": np.zeros((28, 28))}, brightness, flat)
