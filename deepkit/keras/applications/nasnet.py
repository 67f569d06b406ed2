"""NASNetLarge and NASNetMobile: two kinds of cells that a search has found. Source: B. Zoph et al., CVPR 2018, figure 4."""

from __future__ import annotations

from typing import Any

from deepkit.keras.applications.architecture import ARGUMENTS, Frame, channel_axis
from deepkit.keras.applications.imagenet_utils import decode_predictions, preprocessing
from deepkit.keras.engine.model import Model
from deepkit.keras.layers import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Cropping2D,
    GlobalAveragePooling2D,
    MaxPooling2D,
    SeparableConv2D,
    ZeroPadding2D,
    add,
    concatenate,
)

__all__ = ["NASNetLarge", "NASNetMobile", "decode_predictions", "preprocess_input"]

preprocess_input = preprocessing("tf")
_INITIALIZER = "he_normal"


def _normalized(x: Any, name: str) -> Any:
    return BatchNormalization(axis=channel_axis(), momentum=0.9997, epsilon=1e-3, name=name)(x)


def _projected(x: Any, filters: int, name: str) -> Any:
    """A 1 x 1 convolution."""
    return Conv2D(filters, 1, padding="same", use_bias=False, kernel_initializer=_INITIALIZER, name=name)(x)


def _rows_and_columns(x: Any) -> tuple[Any, Any]:
    first = 2 if channel_axis() == 1 else 1
    rows, columns = x.shape.lengths[first : first + 2]
    return rows, columns


def _around(x: Any, size: int) -> Any:
    """Zeros so that a window with strides 2 covers the image evenly."""
    half, sizes = size // 2, _rows_and_columns(x)
    return tuple((half - (1 if sizes[0] is None else 1 - n % 2), half) for n in sizes)


def _separable(x: Any, filters: int, size: int, name: str, strides: int = 1) -> Any:
    """Twice relu, a separable convolution and normalization; the first may halve the image."""
    for i, step in ((1, strides), (2, 1)):
        x = Activation("relu")(x)
        if step > 1:
            x = ZeroPadding2D(_around(x, size), name=f"separable_conv_{i}_pad_{name}")(x)
        x = SeparableConv2D(
            filters, size, strides=step, padding="same" if step == 1 else "valid", use_bias=False,
            name=f"separable_conv_{i}_{name}",
        )(x)
        x = _normalized(x, f"separable_conv_{i}_bn_{name}")
    return x


def _adjusted(before: Any, x: Any, filters: int, name: str) -> Any:
    """What came before x, brought to its size and to so many filters."""
    if before is None:
        return x
    if _rows_and_columns(before)[1] != _rows_and_columns(x)[1]:
        return _halved(before, filters, name)
    if before.shape.lengths[channel_axis()] != filters:
        before = _projected(Activation("relu")(before), filters, f"adjust_conv_projection_{name}")
        return _normalized(before, f"adjust_bn_{name}")
    return before


def _halved(x: Any, filters: int, name: str) -> Any:
    """Every second place of the image beside that of the image moved by one, each with half the filters."""
    x = Activation("relu", name=f"adjust_relu_1_{name}")(x)
    parts, moved = [], x
    for i in (1, 2):
        if i == 2:
            moved = Cropping2D(((1, 0), (1, 0)))(ZeroPadding2D(((0, 1), (0, 1)))(x))
        half = AveragePooling2D(1, strides=2, name=f"adjust_avg_pool_{i}_{name}")(moved)
        parts.append(_projected(half, filters // 2, f"adjust_conv_{i}_{name}"))
    return _normalized(concatenate(parts, axis=channel_axis()), f"adjust_bn_{name}")


def _begun(x: Any, before: Any, filters: int, kind: str, name: str) -> tuple[Any, Any]:
    """(what came before, x), both as the blocks of a cell take them."""
    before = _adjusted(before, x, filters, name)
    h = _projected(Activation("relu")(x), filters, f"{kind}_conv_1_{name}")
    return before, _normalized(h, f"{kind}_bn_1_{name}")


def _mean(x: Any, name: str) -> Any:
    return AveragePooling2D(3, strides=1, padding="same", name=name)(x)


def _normal_cell(x: Any, before: Any, filters: int, name: str) -> Any:
    """Five sums of two branches and what came before, side by side; the image keeps its size."""
    p, h = _begun(x, before, filters, "normal", name)
    sums = [
        add([_separable(h, filters, 5, f"normal_left1_{name}"), _separable(p, filters, 3, f"normal_right1_{name}")],
            name=f"normal_add_1_{name}"),
        add([_separable(p, filters, 5, f"normal_left2_{name}"), _separable(p, filters, 3, f"normal_right2_{name}")],
            name=f"normal_add_2_{name}"),
        add([_mean(h, f"normal_left3_{name}"), p], name=f"normal_add_3_{name}"),
        add([_mean(p, f"normal_left4_{name}"), _mean(p, f"normal_right4_{name}")], name=f"normal_add_4_{name}"),
        add([_separable(h, filters, 3, f"normal_left5_{name}"), h], name=f"normal_add_5_{name}"),
    ]
    return concatenate([p, *sums], axis=channel_axis(), name=f"normal_concat_{name}")


def _reduction_cell(x: Any, before: Any, filters: int, name: str) -> Any:
    """Four sums of two branches side by side; the image is halved."""
    p, h = _begun(x, before, filters, "reduction", name)
    wide = ZeroPadding2D(_around(h, 3), name=f"reduction_pad_1_{name}")(h)

    def shrunk(x: Any, size: int, place: str) -> Any:
        return _separable(x, filters, size, f"reduction_{place}_{name}", strides=2)

    first = add([shrunk(h, 5, "left1"), shrunk(p, 7, "right1")], name=f"reduction_add_1_{name}")
    largest = MaxPooling2D(3, strides=2, name=f"reduction_left2_{name}")(wide)
    second = add([largest, shrunk(p, 7, "right2")], name=f"reduction_add_2_{name}")
    mean = AveragePooling2D(3, strides=2, name=f"reduction_left3_{name}")(wide)
    third = add([mean, shrunk(p, 5, "right3")], name=f"reduction_add3_{name}")
    fourth = add([second, _mean(first, f"reduction_left4_{name}")])
    left = _separable(first, filters, 3, f"reduction_left4_{name}")
    fifth = add(
        [left, MaxPooling2D(3, strides=2, name=f"reduction_right5_{name}")(wide)], name=f"reduction_add4_{name}"
    )
    return concatenate([second, third, fourth, fifth], axis=channel_axis(), name=f"reduction_concat_{name}")


def _nasnet(frame: Frame, stem: int, filters: int, cells: int, skip: bool) -> Model:
    """Three rows of normal cells, each with twice the filters, and between them cells that halve the image.

    stem: filters of the first convolution. skip: the cell after a reduction sees what came before that, not its input.
    """
    x = Conv2D(
        stem, 3, strides=2, use_bias=False, kernel_initializer=_INITIALIZER, name="stem_conv1"
    )(frame.inputs)
    x = _normalized(x, "stem_bn1")
    first = _reduction_cell(x, None, filters // 4, "stem_1")
    before, x = first, _reduction_cell(first, x, filters // 2, "stem_2")
    number = 0
    for row in range(3):
        width = filters * 2**row
        if row:
            now = _reduction_cell(x, before, width, f"reduce_{row * cells}")
            before, x = (before if skip else x), now
        for _ in range(cells):
            before, x = x, _normal_cell(x, before, width, str(number))
            number += 1
        number += 1 if row == 0 else 0
    x = Activation("relu")(x)
    if not frame.include_top:
        return frame.model(frame.pooled(x))
    return frame.model(frame.predictions(GlobalAveragePooling2D()(x)))


def NASNetLarge(
    input_shape: Any = None, include_top: bool = True, weights: Any = "imagenet", input_tensor: Any = None,
    pooling: str | None = None, classes: int = 1000, classifier_activation: Any = "softmax",
) -> Model:
    """NASNet-A (6 @ 4032), by default for images (331, 331, 3)."""
    settings = (include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation)
    return _nasnet(Frame("NASNet", 331, 32, *settings), stem=96, filters=168, cells=6, skip=True)


def NASNetMobile(
    input_shape: Any = None, include_top: bool = True, weights: Any = "imagenet", input_tensor: Any = None,
    pooling: str | None = None, classes: int = 1000, classifier_activation: Any = "softmax",
) -> Model:
    """NASNet-A (4 @ 1056), by default for images (224, 224, 3)."""
    settings = (include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation)
    return _nasnet(Frame("NASNet", 224, 32, *settings), stem=32, filters=44, cells=4, skip=False)


for _network in (NASNetLarge, NASNetMobile):
    _network.__doc__ = f"{_network.__doc__}\n{ARGUMENTS}"
