"""`tf.summary.FileWriter`: summaries, graphs and run metadata on their way into an event file."""

from __future__ import annotations

import os
import threading
import time
import warnings
from typing import Any, ClassVar

import numpy as np

from deepkit.core.graph import Graph
from deepkit.core.node import GraphDescription
from deepkit.core.symbol import Symbol
from deepkit.errors import ArgumentError, DTypeError
from deepkit.io.events import EventWriter
from deepkit.io.graph_def import graph_def as _graph_def
from deepkit.ops.summary.event_messages import message, writable


class FileWriter:
    """Writes an event file for TensorBoard into the folder `logdir`; the folder is made if it is not there.

    Every event is in the file, whole, when the call that adds it returns: a writer that nobody closes loses nothing.
    `max_queue`, `flush_secs` and `session` are accepted for old programs.

    Args:
        logdir: the folder; `tensorboard --logdir` shows all event files in it and below it.
        graph: a Graph to be drawn.
        graph_def: a GraphDef message in its place.
        filename_suffix: what the file's name ends with.

    Without the tensorboard package no file is written, and a warning says so once: the program itself runs as it does
    with it.

    Raises:
        DataError: the file cannot be written.
    """

    def __init__(
        self, logdir: Any, graph: Any = None, max_queue: int = 10, flush_secs: float = 120, graph_def: Any = None,
        filename_suffix: str | None = None, session: Any = None,
    ):
        if isinstance(logdir, (Symbol, bytes)):
            raise DTypeError(
                f"FileWriter({type(logdir).__name__})", rule="its first argument is a folder",
                hint='writer = tf.summary.FileWriter("logs", sess.graph); writer.add_summary(sess.run(merged), step)',
            )
        self._logdir, self._suffix = os.fsdecode(logdir), filename_suffix or ""
        self._tags: set[str] = set()  # those whose metadata have been written
        self._runs: set[str] = set()
        self._closed = False
        self._mute = not writable()
        self._events: EventWriter | None = None if self._mute else EventWriter(self._logdir, self._suffix)
        if graph is not None or graph_def is not None:
            self.add_graph(graph, graph_def=graph_def)

    def get_logdir(self) -> str:
        """The folder."""
        return self._logdir

    @property
    def is_lost(self) -> bool:
        """True if the file has been deleted: what is added goes nowhere."""
        return self._events is not None and not self._events.path.exists()

    # ---- what is added

    def add_summary(self, summary: Any, global_step: Any = None) -> None:
        """Adds what running a summary node gave: bytes, or a Summary message.

        global_step: the place of its values on the horizontal axis of curves.
        """
        if isinstance(summary, (np.generic, np.ndarray)) and np.ndim(summary) == 0:
            summary = summary.item()
        if isinstance(summary, Symbol):
            raise DTypeError(
                f"add_summary of the node {summary.name}, not of its value", where=summary.node.where(),
                rule="a node has a value when a session runs it",
                hint="writer.add_summary(sess.run(summary), step)",
            )
        if self._mute:
            return
        found = _parsed(summary)
        for value in found.value:  # who shows a tag is written once, beside its first value
            if value.HasField("metadata"):
                if value.tag in self._tags:
                    value.ClearField("metadata")
                self._tags.add(value.tag)
        self._add(global_step, summary=found)

    def add_graph(self, graph: Any, global_step: Any = None, graph_def: Any = None) -> None:
        """Adds a graph, which TensorBoard draws: a Graph, or a GraphDef message."""
        if graph is not None and graph_def is not None:
            raise ArgumentError("add_graph takes a graph or a graph_def, not both")
        if self._mute:
            return
        found = graph_def if graph is None else graph
        if isinstance(found, (Graph, GraphDescription)):
            found = _graph_def(found)
        if not hasattr(found, "SerializeToString"):
            raise DTypeError(f"add_graph of {type(found).__name__}", rule="a tf.Graph", hint="sess.graph")
        self._add(global_step, graph_def=found.SerializeToString())

    def add_run_metadata(self, run_metadata: Any, tag: str, global_step: Any = None) -> None:
        """Adds the times of one run; TensorBoard lists it by its tag on the page of the graph."""
        if tag in self._runs:
            raise ArgumentError(
                f"there is a run {tag!r} already", rule="each run has a tag of its own", hint="f'step{i}'"
            )
        tagged = message("TaggedRunMetadata")(tag=tag, run_metadata=run_metadata.SerializeToString())
        self._runs.add(tag)
        self._add(global_step, tagged_run_metadata=tagged)

    def add_session_log(self, session_log: Any, global_step: Any = None) -> None:
        """Adds a SessionLog message: that a session began, stopped or wrote a checkpoint."""
        log = message("SessionLog").FromString(session_log.SerializeToString())
        self._add(global_step, session_log=log)

    def add_event(self, event: Any) -> None:
        """Adds an Event message as it is."""
        if self._closed:
            warnings.warn(
                f"the FileWriter of {self._logdir} is closed: nothing is written before reopen()", stacklevel=3
            )
            return
        if self._events is None:
            self._events = EventWriter(self._logdir, self._suffix)
        self._events.add_event(event)

    def _add(self, global_step: Any, **content: Any) -> None:
        event = message("Event")(wall_time=time.time(), **content)
        if global_step is not None:
            event.step = int(global_step)
        self.add_event(event)

    # ---- the file

    def flush(self) -> None:
        """Waits until everything is on the disk itself."""
        if self._events is not None and not self._closed:
            self._events.flush()

    def close(self) -> None:
        """Ends the file. What is added afterwards is not written, and a warning says so."""
        if self._events is not None:
            self._events.close()
        self._closed = True

    def reopen(self) -> None:
        """Goes on after close(), in a new file that is made with the next event."""
        if self._closed:
            self._closed, self._events = False, None

    def __enter__(self) -> FileWriter:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _parsed(summary: Any) -> Any:
    """A summary as a Summary message of our own."""
    kind = message("Summary")
    if hasattr(summary, "SerializeToString"):
        return kind.FromString(summary.SerializeToString())
    if not isinstance(summary, bytes):
        raise DTypeError(
            f"add_summary of {type(summary).__name__}", rule="the bytes that a summary node gives, or a tf.Summary",
            hint="merge_all() is None without summaries" if summary is None else 'tf.summary.scalar("loss", loss)',
        )
    from google.protobuf.message import DecodeError

    try:
        return kind.FromString(summary)
    except DecodeError as error:
        raise ArgumentError(
            "add_summary of bytes that are no summary", rule="what sess.run gives for a summary node"
        ) from error


class FileWriterCache:
    """One FileWriter for each folder, shared by all who ask for it."""

    _writers: ClassVar[dict[str, FileWriter]] = {}
    _lock: ClassVar[threading.RLock] = threading.RLock()

    @staticmethod
    def get(logdir: Any) -> FileWriter:
        """The FileWriter of the folder, made at the first call, and again if its file has been deleted."""
        with FileWriterCache._lock:
            path = os.fsdecode(logdir)
            known = FileWriterCache._writers.get(path)
            if known is None or known.is_lost:
                FileWriterCache._writers[path] = FileWriter(path)
            return FileWriterCache._writers[path]

    @staticmethod
    def clear() -> None:
        """Closes all of them and forgets them."""
        with FileWriterCache._lock:
            for writer in FileWriterCache._writers.values():
                writer.close()
            FileWriterCache._writers.clear()
