"""The words that a hidden test is written in: the test itself, and the mistakes it must find, each with its hint."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from deepkit.errors import GradingError
from deepkit.grade.asking import Here
from deepkit.grade.checks import Answer

Check = Callable[[Answer, np.random.Generator], None]


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that earns nothing, and what to tell who made it; see `but` and `instead`."""

    hint: str
    changes: tuple[str, ...] = ()
    source: str | None = None

    def answer(self, solution: str, task: str) -> str:
        """The text of the wrong answer: our solution with its changes made, or what stands in its place."""
        if self.source is not None:
            return self.source
        text = solution
        for old, new in zip(self.changes[::2], self.changes[1::2], strict=True):
            if old not in text:
                raise GradingError(f"a wrong answer for {task}: our solution does not contain {old!r}")
            text = text.replace(old, new)
        return text


def but(*changes: str, hint: str) -> Mistake:
    """Our solution with texts replaced: old, new, old, new, ...

    >>> but("x * x", "x + x", hint="a square is a product").answer("y = x * x", "square")
    'y = x + x'
    """
    return Mistake(hint, changes)


def instead(source: str, *, hint: str) -> Mistake:
    """Another answer altogether: the text of the whole cell."""
    return Mistake(hint, source=source)


@dataclass(frozen=True)
class HiddenTest:
    """A check and what it comes with; see `hidden_test`."""

    check: Check
    wrong: tuple[Mistake, ...]
    needs: tuple[str, ...]
    given: tuple[str, ...] | None
    seconds: float
    memory_mb: int


def hidden_test(
    *, wrong: Sequence[Mistake], needs: Sequence[str] = (), given: Sequence[str] | None = None,
    seconds: float = 10.0, memory_mb: int = 2048,
) -> Callable[[Check], HiddenTest]:
    """Make a function in the hidden part of a test cell the judge of the answer above it.

    The function gets `(answer, rng)`, asks `answer` for plain data (see Answer), and raises WrongAnswer (or fails an
    assert with a message) when it is not right. `rng` is the grader's: draw from it what the answer cannot know.

    `wrong` are answers that must earn nothing, with the hint that each deserves: they prove that the check checks. `needs`
    names earlier answers that this one builds on; our solutions stand in for them, so a mistake there costs nothing
    here. `given` names the given cells it stands on (default: all above it). All work on one answer may take `seconds`
    of CPU time and `memory_mb`.

    deepkit's grader runs the answer in a process of its own and the check in another. In a notebook's kernel, as nbgrader
    and an author run it, the check is done at once, where the answer stands.
    """

    def mark(check: Check) -> HiddenTest:
        names = check.__globals__
        if names.get("__name__") == "__main__":
            here = Here(names)
            check(Answer(here, lambda _: contextlib.nullcontext(here)), np.random.default_rng())
        return HiddenTest(check, tuple(wrong), tuple(needs), None if given is None else tuple(given), seconds, memory_mb)

    return mark
