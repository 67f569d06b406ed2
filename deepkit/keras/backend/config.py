"""Keras' settings: the float type of new weights, the fuzz factor, and where images have their channels."""

from __future__ import annotations

from typing import Any

from deepkit.device.dtypes import as_dtype
from deepkit.errors import ArgumentError

__all__ = [
    "epsilon", "floatx", "image_data_format", "image_dim_ordering", "normalize_data_format", "set_epsilon",
    "set_floatx", "set_image_data_format", "set_image_dim_ordering",
]

FORMATS = ("channels_last", "channels_first")
_ORDERINGS = {"tf": "channels_last", "th": "channels_first"}  # the names before Keras 2


class _Settings:
    """What the setters below change."""

    floatx = "float32"
    epsilon = 1e-7
    data_format = "channels_last"


def epsilon() -> float:
    """The small number that keeps divisions and logarithms away from 0.

    >>> epsilon()
    1e-07
    """
    return _Settings.epsilon


def set_epsilon(value: float) -> None:
    """Sets the fuzz factor, a positive number."""
    if not value > 0:
        raise ArgumentError(f"set_epsilon({value!r})", rule="a small positive number", hint="set_epsilon(1e-7)")
    _Settings.epsilon = float(value)


def floatx() -> str:
    """The type of weights and constants that ask for none: "float32" unless set_floatx changed it."""
    return _Settings.floatx


def set_floatx(value: str) -> None:
    """Sets the type of weights and constants that ask for none: float16, float32 or float64."""
    if value not in ("float16", "float32", "float64"):
        raise ArgumentError(f"set_floatx({value!r})", rule="'float16', 'float32' or 'float64'")
    _Settings.floatx = as_dtype(value).name


def image_data_format() -> str:
    """Where images have their channels unless a layer says otherwise: "channels_last" or "channels_first"."""
    return _Settings.data_format


def set_image_data_format(data_format: str) -> None:
    """Sets where images have their channels: (batch, height, width, channels) or (batch, channels, height, width)."""
    _Settings.data_format = normalize_data_format(data_format)


def normalize_data_format(value: Any) -> str:
    """A data format in lower case, image_data_format() for None."""
    if value is None:
        return image_data_format()
    name = str(value).lower()
    if name not in FORMATS:
        raise ArgumentError(
            f"data_format={value!r}", rule="'channels_last' (batch, height, width, channels) or 'channels_first'"
        )
    return name


def image_dim_ordering() -> str:
    """image_data_format() in the words of Keras 1: "tf" or "th"."""
    return next(old for old, new in _ORDERINGS.items() if new == _Settings.data_format)


def set_image_dim_ordering(dim_ordering: str) -> None:
    """set_image_data_format in the words of Keras 1: "tf" (channels last) or "th" (channels first)."""
    if dim_ordering not in _ORDERINGS:
        raise ArgumentError(f"set_image_dim_ordering({dim_ordering!r})", rule="'tf' (channels last) or 'th'")
    _Settings.data_format = _ORDERINGS[dim_ordering]
