"""DenseNet121, 169 and 201: each block sees the outputs of all blocks before it. Source: G. Huang et al., CVPR 2017."""

from __future__ import annotations

from typing import Any

from deepkit.keras.applications.architecture import ARGUMENTS, Frame, channel_axis
from deepkit.keras.applications.imagenet_utils import decode_predictions, preprocessing
from deepkit.keras.engine.model import Model
from deepkit.keras.layers import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    MaxPooling2D,
    ZeroPadding2D,
)

__all__ = ["DenseNet121", "DenseNet169", "DenseNet201", "decode_predictions", "preprocess_input"]

preprocess_input = preprocessing("torch")


def _norm(x: Any, names: tuple[str, str]) -> Any:
    x = BatchNormalization(axis=channel_axis(), epsilon=1.001e-5, name=names[0])(x)
    return Activation("relu", name=names[1])(x)


def _block(x: Any, name: str) -> Any:
    """32 further channels: a 1 x 1 convolution, then a 3 x 3 one."""
    y = _norm(x, (f"{name}_0_bn", f"{name}_0_relu"))
    y = Conv2D(128, 1, use_bias=False, name=f"{name}_1_conv")(y)
    y = _norm(y, (f"{name}_1_bn", f"{name}_1_relu"))
    y = Conv2D(32, 3, padding="same", use_bias=False, name=f"{name}_2_conv")(y)
    return Concatenate(axis=channel_axis(), name=f"{name}_concat")([x, y])


def _densenet(frame: Frame, blocks: tuple[int, ...]) -> Model:
    """The network with so many blocks in each of its four stages; between stages channels and image are halved."""
    x = ZeroPadding2D(3)(frame.inputs)
    x = Conv2D(64, 7, strides=2, use_bias=False, name="conv1/conv")(x)
    x = _norm(x, ("conv1/bn", "conv1/relu"))
    x = MaxPooling2D(3, strides=2, name="pool1")(ZeroPadding2D(1)(x))
    for stage, count in enumerate(blocks, 2):
        for i in range(1, count + 1):
            x = _block(x, f"conv{stage}_block{i}")
        if stage < len(blocks) + 1:
            x = _norm(x, (f"pool{stage}_bn", f"pool{stage}_relu"))
            x = Conv2D(x.shape.lengths[channel_axis()] // 2, 1, use_bias=False, name=f"pool{stage}_conv")(x)
            x = AveragePooling2D(2, strides=2, name=f"pool{stage}_pool")(x)
    return frame.ended(_norm(x, ("bn", "relu")), ("avg_pool", "max_pool"))


def DenseNet121(
    include_top: bool = True, weights: Any = "imagenet", input_tensor: Any = None, input_shape: Any = None,
    pooling: str | None = None, classes: int = 1000, classifier_activation: Any = "softmax",
) -> Model:
    """DenseNet121, by default for images (224, 224, 3)."""
    settings = (include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation)
    return _densenet(Frame("densenet121", 224, 32, *settings), (6, 12, 24, 16))


def DenseNet169(
    include_top: bool = True, weights: Any = "imagenet", input_tensor: Any = None, input_shape: Any = None,
    pooling: str | None = None, classes: int = 1000, classifier_activation: Any = "softmax",
) -> Model:
    """DenseNet169, by default for images (224, 224, 3)."""
    settings = (include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation)
    return _densenet(Frame("densenet169", 224, 32, *settings), (6, 12, 32, 32))


def DenseNet201(
    include_top: bool = True, weights: Any = "imagenet", input_tensor: Any = None, input_shape: Any = None,
    pooling: str | None = None, classes: int = 1000, classifier_activation: Any = "softmax",
) -> Model:
    """DenseNet201, by default for images (224, 224, 3)."""
    settings = (include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation)
    return _densenet(Frame("densenet201", 224, 32, *settings), (6, 12, 48, 32))


for _network in (DenseNet121, DenseNet169, DenseNet201):
    _network.__doc__ = f"{_network.__doc__}\n{ARGUMENTS}"
