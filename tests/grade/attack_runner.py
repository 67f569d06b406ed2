"""Runs attacks as whoever starts it, and prints what became of each, as JSON: python attack_runner.py ATTACKS [WALL ...]

ATTACKS is a list of their names, as JSON, or null for all; the walls that are named are left away.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attacks import ATTACKS, FILLS, PRELUDE

from deepkit.grade.process import Host, StudentProcess, WrongAnswer


@contextlib.contextmanager
def world(folder: Path) -> Iterator[dict[str, Any]]:
    """Something to attack: files, a process, and somebody who listens."""
    exercise, outside = folder / "exercise", folder / "outside"
    exercise.mkdir()
    outside.mkdir()
    for path in (exercise / "source.ipynb", folder / "neighbour.ipynb", folder / "library.txt"):
        path.write_text('"""xyzzy"""')
    for name in ("movable", "removable", "over", "exchanged"):
        (outside / name).write_text("x")
    with sqlite3.connect(outside / "base") as base:
        base.execute("create table t as select 1")
    mark = f"deepkit-attack-{os.getpid()}"
    with contextlib.ExitStack() as stack:
        places: dict[str, Any] = {"tcp": ("127.0.0.1", 0), "local": str(folder / "socket"), "abstract": f"\0{mark}"}
        heard = {}
        for name, place in places.items():
            listener = stack.enter_context(socket.socket(socket.AF_INET if name == "tcp" else socket.AF_UNIX))
            listener.bind(place)
            listener.listen(16)
            heard[name] = listener
        victim = subprocess.Popen(["sleep", "600"])
        stack.callback(victim.wait)
        stack.callback(victim.kill)
        yield {
            "secret": exercise / "source.ipynb", "neighbour": folder / "neighbour.ipynb", "library": folder / "library.txt",
            "outside": outside, "victim": victim.pid, "port": heard["tcp"].getsockname()[1],
            "socket": folder / "socket", "mark": mark,
        }


def attack(names: list[str] | None, without: list[str]) -> dict[str, str]:
    """What became of attacks: "won", or how each was held."""
    outcomes = {}
    with tempfile.TemporaryDirectory() as name, world(Path(name)) as targets:
        closed = [targets["secret"].parent, targets["neighbour"]]
        with Host(closed, readable=[str(targets["library"])], without=without) as host:
            for attack in names or ATTACKS:
                with StudentProcess(host, seconds=5) as process:
                    process.begin()
                    try:
                        process.run(PRELUDE)
                        process.run(ATTACKS[attack].format(**targets) if attack in ATTACKS else FILLS[attack])
                        outcomes[attack] = "won" if process.value("won") else "nothing gained"
                    except WrongAnswer as error:
                        outcomes[attack] = str(error)
    return outcomes


if __name__ == "__main__":
    print(json.dumps(attack(json.loads(sys.argv[1]), sys.argv[2:]), indent=1))
