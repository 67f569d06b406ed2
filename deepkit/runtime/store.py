"""The variables of a session that computes on GPUs, seen from the CPU."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

import numpy as np

from deepkit.core.variable import Variable
from deepkit.device import devices
from deepkit.device.devices import CPU
from deepkit.runtime.placement import Placement


class Store(MutableMapping[Variable, Any]):
    """Variables' values as NumPy arrays; `arrays` holds each in the memory of its device.

    What is read comes down, what is put in goes up. Reading gives an array of the caller's own.
    """

    def __init__(self, arrays: MutableMapping[Variable, Any], placement: Placement):
        self._arrays, self._placement = arrays, placement

    def __getitem__(self, variable: Variable) -> np.ndarray:
        return np.array(devices.put(self._arrays[variable], CPU), order="C")

    def __setitem__(self, variable: Variable, value: Any) -> None:
        device = self._placement.place([variable.node])[variable.node]
        self._arrays[variable] = devices.put(value, device)

    def __delitem__(self, variable: Variable) -> None:
        del self._arrays[variable]

    def __iter__(self) -> Iterator[Variable]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)

    def __contains__(self, variable: object) -> bool:
        return variable in self._arrays

    def clear(self) -> None:
        """Forgets all values."""
        self._arrays.clear()
