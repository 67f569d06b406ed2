"""Matplotlib without a screen: figures are drawn in memory, and plt.show() passes on."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import MutableMapping
from typing import Any

_NOTEBOOK = ("module://matplotlib_inline", "module://ipympl", "nbagg", "inline")  # pictures for a kernel only
_WITHOUT_SCREEN = ("agg", "cairo", "pdf", "pgf", "ps", "svg", "template")


def has_screen() -> bool:
    """True if windows can be opened here."""
    return not sys.platform.startswith("linux") or any(os.environ.get(n) for n in ("DISPLAY", "WAYLAND_DISPLAY"))


def choose_backend(environment: MutableMapping[str, str]) -> None:
    """Without a screen, or with a choice meant for a notebook's kernel: the backend Agg, before matplotlib loads."""
    chosen = environment.get("MPLBACKEND", "")
    if chosen.startswith(_NOTEBOOK):
        del environment["MPLBACKEND"]
        chosen = ""
    if not chosen and not has_screen():
        environment["MPLBACKEND"] = "Agg"


def accept_any_backend() -> None:
    """Without a screen, `matplotlib.use("TkAgg")` keeps Agg instead of failing, and nothing waits for a mouse or a key."""
    if has_screen():
        return
    warnings.filterwarnings("ignore", message=".*(non-interactive|non-GUI backend).*")
    try:
        import matplotlib
    except ImportError:
        return  # the program meets it itself, and says so
    use = matplotlib.use

    def use_or_keep(backend: str, **options: Any) -> None:
        use(backend if backend.lower() in _WITHOUT_SCREEN else "Agg", **options)

    matplotlib.use = use_or_keep
    from matplotlib.figure import Figure

    Figure.waitforbuttonpress = lambda self, timeout=-1: None  # type: ignore[method-assign]  # as after a timeout
    Figure.ginput = lambda self, *arguments, **options: []  # type: ignore[method-assign]
