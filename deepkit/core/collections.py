"""Named lists that a graph keeps: which nodes are variables, losses, update ops and so on."""

from __future__ import annotations

import re
from typing import Any


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


class Collections:
    """Lists by name."""

    def __init__(self) -> None:
        self._lists: dict[Any, list[Any]] = {}

    def add(self, name: Any, value: Any) -> None:
        self._lists.setdefault(name, []).append(value)

    def get(self, name: Any, scope: str | None = None) -> list[Any]:
        """A copy of the list; with `scope`, only what has a name that matches this regular expression at its start."""
        values = self._lists.get(name, [])
        if scope is None:
            return list(values)
        return [v for v in values if hasattr(v, "name") and re.match(scope, v.name)]

    def ref(self, name: Any) -> list[Any]:
        """The list itself."""
        return self._lists.setdefault(name, [])

    def names(self) -> list[Any]:
        return [name for name, values in self._lists.items() if values]

    def clear(self, name: Any) -> None:
        self._lists.pop(name, None)

    def discard(self, gone: set[int]) -> None:
        """Takes out everything whose id() is in `gone`, from all lists."""
        for name, values in self._lists.items():
            self._lists[name] = [v for v in values if id(v) not in gone]
