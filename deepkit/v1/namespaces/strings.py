"""`tf.strings`: texts as tensors."""

from deepkit.v1.ops.strings import as_string, reduce_join, regex_full_match, regex_replace, split, substr
from deepkit.v1.ops.strings import string_format as format
from deepkit.v1.ops.strings import string_join as join
from deepkit.v1.ops.strings import string_length as length
from deepkit.v1.ops.strings import string_lower as lower
from deepkit.v1.ops.strings import string_strip as strip
from deepkit.v1.ops.strings import string_to_hash_bucket as to_hash_bucket
from deepkit.v1.ops.strings import string_to_hash_bucket_fast as to_hash_bucket_fast
from deepkit.v1.ops.strings import string_to_hash_bucket_strong as to_hash_bucket_strong
from deepkit.v1.ops.strings import string_to_number as to_number
from deepkit.v1.ops.strings import string_upper as upper

__all__ = [
    "as_string", "format", "join", "length", "lower", "reduce_join", "regex_full_match", "regex_replace", "split",
    "strip", "substr", "to_hash_bucket", "to_hash_bucket_fast", "to_hash_bucket_strong", "to_number", "upper",
]
