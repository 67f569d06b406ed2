"""A block of a deep network as data: parallel roads of layers, their shapes, weights and multiplications, counted unbuilt."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from deepkit.errors import ArgumentError, check_choice

Step = tuple[str, int, int] | tuple[str, int, int, int]
"""("conv", rows, columns, maps), or a window that has no maps of its own: ("max", rows, columns), "average", "depthwise"."""
Road = Sequence[Step | Sequence[Step]]
"""Steps one after the other; a list of steps among them all see the same maps, and what they make is put side by side."""
Table = tuple[Sequence[Road], bool]
"""The roads of a block, and whether they are added up (True) or put side by side."""
Maker = Callable[[int, int], Table]
"""From (channels, maps) to a block that makes so many maps of so many channels."""

KINDS = {"conv": "", "max": "max ", "average": "average ", "depthwise": "each map "}
"""What is written before the window of each kind of layer."""


@dataclass(frozen=True)
class Layer:
    """A layer of a road, stride 1, SAME: the window, how many maps go in, and how many come out."""

    kind: str
    rows: int
    columns: int
    channels: int
    maps: int

    @property
    def weights(self) -> int:
        """Its kernel's numbers; biases are left out."""
        each = self.rows * self.columns
        return {"conv": each * self.channels * self.maps, "depthwise": each * self.channels}.get(self.kind, 0)

    @property
    def text(self) -> str:
        """Kind and window, and the number of maps where it is the layer's own."""
        return f"{KINDS[self.kind]}{self.rows}×{self.columns}" + f", {self.maps}" * (self.kind == "conv")


def _layer(step: Step, channels: int) -> Layer:
    kind, rows, columns, *maps = step
    check_choice("kind of layer", kind, KINDS)
    if len(maps) != (kind == "conv") or min(rows, columns, *maps) < 1:
        raise ArgumentError(f"step {step}", rule='("conv", rows, columns, maps) or ("max", rows, columns), all from 1')
    return Layer(kind, rows, columns, channels, maps[0] if maps else channels)


def _road(road: Road, channels: int) -> list[list[Layer]]:
    """The layers of a road, row by row; a row holds several where the road splits."""
    rows: list[list[Layer]] = []
    for entry in road:
        steps: Sequence[Step] = entry if not isinstance(entry[0], str) else [entry]  # type: ignore[list-item,assignment]
        rows.append([_layer(step, channels) for step in steps])
        channels = sum(layer.maps for layer in rows[-1])
    return rows


def _maps(rows: list[list[Layer]], channels: int) -> int:
    """How many maps a road makes; an empty one hands on what it gets."""
    return sum(layer.maps for layer in rows[-1]) if rows else channels


def _weights(rows: list[list[Layer]]) -> int:
    return sum(layer.weights for row in rows for layer in row)


def _sees(rows: list[list[Layer]], direction: str) -> int:
    """Each layer adds its window but one; of layers side by side the largest window counts."""
    return 1 + sum(max(getattr(layer, direction) for layer in row) - 1 for row in rows)


def _depth(rows: list[list[Layer]]) -> int:
    """Rows with weights."""
    return sum(any(layer.weights for layer in row) for row in rows)


class Block:
    """Roads that all start from the same maps, and end side by side or added up.

    Args:
        table: the roads, and whether their ends are added up.
        channels: how many maps go in.
        side: their height and width, which stay.

    Attributes:
        roads: of each road its rows of `Layer`s.
        ends: how many maps each road makes.
        maps: how many come out.
        weights: of all kernels; biases are left out.
        multiplications: by them, for one image.
        sees: (rows, columns) of the input that one number of the output depends on.
        layers: convolutions on the longest road.

    Raises:
        ArgumentError: for a step that is none, or roads of different width that are to be added.
    """

    def __init__(self, table: Table, channels: int, side: int = 28):
        given, self.added = table
        if not given or min(channels, side) < 1:
            raise ArgumentError(f"{len(given)} roads, {channels} channels, side {side}", rule="at least one of each")
        self.channels, self.side = channels, side
        self.roads = [_road(road, channels) for road in given]
        self.ends = [_maps(road, channels) for road in self.roads]
        if self.added and len(set(self.ends)) > 1:
            raise ArgumentError(f"roads of {self.ends} maps cannot be added", rule="each road makes as many maps",
                                hint="a 1×1 convolution on the shortcut changes the number of its maps")
        self.maps = self.ends[0] if self.added else sum(self.ends)
        self.weights = sum(map(_weights, self.roads))
        self.multiplications = self.weights * side**2
        self.sees = (max(_sees(road, "rows") for road in self.roads), max(_sees(road, "columns") for road in self.roads))
        self.layers = max(map(_depth, self.roads))

    def sentence(self) -> str:
        """What goes in and comes out, and what it costs."""
        word = "roads" if len(self.roads) > 1 else "road"
        return (f"{len(self.roads)} {word}: {self.side}×{self.side}×{self.channels} to {self.side}×{self.side}×{self.maps}, "
                f"{self.weights:,} weights, {self.multiplications:,} multiplications")


class Stack:
    """A small network of a 3×3 convolution and three blocks, with 2×2 pooling between them: what it costs in all.

    Args:
        makers: the three blocks.
        maps: of the first block; the second makes twice, the third four times as many.

    Attributes:
        blocks: the three `Block`s, at 28, 14 and 7 pixels.
        weights, multiplications: of the blocks, the first convolution, and ten dense outputs on the means of the last maps.
        sees: (rows, columns) of the image that one number of the last maps depends on.
    """

    def __init__(self, makers: Sequence[Maker], maps: int = 16):
        self.blocks, channels = [], maps
        self.weights, self.multiplications = 9 * maps, 9 * maps * 28**2
        sees, pace = [3, 3], 1
        for place, make in enumerate(makers):
            block = Block(make(channels, maps * 2**place), channels, 28 // pace)
            self.blocks.append(block)
            self.weights += block.weights
            self.multiplications += block.multiplications
            sees = [seen + (more - 1) * pace for seen, more in zip(sees, block.sees, strict=True)]
            if place < len(makers) - 1:
                sees, pace = [seen + pace for seen in sees], 2 * pace
            channels = block.maps
        self.sees = (sees[0], sees[1])
        self.weights += 10 * channels
        self.multiplications += 10 * channels


def checked(blocks: Mapping[str, Maker]) -> dict[str, Maker]:
    """The makers by name.

    Raises:
        ArgumentError: without any.
    """
    if not blocks:
        raise ArgumentError("no block to show", hint='{"3×3": lambda channels, maps: ([[("conv", 3, 3, maps)]], False)}')
    return dict(blocks)
