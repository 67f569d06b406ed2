"""ResNet50V2, ResNet101V2 and ResNet152V2: normalized before each convolution. Source: K. He et al., ECCV 2016."""

from __future__ import annotations

from typing import Any

from deepkit.keras.applications.architecture import ARGUMENTS, Frame, channel_axis, conv_bn
from deepkit.keras.applications.imagenet_utils import decode_predictions, preprocessing
from deepkit.keras.engine.model import Model
from deepkit.keras.layers import Activation, Add, BatchNormalization, Conv2D, MaxPooling2D, ZeroPadding2D

__all__ = ["ResNet50V2", "ResNet101V2", "ResNet152V2", "decode_predictions", "preprocess_input"]

preprocess_input = preprocessing("tf")
_EPSILON = 1.001e-5


def _activated(x: Any, name: str) -> Any:
    x = BatchNormalization(axis=channel_axis(), epsilon=_EPSILON, name=f"{name}_bn")(x)
    return Activation("relu", name=f"{name}_relu")(x)


def _conv(x: Any, filters: int, size: int, name: str, strides: int = 1) -> Any:
    names = (f"{name}_conv", f"{name}_bn", f"{name}_relu")
    return conv_bn(x, filters, size, names, strides, padding="valid", epsilon=_EPSILON)


def _block(x: Any, filters: int, name: str, strides: int = 1, first: bool = False) -> Any:
    """1 x 1, 3 x 3 and 1 x 1 convolutions of the activated input, plus the input as it came (or every second place of it).

    In the first block of a stage a convolution of the activated input takes its place, to have as many channels.
    """
    active = _activated(x, f"{name}_preact")
    if first:
        x = Conv2D(4 * filters, 1, strides=strides, name=f"{name}_0_conv")(active)
    elif strides > 1:
        x = MaxPooling2D(1, strides=strides)(x)
    y = _conv(active, filters, 1, f"{name}_1")
    y = ZeroPadding2D(1, name=f"{name}_2_pad")(y)
    y = _conv(y, filters, 3, f"{name}_2", strides)
    y = Conv2D(4 * filters, 1, name=f"{name}_3_conv")(y)
    return Add(name=f"{name}_out")([x, y])


def _resnet(frame: Frame, blocks: tuple[int, ...]) -> Model:
    """The network with so many blocks in each of its four stages; the last block of all but the last halves the image."""
    x = ZeroPadding2D(3, name="conv1_pad")(frame.inputs)
    x = Conv2D(64, 7, strides=2, name="conv1_conv")(x)
    x = ZeroPadding2D(1, name="pool1_pad")(x)
    x = MaxPooling2D(3, strides=2, name="pool1_pool")(x)
    for stage, count in enumerate(blocks, 2):
        for i in range(1, count + 1):
            strides = 2 if i == count and stage < 5 else 1
            x = _block(x, 64 * 2 ** (stage - 2), f"conv{stage}_block{i}", strides, first=i == 1)
    return frame.ended(_activated(x, "post"), ("avg_pool", "max_pool"))


def ResNet50V2(
    include_top: bool = True, weights: Any = "imagenet", input_tensor: Any = None, input_shape: Any = None,
    pooling: str | None = None, classes: int = 1000, classifier_activation: Any = "softmax",
) -> Model:
    """ResNet50V2, by default for images (224, 224, 3)."""
    settings = (include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation)
    return _resnet(Frame("resnet50v2", 224, 32, *settings), (3, 4, 6, 3))


def ResNet101V2(
    include_top: bool = True, weights: Any = "imagenet", input_tensor: Any = None, input_shape: Any = None,
    pooling: str | None = None, classes: int = 1000, classifier_activation: Any = "softmax",
) -> Model:
    """ResNet101V2, by default for images (224, 224, 3)."""
    settings = (include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation)
    return _resnet(Frame("resnet101v2", 224, 32, *settings), (3, 4, 23, 3))


def ResNet152V2(
    include_top: bool = True, weights: Any = "imagenet", input_tensor: Any = None, input_shape: Any = None,
    pooling: str | None = None, classes: int = 1000, classifier_activation: Any = "softmax",
) -> Model:
    """ResNet152V2, by default for images (224, 224, 3)."""
    settings = (include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation)
    return _resnet(Frame("resnet152v2", 224, 32, *settings), (3, 8, 36, 3))


for _network in (ResNet50V2, ResNet101V2, ResNet152V2):
    _network.__doc__ = f"{_network.__doc__}\n{ARGUMENTS}"
