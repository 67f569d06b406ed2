"""One library in a process of its own, which runs the programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from processes import SECONDS, Process


class Peer(Process):
    """deepkit or TensorFlow; a program that ends the process, or does not end itself, is an error like others."""

    def __init__(self, library: str, seconds: float = SECONDS) -> None:
        runner = Path(__file__).resolve().with_name("runner.py")
        super().__init__([runner, library], peer=library == "tensorflow", seconds=seconds)

    def answer(self) -> dict[str, Any]:
        answer = super().answer()
        return {"results": [], "static": {}, "error": answer["ended"]} if "ended" in answer else answer
