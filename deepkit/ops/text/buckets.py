"""Texts as numbers of buckets, by hashes of their bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from deepkit.core.apply import apply
from deepkit.core.op import register
from deepkit.core.typing import AnyTensor, Array, ArrayModule, TensorLike
from deepkit.errors import ArgumentError
from deepkit.ops.text.hashing import farm_fingerprint, murmur_hash, sip_hash
from deepkit.ops.text.strings import OfStrings

__all__ = ["string_to_hash_bucket", "string_to_hash_bucket_fast", "string_to_hash_bucket_strong"]


class HashBucket(OfStrings):
    """Base: each string's hash, modulo the number of buckets."""

    buckets: int = 1
    returns = "int64"

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        return super().forward(xp, x).astype(np.int64)


@register
class StringToHashBucketFast(HashBucket):
    """The bucket of each string, by FarmHash's Fingerprint64: for good, and the same on every machine."""

    def one(self, text: bytes) -> int:
        return farm_fingerprint(text) % self.buckets


@register
class StringToHashBucketStrong(HashBucket):
    """The bucket of each string, by SipHash under a secret key: nobody without it can crowd one bucket."""

    key_: tuple[int, int] = (0, 0)

    def one(self, text: bytes) -> int:
        return sip_hash(text, self.key_) % self.buckets


@register
class StringToHashBucket(HashBucket):
    """The bucket of each string, by the hash of TensorFlow's first versions (MurmurHash64A)."""

    def one(self, text: bytes) -> int:
        return murmur_hash(text) % self.buckets


def _buckets(count: int) -> int:
    if int(count) < 1:
        raise ArgumentError(f"string_to_hash_bucket: num_buckets is {count}", rule="at least 1 bucket")
    return int(count)


def string_to_hash_bucket_fast(input: TensorLike, num_buckets: int, name: str | None = None) -> AnyTensor:
    """Each string's bucket, an int64 in [0, num_buckets), by FarmHash's Fingerprint64.

    Any shape, strings; result: the same shape. ArgumentError: no buckets. DTypeError: no text.
    """
    return apply(StringToHashBucketFast(buckets=_buckets(num_buckets)), input, name=name)


def string_to_hash_bucket_strong(
    input: TensorLike, num_buckets: int, key: Sequence[int], name: str | None = None
) -> AnyTensor:
    """Each string's bucket, an int64 in [0, num_buckets), by SipHash under a key of two integers.

    input: any shape, strings; result: the same shape. ArgumentError: no buckets, or another number of keys.
    """
    key = tuple(int(k) for k in key)
    if len(key) != 2:
        raise ArgumentError(f"string_to_hash_bucket_strong: a key of {len(key)} numbers", rule="a key has two")
    return apply(StringToHashBucketStrong(buckets=_buckets(num_buckets), key_=key), input, name=name)


def string_to_hash_bucket(
    string_tensor: TensorLike | None = None, num_buckets: int | None = None, name: str | None = None,
    input: TensorLike | None = None,
) -> AnyTensor:
    """Each string's bucket, an int64 in [0, num_buckets), by the oldest of the three hashes.

    Any shape, strings; result: the same shape. ArgumentError: no buckets. DTypeError: no text.
    """
    if num_buckets is None:
        raise ArgumentError("string_to_hash_bucket needs num_buckets")
    x = string_tensor if input is None else input
    return apply(StringToHashBucket(buckets=_buckets(num_buckets)), x, name=name)
