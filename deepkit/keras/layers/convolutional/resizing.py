"""Layers that cut images, put zeros around them, or make them larger; the same for sequences and volumes."""

from __future__ import annotations

from typing import Any, ClassVar

from deepkit.errors import ShapeError, check_choice
from deepkit.keras import backend
from deepkit.keras.backend.config import normalize_data_format
from deepkit.keras.base.input_spec import InputSpec
from deepkit.keras.base.layer import Layer
from deepkit.keras.layers.arguments import described, numbers, pairs


class _Spatial(Layer):
    """Base: `space` axes between batch and channels, or after both with channels_first."""

    space: ClassVar[int]

    def __init__(self, data_format: str | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.data_format = normalize_data_format("channels_last" if self.space == 1 else data_format)
        self.input_spec = InputSpec(ndim=self.space + 2)

    def own_config(self, *names: str) -> dict[str, Any]:
        """These arguments, and the data format where it is one."""
        return described(self, *names, *(() if self.space == 1 else ("data_format",)))


# ---- cropping


class _Cropping(_Spatial):
    """Base: cropping takes (before, after) away along each axis; one number means as many on all sides."""

    def __init__(self, cropping: Any = 0, data_format: str | None = None, **kwargs: Any):
        super().__init__(data_format, **kwargs)
        self.cropping = (
            numbers(cropping, 2, "cropping", 0) if self.space == 1 else pairs(cropping, self.space, "cropping")
        )

    def call(self, inputs: Any) -> Any:
        cuts: Any = (self.cropping,) if self.space == 1 else self.cropping
        kept = []
        first = 2 if self.data_format == "channels_first" else 1
        for axis, (before, after) in enumerate(cuts, first):
            length = inputs.shape.lengths[axis]
            if length is not None and before + after >= length:
                raise ShapeError(
                    f"layer {self.name!r}: cropping {self.cropping} leaves nothing of axis {axis} of {inputs.shape}",
                    rule="before + after is less than the length of the axis",
                )
            kept.append(slice(before, -after or None))
        return inputs[(slice(None),) * first + tuple(kept)]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self.own_config("cropping")}


class Cropping1D(_Cropping):
    """Takes cropping[0] steps away at the beginning of (batch, steps, features) and cropping[1] at the end."""

    space = 1

    def __init__(self, cropping: Any = (1, 1), **kwargs: Any):
        super().__init__(cropping, **kwargs)


class Cropping2D(_Cropping):
    """Cuts ((top, bottom), (left, right)) off images."""

    space = 2


class Cropping3D(_Cropping):
    """Cuts a pair (before, after) off each of the three axes of volumes."""

    space = 3

    def __init__(self, cropping: Any = 1, data_format: str | None = None, **kwargs: Any):
        super().__init__(cropping, data_format, **kwargs)


# ---- zeros around


class _ZeroPadding(_Spatial):
    """Base: padding puts (before, after) zeros along each axis; one number means as many on all sides."""

    def __init__(self, padding: Any = 1, data_format: str | None = None, **kwargs: Any):
        super().__init__(data_format, **kwargs)
        self.padding = numbers(padding, 2, "padding", 0) if self.space == 1 else pairs(padding, self.space, "padding")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self.own_config("padding")}


class ZeroPadding1D(_ZeroPadding):
    """Zeros before and after each sequence (batch, steps, features)."""

    space = 1

    def __init__(self, padding: Any = 1, **kwargs: Any):
        super().__init__(padding, **kwargs)

    def call(self, inputs: Any) -> Any:
        return backend.temporal_padding(inputs, self.padding)


class ZeroPadding2D(_ZeroPadding):
    """Zeros around images: ((top, bottom), (left, right)), or one number for all sides, or one for each axis."""

    space = 2

    def call(self, inputs: Any) -> Any:
        return backend.spatial_2d_padding(inputs, self.padding, self.data_format)


class ZeroPadding3D(_ZeroPadding):
    """Zeros around volumes: a pair (before, after) for each of the three axes."""

    space = 3

    def call(self, inputs: Any) -> Any:
        return backend.spatial_3d_padding(inputs, self.padding, self.data_format)


# ---- larger


class UpSampling1D(_Spatial):
    """Each step `size` times: (batch, steps, features) -> (batch, steps * size, features)."""

    space = 1

    def __init__(self, size: int = 2, **kwargs: Any):
        super().__init__(**kwargs)
        (self.size,) = numbers(size, 1, "size")

    def call(self, inputs: Any) -> Any:
        return backend.repeat_elements(inputs, self.size, axis=1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self.own_config("size")}


class UpSampling2D(_Spatial):
    """Images size[0] times as high and size[1] times as wide.

    interpolation: "nearest" repeats pixels, "bilinear" draws straight lines between their middles.
    """

    space = 2

    def __init__(
        self, size: Any = (2, 2), data_format: str | None = None, interpolation: str = "nearest", **kwargs: Any
    ):
        super().__init__(data_format, **kwargs)
        self.size = numbers(size, 2, "size")
        self.interpolation = str(interpolation).lower()
        check_choice("UpSampling2D: interpolation", self.interpolation, ("nearest", "bilinear"))

    def call(self, inputs: Any) -> Any:
        return backend.resize_images(inputs, self.size[0], self.size[1], self.data_format, self.interpolation)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self.own_config("size", "interpolation")}


class UpSampling3D(_Spatial):
    """Volumes with every number repeated size[i] times along axis i."""

    space = 3

    def __init__(self, size: Any = (2, 2, 2), data_format: str | None = None, **kwargs: Any):
        super().__init__(data_format, **kwargs)
        self.size = numbers(size, 3, "size")

    def call(self, inputs: Any) -> Any:
        planes, rows, columns = self.size
        return backend.resize_volumes(inputs, planes, rows, columns, self.data_format)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self.own_config("size")}
