"""Samples of the ops that take strings apart into numbers; more of them in test_parsing.py and test_decoding.py."""

from __future__ import annotations

import importlib.util

import numpy as np

from deepkit.device.dtypes import float32, int16, int32, int64, string, uint8
from deepkit.ops.input.features import Layout
from samples import NO_BATCH, Sample

HAS_PROTOBUF = (
    importlib.util.find_spec("google") is not None and importlib.util.find_spec("google.protobuf") is not None
)

# As TensorFlow serializes them: {"n": [1, -1]} and {"n": [300, 2], "w": [b"x"]}; then a context {"n": [5, 6]} with the
# steps [b"a", b"b"], [b"c"] of "w".
EXAMPLES = [
    bytes.fromhex("0a160a140a016e120f1a0d0a0b01ffffffffffffffffff01"), bytes.fromhex("0a1a0a0c0a016e12071a050a03ac02020a0a0a017712050a030a0178"),
]
SEQUENCE = bytes.fromhex("0a0d0a0b0a016e12061a040a020506") + bytes.fromhex(
    "12180a160a017712110a080a060a01610a01620a050a030a0163"
)
NONE = np.empty(0, object)
NO_DEFAULT = np.empty(0, np.int64)


def strings(*texts: bytes) -> np.ndarray:
    return np.array(texts, object)


SAMPLES: list[Sample] = [
    Sample("DecodeRaw", {"out_type": int16}, (strings(b"\1\0\2\1", b"\xff\xff\0\x80"),), lambda x: np.array([[1, 258], [-1, -32768]])),
    Sample("DecodeRaw", {"out_type": int16, "little_endian": False}, (strings(b"\1\0\2\1"),), lambda x: np.array([[256, 513]])),
    Sample("DecodeRaw", {"out_type": uint8}, (np.array(b"\0\xff", object),), lambda x: np.array([0, 255]), NO_BATCH),
    Sample("DecodeCSV", {"outputs": (int32, string)}, (strings(b"1,a", b',"b,"""'), np.array([7], np.int32), strings(b"")),
           lambda x, *d: [np.array([1, 7]), strings(b"a", b'b,"')]),
    Sample("DecodeCSV", {"outputs": (float32,), "fields": (1,), "delimiter": b";"}, (strings(b"a;.5", b"b;-1e1"), np.empty(0, np.int64)),
           lambda x, d: [np.array([0.5, -10.0])]),
]
WITHOUT_SAMPLE: dict[str, str] = {}

if HAS_PROTOBUF:
    SAMPLES += [
        Sample("ParseExample", {"layouts": (Layout("w", "sparse", string), Layout("n", "fixed", int64, (2,)))}, (strings(*EXAMPLES), NONE, NO_DEFAULT),
               lambda x, *d: [np.array([[1, 0]]), strings(b"x"), np.array([2, 1]), np.array([[1, -1], [300, 2]])]),
        Sample("ParseExample", {"layouts": (Layout("n", "sequence", int64, (), True),), "single": True}, (np.array(EXAMPLES[1], object), NONE, np.array(0)),
               lambda x, *d: [np.array([300, 2])], NO_BATCH),
        Sample("ParseSequenceExample", {"context": (Layout("n", "fixed", int64, (2,)),), "sequences": (Layout("w", "sparse", string),)},
               (np.array(SEQUENCE, object), NONE, NO_DEFAULT),
               lambda x, *d: [np.array([5, 6]), np.array([[0, 0], [0, 1], [1, 0]]), strings(b"a", b"b", b"c"), np.array([2, 2])], NO_BATCH),
    ]
else:
    reason = "the protobuf library is not installed"
    WITHOUT_SAMPLE |= {"ParseExample": reason, "ParseSequenceExample": reason}
