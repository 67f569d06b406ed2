"""Times the networks by each library in a process of its own, in turns, and prints the medians and their ratios.

    cd tests/peers
    DEEPKIT_PEERS=/path/to/python python -m benchmark               # all networks, beside what that Python has
    ... python -m benchmark mlp cnn --rounds 3 --json table.json

Every library starts from the same weights and sees the same batch; where the losses after two steps differ by more than
a thousandth there is no number (later ones do: PyTorch's Adam puts its epsilon elsewhere).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmark.networks import NETWORKS

PEERS = ("deepkit", "tensorflow", "torch", "torch.compile")
AGREE = 1e-3
REST = 0.4
"""Seconds before each block: the threads of the library before it spin for a while before they sleep."""


def serve(peer: str, names: list[str]) -> None:
    """Builds each network named and says its losses; then times one block of steps for each line that comes in."""
    steps, losses = {}, {}
    for name in names:
        steps[name] = _step(peer, name)
        losses[name] = [steps[name]() for _ in range(5)]
    print(json.dumps(losses), flush=True)
    for line in sys.stdin:
        run, count = steps[line.strip()], NETWORKS[line.strip()].steps
        run()
        start = time.perf_counter()
        for _ in range(count):
            run()
        print((time.perf_counter() - start) / count, flush=True)


def _step(peer: str, name: str) -> Any:
    if peer == "deepkit":
        import deepkit.v1 as tf
        from benchmark import sessions

        return sessions.step(tf, NETWORKS[name])
    if peer == "tensorflow":
        os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_USE_LEGACY_KERAS": "1"}
        import tensorflow.compat.v1 as tf

        from benchmark import sessions

        tf.disable_eager_execution()
        return sessions.step(tf, NETWORKS[name])
    import torch

    from benchmark import torches

    return torches.step(torch, NETWORKS[name], compiled=peer.endswith("compile"))


def _start(peer: str, names: list[str]) -> tuple[Any, dict[str, list[float]]] | None:
    """The peer's process and its losses; None, saying so, where it cannot be started."""
    python = sys.executable if peer == "deepkit" else os.environ.get("DEEPKIT_PEERS", sys.executable)
    command = [python, "-m", "benchmark", "--serve", peer, *names]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        cwd=Path(__file__).parents[1],
    )
    line = process.stdout.readline() if process.stdout else ""
    if line:
        return process, json.loads(line)
    told = (process.communicate()[1].strip().splitlines() or ["it said nothing"])[-1]
    print(f"{peer} is left out: {told}", file=sys.stderr)
    return None


def measure(names: list[str], peers: list[str], rounds: int) -> dict[str, dict[str, Any]]:
    """For each network and peer the median seconds of a step, with the slowest block over the fastest."""
    running = {peer: started for peer in peers if (started := _start(peer, names)) is not None}
    times: dict[str, dict[str, list[float]]] = {name: {peer: [] for peer in running} for name in names}
    for _ in range(rounds):
        for name in names:
            for peer, (process, _) in running.items():
                time.sleep(REST)
                process.stdin.write(name + "\n")
                process.stdin.flush()
                times[name][peer].append(float(process.stdout.readline()))
    table = {}
    for name in names:
        row: dict[str, Any] = {}
        expected = running["deepkit"][1][name][2]
        for peer, (_, losses) in running.items():
            if abs(losses[name][2] - expected) > AGREE * max(1, abs(expected)):
                row[peer] = {"losses differ": [expected, losses[name][2]]}
            else:
                taken = times[name][peer]
                row[peer] = {"seconds": statistics.median(taken), "spread": max(taken) / min(taken)}
        table[name] = row
    for process, _ in running.values():
        process.terminate()
    return table


def show(table: dict[str, dict[str, Any]]) -> None:
    """The table in milliseconds, with the ratio of deepkit to the fastest of the others."""
    peers = list(next(iter(table.values())))
    print(f"{'':<58}" + "".join(f"{peer:>15}" for peer in peers) + f"{'ratio':>8}{'spread':>8}")
    for name, row in table.items():
        cells = [f"{r['seconds'] * 1e3:>12.3f} ms" if "seconds" in r else f"{'other loss':>15}" for r in row.values()]
        others = [r["seconds"] for peer, r in row.items() if peer != "deepkit" and "seconds" in r]
        own = row["deepkit"]
        ratio = f"{own['seconds'] / min(others):>8.2f}" if others else f"{'':>8}"
        print(f"{NETWORKS[name].title:<58}" + "".join(cells) + ratio + f"{own['spread']:>8.2f}")


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="benchmark", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help=", ".join(NETWORKS))
    parser.add_argument("--peers", nargs="+", default=list(PEERS), choices=PEERS, help="beside whom")
    parser.add_argument("--rounds", type=int, default=7, help="blocks of steps for each")
    parser.add_argument("--json", type=Path, help="the table as a file")
    parser.add_argument("--serve", choices=PEERS, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    names = chosen.networks or list(NETWORKS)
    if unknown := [name for name in names if name not in NETWORKS]:
        parser.error(f"no network is called {unknown[0]!r}; there are {', '.join(NETWORKS)}")
    if chosen.serve:
        serve(chosen.serve, names)
        return
    table = measure(names, ["deepkit", *[p for p in chosen.peers if p != "deepkit"]], max(1, chosen.rounds))
    show(table)
    if chosen.json:
        chosen.json.write_text(json.dumps(table, indent=1))


if __name__ == "__main__":
    main()
