"""The command line: finds the command, runs it, and turns every ending into an exit code."""

from __future__ import annotations

import argparse
import difflib
import os
import sys
from collections.abc import Sequence
from types import ModuleType

from deepkit.commands import COMMANDS
from deepkit.commands._help import epilog, fill
from deepkit.errors import ArgumentError, DeepkitError
from deepkit.loading import load_module
from deepkit.resources import DISTRIBUTION

_EXAMPLES = {
    "deepkit lab": "open the course in JupyterLab",
    "deepkit run --list": "the chapters and their titles",
    "deepkit run ch00": "run a chapter without a browser, write ch00*.html",
    "deepkit run-tf1 mnist.py": "run a TensorFlow-1 program as it is",
    "deepkit doctor": "what is installed, and how fast is it?",
    "deepkit COMMAND --help": "everything about one command",
}
_NOTES = "An error is one plain message; with DEEPKIT_DEBUG=1 the traceback comes too."
INTERRUPTED = 130  # what shells expect of a program stopped by Ctrl-C: 128 + SIGINT
BROKEN_PIPE = 141  # 128 + SIGPIPE


def version() -> str:
    """deepkit's version, as installed or, in a checkout that is not installed, as the package says."""
    from importlib import metadata  # takes as long as all the rest of the command line

    try:
        return metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return getattr(sys.modules["deepkit"], "__version__", "(not installed)")


def front_parser(*, whole: bool = False) -> argparse.ArgumentParser:
    """The parser of `deepkit` without a command: what there is; `whole` with all arguments, for the completion of names."""
    parser = argparse.ArgumentParser(
        prog="deepkit",
        description="Deep learning from the inside: a library and a course.",
        epilog=epilog(_EXAMPLES, _NOTES),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"deepkit {version()}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name, summary in COMMANDS.items():
        entry = commands.add_parser(name, help=summary)
        if whole:
            fill(entry, _module(name))
    return parser


def parse(arguments: Sequence[str]) -> tuple[ModuleType, argparse.Namespace]:
    """The module of the command that `arguments` begin with, and the rest as its parser understands it."""
    name, *rest = arguments
    if name not in COMMANDS:
        near = difflib.get_close_matches(name, COMMANDS, n=1, cutoff=0.5)
        raise ArgumentError(
            f"there is no command {name!r}",
            rule=f"the commands are {', '.join(COMMANDS)}",
            hint=f"deepkit {near[0]}" if near else "deepkit --help",
        )
    module = _module(name)
    parser = fill(argparse.ArgumentParser(prog=f"deepkit {name}"), module)
    ordered = getattr(module, "IN_ORDER", False)  # elsewhere an option may stand between two names
    return module, parser.parse_args(rest) if ordered else parser.parse_intermixed_args(rest)


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
    if "_ARGCOMPLETE" in os.environ:  # the shell asks what could stand where Tab was pressed
        load_module("argcomplete").autocomplete(front_parser(whole=True))
    if not arguments or arguments[0].startswith("-"):
        front_parser().parse_args(arguments[:1] or ["--help"])  # --help and --version end here
        return 0
    module, args = parse(arguments)
    return module.run(args)


def _module(name: str) -> ModuleType:
    return load_module(f"deepkit.commands.{name.replace('-', '_')}")
