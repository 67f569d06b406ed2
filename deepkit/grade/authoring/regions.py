"""What stands between the marks of a cell, `### BEGIN SOLUTION` and its like: taken out, replaced, or kept alone."""

from __future__ import annotations

from collections.abc import Iterator

from deepkit.errors import GradingError

SOLUTION, HIDDEN = "SOLUTION", "HIDDEN TESTS"
CODE_STUB = ("# YOUR CODE HERE", "raise NotImplementedError()")
TEXT_STUB = ("YOUR ANSWER HERE",)


def runs(source: str, name: str, where: str) -> Iterator[tuple[bool, list[str]]]:
    """The runs of lines of a cell, each with whether it stands between the marks of `name`; marks belong to none."""
    begin, end = f"### BEGIN {name}", f"### END {name}"
    inside, lines = False, list[str]()
    for line in source.split("\n"):
        if line.strip() == (end if inside else begin):
            yield inside, lines
            inside, lines = not inside, [line] if not inside else []
        elif begin in line or end in line:
            raise GradingError(f"{where}: unpaired mark {line.strip()!r}", rule=f"each {begin} has its {end}")
        else:
            lines.append(line)
    if inside:
        raise GradingError(f"{where}: {begin} without {end}")
    yield False, lines


def without_solution(source: str, where: str, stub: tuple[str, ...] = CODE_STUB) -> str:
    """The text a student gets: every region of the solution becomes the stub, at its indentation.

    >>> print(without_solution("def f(x):\\n    ### BEGIN SOLUTION\\n    return x\\n    ### END SOLUTION", "f"))
    def f(x):
        # YOUR CODE HERE
        raise NotImplementedError()
    """
    kept: list[str] = []
    found = False
    for inside, lines in runs(source, SOLUTION, where):
        found |= inside
        indentation = lines[0][: len(lines[0]) - len(lines[0].lstrip())] if inside else ""
        kept += [indentation + text for text in stub] if inside else lines
    return "\n".join(kept if found else stub)


def solution(source: str, where: str) -> str:
    """The text of a cell as it is when it is answered: without the marks.

    >>> solution("### BEGIN SOLUTION\\na = 1\\n### END SOLUTION\\nb = 2", "f")
    'a = 1\\nb = 2'
    """
    return "\n".join(line for inside, lines in runs(source, SOLUTION, where) for line in (lines[1:] if inside else lines))


def public(source: str, where: str) -> str:
    """The text of a test cell that students get: without its hidden regions."""
    return "\n".join(line for inside, lines in runs(source, HIDDEN, where) if not inside for line in lines)


def hidden(source: str, where: str) -> str:
    """The text of the hidden regions alone, each line where it stands in the cell, so that errors name its number."""
    kept: list[str] = []
    for inside, lines in runs(source, HIDDEN, where):
        kept += ["", *lines[1:], ""] if inside else [""] * len(lines)
    return "\n".join(kept)
