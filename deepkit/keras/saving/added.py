"""Losses and metrics made of a model's tensors by add_loss and add_metric, as a part of its configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from deepkit.core.symbol import Symbol
from deepkit.core.variable import Variable
from deepkit.errors import DataError
from deepkit.keras.base.replay import sources_of
from deepkit.keras.saving.formula import Formula
from deepkit.site import warn_user


def added_config(model: Any, place: Callable[[Symbol], Any]) -> dict[str, Any]:
    """{"added": one table for each loss or metric}; {} if there are none. `place` says where a tensor comes from.

    A table names the tensors and the weights that the value is made of, and holds the formula by which it is. `owner` is
    the layer whose add_loss was called, None for the model's own.
    """
    asked = model.asked_outside()
    weights = {id(w): [layer.name, i] for layer in model.layers for i, w in enumerate(layer.weights)}
    losses = [
        {"owner": None if owner is model else owner.name, **_written(model, loss, weights, place)}
        for owner, loss in asked.losses
    ]
    metrics = [{"metric": name, **_written(model, x, weights, place)} for name, x in _values_shown(model, asked.metrics)]
    return {"added": losses + metrics} if losses or metrics else {}


def _values_shown(model: Any, metrics: list[tuple[Any, Symbol]]) -> list[tuple[str, Symbol]]:
    """Those metrics that are means of values; the others are warned of."""
    for metric, _ in metrics:
        if not isinstance(metric, str):
            warn_user(
                f"model {model.name!r}: the metric {metric.name!r} was called on the model's tensors, so its state is part "
                "of the graph; no configuration or file holds it. Add it again to the model that is made of it, or give "
                "the value itself: model.add_metric(value, aggregation='mean', name=...)", UserWarning,
            )
    return [(metric, x) for metric, x in metrics if isinstance(metric, str)]


def _written(model: Any, value: Symbol, weights: Mapping[int, Any], place: Callable[[Symbol], Any]) -> dict[str, Any]:
    sources = sources_of(value)
    tensors = [x for x in sources if not isinstance(x, Variable)]
    own = [x for x in sources if id(x) in weights]
    if lost := [x.name for x in sources if isinstance(x, Variable) and id(x) not in weights]:
        warn_user(
            f"model {model.name!r}: {', '.join(lost)}, of which {value.name} is made, belongs to none of its layers: the "
            "configuration holds the value that it has now", UserWarning,
        )
    return {
        "tensors": [place(x) for x in tensors], "weights": [weights[id(x)] for x in own],
        "formula": Formula.of(value, [*tensors, *own]).get_config(),
    }


def add_again(model: Any, said: Any, tensor: Callable[[Any], Symbol], layers: Mapping[str, Any]) -> None:
    """Adds to `model` what `added_config` wrote down. `tensor` finds the tensor that comes from a place."""
    for entry in said or []:
        formula = Formula.from_config(entry["formula"])
        weights = [layers[name].weights[i] for name, i in entry["weights"]]
        sources = [*map(tensor, entry["tensors"]), *weights]
        if len(sources) != len(formula.inputs):
            raise DataError(f"a loss or metric is made of {len(formula.inputs)} tensors, and {len(sources)} are named")
        graph = model.inputs[0].graph
        with graph.as_default(), graph.passing():  # what is made of the model's tensors goes with the model
            value = formula(sources)
        if "metric" in entry:
            model.add_metric(value, "mean", entry["metric"])
        else:
            (model if entry["owner"] is None else layers[entry["owner"]]).add_loss(value)
