"""Every error a user can meet, and how its message is built.

A message answers four questions in this order: what happened, where (the user's own line and the
op's name in the graph), which rule was broken, and what to try next.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from deepkit.resources import install
from deepkit.site import user_site


class DeepkitError(Exception):
    """Base of all errors raised on purpose.

    `what` is one sentence; `where`, `rule` and `hint` are optional lines below it.

    >>> print(DeepkitError("matmul: inner dimensions differ", rule="a is (n, k), b is (k, m)", hint="transpose b"))
    matmul: inner dimensions differ
      rule:  a is (n, k), b is (k, m)
      try:   transpose b
    """

    locates = False
    """True for errors of tensor programs: without a `where` they name the user's own line."""

    def __init__(self, what: str, *, where: str | None = None, rule: str | None = None, hint: str | None = None):
        self.what, self.where, self.rule, self.hint = what, where, rule, hint
        site = user_site() if self.locates and where is None else None
        super().__init__(_message(what, where if site is None else str(site), rule, hint))

    def at(self, where: str, what: str | None = None) -> DeepkitError:
        """The same error, now with the place it happened at."""
        found = type(self).__new__(type(self))
        DeepkitError.__init__(found, what or self.what, where=where, rule=self.rule, hint=self.hint)
        return found

    @property
    def brief(self) -> str:
        """The message without the line in the program: for a command line, where there is no program of the user's."""
        return _message(self.what, self.where, self.rule, self.hint)

    def __str__(self) -> str:  # KeyError and friends would print the repr of their argument
        return str(self.args[0]) if self.args else ""


def _message(what: str, where: str | None, rule: str | None, hint: str | None) -> str:
    parts = (("where:", where), ("rule:", rule), ("try:", hint))
    return printable("\n".join([what, *[f"  {label:<6} {text}" for label, text in parts if text]]), "\n\t")


def printable(text: object, kept: str = "") -> str:
    r"""A text that may come from anywhere as a terminal may see it: no control codes but those `kept`, no half characters.

    >>> print(printable("a\nb\x1b[2J"))
    a\nb\x1b[2J
    """
    shown = str(text).encode("utf-8", "backslashreplace").decode()
    return "".join(c if c.isprintable() or c in kept else c.encode("unicode_escape").decode() for c in shown)


def did_you_mean(name: str, known: Iterable[str], most: int = 1, cutoff: float = 0.6) -> str | None:
    """The hint that names what of `known` is most like `name`, at most `most` of it; None where nothing is.

    >>> did_you_mean("rellu", ["relu", "elu", "tanh"], most=2)
    "did you mean 'relu' or 'elu'?"
    """
    import difflib

    near = difflib.get_close_matches(name, sorted(known), n=most, cutoff=cutoff)
    return f"did you mean {' or '.join(map(repr, near))}?" if near else None


class OpError(DeepkitError):
    """Base of what a session raises, as `tf.errors.OpError`: each of the sixteen below has TensorFlow's `error_code`.

    Takes one sentence like every error here, or what TensorFlow's classes take: node_def, op, message. Their
    names and numbers are those of tensorflow/core/protobuf/error_codes.proto.
    """

    locates = True
    error_code = 2
    node_def: Any = None
    op: Any = None

    def __init__(self, *told: Any, message: str | None = None, where: str | None = None, rule: str | None = None,
                 hint: str | None = None, **origin: Any):
        given = dict(
            zip(("node_def", "op", "message", "error_code") if len(told) > 1 else ("message",), told, strict=False)
        )
        super().__init__(str(given.pop("message", message)), where=where, rule=rule, hint=hint)
        vars(self).update(given, **origin)

    @property
    def message(self) -> str:
        """What happened; str(error) has the place, the rule and the hint as well."""
        return self.what


class CancelledError(OpError, RuntimeError):
    """Something that was given up while it waited, or that comes too late: its queue or its session was closed."""

    error_code = 1


class UnknownError(OpError):
    """A Python function inside the graph that raised an error of its own."""

    error_code = 2


class InvalidArgumentError(OpError):
    """An op that failed while it computed: its values do not fit its rule."""

    error_code = 3


class DeadlineExceededError(OpError):
    """Something that took longer than it was given."""

    error_code = 4


class NotFoundError(OpError):
    """A file, or a name in a file, that is not there."""

    error_code = 5


class AlreadyExistsError(OpError):
    """Something to be made that is there already."""

    error_code = 6


class PermissionDeniedError(OpError):
    """A file that this user may not read or write."""

    error_code = 7


class ResourceExhaustedError(OpError):
    """No memory, or no room on the disk."""

    error_code = 8


class FailedPreconditionError(OpError):
    """Something that is not in the state it must be in: a variable without a value, a folder that is not empty."""

    error_code = 9


class AbortedError(OpError):
    """Something that was broken off and may be tried again."""

    error_code = 10


class OutOfRangeError(OpError):
    """The end of the data: a queue that is closed and empty, an input that has been read to its end."""

    error_code = 11


class UnimplementedError(OpError):
    """Something that is not supported."""

    error_code = 12


class InternalError(OpError):
    """Something that the library itself got wrong."""

    error_code = 13


class UnavailableError(OpError):
    """A service that does not answer at the moment."""

    error_code = 14


class DataLossError(OpError):
    """Data that are damaged or cut off."""

    error_code = 15


class UnauthenticatedError(OpError):
    """A service that asks who is there."""

    error_code = 16


_RAISED_IN_AN_OP: tuple[tuple[type[Exception], type[OpError]], ...] = (
    (MemoryError, ResourceExhaustedError), (NotImplementedError, UnimplementedError), (StopIteration, OutOfRangeError),
    (ValueError, InvalidArgumentError), (TypeError, InvalidArgumentError), (ArithmeticError, InvalidArgumentError),
    (IndexError, InvalidArgumentError),
)


def status_of(error: Exception) -> type[OpError]:
    """The error that a session raises where `error` was raised inside an op (TensorFlow: py_func.cc)."""
    return next((status for kind, status in _RAISED_IN_AN_OP if isinstance(error, kind)), UnknownError)


class TensorError(DeepkitError):
    """Base of the errors of tensor programs."""

    locates = True


class ShapeError(TensorError, InvalidArgumentError, ValueError):
    """Shapes that do not fit an op's rule."""


class DTypeError(TensorError, InvalidArgumentError, TypeError):
    """Data types that do not fit an op's rule."""


class GraphError(TensorError, ValueError):
    """A graph used against its rules: unknown or reused names, nodes of another graph, a missing session."""


class OperatorNotAllowedInGraphError(GraphError, TypeError):
    """What Python does with numbers, asked of a node that has none yet: a test, a loop, its length."""


class NameNotFoundError(GraphError, NotFoundError, KeyError):
    """A name that is not in the graph."""


class FeedError(TensorError, ValueError):
    """A value that does not fit the tensor it is fed to."""


class UnfedError(FeedError, InvalidArgumentError):
    """A placeholder without a value."""


class FetchError(TensorError, TypeError):
    """Something that cannot be fetched from a session."""


class UninitializedError(TensorError, FailedPreconditionError, RuntimeError):
    """A variable that is read before it was given a value."""


class ClosedSessionError(CancelledError):
    """A session used after close()."""


class NumericsError(TensorError, InvalidArgumentError, ArithmeticError):
    """NaN or infinity where a finite number was required."""


class GradientError(TensorError, LookupError, ValueError):
    """A derivative that does not exist, which TensorFlow's optimizers call a ValueError."""


class ArgumentError(TensorError, InvalidArgumentError, ValueError):
    """An argument outside its range, or arguments that contradict each other."""


class CallError(ArgumentError, TypeError):
    """A call with an argument that is not known, or without one that is needed: a TypeError, as of Python's functions."""


def check_choice(what: str, value: Any, choices: Iterable[Any]) -> None:
    """ArgumentError unless `value` is one of the choices, which the message lists; what: the argument's name.

    >>> check_choice("pad: mode", "constant", ("constant", "reflect"))
    """
    known = list(choices)
    if value not in known:
        *first, last = map(repr, known)
        raise ArgumentError(f"{what}={value!r}", rule=f"{', '.join(first)} or {last}" if first else last)


class DataError(OpError, ValueError):
    """A data file that is damaged, missing, or not what it says it is."""

    locates = False


class DamagedDataError(DataError, DataLossError):
    """A data file that is damaged or cut off."""


class MissingDataError(DataError, NotFoundError):
    """A data file that is not there, or lacks what is asked of it."""


class ExistingDataError(DataError, AlreadyExistsError):
    """A file or folder that is there already."""


class BarredDataError(DataError, PermissionDeniedError):
    """A file or folder that this user may not touch."""


class UnreadyDataError(DataError, FailedPreconditionError):
    """A folder where a file is needed, the other way round, or a folder that is not empty."""


class NoRoomError(DataError, ResourceExhaustedError):
    """A disk without space."""


class DownloadError(DataError, OSError):
    """A download that failed; nothing is left half-written."""


class GradingError(DeepkitError, ValueError):
    """A submission or an exercise that cannot be graded."""

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows: the message alone, for the trace leads through the grader and not through a cell."""
        return [f"{type(self).__name__}: {line}" if i == 0 else line for i, line in enumerate(str(self).splitlines())]


class MissingExtraError(DeepkitError, ImportError):
    """An optional library is needed but not installed."""

    def __init__(self, library: str, extra: str, purpose: str):
        super().__init__(
            f"{purpose} needs {library}, which is not installed",
            hint=install(extra),
        )


class RankError(DeepkitError, RuntimeError):
    """A rank of a distributed program does something else than the others, or is not there any more."""


class UncompiledError(ArgumentError, RuntimeError):
    """A model that is to train, or to say how well it does, before it knows by which loss and optimizer."""


class NoSingleCallError(ArgumentError, AttributeError):
    """A layer that was called never, or several times, and is asked for its one input or output."""


class MaskError(ArgumentError, TypeError):
    """A mask given to a layer that does not know what to do with one."""


class ThreadError(DeepkitError, RuntimeError):
    """Threads that go on running although they were asked to stop."""


class MissingNameError(DeepkitError, AttributeError):
    """A name that deepkit does not have.

    With a hint, the two attributes are set by which Python finds a suggestion of its own: one is enough.
    """

    def __init__(self, what: str, *, where: str | None = None, rule: str | None = None, hint: str | None = None):
        super().__init__(what, where=where, rule=rule, hint=hint)
        if hint is not None:
            self.name = self.obj = None  # type: ignore[assignment]


class MissingModuleError(DeepkitError, ModuleNotFoundError):
    """A module that deepkit does not have."""


class GraphWarning(UserWarning):
    """A graph that does not do what it seems to: it keeps growing, a gradient is not connected, a cell ran twice."""
