"""Several cells on top of each other as one cell."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterator
from typing import Any

from deepkit.core.graph import default_graph
from deepkit.core.nest import flatten, pack
from deepkit.errors import ArgumentError
from deepkit.keras import registry
from deepkit.keras.backend.nested import listed
from deepkit.keras.base.layer import Layer
from deepkit.keras.layers.recurrent.cells import SequenceCell
from deepkit.keras.layers.recurrent.states import dims_of, output_size, zero_states
from deepkit.keras.layers.serialization import deserialize


class StackedRNNCells(SequenceCell):
    """The output of each cell is the input of the next; the states of all of them are its state.

    reverse_state_order: the states of the last cell come first, as in old versions of Keras.

    >>> import numpy as np
    >>> from deepkit.keras.layers import RNN, LSTMCell
    >>> cells = StackedRNNCells([LSTMCell(8), LSTMCell(4)])
    >>> cells.state_size
    ([8, 8], [4, 4])
    >>> RNN(cells)(np.zeros([2, 5, 3], "float32")).shape
    Shape([2, 4])
    """

    def __init__(self, cells: Any, reverse_state_order: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        for cell in cells:
            check_cell(cell)
        self.cells = list(cells)
        self.reverse_state_order = reverse_state_order

    def _in_order(self, items: Any) -> list[Any]:
        """What belongs to the cells, turned from the cells' order into that of the states, or back."""
        return list(items)[::-1] if self.reverse_state_order else list(items)

    @property
    def state_size(self) -> Any:
        return tuple(cell.state_size for cell in self._in_order(self.cells))

    @property
    def output_size(self) -> Any:
        return output_size(self.cells[-1])

    def get_initial_state(self, inputs: Any = None, batch_size: Any = None, dtype: Any = None) -> Any:
        return tuple(initial_state(cell, inputs, batch_size, dtype) for cell in self._in_order(self.cells))

    def build(self, input_shape: Any) -> None:
        shape, *constants = input_shape if isinstance(input_shape, list) else [input_shape]
        for cell in self.cells:
            if isinstance(cell, Layer) and not cell.built:
                with default_graph().name_scope(cell.name):
                    cell.build([shape, *constants] if constants and takes(cell, "constants") else shape)
                cell.built = True
            shape = (shape[0], *dims_of(output_size(cell)))
        super().build(input_shape)

    def call(self, inputs: Any, states: Any, constants: Any = None, training: Any = None) -> tuple[Any, Any]:
        by_cell = self._in_order(pack(self.state_size, flatten(states)))
        after = []
        for cell, own in zip(self.cells, by_cell, strict=True):
            inputs, new = call_cell(cell, inputs, listed(own), constants, training)
            after.append(new)
        return inputs, pack(self.state_size, flatten(self._in_order(after)))

    # ---- all steps at once

    def dropout_masks(self, batch: Any, training: Any = None) -> list[Any]:
        return [c.dropout_masks(batch, training) if isinstance(c, SequenceCell) else None for c in self.cells]

    @contextlib.contextmanager
    def keeping(self, masks: list[Any]) -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            for cell, own in zip(self.cells, masks, strict=True):
                if isinstance(cell, SequenceCell):
                    stack.enter_context(cell.keeping(own))
            yield

    def is_whole(self, masks: list[Any]) -> bool:
        pairs = zip(self.cells, masks, strict=True)
        return self.step_is_ours and all(isinstance(c, SequenceCell) and c.is_whole(own) for c, own in pairs)

    def sequence(self, x: Any, states: Any, masks: list[Any]) -> Any:
        after = []
        for cell, own, mask in zip(self.cells, self._in_order(states), masks, strict=True):
            after.append(cell.sequence(x, listed(own), mask))
            x = cell.output_of(after[-1])
        return pack(self.state_size, flatten(self._in_order(after)))

    def output_of(self, states: Any) -> Any:
        own = listed(self._in_order(states)[-1])
        return self.cells[-1].output_of(own)

    # ---- configuration

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), "cells": [registry.serialize_keras_object(cell) for cell in self.cells]}
        return {**config, "reverse_state_order": True} if self.reverse_state_order else config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> StackedRNNCells:
        cells = [deserialize(cell, custom_objects) for cell in config["cells"]]
        return cls(cells, **{key: value for key, value in config.items() if key != "cells"})


def check_cell(cell: Any) -> None:
    """ArgumentError unless the object is a cell."""
    if not hasattr(cell, "call") or not hasattr(cell, "state_size"):
        lacks = "state_size" if hasattr(cell, "call") else "call(inputs, states)"
        raise ArgumentError(
            f"{cell!r} is no cell: it has no {lacks}",
            rule="a cell computes one step, call(inputs, states) -> (output, new states), and says its state_size",
            hint="RNN(LSTMCell(32)), or LSTM(32) where a whole layer is meant",
        )


def takes(cell: Any, argument: str) -> bool:
    """Whether the cell's call has an argument of this name."""
    return argument in inspect.signature(cell.call).parameters


def call_cell(cell: Any, inputs: Any, states: Any, constants: Any, training: Any) -> tuple[Any, list[Any]]:
    """(output, list of new states) of one step of any cell, with the further arguments that its call has."""
    given = {"training": training} if takes(cell, "training") else {}
    if constants and takes(cell, "constants"):
        given["constants"] = constants
    output, new = (cell if callable(cell) else cell.call)(inputs, states, **given)
    return output, listed(new)


def initial_state(cell: Any, inputs: Any = None, batch_size: Any = None, dtype: Any = None) -> Any:
    """What the cell's own get_initial_state makes, else zeros."""
    own = getattr(cell, "get_initial_state", None)
    if own is not None:
        return own(inputs=inputs, batch_size=batch_size, dtype=dtype)
    return zero_states(cell.state_size, batch_size, dtype)
