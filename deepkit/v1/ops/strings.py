"""`tf.string_join` and its kin: strings as tensors."""

from __future__ import annotations

from typing import Any

from deepkit import ops
from deepkit.v1.framework.symbolic import constant_of, symbolic

__all__ = [
    "as_string", "decode_base64", "encode_base64", "reduce_join", "regex_replace", "string_join", "string_split",
    "string_strip", "string_to_hash_bucket", "string_to_hash_bucket_fast", "string_to_hash_bucket_strong",
    "string_to_number", "substr",
]

as_string = symbolic(ops.as_string)
decode_base64 = symbolic(ops.decode_base64)
encode_base64 = symbolic(ops.encode_base64)
reduce_join = symbolic(ops.reduce_join)
regex_full_match = symbolic(ops.regex_full_match)
regex_replace = symbolic(ops.regex_replace)
string_join = symbolic(ops.string_join)
string_length = symbolic(ops.string_length)
string_lower = symbolic(ops.string_lower)
string_split = symbolic(ops.string_split)
_split = symbolic(ops.split_strings)
string_strip = symbolic(ops.string_strip)
string_to_number = symbolic(ops.string_to_number)
string_upper = symbolic(ops.string_upper)
string_to_hash_bucket = symbolic(ops.string_to_hash_bucket)
string_to_hash_bucket_fast = symbolic(ops.string_to_hash_bucket_fast)
string_to_hash_bucket_strong = symbolic(ops.string_to_hash_bucket_strong)
substr = symbolic(ops.substr)


def split(
    input: Any = None, sep: Any = None, maxsplit: int = -1, result_type: str = "SparseTensor", source: Any = None,
    name: str | None = None,
) -> Any:
    """`tf.strings.split`: as Python's str.split, unlike `tf.string_split`, for which every byte of sep separates."""
    return _split(input if input is not None else source, sep, maxsplit, result_type, name)


def string_format(
    template: str, inputs: Any, placeholder: str = "{}", summarize: int = 3, name: str | None = None
) -> Any:
    """`tf.strings.format`: the template with the tensors as texts in the places of its placeholders."""
    tensors = [constant_of(x) for x in (inputs if isinstance(inputs, (list, tuple)) else [inputs])]
    return ops.string_format(template, tensors, placeholder, summarize, name)
