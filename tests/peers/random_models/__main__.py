"""`python -m random_models FIRST END`: runs the seeds, prints each difference as the smallest program that shows it."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from outcomes import Outcome, Records

from .comparison import Difference
from .generator import program
from .pair import Pair
from .runner import runnable


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="random_models", description=__doc__)
    parser.add_argument("first", type=int)
    parser.add_argument("end", type=int)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no program after so many")
    parser.add_argument("--whole", action="store_true", help="do not shrink")
    parser.add_argument("--file", action="store_true", help="print programs as files of their own")
    parser.add_argument("--into", type=Path, help="append the outcomes to this file instead of printing programs")
    parser.add_argument("--resume", action="store_true", help="go on with --into's file: what it has is not run again")
    return parser.parse_args()


def outcome(pair: Pair, seed: int, source: str) -> tuple[Outcome, Difference | None]:
    theme = "eager" if source.startswith("# eager") else "graph"
    compared = pair.compared(source)
    if found := compared.difference:
        return Outcome(seed, theme, "difference", found.where, str(found)), found
    if compared.explained:
        return Outcome(seed, theme, "explained", what=compared.explained.reason), None
    if compared.refused:
        return Outcome(seed, theme, "refused", what=compared.refused.strip().rpartition("\n")[2]), None
    return Outcome(seed, theme, "same"), None


def main() -> int:
    asked, began = options(), time.time()
    records, pair = Records(asked.into, asked.resume), Pair()
    for seed in range(asked.first, asked.end):
        if seed in records.seeds:
            continue
        if time.time() - began > asked.seconds:
            break
        told, found = outcome(pair, seed, program(seed))
        records.add(told)
        if found and not asked.into:
            found = found if asked.whole else pair.smallest(found)
            print(f"seed {seed}: {found}\n{runnable(found.source) if asked.file else found.source}", flush=True)
    pair.close()
    print(records.table(), f"{time.time() - began:.0f} s", sep="\n")
    return int(any(outcome.open for outcome in records.outcomes))


if __name__ == "__main__":
    raise SystemExit(main())
