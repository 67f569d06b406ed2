"""Runs many random programs by both libraries: `python -m programs --count 1000 --seed 0`, from tests/peers."""

from __future__ import annotations

import argparse
from collections import Counter

from .comparison import Difference, differences
from .explained import explanation
from .families import FAMILIES, draw
from .generator import program
from .peers import Peer
from .runner import HEADERS
from .shrinking import smallest

HEADER = f"import numpy as np\n{HEADERS['tensorflow']}\n"


class Trial:
    """Both libraries at hand, each in a process."""

    def __init__(self) -> None:
        self.theirs, self.ours = Peer("tensorflow"), Peer("deepkit")

    def __enter__(self) -> Trial:
        return self

    def __exit__(self, *_: object) -> None:
        self.theirs.close()
        self.ours.close()

    def difference(self, text: str) -> Difference | None:
        """The first difference that has no explanation; if all have one, the first."""
        self.theirs.send(text)
        self.ours.send(text)
        found = list(differences(text, self.ours.answer(), self.theirs.answer()))
        return next((d for d in found if not explanation(text, d)), found[0] if found else None)

    def shrunk(self, text: str, found: Difference) -> str:
        return smallest(text, lambda smaller: found.like(self.difference(smaller)))


def drawn(theme: str | None, seed: int) -> str:
    """Program number `seed`: a page of lines, or of a family."""
    if theme is None:
        return program(seed)
    return draw(list(FAMILIES)[seed % len(FAMILIES)] if theme == "all" else theme, seed)


def main() -> int:
    parser = argparse.ArgumentParser(prog="programs", description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0, help="number of the first program")
    parser.add_argument("--family", choices=[*FAMILIES, "all"], help="programs of one theme, or of each in turn")
    parser.add_argument("--whole", action="store_true", help="print a failing program as it is, not shrunk")
    parser.add_argument("--only", help="shrink and print only differences of this kind (value, fetches, error, ...)")
    options = parser.parse_args()
    counts: Counter[str] = Counter()
    with Trial() as trial:
        for seed in range(options.seed, options.seed + options.count):
            text = drawn(options.family, seed)
            found = trial.difference(text)
            reason = explanation(text, found) if found else None
            outcome = "same" if found is None else reason or found.kind
            counts[outcome] += 1
            if counts.total() % 100 == 0:
                print(f"# {counts.total()} programs, the last {seed}", flush=True)
            if found and not reason and found.kind != "refused":
                print(f"\n# program {seed}: {found.kind}, {found.where}: {found.what}", flush=True)
                if not options.only or found.kind == options.only:
                    print(HEADER + (text if options.whole else trial.shrunk(text, found)), flush=True)
    for outcome, count in counts.most_common():
        print(f"{count:6d}  {outcome}")
    return int(any(kind in counts for kind in ("error", "fetches", "dtype", "shape", "value", "static")))


if __name__ == "__main__":
    raise SystemExit(main())
