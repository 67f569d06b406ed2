"""A process for each library, which runs one program after another; a new one after some hundred (they grow)."""

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


def interpreter(library: str) -> str:
    return os.environ.get("DEEPKIT_PEERS", sys.executable) if library == "tensorflow" else sys.executable


class Peer:
    """One library in a process of its own; a program that ends the process, or does not end itself, is an error like others."""

    def __init__(self, library: str, seconds: float = SECONDS) -> None:
        self.library, self.seconds, self.runs = library, seconds, 0
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
        error = ["Crash", f"the process ended with {code}"] if ready else ["Hang", f"no result in {self.seconds:g} s"]
        return {"results": [], "static": {}, "error": error}

    def _start(self) -> None:
        path = Path(__file__).resolve()
        settings = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_USE_LEGACY_KERAS": "1", "OPENBLAS_NUM_THREADS": "1",
                    "PYTHONPATH": str(path.parents[3])}
        self.runs = 0
        self.process = subprocess.Popen(
            [interpreter(self.library), str(path.parent / "runner.py"), self.library],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env={**os.environ, **settings},
        )

    def close(self) -> None:
        if self.process is not None:
            self.process.communicate()
            self.process = None
