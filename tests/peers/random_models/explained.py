"""The differences that are meant: one list, each with its reason."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .comparison import Difference


@dataclass
class Explanation:
    """A difference at `where` (a pattern) of programs whose source has the pattern `source`, and why it is meant."""

    reason: str
    where: str = ""
    source: str = ""
    ours: str = ""

    def covers(self, found: Difference) -> bool:
        return all(
            re.search(pattern, str(text))
            for pattern, text in ((self.where, found.where), (self.source, found.source), (self.ours, found.ours))
        )


EXPLAINED: list[Explanation] = []


def explanation(found: Difference) -> Explanation | None:
    """The entry of the list that covers a difference, if there is one."""
    return next((entry for entry in EXPLAINED if entry.covers(found)), None)
