"""VGG19: 19 layers with weights. Source: K. Simonyan, A. Zisserman, ICLR 2015."""

from __future__ import annotations

from typing import Any

from deepkit.keras.applications._vgg import vgg
from deepkit.keras.applications.architecture import ARGUMENTS, Frame
from deepkit.keras.applications.imagenet_utils import decode_predictions, preprocessing
from deepkit.keras.engine.model import Model

__all__ = ["VGG19", "decode_predictions", "preprocess_input"]

preprocess_input = preprocessing("caffe")


def VGG19(
    include_top: bool = True, weights: Any = "imagenet", input_tensor: Any = None, input_shape: Any = None,
    pooling: str | None = None, classes: int = 1000, classifier_activation: Any = "softmax",
) -> Model:
    """VGG19, by default for images (224, 224, 3)."""
    frame = Frame(
        "vgg19", 224, 32, include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation
    )
    return vgg(frame, (2, 2, 4, 4, 4))


VGG19.__doc__ = f"{VGG19.__doc__}\n{ARGUMENTS}"
