"""The VGG networks: blocks of 3 x 3 convolutions, each block followed by a pooling that halves the image."""

from __future__ import annotations

from typing import Any

from deepkit.keras.applications.architecture import Frame
from deepkit.keras.engine.model import Model
from deepkit.keras.layers import Conv2D, Dense, Flatten, MaxPooling2D


def vgg(frame: Frame, convolutions: tuple[int, ...]) -> Model:
    """The network with so many convolutions in each of its five blocks."""
    x: Any = frame.inputs
    for block, (count, filters) in enumerate(zip(convolutions, (64, 128, 256, 512, 512), strict=True), 1):
        for i in range(1, count + 1):
            x = Conv2D(filters, 3, activation="relu", padding="same", name=f"block{block}_conv{i}")(x)
        x = MaxPooling2D(2, strides=2, name=f"block{block}_pool")(x)
    if not frame.include_top:
        return frame.model(frame.pooled(x))
    x = Flatten(name="flatten")(x)
    for i in (1, 2):
        x = Dense(4096, activation="relu", name=f"fc{i}")(x)
    return frame.model(frame.predictions(x))
