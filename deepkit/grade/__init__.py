"""Honest marks: a student's answers run in processes of their own, and are judged here on plain data.

    exercises/<name>/master.ipynb   text, given code, answers with their solutions, visible example checks
    exercises/<name>/tests.py       one function per task, marked with `@task`; only the grader sees it
    exercises/<name>.ipynb          what students get; `deepkit grade --release` cuts it out of the master

From bottom to top: `files` and `notebook` read and write, `wire` turns values into plain data and back,
`fence` and `child` live in the student's process, `process` is the grader's end of it, `checks` and `ops`
are what a tests.py uses, `exercise` loads one, `grading` marks, `report` prints.

What this promises: nothing a submission does can raise its marks above what its returned values earn, and
nothing it does can touch the marks of anybody else. What it does not promise: secrecy against an expert. The
fence around a student's process (see `fence`) is made of Python and resource limits, not of a virtual machine;
where submissions may be hostile, grade in a container or under an account that owns nothing.
"""

from deepkit.grade.checks import Answer, WrongAnswer, close, equal
from deepkit.grade.exercise import Exercise, Task, load_exercise, task
from deepkit.grade.grading import Marks, TaskMarks, grade, self_test
from deepkit.grade.ops import judge_op

__all__ = [
    "Answer",
    "Exercise",
    "Marks",
    "Task",
    "TaskMarks",
    "WrongAnswer",
    "close",
    "equal",
    "grade",
    "judge_op",
    "load_exercise",
    "self_test",
    "task",
]
