"""The commands of `deepkit`: one module each, with `register(subparsers)` and `run(args)`, imported when called."""

from __future__ import annotations

COMMANDS = {
    "lab": "open the course in JupyterLab",
    "run": "run a chapter from its first to its last cell and write it as HTML",
    "run-tf1": "run a TensorFlow-1 or Keras-2 program, unchanged, on deepkit",
    "grade": "mark submissions of an exercise",
    "site": "write the course and the reference as a web site",
    "data": "list, download and check the datasets",
    "doctor": "show what is installed, how fast this machine is, and what to do about it",
}
