"""Swap the blocks of a small network: what is in each, and what it costs in weights and multiplications."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deepkit.loading import optional
from deepkit.viz.grids import document
from deepkit.viz.interactive import Interactive, in_row
from deepkit.viz.picture import Drawing
from deepkit.viz.seeing.block_drawing import costs, drawn
from deepkit.viz.seeing.blocks import Maker, Stack, checked


class BlockExplorer(Interactive):
    """Three places for blocks, a choice for each, the number of maps, and the drawing of one block with the network's costs.

    Args:
        blocks: makers of blocks by name, from (channels, maps) to roads and whether they are added up.
        start: the names of the three blocks at first; the first maker everywhere by default.
        maps: of the first place at first; from 8 to 64.

    Attributes:
        stack: the network that is shown, a `Stack`.
        controls: the widgets by name: maps, 28×28, 14×14, 7×7, drawn.

    Raises:
        ArgumentError: without any block.
        MissingExtraError: without ipywidgets (extra `course`).
    """

    _PLACES = ("28×28", "14×14", "7×7")

    def __init__(self, blocks: Mapping[str, Maker], start: tuple[str, str, str] | None = None, maps: int = 16):
        self._blocks = checked(blocks)
        w = optional("ipywidgets", "the block explorer")
        look = {"style": {"description_width": "60px"}, "layout": w.Layout(width="280px")}
        names = list(self._blocks)
        self.controls: dict[str, Any] = {"maps": w.IntSlider(maps, 8, 64, 8, description="maps", **look)}
        for place, name in zip(self._PLACES, start or (names[0],) * 3, strict=True):
            self.controls[place] = w.Dropdown(options=names, value=name, description=place, **look)
        self.controls["drawn"] = w.Dropdown(options=self._PLACES, description="drawn", **look)
        self._drawing = w.HTML()
        for name, control in self.controls.items():
            control.observe(self._swapped if name in self._PLACES else self._change, "value")
        key = w.HTML("In each box: window, maps, weights.<br>The slab below: who made which maps.")
        left = w.VBox([*self.controls.values(), key], layout=w.Layout(width="290px", flex="0 0 auto"))
        right = w.VBox([self._drawing], layout=w.Layout(flex="1 1 480px", min_width="0"))
        self.widget = in_row([left, right])
        self.widget.add_class("deepkit-block-explorer")
        self._change()

    def _swapped(self, change: Any) -> None:
        """Another block at a place: that place is drawn."""
        place = change["owner"].description
        if self.controls["drawn"].value == place:
            self._change()
        else:
            self.controls["drawn"].value = place

    def _change(self, _: Any = None) -> None:
        names = [self.controls[place].value for place in self._PLACES]
        self.stack = Stack([self._blocks[name] for name in names], self.controls["maps"].value)
        self._drawing.value = self.picture().svg

    def picture(self) -> Drawing:
        """The drawn block, and the costs of all three."""
        at = self._PLACES.index(self.controls["drawn"].value)
        names = {number: self.controls[place].value for number, place in enumerate(self._PLACES)}
        parts, tall = drawn(self.stack.blocks[at], f"{self._PLACES[at]}: {names[at]}")
        bars, tall = costs(self.stack, names, tall + 12)
        seen = "×".join(map(str, self.stack.sees))
        said = (f"{', '.join(names.values())}: {self.stack.weights:,} weights, {self.stack.multiplications:,} multiplications, "
                f"sees {seen}")
        return Drawing(document(parts + bars, 680, tall, said), said)


def block_explorer(blocks: Mapping[str, Maker], start: tuple[str, str, str] | None = None, maps: int = 16) -> BlockExplorer:
    """Swap the blocks of a small network, and see what each costs; see BlockExplorer.

    >>> from deepkit.models.deep.inception import BLOCKS
    >>> block_explorer(BLOCKS, ("3×3", "Inception", "residual"))
    """
    return BlockExplorer(blocks, start, maps)
