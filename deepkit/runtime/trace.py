"""What a run spends its time on: the same program as a plan's, with a look at the clock before and after each call."""

from __future__ import annotations

import ast
import copy
import os
import threading
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from deepkit.core.node import Node
from deepkit.device import devices
from deepkit.device.devices import Device
from deepkit.runtime.passes.order import Call
from deepkit.runtime.plan import Plan

FULL_TRACE = 3
"""RunOptions.trace_level that asks for the times of all nodes."""


class Timing(NamedTuple):
    """One call of a run: its node, when it began and ended (nanoseconds of a clock that only goes forward), and of what
    it gave the shapes and bytes."""

    node: Node
    begin: int
    end: int
    outputs: list[tuple[tuple[int, ...], int]]


class Traced:
    """A plan that is run once and adds the times of its nodes to a RunMetadata message, even if it fails half-way."""

    def __init__(self, plan: Plan, run_metadata: Any):
        self._plan, self._metadata = plan, run_metadata

    def run(self, feeds: Sequence[Any], store: Any) -> list[Any]:
        """What plan.run gives."""
        timings: list[Timing] = []
        offset = time.time_ns() - time.perf_counter_ns()
        began = time.perf_counter_ns()
        try:
            return _timed(self._plan, timings).run(feeds, store)
        finally:
            _describe(timings, began, offset, self._plan.devices, self._metadata.step_stats)


def as_asked(plan: Plan, options: Any, run_metadata: Any) -> Plan | Traced:
    """The plan, traced if RunOptions ask for it and there is a RunMetadata to write to."""
    traced = run_metadata is not None and getattr(options, "trace_level", 0) > 0
    return Traced(plan, run_metadata) if traced else plan


def _timed(plan: Plan, timings: list[Timing]) -> Plan:
    """A copy of the plan that notes a Timing for each call of its program."""
    begin = 0

    def before() -> None:
        nonlocal begin
        begin = time.perf_counter_ns()

    def after(line: int, *outputs: Any) -> None:
        devices.finish(plan.devices.get(plan.call_at[line].node, devices.CPU))
        end = time.perf_counter_ns()
        sizes = [(tuple(getattr(y, "shape", ())), getattr(y, "nbytes", 0)) for y in outputs]
        timings.append(Timing(plan.call_at[line].node, begin, end, sizes))

    tree = ast.parse(plan.source)
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef)
    function.body = [new for old in function.body for new in _with_clock(old, plan.call_at)]
    space = {**plan._space, "_before": before, "_after": after}
    exec(compile(tree, plan._file, "exec"), space)
    result = copy.copy(plan)
    result._run = space["run"]
    return result


def _with_clock(statement: ast.stmt, calls: dict[int, Call]) -> list[ast.stmt]:
    """The statement between two looks at the clock, all on its own line: an error is still found by its line.

    The second statement of a line, which puts a result into the store, and lines that free memory are left alone.
    """
    line = statement.lineno
    if line not in calls or statement.col_offset > 4:
        return [statement]
    given = [name for name in ast.walk(statement) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)]
    arguments = [ast.Constant(line), *[ast.Name(name.id, ast.Load()) for name in given]]
    around = [
        ast.Expr(ast.Call(ast.Name(function, ast.Load()), values, []))
        for function, values in (("_before", []), ("_after", arguments))
    ]
    for new in around:
        ast.fix_missing_locations(ast.copy_location(new, statement))
    return [around[0], statement, around[1]]


def _describe(timings: list[Timing], began: int, offset: int, devices: dict[Node, Device], stats: Any) -> None:
    """Adds the timings to a StepStats message; times there are microseconds since 1970."""
    by_device: dict[str, Any] = {}
    for timing in timings:
        node = timing.node
        device = devices.get(node, Device("CPU", 0)).name
        if device not in by_device:
            by_device[device] = stats.dev_stats.add(device=device)
        inputs = ", ".join(x.name.removesuffix(":0") for x in node.inputs)
        nanos = timing.end - timing.begin
        found = by_device[device].node_stats.add(
            node_name=node.name, timeline_label=f"{node.name} = {node.type}({inputs})",
            all_start_micros=(timing.begin + offset) // 1000, all_start_nanos=timing.begin + offset,
            scheduled_micros=(began + offset) // 1000, scheduled_nanos=began + offset,
            op_start_rel_micros=0, op_end_rel_micros=max(nanos // 1000, 1), op_end_rel_nanos=nanos,
            all_end_rel_micros=max(nanos // 1000, 1), all_end_rel_nanos=nanos,
            thread_id=threading.get_ident() % (1 << 31) if os.name == "nt" else threading.get_native_id(),
        )
        _outputs(timing, found)


def _outputs(timing: Timing, to: Any) -> None:
    """Shape, type and bytes of what a call gave."""
    total = 0
    for slot, (symbol, (shape, size)) in enumerate(zip(timing.node.outputs, timing.outputs, strict=False)):
        total += size
        described = to.output.add(slot=slot).tensor_description
        described.dtype = symbol.dtype.as_datatype_enum
        described.shape.SetInParent()  # a scalar has a shape, too: TensorBoard looks for it
        for length in shape:
            described.shape.dim.add(size=length)
        memory = described.allocation_description
        memory.requested_bytes = memory.allocated_bytes = size
        memory.allocator_name = "cpu"
    to.memory.add(allocator_name="cpu", total_bytes=total, peak_bytes=total)
