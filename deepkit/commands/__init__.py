"""The commands of `deepkit`: one module each, imported when called.

A module has DESCRIPTION, EXAMPLES and NOTES for its help, `add_arguments(parser)` and `run(args)`; IN_ORDER is true where
what follows a name belongs to that name, so that options cannot stand anywhere.
"""

from __future__ import annotations

COMMANDS = {
    "lab": "open the course in JupyterLab",
    "run": "run a chapter from its first to its last cell and write it as HTML",
    "reproduce": "run the documents' examples again and write down what came out",
    "run-tf1": "run a TensorFlow-1 or Keras-2 program, unchanged, on deepkit",
    "grade": "mark submissions of an exercise",
    "exercises": "write exercises: begin a set, review it, build the learners' notebook",
    "site": "write the course and the reference as a web site",
    "data": "list, download and check the datasets",
    "doctor": "show what is installed, how fast this machine is, and what to do about it",
    "completion": "let Tab complete commands, options, chapters and exercises in your shell",
}
