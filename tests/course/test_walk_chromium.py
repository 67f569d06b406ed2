"""A learner's first days, in a real browser: an exercise solved half, checked, closed, opened again after an update, graded."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys

import pytest
from browser import ROOT, RUN_S, START_S, laboratory, needs_chromium, opened, press, sync_api

from deepkit.grade import load_exercise

SET = "convolution-and-pooling"
NOTEBOOK = f"exercises/{SET}.ipynb"
HALF = """def map_size(n, k, s, padding):
    return -(-n // s) if padding == "SAME" else -(-(n - k + 1) // s)


def zeros(n, k, s):
    return 0, 0"""
THE_OTHER_HALF = "total = max((-(-n // s) - 1) * s + k - n, 0)\n    return total // 2, -(-total // 2)"
pytestmark = needs_chromium


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A deepkit of its own, which can be updated."""
    folder = tmp_path_factory.mktemp("installed")
    for name in ("deepkit", "course", "exercises", "data"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def cell(page, grade_id: str):
    """The place of a cell on the page, scrolled into sight and active."""
    index = page.evaluate(
        "id => window.jupyterapp.shell.currentWidget.content.widgets.findIndex(w => w.model.id === id)", grade_id
    )
    assert index >= 0, grade_id
    page.evaluate(
        "async i => { const book = window.jupyterapp.shell.currentWidget.content; book.activeCellIndex = i;"
        " await book.scrollToItem(i, 'center'); }", index,
    )
    return page.locator(f".jp-Cell[data-windowed-list-index='{index}']")


def type_into(page, place, text: str) -> None:
    """Click into a cell's editor and write `text` in the place of all that is there."""
    place.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)


def run(page, grade_id: str, text: str | None = None):
    """Run a cell, changed to `text`, and return its place when it has run."""
    place = cell(page, grade_id)
    if text is not None:
        type_into(page, place, text)
    else:
        place.locator(".cm-content").click()
    press_run(page, place)
    return place


def press_run(page, place) -> None:
    """Run the active cell, as Ctrl-Enter does, and wait until it has run."""
    prompt = place.locator(".jp-InputArea-prompt").first
    before = prompt.inner_text()
    for _ in range(6):  # while a page is being set up, JupyterLab drops commands silently
        press(page, "notebook:run-cell")
        try:
            sync_api.expect(prompt).not_to_have_text(before, timeout=10_000)
            break
        except AssertionError:
            continue
    sync_api.expect(prompt).to_have_text(re.compile(r"\[\d+\]:"), timeout=RUN_S * 1000)


def ask(page, grade_id: str, call: str) -> str:
    """Write a call into a new cell below another one, run it, and return what it shows."""
    cell(page, grade_id).locator(".cm-content").click()
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    place = page.locator(".jp-Cell.jp-mod-active")
    type_into(page, place, call)
    press_run(page, place)
    shown = place.locator(".jp-OutputArea-output").first
    shown.wait_for(timeout=RUN_S * 1000)
    return shown.inner_text()


@pytest.fixture(scope="module")
def first_day(installed, tmp_path_factory):
    """What dk.check, dk.hint and dk.progress show below half an answer; and the learner's home, the notebook saved."""
    home = tmp_path_factory.mktemp("home")
    shown = {}
    with laboratory(home, library=installed) as (address, log), opened(address.format(NOTEBOOK)) as page:
        shown["lab"] = log.read_text()
        run(page, "imports")
        run(page, "size", HALF)
        shown["check"] = ask(page, "size-check", 'dk.check("size")')
        shown["hint"] = ask(page, "size-check", 'dk.hint("size")')
        shown["progress"] = ask(page, "size-check", "dk.progress()")
        press(page, "docmanager:save")
        page.wait_for_function("!window.jupyterapp.shell.currentWidget.context.model.dirty", timeout=START_S * 1000)
    return home, shown


def test_half_an_answer_is_told_its_case_in_the_browser(first_day):
    _, shown = first_day
    assert "passed 1 of 2 public checks" in shown["check"]
    assert "28 cells, window 5, stride 1: SAME adds (2, 2) zeros, not (0, 0)" in shown["check"]
    assert load_exercise(SET).task("size").hints[0].split(":")[0] in shown["hint"]
    assert "0 of 7 tasks pass their public checks" in shown["progress"]
    assert "Traceback" not in "".join(shown.values())


def test_another_day_after_an_update_the_answer_is_still_there(first_day, installed):
    home, shown = first_day
    assert "new:" in shown["lab"]
    book = json.loads((installed / NOTEBOOK).read_text())
    book["cells"][0]["source"] = ["# Convolution and pooling, second edition"]
    (installed / NOTEBOOK).write_text(json.dumps(book))
    shutil.copy(installed / "course" / "ch00-a-taste.ipynb", installed / "course" / "ch99-a-new-one.ipynb")
    chapter = (installed / "course" / "ch01-tensors-and-operators.ipynb")
    chapter.write_text(chapter.read_text().replace("\n", "\n ", 1))
    with laboratory(home, library=installed) as (address, log), opened(address.format(NOTEBOOK)) as page:
        told = log.read_text()
        assert "new: 1 file\nrenewed: 1 file\n" in told
        assert f"yours, left as they are although there is a newer version: {NOTEBOOK}" in told
        sync_api.expect(cell(page, "size")).to_contain_text("return 0, 0")
        run(page, "imports")
        run(page, "size", HALF.replace("return 0, 0", THE_OTHER_HALF))
        assert "passed 2 of 2 public checks" in ask(page, "size-check", 'dk.check("size")')
        assert "1 of 7 tasks pass" in ask(page, "size-check", "dk.progress()")
        press(page, "docmanager:save")
        page.wait_for_function("!window.jupyterapp.shell.currentWidget.context.model.dirty", timeout=START_S * 1000)
    assert (home / "deepkit" / "course" / "ch99-a-new-one.ipynb").is_file()
    graded = subprocess.run(
        [sys.executable, "-m", "deepkit", "grade", home / "deepkit" / NOTEBOOK, "--quick"],
        cwd=home, env={**os.environ, "HOME": str(home), "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
    )
    assert graded.returncode == 0, graded.stderr
    assert re.search(r"✓ size +2 / 2", graded.stdout)
    assert re.search(r"total +2 / 20", graded.stdout)
