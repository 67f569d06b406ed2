"""`python -m random_models FIRST END`: runs the seeds, prints each difference as the smallest program that shows it."""

from __future__ import annotations

import argparse
import collections
import time

from .generator import program
from .pair import Pair
from .runner import runnable


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("first", type=int)
    parser.add_argument("end", type=int)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no program after so many")
    parser.add_argument("--whole", action="store_true", help="do not shrink")
    parser.add_argument("--file", action="store_true", help="print programs as files of their own")
    options = parser.parse_args()
    pair, counts, began = Pair(), collections.Counter[str](), time.time()
    for seed in range(options.first, options.end):
        if time.time() - began > options.seconds:
            break
        counts["programs"] += 1
        found = pair.unexplained(program(seed))
        if found:
            counts[found.where] += 1
            found = found if options.whole else pair.smallest(found)
            print(f"seed {seed}: {found}\n{runnable(found.source) if options.file else found.source}", flush=True)
    pair.close()
    print(dict(counts), f"refused by Keras: {pair.refused}; {time.time() - began:.0f} s")


if __name__ == "__main__":
    main()
