"""Honest marks: a student's answers run in processes of their own, and are judged here on plain data.

    exercises/<name>/master.ipynb   text, given code, answers with their solutions, visible example checks
    exercises/<name>/tests.py       one function per task, marked with `@task`; only the grader sees it
    exercises/<name>.ipynb          what students get; `deepkit grade --release` cuts it out of the master

From bottom to top: `files` and `notebook` read and write, `submission` takes the answers out of a notebook, `wire` turns
values into plain data and back, `blueprint` does so with graphs,
`confine/` raises the kernel's walls, `fence` says in words what they refuse, `child`
serves an answer, `host` makes its process, `process` is the grader's end of it, `checks` and `ops` are what a tests.py
uses, `exercise` loads one, `grading` marks a submission, `journal` keeps marks, `batch` grades many, `report` prints.

What this promises: nothing a submission does can raise its marks above what its returned values earn, and nothing it does
can touch the marks of anybody else. Where the kernel has Landlock and seccomp, an answer reads nothing but the libraries
and writes nothing but its own scratch folder; where it has not, `deepkit grade` says so.
"""

from deepkit.grade.checks import Answer, Blueprint, WrongAnswer, close, equal
from deepkit.grade.exercise import Exercise, Task, load_exercise, task
from deepkit.grade.grading import Grader, Marks, TaskMarks, grade, self_test
from deepkit.grade.ops import judge_op

__all__ = [
    "Answer",
    "Blueprint",
    "Exercise",
    "Grader",
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
