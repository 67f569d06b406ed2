"""`python -m random_models FIRST END`: runs the seeds, prints each difference as the smallest program that shows it."""

from __future__ import annotations

import argparse
import collections
import time

from .comparison import Difference, difference
from .explained import explanation
from .generator import program
from .runner import Library, runnable
from .shrinking import shrink


class Pair:
    """The two libraries, asked the same."""

    def __init__(self) -> None:
        self.ours, self.theirs = Library("deepkit"), Library("tf_keras")
        self.refused = 0

    def unexplained(self, source: str) -> Difference | None:
        """What differs and is not in the list."""
        theirs = self.theirs.run(source)
        self.refused += bool(theirs.error)
        found = difference(source, self.ours.run(source), theirs)
        return found if found and not explanation(found) else None

    def smallest(self, found: Difference) -> Difference:
        """The same kind of difference from a smaller program."""

        def differs(source: str) -> bool:
            nonlocal found
            again = self.unexplained(source)
            if again is None or again.where != found.where:
                return False
            found = again
            return True

        shrink(found.source, differs)
        return found

    def close(self) -> None:
        self.ours.close()
        self.theirs.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("first", type=int)
    parser.add_argument("end", type=int)
    parser.add_argument("--whole", action="store_true", help="do not shrink")
    parser.add_argument("--file", action="store_true", help="print programs as files of their own")
    options = parser.parse_args()
    pair, counts, began = Pair(), collections.Counter[str](), time.time()
    for seed in range(options.first, options.end):
        found = pair.unexplained(program(seed))
        counts["programs"] += 1
        if found:
            counts[found.where] += 1
            refused = pair.refused
            found = found if options.whole else pair.smallest(found)
            pair.refused = refused
            print(f"seed {seed}: {found}\n{runnable(found.source) if options.file else found.source}", flush=True)
    pair.close()
    print(dict(counts), f"refused by Keras: {pair.refused}; {time.time() - began:.0f} s")


if __name__ == "__main__":
    main()
