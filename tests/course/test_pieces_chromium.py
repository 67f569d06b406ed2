"""Every interactive piece of the chapters in JupyterLab, in a real browser: it appears, answers keys, and fits.

Screenshots of each (light and dark, wide and 900 pixels) are kept in $DEEPKIT_SCREENSHOTS, or in a temporary folder.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import nbformat
import pytest
from browser import ROOT, RUN_S, laboratory, needs_chromium, opened, press, run_all_cells, sync_api

pytestmark = needs_chromium

START = """import numpy as np
import deepkit as dk
import deepkit.v1 as tf
from deepkit import viz
from deepkit.models import resumable
from deepkit.models.boundaries import WAYS
from deepkit.models.deep.inception import BLOCKS
from deepkit.models.layer_families import layers_by_name
from deepkit.models.playground import PROGRAMS
from deepkit.models.race import RUNNERS

rng = np.random.default_rng(0)
noise = {"noise": rng.random((28, 28))}
x = tf.placeholder(tf.float32, [], name="x")
y = 3.0 * x
sess = tf.Session()
operators = {"tf.matmul": tf.matmul, "tf.transpose": tf.transpose}


def flat(codings):
    return codings[:, :, None] * np.ones((1, 28, 28))


def squares(codings):
    return np.abs(codings).repeat(2, axis=1)[:, :, None] * np.ones((1, 1, 4)) / 3


def slowly(folder):
    return resumable.command(folder, steps=40, every=10, pause=0.05)"""


def slide(piece) -> None:
    piece.locator(".noUi-handle").first.press("ArrowRight")


def choose(piece) -> None:
    piece.locator("select").first.select_option(index=1)


def push(piece) -> None:
    piece.locator("button:visible").first.press("Enter")


def untick(piece) -> None:
    piece.locator("input[type=checkbox]").first.press("Space")


def reply(piece) -> None:
    box = piece.locator("input[type=text]:visible").first
    box.fill("2, 3")
    box.press("Enter")


def slide_back(piece) -> None:
    piece.locator(".noUi-handle").first.press("ArrowLeft")


def ink(piece) -> None:
    piece.locator("canvas").press("Space")


def drag_by_keys(piece) -> None:
    piece.get_by_role("button", name="point 1 of").first.press("ArrowRight")


PIECES = {
    "drawing-pad": ("viz.drawing_pad(lambda image: f'{image.sum():.0f} of ink')", ink),
    "curve-pad": ('viz.curve_pad(lambda values: values[::-1], {"wave": np.sin(np.arange(80)), "flat": np.zeros(40)})', choose),
    "convolution-explorer": ('viz.convolution_explorer(noise)', slide),
    "maps-explorer": ('viz.maps_explorer(noise, lambda image: {"twice": 2 * image[..., None], "sum": image.sum(0)})', slide),
    "occlusion-explorer": ("viz.occlusion_explorer(noise, lambda x: np.stack([x.mean((1, 2)), 1 - x.mean((1, 2))], 1))", slide),
    "reading-explorer": ("viz.reading_explorer(noise, lambda image: np.tile([0.7, 0.3], (28, 1)))", slide),
    "through-time-explorer": ("viz.through_time_explorer()", slide),
    "block-explorer": ('viz.block_explorer(BLOCKS, ("3×3", "Inception", "residual"))', slide),
    "components-explorer": ('viz.components_explorer(noise, np.zeros(784), np.eye(784)[:50])', slide),
    "erase-explorer": ("viz.erase_explorer(noise, lambda x: (x.mean(2), 1 - x), size=9)", slide),
    "broadcast-explorer": ("viz.broadcast_explorer()", choose),
    "operator-cards": ('viz.operator_cards(operators, start="tf.matmul")', choose),
    "layer-cards": ('viz.layer_cards(layers_by_name(), start="Dense")', choose),
    "shape-quiz": ("viz.shape_quiz(operators, seed=1)", reply),
    "descent-explorer": ('viz.descent_explorer("x * x", -2.5, between=(-2.7, 2.7), rate=0.26)', slide),
    "race-explorer": ('viz.race_explorer(RUNNERS, "turned valley")', slide),
    "backprop-explorer": ('viz.backprop_explorer("tanh(w * x)", w=0.7, x=2)', slide_back),
    "run-explorer": ('viz.run_explorer(sess, {"y": y}, {"x": (x, 2.0), "y": (y, None)})', untick),
    "spread-explorer": ("viz.spread_explorer(seed=1)", slide),
    "threshold-explorer": ("viz.threshold_explorer(rng.normal(size=40), np.arange(40) % 2, 0.0)", slide),
    "penalty-explorer": ("viz.penalty_explorer(rng.normal(size=(30, 2)), rng.normal(size=30), strength=4, most=20)", slide),
    "crash-explorer": ('viz.crash_explorer(slowly, rehearsal=[["--pause=0", "--die-at=23"]])', push),
    "tensorboard": ('viz.tensorboard("logs", tag="loss")', push),
    "logits-explorer": ("viz.logits_explorer((2.0, 1.0, 0.1))", slide),
    "voters-explorer": ("viz.voters_explorer()", slide),
    "trials-explorer": ('viz.trials_explorer({"adam": 98.5, "sgd": 98.0}, {"adam": [98.2], "sgd": [96.1, 96.2]})', push),
    "fold-explorer": ("viz.fold_explorer()", slide),
    "gates-explorer": ("viz.gates_explorer(lambda held, since: {'forget': np.eye(28) * since}, ['forget'], 28)", slide),
    "boundary-explorer": ("viz.boundary_explorer(WAYS, rng.normal(size=(20, 2)) / 3, np.arange(20) % 2)", drag_by_keys),
    "plane-explorer": ("viz.plane_explorer(squares, rng.random((5, 4, 4)), rng.normal(size=(5, 2)))", drag_by_keys),
    "way-explorer": ("viz.way_explorer({**noise, 'black': np.zeros((28, 28))}, lambda x: x.mean((1, 2))[:, None], flat)", slide),
    "queue-explorer": ("viz.queue_explorer(viz.Pipeline(pause=12))", slide),
    "workers-explorer": ("viz.workers_explorer(slowest=2, together=False)", slide),
    "playground": ('viz.playground(PROGRAMS, data="ring", hidden=[3])', slide),
}
"""By the piece's class on the page: the call that makes one, and what a reader does first."""


def test_no_piece_is_forgotten():
    named = {name for path in (ROOT / "deepkit" / "viz").rglob("*.py")
             for name in re.findall(r'"deepkit-([a-z-]+)"', path.read_text("utf-8"))}
    assert named == set(PIECES)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pieces")
    name = "pieces.ipynb"
    book = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    book.cells = [nbformat.v4.new_code_cell(text) for text in (START, *(call for call, _ in PIECES.values()))]
    nbformat.write(book, folder / name)
    with laboratory(folder / "home", str(folder / name)) as (address, _), opened(address.format(name)) as page:
        run_all_cells(page)
        page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]", timeout=RUN_S * 1000)
        yield page


def shown(page, name: str):
    """The piece, scrolled into sight."""
    index = 1 + list(PIECES).index(name)
    page.evaluate("async i => await window.jupyterapp.shell.currentWidget.content.scrollToItem(i, 'start')", index)
    piece = page.locator(f".deepkit-{name}").first
    piece.wait_for(timeout=20_000)
    return piece


def folder_of_pictures(tmp_path: Path) -> Path:
    folder = Path(os.environ.get("DEEPKIT_SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.mark.parametrize("name", PIECES)
def test_a_piece_appears_and_answers(page, tmp_path, name):
    piece = shown(page, name)
    assert "Traceback" not in piece.inner_text()
    piece.screenshot(path=folder_of_pictures(tmp_path) / f"{name}-light.png")
    before = piece.inner_html()
    PIECES[name][1](piece)
    page.wait_for_function("([place, old]) => document.querySelector(place).innerHTML !== old",
                           arg=[f".deepkit-{name}", before], timeout=20_000)


def test_a_fast_stroke_leaves_no_gaps_and_the_keyboard_goes_on(page):
    """On the pad of 28 x 28 cells; its answer counts what is inked."""
    piece = shown(page, "drawing-pad")
    canvas, answer = piece.locator("canvas"), piece.locator("pre")
    piece.get_by_role("button", name="clear").click()
    sync_api.expect(answer).to_have_text("0 of ink", timeout=20_000)
    box, mouse = canvas.bounding_box(), page.mouse
    cell = box["width"] / 28
    mouse.move(box["x"] + 3.5 * cell, box["y"] + 5.5 * cell)
    mouse.down()
    mouse.move(box["x"] + 13.5 * cell, box["y"] + 25.5 * cell)  # one report of the pointer for all the way
    mouse.up()
    sync_api.expect(answer).to_have_text("21 of ink", timeout=20_000)
    canvas.press("Space")
    for key in ("ArrowRight", "Space", "ArrowDown", "Space"):
        page.keyboard.press(key)
    # The last cell is cleared, its neighbour and the one below are inked.
    sync_api.expect(answer).to_have_text("22 of ink", timeout=20_000)


@pytest.mark.parametrize("name", PIECES)
def test_a_piece_fits_a_narrow_page_in_the_dark(page, tmp_path, name):
    page.set_viewport_size({"width": 900, "height": 1000})
    press(page, "apputils:change-theme", theme="JupyterLab Dark")
    page.wait_for_selector("body[data-jp-theme-light=false]", state="attached", timeout=20_000)
    piece = shown(page, name)
    piece.screenshot(path=folder_of_pictures(tmp_path) / f"{name}-dark-900.png")
    over = piece.evaluate("""piece => {
        const page = piece.closest('.jp-OutputArea-output').getBoundingClientRect();
        const drawn = [...piece.querySelectorAll('svg, canvas, iframe, pre, table')].map(part => part.getBoundingClientRect());
        return Math.max(...drawn.map(part => part.right), 0) - page.right;
    }""")
    assert over <= 1, f"{over:.0f} pixels stand out to the right"
