"""Warm starts: the variables of a new model begin with values that another model has learned."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from deepkit.core.collections import GraphKeys
from deepkit.core.graph import default_graph
from deepkit.core.variable import Variable
from deepkit.errors import ArgumentError
from deepkit.io.checkpoint import found_prefix
from deepkit.v1.train.checkpoints import init_from_checkpoint


class WarmStartSettings(NamedTuple):
    """What `warm_start` takes, for an estimator: it calls it once its model is built."""

    ckpt_to_initialize_from: Any
    vars_to_warm_start: Any = ".*"
    var_name_to_vocab_info: Mapping[str, Any] | None = None
    var_name_to_prev_var_name: Mapping[str, str] | None = None


def warm_start(
    ckpt_to_initialize_from: Any, vars_to_warm_start: Any = ".*",
    var_name_to_vocab_info: Mapping[str, Any] | None = None, var_name_to_prev_var_name: Mapping[str, str] | None = None,
) -> None:
    """From now on the chosen variables start with values of a checkpoint, or of the latest one of a folder.

    vars_to_warm_start: a regular expression chooses trainable variables by the beginning of their names, a list of
    them any variables (an optimizer's slots, moving averages); or a list of variables. var_name_to_prev_var_name: names
    that differ in the checkpoint, by those of the graph. Vocabularies that changed (var_name_to_vocab_info) are not
    supported.

    Raises:
        ArgumentError: a name of var_name_to_prev_var_name belongs to none of the chosen variables.
        NameNotFoundError, ShapeError, DTypeError: as init_from_checkpoint.
    """
    if var_name_to_vocab_info:
        raise ArgumentError(
            "var_name_to_vocab_info is not supported", rule="a variable starts with the rows of the old one, in their order"
        )
    chosen = {v.node.name: v for v in _chosen(vars_to_warm_start)}
    before = dict(var_name_to_prev_var_name or {})
    unused = sorted(before.keys() - chosen.keys())
    if unused:
        raise ArgumentError(
            f"var_name_to_prev_var_name names {unused[0]!r}, which is not warm-started",
            rule="its keys are names of variables that vars_to_warm_start chooses",
            hint="chosen: " + (", ".join(sorted(chosen)) or "none"),
        )
    prefix = found_prefix(ckpt_to_initialize_from)
    init_from_checkpoint(prefix, {before.get(name, name): variable for name, variable in chosen.items()})


def _chosen(which: Any) -> list[Variable]:
    if isinstance(which, str):
        return _named([which], GraphKeys.TRAINABLE_VARIABLES)
    items = which if isinstance(which, (list, tuple)) else [] if which is None else [which]
    if all(isinstance(item, Variable) for item in items):
        return list(items)
    if not all(isinstance(item, str) for item in items):
        raise ArgumentError(
            f"vars_to_warm_start={which!r}", rule="a regular expression, a list of some, or a list of variables"
        )
    return _named(items, GraphKeys.GLOBAL_VARIABLES)


def _named(patterns: Sequence[str], collection: str) -> list[Variable]:
    """The variables of a collection whose names begin as one of the patterns says."""
    whole = "|".join(f"(?:{pattern})" for pattern in patterns)
    return [v for v in default_graph().get_collection(collection) if re.match(whole, v.node.name)]
