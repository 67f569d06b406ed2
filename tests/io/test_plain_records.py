"""Lines, records of a fixed length and whole files: against Python's own reading, and with what is not as it should be."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepkit.errors import ArgumentError, DataError
from deepkit.io import plain_records
from deepkit.io.plain_records import fixed_records, text_lines, whole_file


def file(folder, content: bytes):
    path = folder / "file"
    path.write_bytes(content)
    return path


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from([b"a", b"bc", b"\n", b"\r", b"\r\n", b"d" * 9]), max_size=30).map(b"".join),
    st.integers(1, 9),
)
def test_lines_in_blocks_of_any_size(tmp_path_factory, content, block):
    path = file(tmp_path_factory.getbasetemp(), content)
    before, plain_records._BLOCK = plain_records._BLOCK, block
    try:
        found, bare = list(text_lines(path)), list(text_lines(path, returns_anywhere=True))
    finally:
        plain_records._BLOCK = before
    expected = content.split(b"\n")
    last = expected.pop().removesuffix(b"\r")
    assert found == [line.removesuffix(b"\r") for line in expected] + ([last] if last else [])
    last = last.replace(b"\r", b"")
    assert bare == [line.replace(b"\r", b"") for line in expected] + ([last] if last else [])


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=60),
    st.integers(1, 7),
    st.integers(0, 9),
    st.integers(0, 9),
    st.integers(0, 12),
    st.integers(1, 9),
)
def test_records_of_any_lengths(tmp_path_factory, content, length, header, footer, hop, block):
    path = file(tmp_path_factory.getbasetemp(), content)
    before, plain_records._BLOCK = plain_records._BLOCK, block
    try:
        found = list(fixed_records(path, length, header, footer, hop))
    finally:
        plain_records._BLOCK = before
    body = content[header : max(header, len(content) - footer)]
    assert found == [body[i : i + length] for i in range(0, len(body), hop or length) if i + length <= len(body)]


def test_compressed_files(tmp_path):
    lines = b"one\ntwo\n" * 20_000
    for kind, packed in (("GZIP", gzip.compress(lines)), ("ZLIB", zlib.compress(lines))):
        path = file(tmp_path, packed)
        assert list(text_lines(path, kind)) == [b"one", b"two"] * 20_000
        assert list(fixed_records(path, 8, compression=kind)) == [b"one\ntwo\n"] * 20_000
        with pytest.raises(DataError, match=str(path)):
            list(text_lines(file(tmp_path, packed[: len(packed) // 2]), kind))
        with pytest.raises(DataError, match=str(path)):
            list(text_lines(file(tmp_path, b"no such thing at all"), kind))


def test_what_cannot_be_read_is_named(tmp_path):
    for path in (tmp_path / "nowhere", tmp_path):
        for read in (lambda p: list(text_lines(p)), lambda p: list(fixed_records(p, 3)), whole_file):
            with pytest.raises(DataError, match=str(path)):
                read(path)
    path = file(tmp_path, b"abc")
    assert whole_file(path) == b"abc"
    with pytest.raises(ArgumentError, match="at least one byte"):
        list(fixed_records(path, 0))
    with pytest.raises(ArgumentError, match="no length is negative"):
        list(fixed_records(path, 1, -1))
    with pytest.raises(ArgumentError, match="GZIP"):
        list(text_lines(path, "BZ2"))
