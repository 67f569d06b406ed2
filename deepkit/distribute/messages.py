"""What tasks of a cluster say to each other: a few words, and perhaps an array, as bytes that are never unpickled."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError

_SIZE = 8  # bytes of the words' length


def packed(words: dict[str, Any], array: np.ndarray | None = None) -> np.ndarray:
    """The message as a vector of bytes: the words' length, the words as JSON, the array's memory.

    ArgumentError: the array's type has no fixed size (texts).
    """
    body = b""
    if array is not None:
        if array.dtype.hasobject:
            raise ArgumentError(
                f"a variable of texts does not travel between tasks: {words.get('name')}", rule="numbers do",
                hint="with tf.device('/job:worker/task:...'): leave it with the task that uses it",
            )
        words = {**words, "dtype": array.dtype.str, "shape": array.shape}
        body = np.ascontiguousarray(array).tobytes()
    head = json.dumps(words).encode()
    return np.frombuffer(len(head).to_bytes(_SIZE, "little") + head + body, np.uint8)


def unpacked(message: np.ndarray) -> tuple[dict[str, Any], np.ndarray | None]:
    """The words and the array (None: there was none) of `packed`; the array is the receiver's own."""
    end = _SIZE + int.from_bytes(message[:_SIZE].tobytes(), "little")
    words = json.loads(message[_SIZE:end].tobytes())
    if "dtype" not in words:
        return words, None
    return words, message[end:].copy().view(np.dtype(words["dtype"])).reshape(words["shape"])
