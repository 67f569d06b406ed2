"""The protocol messages that stand directly below `tf`, loaded when a program first uses one of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deepkit.ops.summary.event_messages import message
from deepkit.v1.framework.unknown_names import explain

NAMES = (
    "AttrValue", "Event", "HistogramProto", "NodeDef", "RunMetadata", "RunOptions", "SessionLog", "Summary",
    "SummaryMetadata",
)


def or_missing() -> Callable[[str], Any]:
    """The `__getattr__` of `tf`: the messages, and for all other names what explains that they are missing."""
    otherwise = explain("tf")
    return lambda name: message(name) if name in NAMES else otherwise(name)
