"""Xception: an Inception network in which all convolutions are separable. Source: F. Chollet, CVPR 2017."""

from __future__ import annotations

from typing import Any

from deepkit.keras.applications.architecture import ARGUMENTS, Frame, channel_axis, conv_bn
from deepkit.keras.applications.imagenet_utils import decode_predictions, preprocessing
from deepkit.keras.engine.model import Model
from deepkit.keras.layers import Activation, BatchNormalization, MaxPooling2D, SeparableConv2D, add

__all__ = ["Xception", "decode_predictions", "preprocess_input"]

preprocess_input = preprocessing("tf")


def _separable(x: Any, filters: int, name: str) -> Any:
    x = SeparableConv2D(filters, 3, padding="same", use_bias=False, name=name)(x)
    return BatchNormalization(axis=channel_axis(), name=f"{name}_bn")(x)


def _shrinking(x: Any, filters: tuple[int, int], block: int) -> Any:
    """Two separable convolutions and a pooling that halves the image, plus the input by a 1 x 1 convolution."""
    residual = conv_bn(x, filters[1], 1, strides=2, relu=False)
    for i, n in enumerate(filters, 1):
        if block > 2 or i > 1:  # the first block follows a relu
            x = Activation("relu", name=f"block{block}_sepconv{i}_act")(x)
        x = _separable(x, n, f"block{block}_sepconv{i}")
    x = MaxPooling2D(3, strides=2, padding="same", name=f"block{block}_pool")(x)
    return add([x, residual])


def Xception(
    include_top: bool = True, weights: Any = "imagenet", input_tensor: Any = None, input_shape: Any = None,
    pooling: str | None = None, classes: int = 1000, classifier_activation: Any = "softmax",
) -> Model:
    """Xception, by default for images (299, 299, 3)."""
    frame = Frame(
        "xception", 299, 71, include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation
    )
    x = frame.inputs
    for i, (filters, strides) in enumerate(((32, 2), (64, 1)), 1):
        names = (f"block1_conv{i}", f"block1_conv{i}_bn", f"block1_conv{i}_act")
        x = conv_bn(x, filters, 3, names, strides, "valid")
    for block, filters in enumerate((128, 256, 728), 2):
        x = _shrinking(x, (filters, filters), block)
    for block in range(5, 13):
        y = x
        for i in (1, 2, 3):
            y = Activation("relu", name=f"block{block}_sepconv{i}_act")(y)
            y = _separable(y, 728, f"block{block}_sepconv{i}")
        x = add([y, x])
    x = _shrinking(x, (728, 1024), 13)
    for i, filters in enumerate((1536, 2048), 1):
        x = _separable(x, filters, f"block14_sepconv{i}")
        x = Activation("relu", name=f"block14_sepconv{i}_act")(x)
    return frame.ended(x)


Xception.__doc__ = f"{Xception.__doc__}\n{ARGUMENTS}"
