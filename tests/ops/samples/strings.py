"""Samples of the ops on strings. The hashes' numbers were computed with TensorFlow; more of them in test_strings.py."""

from __future__ import annotations

import numpy as np

from samples import NO_BATCH, Sample

TEXTS = np.array([[b"a", b"bc"], [b"", b"\x00\xff"], [b"hello", b"def"]], object)
NAMES = np.array([b"hello", b"world"], object)
LINES = np.array([b"a  b", b"", b"c d e"], object)


def each(function):
    return lambda *arrays: np.vectorize(function, otypes=[object])(*arrays)


SAMPLES: list[Sample] = [
    Sample("StringToHashBucketFast", {"buckets": 1000}, (NAMES,), lambda x: np.array([296, 598])),
    Sample("StringToHashBucketStrong", {"buckets": 1000, "key_": (1, 2)}, (NAMES,), lambda x: np.array([622, 990])),
    Sample("StringToHashBucket", {"buckets": 1000}, (NAMES,), lambda x: np.array([938, 861])),
    Sample("AsString", {"format": "%5d"}, (np.array([[3], [-20]], np.int32),), each(lambda n: b"%5d" % n)),
    Sample("AsString", {"format": "%08.2f"}, (np.array([0.5, -3.0, np.inf, np.nan]),),
           lambda x: np.array([b"00000.50", b"-0003.00", b"     inf", b"     nan"], object)),
    Sample("AsString", {"format": "%f"}, (np.array([1 - 2.5j]),), lambda x: np.array([b"(1.000000,-2.500000)"], object)),
    Sample("AsString", {}, (np.array([True, False]),), lambda x: np.array([b"true", b"false"], object)),
    Sample("EncodeBase64", {}, (NAMES,), lambda x: np.array([b"aGVsbG8", b"d29ybGQ"], object)),
    Sample("EncodeBase64", {"pad": True}, (NAMES,), lambda x: np.array([b"aGVsbG8=", b"d29ybGQ="], object)),
    Sample("DecodeBase64", {}, (np.array([b"aGVsbG8", b"d29ybGQ=", b"-_8"], object),),
           lambda x: np.array([b"hello", b"world", b"\xfb\xff"], object)),
    Sample("StringJoin", {"separator": b"-"}, (TEXTS, TEXTS), each(lambda a, b: a + b"-" + b)),
    Sample("StringJoin", {}, (TEXTS, np.array(b"!", object)), each(lambda a, b: a + b)),
    Sample("ReduceJoin", {"axis": (1,), "separator": b"+"}, (TEXTS,), lambda x: np.array([b"+".join(r) for r in x], object)),
    Sample("ReduceJoin", {"axis": (0, 1)}, (TEXTS,), lambda x: np.array(b"".join(x.T.ravel()), object), NO_BATCH),
    Sample("ReduceJoin", {"keepdims": True}, (TEXTS,), lambda x: np.array([[b"".join(x.ravel())]], object), NO_BATCH),
    Sample("StringSplit", {}, (LINES, np.array(b" ", object)),
           lambda x, s: [np.array([[0, 0], [0, 1], [2, 0], [2, 1], [2, 2]]), np.array([b"a", b"b", b"c", b"d", b"e"], object),
                         np.array([3, 3])]),
    Sample("StringSplit", {"skip_empty": False}, (LINES[:2], np.array(b" b", object)),
           lambda x, s: [np.array([[0, 0], [0, 1], [0, 2], [0, 3]]), np.array([b"a", b"", b"", b""], object), np.array([2, 4])]),
    Sample("Substr", {}, (NAMES, np.array([1, -2]), np.array([2, 9])), lambda x, p, n: np.array([b"el", b"ld"], object)),
    Sample("Substr", {"unit": "UTF8_CHAR"}, (np.array(["äöü".encode()], object), np.array(1), np.array(1)),
           lambda x, p, n: np.array(["ö".encode()], object)),
    Sample("StringToNumber", {}, (np.array([b"1.5", b" -2e3 "], object),), lambda x: np.array([1.5, -2000], np.float32)),
    Sample("StringToNumber", {"out": "int64"}, (np.array([b"7", b"-20"], object),), lambda x: np.array([7, -20])),
    Sample("StringStrip", {}, (np.array([b" a b\n", b""], object),), lambda x: np.array([b"a b", b""], object)),
    Sample("StringLower", {}, (np.array([b"aB", "Ä".encode()], object),), lambda x: np.array([b"ab", "Ä".encode()], object)),
    Sample("StringUpper", {"encoding": "utf-8"}, (np.array(["aä".encode()], object),), lambda x: np.array(["AÄ".encode()], object)),
    Sample("StringLength", {}, (np.array(["aä".encode(), b""], object),), lambda x: np.array([3, 0], np.int32)),
    Sample("StringLength", {"unit": "UTF8_CHAR"}, (np.array(["aä".encode(), b""], object),), lambda x: np.array([2, 0], np.int32)),
    Sample("RegexReplace", {}, (TEXTS, np.array(b"(l+)", object), np.array(rb"<\1>", object)),
           each(lambda t, p, r: t.replace(b"ll", b"<ll>")), NO_BATCH),
    Sample("RegexReplace", {"replace_global": False}, (LINES, np.array(b" ", object), np.array(b"_", object)),
           each(lambda t, p, r: t.replace(b" ", b"_", 1)), NO_BATCH),
    Sample("RegexFullMatch", {}, (TEXTS, np.array(b"[a-h]+", object)), lambda t, p: np.array([[1, 1], [0, 0], [0, 1]], bool), NO_BATCH),
    Sample("EditDistance", {"normalize": False},
           (np.array([[0, 0], [0, 1], [1, 0]]), np.array([1, 2, 5]), np.array([2, 2]),
            np.array([[0, 0], [0, 1], [0, 2]]), np.array([2, 1, 2]), np.array([2, 3])),
           lambda *_: np.array([1, 1], np.float32), NO_BATCH),
    Sample("EditDistance", {},
           (np.array([[0, 0], [0, 1], [1, 0]]), np.array([1, 2, 5]), np.array([2, 2]),
            np.array([[0, 0], [0, 1], [0, 2]]), np.array([2, 1, 2]), np.array([2, 3])),
           lambda *_: np.array([1 / 3, np.inf], np.float32), NO_BATCH),
]
