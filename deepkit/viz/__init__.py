"""The course's pictures: one style that reads in light and dark themes, live curves, digits, graphs, comparisons.

matplotlib (extra `course`) is imported when a picture is drawn; graphs and comparison tables need nothing.
"""

from __future__ import annotations

from deepkit.viz.dataflow import GraphPicture, show_graph
from deepkit.viz.digits import show_digits
from deepkit.viz.live import LiveCurve
from deepkit.viz.picture import Picture
from deepkit.viz.style import PALETTE, style
from deepkit.viz.table import Table, compare, reproduction

__all__ = [
    "PALETTE",
    "GraphPicture",
    "LiveCurve",
    "Picture",
    "Table",
    "compare",
    "reproduction",
    "show_digits",
    "show_graph",
    "style",
]
