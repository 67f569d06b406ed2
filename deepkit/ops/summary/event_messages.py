"""The protocol messages that TensorBoard reads, taken from the tensorboard package when they are first used.

They have the field numbers of TensorFlow's messages of the same names, so the bytes are the same; but they are registered
in a package of their own, so that TensorFlow can be loaded beside them.
"""

from __future__ import annotations

import functools
import importlib.util
import sys
import warnings
from typing import Any

from deepkit.core.typing import Array
from deepkit.loading import optional
from deepkit.resources import install

_MODULES = {
    "AttrValue": "attr_value", "Event": "event", "GraphDef": "graph", "HistogramProto": "summary", "NodeDef": "node_def",
    "RunMetadata": "config", "RunOptions": "config", "SessionLog": "event", "StepStats": "step_stats",
    "Summary": "summary", "SummaryDescription": "summary", "SummaryMetadata": "summary",
    "TaggedRunMetadata": "event", "TensorProto": "tensor",
}
NAMES = tuple(_MODULES)


def installed() -> bool:
    """Whether the tensorboard package is there."""
    return sys.modules.get("tensorboard", True) is not None and importlib.util.find_spec("tensorboard") is not None


@functools.cache
def writable() -> bool:
    """Whether summaries can be written; where they cannot, a warning says once what to install and programs go on."""
    if not installed():
        warnings.warn(
            "nothing is written for TensorBoard: the tensorboard package is not installed; to have event files, "
            + install("tensorboard"),
            stacklevel=3,
        )
    return installed()


def message(name: str) -> Any:
    """The class of messages of one of NAMES.

    Raises:
        MissingExtraError: the tensorboard package is not installed.

    >>> value = message("Summary").Value(tag="loss", simple_value=0.5)
    >>> message("Summary")(value=[value]).SerializeToString()
    b'\\n\\x0b\\n\\x04loss\\x15\\x00\\x00\\x00?'
    """
    return getattr(board_module(f"compat.proto.{_MODULES[name]}_pb2"), name)


def tensor_proto(array: Array) -> Any:
    """An array as a TensorProto message."""
    return board_module("util.tensor_util").make_tensor_proto(array)


def board_module(name: str) -> Any:
    """A module of the tensorboard package, by its name below `tensorboard`."""
    return optional(f"tensorboard.{name}", "writing summaries and event files")
