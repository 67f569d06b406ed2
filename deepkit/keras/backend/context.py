"""What holds while layers are being called: the phase, and where their updates, losses and masks go."""

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
    values now, and not for the variables of the graph; updates, losses: what the layers asked for.
    """

    def __init__(self, training: Any = None, record: bool = True, eager: bool = False, values: bool = False):
        self.training, self.record, self.eager, self.values = training, record, eager, values
        self.updates: list[Any] = []
        self.losses: list[tuple[Any, Any]] = []
        self.metrics: list[tuple[Any, Any]] = []
        self.masks: dict[int, tuple[Any, Any]] = {}


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
        call.updates, call.losses, call.metrics, call.masks = outer.updates, outer.losses, outer.metrics, outer.masks
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


def mask_of(x: Any) -> Any:
    """The mask that came with a tensor, or None."""
    if isinstance(x, Symbol):
        return (x.notes or {}).get("keras_mask")
    return current().masks.get(id(x), (None, None))[1]


def set_mask(x: Any, mask: Any) -> None:
    """Lets `mask` travel with the tensor to the layers that take it."""
    if isinstance(x, Symbol):
        x.notes = {**(x.notes or {}), "keras_mask": mask}
    else:
        current().masks[id(x)] = (x, mask)  # holding x keeps its id from being given away
