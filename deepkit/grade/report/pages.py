"""Marks as web pages that need no network: one for each submission, and the class's overview."""

from __future__ import annotations

import hashlib
import html
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from deepkit.errors import printable
from deepkit.files import write_whole
from deepkit.grade.exercise import Exercise
from deepkit.grade.grading import TaskMarks
from deepkit.grade.report.results import Result

_STYLE = """
:root { color-scheme: light dark; --ink: #1c1e21; --paper: #fff; --soft: #f2f4f7; --line: #c9ced6; --quiet: #5a6370;
  --right: #1a7f4b; --wrong: #b3362b; --part: #2f6fb5; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e7eb; --paper: #16181c; --soft: #22262c; --line: #424952;
  --quiet: #a2abb7; --right: #58c48c; --wrong: #f0897f; --part: #7db3ec; } }
body { background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto;
  max-width: 60rem; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: .2rem; } h2 { font-size: 1.15rem; margin: 1.8rem 0 .3rem; } section h2 { margin: 0; }
p { margin: .4rem 0; } .quiet { color: var(--quiet); } .total { font-size: 1.25rem; }
a { color: var(--part); }
section { border: 1px solid var(--line); border-left: .4rem solid var(--line); border-radius: .3rem; margin: 1rem 0;
  padding: .7rem 1rem; }
section.right { border-left-color: var(--right); } section.wrong { border-left-color: var(--wrong); }
section header { display: flex; justify-content: space-between; gap: 1rem; }
.points { white-space: nowrap; font-variant-numeric: tabular-nums; }
pre { background: var(--soft); border-radius: .3rem; margin: .5rem 0; overflow-x: auto; padding: .6rem; white-space: pre-wrap;
  overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .7rem; text-align: right; white-space: nowrap; }
th:first-child, td:first-child, .text { text-align: left; } td.text { white-space: normal; }
td.right { color: var(--right); } td.wrong { color: var(--wrong); }
.bar { background: var(--soft); display: block; height: 1rem; width: 12rem; }
.bar span { background: var(--part); display: block; height: 100%; }
"""


def write_pages(folder: Path, exercise: Exercise, results: Sequence[Result], seed: int) -> Path:
    """Write a page for each result and `index.html` beside them; returns the path of the overview."""
    names = [page_name(result) for result in results]
    for name, result in zip(names, results, strict=True):
        write_whole(folder / name, student_page(exercise, result, seed))
    overview = folder / "index.html"
    write_whole(overview, class_page(exercise, list(zip(names, results, strict=True)), seed))
    return overview


def page_name(result: Result) -> str:
    """The file of a submission's page: its student's name as far as a file may bear it, and what tells it from others."""
    readable = re.sub(r"[^A-Za-z0-9_-]+", "-", result.student).strip("-")[:60] or "student"
    digest = hashlib.sha256(result.marks.submission.encode("utf-8", "surrogateescape"))
    return f"{readable}-{digest.hexdigest()[:16]}.html"  # so long that nobody finds a name that leads to a neighbour's page


def student_page(exercise: Exercise, result: Result, seed: int) -> str:
    """What a student is told: points, what went wrong on which case, the hint for it, and model answers to open questions."""
    marks = result.marks
    body = [f"<h1>{_text(exercise.title)}</h1>", f'<p class="quiet">{_text(result.student)}</p>']
    if marks.error:
        body.append(f"<p><strong>Not graded.</strong></p><pre>{_text(marks.error)}</pre>")
    else:
        body.append(f'<p class="total"><strong>{marks.points:g}</strong> of {marks.out_of:g} points</p>')
    body += [_section(exercise, mark, result.hints.get(mark.name, ())) for mark in marks.tasks]
    for question in exercise.questions if not marks.error else ():
        answered = marks.texts.get(question.name, "").strip()
        theirs = f"<pre>{_text(answered)}</pre>" if answered else "<p>(not answered)</p>"
        body.append(
            f"<section><h2>Open question</h2><p>{_code(question.story)}</p><p><strong>Your answer</strong></p>{theirs}"
            f"<details><summary>A model answer: compare, and mark it yourself</summary><p>{_code(question.model)}</p>"
            "</details></section>"
        )
    body.append(f'<p class="quiet">Marks of the seed {seed}: the same notebook earns them again with it.</p>')
    return _page(f"{exercise.title}: {result.student}", body)


def _section(exercise: Exercise, mark: TaskMarks, hints: Sequence[str]) -> str:
    """What one answer earned and why, the hints for it, and what it took."""
    right = mark.points == mark.out_of
    said = "<p>Right.</p>" if right else f"<pre>{_text(mark.message)}</pre>"
    told = "".join(f"<p><strong>Hint.</strong> {_code(hint)}</p>" for hint in hints)
    points = f'<span class="points">{mark.points:g} / {mark.out_of:g}</span>'
    title = re.sub(r"\s*\([\d.]+ points?\)$", "", exercise.task(mark.name).title)
    heading = f"<header><h2>{_text(title)}</h2>{points}</header>"
    took = "" if mark.seconds is None else f'<p class="quiet">{mark.seconds:.2f} s, {mark.memory_mb or 0:.0f} MB</p>'
    return f'<section class="{"right" if right else "wrong"}">{heading}{said}{told}{took}</section>'


def class_page(exercise: Exercise, pages: Sequence[tuple[str, Result]], seed: int) -> str:
    """What an instructor sees first: the distribution of each task and of the totals, and who has what."""
    results = [result for _, result in pages]
    graded = [result for result in results if not result.marks.error]
    body = [f"<h1>{_text(exercise.title)}</h1>"]
    mean = sum(result.marks.points for result in graded) / len(graded) if graded else 0.0
    told = f"{len(graded)} submissions, {mean:.1f} of {exercise.points:g} points on average, seed {seed}"
    failed = len(results) - len(graded)
    body.append(f'<p class="quiet">{told}{f"; {failed} could not be graded" if failed else ""}</p>')
    body += [_distribution(exercise, graded), _totals(exercise, graded), _table(exercise, pages)]
    return _page(f"{exercise.title}: overview", body)


def _distribution(exercise: Exercise, graded: Sequence[Result]) -> str:
    rows = []
    for task in exercise.tasks:
        marks = [(result, mark) for result in graded for mark in result.marks.tasks if mark.name == task.name]
        right = sum(mark.points == mark.out_of for _, mark in marks)
        common = Counter(hint for result, mark in marks for hint in result.hints.get(mark.name, ())).most_common(1)
        often = f"{common[0][1]} x {_code(common[0][0])}" if common else ""
        rows.append(
            f"<tr><td>{_text(task.name)}</td><td>{task.points:g}</td><td>{right} of {len(marks)}</td>"
            f'<td>{_bar(right, len(marks))}</td><td class="text">{often}</td></tr>'
        )
    head = "".join(f"<th>{name}</th>" for name in ("task", "points", "right"))
    head = f'<tr>{head}<th class="text">share</th><th class="text">the hint that most need</th></tr>'
    return f'<h2>Tasks</h2><div class="scroll"><table>{head}{"".join(rows)}</table></div>'


def _totals(exercise: Exercise, graded: Sequence[Result]) -> str:
    """A histogram of the totals, in five classes of equal width."""
    classes = 5
    counts = Counter(min(int(classes * result.marks.points / exercise.points), classes - 1) for result in graded)
    rows = []
    for i in reversed(range(classes)):
        low, high = exercise.points * i / classes, exercise.points * (i + 1) / classes
        label = f"{low:g} to {'' if i == classes - 1 else 'under '}{high:g}"
        rows.append(f"<tr><td>{label}</td><td>{counts[i]}</td><td>{_bar(counts[i], len(graded))}</td></tr>")
    head = '<tr><th>points in all</th><th>submissions</th><th class="text">share</th></tr>'
    return f'<h2>Totals</h2><div class="scroll"><table>{head}{"".join(rows)}</table></div>'


def _table(exercise: Exercise, pages: Iterable[tuple[str, Result]]) -> str:
    head = "".join(f"<th>{_text(task.name)}</th>" for task in exercise.tasks)
    rows = []
    for name, result in pages:
        marks: Mapping[str, tuple[float, float]] = {m.name: (m.points, m.out_of) for m in result.marks.tasks}
        cells = "".join(
            f'<td class="{"right" if points == most else "wrong"}">{points:g}</td>' for points, most in marks.values()
        ) or f'<td colspan="{len(exercise.tasks)}">not graded</td>'
        total = "" if result.marks.error else f"{result.marks.points:g}"
        rows.append(f'<tr><td><a href="{name}">{_text(result.student)}</a></td>{cells}<td>{total}</td></tr>')
    table = f"<tr><th>student</th>{head}<th>total</th></tr>{''.join(rows)}"
    return f'<h2>Submissions</h2><div class="scroll"><table>{table}</table></div>'


def _bar(count: int, out_of: int) -> str:
    share = round(100 * count / out_of) if out_of else 0
    return f'<span class="bar" role="img" aria-label="{share} %"><span style="width:{share}%"></span></span>'


def _page(title: str, body: Iterable[str]) -> str:
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_text(title)}</title><style>{_STYLE}</style>"
    )
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head><body>\n' + "\n".join(body) + "\n</body></html>\n"


def _code(text: str) -> str:
    """A short text of ours as HTML: what stands in `...` or **...** as such, paragraphs parted."""
    shown = re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))
    return re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", shown).replace("\n\n", "</p><p>")


def _text(text: str) -> str:
    """A stranger's text as HTML: escaped, without control codes, its lines kept."""
    return html.escape("\n".join(printable(line) for line in text.splitlines()))
