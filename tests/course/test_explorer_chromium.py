"""Chapter 18 in JupyterLab, in a real browser: the explorer runs, a slider moves, the picture follows.

Screenshots are kept in $DEEPKIT_SCREENSHOTS, or in the test's temporary folder.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest
from browser import ROOT, RUN_S, laboratory, needs_chromium, opened, press, run_all_cells, sync_api

CHAPTER = "ch18-convolution-and-pooling.ipynb"
EXPLORER = ".deepkit-convolution-explorer"
pytestmark = needs_chromium


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The chapter: of a copy, for what is run is not saved to ours."""
    folder = tmp_path_factory.mktemp("lab")
    notebook = shutil.copy(ROOT / "course" / CHAPTER, folder / CHAPTER)
    with laboratory(folder / "home", str(notebook)) as (address, _), opened(address.format(CHAPTER)) as page:
        yield page


def drawing(page) -> str:
    return page.locator(f"{EXPLORER} svg").first.inner_html()


def title(page) -> str:
    return page.locator(f"{EXPLORER} svg title").first.text_content()


def changes(page, act, what: str) -> str:
    """Do `act`, wait for another drawing, and return its title."""
    before = drawing(page)
    act()
    page.wait_for_function(
        "([place, old]) => document.querySelector(place + ' svg').innerHTML !== old", arg=[EXPLORER, before],
        timeout=20_000,
    )
    assert drawing(page) != before, what
    return title(page)


def row(page, description: str):
    """The widget that is labelled so."""
    label = page.locator(f"{EXPLORER} .widget-label", has_text=re.compile(f"^{description}$"))
    return label.locator("xpath=..")


def shoot(page, tmp_path: Path, name: str) -> None:
    folder = Path(os.environ.get("DEEPKIT_SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.png"
    page.screenshot(path=path)
    assert path.read_bytes().startswith(b"\x89PNG")


def test_without_a_kernel_there_is_a_still_picture(page):
    """Before anything runs: the stored output of the explorer's cell is an image that the browser can draw."""
    press(page, "notebook:enter-command-mode")
    still = page.locator("img[alt*='of the 28x28 map']")
    sync_api.expect(still.first).to_be_attached(timeout=20_000)
    assert page.evaluate("image => image.decode().then(() => image.naturalWidth)", still.first.element_handle()) > 500
    assert page.locator(EXPLORER).count() == 0


def test_the_chapter_runs_and_shows_the_explorer(page):
    run_all_cells(page)
    page.wait_for_selector(f"{EXPLORER} svg", timeout=RUN_S * 1000)
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]", timeout=RUN_S * 1000)
    page.locator(EXPLORER).scroll_into_view_if_needed()
    assert page.locator(f"{EXPLORER} input[type=number]").count() == 9


def test_the_slider_moves_the_window(page, tmp_path):
    first = title(page)
    handle = row(page, "window").locator(".noUi-handle")
    handle.focus()
    shown = changes(page, lambda: handle.press("ArrowRight"), "one step")
    number = [int(re.search(r"window (\d+) of 784", text)[1]) for text in (first, shown)]
    assert number[1] == number[0] + 1
    changes(page, lambda: [handle.press("ArrowRight") for _ in range(3)], "more steps")
    shoot(page, tmp_path, "explorer-light")


def test_stride_padding_and_pooling_change_the_map(page, tmp_path):
    handle = row(page, "stride").locator(".noUi-handle")
    handle.focus()
    assert "of the 14x14 map" in changes(page, lambda: handle.press("ArrowRight"), "stride 2")
    assert "of the 13x13 map" in changes(
        page, lambda: row(page, "padding").locator("select").select_option("VALID"), "padding"
    )
    changes(page, lambda: row(page, "pooling").locator("select").select_option("max, 2×2"), "pooling")
    assert "max pool 6×6" in drawing(page)
    changes(page, lambda: page.locator(f"{EXPLORER} input[type=checkbox]").check(), "ReLU")
    assert "after ReLU" in drawing(page)
    shoot(page, tmp_path, "explorer-stride-pool-relu")


def test_a_kernel_is_chosen_and_edited(page):
    kernel = row(page, "kernel").locator("select")
    changes(page, lambda: kernel.select_option("blur (5x5, binomial)"), "a larger kernel")
    numbers = page.locator(f"{EXPLORER} input[type=number]")
    sync_api.expect(numbers).to_have_count(25)
    changes(page, lambda: kernel.select_option("identity"), "another kernel")
    sync_api.expect(numbers).to_have_count(9)

    def write() -> None:
        numbers.nth(4).fill("3")
        numbers.nth(4).press("Enter")

    changes(page, write, "an edited number")
    sync_api.expect(kernel).to_have_value("your own")


def test_a_drawing_is_convolved_in_the_dark_too(page, tmp_path):
    press(page, "apputils:change-theme", theme="JupyterLab Dark")
    page.wait_for_selector("body[data-jp-theme-light=false]", state="attached", timeout=20_000)
    changes(page, lambda: row(page, "picture").locator("select").select_option("your drawing"), "the pad")
    changes(page, lambda: page.get_by_role("button", name="clear").click(), "an empty pad")
    box = page.locator(f"{EXPLORER} canvas").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 5
    page.mouse.move(x, y)
    page.mouse.down()
    changes(page, lambda: page.mouse.move(x, y + box["height"] / 2, steps=20), "a stroke")
    page.mouse.up()
    shoot(page, tmp_path, "explorer-dark")
