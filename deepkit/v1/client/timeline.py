"""The times of a run as a Chrome trace: what chrome://tracing, edge://tracing and ui.perfetto.dev draw."""

from __future__ import annotations

import json
from typing import Any


class Timeline:
    """The step_stats of a RunMetadata, made ready for drawing: one row for each device and thread, time to the right.

    >>> import deepkit.v1 as tf
    >>> metadata = tf.RunMetadata()
    >>> options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
    >>> with tf.Graph().as_default(), tf.Session() as sess:
    ...     _ = sess.run(tf.random_normal([100]), options=options, run_metadata=metadata)
    >>> trace = Timeline(metadata.step_stats).generate_chrome_trace_format()
    >>> "RandomStandardNormal" in trace
    True
    """

    def __init__(self, step_stats: Any, graph: Any = None):
        self._stats = step_stats

    def generate_chrome_trace_format(
        self, show_dataflow: bool = True, show_memory: bool = False, op_time: str = "schedule"
    ) -> str:
        """The trace as JSON text, to be written to a file.

        show_dataflow draws an arrow from each node to those that use what it gives. show_memory adds a curve of the bytes
        that the results take. op_time is accepted for old programs: nodes of a run begin one after the other anyway.

        The format is described in "Trace Event Format" of the Chromium project.
        """
        events: list[dict[str, Any]] = []
        flow = 0
        for number, device in enumerate(self._stats.dev_stats):
            events.append(
                {"name": "process_name", "ph": "M", "pid": number, "args": {"name": f"{device.device} Compute"}}
            )
            ended: dict[str, tuple[int, int]] = {}
            for node in device.node_stats:
                label, inputs = _label(node)
                row = int(node.thread_id)
                length = max(int(node.all_end_rel_micros), 1)
                events.append({
                    "ph": "X", "cat": "Op", "name": label, "pid": number, "tid": row, "ts": int(node.all_start_micros),
                    "dur": length, "args": {"name": node.node_name, "op": label, **_numbered(inputs)},
                })
                for name in inputs if show_dataflow else ():
                    source = ended.get(name.lstrip("^").partition(":")[0])
                    if source is not None:
                        common = {"cat": "DataFlow", "name": name, "id": flow, "pid": number}
                        events.append({"ph": "s", "tid": source[1], "ts": source[0], **common})
                        events.append({"ph": "t", "tid": row, "ts": int(node.all_start_micros), **common})
                        flow += 1
                ended[node.node_name] = (int(node.all_start_micros) + length, row)
                if show_memory:
                    size = sum(int(memory.total_bytes) for memory in node.memory)
                    events.append({
                        "ph": "C", "cat": "Memory", "name": "bytes of results", "pid": number,
                        "ts": int(node.all_start_micros), "args": {"bytes": size},
                    })
        return json.dumps({"traceEvents": events}, indent=2)


def _label(node: Any) -> tuple[str, list[str]]:
    """Op and inputs of a node, from its label "name = Op(input, input)"."""
    _, equals, call = node.timeline_label.partition(" = ")
    op, bracket, rest = call.partition("(")
    if not (equals and bracket):
        return node.node_name, []
    return op, [name for name in rest.rstrip(")").split(", ") if name]


def _numbered(inputs: list[str]) -> dict[str, str]:
    return {f"input{i}": name for i, name in enumerate(inputs)}
