"""The public tests of a task, tried one after another where the answer runs."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

from deepkit.errors import printable
from deepkit.grade.asking import WrongAnswer
from deepkit.grade.exercise import Exercise, Task
from deepkit.grade.grading import Grader
from deepkit.grade.submission import Submission

_ANYTHING = 0  # a public test says itself which numbers it takes; the seed draws none of them


@dataclass(frozen=True)
class PublicResult:
    """How many of the public checks an answer passes, and in words what the others found."""

    passed: int
    total: int
    failures: tuple[str, ...]

    @property
    def right(self) -> bool:
        return self.passed == self.total


def try_public(exercise: Exercise, task: Task, taken: Submission) -> PublicResult:
    """Run an answer as the grader does, in a process of its own, and the public tests of its task after it.

    A check is a statement at top level of the public test that asserts something. One that fails does not stop those
    below it; a statement that prepares them does.
    """
    total = sum(map(_asserts, ast.parse(task.public).body))
    try:
        with Grader(exercise, seed=_ANYTHING) as grader, grader.running(task, taken.answers[task.name], taken) as process:
            outcomes = process.probe(run_each, task.public)
    except WrongAnswer as error:
        return PublicResult(0, total, (printable(error),))
    passed = sum(outcome["check"] and not outcome["error"] for outcome in outcomes)
    return PublicResult(passed, total, tuple(_failures(outcomes, taken.answers[task.name])))


def _failures(outcomes: list[dict[str, Any]], answer: str) -> dict[str, None]:
    """What the checks that failed say, each thing once; of statements that check nothing only where no check failed."""
    failed = [outcome for outcome in outcomes if outcome["error"]]
    checks = [outcome for outcome in failed if outcome["check"]]
    return dict.fromkeys(printable(_told(outcome, answer), "\n") for outcome in checks or failed)


def _asserts(statement: ast.stmt) -> bool:
    return any(isinstance(node, ast.Assert) for node in ast.walk(statement))


def _told(outcome: dict[str, Any], answer: str) -> str:
    """A failure in words: the message of the assert, or the error with the line of the answer that it came from."""
    error, message, line = (outcome[key] for key in ("error", "message", "line"))
    lines = answer.splitlines()
    place = f" (line {line}: {lines[line - 1].strip()[:80]})" if 0 < line <= len(lines) else ""
    if error == "AssertionError":
        return str(message)
    if error == "NotImplementedError" and "NotImplementedError" in place:
        return "not answered yet"
    return f"your code raised {error}: {message}{place}"


def run_each(names: dict, source: str) -> list:
    """Run a public test statement by statement among the answer's names: what each came to. This text runs over there."""
    import ast
    import traceback

    outcomes = []
    for statement in ast.parse(source).body:
        check = any(isinstance(node, ast.Assert) for node in ast.walk(statement))
        outcome = {"check": check, "error": "", "message": "", "line": 0}
        try:
            exec(compile(ast.Module([statement], []), "<public test>", "exec"), names)
        except BaseException as error:
            frames = traceback.extract_tb(error.__traceback__)
            lines = [frame.lineno for frame in frames if frame.filename == "<answer>"]
            said = str(error)[:500] or f"this does not hold: {ast.unparse(statement)[:300]}"
            outcome.update(error=type(error).__name__, message=said, line=lines[-1] if lines else 0)
        outcomes.append(outcome)
        if outcome["error"] and not check:
            break
    return outcomes
