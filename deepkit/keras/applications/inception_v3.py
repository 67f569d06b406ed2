"""InceptionV3: blocks of several paths of different width side by side. Source: C. Szegedy et al., CVPR 2016."""

from __future__ import annotations

from typing import Any

from deepkit.keras.applications.architecture import ARGUMENTS, Frame, channel_axis, conv_bn
from deepkit.keras.applications.imagenet_utils import decode_predictions, preprocessing
from deepkit.keras.engine.model import Model
from deepkit.keras.layers import AveragePooling2D, MaxPooling2D, concatenate

__all__ = ["InceptionV3", "decode_predictions", "preprocess_input"]

preprocess_input = preprocessing("tf")


def path(x: Any, *convolutions: tuple[int, Any], strides: int = 1) -> Any:
    """Convolutions (filters, size) one after the other; with strides 2 the last one halves the image."""
    for i, (filters, size) in enumerate(convolutions, 1):
        halves = strides > 1 and i == len(convolutions)
        x = conv_bn(
            x, filters, size, strides=strides if halves else 1, padding="valid" if halves else "same", scale=False
        )
    return x


def pooled_path(x: Any, filters: int) -> Any:
    """The mean of each neighbourhood, then a 1 x 1 convolution."""
    return path(AveragePooling2D(3, strides=1, padding="same")(x), (filters, 1))


def joined(paths: list[Any], name: str | None = None) -> Any:
    """The channels of all paths."""
    return concatenate(paths, axis=channel_axis(), name=name)


def stem(x: Any) -> Any:
    """The beginning: from (299, 299, 3) to (35, 35, 192)."""
    x = path(x, (32, 3), strides=2)
    x = conv_bn(x, 32, 3, padding="valid", scale=False)
    x = path(x, (64, 3))
    x = MaxPooling2D(3, strides=2)(x)
    x = conv_bn(x, 80, 1, padding="valid", scale=False)
    x = conv_bn(x, 192, 3, padding="valid", scale=False)
    return MaxPooling2D(3, strides=2)(x)


def _split(x: Any, name: str | None = None) -> Any:
    return joined([path(x, (384, (1, 3))), path(x, (384, (3, 1)))], name)


def InceptionV3(
    include_top: bool = True, weights: Any = "imagenet", input_tensor: Any = None, input_shape: Any = None,
    pooling: str | None = None, classes: int = 1000, classifier_activation: Any = "softmax",
) -> Model:
    """InceptionV3, by default for images (299, 299, 3)."""
    frame = Frame(
        "inception_v3", 299, 75, include_top, weights, input_tensor, input_shape, pooling, classes,
        classifier_activation,
    )
    x = stem(frame.inputs)
    for i, filters in enumerate((32, 64, 64)):  # 35 x 35
        wide = path(x, (64, 1)), path(x, (48, 1), (64, 5)), path(x, (64, 1), (96, 3), (96, 3))
        x = joined([*wide, pooled_path(x, filters)], f"mixed{i}")
    halved = path(x, (384, 3), strides=2), path(x, (64, 1), (96, 3), (96, 3), strides=2)
    x = joined([*halved, MaxPooling2D(3, strides=2)(x)], "mixed3")
    for i, n in enumerate((128, 160, 160, 192), 4):  # 17 x 17
        row, column = (1, 7), (7, 1)
        wide = (
            path(x, (192, 1)), path(x, (n, 1), (n, row), (192, column)),
            path(x, (n, 1), (n, column), (n, row), (n, column), (192, row)),
        )
        x = joined([*wide, pooled_path(x, 192)], f"mixed{i}")
    halved = (
        path(x, (192, 1), (320, 3), strides=2), path(x, (192, 1), (192, (1, 7)), (192, (7, 1)), (192, 3), strides=2),
    )
    x = joined([*halved, MaxPooling2D(3, strides=2)(x)], "mixed8")
    for i in range(2):  # 8 x 8
        wide = path(x, (320, 1)), _split(path(x, (384, 1)), f"mixed9_{i}"), _split(path(x, (448, 1), (384, 3)))
        x = joined([*wide, pooled_path(x, 192)], f"mixed{9 + i}")
    return frame.ended(x)


InceptionV3.__doc__ = f"{InceptionV3.__doc__}\n{ARGUMENTS}"
