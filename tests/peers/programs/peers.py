"""A process for each library, which runs one program after another; a new one after some hundred (they grow)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

RUNS = 400  # programs per process


def interpreter(library: str) -> str:
    return os.environ.get("DEEPKIT_PEERS", sys.executable) if library == "tensorflow" else sys.executable


class Peer:
    """One library in a process of its own; a program that ends the process is an error like any other."""

    def __init__(self, library: str) -> None:
        self.library, self.runs = library, 0
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
        answer = self.process.stdout.readline()
        if answer:
            return json.loads(answer)
        code = self.process.wait()
        self.process = None
        return {"results": [], "static": {}, "error": ["Crash", f"the process ended with {code}"]}

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
