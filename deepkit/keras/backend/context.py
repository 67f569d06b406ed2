"""What holds while layers are being called: whether they train, and where their updates, losses and masks go."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from deepkit.core.symbol import Symbol


class Call:
    """One call of an outermost layer, with the calls inside it.

    training: None (nobody said), True, False or a tensor; record: whether layers remember which tensor they made
    from which (only outermost calls do); eager: whether the inputs are Tensors; values: whether weights stand for their
    values now, and not for the variables of the graph; updates, losses, metrics: what the layers asked for, as pairs
    (layer, assignment), (layer, loss), (metric or name, value); an assignment that no layer has given to add_update is
    one of None. counts: what the metrics inside assign; weights: those that were made; notes: masks and metrics of Tensors.
    """

    def __init__(self, training: Any = None, record: bool = True, eager: bool = False, values: bool = False):
        self.training, self.record, self.eager, self.values = training, record, eager, values
        self.updates: list[tuple[Any, Any]] = []
        self.counts: list[tuple[Any, Any]] = []
        self.losses: list[tuple[Any, Any]] = []
        self.metrics: list[tuple[Any, Any]] = []
        self.weights: list[Any] = []
        self.notes: dict[tuple[str, int], tuple[Any, Any]] = {}

    def share(self, outer: Call) -> None:
        """What is asked for inside goes where the call around it keeps its own."""
        self.updates, self.counts, self.losses = outer.updates, outer.counts, outer.losses
        self.metrics, self.weights, self.notes = outer.metrics, outer.weights, outer.notes


class _Stack(threading.local):
    def __init__(self) -> None:
        self.calls: list[Call] = [Call()]


_stack = _Stack()


def current() -> Call:
    """The innermost call; outside all of them one in which nothing is decided."""
    return _stack.calls[-1]


@contextlib.contextmanager
def calling(
    training: Any = None, record: bool = False, collect: bool = False, eager: bool | None = None, values: bool | None = None
) -> Iterator[Call]:
    """A call inside: it takes what it does not set from the one around it; `collect` gives it lists of its own.

    On Tensors weights stand for their values, unless `values` says otherwise.
    """
    outer = current()
    if values is None:
        values = outer.values if eager is None else eager
    call = Call(training, record, outer.eager if eager is None else eager, values)
    if training is None:
        call.training = outer.training
    if not is_first() and not collect:
        call.share(outer)
    _stack.calls.append(call)
    try:
        yield call
    finally:
        _stack.calls.pop()


def is_outermost() -> bool:
    """True unless a layer is being called by another one (or by a model's own training step)."""
    return current().record


def is_first() -> bool:
    """True if no call is going on in this thread."""
    return len(_stack.calls) == 1


@contextlib.contextmanager
def counting() -> Iterator[None]:
    """A block whose assignments are a metric's: they happen where metrics are shown, and not in a prediction."""
    with calling(record=is_outermost()) as call:
        call.updates = call.counts
        yield


def mask_of(x: Any) -> Any:
    """The mask that came with a tensor, or None."""
    return _note(x, "_keras_mask")


def set_mask(x: Any, mask: Any) -> None:
    """Lets `mask` travel with the tensor to the layers that take it."""
    _set_note(x, "_keras_mask", mask)


def metric_of(x: Any) -> Any:
    """The metric whose result a tensor is, or None."""
    return _note(x, "_keras_metric")


def set_metric(x: Any, metric: Any, arguments: Any = ()) -> None:
    """Notes that the tensor is the result of a metric called on these, so that add_metric takes no mean of it."""
    _set_note(x, "_keras_metric", metric)
    _set_note(x, "_keras_metric_arguments", arguments)


def arguments_of_metric(x: Any) -> Any:
    """(args, kwargs) of the metric's call whose result a tensor is, or None."""
    return _note(x, "_keras_metric_arguments")


def _note(x: Any, kind: str) -> Any:
    if isinstance(x, Symbol):
        return vars(x).get(kind)
    return current().notes.get((kind, id(x)), (None, None))[1]


def _set_note(x: Any, kind: str, value: Any) -> None:
    if isinstance(x, Symbol):
        vars(x)[kind] = value
    elif not is_first():
        current().notes[kind, id(x)] = (x, value)  # holding x keeps its id from being given away
