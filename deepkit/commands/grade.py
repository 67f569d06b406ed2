"""`deepkit grade`: mark submissions, test an exercise against answers with known marks, release it to students."""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from deepkit.commands._help import completed_by

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deepkit.grade.exercise import Exercise
    from deepkit.grade.grading import Marks
    from deepkit.grade.journal import Journal
    from deepkit.grade.report.results import Result

DESCRIPTION = "Mark submissions of an exercise."
EXAMPLES = {
    "deepkit grade --list": "the exercises, their tasks and points",
    "deepkit grade regression anna.ipynb": "marks of one submission, with reasons",
    "deepkit grade regression handed-in --csv marks.csv --json marks.json": "all notebooks in a folder",
    "deepkit grade handed-in --html pages": "of whatever exercises: a page for each student, and an overview",
    "deepkit grade --self-test regression": "our solutions earn all points, wrong answers none",
    "deepkit grade --release regression": "write the students' notebook",
}
NOTES = """
EXERCISE is the name of one of deepkit's exercises or the path of a source notebook (deepkit exercises --help).
Only the text of the answer cells is taken from a submission; each answer runs in a process of its own, with
limits, and is judged on the values it returns. Random inputs come from one seed for all submissions of a run; it
is printed, and --seed with it gives the same marks again. Links are not followed.

Without an EXERCISE, each notebook is graded as what it was released from; with several, the reports bear their names.

Before the first marks the exercise itself is tested on answers whose marks are known. That it passed is remembered in
your cache folder until the exercise or deepkit changes.

Every mark of several submissions is written to a journal at once. The same command again goes on where it was
stopped, or grades what is new. What an exercise has changed since is graded again, with the same seed: you are told
whose points moved, and the marks before are kept beside the journal.

A student's page says, for each task, the case that failed, the hint that goes with it, and the CPU time and the
memory that the answer took beyond the libraries'; nothing of the tests. The JSON says the same.

Linux (5.13 or newer, x86_64 or aarch64) keeps answers from files, processes and networks that are not theirs, whoever
you are. Where the system cannot, answers run unfenced: you are told so, and several submissions are refused unless
you say --trust-submissions. A container is a fence as well; it needs neither network nor rights:

  docker run --rm --network none --read-only --tmpfs /tmp \\
    --cap-drop ALL --pids-limit 256 --memory 4g \\
    -v "$PWD/handed-in:/in:ro" -v "$PWD/marks:/out" \\
    -w /out IMAGE \\
    deepkit grade regression /in --csv marks.csv

The exit code is 0 when everything was graded, whatever the marks, and 1 when something could not be.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `grade`."""
    exercise = parser.add_argument("exercise", metavar="EXERCISE", nargs="?", help="name or source notebook of the exercise")
    completed_by(exercise, _exercise_names)
    parser.add_argument("submissions", metavar="SUBMISSION", nargs="*", type=Path, help="notebooks, or folders of them")
    parser.add_argument("--list", action="store_true", help="list the exercises with their tasks and points")
    parser.add_argument("--journal", type=Path, metavar="FILE", help="of several: keep marks there (EXERCISE-marks.jsonl)")
    parser.add_argument("--jobs", type=int, metavar="N", help="submissions at a time (default: one for each core)")
    parser.add_argument(
        "--trust-submissions", action="store_true", help="mark several even where the system cannot fence them in"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all marks and messages as JSON")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write a table of points, one row per student")
    parser.add_argument("--html", type=Path, metavar="DIR", help="write a web page for each student, and the class's overview")
    parser.add_argument(
        "--seed", type=int, metavar="N", help="repeat a run: the seed it printed (default: a fresh one)"
    )
    parser.add_argument("--quick", action="store_true", help="do not self-test the exercise before marking")
    parser.add_argument("--self-test", action="store_true", help="only test the exercise itself")
    parser.add_argument("--release", action="store_true", help="write the students' notebook")
    parser.add_argument("--out", type=Path, metavar="FILE", help="with --release: write it there instead")
    parser.add_argument("--force", action="store_true", help="with --release: replace a notebook that is there already")


def run(args: argparse.Namespace) -> int:
    """Do what the parsed command line asks for and return the exit code."""
    from deepkit.commands.exercises import show
    from deepkit.errors import ArgumentError
    from deepkit.grade.exercise import load_exercise

    if args.list:
        return show()
    if args.exercise is None:
        raise ArgumentError("which exercise?", hint="deepkit grade --list shows them")
    seed = secrets.randbits(32) if args.seed is None else args.seed
    if not (args.self_test or args.release) and _is_handed_in(args.exercise):
        args.submissions.insert(0, Path(args.exercise))
        args.exercise = None
    _check_arguments(args)
    if args.exercise is None:
        return _grade_each(args, seed)
    exercise = load_exercise(args.exercise)
    if args.release:
        return _release(exercise, args.out, args.force)
    if args.self_test:
        return 0 if _self_test(exercise, seed, quiet=False) else 1
    several, submissions = _notebooks(args.submissions)
    return _grade(exercise, several, submissions, args, seed)


def _check_arguments(args: argparse.Namespace) -> None:
    """Refuses what the options do not allow together, and reports into folders that are not there."""
    from deepkit.errors import ArgumentError, GradingError

    modes = bool(args.submissions) + args.self_test + args.release
    too_small = any(number is not None and number < least for number, least in ((args.seed, 0), (args.jobs, 1)))
    if modes != 1 or (args.out and not args.release) or too_small:
        raise ArgumentError(
            "deepkit grade needs submissions, or --self-test, or --release",
            rule="exactly one of the three; --out goes with --release; a seed is not negative, and jobs are positive",
            hint="deepkit grade --help shows examples",
        )
    for report in (args.json, args.csv, args.html, args.out, args.journal):
        if report and not report.parent.is_dir():
            raise GradingError(f"cannot write {report}: there is no folder {report.parent}", hint="make it first")


def _is_handed_in(name: str) -> bool:
    """Whether the first argument is no exercise but a folder of submissions, or one of them.

    A source lies in a folder of sources. By what is in it, nobody's notebook becomes one, for the tests of a source are run.
    """
    from deepkit.grade.exercise import SOURCES, names

    path = Path(name)
    return name not in names() and (path.is_dir() or (path.is_file() and path.absolute().parent.name != SOURCES))


def _grade_each(args: argparse.Namespace, seed: int) -> int:
    """Grades submissions to several exercises, those of each together; reports bear the exercise's name behind their own.

    Notebooks that belong to no exercise stand in reports named "unknown", or in the one report there is.
    """
    from deepkit.grade.batch import by_exercise
    from deepkit.grade.exercise import load_exercise
    from deepkit.grade.report.results import strays
    from deepkit.grade.report.text import as_line

    several, submissions = _notebooks(args.submissions)
    groups, refused = by_exercise(submissions)
    for marks in refused:
        print(as_line(marks), flush=True)
    code = 1 if refused else 0
    if len(groups) != 1 and refused:
        _write_reports(None, seed, strays(refused), _renamed(args, "unknown"))
    for name, paths in groups.items():
        if len(groups) > 1:
            print(f"{name}:", flush=True)
            code |= _grade(load_exercise(name), several, paths, _renamed(args, name), seed)
        else:
            code |= _grade(load_exercise(name), several, paths, args, seed, refused)
    return code


def _renamed(args: argparse.Namespace, name: str) -> argparse.Namespace:
    """The arguments, with a name behind those of all reports."""
    theirs = argparse.Namespace(**vars(args))
    for report in ("json", "csv", "html", "journal"):
        place = getattr(args, report)
        setattr(theirs, report, place and place.with_name(f"{place.stem}-{name}{place.suffix}"))
    return theirs


def _grade(
    exercise: Exercise, several: bool, submissions: list[Path], args: argparse.Namespace, fresh_seed: int,
    refused: Sequence[Marks] = (),
) -> int:
    """Grades submissions one by one or in a batch, tells the marks, and writes the reports, with those `refused` before."""
    import tempfile

    from deepkit.grade.journal import Journal
    from deepkit.grade.report.results import results_of, strays
    from deepkit.grade.report.text import as_text

    if not args.quick:
        _prove(exercise, fresh_seed)
    _check_walls(several and not args.trust_submissions)
    with tempfile.TemporaryDirectory() as scratch:
        place = args.journal or Path(f"{exercise.name}-marks.jsonl" if several else f"{scratch}/marks.jsonl")
        with Journal(place, exercise, args.seed, fresh_seed) as journal:
            all_marks = list(_marks(exercise, several, submissions, journal, args.jobs))
    results = [*results_of(exercise, journal.seed, all_marks), *strays(refused)]
    if not several:
        print(*map(as_text, results), sep="\n")
    print(f"seed {journal.seed}")
    _tell_changes(journal, all_marks)
    _write_reports(exercise, journal.seed, results, args)
    return 1 if any(marks.error for marks in all_marks) else 0


def _marks(exercise: Exercise, several: bool, submissions: list[Path], journal: Journal, jobs: int | None) -> Iterator[Marks]:
    """The marks of each submission; of several, each is told when it is there."""
    from deepkit.device.machine import usable_cores
    from deepkit.grade.batch import grade_all
    from deepkit.grade.report.text import as_line

    if several:
        print(f"{len(submissions)} notebooks, seed {journal.seed}, journal {journal.path}", flush=True)
    for number, marks in enumerate(grade_all(exercise, submissions, journal, jobs=jobs or usable_cores()), start=1):
        if several:
            print(f"{number}/{len(submissions)} {as_line(marks)}", flush=True)
        yield marks


def _tell_changes(journal: Journal, all_marks: list[Marks]) -> None:
    from deepkit.grade.report.results import changes

    if journal.previous:
        print(f"regraded, for the tests have changed; the marks before are in {journal.before}")
        print(*(f"  {line}" for line in changes(journal.previous, all_marks)), sep="\n")


def _write_reports(exercise: Exercise | None, seed: int, results: Sequence[Result], args: argparse.Namespace) -> None:
    from deepkit.files import write_whole
    from deepkit.grade.report.pages import write_pages
    from deepkit.grade.report.text import as_csv, as_json

    if args.json:
        write_whole(args.json, as_json(exercise, seed, results))
    if args.csv:
        write_whole(args.csv, as_csv(exercise, results))
    if args.html and exercise is not None:
        args.html.mkdir(exist_ok=True)
        print(f"wrote {write_pages(args.html, exercise, results, seed)} and a page for each submission")


def _notebooks(named: list[Path]) -> tuple[bool, list[Path]]:
    """Whether more than one may be meant, and the notebooks that are: those named, and all in the folders named."""
    from deepkit.grade.files import notebooks_in

    folders = [path for path in named if path.is_dir() and not path.is_symlink()]
    passed_over: list[Path] = []
    found = [list(notebooks_in(path, passed_over)) if path in folders else [path] for path in named]
    _tell_passed_over(passed_over)
    return len(named) > 1 or bool(folders), list(dict.fromkeys(path for paths in found for path in paths))


def _tell_passed_over(paths: list[Path]) -> None:
    from deepkit.errors import printable

    if paths:
        told = ", ".join(map(printable, paths[:5])) + (f" and {len(paths) - 5} more" if paths[5:] else "")
        print(f"passed over, as programs make them: {told}; name one as a SUBMISSION to have it graded", flush=True)


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


def _release(exercise: Exercise, out: Path | None, force: bool) -> int:
    from deepkit.grade.authoring.release import write_release

    target = out or exercise.release_path or Path(f"{exercise.name}.ipynb")
    write_release(exercise.release(), target, force=force)
    print(f"wrote {target}")
    return 0


def _prove(exercise: Exercise, seed: int) -> None:
    """Runs the exercise's own test, once for this content of it; GradingError where it fails."""
    from deepkit.errors import GradingError
    from deepkit.grade.authoring import proof

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
