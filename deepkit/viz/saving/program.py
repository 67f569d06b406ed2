"""A program that is run, killed and run again, and the points that it prints on its way."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from deepkit.errors import ArgumentError, DeepkitError


@dataclass
class Life:
    """One process: its points (step, value), the steps it saved, how it ended (None while it runs), its last words."""

    points: list[tuple[int, float]] = field(default_factory=list)
    saved: list[int] = field(default_factory=list)
    ended: int | None = None
    complaint: str = ""

    @property
    def killed(self) -> bool:
        """True if it was ended from outside, or ended itself in the same way."""
        return self.ended is not None and self.ended not in (0, 1, 2)


class Program:
    """A command whose lines "step value" are kept, life by life; "saved step" says that it wrote a checkpoint.

    Args:
        command: the words of the command line.
        changed: called after each line and at the end of a process, from a thread of its own.

    Attributes:
        lives: the processes so far, the first one first.

    >>> import sys
    >>> Program([sys.executable, "-c", "print(1, 0.5)"]).run().points
    [(1, 0.5)]
    """

    def __init__(self, command: Sequence[str], changed: Callable[[], Any] | None = None):
        if not command:
            raise ArgumentError("no command to run", hint='Program([sys.executable, "train.py"])')
        self.command, self.lives = list(command), list[Life]()
        self._changed: Callable[[], Any] = changed or (lambda: None)
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None

    @property
    def alive(self) -> bool:
        """True while a process runs, or lines of it are still to be read."""
        return self._reader is not None and self._reader.is_alive()

    def start(self, *options: str) -> None:
        """Begin a new life, with further words on the command line.

        Raises:
            ArgumentError: one is running.
        """
        if self.alive:
            raise ArgumentError("the program is running", hint="kill() or wait() before it is started again")
        self._process = subprocess.Popen(
            [*self.command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.lives.append(Life())
        self._reader = threading.Thread(target=self._read, args=(self._process, self.lives[-1]), daemon=True)
        self._reader.start()

    def kill(self) -> None:
        """End the process as `kill -9` does: it is not asked and can do nothing about it."""
        if self._process is not None:
            self._process.kill()
        self.wait()

    def wait(self) -> None:
        """Wait for the end of the process, whatever it is."""
        if self._reader is not None:
            self._reader.join()

    def run(self, *options: str) -> Life:
        """Start it, wait for its end, and return that life.

        Raises:
            DeepkitError: it ended with an error, which is quoted. (A process that was killed is none.)
        """
        self.start(*options)
        self.wait()
        life = self.lives[-1]
        if life.ended and not life.killed:
            raise DeepkitError(f"the program ended with an error: {life.complaint}", where=" ".join(self.command))
        return life

    def points(self) -> list[tuple[int, float]]:
        """The points that count in the end: of a step that was done twice, the later one."""
        return sorted({step: value for life in self.lives for step, value in life.points}.items())

    def _read(self, process: subprocess.Popen[str], life: Life) -> None:
        """In its thread: the lines as they come, then how the process ended."""
        with process:
            for line in process.stdout or ():
                words = line.split()
                if words[0] == "saved":
                    life.saved.append(int(words[1]))
                else:
                    life.points.append((int(words[0]), float(words[1])))
                self._changed()
            life.complaint = (process.stderr.read() if process.stderr else "").strip()[-2000:]
        life.ended = process.returncode
        self._changed()
