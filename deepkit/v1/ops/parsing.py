"""`tf.decode_csv` and `tf.parse_example`: records taken apart, and files read whole."""

from __future__ import annotations

from typing import Any

from deepkit import ops
from deepkit.v1.framework.symbolic import symbolic

__all__ = [
    "decode_csv", "decode_raw", "matching_files", "parse_example", "parse_single_example",
    "parse_single_sequence_example", "read_file", "write_file",
]

decode_csv = symbolic(ops.decode_csv)
decode_raw = symbolic(ops.decode_raw)
matching_files = symbolic(ops.matching_files)
parse_example = symbolic(ops.parse_example)
parse_single_example = symbolic(ops.parse_single_example)
parse_single_sequence_example = symbolic(ops.parse_single_sequence_example)
read_file = symbolic(ops.read_file)
_written = symbolic(ops.write_file)


def write_file(filename: Any, contents: Any, name: str | None = None) -> Any:
    """An operation that writes the bytes of a string to a file, whole or not at all; folders are made.

    >>> import os, tempfile
    >>> import deepkit.v1 as tf
    >>> with tempfile.TemporaryDirectory() as folder, tf.Graph().as_default(), tf.Session() as sess:
    ...     sess.run(tf.write_file(os.path.join(folder, "new", "a.txt"), "one"))
    ...     sess.run(tf.read_file(os.path.join(folder, "new", "a.txt")))
    b'one'
    """
    return getattr(_written(filename, contents, name), "node", None)
