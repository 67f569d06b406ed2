"""Samples of the summary ops; the expected bytes are put together here, by protocol buffers' rules, field by field."""

from __future__ import annotations

import struct

import numpy as np

from samples import NO_BATCH, Sample


def field(number: int, content: bytes) -> bytes:
    """A field of bytes: its number and the kind 2, the length, the bytes (all short)."""
    return bytes([number << 3 | 2, len(content)]) + content


def number(tag: bytes, value: float) -> bytes:
    """A value of a summary: 1 is the tag, 2 (kind 5, four bytes) the number."""
    return field(1, field(1, tag) + b"\x15" + struct.pack("<f", value))


def text(content: bytes) -> np.ndarray:
    return np.array(content, object)


TAGS = np.array([b"a", b"b"], object)
ONE = text(b"t")
# A histogram of nothing but zeros: least 0, greatest 0, number 3, sum 0, sum of squares 0, limits and counts of buckets.
ZEROS = np.zeros(3)


def of_zeros(tag, x):
    """Zeros lie in the bucket from 0 to 1e-12: one empty run up to 0, that bucket, one empty run up to the greatest float."""
    limits = struct.pack("<3d", 0.0, 1e-12, np.finfo(np.float64).max)
    counts = struct.pack("<3d", 0, 3, 0)
    # zeros are protocol buffers' default and not written; 3 (kind 1, eight bytes) is the number of values
    histogram = b"\x19" + struct.pack("<d", 3) + field(6, limits) + field(7, counts)
    return text(field(1, field(1, b"t") + field(5, histogram)))


SAMPLES: list[Sample] = [
    Sample("ScalarSummary", {}, (ONE, np.array(0.5)), lambda tag, x: text(number(b"t", 0.5)), NO_BATCH),
    Sample("ScalarSummary", {}, (TAGS, np.array([-1.5, 2.0])),
           lambda tags, x: text(number(b"a", -1.5) + number(b"b", 2.0)), NO_BATCH),
    Sample("HistogramSummary", {}, (ONE, ZEROS), of_zeros, NO_BATCH),
    Sample("ImageSummary", {"max_images": 1}, (ONE, np.ones((2, 3, 4, 1))), None, NO_BATCH),
    Sample("TensorSummaryV2", {}, (ONE, np.array([1, 2], np.int32), text(b"")), None, NO_BATCH),
    Sample("MergeSummary", {}, (text(number(b"a", 1.0)), text(number(b"b", 2.0))),
           lambda a, b: text(a[()] + b[()]), NO_BATCH),
]

WITHOUT_SAMPLE = {"AudioSummaryV2": "takes float32 only; tests/ops/test_summaries.py"}
