"""Runs programs in one library: a program's source a line in, what it recorded a line out (JSON)."""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

PRELUDE = Path(__file__).with_name("prelude.py")


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
