"""Bytes spoilt at random, for the tests of damaged files: bits flipped, ends cut off, parts dropped, put in, written over."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

FILES = int(os.environ.get("DEEPKIT_FUZZ", "200"))
"""How many files are made for each reader; the short suite makes fewer (conftest)."""
PLACES = st.integers(0, 1 << 20)
STEP = st.one_of(
    st.tuples(st.just("flip"), PLACES),
    st.tuples(st.just("cut"), PLACES),
    st.tuples(st.just("drop"), PLACES, st.integers(1, 20)),
    st.tuples(st.just("put"), PLACES, st.binary(min_size=1, max_size=20)),
    st.tuples(st.just("write"), PLACES, st.sampled_from([b"\0", b"\xff" * 8, b"\x80" * 10, b"\x7f", b'"', b"9" * 9])),
)
STEPS = st.lists(STEP, min_size=1, max_size=3)


def spoilt(data: bytes, steps: Sequence[tuple[Any, ...]]) -> bytes:
    """`data` after the steps, one after the other; a place counts modulo the length."""
    for kind, place, *more in steps:
        at = place % (len(data) + 1)
        if kind == "flip" and data:
            at %= len(data)
            data = data[:at] + bytes([data[at] ^ 1 << place % 8]) + data[at + 1 :]
        elif kind == "cut":
            data = data[:at]
        elif kind == "drop":
            data = data[:at] + data[at + more[0] :]
        elif kind == "put":
            data = data[:at] + more[0] + data[at:]
        elif kind == "write":
            data = data[:at] + more[0] + data[at + len(more[0]) :]
    return data
