"""TensorBoard beside a notebook: a server on this machine alone, and its page in a frame below the cell."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
import weakref
from pathlib import Path
from types import TracebackType
from typing import Any

from deepkit.errors import DeepkitError
from deepkit.io.events import read_events
from deepkit.loading import optional
from deepkit.viz.interactive import Interactive
from deepkit.viz.picture import Drawing
from deepkit.viz.saving.lives import draw
from deepkit.viz.saving.program import Life

_READY = re.compile(r"^TensorBoard \S+ at (http://\S+).*$", re.MULTILINE)
PATIENCE = 60.0  # seconds


class TensorBoard:
    """A TensorBoard that reads the folder `logdir`, on a free port that only this machine reaches.

    Attributes:
        said: its line "TensorBoard ... at ... (Press CTRL+C to quit)"; url: the address of its page.

    Raises:
        MissingExtraError: the tensorboard package is not installed (extra `tensorboard`).
        DeepkitError: it did not begin to serve; what it said is quoted.

    >>> with TensorBoard("logs") as board:
    ...     print(board.said)
    TensorBoard 2.21.0 at http://127.0.0.1:38549/ (Press CTRL+C to quit)
    """

    def __init__(self, logdir: str | os.PathLike[str]):
        optional("tensorboard", "TensorBoard")
        words = [sys.executable, "-m", "tensorboard.main", "--logdir", os.fspath(logdir), "--host=127.0.0.1", "--port=0"]
        folder = tempfile.TemporaryDirectory(prefix="deepkit-", ignore_cleanup_errors=True)
        self._log = Path(folder.name, "log")  # a pipe that nobody empties would stop it in the end
        with open(self._log, "wb") as log:
            process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._end = weakref.finalize(self, _stop, process, folder)
        ready = self._wait(process)
        self.said, self.url = ready[0], ready[1]

    def _wait(self, process: subprocess.Popen[bytes]) -> re.Match[str]:
        deadline = time.monotonic() + PATIENCE
        while True:
            over = process.poll() is not None or time.monotonic() > deadline
            text = self._log.read_text(encoding="utf-8", errors="replace")
            ready = _READY.search(text)
            if ready:
                return ready
            if over:
                self.stop()
                raise DeepkitError(f"TensorBoard does not serve: {text.strip()[-1000:] or f'no word for {PATIENCE:g} s'}")
            time.sleep(0.05)

    def ask(self, path: str) -> Any:
        """The JSON that it answers to a path below its address, such as "data/runs"."""
        with urllib.request.urlopen(self.url + path.lstrip("/"), timeout=PATIENCE) as answer:
            return json.load(answer)

    def stop(self) -> None:
        """End the server. A second call does nothing; the end of the program ends it, too."""
        self._end()

    def __enter__(self) -> TensorBoard:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


def _stop(process: subprocess.Popen[bytes], folder: tempfile.TemporaryDirectory[str]) -> None:
    process.terminate()
    process.wait()
    folder.cleanup()


class TensorBoardFrame(Interactive):
    """A button that starts TensorBoard on a folder of event files and shows it in a frame; a still picture elsewhere.

    The frame's address is 127.0.0.1: it is seen where the browser runs on the machine of the notebook.

    Args:
        logdir: the folder, with a folder for each run in it.
        tag: the curve of the still picture, the first one by default.
        height: of the frame, in pixels.

    Attributes:
        board: the `TensorBoard`, None while it does not run; controls: the buttons by name: start, stop.

    Raises:
        MissingExtraError: without ipywidgets (extra `course`).
    """

    def __init__(self, logdir: str | os.PathLike[str], tag: str | None = None, height: int = 640):
        w = optional("ipywidgets", "TensorBoard in a frame")
        self.logdir, self.tag, self.height = Path(logdir), tag, height
        self.board: TensorBoard | None = None
        self.controls: dict[str, Any] = {
            "start": w.Button(description="start TensorBoard", button_style="primary", icon="play",
                              layout=w.Layout(width="170px")),
            "stop": w.Button(description="stop", icon="stop", disabled=True),
        }
        self.controls["start"].on_click(lambda _: self.start())
        self.controls["stop"].on_click(lambda _: self.stop())
        self._shown = w.HTML(self.picture().svg)
        self.widget = w.VBox([w.HBox(list(self.controls.values())), self._shown])
        self.widget.add_class("deepkit-tensorboard")

    def start(self) -> None:
        """Start the server and show its page."""
        self.controls["start"].disabled = True
        self._shown.value = "TensorBoard starts; that takes some seconds"
        try:
            self.board = TensorBoard(self.logdir)
        finally:
            self._follow()

    def stop(self) -> None:
        """End the server and show the still picture again."""
        if self.board is not None:
            self.board.stop()
            self.board = None
        self._follow()

    def _follow(self) -> None:
        running = self.board is not None
        self.controls["start"].disabled, self.controls["stop"].disabled = running, not running
        self._shown.value = self.picture().svg if self.board is None else (
            f'<iframe src="{self.board.url}" title="TensorBoard" width="100%" height="{self.height}" '
            f'style="border:1px solid #7f7f7f"></iframe><br>If the frame stays empty: <a href="{self.board.url}" '
            f'target="_blank" rel="noopener">open it in a tab of its own</a>.'
        )

    def picture(self) -> Drawing:
        """The curve `tag`, or the first one that the event files hold, drawn for each run that has it."""
        runs = scalars(self.logdir)
        tag = self.tag or next((tag for tags in runs.values() for tag in tags), "")
        curves = {run: tags[tag] for run, tags in runs.items() if tag in tags}
        told = "; ".join(f"{run}: {tag} {points[0][1]:.3g} to {points[-1][1]:.3g}" for run, points in curves.items())
        sentence = f"runs: {len(runs)}, {told}" if told else "no curve in the event files"
        return Drawing(draw([Life(points) for points in curves.values()], tag, (), sentence, list(curves)), sentence)


def scalars(logdir: str | os.PathLike[str]) -> dict[str, dict[str, list[tuple[int, float]]]]:
    """The curves of all event files below a folder: by run (the folder's name) and tag, points (step, value)."""
    runs: dict[str, dict[str, list[tuple[int, float]]]] = {}
    for path in sorted(Path(logdir).rglob("events.out.tfevents.*")):
        run = path.parent.relative_to(logdir).as_posix()
        tags = runs.setdefault(run, {})
        for event in read_events(path):
            for value in event.summary.value:
                if value.WhichOneof("value") == "simple_value":
                    tags.setdefault(value.tag, []).append((event.step, value.simple_value))
    return runs


def tensorboard(logdir: str | os.PathLike[str], tag: str | None = None, height: int = 640) -> TensorBoardFrame:
    """TensorBoard below the cell, at the push of a button; see TensorBoardFrame."""
    return TensorBoardFrame(logdir, tag, height)
