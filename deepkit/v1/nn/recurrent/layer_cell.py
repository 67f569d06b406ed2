"""Cells that are Keras layers, known by their convention alone: they take and give a list of states."""

from __future__ import annotations

from typing import Any

from deepkit.core.symbol import Symbol
from deepkit.v1.framework.tensor_array import flat
from deepkit.v1.nn.recurrent.states import check_cell


class LayerCell:
    """A cell after Keras' convention, as the loops of this room call cells.

    The convention: the first state comes from get_initial_state(inputs, batch_size, dtype), there is no zero_state, and
    states are handed over as a list, also where there is only one. Here a single state is that tensor itself.
    """

    def __init__(self, cell: Any):
        self._cell = cell
        self.name = getattr(cell, "name", type(cell).__name__)

    @property
    def state_size(self) -> Any:
        """Size of the state, nested as the states are."""
        return self._cell.state_size

    @property
    def output_size(self) -> Any:
        """Size of the output."""
        return self._cell.output_size

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """The state before the first step."""
        return self._cell.get_initial_state(inputs=None, batch_size=batch_size, dtype=dtype)

    def __call__(self, inputs: Any, state: Any) -> tuple[Any, Any]:
        """(output, new state) of one step."""
        single = isinstance(state, Symbol)
        output, after = self._cell(inputs, [state] if single else state)
        return output, flat(after)[0] if single and len(flat(after)) == 1 else after


def as_cell(where: str, cell: Any) -> Any:
    """`cell` as the loops call it; ArgumentError, which names `where`, if it is none."""
    check_cell(where, cell)
    return cell if hasattr(cell, "zero_state") or not hasattr(cell, "get_initial_state") else LayerCell(cell)
