"""Every error a user can meet, and how its message is built.

A message answers four questions in this order: what happened, where (the user's own line and the
op's name in the graph), which rule was broken, and what to try next.
"""

from __future__ import annotations


class DeepkitError(Exception):
    """Base of all errors raised on purpose.

    `what` is one sentence; `where`, `rule` and `hint` are optional lines below it.

    >>> print(DeepkitError("matmul: inner dimensions differ", rule="a is (n, k), b is (k, m)", hint="transpose b"))
    matmul: inner dimensions differ
      rule:  a is (n, k), b is (k, m)
      try:   transpose b
    """

    def __init__(self, what: str, *, where: str | None = None, rule: str | None = None, hint: str | None = None):
        self.what, self.where, self.rule, self.hint = what, where, rule, hint
        lines = [what]
        for label, text in (("where:", where), ("rule:", rule), ("try:", hint)):
            if text:
                lines.append(f"  {label:<6} {text}")
        super().__init__("\n".join(lines))

    def __str__(self) -> str:  # KeyError and friends would print the repr of their argument
        return str(self.args[0]) if self.args else ""


class ShapeError(DeepkitError, ValueError):
    """Shapes that do not fit an op's rule."""


class DTypeError(DeepkitError, TypeError):
    """Data types that do not fit an op's rule."""


class GraphError(DeepkitError, ValueError):
    """A graph used against its rules: unknown or reused names, nodes of another graph, a missing session."""


class NameNotFoundError(GraphError, KeyError):
    """A name that is not in the graph."""


class FeedError(DeepkitError, ValueError):
    """A placeholder without a value, or a value that does not fit the tensor it is fed to."""


class FetchError(DeepkitError, TypeError):
    """Something that cannot be fetched from a session."""


class UninitializedError(DeepkitError, RuntimeError):
    """A variable that is read before it was given a value."""


class ClosedSessionError(DeepkitError, RuntimeError):
    """A session used after close()."""


class NumericsError(DeepkitError, ArithmeticError):
    """NaN or infinity where a finite number was required."""


class OpError(DeepkitError, ValueError):
    """An op that failed while it computed."""


class GradientError(DeepkitError, LookupError):
    """A derivative that does not exist."""


class ArgumentError(DeepkitError, ValueError):
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


class GraphWarning(UserWarning):
    """A graph that does not do what it seems to: it keeps growing, a gradient is not connected, a cell ran twice."""
