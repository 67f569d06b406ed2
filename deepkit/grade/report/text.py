"""Marks as text, JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
import textwrap
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from deepkit.errors import printable
from deepkit.grade.exercise import Exercise
from deepkit.grade.grading import Marks
from deepkit.grade.report.results import Result


def as_text(result: Result) -> str:
    """A table for one submission: a line per task, the reason and hints below what was not right, and the total."""
    marks = result.marks
    if marks.error:
        return f"{printable(marks.submission)}: not graded\n{textwrap.indent(marks.error, '  ')}"
    width = max(len(task.name) for task in marks.tasks)
    lines = [printable(marks.submission)]
    for task in marks.tasks:
        sign = "✓" if task.points == task.out_of else "✗"
        lines.append(f"  {sign} {task.name:<{width}}  {task.points:>5g} / {task.out_of:g}")
        if task.points < task.out_of:
            for text in (task.message, *(f"hint: {hint}" for hint in result.hints.get(task.name, ()))):
                lines += textwrap.wrap(text, 100, initial_indent="      ", subsequent_indent="      ")
    lines.append(f"    {'total':<{width}}  {marks.points:>5g} / {marks.out_of:g}")
    return "\n".join(lines)


def as_line(marks: Marks) -> str:
    """One line for one submission among many."""
    if marks.error:
        return f"{printable(marks.submission)}: not graded: {marks.error.splitlines()[0]}"
    short = [task.name for task in marks.tasks if task.points < task.out_of]
    return f"{printable(marks.submission)}: {marks.points:g} / {marks.out_of:g}" + (
        f"  (not right: {', '.join(short)})" if short else ""
    )


def as_json(exercise: Exercise, seed: int, results: Sequence[Result]) -> str:
    """Everything there is to say, with the seed that reproduces it."""
    submissions: list[dict[str, Any]] = []
    for result in results:
        marks = result.marks
        tasks = [{**asdict(task), "hints": list(result.hints.get(task.name, ()))} for task in marks.tasks]
        submissions.append({
            "student": printable(result.student), "submission": printable(marks.submission),
            "points": None if marks.error else marks.points, "tasks": tasks, "error": marks.error, "texts": dict(marks.texts),
        })
    report = {"exercise": exercise.name, "seed": seed, "out_of": exercise.points, "submissions": submissions}
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"


def as_csv(exercise: Exercise, results: Sequence[Result]) -> str:
    """One row per student, one column per task; a submission that was not graded has empty cells."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["student", "submission", *(task.name for task in exercise.tasks), "total", "out_of"])
    for result in results:
        marks = result.marks
        points = [f"{task.points:g}" for task in marks.tasks] or [""] * len(exercise.tasks)
        total = "" if marks.error else f"{marks.points:g}"
        writer.writerow([as_cell(result.student), as_cell(marks.submission), *points, total, f"{exercise.points:g}"])
    return text.getvalue()


def as_cell(text: str) -> str:
    """A text as a spreadsheet may see it: what it would calculate begins with an apostrophe.

    >>> as_cell("=1+2.ipynb"), as_cell("anna.ipynb")
    ("'=1+2.ipynb", 'anna.ipynb')
    """
    shown = printable(text)
    return f"'{shown}" if shown[:1] in ("=", "+", "-", "@", "|", "%", "'") else shown
