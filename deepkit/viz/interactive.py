"""What every interactive piece shares: a widget where a kernel runs, the same picture standing still elsewhere."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

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
