"""Pooling layers: the largest number, or the mean, of each window or of all positions."""

from __future__ import annotations

from typing import Any, ClassVar

from deepkit.keras.backend.config import normalize_data_format
from deepkit.keras.base.input_spec import InputSpec
from deepkit.keras.base.layer import Layer
from deepkit.keras.layers.arguments import described, naming, numbers, padding_name
from deepkit.layers.layouts import layout
from deepkit.layers.pooling import global_pool, masked_mean, pool


class Pooling(Layer):
    """Base: windows of `pool_size`, moved by `strides` (None: the pool size itself), padding "valid" or "same"."""

    space: ClassVar[int]
    kind: ClassVar[str]

    def __init__(
        self, pool_size: Any = 2, strides: Any = None, padding: str = "valid", data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.pool_size = numbers(pool_size, self.space, "pool_size")
        self.strides = self.pool_size if strides is None else numbers(strides, self.space, "strides")
        self.padding = padding_name(padding, type(self).__name__)
        self.data_format = normalize_data_format(data_format or ("channels_last" if self.space == 1 else None))
        self.input_spec = InputSpec(ndim=self.space + 2)

    def call(self, inputs: Any) -> Any:
        places = layout(self.data_format, self.space)
        with naming(self):
            return pool(self.kind, inputs, self.pool_size, self.strides, self.padding.upper(), places)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **described(self, "pool_size", "strides", "padding", "data_format")}


class MaxPooling1D(Pooling):
    """The largest number of each window of sequences (batch, steps, features)."""

    space = 1
    kind = "max"


class MaxPooling2D(Pooling):
    """The largest number of each window of images (batch, rows, columns, channels).

    >>> import numpy as np
    >>> MaxPooling2D()(np.array([[[[1.0], [5.0]], [[2.0], [3.0]]]], "float32")).numpy().item()
    5.0
    """

    space = 2
    kind = "max"


class MaxPooling3D(Pooling):
    """The largest number of each window of volumes (batch, planes, rows, columns, channels)."""

    space = 3
    kind = "max"


class AveragePooling1D(Pooling):
    """The mean of each window of sequences (batch, steps, features)."""

    space = 1
    kind = "mean"


class AveragePooling2D(Pooling):
    """The mean of each window of images; zeros around them do not count."""

    space = 2
    kind = "mean"


class AveragePooling3D(Pooling):
    """The mean of each window of volumes; zeros around them do not count."""

    space = 3
    kind = "mean"


class GlobalPooling(Layer):
    """Base: one number for each channel. keepdims: the space axes stay with length 1."""

    space: ClassVar[int]
    kind: ClassVar[str]

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.data_format = normalize_data_format(data_format or ("channels_last" if self.space == 1 else None))
        self.keepdims = keepdims
        self.input_spec = InputSpec(ndim=self.space + 2)

    def call(self, inputs: Any) -> Any:
        return global_pool(self.kind, inputs, layout(self.data_format, self.space), self.keepdims)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **described(self, "data_format", "keepdims")}


class GlobalMaxPooling1D(GlobalPooling):
    """The largest number of all steps: (batch, steps, features) -> (batch, features)."""

    space = 1
    kind = "max"


class GlobalMaxPooling2D(GlobalPooling):
    """The largest number of each channel: (batch, rows, columns, channels) -> (batch, channels)."""

    space = 2
    kind = "max"


class GlobalMaxPooling3D(GlobalPooling):
    """The largest number of each channel of volumes."""

    space = 3
    kind = "max"


class GlobalAveragePooling1D(GlobalPooling):
    """The mean over all steps, or over those that a mask lets count: (batch, steps, features) -> (batch, features)."""

    space = 1
    kind = "mean"

    def __init__(self, data_format: str | None = None, **kwargs: Any):
        super().__init__(data_format, **kwargs)
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        if mask is None:
            return super().call(inputs)
        return masked_mean(inputs, mask, layout(self.data_format, 1), self.keepdims)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return None


class GlobalAveragePooling2D(GlobalPooling):
    """The mean of each channel: (batch, rows, columns, channels) -> (batch, channels)."""

    space = 2
    kind = "mean"


class GlobalAveragePooling3D(GlobalPooling):
    """The mean of each channel of volumes."""

    space = 3
    kind = "mean"


MaxPool1D, MaxPool2D, MaxPool3D = MaxPooling1D, MaxPooling2D, MaxPooling3D
AvgPool1D, AvgPool2D, AvgPool3D = AveragePooling1D, AveragePooling2D, AveragePooling3D
GlobalMaxPool1D, GlobalMaxPool2D, GlobalMaxPool3D = GlobalMaxPooling1D, GlobalMaxPooling2D, GlobalMaxPooling3D
GlobalAvgPool1D, GlobalAvgPool2D = GlobalAveragePooling1D, GlobalAveragePooling2D
GlobalAvgPool3D = GlobalAveragePooling3D
