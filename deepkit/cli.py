"""The command line: finds the command, runs it, and turns every ending into an exit code."""

from __future__ import annotations

import argparse
import difflib
import importlib.metadata
import os
import sys
from collections.abc import Sequence
from types import ModuleType

from deepkit.commands import COMMANDS
from deepkit.errors import ArgumentError, DeepkitError
from deepkit.loading import load_module
from deepkit.resources import DISTRIBUTION

_EPILOG = """\
examples:
  deepkit lab                  open the course in JupyterLab
  deepkit run --list           the chapters and their titles
  deepkit run ch00             run a chapter without a browser, write ch00*.html
  deepkit run-tf1 mnist.py     run a TensorFlow-1 program as it is
  deepkit doctor               what is installed, and how fast is it?
  deepkit COMMAND --help       everything about one command

An error is one plain message; with DEEPKIT_DEBUG=1 the traceback comes too.
"""
INTERRUPTED = 130  # what shells expect of a program stopped by Ctrl-C: 128 + SIGINT
BROKEN_PIPE = 141  # 128 + SIGPIPE


def version() -> str:
    """deepkit's version, as installed or, in a checkout that is not installed, as the package says."""
    try:
        return importlib.metadata.version(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        return getattr(sys.modules["deepkit"], "__version__", "(not installed)")


def build_parser(modules: dict[str, ModuleType]) -> argparse.ArgumentParser:
    """The parser: commands in `modules` with all their options, the others with their one line only."""
    parser = argparse.ArgumentParser(
        prog="deepkit",
        description="Deep learning from the inside: a library and a course.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"deepkit {version()}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name, summary in COMMANDS.items():
        if name in modules:
            modules[name].register(subparsers)
        else:
            subparsers.add_parser(name, help=summary)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (default: the program's own) and return the exit code.

    0 is success, 1 an error that was explained, 2 a command line that does not parse, 130 Ctrl-C.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        code = _dispatch(arguments)
        sys.stdout.flush()  # here, so that a reader who has gone is noticed inside this try
        return code
    except DeepkitError as error:
        if os.environ.get("DEEPKIT_DEBUG", "") not in ("", "0"):
            raise
        print(f"deepkit: {error.brief}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # `deepkit run --list | head -1`: nobody reads any more; Python's own last flush must not fail either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE


def _dispatch(arguments: list[str]) -> int:
    first = arguments[0] if arguments else "--help"
    if first.startswith("-"):
        build_parser({}).parse_args([first])  # --help and --version end here
        return 0
    if first not in COMMANDS:
        near = difflib.get_close_matches(first, COMMANDS, n=1, cutoff=0.5)
        raise ArgumentError(
            f"there is no command {first!r}",
            rule=f"the commands are {', '.join(COMMANDS)}",
            hint=f"deepkit {near[0]}" if near else "deepkit --help",
        )
    module = load_module(f"deepkit.commands.{first.replace('-', '_')}")
    return module.run(build_parser({first: module}).parse_args(arguments))
