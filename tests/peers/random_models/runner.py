"""A process that runs programs in one library, and this side of it: `Library("tf_keras").run(source)`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PRELUDE = Path(__file__).with_name("prelude.py")


@dataclass
class Outcome:
    """What a program recorded, and the error that ended it, if one did."""

    records: list[tuple[str, Any]]
    error: str = ""


class Library:
    """A process with one of the libraries; programs go in as lines of JSON and outcomes come back.

    folder: where the libraries find each other's files.
    """

    def __init__(self, name: str, folder: str):
        self.name, self.programs = name, 0
        python = os.environ.get("DEEPKIT_PEERS", sys.executable) if name.startswith("tf_keras") else sys.executable
        environment = {**os.environ, "KERAS": name, "RANDOM_MODELS": folder}
        self.process = subprocess.Popen(
            [python, str(Path(__file__))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        )

    def run(self, source: str) -> Outcome:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.programs += 1
        print(json.dumps(source), file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self.name} ended while it ran\n{source}")
        return Outcome(**json.loads(answer))

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def runnable(source: str) -> str:
    """The program as a file of its own: `KERAS=tf_keras python file.py` prints what it recorded."""
    return f"{PRELUDE.read_text()}\n\n# ---- the program\n\n{source}\nfor name, value in RECORDS:\n    print(name, value)\n"


def execute(source: str, prelude: dict[str, Any]) -> dict[str, Any]:
    """Runs one program in an empty graph."""
    error = ""
    prelude["begin"]()
    try:
        exec(compile(source, "program", "exec"), dict(prelude))  # the generator's own source
    except Exception:  # what went wrong is part of the outcome
        error = traceback.format_exc()
    prelude["end"]()
    return {"records": list(prelude["RECORDS"]), "error": error}


def serve() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is not an answer
    prelude: dict[str, Any] = {"__name__": "prelude"}
    exec(compile(PRELUDE.read_text(), str(PRELUDE), "exec"), prelude)
    for line in sys.stdin:
        print(json.dumps(execute(json.loads(line), prelude)), file=answers, flush=True)


if __name__ == "__main__":
    serve()
