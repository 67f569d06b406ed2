"""`deepkit grade`: mark submissions, test an exercise against answers with known marks, release it to students."""

from __future__ import annotations

import argparse
import secrets
import sys
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING

from deepkit.commands._help import columns, completed_by

if TYPE_CHECKING:
    from deepkit.grade.exercise import Exercise

DESCRIPTION = "Mark submissions of an exercise."
EXAMPLES = {
    "deepkit grade --list": "the exercises, their tasks and points",
    "deepkit grade first-gradients anna.ipynb": "marks of one submission, with reasons",
    "deepkit grade first-gradients handed-in --csv marks.csv --json marks.json": "all notebooks in a folder",
    "deepkit grade --self-test first-gradients": "our solutions earn all points, wrong answers none",
    "deepkit grade --release first-gradients": "write the students' notebook",
}
NOTES = """
EXERCISE is the name of one of deepkit's exercises or the path of a folder with master.ipynb and tests.py.
Only the text of the answer cells is taken from a submission; each answer runs in a process of its own, with
limits, and is judged on the values it returns. Random inputs come from one seed for all submissions of a run; it
is printed, and --seed with it gives the same marks again. Links are not followed.

Before the first marks the exercise itself is tested on answers whose marks are known. That it passed is remembered in
your cache folder until the exercise or deepkit changes.

Every mark of several submissions is written to a journal at once. The same command again goes on where it was
stopped, or grades what is new; what an exercise has changed since is graded again.

Linux (5.13 or newer, x86_64 or aarch64) keeps answers from files, processes and networks that are not theirs, whoever
you are. Where the system cannot, answers run unfenced: you are told so, and several submissions are refused unless
you say --trust-submissions. A container is a fence as well; it needs neither network nor rights:

  docker run --rm --network none --read-only --tmpfs /tmp \\
    --cap-drop ALL --pids-limit 256 --memory 4g \\
    -v "$PWD/handed-in:/in:ro" -v "$PWD/marks:/out" \\
    -w /out IMAGE \\
    deepkit grade first-gradients /in --csv marks.csv

The exit code is 0 when everything was graded, whatever the marks, and 1 when something could not be.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `grade`."""
    exercise = parser.add_argument("exercise", metavar="EXERCISE", nargs="?", help="name or folder of the exercise")
    completed_by(exercise, _exercise_names)
    parser.add_argument("submissions", metavar="SUBMISSION", nargs="*", type=Path, help="notebooks, or folders of them")
    parser.add_argument("--list", action="store_true", help="list the exercises with their tasks and points")
    parser.add_argument("--journal", type=Path, metavar="FILE", help="of several: keep marks there (EXERCISE-marks.jsonl)")
    parser.add_argument("--jobs", type=int, metavar="N", help="submissions at a time (default: one for each core)")
    parser.add_argument(
        "--trust-submissions", action="store_true", help="mark several even where the system cannot fence them in"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all marks and messages as JSON")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write a table of points, one row per submission")
    parser.add_argument(
        "--seed", type=int, metavar="N", help="repeat a run: the seed it printed (default: a fresh one)"
    )
    parser.add_argument("--quick", action="store_true", help="do not self-test the exercise before marking")
    parser.add_argument("--self-test", action="store_true", help="only test the exercise itself")
    parser.add_argument("--release", action="store_true", help="write the students' notebook beside the folder")
    parser.add_argument("--out", type=Path, metavar="FILE", help="with --release: write it there instead")
    parser.add_argument("--force", action="store_true", help="with --release: replace a notebook that is there already")


def run(args: argparse.Namespace) -> int:
    """Do what the parsed command line asks for and return the exit code."""
    from deepkit.errors import ArgumentError, GradingError
    from deepkit.grade.exercise import load_exercise

    if args.list:
        return _list()
    if args.exercise is None:
        raise ArgumentError("which exercise?", hint="deepkit grade --list shows them")
    modes = bool(args.submissions) + args.self_test + args.release
    too_small = any(number is not None and number < least for number, least in ((args.seed, 0), (args.jobs, 1)))
    if modes != 1 or (args.out and not args.release) or too_small:
        raise ArgumentError(
            "deepkit grade needs submissions, or --self-test, or --release",
            rule="exactly one of the three; --out goes with --release; a seed is not negative, and jobs are positive",
            hint="deepkit grade --help shows examples",
        )
    for report in (args.json, args.csv, args.out, args.journal):
        if report and not report.parent.is_dir():
            raise GradingError(f"cannot write {report}: there is no folder {report.parent}", hint="make it first")
    exercise = load_exercise(args.exercise)
    seed = secrets.randbits(32) if args.seed is None else args.seed
    if args.release:
        return _release(exercise, args.out, args.force)
    if args.self_test:
        return 0 if _self_test(exercise, seed, quiet=False) else 1
    if not args.quick:
        _prove(exercise, seed)

    return _grade(exercise, args, seed)


def _grade(exercise: Exercise, args: argparse.Namespace, fresh_seed: int) -> int:
    """Grades submissions one by one or in a batch, tells the marks, and writes the reports."""
    import tempfile

    from deepkit.device.cores import usable_cores
    from deepkit.files import write_whole
    from deepkit.grade.batch import grade_all
    from deepkit.grade.journal import Journal
    from deepkit.grade.report import as_csv, as_json, as_line, as_text

    several, submissions = _notebooks(args.submissions)
    _check_walls(several and not args.trust_submissions)
    with tempfile.TemporaryDirectory() as scratch:
        place = args.journal or Path(f"{exercise.name}-marks.jsonl" if several else f"{scratch}/marks.jsonl")
        with Journal(place, exercise, args.seed, fresh_seed) as journal:
            if several:
                print(f"{len(submissions)} notebooks, seed {journal.seed}, journal {place}", flush=True)
            all_marks = []
            for marks in grade_all(exercise, submissions, journal, jobs=args.jobs or usable_cores()):
                all_marks.append(marks)
                done = f"{len(all_marks)}/{len(submissions)} " if several else ""
                print(done + (as_line(marks) if several else as_text(marks)), flush=True)
    print(f"seed {journal.seed}")
    reports = ((args.json, as_json(exercise, journal.seed, all_marks)), (args.csv, as_csv(exercise, all_marks)))
    for path, text in reports:
        if path:
            write_whole(path, text)
    return 1 if any(marks.error for marks in all_marks) else 0


def _notebooks(named: list[Path]) -> tuple[bool, list[Path]]:
    """Whether more than one may be meant, and the notebooks that are: those named, and all in the folders named."""
    from deepkit.grade.files import notebooks_in

    folders = [path for path in named if path.is_dir() and not path.is_symlink()]
    found = [list(notebooks_in(path)) if path in folders else [path] for path in named]
    return len(named) > 1 or bool(folders), list(dict.fromkeys(path for paths in found for path in paths))


def _check_walls(refuse: bool) -> None:
    """Says so where answers run unfenced, and refuses a batch of them."""
    from deepkit.errors import GradingError
    from deepkit.grade.process import Host

    with Host() as host:
        walls = host.walls()
    if walls.hold:
        return
    if refuse:
        raise GradingError(
            "answers would run unfenced: this system cannot keep them from your files",
            rule="several submissions are graded where the kernel has Landlock and seccomp (Linux 5.13 or newer)",
            hint="grade in a container (deepkit grade --help), or say --trust-submissions if you know who wrote them",
        )
    print("answers run unfenced: this system cannot keep them from your files", file=sys.stderr)


def _exercise_names() -> list[str]:
    from deepkit.grade.exercise import names

    return names()


def _list() -> int:
    from deepkit.grade.exercise import load_exercise

    for name in _exercise_names():
        exercise = load_exercise(name)
        tasks = ", ".join(f"{task.name} {task.points:g}" for task in exercise.tasks)
        print(f"{exercise.name}: {exercise.title}, {exercise.points:g} points")
        print(textwrap.fill(tasks, columns(), initial_indent="  ", subsequent_indent="  "))
    return 0


def _release(exercise: Exercise, out: Path | None, force: bool) -> int:
    """Writes the students' notebook; one that is there already is replaced only if it is told so, or is the same."""
    from deepkit.errors import ExistingDataError
    from deepkit.files import write_whole

    target = out or exercise.folder.parent / f"{exercise.name}.ipynb"
    text = exercise.release()
    if target.exists() and not force and target.read_bytes() != text.encode():
        raise ExistingDataError(
            f"{target} is there already and is another notebook: it may hold answers",
            hint="choose another name with --out, or say --force to replace it",
        )
    write_whole(target, text)
    print(f"wrote {target}")
    return 0


def _prove(exercise: Exercise, seed: int) -> None:
    """Runs the exercise's own test, once for this content of it; GradingError where it fails."""
    from deepkit.errors import GradingError
    from deepkit.grade import proof

    if proof.is_proven(exercise):
        return
    began = time.perf_counter()
    print(f"testing {exercise.name} itself first (once, as long as it does not change)", file=sys.stderr, flush=True)
    if not _self_test(exercise, seed, quiet=True):
        raise GradingError(
            f"{exercise.name} fails its own test, so its marks would mean nothing",
            hint=f"deepkit grade --self-test {exercise.name} shows everything it tried",
        )
    print(f"it is sound: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    proof.remember(exercise)


def _self_test(exercise: Exercise, seed: int, quiet: bool) -> bool:
    from deepkit.grade.grading import count_trials, self_test

    passed, count = True, count_trials(exercise)
    for number, (tried, problem) in enumerate(self_test(exercise, seed=seed), start=1):
        passed &= problem is None
        if quiet:
            _progress(f"  {number}/{count} {tried}", number, count)
        if problem or not quiet:
            _progress("")
            print(f"  {'✗' if problem else '✓'} {tried}" + (f": {problem}" if problem else ""), flush=True)
    _progress("")
    return passed


def _progress(text: str, number: int = 0, count: int = 0) -> None:
    """At a terminal one line that is written over; elsewhere a plain line for each quarter of `count`."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text[:100]}", end="", file=sys.stderr, flush=True)
    elif count and 4 * number // count != 4 * (number - 1) // count:
        print(text, file=sys.stderr, flush=True)
