"""A toy exercise with three answers, and the notebooks made of it."""

from __future__ import annotations

SQUARE_SUM = "def square_sum(x):\n    ### BEGIN SOLUTION\n    return np.sum(x * x)\n    ### END SOLUTION"
RMS = "def rms(x):\n    return np.sqrt(square_sum(x) / len(x))\n\nnames = ['rms', 'square_sum']"
CUBE = """class Cube:
    def shape(self, x):
        return x

    def forward(self, xp, x):
        return x**3

    def gradient(self, dy, y, x):
        ### BEGIN SOLUTION
        return 3 * dy * x**2
        ### END SOLUTION
"""
SOLUTIONS = {"square-sum": SQUARE_SUM, "mean": RMS, "op": CUBE}
RIGHT = {name: "\n".join(line for line in text.split("\n") if "###" not in line) for name, text in SOLUTIONS.items()}
POINTS = {"square-sum": 2, "mean": 1, "op": 3}
TOOLS = "from deepkit.grade import but, equal, hidden_test, instead, judge_op\n\nSIZES = (3, 5)"
TESTS = {
    "square-sum": '''
import numpy as np


@hidden_test(seconds=4, memory_mb=1024, wrong=[instead("def square_sum(x):\\n    return sum(x)", hint="Square them.")])
def check(answer, rng):
    for size in SIZES:
        x = rng.normal(size=size)
        answer.gives("square_sum", x, expected=np.sum(x**2))
''',
    "mean": '''
import numpy as np


@hidden_test(needs=["square-sum"], seconds=4, wrong=[
    instead("def rms(x):\\n    return square_sum(x)", hint="Take the mean and its root."),
])
def check(answer, rng):
    x = rng.normal(size=4)
    answer.gives("rms", x, expected=np.sqrt(np.mean(x**2)))
    equal(answer.value("names"), ["rms", "square_sum"], "names")
''',
    "op": '''
@hidden_test(seconds=1, wrong=[but("3 * dy", "dy", hint="Bring the exponent down.")])
def check(answer, rng):
    judge_op(answer, "Cube", rng.normal(size=(2, 3)), reference=lambda x: x**3, rng=rng, tensors=False)
''',
}


def cell(source, name="", **flags):
    keys = {"schema_version": 3, "grade_id": name, "grade": False, "solution": False, "locked": False} | flags
    metadata = {"nbgrader": keys} if name else {}
    kind = "code" if name else "markdown"
    return {"cell_type": kind, "metadata": metadata, "source": source}


def notebook(cells):
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}


def hidden(test, public=""):
    return f"{public}### BEGIN HIDDEN TESTS\n{test}\n### END HIDDEN TESTS"


def source(given="import numpy as np", tests=TESTS, **points):
    """The source notebook; `points` of a task may be others."""
    cells = [cell("# Toy"), cell(given, "imports", locked=True), cell(hidden(TOOLS), "tools", grade=True, locked=True, points=0)]
    for name, answer in SOLUTIONS.items():
        earned = points.get(name.replace("-", "_"), POINTS[name])
        test = cell(hidden(tests[name], "assert True\n"), f"{name}-check", grade=True, locked=True, points=earned)
        cells += [cell(answer, name, solution=True), test]
    return notebook(cells)


def changed(name, *changes):
    """The tests with texts of one of them replaced: old, new, old, new, ..."""
    text = TESTS[name]
    for old, new in zip(changes[::2], changes[1::2], strict=True):
        assert old in text
        text = text.replace(old, new)
    return TESTS | {name: text}
