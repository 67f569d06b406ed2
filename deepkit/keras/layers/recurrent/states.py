"""Small helpers over the states of recurrent layers: sizes, zeros, arguments sorted apart."""

from __future__ import annotations

from typing import Any

from deepkit import ops
from deepkit.core.nest import map_leaves
from deepkit.errors import ArgumentError
from deepkit.keras.backend.nested import listed


def dims_of(size: Any) -> list[Any]:
    """The axes of one state without the batch: [size], or those of a Shape, None where a length is not known."""
    return list(size.lengths) if hasattr(size, "lengths") else [int(size)]


def zero_states(sizes: Any, batch: Any, dtype: Any) -> Any:
    """Zeros (batch, size) for each size of a nest of sizes."""
    return map_leaves(lambda size: ops.zeros([batch, *dims_of(size)], dtype), sizes)


def output_size(cell: Any) -> Any:
    """The size of a cell's output: what it says, else the size of its first state."""
    said = getattr(cell, "output_size", None)
    return listed(cell.state_size)[0] if said is None else said


def separated(inputs: Any, initial_state: Any, constants: Any, count: int) -> tuple[Any, list[Any], list[Any]]:
    """(inputs, states, constants) of a call: the last two may stand behind the inputs, in one list [x, *states, *constants].

    count: how many constants there are in such a list.
    """
    if not isinstance(inputs, list):
        return inputs, listed(initial_state), listed(constants)
    if initial_state is not None or constants is not None:
        if len(inputs) == 1:
            return inputs[0], listed(initial_state), listed(constants)
        raise ArgumentError(
            "a recurrent layer was called with a list and with initial_state or constants beside it",
            rule="states and constants stand in one place only",
            hint="layer(x, initial_state=[h], constants=[c]), or all of them in one list: layer([x, h, c])",
        )
    x, *rest = inputs
    at = len(rest) - count
    return x, rest[:at], rest[at:]
