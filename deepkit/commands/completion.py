"""`deepkit completion`: what a shell must know so that Tab completes deepkit's commands, options and names."""

from __future__ import annotations

import argparse

DESCRIPTION = "Print what your shell must know so that Tab completes commands, options, chapters and exercises."
EXAMPLES = {
    'eval "$(deepkit completion bash)"': "in ~/.bashrc",
    'eval "$(deepkit completion zsh)"': "in ~/.zshrc, below compinit",
    "deepkit completion fish | source": "in ~/.config/fish/config.fish",
}
NOTES = "The names come from deepkit itself, which is asked at every Tab; the library argcomplete carries the question."
SHELLS = ("bash", "zsh", "fish")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `completion`."""
    parser.add_argument("shell", metavar="SHELL", choices=SHELLS, help=", ".join(SHELLS))


def run(args: argparse.Namespace) -> int:
    """Print the lines for the shell."""
    from deepkit.loading import optional

    argcomplete = optional("argcomplete", "completing names at Tab")
    print(argcomplete.shellcode(["deepkit"], shell=args.shell))
    return 0
