"""Where tensors find the one door: their operators go through `apply`, which itself is built on tensors.

`deepkit.core.apply` puts itself here when it is loaded (deepkit.core loads it first), so that neither imports the other;
so does `deepkit.io.graph_messages` with `graph_bytes`, by which a graph in words becomes bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

apply: Callable[..., Any]
graph_bytes: Callable[..., bytes]
