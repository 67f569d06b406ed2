"""The text of a toy exercise with three answers, and the notebooks made of it."""

from __future__ import annotations

TESTS = '''
"""Checks of the toy exercise."""

import numpy as np

from deepkit.grade import equal, judge_op, task


@task("square-sum", points=2, seconds=4, memory_mb=1024, wrong=["def square_sum(x):\\n    return sum(x)"])
def square_sum(answer, rng):
    for size in (3, 5):
        x = rng.normal(size=size)
        answer.gives("square_sum", x, expected=np.sum(x**2))


@task("mean", points=1, needs=["square-sum"], seconds=4, wrong=["def rms(x):\\n    return square_sum(x)"])
def rms(answer, rng):
    x = rng.normal(size=4)
    answer.gives("rms", x, expected=np.sqrt(np.mean(x**2)))
    equal(answer.value("names"), ["rms", "square_sum"], "names")


WRONG = """
class Cube:
    def shape(self, x): return x
    def forward(self, xp, x): return x ** 3
    def gradient(self, dy, y, x): return dy * x ** 2
"""


@task("op", points=3, seconds=1, wrong=[WRONG])
def op(answer, rng):
    judge_op(answer, "Cube", rng.normal(size=(2, 3)), reference=lambda x: x**3, rng=rng, tensors=False)
'''

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
RIGHT = {"square-sum": SQUARE_SUM, "mean": RMS, "op": CUBE}


def cell(source, name="", **flags):
    keys = {"schema_version": 3, "grade_id": name, "grade": False, "solution": False, "locked": False} | flags
    metadata = {"nbgrader": keys} if name else {}
    kind = "code" if name else "markdown"
    return {"cell_type": kind, "metadata": metadata, "source": source}


def notebook(cells):
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
