"""Signals through many layers: spreads and slopes against plain NumPy and the theory, and the explorer that follows."""

from __future__ import annotations

import numpy as np
import pytest

from deepkit import viz
from deepkit.errors import ArgumentError, ShapeError
from deepkit.viz.depth.drift import shares
from deepkit.viz.depth.signal import he, short, xavier


def test_a_signal_is_what_numpy_computes():
    signal = viz.Signal(0.3, "tanh", layers=2, units=5, examples=7, seed=3)
    random = np.random.default_rng(3)
    x, w1, w2, asked = (random.normal(size=size) for size in ((7, 5), (5, 5), (5, 5), (7, 5)))
    h1 = np.tanh(x @ (0.3 * w1))
    h2 = np.tanh(h1 @ (0.3 * w2))
    np.testing.assert_allclose(signal.spreads, [h1.std(), h2.std()], rtol=1e-12)
    back = (asked * (1 - h2**2)) @ (0.3 * w2).T  # by the outputs of layer 1
    np.testing.assert_allclose(signal.slopes, np.sqrt([(back**2).mean(), (asked**2).mean()]), rtol=1e-12)


@pytest.mark.parametrize(("activation", "rule"), [("none", xavier), ("relu", he)])
def test_the_rules_keep_the_power_of_the_signal(activation, rule):
    """E[h^2] stays the same from layer to layer, on the average of many draws (ReLU halves it, He's rule doubles it before)."""
    signals = [viz.Signal(rule(256), activation, layers=6, units=256, examples=100, seed=seed) for seed in range(12)]
    powers = np.mean([[np.mean(h**2) for h in signal.values] for signal in signals], axis=0)
    np.testing.assert_allclose(powers, 1, rtol=0.1)
    np.testing.assert_allclose(np.mean(np.square([signal.slopes for signal in signals]), axis=0), 1, rtol=0.1)


def test_twice_the_scale_through_layers_without_a_bend_is_a_power_of_two():
    once, twice = (viz.Signal(s, "none", layers=4, units=8) for s in (0.25, 0.5))
    np.testing.assert_allclose(np.divide(twice.spreads, once.spreads), [2, 4, 8, 16])


def test_small_weights_fall_silent_and_large_ones_saturate():
    small, right, large = (viz.Signal(s) for s in (0.01, xavier(128), 1.0))
    assert small.spreads[-1] < 1e-9 < 0.1 < right.spreads[-1] < 0.5
    assert np.mean(np.abs(large.values[-1]) > 0.99) > 0.7
    assert large.slopes[0] > 100 * large.slopes[-1]


def test_a_band_for_each_scale_and_the_words():
    drawing = viz.show_spread({"small": 0.01, "Xavier's": xavier(16)}, layers=3, units=16)
    assert drawing.svg.count("spread</text>") == 2
    assert drawing.svg.count('fill-opacity="0.8"') == 6  # a histogram for each layer of both
    assert repr(drawing).startswith("tanh, stddev 0.01: ")
    assert "; tanh, stddev 0.25: " in repr(drawing)
    assert short(viz.Signal(xavier(16), layers=3, units=16).spreads[2]) in repr(drawing)


@pytest.mark.parametrize("arguments", [(-1.0,), (float("nan"),), (1.0, "gelu"), (1.0, "tanh", 0)])
def test_what_is_no_signal_is_refused(arguments):
    with pytest.raises(ArgumentError):
        viz.Signal(*arguments)
    with pytest.raises(ArgumentError):
        viz.show_spread({})


def test_the_explorer_follows_its_slider_and_its_buttons():
    pytest.importorskip("ipywidgets", reason="the extra `course` is not installed")
    explorer = viz.spread_explorer()
    before = repr(explorer.picture())
    explorer.controls["activation"].value = "relu"
    explorer.controls["he"].click()
    assert explorer.signal.stddev == pytest.approx(0.125)
    assert 0.5 < explorer.signal.spreads[-1] < 1.2
    assert repr(explorer.picture()) != before
    assert "<b>2.00</b>" in explorer._said.value
    data, _ = explorer._repr_mimebundle_()
    assert data["text/html"] == explorer.picture()._repr_html_()


# ---- numbers over training


def test_a_drift_counts_what_lies_where():
    values = np.array([[0.1, 0.1, 0.9], [-5.0, 0.6, 7.0]])
    found = shares(values, 0.0, 1.0)
    assert found.shape[1] == 2
    bins = len(found)
    for step, (row, share) in ((0, (0.1, 1.0)), (0, (0.9, 0.5)), (1, (0.0, 1.0)), (1, (1.0, 1.0)), (1, (0.6, 1.0))):
        assert found[bins - 1 - min(int(row * bins), bins - 1), step] == share  # beyond the ends counts at the ends
    assert np.count_nonzero(found) == 5


def test_a_drift_says_where_it_began_and_ended():
    values = np.array([[1.0, 3.0]] * 9 + [[4.0, 4.0]])
    drawing = viz.show_drift({"a": values, "b": -values}, every=5)
    assert repr(drawing) == "a: from 2.00 ± 1.00 to 4.00 ± 0.00; b: from -2.00 ± 1.00 to -4.00 ± 0.00"
    assert drawing.svg.count("<image") == 2
    assert ">46<" in drawing.svg  # ten rows, five steps apart


def test_a_drift_of_nothing_is_refused():
    for wrong in ({"a": np.zeros(3)}, {"a": np.zeros((0, 3))}, {"a": np.full((2, 2), np.nan)}):
        with pytest.raises(ShapeError):
            viz.show_drift(wrong)
    for arguments in (({},), ({"a": np.zeros((2, 2))}, (1.0, 1.0))):
        with pytest.raises(ArgumentError):
            viz.show_drift(*arguments)
