"""`tf.string_join` and its kin: strings as tensors."""

from __future__ import annotations

from deepkit import ops
from deepkit.v1.framework.symbolic import symbolic

__all__ = [
    "as_string", "decode_base64", "encode_base64", "reduce_join", "string_join", "string_split",
    "string_to_hash_bucket", "string_to_hash_bucket_fast", "string_to_hash_bucket_strong", "substr",
]

as_string = symbolic(ops.as_string)
decode_base64 = symbolic(ops.decode_base64)
encode_base64 = symbolic(ops.encode_base64)
reduce_join = symbolic(ops.reduce_join)
string_join = symbolic(ops.string_join)
string_split = symbolic(ops.string_split)
string_to_hash_bucket = symbolic(ops.string_to_hash_bucket)
string_to_hash_bucket_fast = symbolic(ops.string_to_hash_bucket_fast)
string_to_hash_bucket_strong = symbolic(ops.string_to_hash_bucket_strong)
substr = symbolic(ops.substr)
