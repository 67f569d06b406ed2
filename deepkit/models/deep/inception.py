"""Blocks of well-known deep networks as tables, and the networks of Keras made of them, small readers of digits among them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from deepkit import keras
from deepkit.keras.layers import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    GlobalAveragePooling2D,
    Input,
    MaxPooling2D,
    add,
    concatenate,
)

Step = tuple[str, int, int] | tuple[str, int, int, int]
"""("conv", rows, columns, maps), or a window that has no maps of its own: ("max", rows, columns), "average", "depthwise"."""
Road = Sequence[Step | Sequence[Step]]
"""Steps one after the other; a list of steps among them all see the same maps, and what they make is put side by side."""
Table = tuple[Sequence[Road], bool]
"""The roads of a block, and whether they are added up (True) or put side by side."""


def naive(ones: int, threes: int, fives: int) -> Table:
    """Windows of 1, 3 and 5 and a 3×3 maximum over the same maps: the maximum hands on as many maps as it gets."""
    return [[("conv", 1, 1, ones)], [("conv", 3, 3, threes)], [("conv", 5, 5, fives)], [("max", 3, 3)]], False


def four_roads(ones: int, threes: tuple[int, int], fives: tuple[int, int], pooled: int) -> Table:
    """Inception v1: 1×1 convolutions before the larger windows and behind the maximum (C. Szegedy and others, 2015).

    threes, fives: maps of the 1×1 convolution and of the window behind it.
    """
    return [
        [("conv", 1, 1, ones)], [("conv", 1, 1, threes[0]), ("conv", 3, 3, threes[1])],
        [("conv", 1, 1, fives[0]), ("conv", 5, 5, fives[1])], [("max", 3, 3), ("conv", 1, 1, pooled)],
    ], False


def mixed_7c() -> Table:
    """The last block of Inception v3, of which a document writes the code: 1×3 beside 3×1 (C. Szegedy and others, 2016)."""
    split: list[Step] = [("conv", 1, 3, 384), ("conv", 3, 1, 384)]
    return [
        [("conv", 1, 1, 320)], [("conv", 1, 1, 384), split], [("conv", 1, 1, 448), ("conv", 3, 3, 384), split],
        [("average", 3, 3), ("conv", 1, 1, 192)],
    ], False


def _inception(channels: int, maps: int) -> Table:
    """Shares as in the first block of GoogLeNet, which makes 64, 128, 32 and 32 maps of 192."""
    half, eighth = maps // 2, maps // 8
    return four_roads(maps - half - 2 * eighth, (max(channels // 2, 1), half), (max(channels // 12, 1), eighth), eighth)


def _unnarrowed(channels: int, maps: int) -> Table:
    """The same, without the 1×1 convolutions before the windows."""
    half, eighth = maps // 2, maps // 8
    return [[("conv", 1, 1, maps - half - 2 * eighth)], [("conv", 3, 3, half)], [("conv", 5, 5, eighth)],
            [("max", 3, 3), ("conv", 1, 1, eighth)]], False


def _shortcut(channels: int, maps: int) -> Road:
    """Nothing at all, or a 1×1 convolution where the number of maps changes."""
    return [] if channels == maps else [("conv", 1, 1, maps)]


def _residual(channels: int, maps: int) -> Table:
    """Two 3×3 convolutions, whose result is added to what went in (K. He and others, 2016)."""
    return [[("conv", 3, 3, maps), ("conv", 3, 3, maps)], _shortcut(channels, maps)], True


def _bottleneck(channels: int, maps: int) -> Table:
    """The 3×3 convolution between two of 1×1, at a quarter of the maps."""
    narrow = max(maps // 4, 1)
    return [[("conv", 1, 1, narrow), ("conv", 3, 3, narrow), ("conv", 1, 1, maps)], _shortcut(channels, maps)], True


BLOCKS: dict[str, Callable[[int, int], Table]] = {
    "3×3": lambda channels, maps: ([[("conv", 3, 3, maps)]], False),
    "5×5": lambda channels, maps: ([[("conv", 5, 5, maps)]], False),
    "7×7": lambda channels, maps: ([[("conv", 7, 7, maps)]], False),
    "1×7, then 7×1": lambda channels, maps: ([[("conv", 1, 7, maps), ("conv", 7, 1, maps)]], False),
    "four roads, not narrowed": _unnarrowed,
    "Inception": _inception,
    "residual": _residual,
    "bottleneck": _bottleneck,
    "separable": lambda channels, maps: ([[("depthwise", 3, 3), ("conv", 1, 1, maps)]], False),
}
"""By name: from (channels, maps) to a block that makes so many maps of so many channels."""


def _passed(x: Any, step: Step, normalized: bool, bent: bool) -> Any:
    """One layer, with batch normalization if wished and ReLU unless it stands right before an addition."""
    kind, size, maps = step[0], (step[1], step[2]), step[-1]
    if kind in ("max", "average"):
        return (MaxPooling2D if kind == "max" else AveragePooling2D)(size, strides=1, padding="same")(x)
    if kind == "depthwise":
        return DepthwiseConv2D(size, padding="same", use_bias=False, depthwise_initializer="he_normal")(x)
    x = Conv2D(maps, size, padding="same", use_bias=False, kernel_initializer="he_normal")(x)
    if normalized:
        x = BatchNormalization(momentum=0.9)(x)
    return Activation("relu")(x) if bent else x


def apply(table: Table, x: Any, normalized: bool = True) -> Any:
    """The maps that a block makes of x (n, height, width, channels): convolutions without biases, stride 1, SAME.

    normalized: whether batch normalization stands behind each convolution.
    """
    roads, added = table
    ends = []
    for road in roads:
        end = x
        for number, entry in enumerate(road):
            bent = not (added and number == len(road) - 1)
            steps: Any = [entry] if isinstance(entry[0], str) else entry
            parts = [_passed(end, step, normalized, bent) for step in steps]
            end = parts[0] if len(parts) == 1 else concatenate(parts)
        ends.append(end)
    if added:
        return Activation("relu")(add(ends))
    return ends[0] if len(ends) == 1 else concatenate(ends)


def alone(table: Table, channels: int, side: int = 28) -> Any:
    """A model of nothing but the block, without normalization: its `count_params()` are the block's weights."""
    images = Input((side, side, channels))
    return keras.Model(images, apply(table, images, normalized=False))


def network(names: Sequence[str], maps: Sequence[int], first: int = 8, seed: int = 1, normalized: bool = False) -> Any:
    """A reader of digits (n, 28, 28, 1), compiled for Adam: a 3×3 convolution and a pooling, then blocks with poolings between.

    names: of `BLOCKS`; maps: how many each block makes; first: maps of the convolution before them; normalized: whether
    batch normalization stands behind each convolution.
    """
    np.random.seed(seed)
    images = Input((28, 28, 1))
    x = MaxPooling2D(2)(apply(([[("conv", 3, 3, first)]], False), images, normalized))
    for number, (name, count) in enumerate(zip(names, maps, strict=True)):
        x = MaxPooling2D(2)(x) if number else x
        x = apply(BLOCKS[name](int(x.shape[-1]), count), x, normalized)
    return ended(images, x, 0.01)


def ended(images: Any, x: Any, rate: float) -> Any:
    """The model from images to a probability for each of ten digits by the means of the last maps, compiled for Adam."""
    model = keras.Model(images, Dense(10, activation="softmax")(GlobalAveragePooling2D()(x)))
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
