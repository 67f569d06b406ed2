"""What becomes of marks before they are told: whose they are, the hints they deserve, and what a new test has changed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deepkit.grade.exercise import Exercise
from deepkit.grade.grading import Marks
from deepkit.grade.report.advice import Advisor


@dataclass(frozen=True)
class Result:
    """Marks with the student's name and, by task, the hints for what failed."""

    student: str
    marks: Marks
    hints: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def results_of(exercise: Exercise, seed: int, all_marks: Sequence[Marks]) -> list[Result]:
    """The results of a grading; the known mistakes are run on its inputs where somebody has failed a task."""
    names = students([Path(marks.submission) for marks in all_marks])
    with Advisor(exercise, seed) as advisor:
        return [
            Result(name, marks, {mark.name: advisor.hints(mark) for mark in marks.tasks})
            for name, marks in zip(names, all_marks, strict=True)
        ]


def strays(all_marks: Sequence[Marks]) -> list[Result]:
    """The results of notebooks that belong to no exercise."""
    names = students([Path(marks.submission) for marks in all_marks])
    return [Result(name, marks) for name, marks in zip(names, all_marks, strict=True)]


def students(paths: Sequence[Path]) -> list[str]:
    """Whose submissions these are: the folder that each has below the one they share, or the file's name without ending.

    >>> students([Path("in/ada.ipynb"), Path("in/ben.ipynb")])
    ['ada', 'ben']
    >>> students([Path("submitted/ada/set/trees.ipynb"), Path("submitted/ben/set/trees.ipynb")])
    ['ada', 'ben']
    """
    if not paths:
        return []
    shared = len(Path(os.path.commonpath([path.absolute().parent for path in paths])).parts)
    below = [path.absolute().parts[shared:] for path in paths]
    return [parts[0] if len(parts) > 1 else path.stem for parts, path in zip(below, paths, strict=True)]


def changes(before: Mapping[str, Mapping[str, float]], after: Sequence[Marks]) -> Iterator[str]:
    """What a regrading changed, a line for each submission that has other points than `before`, by submission and task."""
    for marks in after:
        old = before.get(marks.submission, {})
        moved = [
            f"{mark.name} {old[mark.name]:g} -> {mark.points:g}"
            for mark in marks.tasks if mark.name in old and old[mark.name] != mark.points
        ]
        if moved:
            yield f"{marks.submission}: {', '.join(moved)}"
