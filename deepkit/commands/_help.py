"""What every command says of itself: a description, examples and notes that fit the terminal, however narrow."""

from __future__ import annotations

import argparse
import shutil
import textwrap
from collections.abc import Callable, Iterable
from types import ModuleType

INDENT = "  "


def fill(parser: argparse.ArgumentParser, command: ModuleType) -> argparse.ArgumentParser:
    """Gives `parser` the description, the help text and the arguments of a command's module."""
    parser.description = wrapped(command.DESCRIPTION)
    parser.epilog = epilog(command.EXAMPLES, command.NOTES)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    command.add_arguments(parser)
    return parser


def epilog(examples: dict[str, str], notes: str) -> str:
    """Examples, each with what it does beside it or, where that is too wide, below it; then the notes, wrapped."""
    width = max(map(len, examples))
    wide = len(INDENT) * 2 + width + max(map(len, examples.values())) <= columns()
    lines = ["examples:"]
    for command, does in examples.items():
        if wide or not does:
            lines.append(f"{INDENT}{command:<{width}}{INDENT}{does}".rstrip())
        else:
            lines.append(INDENT + command)
            lines += textwrap.wrap(does, columns(), initial_indent=3 * INDENT, subsequent_indent=3 * INDENT)
    return "\n".join(lines) + "\n\n" + wrapped(notes)


def wrapped(text: str) -> str:
    """Paragraphs, which blank lines part, as wide as the terminal; one that is indented is a command and stays as it is."""
    paragraphs = text.strip("\n").split("\n\n")
    return "\n\n".join(
        part if part.startswith(INDENT)
        else textwrap.fill(" ".join(part.split()), columns(), break_on_hyphens=False, break_long_words=False)
        for part in paragraphs
    ).rstrip()


def completed_by(argument: argparse.Action, names: Callable[[], Iterable[str]]) -> None:
    """Tab completes this argument with what `names` gives at that moment (argcomplete looks for the attribute)."""
    argument.completer = lambda **_: list(names())  # type: ignore[attr-defined]


def columns() -> int:
    """How wide help may be: the terminal's width, as argparse takes it, and never wider than a line is read with ease."""
    return min(shutil.get_terminal_size().columns - 2, 110)
