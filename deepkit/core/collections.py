"""Named lists that a graph keeps: which nodes are variables, losses, update ops and so on."""

from __future__ import annotations

import re
import weakref
from typing import Any

VARIABLE_STORE = ("__variable_store",)  # the list that holds what knows the variables by name, and the open scope


class GraphKeys:
    """The names of the standard collections."""

    GLOBAL_VARIABLES = "variables"
    VARIABLES = "variables"
    LOCAL_VARIABLES = "local_variables"
    MODEL_VARIABLES = "model_variables"
    TRAINABLE_VARIABLES = "trainable_variables"
    MOVING_AVERAGE_VARIABLES = "moving_average_variables"
    METRIC_VARIABLES = "metric_variables"
    GLOBAL_STEP = "global_step"
    LOSSES = "losses"
    REGULARIZATION_LOSSES = "regularization_losses"
    UPDATE_OPS = "update_ops"
    TRAIN_OP = "train_op"
    INIT_OP = "init_op"
    READY_OP = "ready_op"
    LOCAL_INIT_OP = "local_init_op"
    SUMMARIES = "summaries"
    SUMMARY_OP = "summary_op"
    QUEUE_RUNNERS = "queue_runners"
    TABLE_INITIALIZERS = "table_initializer"
    ASSET_FILEPATHS = "asset_filepaths"
    SAVERS = "savers"
    WEIGHTS = "weights"
    BIASES = "biases"
    ACTIVATIONS = "activations"
    COND_CONTEXT = "cond_context"
    WHILE_CONTEXT = "while_context"


class _Loose(weakref.ref):  # type: ignore[type-arg]
    """An entry that a collection does not hold; a class of its own, so that nobody's weakref is taken for one."""


class Collections:
    """Lists by name. What is added with held=False leaves its list when nothing else refers to it."""

    def __init__(self) -> None:
        self._lists: dict[Any, list[Any]] = {}

    def add(self, name: Any, value: Any, held: bool = True) -> None:
        self._lists.setdefault(name, []).append(value if held else _Loose(value))

    def get(self, name: Any, scope: str | None = None) -> list[Any]:
        """A copy of the list; with `scope`, only what has a name that matches this regular expression at its start."""
        entries = self._lists.get(name, [])
        entries[:] = [v for v in entries if not isinstance(v, _Loose) or v() is not None]
        values: list[Any] = [v() if isinstance(v, _Loose) else v for v in entries]
        if scope is None:
            return values
        return [v for v in values if hasattr(v, "name") and re.match(scope, v.name)]

    def ref(self, name: Any) -> list[Any]:
        """The list itself; from now on it holds all that is in it."""
        values = self.get(name)
        entries = self._lists.setdefault(name, [])
        entries[:] = values
        return entries

    def names(self) -> list[Any]:
        return [name for name in self._lists if self.get(name)]

    def clear(self, name: Any) -> None:
        self._lists.pop(name, None)

    def discard(self, gone: set[int]) -> None:
        """Takes out everything whose id() is in `gone`, from all lists."""
        for entries in self._lists.values():
            entries[:] = [v for v in entries if id(v() if isinstance(v, _Loose) else v) not in gone]

    def variable_prefix(self) -> str:
        """What the open variable scope puts before names: "path/", or "" outside any."""
        held = self.get(VARIABLE_STORE)
        return f"{held[0].scope.name}/" if held and held[0].scope.name else ""
