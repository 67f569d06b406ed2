"""What a session can be connected to by its target: variables that several processes share, and plans that respect that."""

from __future__ import annotations

from collections.abc import MutableMapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from deepkit.core.variable import Variable
from deepkit.runtime.passes.order import Call
from deepkit.runtime.plan import Plan


class Shared(Protocol):
    """Variables' values as NumPy arrays, wherever they lie (also a MutableMapping[Variable, array])."""

    def holding(self, *variables: Variable) -> AbstractContextManager[None]:
        """While it lasts nobody else changes these variables: who reads them and puts new values in loses no update."""

    def pause(self) -> None:
        """A moment for those who wait that another process changes something."""


class SharedPlan(Plan):
    """A plan whose variables other processes change, too: they leave alone what a line writes, from before it reads it.

    Its passes must not contain "inplace": a value that was read is the reader's own.
    """

    def _line(self, call: Call) -> str | None:
        line, node = super()._line(call), call.node
        written = [self._variable(node.inputs[k]) for k in node.op.writes]
        return f"with store.holding({', '.join(written)}): {line}" if written and not node.op.subgraphs else line


_shared: dict[str, Any] = {}


def share(target: str, variables: MutableMapping[Variable, Any]) -> None:
    """From now on sessions of this target have these variables, which are Shared."""
    _shared[target] = variables


def cluster() -> Any:
    """The variables that this process shares with others, if it is part of a cluster, else None."""
    return next(iter(_shared.values()), None)


def shared(target: Any) -> Any:
    """The variables of a target; None: each session has its own."""
    return _shared.get(target) if isinstance(target, str) else None
