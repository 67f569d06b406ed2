"""Pass 3: two nodes that compute the same from the same inputs become one."""

from __future__ import annotations

from typing import Any

from deepkit.core.node import Node
from deepkit.runtime.passes.fold import Known


def merge(nodes: list[Node], known: Known) -> None:
    """Finds, for each Symbol that repeats an earlier one, that earlier one."""
    first: dict[Any, Node] = {}
    same = known.same
    for node in nodes:
        same.update({y: same[same[y]] for y in node.outputs if same.get(y) in same})
        if not node.op.is_pure or any(y in known or y in same for y in node.outputs):
            continue
        key = (node.op.key(), tuple(known.sources(node)), tuple(node.control_inputs), known.placed.get(node))
        try:
            twin = first.setdefault(key, node)
        except TypeError:  # an attribute that cannot be hashed, such as an array
            continue
        if twin is not node:
            same.update(zip(node.outputs, twin.outputs, strict=True))
