"""The one figure style: no background, middle greys, and colours that read on white, on black, and colour-blind."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any

from deepkit.loading import optional

# Every colour has a contrast of at least 3 : 1 to white and to JupyterLab's dark #111111 (WCAG 2 for graphics),
# so relative luminance lies between 0.12 and 0.30. The order keeps neighbours apart for the colour-blind too,
# and lines differ in their dashes as well.
PALETTE = {
    "blue": "#1f77c8",
    "orange": "#d55e00",
    "green": "#00916e",
    "pink": "#c0569f",
    "violet": "#7b61c9",
    "brown": "#97712b",
}
GREY = "#7f7f7f"
# Jupyter's inline backend puts a white or black box behind a transparent figure when all its tick labels are on one
# side of middle grey. Labels of x just below and of y just above it keep the figure transparent in both themes.
GREY_ABOVE = "#818181"
_DASHES = ["-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 3))]


def pyplot_free_figure(width: float, height: float) -> Any:
    """An empty matplotlib figure of `width` x `height` inches that pyplot does not know and so never shows twice."""
    require_matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def require_matplotlib() -> None:
    """MissingExtraError if matplotlib is not installed."""
    optional("matplotlib", "drawing a figure")


def rc() -> Any:
    """The style as matplotlib settings: a dict, whose keys matplotlib's own type spells out one by one."""
    require_matplotlib()
    from cycler import cycler

    return {
        "figure.facecolor": "none",
        "figure.figsize": (6.4, 3.6),
        "figure.dpi": 110,
        "savefig.facecolor": "none",
        "savefig.transparent": True,
        "axes.facecolor": "none",
        "axes.edgecolor": GREY,
        "axes.labelcolor": GREY,
        "axes.titlecolor": GREY,
        "axes.titlesize": "medium",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.prop_cycle": cycler(color=list(PALETTE.values()) * 2) + cycler(linestyle=_DASHES + _DASHES[1:] + _DASHES[:1]),
        "grid.color": GREY,
        "grid.alpha": 0.25,
        "grid.linewidth": 0.6,
        "text.color": GREY,
        "xtick.color": GREY,
        "ytick.color": GREY,
        "xtick.labelcolor": GREY,
        "ytick.labelcolor": GREY_ABOVE,
        "legend.frameon": False,
        "legend.labelcolor": GREY,
        "lines.linewidth": 1.8,
        "hatch.color": GREY,
        "patch.edgecolor": GREY,
        "image.cmap": "gray",
        "font.size": 10,
    }


def style() -> _Style:
    """Draw everything from here on in the course's style; `with style():` only what the block draws.

    >>> style()                         # at the top of a notebook
    >>> with style():                   # one figure
    ...     plt.plot(losses)
    """
    return _Style()


class _Style:
    """Active from the moment it is made; leaving a `with` block puts the former settings back."""

    def __init__(self) -> None:
        settings = rc()
        import matplotlib

        self._former: Any = {name: matplotlib.rcParams[name] for name in settings}
        matplotlib.rcParams.update(settings)

    def __enter__(self) -> _Style:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        import matplotlib

        matplotlib.rcParams.update(self._former)

    def _ipython_display_(self) -> None:
        """Nothing: `viz.style()` as the last line of a cell leaves no output."""


def in_notebook() -> bool:
    """True inside a Jupyter kernel, where a picture can be shown."""
    if "IPython" not in sys.modules:
        return False
    shell = sys.modules["IPython"].get_ipython()
    return shell is not None and hasattr(shell, "kernel")
