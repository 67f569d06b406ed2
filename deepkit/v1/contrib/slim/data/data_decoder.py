"""The base of all decoders: from a serialized record to the tensors of its items."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

__all__ = ["DataDecoder"]


class DataDecoder(ABC):
    """Says which items a record holds, and decodes them."""

    @abstractmethod
    def decode(self, data: Any, items: list[str]) -> list[Any]:
        """The tensors of the named items of one serialized record."""

    @abstractmethod
    def list_items(self) -> list[str]:
        """The names of all items."""
