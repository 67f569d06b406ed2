"""Every error a user can meet, and how its message is built.

A message answers four questions in this order: what happened, where (the user's own line and the
op's name in the graph), which rule was broken, and what to try next.
"""

from __future__ import annotations

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
    return "\n".join([what, *[f"  {label:<6} {text}" for label, text in parts if text]])


class TensorError(DeepkitError):
    """Base of the errors of tensor programs."""

    locates = True


class ShapeError(TensorError, ValueError):
    """Shapes that do not fit an op's rule."""


class DTypeError(TensorError, TypeError):
    """Data types that do not fit an op's rule."""


class GraphError(TensorError, ValueError):
    """A graph used against its rules: unknown or reused names, nodes of another graph, a missing session."""


class NameNotFoundError(GraphError, KeyError):
    """A name that is not in the graph."""


class FeedError(TensorError, ValueError):
    """A placeholder without a value, or a value that does not fit the tensor it is fed to."""


class FetchError(TensorError, TypeError):
    """Something that cannot be fetched from a session."""


class UninitializedError(TensorError, RuntimeError):
    """A variable that is read before it was given a value."""


class CancelledError(TensorError, RuntimeError):
    """Something that was given up while it waited, or that comes too late: its queue or its session was closed."""


class ClosedSessionError(CancelledError):
    """A session used after close()."""


class NumericsError(TensorError, ArithmeticError):
    """NaN or infinity where a finite number was required."""


class OpError(TensorError, ValueError):
    """An op that failed while it computed."""


class OutOfRangeError(OpError):
    """The end of the data: a queue that is closed and empty, an input that has been read to its end."""


class GradientError(TensorError, LookupError):
    """A derivative that does not exist."""


class ArgumentError(TensorError, ValueError):
    """An argument outside its range, or arguments that contradict each other."""


class DataError(DeepkitError, ValueError):
    """A data file that is damaged, missing, or not what it says it is."""


class DownloadError(DataError, OSError):
    """A download that failed; nothing is left half-written."""


class GradingError(DeepkitError, ValueError):
    """A submission or an exercise that cannot be graded."""


class MissingExtraError(DeepkitError, ImportError):
    """An optional library is needed but not installed."""

    def __init__(self, library: str, extra: str, purpose: str):
        super().__init__(
            f"{purpose} needs {library}, which is not installed",
            hint=f'python3 -m pip install "deepkit[{extra}]"',
        )


class ThreadError(DeepkitError, RuntimeError):
    """Threads that go on running although they were asked to stop."""


class MissingNameError(DeepkitError, AttributeError):
    """A name that deepkit does not have."""


class MissingModuleError(DeepkitError, ModuleNotFoundError):
    """A module that deepkit does not have."""


class GraphWarning(UserWarning):
    """A graph that does not do what it seems to: it keeps growing, a gradient is not connected, a cell ran twice."""
