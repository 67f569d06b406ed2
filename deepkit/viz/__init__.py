"""The course's pictures: one style for light and dark themes, live curves, digits, graphs, convolutions, comparisons.

matplotlib (extra `course`) is imported when a picture is drawn; graphs and comparison tables need nothing.
"""

from __future__ import annotations

from deepkit.viz.convolution import Sliding, show_convolution
from deepkit.viz.dataflow import GraphPicture, show_graph
from deepkit.viz.digits import show_digits
from deepkit.viz.explorer import ConvolutionExplorer, convolution_explorer
from deepkit.viz.live import LiveCurve
from deepkit.viz.picture import Drawing, Picture
from deepkit.viz.style import PALETTE, style
from deepkit.viz.table import Table, compare, reproduction

__all__ = [
    "PALETTE",
    "ConvolutionExplorer",
    "Drawing",
    "GraphPicture",
    "LiveCurve",
    "Picture",
    "Sliding",
    "Table",
    "compare",
    "convolution_explorer",
    "reproduction",
    "show_convolution",
    "show_digits",
    "show_graph",
    "style",
]
