"""Marks as text, JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
import textwrap
from typing import Any

from deepkit.grade.exercise import Exercise
from deepkit.grade.files import printable
from deepkit.grade.grading import Marks


def as_text(marks: Marks) -> str:
    """A table for one submission: a line per task, the reason below what was not right, and the total."""
    if marks.error:
        return f"{printable(marks.submission)}: not graded\n{textwrap.indent(marks.error, '  ')}"
    width = max(len(task.name) for task in marks.tasks)
    lines = [printable(marks.submission)]
    for task in marks.tasks:
        sign = "✓" if task.points == task.out_of else "✗"
        lines.append(f"  {sign} {task.name:<{width}}  {task.points:>5g} / {task.out_of:g}")
        if task.points < task.out_of:
            lines += textwrap.wrap(task.message, 100, initial_indent="      ", subsequent_indent="      ")
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


def as_json(exercise: Exercise, seed: int, all_marks: list[Marks]) -> str:
    """Everything there is to say, with the seed that reproduces it."""
    submissions: list[dict[str, Any]] = []
    for marks in all_marks:
        tasks = [
            {"name": task.name, "points": task.points, "out_of": task.out_of, "message": task.message}
            for task in marks.tasks
        ]
        total = None if marks.error else marks.points
        submissions.append({"submission": printable(marks.submission), "points": total, "tasks": tasks, "error": marks.error})
    report = {"exercise": exercise.name, "seed": seed, "out_of": exercise.points, "submissions": submissions}
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"


def as_csv(exercise: Exercise, all_marks: list[Marks]) -> str:
    """One row per submission, one column per task; a submission that was not graded has empty cells."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["submission", *(task.name for task in exercise.tasks), "total", "out_of"])
    for marks in all_marks:
        points = [f"{task.points:g}" for task in marks.tasks] or [""] * len(exercise.tasks)
        writer.writerow([as_cell(marks.submission), *points, "" if marks.error else f"{marks.points:g}", f"{exercise.points:g}"])
    return text.getvalue()


def as_cell(text: str) -> str:
    """A text as a spreadsheet may see it: what it would calculate begins with an apostrophe.

    >>> as_cell("=1+2.ipynb"), as_cell("anna.ipynb")
    ("'=1+2.ipynb", 'anna.ipynb')
    """
    shown = printable(text)
    return f"'{shown}" if shown[:1] in ("=", "+", "-", "@", "|", "%", "'") else shown
