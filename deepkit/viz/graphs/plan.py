"""A graph beside the straight-line program that a session makes of it: what runs is numbered, everything else is pale."""

from __future__ import annotations

import re
from typing import Any

from deepkit.viz.graphs.dataflow import show_graph
from deepkit.viz.graphs.drawing import badge
from deepkit.viz.grids import document, label
from deepkit.viz.picture import Drawing

_LINE, _CHAR, _GAP, _TOP = 22.0, 7.4, 24.0, 22.0


def show_plan(plan: Any, graph: Any, fetches: Any = None) -> Drawing:
    """Draw `graph` with the nodes that `plan` touches numbered like the plan's lines beside it.

    Args:
        plan: what a session's `plan(fetches, feeds)` gave: `print(plan)` shows a program, `feeds` are the tensors fed.
        graph: a graph with `get_operations()`, or a list of nodes.
        fetches: draw only what these tensors or nodes need; all of the graph by default.

    >>> show_plan(sess.plan(loss, [x]), tf.get_default_graph())
    3 of 5 boxes run: product, y, loss
    """
    lines, numbers = program(plan), numbering(plan)
    picture = show_graph(graph, fetches, numbers=numbers)
    width, height = (float(re.search(rf'{side}="(\d+)"', picture.svg)[1]) for side in ("width", "height"))  # type: ignore[index]
    parts = [picture.svg.replace("<svg ", '<svg x="0" y="0" ', 1), label("the plan", width + _GAP - 8, _TOP, bold=True)]
    for i, (code, name) in enumerate(lines, 1):
        y = _TOP + i * _LINE
        if name:
            parts.append(badge(numbers[name], width + _GAP, y - 4))
        parts.append(label(code, width + _GAP + 14, y))
    run = [name for _, name in lines if name]
    said = f"{len(run)} of {picture.nodes} boxes run: {', '.join(run) or 'none'}"
    right = width + _GAP + 22 + _CHAR * max(len(code) for code, _ in lines)
    return Drawing(document(parts, right, max(height, 40 + _LINE * len(lines)), said), said)


def program(plan: Any) -> list[tuple[str, str]]:
    """The lines of a plan behind its heading, each with the name of the node that it computes, or "" for none."""
    written = [line.partition("#") for line in str(plan).splitlines()[1:]]
    return [(code.strip(), name.strip()) for code, _, name in written]


def numbering(plan: Any) -> dict[str, str]:
    """What is written beside a node, by its name: the number of its line, or which of the fed values stands for it."""
    taken = {x for node in plan.order for x in node.inputs} | {t for t in plan.targets if hasattr(t, "op")}
    fed = {x.op.name: f"f{i}" for i, x in enumerate(plan.feeds) if x in taken}
    return fed | {name: str(i) for i, name in enumerate([name for _, name in program(plan) if name], 1)}
