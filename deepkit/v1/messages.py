"""The protocol messages that stand directly below `tf`, loaded when a program first uses one of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deepkit.ops.board_messages import message
from deepkit.v1.missing import explain

NAMES = (
    "AttrValue", "Event", "GraphDef", "HistogramProto", "NodeDef", "RunMetadata", "RunOptions", "SessionLog", "Summary",
    "SummaryMetadata",
)  # fmt: skip


def lazily(space: dict[str, Any]) -> Callable[[str], Any]:
    """The `__getattr__` of `tf`: the messages, and for all other names what explains that they are missing."""
    otherwise = explain("tf")

    def __getattr__(name: str) -> Any:
        if name not in NAMES:
            return otherwise(name)
        space[name] = found = message(name)
        return found

    return __getattr__
