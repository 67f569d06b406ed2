"""`tf.compat`: TensorFlow 1 under the name it has in TensorFlow 2, and text as bytes or str."""

from __future__ import annotations

from typing import Any

__all__ = ["as_bytes", "as_str", "as_str_any", "as_text", "v1"]  # v1 is tf itself: deepkit.v1 puts it here


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


def disable_v2_behavior() -> None:
    """Nothing: deepkit.v1 is TensorFlow 1."""


disable_eager_execution = disable_resource_variables = enable_resource_variables = disable_v2_behavior
