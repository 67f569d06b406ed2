"""What interactive pieces share: a widget where a kernel runs, the same picture standing still elsewhere, a browser script."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from deepkit.loading import load_module, optional
from deepkit.viz.picture import Drawing


class Interactive(ABC):
    """A subclass makes `widget` (an ipywidgets widget) and says in `picture()` what that shows now."""

    widget: Any

    @abstractmethod
    def picture(self) -> Drawing:
        """What the widget shows now, as a still drawing."""

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """The widget, and for readers without a kernel the still picture."""
        bundle = self.widget._repr_mimebundle_(**options)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        still = self.picture()
        forms = {"text/html": still._repr_html_(), "text/plain": repr(still)}
        return {**data, **forms}, metadata


class Explorer(Interactive):
    """Controls, words and a drawing that follow them. A subclass fills `controls` and then lets all of it `stand`."""

    controls: dict[str, Any]

    @abstractmethod
    def _change(self, _: Any = None) -> None:
        """Show what the controls say now, in `_said` and `_drawing`."""

    def stand(self, name: str, rows: Sequence[Any] | None = None, *, words: bool = True) -> None:
        """Make the widget: rows (the controls, one below the other), words, and the drawing; and follow the controls.

        name: the widget's CSS class; words: False where nothing is said above the drawing.
        """
        w = optional("ipywidgets", "an explorer")
        self._said, self._drawing = w.HTML(), w.HTML()
        for control in self.controls.values():
            control.observe(self._change, "value")
        shown = [self._said, self._drawing] if words else [self._drawing]
        self.widget = w.VBox([*(self.controls.values() if rows is None else rows), *shown])
        self.widget.add_class(name)
        self._change()


def in_row(widgets: Iterable[Any]) -> Any:
    """Widgets side by side, in further rows where a page is narrow."""
    w = optional("ipywidgets", "a row of controls")
    return w.HBox(list(widgets), layout=w.Layout(flex_flow="row wrap"))


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
