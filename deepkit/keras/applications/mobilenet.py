"""MobileNet: depthwise and 1 x 1 convolutions in turn, small and fast. Source: A. Howard et al., 2017 (arXiv 1704.04861)."""

from __future__ import annotations

from typing import Any

from deepkit.keras.applications.architecture import ARGUMENTS, Frame, channel_axis
from deepkit.keras.applications.imagenet_utils import decode_predictions, preprocessing
from deepkit.keras.engine.model import Model
from deepkit.keras.layers import (
    Activation,
    BatchNormalization,
    Conv2D,
    DepthwiseConv2D,
    Dropout,
    GlobalAveragePooling2D,
    ReLU,
    Reshape,
    ZeroPadding2D,
)

__all__ = ["MobileNet", "decode_predictions", "preprocess_input"]

preprocess_input = preprocessing("tf")

_BLOCKS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *((512, 1),) * 5, (1024, 2), (1024, 1))
"""(filters, strides) of each block."""


def normalized(x: Any, name: str, relu: str | None, **settings: Any) -> Any:
    """Batch normalization, then (if it has a name) relu that ends at 6."""
    x = BatchNormalization(axis=channel_axis(), name=name, **settings)(x)
    return ReLU(6.0, name=relu)(x) if relu else x


def MobileNet(
    input_shape: Any = None, alpha: float = 1.0, depth_multiplier: int = 1, dropout: float = 1e-3,
    include_top: bool = True, weights: Any = "imagenet", input_tensor: Any = None, pooling: str | None = None,
    classes: int = 1000, classifier_activation: Any = "softmax",
) -> Model:
    """MobileNet, by default for images (224, 224, 3). All numbers of filters are multiplied by alpha."""
    settings = (include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation)
    frame = Frame("mobilenet", 224, 32, *settings)
    x = Conv2D(int(32 * alpha), 3, padding="same", use_bias=False, strides=2, name="conv1")(frame.inputs)
    x = normalized(x, "conv1_bn", "conv1_relu")
    for i, (filters, strides) in enumerate(_BLOCKS, 1):
        if strides == 2:
            x = ZeroPadding2D(((0, 1), (0, 1)), name=f"conv_pad_{i}")(x)
        padding = "same" if strides == 1 else "valid"
        x = DepthwiseConv2D(3, strides, padding, depth_multiplier, use_bias=False, name=f"conv_dw_{i}")(x)
        x = normalized(x, f"conv_dw_{i}_bn", f"conv_dw_{i}_relu")
        x = Conv2D(int(filters * alpha), 1, padding="same", use_bias=False, name=f"conv_pw_{i}")(x)
        x = normalized(x, f"conv_pw_{i}_bn", f"conv_pw_{i}_relu")
    name = f"mobilenet_{alpha:0.2f}_{frame.rows}"
    if not include_top:
        return frame.model(frame.pooled(x), name)
    x = GlobalAveragePooling2D(keepdims=True)(x)
    x = Dropout(dropout, name="dropout")(x)
    x = Conv2D(classes, 1, padding="same", name="conv_preds")(x)
    x = Reshape((classes,), name="reshape_2")(x)
    return frame.model(Activation(classifier_activation, name="predictions")(x), name)


MobileNet.__doc__ = f"{MobileNet.__doc__}\n{ARGUMENTS}"
