"""`deepkit lab`: open the course in JupyterLab."""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import sys
from pathlib import Path
from typing import Any

from deepkit.commands._launch import BLAS_NOTE, child_environment, require
from deepkit.errors import ArgumentError

_EPILOG = f"""\
examples:
  deepkit lab                        the course's first page, in your browser
  deepkit lab ch03                   open a chapter
  deepkit lab --no-browser           print the address only (a machine you reach over the network)
  deepkit lab --dir my-course        work on a copy in this folder

A course that was installed inside Python's own folders, or that you may not write to, is copied to
./deepkit-course first. A file that is there already is never overwritten: yours is kept, and you are told.
Ctrl-C stops JupyterLab and its kernels.

{BLAS_NOTE}"""
COPY = "deepkit-course"
_GRACE_S = 10.0


def register(subparsers: Any) -> None:
    """Add the parser of `lab`."""
    parser = subparsers.add_parser(
        "lab",
        help="open the course in JupyterLab",
        description="Open the course in JupyterLab.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("chapter", metavar="CHAPTER", nargs="?", default="index", help="name, number or prefix")
    parser.add_argument("--no-browser", action="store_true", help="print the address, open no browser")
    parser.add_argument("--port", type=int, metavar="N", help="port of the server (default: 8888 or the next free)")
    parser.add_argument("--dir", type=Path, metavar="DIR", help="copy the course there and work on the copy")
    parser.add_argument(
        "--jupyter", default="", metavar="OPTIONS", help='more options for JupyterLab: --jupyter="--allow-root"'
    )


def run(args: argparse.Namespace) -> int:
    """Start JupyterLab, wait for it, and return its exit code."""
    from deepkit.commands._chapters import course_folder, find_chapter

    require("jupyterlab", "the course in JupyterLab")
    if args.port is not None and not 0 <= args.port < 65536:
        raise ArgumentError(f"no port has the number {args.port}", rule="0 <= port < 65536")
    course = course_folder().resolve()
    notebook = find_chapter(args.chapter).path.resolve()
    root = notebook.parent
    if notebook.is_relative_to(course):
        root = working_folder(course, args.dir)
        notebook = root / notebook.relative_to(course)
    command = jupyter_command(notebook, root, args.port, not args.no_browser, shlex.split(args.jupyter))
    print(f"the course is in {root}; Ctrl-C stops", flush=True)
    return _attend(command)


def jupyter_command(notebook: Path, root: Path, port: int | None, browser: bool, more: list[str]) -> list[str]:
    """The command line that starts JupyterLab in `root` with `notebook` open."""
    from urllib.parse import quote

    page = quote(notebook.relative_to(root).as_posix())
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={root}"]
    command.append(f"--LabApp.default_url=/lab/tree/{page}")  # in the printed address too, unlike a file argument
    command.append("--ServerApp.answer_yes=True")  # one Ctrl-C stops, without a question
    if not browser:
        command.append("--no-browser")
    if port is not None:
        command.append(f"--port={port}")
    return command + more


def working_folder(course: Path, chosen: Path | None) -> Path:
    """Where the learner works: the course itself in a checkout, else a copy whose existing files are kept."""
    installed = course.name.startswith("_")  # inside the package, where the next upgrade would remove their work
    if chosen is None and not installed and os.access(course, os.W_OK):
        return course
    target = (chosen or Path(COPY)).resolve()
    if target.is_relative_to(course):
        raise ArgumentError(f"cannot copy the course into itself ({target})", hint="choose a folder outside of it")
    copied, kept = copy_missing(course, target)
    if copied:
        print(f"copied {copied} files of the course to {target}")
    if kept:
        names = ", ".join(kept[:5]) + (", ..." if len(kept) > 5 else "")
        print(f"kept {len(kept)} files of yours that differ from the course's: {names}")
        print("  (rename one and start again to get a fresh one)")
    return target


def copy_missing(source: Path, target: Path) -> tuple[int, list[str]]:
    """Copy the files that `target` lacks; return how many, and the names of those there that differ from ours."""
    from deepkit.files import whole_file

    copied, kept = 0, []
    for path in sorted(source.rglob("*")):
        name = path.relative_to(source)
        if not path.is_file() or any(part.startswith(".") or part == "__pycache__" for part in name.parts):
            continue
        content, there = path.read_bytes(), target / name
        if there.exists():
            if not there.is_file() or there.read_bytes() != content:
                kept.append(str(name))
            continue
        try:
            there.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ArgumentError(
                f"cannot make the folder {there.parent}: {error.strerror}", hint="choose another with --dir"
            ) from error
        with whole_file(there) as file:
            file.write(content)
        copied += 1
    return copied, kept


def _attend(command: list[str]) -> int:
    """Run `command` until it ends; it never outlives this program."""
    import subprocess

    def end(*_: Any) -> None:
        raise SystemExit(128 + signal.SIGTERM)

    before = signal.signal(signal.SIGTERM, end)
    process = subprocess.Popen(command, env=child_environment())
    try:
        return process.wait()
    except KeyboardInterrupt:
        # A terminal sends Ctrl-C to JupyterLab too: give it time to save and to end its kernels.
        try:
            process.wait(_GRACE_S)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            print("JupyterLab is slow to stop: terminating it", file=sys.stderr)
        raise
    finally:
        signal.signal(signal.SIGTERM, before)
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(_GRACE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
