"""`tf.app`: reads the command line into `tf.app.flags.FLAGS`, then starts the program's main function."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

from deepkit.errors import ArgumentError
from deepkit.v1.platform import flags

__all__ = ["flags", "run"]


def run(main: Callable[[list[str]], Any] | None = None, argv: Sequence[str] | None = None) -> None:
    """Call main(argv), where argv is the command line without the flags it knows, and exit with what it returns.

    Args:
        main: the function to call; without it, `main` of the program that runs.
        argv: the command line; without it, sys.argv.
    """
    words = list(sys.argv if argv is None else argv)
    if any(word in ("--help", "-h", "--helpfull") for word in words[1:]):
        print(flags.FLAGS.describe())
        sys.exit(0)
    rest = flags.FLAGS(words)
    start = main or getattr(sys.modules["__main__"], "main", None)
    if start is None:
        raise ArgumentError("tf.app.run() finds no main", rule="def main(_): ... stands before tf.app.run()")
    sys.exit(start(rest))
