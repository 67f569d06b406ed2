"""Layers inside layers: they are found among the attributes of the layer that holds them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from deepkit.errors import ArgumentError
from deepkit.keras.base.history import History


class LayerTree(History):
    """A layer with the layers that are its attributes, or stand in lists and dictionaries among them."""

    is_part: ClassVar[bool] = True
    """Whether an attribute of this class makes it a layer of the one that has it; a metric only measures."""

    def check_begun(self, key: str = "_inbound_nodes") -> None:
        """ArgumentError if a subclass has forgotten super().__init__(), or not come to it yet."""
        if key not in vars(self):
            raise ArgumentError(
                f"{type(self).__name__} is used before super().__init__() has run",
                rule="the base class keeps the name and the lists of layers and weights",
                hint="def __init__(self, ..., **kwargs): super().__init__(**kwargs) comes first",
            )

    @property
    def _sublayers(self) -> list[Any]:
        """The layers among the attributes, whenever they were put there."""
        return list({id(layer): layer for layer in _layers_in(vars(self))}.values())

    @property
    def held_metrics(self) -> list[Any]:
        """The metrics among the attributes, in the order in which they were put there."""
        return list({id(metric): metric for metric in _layers_in(vars(self), parts=False)}.values())

    def layers_inside(self) -> list[Any]:
        """This layer and all layers in it, each once."""
        found: dict[int, Any] = {id(self): self}
        for layer in self._sublayers:
            found.update({id(inner): inner for inner in layer.layers_inside()})
        return list(found.values())


def _layers_in(value: Any, parts: bool = True) -> Iterator[LayerTree]:
    """The layers, or with parts=False the metrics, that a value is or holds in lists and dictionaries."""
    if isinstance(value, LayerTree):
        if value.is_part == parts:
            yield value
    elif isinstance(value, (list, tuple, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _layers_in(item, parts)
