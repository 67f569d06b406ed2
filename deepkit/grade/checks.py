"""What a test says about an answer: ask it for values, and compare them with ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from deepkit.grade.asking import Asking, WrongAnswer

Clean = Callable[[Sequence[str]], AbstractContextManager[Asking]]
"""Opens a place without the answer, in which the given code and our solutions of the tasks named have run."""


class Answer:
    """A student's answer, as a check sees it: a distant thing that turns inputs into plain data.

    >>> def check(answer, rng):                                              # below @hidden_test(...)
    ...     x = rng.normal(size=5)
    ...     answer.gives("sum_of_squares", x, expected=np.sum(x**2))
    """

    def __init__(self, process: Asking, clean: Clean):
        self._process = process
        self._clean = clean

    def call(self, function: str, *args: Any, **kwargs: Any) -> Any:
        """Result of the answer's `function`; arguments are plain data (numbers, text, arrays, lists, tuples, dicts)."""
        return self._process.call(function, *args, **kwargs)

    def value(self, name: str) -> Any:
        """Value of the answer's variable `name`."""
        return self._process.value(name)

    def probe(self, function: Callable, *args: Any) -> Any:
        """Run our `function(names, *args)` in the student's process; see Asking.probe."""
        return self._process.probe(function, *args)

    def graph(self, function: Callable, *args: Any) -> Blueprint:
        """The graph of what our `function(names, *args)` returns: tensors, nodes or graphs, in lists or tuples.

        The function runs beside the answer and may build more onto its graph; from then on the graph is data.
        """
        return Blueprint(self._process.graph(function, *args), self._clean)

    def runs(self, function: Callable, *args: Any) -> Blueprint:
        """The same, with every run of a session meanwhile as data beside it: the ends are [what it returns, the steps].

        `deepkit.grade.recording.repeated` does the steps again in the graph built again, with numbers that are drawn
        afterwards in the place of those that the answer was given: so what a session tells is what its graph computes.
        """
        return Blueprint(self._process.runs(function, *args), self._clean)

    def apart(self, function: Callable, *args: Any, given: Sequence[str] = ()) -> Any:
        """Run our `function(names, *args)` where no line of the answer runs; return plain data.

        So a model that the answer has handed over as data (its JSON and weights) is used on inputs that are drawn afterwards.
        `names` are those of the given code and of our solutions of the tasks `given`.
        """
        with self._clean(given) as process:
            return process.probe(function, *args)

    def gives(self, function: str, *args: Any, expected: Any, rtol: float = 1e-6, atol: float = 1e-9) -> None:
        """Call `function` on `args` and require the result to be close to `expected`."""
        shown = ", ".join(describe(argument) for argument in args)
        close(self.call(function, *args), expected, f"{function}({shown})", rtol=rtol, atol=atol)


class Blueprint:
    """A graph that an answer handed over as data: what is asked of it is found out where no line of the answer runs."""

    def __init__(self, written: Any, clean: Clean):
        self._written, self._clean = written, clean

    def run(self, function: Callable, *args: Any, given: Sequence[str] = ()) -> Any:
        """Build the graph again in a new process and run our `function(graph, ends, *args)` there; return plain data.

        Draw the inputs after the graph was handed over, and no answer can have prepared for them. `given` names tasks whose
        solutions run first: ops that the graph needs and the library does not have.
        """
        with self._clean(given) as process:
            return process.rebuilt(function, self._written, *args)


def close(got: Any, expected: Any, what: str, *, rtol: float = 1e-6, atol: float = 1e-9) -> None:
    """Require numbers `got` of the shape of `expected` with |got - expected| <= atol + rtol * |expected|."""
    wanted = np.asarray(expected)
    if got is None:
        raise WrongAnswer(f"{what} gave None, expected {describe(expected)}: is a `return` missing?")
    try:
        given = np.asarray(None if _holds_text(got) else got)
    except ValueError:  # a ragged list
        given = np.asarray(None)
    if given.dtype.kind not in "biufc":
        raise WrongAnswer(f"{what} gave {describe(got)}, expected {_kind(wanted)}")
    if given.shape != wanted.shape:
        raise WrongAnswer(f"{what} has shape {given.shape}, expected {wanted.shape}")
    # NaN is close to nothing, not even to a NaN that the answer's own numbers have led us to expect.
    wrong = ~np.isclose(given, wanted, rtol=rtol, atol=atol)
    if wrong.any():
        place = tuple(int(i) for i in np.argwhere(wrong)[0])
        count = f" ({int(wrong.sum())} of {wrong.size} elements differ)" if wrong.size > 1 else ""
        at = f" at {list(place)}" if place else ""
        got_number, wanted_number = _told_apart(given[place], wanted[place])
        raise WrongAnswer(f"{what} gave {got_number}{at}, expected {wanted_number}{count}")


def occur(told: Sequence[Any], wanted: Any, what: str, *, rtol: float = 1e-6, atol: float = 1e-9) -> None:
    """Require each of the numbers `wanted` to be close to one of those in the arrays `told`."""
    numbers = np.concatenate([np.zeros(0), *(np.ravel(array).astype(float) for array in told)])
    for number in np.ravel(wanted):
        if not np.isclose(numbers, number, rtol=rtol, atol=atol).any():
            raise WrongAnswer(what)


def _told_apart(one: Any, other: Any) -> tuple[str, str]:
    """Two numbers with six digits, or with as many as it takes to see that they differ.

    >>> _told_apart(1 / 3, 1 / 3 + 1e-8)
    ('0.33333333', '0.33333334')
    """
    pairs = ((f"{one:.{digits}g}", f"{other:.{digits}g}") for digits in range(6, 18))
    return next((pair for pair in pairs if pair[0] != pair[1]), (str(one), str(other)))


def _holds_text(value: Any) -> bool:
    """Whether there is text in lists of lists: an array of it would give each word the room of the longest."""
    if isinstance(value, list | tuple):
        return any(map(_holds_text, value))
    return isinstance(value, str) or (isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "US")


def equal(got: Any, expected: Any, what: str) -> None:
    """Require `got` to be exactly `expected`: same numbers or text, arrays too; lists and tuples are one kind."""
    if not _same(got, expected):
        raise WrongAnswer(f"{what} gave {describe(got)}, expected {describe(expected)}")


def guesses(got: Any, right: Mapping[str, Any], what: str, *, rtol: float = 1e-6, atol: float = 1e-9) -> None:
    """Require the entries `right` of the dict `got`, numbers as `close` does and whole ones without a share `rtol`.

    A message names the entry and what it holds, not what is right: the next attempt would copy it.
    """
    for name, value in right.items():
        if not isinstance(got, dict) or name not in got:
            raise WrongAnswer(f"{what} has no entry {name!r}")
        try:
            if (kind := np.asarray(value).dtype.kind) in "if":
                close(got[name], value, name, rtol=rtol if kind == "f" else 0, atol=atol)
            else:
                equal(got[name], value, name)
        except WrongAnswer:
            raise WrongAnswer(f"{what}[{name!r}] gave {describe(got[name])}, and that is not so") from None


def describe(value: Any) -> str:
    """A few words for a value in a message.

    >>> describe(3.0), describe(np.zeros((2, 3))), describe([1, 2])
    ('3.0', 'array of shape (2, 3)', '[1, 2]')
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, np.ndarray) and (value.ndim > 1 or value.size > 6):
        return f"array of shape {value.shape}"
    text = np.array2string(value, precision=4, separator=", ") if isinstance(value, np.ndarray) else repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _same(got: Any, expected: Any) -> bool:
    got, expected = (value.item() if isinstance(value, np.generic) else value for value in (got, expected))
    for kind, same in _COMPARED:
        if isinstance(expected, kind) or isinstance(got, kind):
            return isinstance(expected, kind) and isinstance(got, kind) and same(got, expected)
    return bool(got == expected)


_COMPARED: tuple[tuple[Any, Callable[[Any, Any], bool]], ...] = (
    (np.ndarray, lambda got, expected: got.shape == expected.shape and bool(np.all(got == expected))),
    (list | tuple, lambda got, expected: len(got) == len(expected) and all(map(_same, got, expected))),
    (dict, lambda got, expected: got.keys() == expected.keys() and all(_same(got[k], expected[k]) for k in got)),
    (bool, lambda got, expected: got == expected),  # True is 1 in Python, but not the same answer
)
"""What is equal, for values of one kind."""


def _kind(wanted: np.ndarray) -> str:
    return f"numbers of shape {wanted.shape}" if wanted.shape else "a number"
