"""The set of one task that an author begins with: it works, and shows every part that a set has."""

from __future__ import annotations

import json
from typing import Any

_TITLE = """
# {title}: exercises

What the learner will be able to do at the end, in two sentences. One task (2 points).

**How this notebook works.** Write your answer where it says `YOUR CODE HERE`, and run the cell below it: it tries your
answer on an example and says what it found. The grader will ask the same questions with other numbers. It takes the
text of your answer cells by name and runs each one by itself, after the cells that are given here; helpers that you
define in other cells are taken along. Three hints are folded away below each task: open one at a time.

In a cell of your own, `dk.check("squares")` runs the visible checks as the grader runs its own: your answer by itself, in a
process of its own. `dk.hint("squares")` gives you the next hint, `dk.solution("squares")` our solution once you have tried.
"""
_STORY = """
## 1. A sum of squares (2 points)

`sum_of_squares(x)` returns x₁² + x₂² + … of an array as one number.

<details><summary>Hint 1</summary>

What would you do with paper and pencil for the numbers 1, 2, 3?
</details>

<details><summary>Hint 2</summary>

`x * x` squares all numbers at once.
</details>

<details><summary>Hint 3</summary>

`np.sum(...)` adds them up.
</details>
"""
_ANSWER = '''
def sum_of_squares(x):
    """The sum of the squares of all numbers of `x`."""
    ### BEGIN SOLUTION
    return np.sum(x * x)
    ### END SOLUTION
'''
_TEST = """
found = sum_of_squares(np.array([1.0, 2.0, 3.0]))
assert found == 14, f"1 + 4 + 9 is 14, but sum_of_squares gave {found}"
print("1 + 4 + 9 =", found)
### BEGIN HIDDEN TESTS
import numpy as np

from deepkit.grade import but, hidden_test, instead


@hidden_test(wrong=[
    but("x * x", "x", hint="The numbers are added up, but nobody has squared them."),
    but("np.sum(x * x)", "np.sum(x) ** 2", hint="This squares the sum: square first, add up then."),
    but("np.sum", "np.mean", hint="The sum is asked for, not the mean."),
    instead("def sum_of_squares(x):\\n    return 14.0", hint="This is the example's answer, whatever x is."),
])
def check(answer, rng):
    for size in (1, 4, 9):
        x = rng.normal(size=size)
        answer.gives("sum_of_squares", x, expected=np.sum(x**2))
### END HIDDEN TESTS
"""
_QUESTION = """
**Think about it** (no points, you mark it yourself). The numbers of `x` are between −1 and 1. Can the sum of their
squares be larger than the sum of their absolute values?
"""
_MODEL = """
### BEGIN SOLUTION
No: |x| ≤ 1 means x² = |x| · |x| ≤ |x| for each of them.
### END SOLUTION
"""


def skeleton(name: str) -> str:
    """The source notebook of a new set, as JSON text."""
    cells = [
        _cell("title", _TITLE.replace("{title}", name.replace("-", " ").capitalize()), "markdown"),
        _cell("imports", "import numpy as np\n\nimport deepkit as dk", locked=True),
        _cell("squares-story", _STORY, "markdown"),
        _cell("squares", _ANSWER, solution=True),
        _cell("squares-check", _TEST, grade=True, locked=True, points=2),
        _cell("absolute-story", _QUESTION, "markdown"),
        _cell("absolute", _MODEL, "markdown", grade=True, solution=True, points=0),
    ]
    metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n"


def _cell(name: str, source: str, kind: str = "code", **keys: Any) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "id": name, "metadata": {}, "source": source.strip("\n").splitlines(True)}
    if keys:
        flags = {"grade": False, "solution": False, "locked": False, "task": False}
        cell["metadata"] = {"nbgrader": {"schema_version": 3, "grade_id": name, **flags, **keys}}
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})
