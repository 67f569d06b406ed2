"""What the applications share: their arguments, their input, the block of convolution and normalization, their end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from deepkit.errors import ArgumentError, DataError, ShapeError
from deepkit.keras.backend.config import image_data_format, normalize_data_format
from deepkit.keras.backend.nested import single
from deepkit.keras.backend.session import is_keras_tensor
from deepkit.keras.engine.model import Model
from deepkit.keras.layers import (
    Activation,
    BatchNormalization,
    Conv2D,
    Dense,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    Input,
)
from deepkit.keras.utils.layer_utils import get_source_inputs

ARGUMENTS = """
    include_top: whether the classifier at the end belongs to the model.
    weights: None for random ones, or the path of an .h5 file that Keras wrote for this architecture.
    input_tensor: what the model is called on, instead of an Input of its own.
    input_shape: of one image; the default is that of ImageNet, without the classifier any size.
    pooling: "avg" or "max" over all places, where the classifier is left out; None: images.
    classes, classifier_activation: of the classifier.
"""
"""The arguments that all applications take."""


def channel_axis() -> int:
    """The axis of the channels of images."""
    return 1 if image_data_format() == "channels_first" else 3


class Frame:
    """An application without its middle: `inputs` to start from, `classified` and `model` to end with."""

    def __init__(
        self, name: str, size: int, least: int, include_top: bool, weights: Any, input_tensor: Any, input_shape: Any,
        pooling: Any, classes: int, classifier_activation: Any = "softmax",
    ):
        self.name, self.include_top, self.pooling = name, include_top, pooling
        self.classes, self.classifier_activation = classes, classifier_activation
        self.weights = _weights_file(name, weights)
        if pooling not in (None, "avg", "max"):
            raise ArgumentError(f"{name}: pooling={pooling!r}", rule="None, 'avg' or 'max'")
        shape = _image_shape(name, input_shape, size, least, include_top)
        if input_tensor is None:
            self.inputs = Input(shape=shape)
        else:
            self.inputs = input_tensor if is_keras_tensor(input_tensor) else Input(tensor=input_tensor)
        self.rows = shape[1 if channel_axis() == 1 else 0]

    def pooled(self, x: Any, names: tuple[str | None, str | None] = (None, None)) -> Any:
        """x, or its mean or largest number over all places, as `pooling` says."""
        if self.pooling is None:
            return x
        cls, name = {"avg": (GlobalAveragePooling2D, names[0]), "max": (GlobalMaxPooling2D, names[1])}[self.pooling]
        return cls(name=name)(x)

    def predictions(self, x: Any) -> Any:
        """The last layer: the probability of each class."""
        return Dense(self.classes, activation=self.classifier_activation, name="predictions")(x)

    def ended(self, x: Any, names: tuple[str | None, str | None] = (None, None)) -> Model:
        """The model that ends with the mean over all places and the classifier, or with pooling alone."""
        if self.include_top:
            return self.model(self.predictions(GlobalAveragePooling2D(name="avg_pool")(x)))
        return self.model(self.pooled(x, names))

    def model(self, x: Any, name: str | None = None) -> Model:
        """The model from the inputs to x, with the weights of the file."""
        model = Model(single(get_source_inputs(self.inputs)), x, name=name or self.name)
        if self.weights is not None:
            model.load_weights(self.weights)
        return model


def conv_bn(
    x: Any, filters: int, size: Any, names: tuple[str | None, str | None, str | None] = (None, None, None),
    strides: Any = 1, padding: str = "same", use_bias: bool = False, relu: bool = True, **normalization: Any,
) -> Any:
    """A convolution, batch normalization and, if wanted, relu; `names` are those of the three layers."""
    x = Conv2D(filters, size, strides=strides, padding=padding, use_bias=use_bias, name=names[0])(x)
    x = BatchNormalization(axis=channel_axis(), name=names[1], **normalization)(x)
    return Activation("relu", name=names[2])(x) if relu else x


def _weights_file(name: str, weights: Any) -> Path | None:
    if weights is None:
        return None
    if weights == "imagenet":
        raise DataError(
            f"{name}: weights='imagenet', but no trained weights travel with deepkit",
            rule="weights is None (random ones) or the path of a file",
            hint="weights=None, or weights='.../"
            + f"{name}_weights_tf_dim_ordering_tf_kernels.h5', a file written by Keras",
        )
    path = Path(weights)
    if not path.is_file():
        raise DataError(f"{name}: there is no file {str(path)!r}", rule="weights is None or the path of an .h5 file")
    return path


def obtain_input_shape(
    input_shape: Any, default_size: int, min_size: int, data_format: str | None, require_flatten: bool = True,
    weights: Any = None, include_top: bool | None = None,
) -> tuple[Any, ...]:
    """The shape of one image for an application of one's own, as Keras' checked it before there were classes for it.

    require_flatten, which was once called include_top: whether the model has one size of image. weights: taken as Keras
    takes it, and not needed: a shape is checked whatever they are.
    """
    top = require_flatten if include_top is None else include_top
    return _image_shape("_obtain_input_shape", input_shape, default_size, min_size, top, data_format)


def _image_shape(
    name: str, shape: Any, size: int, least: int, include_top: bool, data_format: str | None = None
) -> tuple[Any, ...]:
    """The shape of one image, checked; the default where none is given."""
    first = normalize_data_format(data_format) == "channels_first"
    if shape is None:
        n = size if include_top else None
        return (3, n, n) if first else (n, n, 3)
    shape = tuple(shape)
    if len(shape) != 3:
        raise ShapeError(
            f"{name}: input_shape={shape}", rule="three lengths: rows, columns, channels", hint=f"({size}, {size}, 3)"
        )
    space = shape[1:] if first else shape[:-1]
    if any(n is not None and n < least for n in space):
        raise ShapeError(
            f"{name}: input_shape={shape}", rule=f"at least {least} x {least}: the network shrinks it many times"
        )
    if include_top and None in shape:
        raise ShapeError(
            f"{name}: input_shape={shape} with include_top=True", rule="the classifier is made for one size of image",
            hint=f"input_shape=({size}, {size}, 3), or include_top=False",
        )
    return shape
