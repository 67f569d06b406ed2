"""`tf.strings`: texts as tensors."""

from deepkit.v1.ops.strings import as_string, reduce_join, substr
from deepkit.v1.ops.strings import string_join as join
from deepkit.v1.ops.strings import string_split as split
from deepkit.v1.ops.strings import string_to_hash_bucket as to_hash_bucket
from deepkit.v1.ops.strings import string_to_hash_bucket_fast as to_hash_bucket_fast
from deepkit.v1.ops.strings import string_to_hash_bucket_strong as to_hash_bucket_strong

__all__ = [
    "as_string", "join", "reduce_join", "split", "substr", "to_hash_bucket", "to_hash_bucket_fast",
    "to_hash_bucket_strong",
]
