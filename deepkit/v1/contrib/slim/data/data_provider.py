"""The base of all data providers: tensors that give one example after the other."""

from __future__ import annotations

from typing import Any

from deepkit.errors import ArgumentError

__all__ = ["DataProvider"]


class DataProvider:
    """Holds the tensors of one example by the names of its items."""

    def __init__(self, items_to_tensors: dict[str, Any], num_samples: int | None):
        self._items_to_tensors, self._num_samples = items_to_tensors, num_samples

    def get(self, items: list[str]) -> list[Any]:
        """The tensors of the named items."""
        for item in items:
            if item not in self._items_to_tensors:
                known = ", ".join(sorted(self._items_to_tensors))
                raise ArgumentError(f"the data set has no item {item!r}", rule=f"its items are {known}")
        return [self._items_to_tensors[item] for item in items]

    def list_items(self) -> list[str]:
        """The names of all items."""
        return list(self._items_to_tensors)

    def num_samples(self) -> int | None:
        """How many examples the data set has."""
        return self._num_samples
