"""Known mistakes, told by how they fail: in the same words, on the same inputs."""

from __future__ import annotations

import re
from collections.abc import Iterable

from deepkit.grade.asking import NOT_ANSWERED

MOST = 3
"""Who fails like more known mistakes than these is told no hint: what he did is not known."""
_PLACE = re.compile(r" \(line \d+: .*\)$", re.DOTALL)


def hints_for(message: str, failures: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """The hints that a failure deserves, most often one or none; `failures` are (message, hint) of each known mistake.

    >>> hints_for("f(2) gave 3 (line 7: return 3)", [("f(2) gave 3 (line 1: return x + 1)", "double it"), ("f(2) gave 0", "?")])
    ('double it',)
    """
    words = _words(message)
    found = tuple(dict.fromkeys(hint for said, hint in failures if _words(said) == words and said != NOT_ANSWERED))
    return found if len(found) <= MOST else ()


def _words(message: str) -> str:
    """What a failure says, but for the line of the answer that it came from."""
    return _PLACE.sub("", message)
