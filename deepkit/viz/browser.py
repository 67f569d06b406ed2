"""Widgets with a script of their own in the browser: the script, and the values that both sides read and change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from deepkit.loading import load_module, optional


def scripted(purpose: str, module: str, shared: Callable[[Any], dict[str, Any]]) -> Any:
    """A class of widgets whose script lies beside the Python file `module`, as its name with .js.

    purpose: what they are good for, in words. shared: given the module traitlets, says by name which values the browser
    and Python share.

    Raises:
        MissingExtraError: without anywidget (extra `course`).
    """
    widget: Any = optional("anywidget", purpose).AnyWidget
    traits = shared(load_module("traitlets"))  # anywidget stands on it
    script = Path(module).with_suffix(".js")
    return type(script.stem, (widget,), {"_esm": script, **{name: trait.tag(sync=True) for name, trait in traits.items()}})
