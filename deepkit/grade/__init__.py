"""Honest marks: a student's answers run in processes of their own, and are judged here on plain data.

    exercises/source/NAME.ipynb   text, given code, answers with their solutions, tests with their hidden part
    exercises/NAME.ipynb          what students open; `deepkit exercises build` cuts it out of the source

From bottom to top: `files` and `notebook` read and write, `regions` takes out what stands between marks, `submission`
takes the answers out of a notebook, `wire` turns values into plain data and back, `blueprint` does so with graphs and
`recording` with what sessions are asked, `confine/` raises the kernel's walls, `fence` says in words what they
refuse, `child` serves an answer, `host` makes its process and `launcher` makes hosts, `asking` says what can be asked
of an answer and `process` asks it over there, `checks`, `ops` and `form` are the words of a hidden test, `exercise`
loads a source and `release` cuts it, `grading` marks a submission, `journal` keeps marks, `batch` grades many, and
`report/` tells them. `authoring/` holds what authors need: the words of a hidden test (`form`), what stands between
marks (`regions`), the cut to the release, a review, a `proof` that a set is sound, and a beginning.

What this promises: nothing a submission does can raise its marks above what its returned values earn, and nothing it does
can touch the marks of anybody else. Where the kernel has Landlock and seccomp, an answer reads nothing but the libraries
and writes nothing but its own scratch folder; where it has not, `deepkit grade` says so.
"""

from deepkit.grade.asking import WrongAnswer
from deepkit.grade.authoring.form import but, hidden_test, instead
from deepkit.grade.checks import Answer, Blueprint, close, equal, guesses, occur
from deepkit.grade.exercise import Exercise, Question, Task, load_exercise
from deepkit.grade.grading import Grader, Marks, TaskMarks, grade, self_test
from deepkit.grade.ops import judge_op

__all__ = [
    "Answer",
    "Blueprint",
    "Exercise",
    "Grader",
    "Marks",
    "Question",
    "Task",
    "TaskMarks",
    "WrongAnswer",
    "but",
    "close",
    "equal",
    "grade",
    "guesses",
    "hidden_test",
    "instead",
    "judge_op",
    "load_exercise",
    "occur",
    "self_test",
]
