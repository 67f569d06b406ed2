"""`deepkit lab`: open the course in JupyterLab."""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import sys
from pathlib import Path
from typing import Any

from deepkit import resources
from deepkit.commands import _workspace
from deepkit.commands._chapters import chapter_names
from deepkit.commands._help import completed_by
from deepkit.commands._launch import child_environment, require
from deepkit.errors import ArgumentError

DESCRIPTION = "Open the course in JupyterLab."
EXAMPLES = {
    "deepkit lab": "the course's first page, in your browser",
    "deepkit lab ch03": "open a chapter",
    "deepkit lab --no-browser": "print the address only (a machine you reach over the network)",
    "deepkit lab --folder my-course": "your copies of course and exercises lie there",
    "deepkit lab --here": "in a checkout: its own notebooks",
    "deepkit lab --allow-root --jupyter=--ip=0.0.0.0": "in a container, with the port published: docker run -p 8888:8888",
}
NOTES = """
You work on copies in your own folder (~/deepkit). When deepkit was updated, new chapters come and unchanged ones are
renewed; what you changed is never touched, and you are told which files that are.
Ctrl-C stops JupyterLab and its kernels.

JupyterLab does not serve root: whoever reaches it can run everything as the user it runs as. In a container root is the
usual user and owns nothing outside; say --allow-root there.

`deepkit doctor --help` tells which kernels of OpenBLAS are chosen for the notebooks.
"""
_GRACE_S = 10.0
SETTINGS = Path(__file__).with_name("jupyter")
"""A folder as JUPYTER_CONFIG_PATH names them: JupyterLab asks nobody whether he wants news of JupyterLab."""
ROOT_OPTION = "--allow-root"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `lab`."""
    chapter = parser.add_argument("chapter", metavar="CHAPTER", nargs="?", default="index", help="name, number or prefix")
    completed_by(chapter, chapter_names)
    parser.add_argument("--no-browser", action="store_true", help="print the address, open no browser")
    parser.add_argument("--port", type=int, metavar="N", help="port of the server (default: 8888 or the next free)")
    parser.add_argument(
        "--folder", "--dir", type=Path, metavar="DIR", help="your folder with course and exercises (default: ~/deepkit)"
    )
    parser.add_argument("--here", action="store_true", help="in a checkout: open its own notebooks, not a copy")
    parser.add_argument("--allow-root", action="store_true", help="run as root all the same: in a container")
    parser.add_argument(
        "--jupyter", default="", metavar="OPTIONS", help='more options for JupyterLab: --jupyter="--ip=0.0.0.0"'
    )


def run(args: argparse.Namespace) -> int:
    """Start JupyterLab, wait for it, and return its exit code."""
    from deepkit.commands._chapters import course_folder, find_chapter

    require("jupyterlab", "the course in JupyterLab")
    if args.port is not None and not 0 <= args.port < 65536:
        raise ArgumentError(f"no port has the number {args.port}", rule="0 <= port < 65536")
    options = _options(args.jupyter, args.allow_root)
    course = course_folder().resolve()
    notebook = find_chapter(args.chapter).path.resolve()
    root = notebook.parent
    if notebook.is_relative_to(course):
        root = working_folder(args.folder, args.here)
        notebook = root / "course" / notebook.relative_to(course)
    command = jupyter_command(notebook, root, args.port, not args.no_browser, options)
    print(f"the course is in {root / 'course'}, the exercises are in {root / 'exercises'}; Ctrl-C stops", flush=True)
    return _attend(command)


def _options(more: str, allow_root: bool) -> list[str]:
    """JupyterLab's own options; ArgumentError for root who has not said that he means it."""
    options = shlex.split(more)
    if ROOT_OPTION in options or (hasattr(os, "geteuid") and os.geteuid() != 0):
        return options
    if not allow_root:
        raise ArgumentError(
            "JupyterLab does not serve root",
            rule="whoever reaches it can run everything as its user",
            hint="in a container: deepkit lab --allow-root; elsewhere work as an ordinary user",
        )
    return [ROOT_OPTION, *options]


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


def lab_environment() -> dict[str, str]:
    """The environment of JupyterLab: settings of ours stand behind the user's own, so that no question lies over the index."""
    environment = child_environment()
    paths = [*filter(None, [environment.get("JUPYTER_CONFIG_PATH")]), str(SETTINGS)]
    return environment | {"JUPYTER_CONFIG_PATH": os.pathsep.join(paths)}


def working_folder(chosen: Path | None, here: bool) -> Path:
    """Where the learner works: his own copy, or with `here` the checkout itself."""
    if here:
        found = resources.checkout()
        if found is None or chosen is not None:
            raise ArgumentError(
                "--here opens the course of a checkout in place",
                rule="this deepkit was installed from a wheel" if found is None else "it has no folder to choose",
                hint="deepkit lab --folder DIR",
            )
        return found
    folder = (chosen or Path.home() / _workspace.HOME).expanduser().resolve()
    for line in _workspace.bring(folder).lines():
        print(line)
    return folder


def _attend(command: list[str]) -> int:
    """Run `command` until it ends; it never outlives this program."""
    import subprocess

    def end(*_: Any) -> None:
        raise SystemExit(128 + signal.SIGTERM)

    before = signal.signal(signal.SIGTERM, end)
    process = subprocess.Popen(command, env=lab_environment())
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
