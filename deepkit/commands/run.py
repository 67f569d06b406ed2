"""`deepkit run`: execute a chapter in a fresh kernel and write it as HTML."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deepkit.commands._chapters import chapter_names
from deepkit.commands._help import completed_by
from deepkit.commands._launch import require
from deepkit.errors import ArgumentError, DataError

DESCRIPTION = "Run a chapter from its first to its last cell in a fresh kernel and write it as HTML."
EXAMPLES = {
    "deepkit run --list": "the chapters and their titles",
    "deepkit run ch00": "writes the chapter, with all its results, to ./ch00*.html",
    "deepkit run c05 --out pages": "... to the folder pages",
    "deepkit run my/notebook.ipynb": "any notebook",
}
NOTES = """
CHAPTER is a name, the beginning of one, a number (5, ch5, c05), or the path of a notebook. The notebook itself is
never written: a chapter runs in a temporary copy of the course, any other notebook in its own folder. When a cell
fails, its lines and its error are printed, the exit code is 1, and the page up to there is NAME.failed.html.
A cell tagged raises-exception must raise.

`deepkit doctor --help` tells which kernels of OpenBLAS are chosen for the notebook.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    chapter = parser.add_argument("chapter", metavar="CHAPTER", nargs="?", help="name, number, prefix, or path of a notebook")
    completed_by(chapter, chapter_names)
    parser.add_argument("--list", action="store_true", help="list the chapters with their titles")
    parser.add_argument("--out", type=Path, default=Path(), metavar="DIR", help="folder of the page (default: here)")
    parser.add_argument(
        "--timeout", type=float, default=600.0, metavar="S", help="seconds that one cell may take (default: 600)"
    )


def run(args: argparse.Namespace) -> int:
    """Run or list, as the parsed command line asks, and return the exit code."""
    from deepkit.commands._chapters import chapters, find_chapter

    if args.list:
        known = chapters()
        width = max((len(c.name) for c in known), default=0)
        for chapter in known:
            print(f"{chapter.name:<{width}}  {chapter.title}")
        return 0
    if args.chapter is None:
        raise ArgumentError("which chapter?", hint="deepkit run --list shows them; deepkit run ch00 runs one")
    if not args.timeout > 0:
        raise ArgumentError(f"a cell cannot finish within {args.timeout:g} seconds", rule="--timeout is positive")
    return _run_chapter(find_chapter(args.chapter), args.out, args.timeout)


def _run_chapter(chapter: Any, out: Path, timeout: float) -> int:
    from deepkit.commands._chapters import course_folder_of

    require("nbclient", "running a notebook")
    require("nbconvert", "writing a notebook as HTML")
    require("ipykernel", "running a notebook")
    from deepkit.commands._notebook import CellFailed, execute, load, to_html

    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArgumentError(f"cannot make the folder {out}: {error.strerror}", hint="choose another --out") from error
    notebook = load(chapter.path)
    page, failed_page = out / f"{chapter.name}.html", out / f"{chapter.name}.failed.html"
    in_course = course_folder_of(chapter.path.resolve()) is not None
    start = time.perf_counter()
    print(f"running {chapter.name}: {chapter.title}", flush=True)
    failure = None
    with working_copy(chapter.path, chapter.root, copied=in_course) as folder:
        try:
            execute(notebook, folder, timeout, Progress())
        except CellFailed as error:
            failure = error
        html = to_html(notebook, chapter.title, folder)
    target = failed_page if failure else page
    _write(target, html)
    seconds = time.perf_counter() - start
    if failure:
        print(f"\n{failure}\n", file=sys.stderr)
        print(f"{chapter.name} failed after {seconds:.1f} s; the page up to there: {target}", file=sys.stderr)
        return 1
    failed_page.unlink(missing_ok=True)  # of an earlier run: it would tell of an error that is gone
    print(f"{chapter.name} ran in {seconds:.1f} s: {target}")
    return 0


@contextmanager
def working_copy(path: Path, root: Path, copied: bool) -> Iterator[Path]:
    """The folder where the notebook runs: within a temporary copy of `root`, or the notebook's own folder."""
    path, root = path.resolve(), root.resolve()
    if not copied:
        yield path.parent
        return
    import shutil
    import tempfile

    with tempfile.TemporaryDirectory(prefix="deepkit-run-", ignore_cleanup_errors=True) as temporary:
        copy = Path(temporary) / root.name
        shutil.copytree(root, copy, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        yield copy / path.parent.relative_to(root)


class Progress:
    """One line per cell: it begins when the cell does, and ends with the seconds that the cell took."""

    def __init__(self) -> None:
        self.began = 0.0

    def start(self, number: int, total: int, source: str) -> None:
        self.began = time.perf_counter()
        print(f"  cell {number:>{len(str(total))}}/{total}  {_first_line(source):<60}", end="", flush=True)

    def done(self, number: int, total: int, source: str) -> None:
        print(f"  {time.perf_counter() - self.began:6.2f} s", flush=True)


def _first_line(source: str) -> str:
    line = next((line.strip() for line in source.splitlines() if line.strip()), "")
    return line if len(line) <= 60 else line[:59] + "…"


def _write(path: Path, text: str) -> None:
    from deepkit.files import whole_file

    if path.is_dir():
        raise DataError(f"cannot write {path}: it is a folder", hint=f"choose another --out than {path.parent}{os.sep}")
    with whole_file(path) as file:
        file.write(text.encode())
