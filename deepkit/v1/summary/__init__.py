"""`tf.summary`: nodes that write down what TensorBoard shows, and the writer of its event files."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

from deepkit import ops
from deepkit.core.collections import GraphKeys
from deepkit.core.control_flow import tracing
from deepkit.core.graph import default_graph, graph_of
from deepkit.core.symbol import Symbol
from deepkit.errors import ArgumentError, DTypeError
from deepkit.ops.summary.event_messages import message as _message
from deepkit.ops.summary.values import text_metadata
from deepkit.v1.framework.symbolic import constant_of
from deepkit.v1.framework.unknown_names import explain as _explain
from deepkit.v1.platform import logging
from deepkit.v1.summary.file_writer import FileWriter, FileWriterCache

_MESSAGES = ("Event", "SessionLog", "Summary", "SummaryDescription", "TaggedRunMetadata")
__all__ = [
    *_MESSAGES, "FileWriter", "FileWriterCache", "audio", "get_summary_description", "histogram", "image", "merge",
    "merge_all", "scalar", "tensor_summary", "text",
]


def scalar(name: str, tensor: Any, collections: Any = None, family: str | None = None) -> Symbol:
    """One number: TensorBoard draws a curve of it.

    name: of the node and of the curve, after the name scopes around it. collections: where the node is listed, by
    default the summaries that merge_all merges. family: a name before the curve's name, by which curves are grouped.

    >>> import deepkit.v1 as tf
    >>> with tf.Graph().as_default(), tf.name_scope("train"):
    ...     print(tf.summary.scalar("loss", 0.5).name)
    train/loss:0
    """
    with _named(name, family, tensor, "tags", "values") as (node, tag, x):
        return _listed(ops.scalar_summary(tag, x, name=node), collections)


def histogram(name: str, values: Any, collections: Any = None, family: str | None = None) -> Symbol:
    """How often which values occur in a tensor of any shape. NaN or infinity in it is an error."""
    with _named(name, family, values, label="values") as (node, tag, x):
        return _listed(ops.histogram_summary(tag, x, name=node), collections)


def image(name: str, tensor: Any, max_outputs: int = 3, collections: Any = None, family: str | None = None) -> Symbol:
    """The first max_outputs images of a batch (n, height, width, channels) of uint8 or floats.

    1 channel is grey, 3 are red, green and blue, 4 these and opacity. Floats are scaled, image by image: without negative
    values the greatest becomes 255; otherwise 0 becomes 128. NaN and infinity are shown red.
    """
    with _named(name, family, tensor) as (node, tag, x):
        return _listed(ops.image_summary(tag, x, max_outputs, name=node), collections)


def audio(
    name: str, tensor: Any, sample_rate: Any, max_outputs: int = 3, collections: Any = None, family: str | None = None
) -> Symbol:
    """The first max_outputs sounds of a batch (n, frames, channels) or (n, frames), with values between -1 and 1."""
    with _named(name, family, tensor) as (node, tag, x):
        rate = constant_of(sample_rate, "float32", name="sample_rate")
        return _listed(ops.audio_summary(tag, x, rate, max_outputs, name=node), collections)


def text(name: str, tensor: Any, collections: Any = None) -> Symbol:
    """A string, or a table of strings, that TensorBoard shows as Markdown."""
    x = constant_of(tensor)
    if not x.dtype.is_string:
        raise DTypeError(
            f"tf.summary.text of {x.dtype.name}", rule="a text summary shows strings", hint="tf.as_string(tensor)"
        )
    return tensor_summary(name, x, summary_metadata=text_metadata(), collections=collections)


def tensor_summary(
    name: str, tensor: Any, summary_description: Any = None, collections: Any = None, summary_metadata: Any = None,
    family: str | None = None, display_name: str | None = None,
) -> Symbol:
    """A tensor as it is, for the part of TensorBoard that summary_metadata, a SummaryMetadata message, names."""
    metadata = _message("SummaryMetadata")()
    if summary_metadata is not None:
        metadata.CopyFrom(summary_metadata)
    if display_name is not None:
        metadata.display_name = display_name
    if summary_description is not None:
        metadata.summary_description = str(summary_description)
    with _named(name, family, tensor) as (node, tag, x):
        known = constant_of(metadata.SerializeToString(), "string", name="serialized_summary_metadata")
        return _listed(ops.tensor_summary(tag, x, known, name=node), collections)


def merge(inputs: Any, collections: Any = None, name: str | None = None) -> Symbol:
    """Several summaries as one node: one fetch gives them all. No two of them may have the same tag."""
    inputs = list(inputs)
    if not inputs:
        raise ArgumentError("merge of no summaries", hint="tf.summary.merge([loss_summary, accuracy_summary])")
    with inputs[0].graph.name_scope(name or "Merge"):
        merged = ops.merge_summary(inputs)
    return _listed(merged, collections or ())


def merge_all(key: Any = GraphKeys.SUMMARIES, scope: str | None = None, name: str | None = None) -> Symbol | None:
    """All summaries of the default graph as one node; None if it has none.

    scope: only those whose names begin with this regular expression.
    """
    found = default_graph().get_collection(key, scope)
    return merge(found, name=name) if found else None


def get_summary_description(node_def: Any) -> Any:
    """The SummaryDescription that a node made by tensor_summary carries, from its NodeDef message."""
    description = _message("SummaryDescription")()
    stored = node_def.attr["description"].s
    if node_def.op not in ("TensorSummary", "TensorSummaryV2"):
        raise ArgumentError(f"a summary description of a {node_def.op} node", rule="only tensor summaries have one")
    if stored:
        from google.protobuf import json_format

        json_format.Parse(stored.decode(), description)
    return description


@contextlib.contextmanager
def _named(
    name: str, family: str | None, values: Any, tag_name: str = "tag", label: str = "tensor"
) -> Iterator[tuple[str, Symbol, Symbol]]:
    """(name of the node, its tag as a constant, the tensor), inside a scope of the summary's own name."""
    if not isinstance(name, str):
        raise ArgumentError(
            f"a summary called {name!r}", rule="the first argument is the summary's name", hint='("loss", loss)'
        )
    clean = _clean(name)
    prefix = None if family is None else _clean(family)
    graph = tracing.target(graph_of(values) or default_graph())
    with graph.as_default(), graph.name_scope(clean if prefix is None else f"{prefix}/{clean}") as scope:
        shown = scope.rstrip("/") if prefix is None else f"{prefix}/{scope.rstrip('/')}"
        yield scope, constant_of(shown, "string", name=tag_name), constant_of(values, name=label)


def _clean(name: str) -> str:
    """The name with "_" in the place of every character that names do not have, and without leading slashes."""
    clean = re.sub(r"[^-/\w\.]", "_", name, flags=re.ASCII).lstrip("/")
    if clean != name:
        logging.info("Summary name %s is illegal; using %s instead.", name, clean)
    return clean


def _listed(summary: Symbol, collections: Any) -> Symbol:
    summary.graph.add_to_collections([GraphKeys.SUMMARIES] if collections is None else collections, summary)
    return summary


def __getattr__(name: str) -> Any:
    """The messages: only when one of them is used the tensorboard package is loaded."""
    return _message(name) if name in _MESSAGES else _explain("tf.summary")(name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_MESSAGES})
