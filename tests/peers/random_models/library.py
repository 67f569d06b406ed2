"""One of the libraries in a process of its own: `Library("tf_keras").run(source)`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from processes import Process


@dataclass
class Outcome:
    """What a program recorded, and the error that ended it, if one did."""

    records: list[tuple[str, Any]]
    error: str = ""


class Library:
    """deepkit, tf_keras or tf_keras_eager; folder: where they find each other's files."""

    def __init__(self, name: str, folder: str):
        runner = Path(__file__).resolve().with_name("runner.py")
        settings = {"KERAS": name, "RANDOM_MODELS": folder}
        self.process = Process([runner], peer=name.startswith("tf_keras"), settings=settings)

    def run(self, source: str) -> Outcome:
        answer = self.process.run(source)
        return Outcome([], ": ".join(answer["ended"])) if "ended" in answer else Outcome(**answer)

    def close(self) -> None:
        self.process.close()
