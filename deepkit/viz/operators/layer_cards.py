"""Pick a layer, type its arguments and the shape of its input, and see what comes out and which weights that takes."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from deepkit.errors import ArgumentError, DeepkitError
from deepkit.loading import optional
from deepkit.viz.grids import ORANGE
from deepkit.viz.operators.broadcast_explorer import shape_of
from deepkit.viz.operators.layer_asking import Trial, arguments_of, example_of
from deepkit.viz.operators.layer_drawing import draw_trial
from deepkit.viz.operators.searchable import Searchable
from deepkit.viz.picture import Drawing


class LayerCards(Searchable):
    """A list of layers to search in, fields for arguments and input, and the card of the layer that they make.

    What does not fit is told below the fields in the layer's own words, and the last card stays.

    Args:
        layers: classes of layers by the names to show; see ARGUMENTS for what can be made without being told more.

    Attributes:
        trial: the layer that is shown, a `Trial`.
        controls: the widgets by name: search, found, arguments, input.

    Raises:
        MissingExtraError: without ipywidgets (extra `course`).
        ArgumentError: without a layer.
    """

    def __init__(self, layers: Mapping[str, type], start: str | None = None):
        w = optional("ipywidgets", "choosing among the cards of layers")
        if not layers:
            raise ArgumentError("no layer to show", hint='layer_cards({"Dense": Dense})')
        self._message = w.HTML()
        beside = {
            "arguments": w.Text(description="arguments", layout=w.Layout(width="min(520px, 98%)")),
            "input": w.Text(description="input", layout=w.Layout(width="min(520px, 98%)")),
        }
        texts = {name: inspect.cleandoc(cls.__doc__ or "") for name, cls in layers.items()}
        self.trial = example_of(layers[start or next(iter(layers))])
        super().__init__(layers, texts, start, {**beside, "message": self._message})
        self.widget.add_class("deepkit-layer-cards")
        del self.controls["message"]
        for field in beside.values():
            field.observe(self._change, "value")

    def _choose(self, _: Any = None) -> None:
        """Another layer is chosen: begin with an example of it."""
        name = self.controls["found"].value
        if name is None:
            return
        trial = example_of(self.things[name])
        self.trial = trial
        self.controls["arguments"].value = trial.written
        self.controls["input"].value = " and ".join(", ".join(map(str, shape)) for shape in trial.shapes)
        self._change()

    def _change(self, _: Any = None) -> None:
        """Something was typed: draw it, or say why it cannot be."""
        cls = self.things[self.controls["found"].value]
        try:
            shapes = tuple(shape_of(text) for text in self.controls["input"].value.split("and"))
            trial = Trial(cls, arguments_of(self.controls["arguments"].value, cls), shapes)
            drawing = draw_trial(trial)
        except DeepkitError as error:  # half typed, or it does not fit
            told = "; ".join(text for text in (error.what, error.rule) if text)
            self._message.value = f'<span style="color:{ORANGE}">{_escaped(told)}</span>'
            return
        self.trial, self._message.value, self._drawing.value = trial, "", drawing.svg

    def picture(self) -> Drawing:
        """The card that is shown now, as a still picture."""
        return draw_trial(self.trial)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def layer_cards(layers: Mapping[str, type], start: str | None = None) -> LayerCards:
    """Pick a layer and see what it makes of a shape; see LayerCards."""
    return LayerCards(layers, start)
