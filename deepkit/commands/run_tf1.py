"""`deepkit run-tf1`: run a TensorFlow-1 or Keras-2 program, unchanged, on deepkit."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from deepkit.commands._launch import child_environment
from deepkit.errors import ArgumentError, DataError, printable

DESCRIPTION = "Run a TensorFlow-1 or Keras-2 program, unchanged, on deepkit."
EXAMPLES = {
    "deepkit run-tf1 mnist_softmax.py": "",
    "deepkit run-tf1 train.py --learning_rate 0.01": "what follows FILE goes to the program",
    "deepkit run-tf1 example.ipynb": "the cells in order; magics are skipped, and named",
}
NOTES = """
Nothing in FILE is changed. For this run `import tensorflow` means deepkit.v1 and `import keras` means
deepkit.keras, whatever else is installed; NumPy's old names (np.int, np.float, np.NaN, ...) are back; the tutorials'
read_data_sets finds the MNIST of `deepkit data`, or digits28; without a screen, matplotlib draws in memory.
A name that deepkit does not have is an error that names it and the nearest one. The exit code is the program's own.
DEEPKIT_DEBUG=1 shows deepkit's own lines in a traceback, too.

`deepkit doctor --help` tells which kernels of OpenBLAS are chosen for the program.
"""
IN_ORDER = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run-tf1`."""
    parser.add_argument("file", metavar="FILE", type=Path, help="a Python script (.py) or a notebook (.ipynb)")
    parser.add_argument("arguments", metavar="...", nargs=argparse.REMAINDER, help="arguments of the program")


def run(args: argparse.Namespace) -> int:
    """Run the program and return its exit code."""
    if args.file.is_dir():
        raise ArgumentError(f"{args.file} is a folder", rule="FILE is a Python script or a notebook")
    if not args.file.is_file():
        raise DataError(f"there is no file {printable(args.file)}", hint="deepkit run-tf1 --help")
    # -P: a file called queue.py or random.py in the folder we are in must not become part of Python.
    return _attend([sys.executable, "-P", "-m", "deepkit.commands.tf1", str(args.file), *args.arguments])


def _attend(command: list[str]) -> int:
    """Run `command` until it ends and return its exit code; Ctrl-C is the program's own, a second one ends it."""
    import subprocess

    from deepkit.commands.tf1.screen import choose_backend

    environment = child_environment()
    choose_backend(environment)
    sys.stdout.flush()
    process = subprocess.Popen(command, env=environment)
    before = signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    try:
        try:
            code = process.wait()
        except KeyboardInterrupt:
            code = process.wait()  # the terminal has sent it to the program too, which may have to save something
    finally:
        signal.signal(signal.SIGTERM, before)
        if process.poll() is None:
            process.kill()
            process.wait()
    return 128 - code if code < 0 else code
