"""All rows measured in turns, each library in a process of its own, and the table of medians and ratios."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmark.errands import ERRANDS, Errand
from benchmark.networks import NETWORKS, Network

ROWS: dict[str, Network | Errand] = {**NETWORKS, **ERRANDS}
AGREE = 1e-3
REST = 0.2
"""Seconds before each block: the threads of the library before it spin for a while before they sleep."""

Losses = dict[str, Any]
Row = dict[str, dict[str, Any]]


def _start(peer: str, names: list[str]) -> Any:
    """The peer's process."""
    python = sys.executable if peer == "deepkit" else os.environ.get("DEEPKIT_PEERS", sys.executable)
    return subprocess.Popen(
        [python, "-m", "benchmark", "--serve", peer, *names], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1],
    )


def _losses(peer: str, process: Any) -> Losses | None:
    """What it computed; None, saying so, where it cannot be started."""
    line = process.stdout.readline()
    if line:
        return dict(json.loads(line))
    told = (process.communicate()[1].strip().splitlines() or ["it said nothing"])[-1]
    print(f"{peer} is left out: {told}", file=sys.stderr)
    return None


def measure(names: list[str], peers: list[str], rounds: int) -> Iterator[tuple[str, Row]]:
    """For each row the median seconds of each peer's step, with the slowest block over the fastest, or why there is none."""
    started = {peer: _start(peer, names) for peer in peers}
    losses = {peer: said for peer, process in started.items() if (said := _losses(peer, process)) is not None}
    running = {peer: started[peer] for peer in losses}
    for name in names:
        row = {peer: _fault(name, losses["deepkit"][name], losses[peer][name]) for peer in running}
        times: dict[str, list[float]] = {peer: [] for peer, fault in row.items() if not fault}
        for _ in range(rounds):
            for peer, taken in times.items():
                time.sleep(REST)
                taken.append(_block(running[peer], name))
        for peer, taken in times.items():
            row[peer] = {"seconds": statistics.median(taken), "spread": max(taken) / min(taken)}
        yield name, row
    for process in running.values():
        process.terminate()


def _fault(name: str, expected: Any, found: Any) -> dict[str, Any]:
    """Why there is no number; nothing where the losses after two steps agree."""
    if isinstance(found, str):
        return {"not said": found}
    if isinstance(expected, str) or abs(found[2] - expected[2]) > AGREE * max(1, abs(expected[2])):
        return {"losses differ": [expected, found]}
    return {}


def _block(process: Any, name: str) -> float:
    process.stdin.write(name + "\n")
    process.stdin.flush()
    return float(process.stdout.readline())


def head(peers: list[str]) -> str:
    """The line above the table."""
    return f"{'':<67}" + "".join(f"{peer:>14}" for peer in peers) + f"{'ratio':>8}{'spread':>8}"


def line(name: str, row: Row) -> str:
    """A row in milliseconds, with the ratio of deepkit to the fastest of the others, and deepkit's spread."""
    return f"{ROWS[name].title:<67}" + "".join(f"{_cell(entry):>14}" for entry in row.values()) + _ratio(row)


def _cell(entry: dict[str, Any]) -> str:
    if "seconds" in entry:
        return f"{entry['seconds'] * 1e3:.3f} ms"
    return "other loss" if "losses differ" in entry else "-"


def _ratio(row: dict[str, Any]) -> str:
    others = [entry["seconds"] for peer, entry in row.items() if peer != "deepkit" and "seconds" in entry]
    own = row["deepkit"]
    return f"{own['seconds'] / min(others):>8.2f}{own['spread']:>8.2f}" if others and "seconds" in own else ""
