"""`tf.decode_csv` and `tf.parse_example`: records taken apart, and files read whole."""

from __future__ import annotations

from deepkit import ops
from deepkit.v1.framework.symbolic import symbolic

__all__ = [
    "decode_csv", "decode_raw", "matching_files", "parse_example", "parse_single_example",
    "parse_single_sequence_example", "read_file",
]

decode_csv = symbolic(ops.decode_csv)
decode_raw = symbolic(ops.decode_raw)
matching_files = symbolic(ops.matching_files)
parse_example = symbolic(ops.parse_example)
parse_single_example = symbolic(ops.parse_single_example)
parse_single_sequence_example = symbolic(ops.parse_single_sequence_example)
read_file = symbolic(ops.read_file)
