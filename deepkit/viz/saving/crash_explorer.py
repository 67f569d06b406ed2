"""The crash explorer: a training in a process of its own, a button that kills it, and one that lets it go on."""

from __future__ import annotations

import html
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from deepkit.loading import optional
from deepkit.viz.interactive import Interactive, in_row
from deepkit.viz.picture import Drawing
from deepkit.viz.saving.lives import draw, said
from deepkit.viz.saving.program import Program

_EVERY = 0.15  # seconds between two drawings, at least


class CrashExplorer(Interactive):
    """Start a program, kill it, let it go on: shown by a notebook with a running kernel, a still picture elsewhere.

    Below the curve stand the files of its folder, so that one sees what a kill in the midst of a save leaves behind.

    Args:
        command: from the folder that the explorer makes, the command line of the program; see `Program`.
        rehearsal: options of processes that run one after the other before anything is shown.
        value: what the program prints for each step.

    Attributes:
        program: the `Program`; folder: where it keeps its checkpoints.
        controls: the buttons by name: start, kill, anew.

    Raises:
        MissingExtraError: without ipywidgets (extra `course`).
    """

    def __init__(self, command: Callable[[str], Sequence[str]], rehearsal: Sequence[Sequence[str]] = (),
                 value: str = "loss"):
        w = optional("ipywidgets", "the crash explorer")
        self._command, self._value, self._next = command, value, 0.0
        self.controls: dict[str, Any] = {
            "start": w.Button(description="start", button_style="primary", icon="play"),
            "kill": w.Button(description="kill -9", button_style="danger", icon="bolt"),
            "anew": w.Button(description="empty the folder", icon="trash"),
        }
        self._drawing, self._files = w.HTML(), w.HTML()
        self._empty_folder()
        for name, answer in (("start", self.start), ("kill", self.kill), ("anew", self.anew)):
            self.controls[name].on_click(lambda _, answer=answer: answer())
        row = in_row(list(self.controls.values()))
        self.widget = w.VBox([row, self._drawing, self._files])
        self.widget.add_class("deepkit-crash-explorer")
        for options in rehearsal:
            self.program.run(*options)
        self._show()

    def start(self) -> None:
        """A new process, which goes on from the latest checkpoint of the folder."""
        if not self.program.alive:
            self.program.start()
            self._show()

    def kill(self) -> None:
        """Kill the process that runs."""
        if self.program.alive:
            self.program.kill()
            self._show()

    def anew(self) -> None:
        """Forget it all: another, empty folder."""
        self.kill()
        self._empty_folder()
        self._show()

    def picture(self) -> Drawing:
        """What is shown now, as a still picture."""
        sentence = said(self.program.lives, self._value)
        return Drawing(draw(self.program.lives, self._value, (), sentence), sentence)

    def files(self) -> list[tuple[str, int]]:
        """The files in the folder: name and size in bytes."""
        found = []
        for path in sorted(Path(self.folder).iterdir(), key=lambda path: path.name.lstrip(".")):
            try:
                found.append((path.name, path.stat().st_size))
            except FileNotFoundError:  # the program has just renamed or deleted it
                continue
        return found

    def _empty_folder(self) -> None:
        self._kept = tempfile.TemporaryDirectory(prefix="deepkit-", ignore_cleanup_errors=True)
        self.folder = self._kept.name
        self.program = Program(self._command(self.folder), self._changed)

    def _changed(self) -> None:
        """From the program's thread: draw, but not for every line. The last line is drawn after its process has ended."""
        if time.monotonic() >= self._next or self.program.lives[-1].ended is not None:
            self._next = time.monotonic() + _EVERY
            self._show()

    def _show(self) -> None:
        lives = self.program.lives
        running = bool(lives) and lives[-1].ended is None
        self.controls["start"].disabled, self.controls["kill"].disabled = running, not running
        self.controls["start"].description = "go on" if lives else "start"
        self._drawing.value = self.picture().svg
        rows = (f"{html.escape(name)} · {size:,} bytes" + (" · <b>half of a file, under a name that nobody reads</b>"
                if name.endswith(".part") else "") for name, size in self.files())
        self._files.value = f"<code>{'<br>'.join(rows) or 'the folder is empty'}</code>"


def crash_explorer(command: Callable[[str], Sequence[str]], rehearsal: Sequence[Sequence[str]] = (),
                   value: str = "loss") -> CrashExplorer:
    """Start a training, kill it, and let it go on; see CrashExplorer."""
    return CrashExplorer(command, rehearsal, value)
