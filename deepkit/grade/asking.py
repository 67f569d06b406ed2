"""What can be asked of a place where an answer has run: a process of its own, or the notebook it was written in."""

from __future__ import annotations

import base64
import inspect
import marshal
import textwrap
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from deepkit.grade import child, wire

NOT_ANSWERED = "not answered yet"
"""What is said of an answer in which the stub still stands."""


class WrongAnswer(Exception):
    """An answer earns no points; the message tells the student why."""


class Asking(ABC):
    """Questions to an answer; what comes back is plain data, and whatever goes wrong is raised as WrongAnswer."""

    def call(self, function: str, *args: Any, **kwargs: Any) -> Any:
        """Call one of the answer's functions and return its result as plain data."""
        request = {"name": function, "args": wire.encode(args), "kwargs": wire.encode(kwargs)}
        return self._ask(f"{function}(...)", do="call", **request)

    def value(self, name: str) -> Any:
        """Return one of the answer's variables as plain data."""
        return self._ask(name, do="value", name=name)

    def probe(self, function: Callable, *args: Any) -> Any:
        """Run a function of ours over there, as `function(names, *args)` with the answer's names; return plain data.

        Only its code travels, so it must import what it needs; and it runs among the student's objects, so it
        reports values and leaves the verdict to the grader.
        """
        return self._run_ours("probe", function, args)

    def graph(self, function: Callable, *args: Any) -> Any:
        """The same, but the function returns tensors, nodes or graphs; return their graph as `blueprint` writes it."""
        return self._run_ours("graph", function, args)

    def runs(self, function: Callable, *args: Any) -> Any:
        """The same, with all that sessions are asked meanwhile: [what the function returns, the steps of `recording`]."""
        return self._run_ours("runs", function, args)

    def rebuilt(self, function: Callable, written: Any, *args: Any) -> Any:
        """Build a graph again over there, and run `function(graph, ends, *args)` on it; return plain data."""
        return self._run_ours("rebuilt", function, (written, *args))

    def _run_ours(self, what: str, function: Callable, args: tuple) -> Any:
        source = textwrap.dedent(inspect.getsource(function))
        # compiled here: over there an answer's own audit hook, or its own `compile`, would be told the text
        code = base64.b64encode(marshal.dumps(compile(source, "<probe>", "exec"))).decode("ascii")
        subject = "the graph that your code built" if what == "rebuilt" else "your code"
        return self._ask(subject, do=what, code=code, name=function.__name__, args=wire.encode(args))

    @abstractmethod
    def _ask(self, subject: str, **request: Any) -> Any:
        """The reply to a request, as plain data; `subject` is what a complaint is about."""


class Here(Asking):
    """This very process, where the answer has run among `names`: honest notebooks only, for nothing is kept apart."""

    def __init__(self, names: dict[str, Any]):
        self._names = names

    def _ask(self, subject: str, **request: Any) -> Any:
        value = wire.encode(child.perform(request, self._names))
        try:
            return wire.decode(value)
        except wire.NotPlainError as error:
            raise not_plain(subject, error) from error


def not_plain(subject: str, error: wire.NotPlainError) -> WrongAnswer:
    """The complaint about a value that cannot travel."""
    return WrongAnswer(f"{subject} gave a {error}; expected numbers, text, arrays, lists, tuples or dicts")
