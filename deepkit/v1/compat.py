"""`tf.compat`: TensorFlow 1 under the name it has in TensorFlow 2, and text as bytes or str."""

from __future__ import annotations

from typing import Any

from deepkit.core.shape import UnknownDimension

__all__ = [
    "as_bytes", "as_str", "as_str_any", "as_text", "dimension_at_index", "dimension_value",
    "v1",  # tf itself: deepkit.v1 puts it here
]


def as_text(bytes_or_text: bytes | str, encoding: str = "utf-8") -> str:
    """str, decoded if it is bytes."""
    return bytes_or_text.decode(encoding) if isinstance(bytes_or_text, bytes) else bytes_or_text


as_str = as_text


def as_bytes(bytes_or_text: bytes | str, encoding: str = "utf-8") -> bytes:
    """bytes, encoded if it is str."""
    return bytes_or_text if isinstance(bytes_or_text, bytes) else bytes_or_text.encode(encoding)


def as_str_any(value: Any) -> str:
    """str of anything; bytes are decoded."""
    return as_text(value) if isinstance(value, bytes) else str(value)


def dimension_value(dimension: Any) -> int | None:
    """A dimension as a number, None where it is not known."""
    return getattr(dimension, "value", dimension)


def dimension_at_index(shape: Any, index: int) -> Any:
    """The dimension of a shape at a place; an unknown one where the rank is not known."""
    return UnknownDimension() if shape.rank is None else shape[index]


def disable_v2_behavior() -> None:
    """Nothing: deepkit.v1 is TensorFlow 1."""


disable_eager_execution = disable_resource_variables = enable_resource_variables = disable_v2_behavior
