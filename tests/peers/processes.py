"""A process that runs one program after another, a line of JSON in and one out; a new one after some hundred (they grow)."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from pathlib import Path
from typing import Any

RUNS = 400  # programs per process
SECONDS = 150.0  # for one program: a thousand times what it takes, so that a busy machine does not look like a hang
SETTINGS = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_USE_LEGACY_KERAS": "1", "OPENBLAS_NUM_THREADS": "1"}


def interpreter(peer: bool) -> str:
    """Python's path: of the interpreter that has TensorFlow (DEEPKIT_PEERS names it), or of this one."""
    return os.environ.get("DEEPKIT_PEERS", sys.executable) if peer else sys.executable


class Process:
    """Runs `arguments` by Python; what ends it, or does not end itself, is an answer: {"ended": [kind, what happened]}.

    peer: by the interpreter that has TensorFlow. settings: more environment variables. seconds: the longest for one program.
    """

    def __init__(
        self, arguments: list[str | Path], peer: bool, settings: dict[str, str] | None = None, seconds: float = SECONDS
    ) -> None:
        self.arguments, self.peer, self.settings = arguments, peer, settings or {}
        self.seconds, self.runs = seconds, 0
        self.process: subprocess.Popen[str] | None = None

    def run(self, text: str) -> dict[str, Any]:
        self.send(text)
        return self.answer()

    def send(self, text: str) -> None:
        """Begins a program; its `answer` must be read before the next."""
        if self.process is None or self.runs == RUNS:
            self.close()
            self._start()
        self.runs += 1
        assert self.process
        assert self.process.stdin
        self.process.stdin.write(json.dumps(text) + "\n")
        self.process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        assert self.process
        assert self.process.stdout
        ready, _, _ = select.select([self.process.stdout], [], [], self.seconds)
        if not ready:
            self.process.kill()
        answer = self.process.stdout.readline() if ready else ""
        if answer:
            return json.loads(answer)
        self.process.communicate()
        code, self.process = self.process.returncode, None
        return {"ended": ["Crash", f"the process ended with {code}"] if ready else ["Hang", f"no result in {self.seconds:g} s"]}

    def _start(self) -> None:
        self.runs = 0
        found = {**os.environ, **SETTINGS, "PYTHONPATH": str(Path(__file__).resolve().parents[2]), **self.settings}
        self.process = subprocess.Popen(
            [interpreter(self.peer), *map(str, self.arguments)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=found,
        )

    def close(self) -> None:
        if self.process is not None:
            self.process.communicate()
            self.process = None
