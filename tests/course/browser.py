"""JupyterLab in a real browser: a server as `deepkit lab` starts it, a page of it, and how a test presses its buttons."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
for _module in ("jupyterlab", "ipywidgets", "matplotlib", "sklearn"):
    pytest.importorskip(_module, reason="the extra `course` is not installed")

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = next((found for name in ("chromium", "chromium-browser") if (found := shutil.which(name))), None)
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian's package: chromium)")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]
START_S, RUN_S = 180, 180
READY = """() => {
    const context = window.jupyterapp?.shell.currentWidget?.context;
    const kernel = context?.sessionContext?.session?.kernel;
    return context?.isReady && kernel?.connectionStatus === "connected" && kernel.status === "idle";
}"""
"""The notebook's file is read and its kernel answers: what is run before is dropped, and a second kernel begun for it."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def laboratory(home: Path, *arguments: str, library: Path = ROOT) -> Iterator[tuple[str, Path]]:
    """`deepkit lab ARGUMENTS` of the deepkit in the folder `library`, for somebody whose home is `home`.

    Gives the address of a notebook, to be filled in, on the loopback interface and behind a token; and the file of what
    the command has said.
    """
    home.mkdir(exist_ok=True)
    port, token = free_port(), secrets.token_hex(16)
    mine = {name: str(home / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")}
    environment = os.environ | mine | {"HOME": str(home), "PYTHONPATH": str(library)}
    options = f"--allow-root --ServerApp.ip=127.0.0.1 --IdentityProvider.token={token}"
    options += " --LabApp.news_url= --LabApp.extension_manager=readonly --LabApp.expose_app_in_browser=True"
    command = [sys.executable, "-m", "deepkit", "lab", *arguments, "--no-browser", f"--port={port}", f"--jupyter={options}"]
    log = home / "lab.log"
    with log.open("wb") as said:
        process = subprocess.Popen(command, cwd=home, env=environment, stdout=said, stderr=said)
    address = f"http://127.0.0.1:{port}"
    try:
        await_server(f"{address}/api/status?token={token}", process, log)
        yield f"{address}/lab/tree/{{}}?token={token}&reset", log
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


@contextlib.contextmanager
def opened(address: str) -> Iterator[sync_api.Page]:
    """The notebook at an address, in a browser of its own, when its kernel is ready."""
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1360, "height": 1150})
        page.goto(address)
        page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=START_S * 1000)
        page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]", timeout=START_S * 1000)
        page.wait_for_function(READY, timeout=START_S * 1000)
        yield page
        browser.close()


def press(page, command: str, **arguments) -> None:
    """Begin one of JupyterLab's own commands; what it promises is not awaited: a page that breaks it would hold us for ever."""
    page.wait_for_function("window.jupyterapp !== undefined", timeout=START_S * 1000)
    page.evaluate("([name, args]) => void window.jupyterapp.commands.execute(name, args)", [command, arguments])


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
