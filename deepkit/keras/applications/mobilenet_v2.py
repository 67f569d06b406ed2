"""MobileNetV2: narrow layers between wide depthwise ones, added where shapes agree. Source: M. Sandler et al., CVPR 2018."""

from __future__ import annotations

from typing import Any

from deepkit.keras.applications.architecture import ARGUMENTS, Frame, channel_axis
from deepkit.keras.applications.imagenet_utils import decode_predictions, preprocessing
from deepkit.keras.applications.mobilenet import normalized
from deepkit.keras.engine.model import Model
from deepkit.keras.layers import Add, Conv2D, DepthwiseConv2D, GlobalAveragePooling2D, ZeroPadding2D

__all__ = ["MobileNetV2", "decode_predictions", "preprocess_input"]

preprocess_input = preprocessing("tf")

_STAGES = ((16, 1, 1), (24, 2, 2), (32, 3, 2), (64, 4, 2), (96, 3, 1), (160, 3, 2), (320, 1, 1))
"""(filters, blocks, strides of the first block) of each stage."""


def _by_eight(filters: float) -> int:
    """The nearest multiple of 8 that is not more than a tenth below."""
    nearest = max(8, int(filters + 4) // 8 * 8)
    return nearest + 8 if nearest < 0.9 * filters else nearest


def _norm(x: Any, name: str, relu: bool = True) -> Any:
    return normalized(x, f"{name}_BN", f"{name}_relu" if relu else None, momentum=0.999)


def _around(x: Any) -> Any:
    """Zeros so that a 3 x 3 window with strides 2 covers the image evenly."""
    first = 2 if channel_axis() == 1 else 1
    sizes = x.shape.lengths[first : first + 2]
    return tuple((1 - (1 if n is None or sizes[0] is None else 1 - n % 2), 1) for n in sizes)


def _block(x: Any, filters: int, strides: int, number: int) -> Any:
    channels, inputs = x.shape.lengths[channel_axis()], x
    prefix = f"block_{number}" if number else "expanded_conv"
    if number:
        x = Conv2D(6 * channels, 1, padding="same", use_bias=False, name=f"{prefix}_expand")(x)
        x = _norm(x, f"{prefix}_expand")
    if strides == 2:
        x = ZeroPadding2D(_around(x), name=f"{prefix}_pad")(x)
    padding = "same" if strides == 1 else "valid"
    x = DepthwiseConv2D(3, strides, padding, use_bias=False, name=f"{prefix}_depthwise")(x)
    x = _norm(x, f"{prefix}_depthwise")
    x = Conv2D(filters, 1, padding="same", use_bias=False, name=f"{prefix}_project")(x)
    x = _norm(x, f"{prefix}_project", relu=False)
    return Add(name=f"{prefix}_add")([inputs, x]) if channels == filters and strides == 1 else x


def MobileNetV2(
    input_shape: Any = None, alpha: float = 1.0, include_top: bool = True, weights: Any = "imagenet",
    input_tensor: Any = None, pooling: str | None = None, classes: int = 1000, classifier_activation: Any = "softmax",
) -> Model:
    """MobileNetV2, by default for images (224, 224, 3). All numbers of filters are multiplied by alpha."""
    settings = (include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation)
    frame = Frame("mobilenet_v2", 224, 32, *settings)
    x = Conv2D(_by_eight(32 * alpha), 3, strides=2, padding="same", use_bias=False, name="Conv1")(frame.inputs)
    x = normalized(x, "bn_Conv1", "Conv1_relu", momentum=0.999)
    number = 0
    for filters, blocks, first in _STAGES:
        for i in range(blocks):
            x = _block(x, _by_eight(int(filters * alpha)), first if i == 0 else 1, number)
            number += 1
    x = Conv2D(_by_eight(1280 * max(alpha, 1.0)), 1, use_bias=False, name="Conv_1")(x)
    x = normalized(x, "Conv_1_bn", "out_relu", momentum=0.999)
    name = f"mobilenetv2_{alpha:0.2f}_{frame.rows}"
    if not include_top:
        return frame.model(frame.pooled(x), name)
    return frame.model(frame.predictions(GlobalAveragePooling2D()(x)), name)


MobileNetV2.__doc__ = f"{MobileNetV2.__doc__}\n{ARGUMENTS}"
