"""`deepkit exercises`: what authors of exercises need: begin a set, review it, and cut the learners' notebook out of it."""

from __future__ import annotations

import argparse
from pathlib import Path

from deepkit.commands._help import completed_by

DESCRIPTION = "Write exercises: one source notebook for each set, from which the learners' notebook is built."
EXAMPLES = {
    "deepkit exercises": "the sets there are",
    "deepkit exercises new trees --out source": "a set of one task, which works, to begin with: source/trees.ipynb",
    "deepkit exercises build --run source/trees.ipynb": "run it, review it and write the learners' notebook, trees.ipynb",
    "deepkit exercises build": "all of deepkit's own",
    "deepkit exercises build --check": "write nothing; exit 1 where a release is not what its source gives",
    "deepkit grade --self-test source/trees.ipynb": "our solutions earn all points, wrong answers none",
}
NOTES = """
A set is one notebook, NAME.ipynb in a folder `source`; its release lies beside that folder. Cells have the metadata of
nbgrader (schema 3), so that nbgrader's own tools work on the source as well. For a task X there are:

text: what is asked. Its last heading ends with the points, "## 2. Slide (3 points)"; three hints are folded away in it,
each as <details><summary>Hint 1</summary> ... </details>, from a nudge to nearly the solution. A program that is to be mended
stands there fenced, as ```python ... ```, whole or as the lines in the place of the answer; the self-test tries that it earns
nothing.

given code (grade_id, locked): runs before the answers below it. Other code cells only show something.

the answer (grade_id X, solution): our solution, between ### BEGIN SOLUTION and ### END SOLUTION, which learners find
replaced by a stub.

the test (grade_id X-check, grade, locked, points): first the public test, a few asserts whose messages teach and a
print; then, between ### BEGIN HIDDEN TESTS and ### END HIDDEN TESTS, one function check(answer, rng) below @hidden_test,
with the wrong answers that it must find, each with the hint that its author deserves. What it may use is in
help(deepkit.grade.hidden_test) and help(deepkit.grade.Answer). It runs where no line of the answer runs; only a probe
that it sends over (answer.probe, answer.graph, answer.runs) meets the answer's objects, and imports what it needs itself.
Draw inputs from rng; ask for values, and for graphs and runs of sessions as data; count nothing by what an object says of
itself.

A test cell with 0 points and no answer holds tools that several hidden tests share. A text cell with grade, solution and
0 points is an open question: its model answer stands between the marks of a solution; learners mark it themselves.

A source is stored with what its cells show: build --run runs it, which tries every test on our solutions, and keeps the
outputs. Those of cells in which nothing is to be answered go into the release.

A release in which somebody has written is not replaced unless --force says so.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `exercises`."""
    parser.add_argument("action", nargs="?", choices=("list", "new", "build"), default="list", help="(default: list)")
    name = parser.add_argument("names", metavar="NAME", nargs="*", help="names or source notebooks (build: default all)")
    completed_by(name, _names)
    parser.add_argument("--check", action="store_true", help="build: only tell what is not as it should be")
    parser.add_argument("--run", action="store_true", help="build: run the source first, and store what its cells show")
    parser.add_argument("--out", type=Path, metavar="PATH", help="new: the folder; build: the notebook to write")
    parser.add_argument("--force", action="store_true", help="build: replace a notebook in which somebody has written")


def run(args: argparse.Namespace) -> int:
    """Do what the parsed command line asks for and return the exit code."""
    _check_arguments(args)
    if args.action == "list":
        return show()
    if args.action == "new":
        return _begin(args.names[0], args.out)
    return min(1, sum(_build(name, args) for name in args.names or _names()))


def _check_arguments(args: argparse.Namespace) -> None:
    from deepkit.errors import ArgumentError

    alone = len(args.names) == 1
    fits = {"list": not args.names, "new": alone and not args.check, "build": alone or not args.out}
    if not fits[args.action] or (args.check and args.out):
        raise ArgumentError(
            f"deepkit exercises {args.action} does not go with these arguments",
            rule="new takes one name; --out with build takes one, too; --check goes with build alone",
            hint="deepkit exercises --help shows examples",
        )


def _store_outputs(path: Path) -> None:
    """Run a source in a kernel of its own and write what its cells show into it; a cell that fails leaves it as it was."""
    import json

    from deepkit.commands._notebook import Quiet, execute, load
    from deepkit.files import write_whole

    notebook, stored = load(path), json.loads(path.read_text("utf-8"))
    execute(notebook, path.parent, timeout=600, reporter=Quiet())
    for cell, ran in zip(stored["cells"], notebook.cells, strict=True):
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = ran.outputs, ran.execution_count
    write_whole(path, json.dumps(stored, indent=1, ensure_ascii=False) + "\n")
    print(f"ran {path}")


def show() -> int:
    """Print the exercises with their tasks and points."""
    import textwrap

    from deepkit.commands._help import columns
    from deepkit.grade.exercise import load_exercise

    for name in _names():
        exercise = load_exercise(name)
        tasks = ", ".join(f"{task.name} {task.points:g}" for task in exercise.tasks)
        print(f"{exercise.name}: {exercise.title}, {exercise.points:g} points")
        print(textwrap.fill(tasks, columns(), initial_indent="  ", subsequent_indent="  "))
    return 0


def _names() -> list[str]:
    from deepkit.grade.exercise import names

    return names()


def _begin(name: str, out: Path | None) -> int:
    import re

    from deepkit.errors import ArgumentError, ExistingDataError
    from deepkit.files import write_whole
    from deepkit.grade.authoring.skeleton import skeleton

    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        raise ArgumentError(f"{name!r} is no name for exercises", rule="small letters and digits, with hyphens between")
    folder = out or Path("source")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.ipynb"
    if path.exists():
        raise ExistingDataError(f"{path} is there already", hint="choose another name, or move it away")
    write_whole(path, skeleton(name))
    print(f"wrote {path}")
    return 0


def _build(name: str, args: argparse.Namespace) -> int:
    """Review a source and write its release; returns how many faults there are."""
    from deepkit.errors import ArgumentError
    from deepkit.grade.authoring.release import write_release
    from deepkit.grade.authoring.review import complaints
    from deepkit.grade.exercise import load_exercise

    exercise = load_exercise(name)
    if args.run:
        _store_outputs(exercise.path)
        exercise = load_exercise(exercise.path)
    found = list(complaints(exercise))
    for complaint in found:
        print(f"{exercise.name}: {complaint}")
    target = args.out or exercise.release_path
    if target is None:
        raise ArgumentError(
            f"where should the release of {exercise.path} go?", rule="a source lies in a folder named source",
            hint="say it with --out",
        )
    text = exercise.release()
    if args.check:
        if not target.is_file() or target.read_text("utf-8") != text:
            found.append("stale")
            print(f"{exercise.name}: {target} is not what the source gives: run deepkit exercises build {exercise.name}")
    else:
        write_release(text, target, force=args.force)
        print(f"wrote {target}")
    return len(found)
