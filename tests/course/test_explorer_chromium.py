"""Chapter 18 in JupyterLab, in a real browser: the explorer runs, a slider moves, the picture follows.

Screenshots are kept in $DEEPKIT_SCREENSHOTS, or in the test's temporary folder.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
for _module in ("jupyterlab", "ipywidgets", "matplotlib", "sklearn"):
    pytest.importorskip(_module, reason="the extra `course` is not installed")

ROOT = Path(__file__).resolve().parents[2]
CHAPTER = "ch18-convolution-and-pooling.ipynb"
CHROMIUM = next((found for name in ("chromium", "chromium-browser") if (found := shutil.which(name))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian's package: chromium)")

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]
EXPLORER = ".deepkit-convolution-explorer"
START_S, RUN_S = 60, 180


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The address of the chapter: JupyterLab on the loopback interface, behind a token."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "course").mkdir()
    notebook = shutil.copy(ROOT / "course" / CHAPTER, folder / "course" / CHAPTER)  # what is run is not saved to ours
    settings = folder / "home/JUPYTER_CONFIG_DIR/lab/user-settings/@jupyterlab/apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false"}', "utf-8")
    port, token = free_port(), secrets.token_hex(16)
    home = {name: str(folder / "home" / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")}
    environment = os.environ | home | {"PYTHONPATH": str(ROOT)}
    options = f"--allow-root --ServerApp.ip=127.0.0.1 --IdentityProvider.token={token}"
    options += " --LabApp.news_url= --LabApp.extension_manager=readonly --LabApp.expose_app_in_browser=True"
    command = [sys.executable, "-m", "deepkit", "lab", str(notebook), "--no-browser", f"--port={port}"]
    command.append(f"--jupyter={options}")
    with (folder / "lab.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        await_server(f"{address}/api/status?token={token}", process, folder / "lab.log")
        yield f"{address}/lab/tree/{CHAPTER}?token={token}&reset"
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def await_server(address: str, process: subprocess.Popen, log: Path) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        assert process.poll() is None, f"JupyterLab ended:\n{log.read_text()[-2000:]}"
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:
                assert answer.status == 200
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    pytest.fail(f"JupyterLab did not answer within {START_S} s:\n{log.read_text()[-2000:]}")


@pytest.fixture(scope="module")
def page(server):
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1360, "height": 1150})
        page.goto(server)
        page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=START_S * 1000)
        page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]", timeout=START_S * 1000)
        yield page
        browser.close()


def press(page, command: str, **arguments) -> None:
    """Begin one of JupyterLab's own commands; what it promises is not awaited: a page that breaks it would hold us for ever."""
    page.wait_for_function("window.jupyterapp !== undefined", timeout=START_S * 1000)
    page.evaluate("([name, args]) => void window.jupyterapp.commands.execute(name, args)", [command, arguments])


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


WAITING = "[...document.querySelectorAll('.jp-InputPrompt')].some(prompt => prompt.textContent.includes('*'))"
"""A cell waits for its turn. That the kernel is busy says less: it also is while it starts."""


def run_all_cells(page) -> None:
    """Run the notebook; JupyterLab drops the command silently while a page is still being set up, so look and repeat."""
    for attempt in range(12):
        press(page, "notebook:run-all-cells")
        try:
            page.wait_for_function(WAITING, timeout=10_000)
            return
        except sync_api.TimeoutError:
            if attempt % 3 == 2:  # a page that is stuck is opened again, as its reader would
                page.reload()
    asked = page.locator(".jp-Dialog").all_inner_texts()
    pytest.fail(f"JupyterLab did not begin to run the notebook; it asks {asked or 'nothing'}")


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
