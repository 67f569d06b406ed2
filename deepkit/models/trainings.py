"""What the programs of long trainings share: which ones are asked for, and the file that keeps what was measured."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from deepkit.files import write_whole


def asking(module: str, description: str | None, recipes: Collection[str], seeds: str = "weights and batch order"
           ) -> argparse.ArgumentParser:
    """The command line of `python -m module`: names among `recipes`, --seed and --out. A module adds what is its own."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=description)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(recipes)} (default: all)")
    parser.add_argument("--seed", type=int, default=1, help=f"seed of {seeds} (default: 1)")
    parser.add_argument("--out", type=Path, help="also write the results to this JSON file, beside what it holds")
    return parser


def train_all(
    parser: argparse.ArgumentParser, recipes: Collection[str], arguments: list[str] | None,
    train: Callable[[str, argparse.Namespace], dict[str, Any]],
) -> int:
    """Train what was asked for, one after the other: print what `train` measured as a line each, and record it.

    Ends the process with the parser's error for a name that is none of `recipes`; returns 0.
    """
    chosen = parser.parse_args(arguments)
    unknown = [name for name in chosen.names if name not in recipes]
    if unknown:
        parser.error(f"there is no network {unknown[0]!r}; there are {', '.join(recipes)}")
    for name in chosen.names or recipes:
        found = train(name, chosen)
        print(json.dumps(found), flush=True)
        if chosen.out:
            record(chosen.out, name, found)
    return 0


def record(path: Path, name: str, row: dict[str, Any]) -> None:
    """Write what the training `name` measured into the JSON file at `path`, beside what it holds: a line for each training.

    Trainings with another seed than 1, or on another text, have it in their name: "setting-16 seed 2".
    """
    table = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    seed, text = row.get("seed", 1), row.get("text")
    called = name if text is None else f"{name} {text}"
    table[called if seed == 1 else f"{called} seed {seed}"] = row
    lines = (f" {json.dumps(key)}: {json.dumps(value)}" for key, value in table.items())
    write_whole(path, "{\n" + ",\n".join(lines) + "\n}\n")
