"""Marks as text, JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
import textwrap
import unicodedata
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


def as_json(exercise: Exercise | None, seed: int, results: Sequence[Result]) -> str:
    """Everything there is to say, with the seed that reproduces it; without an exercise, of notebooks that belong to none."""
    submissions: list[dict[str, Any]] = []
    for result in results:
        marks = result.marks
        tasks = [{**asdict(task), "hints": list(result.hints.get(task.name, ()))} for task in marks.tasks]
        submissions.append({
            "student": printable(result.student), "submission": printable(marks.submission),
            "points": None if marks.error else marks.points, "tasks": tasks, "error": marks.error, "texts": dict(marks.texts),
        })
    named = {"exercise": None} if exercise is None else {"exercise": exercise.name, "seed": seed, "out_of": exercise.points}
    report = {**named, "submissions": submissions}
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"


def as_csv(exercise: Exercise | None, results: Sequence[Result]) -> str:
    """One row per student, one column per task; a submission that was not graded has empty cells, and the last says why.

    Without an exercise, these are notebooks that belong to none.

    Every cell is in quotation marks: nothing in a name parts it, whatever the spreadsheet takes for a separator.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    tasks, out_of = ([], "") if exercise is None else (list(exercise.tasks), f"{exercise.points:g}")
    writer.writerow(["student", "submission", *(task.name for task in tasks), "total", "out_of", "problem"])
    for result in results:
        marks = result.marks
        points = [f"{task.points:g}" for task in marks.tasks] or [""] * len(tasks)
        total = "" if marks.error else f"{marks.points:g}"
        names, problem = map(as_cell, (result.student, marks.submission)), as_cell((marks.error or "").partition("\n")[0])
        writer.writerow([*names, *points, total, out_of, problem])
    return text.getvalue()


def as_cell(text: str) -> str:
    """A text as a spreadsheet may see it: what it would calculate, in letters of full width too, begins with an apostrophe.

    >>> as_cell("=1+2.ipynb"), as_cell("anna.ipynb")
    ("'=1+2.ipynb", 'anna.ipynb')
    """
    shown = printable(text)
    first = unicodedata.normalize("NFKC", shown.lstrip()[:1])
    return f"'{shown}" if first[:1] in ("=", "+", "-", "@", "|", "%", "'") else shown
