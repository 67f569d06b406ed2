"""Runs many random programs by both libraries: `python -m programs --count 1000 --seed 0`, from tests/peers."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from outcomes import Outcome, Records

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

    def outcome(self, seed: int, theme: str, text: str) -> tuple[Outcome, Difference | None]:
        found = self.difference(text)
        if found is None:
            return Outcome(seed, theme, "same"), None
        if reason := explanation(text, found):
            return Outcome(seed, theme, "explained", found.where, reason), found
        return Outcome(seed, theme, found.kind, found.where, found.what), found

    def shrunk(self, text: str, found: Difference) -> str:
        return smallest(text, lambda smaller: found.like(self.difference(smaller)))


def theme_of(family: str | None, seed: int) -> str:
    """A page of lines by default; "all": each family in turn; "every": pages, and between them each family in turn."""
    themes = list(FAMILIES)
    if family == "every":
        return themes[seed // 2 % len(themes)] if seed % 2 else "page"
    return themes[seed % len(themes)] if family == "all" else family or "page"


def drawn(theme: str, seed: int) -> str:
    """Program number `seed` of a theme."""
    return program(seed) if theme == "page" else draw(theme, seed)


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="programs", description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0, help="number of the first program")
    parser.add_argument("--family", choices=[*FAMILIES, "all", "every"],
                        help="programs of one theme, of each in turn (all), or of each in turn between pages of lines (every)")
    parser.add_argument("--whole", action="store_true", help="print a failing program as it is, not shrunk")
    parser.add_argument("--only", help="shrink and print only differences of this kind (value, fetches, error, ...)")
    parser.add_argument("--into", type=Path, help="append the outcomes to this file instead of printing programs")
    parser.add_argument("--resume", action="store_true", help="go on with --into's file: what it has is not run again")
    return parser.parse_args()


def main() -> int:
    asked, began = options(), time.time()
    records = Records(asked.into, asked.resume)
    seeds = [seed for seed in range(asked.seed, asked.seed + asked.count) if seed not in records.seeds]
    with Trial() as trial:
        for done, seed in enumerate(seeds, 1):
            theme = theme_of(asked.family, seed)
            text = drawn(theme, seed)
            outcome, found = trial.outcome(seed, theme, text)
            records.add(outcome)
            if outcome.open:
                print(f"\n# {theme} {seed}: {outcome.kind}, {outcome.where}: {outcome.what[:400]}", flush=True)
                if found and not asked.into and asked.only in (None, found.kind):
                    print(HEADER + (text if asked.whole else trial.shrunk(text, found)), flush=True)
            if done % 100 == 0:
                differ = [o.seed for o in records.outcomes if o.open]
                print(f"# {len(records.outcomes)} programs, {done / (time.time() - began):.2f} a second, "
                      f"{len(differ)} differ {differ[-8:]}", flush=True)
    print(records.table())
    return int(any(outcome.open for outcome in records.outcomes))


if __name__ == "__main__":
    raise SystemExit(main())
