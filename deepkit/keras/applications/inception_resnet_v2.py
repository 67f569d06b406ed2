"""InceptionResNetV2: Inception blocks whose output is scaled and added to their input. Source: C. Szegedy et al., AAAI 2017."""

from __future__ import annotations

from typing import Any

from deepkit.keras.applications.architecture import ARGUMENTS, Frame, channel_axis, conv_bn
from deepkit.keras.applications.imagenet_utils import decode_predictions, preprocessing
from deepkit.keras.applications.inception_v3 import joined, path, pooled_path, stem
from deepkit.keras.base.layer import Layer
from deepkit.keras.engine.model import Model
from deepkit.keras.layers import Activation, Conv2D, MaxPooling2D
from deepkit.keras.registry import register_keras_serializable

__all__ = ["InceptionResNetV2", "decode_predictions", "preprocess_input"]

preprocess_input = preprocessing("tf")

_PATHS: dict[str, list[list[tuple[int, Any]]]] = {
    "block35": [[(32, 1)], [(32, 1), (32, 3)], [(32, 1), (48, 3), (64, 3)]],
    "block17": [[(192, 1)], [(128, 1), (160, (1, 7)), (192, (7, 1))]],
    "block8": [[(192, 1)], [(192, 1), (224, (1, 3)), (256, (3, 1))]],
}
"""The convolutions (filters, size) of each path of each kind of block; the number is the size of the image there."""


@register_keras_serializable()
class CustomScaleLayer(Layer):
    """The first input plus `scale` times the second."""

    def __init__(self, scale: float, **kwargs: Any):
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, inputs: Any) -> Any:
        return inputs[0] + inputs[1] * self.scale

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "scale": self.scale}


def _block(x: Any, kind: str, number: int, scale: float, relu: bool = True) -> Any:
    name = f"{kind}_{number}"
    mixed = joined([path(x, *convolutions) for convolutions in _PATHS[kind]], f"{name}_mixed")
    up = Conv2D(x.shape.lengths[channel_axis()], 1, padding="same", name=f"{name}_conv")(mixed)
    x = CustomScaleLayer(scale)([x, up])
    return Activation("relu", name=f"{name}_ac")(x) if relu else x


def InceptionResNetV2(
    include_top: bool = True, weights: Any = "imagenet", input_tensor: Any = None, input_shape: Any = None,
    pooling: str | None = None, classes: int = 1000, classifier_activation: Any = "softmax",
) -> Model:
    """InceptionResNetV2, by default for images (299, 299, 3)."""
    settings = (include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation)
    frame = Frame("inception_resnet_v2", 299, 75, *settings)
    x = stem(frame.inputs)
    wide = path(x, (96, 1)), path(x, (48, 1), (64, 5)), path(x, (64, 1), (96, 3), (96, 3))
    x = joined([*wide, pooled_path(x, 64)], "mixed_5b")
    for i in range(1, 11):
        x = _block(x, "block35", i, 0.17)
    halved = path(x, (384, 3), strides=2), path(x, (256, 1), (256, 3), (384, 3), strides=2)
    x = joined([*halved, MaxPooling2D(3, strides=2)(x)], "mixed_6a")
    for i in range(1, 21):
        x = _block(x, "block17", i, 0.1)
    three = (
        path(x, (256, 1), (384, 3), strides=2), path(x, (256, 1), (288, 3), strides=2),
        path(x, (256, 1), (288, 3), (320, 3), strides=2),
    )
    x = joined([*three, MaxPooling2D(3, strides=2)(x)], "mixed_7a")
    for i in range(1, 10):
        x = _block(x, "block8", i, 0.2)
    x = _block(x, "block8", 10, 1.0, relu=False)
    x = conv_bn(x, 1536, 1, ("conv_7b", "conv_7b_bn", "conv_7b_ac"), scale=False)
    return frame.ended(x)


InceptionResNetV2.__doc__ = f"{InceptionResNetV2.__doc__}\n{ARGUMENTS}"
