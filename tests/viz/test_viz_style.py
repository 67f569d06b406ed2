"""The figure style: readable on white and on black, for the colour-blind, and left as it was found."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from deepkit.errors import MissingExtraError
from deepkit.viz import PALETTE, style
from deepkit.viz.graphs import drawing
from deepkit.viz.style import GREY, GREY_ABOVE, require_matplotlib

matplotlib = pytest.importorskip("matplotlib", reason="the extra `course` is not installed")

LIGHT, DARK = "#ffffff", "#111111"  # JupyterLab's pages
# What the eye lacks (Machado, Oliveira and Fernandes, 2009, severity 1), on linear RGB.
DEFICIENT = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}


def linear(colour: str) -> np.ndarray:
    c = np.array(matplotlib.colors.to_rgb(colour))
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def contrast(a: str, b: str) -> float:
    """WCAG 2: the ratio of the relative luminances, each plus 0.05."""
    bright, dark = sorted((linear(c) @ [0.2126, 0.7152, 0.0722] + 0.05 for c in (a, b)), reverse=True)
    return bright / dark


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of linear sRGB, white point D65."""
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ rgb.clip(0, 1)
    t = xyz / [0.9505, 1.0, 1.089]
    f = np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("page", [LIGHT, DARK])
@pytest.mark.parametrize("colour", [*PALETTE.values(), GREY, GREY_ABOVE])
def test_every_colour_reads_on_both_pages(colour, page):
    assert contrast(colour, page) >= 3


@pytest.mark.parametrize("kind", drawing.KINDS)
def test_graph_boxes_carry_white_text_and_stand_out(kind):
    fill, _ = drawing.KINDS[kind]
    assert contrast(fill, "#ffffff") >= 4.5
    assert contrast(fill, DARK) >= 3


@pytest.mark.parametrize("eye", DEFICIENT)
def test_the_first_colours_stay_apart_for_the_colour_blind(eye):
    seen = [lab(np.array(DEFICIENT[eye]) @ linear(c)) for c in list(PALETTE.values())[:4]]
    for (i, a), (j, b) in itertools.combinations(enumerate(seen), 2):
        assert np.linalg.norm(a - b) > 15, (i, j)


def test_lines_differ_in_dashes_too():
    with style():
        looks = list(matplotlib.rcParams["axes.prop_cycle"])
    assert len({str(look["linestyle"]) for look in looks[: len(PALETTE)]}) == len(PALETTE)
    assert len({(look["color"], str(look["linestyle"])) for look in looks}) == len(looks) == 2 * len(PALETTE)


def test_a_block_leaves_the_settings_as_they_were():
    before = dict(matplotlib.rcParams)
    with style():
        assert matplotlib.rcParams["figure.facecolor"] == "none"
    assert dict(matplotlib.rcParams) == before
    chosen = style()
    assert matplotlib.rcParams["figure.facecolor"] == "none"
    chosen.__exit__(None, None, None)


def test_jupyter_puts_no_box_behind_a_figure():
    backend = pytest.importorskip("matplotlib_inline.backend_inline", reason="the extra `course` is not installed")
    from matplotlib.figure import Figure

    with style():
        figure = Figure()
        figure.subplots().plot([1, 2])
        figure.canvas.draw()
        assert backend._fetch_figure_metadata(figure) is None


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"\[course\]"):
        require_matplotlib()


def test_importing_viz_loads_no_plotting():
    program = "import sys, deepkit.viz; print(*{name.split('.')[0] for name in sys.modules})"
    root = Path(__file__).resolve().parents[2]
    child = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert not set(child.stdout.split()) & {"matplotlib", "IPython", "PIL", "ipywidgets"}
