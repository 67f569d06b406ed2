"""The two libraries, asked the same: what differs, and the smallest program that shows it."""

from __future__ import annotations

from .comparison import Difference, differences
from .explained import explanation
from .runner import Library
from .shrinking import shrink


class Pair:
    """deepkit and tf_keras, each in a process of its own; `refused` counts the programs that Keras would not run."""

    def __init__(self) -> None:
        self.ours, self.theirs = Library("deepkit"), Library("tf_keras")
        self.refused = 0

    def unexplained(self, source: str) -> Difference | None:
        """The first difference that is not in the list."""
        theirs = self.theirs.run(source)
        self.refused += bool(theirs.error)
        found = differences(source, self.ours.run(source), theirs)
        return next((one for one in found if not explanation(one)), None)

    def smallest(self, found: Difference) -> Difference:
        """The same kind of difference from a smaller program."""
        refused = self.refused

        def differs(source: str) -> bool:
            nonlocal found
            again = self.unexplained(source)
            if again is None or again.where != found.where:
                return False
            found = again
            return True

        shrink(found.source, differs)
        self.refused = refused
        return found

    def close(self) -> None:
        self.ours.close()
        self.theirs.close()
