"""ResNet50, ResNet101 and ResNet152: blocks whose input is added to their output. Source: K. He et al., CVPR 2016."""

from __future__ import annotations

from typing import Any

from deepkit.keras.applications.architecture import ARGUMENTS, Frame, conv_bn
from deepkit.keras.applications.imagenet_utils import decode_predictions, preprocessing
from deepkit.keras.engine.model import Model
from deepkit.keras.layers import Activation, Add, MaxPooling2D, ZeroPadding2D

__all__ = ["ResNet50", "ResNet101", "ResNet152", "decode_predictions", "preprocess_input"]

preprocess_input = preprocessing("caffe")


def _conv(
    x: Any, filters: int, size: int, name: str, strides: int = 1, padding: str = "valid", relu: bool = True
) -> Any:
    names = (f"{name}_conv", f"{name}_bn", f"{name}_relu")
    return conv_bn(x, filters, size, names, strides, padding, use_bias=True, relu=relu, epsilon=1.001e-5)


def _block(x: Any, filters: int, name: str, strides: int = 1, first: bool = False) -> Any:
    """1 x 1, 3 x 3 and 1 x 1 convolutions, plus the input (in the first block of a stage brought to the same shape)."""
    shortcut = _conv(x, 4 * filters, 1, f"{name}_0", strides, relu=False) if first else x
    x = _conv(x, filters, 1, f"{name}_1", strides)
    x = _conv(x, filters, 3, f"{name}_2", padding="same")
    x = _conv(x, 4 * filters, 1, f"{name}_3", relu=False)
    x = Add(name=f"{name}_add")([shortcut, x])
    return Activation("relu", name=f"{name}_out")(x)


def _resnet(frame: Frame, blocks: tuple[int, ...]) -> Model:
    """The network with so many blocks in each of its four stages."""
    x = ZeroPadding2D(3, name="conv1_pad")(frame.inputs)
    x = _conv(x, 64, 7, "conv1", strides=2)
    x = ZeroPadding2D(1, name="pool1_pad")(x)
    x = MaxPooling2D(3, strides=2, name="pool1_pool")(x)
    for stage, count in enumerate(blocks, 2):
        filters = 64 * 2 ** (stage - 2)
        for i in range(1, count + 1):
            strides = 2 if i == 1 and stage > 2 else 1
            x = _block(x, filters, f"conv{stage}_block{i}", strides, first=i == 1)
    return frame.ended(x, ("avg_pool", "max_pool"))


def ResNet50(
    include_top: bool = True, weights: Any = "imagenet", input_tensor: Any = None, input_shape: Any = None,
    pooling: str | None = None, classes: int = 1000, classifier_activation: Any = "softmax",
) -> Model:
    """ResNet50, by default for images (224, 224, 3)."""
    settings = (include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation)
    return _resnet(Frame("resnet50", 224, 32, *settings), (3, 4, 6, 3))


def ResNet101(
    include_top: bool = True, weights: Any = "imagenet", input_tensor: Any = None, input_shape: Any = None,
    pooling: str | None = None, classes: int = 1000, classifier_activation: Any = "softmax",
) -> Model:
    """ResNet101, by default for images (224, 224, 3)."""
    settings = (include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation)
    return _resnet(Frame("resnet101", 224, 32, *settings), (3, 4, 23, 3))


def ResNet152(
    include_top: bool = True, weights: Any = "imagenet", input_tensor: Any = None, input_shape: Any = None,
    pooling: str | None = None, classes: int = 1000, classifier_activation: Any = "softmax",
) -> Model:
    """ResNet152, by default for images (224, 224, 3)."""
    settings = (include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation)
    return _resnet(Frame("resnet152", 224, 32, *settings), (3, 8, 36, 3))


for _network in (ResNet50, ResNet101, ResNet152):
    _network.__doc__ = f"{_network.__doc__}\n{ARGUMENTS}"
