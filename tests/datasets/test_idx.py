"""IDX files: what is written is read back; damaged files are refused, each with its own reason."""

from __future__ import annotations

import gzip
import math
import struct
import zlib

import numpy as np
import pytest
from damage import FILES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deepkit.datasets.idx import read_idx, read_pair, write_idx
from deepkit.errors import ArgumentError, DataError

IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
RAW = struct.pack(">2xBBiii", 8, 3, 2, 3, 4) + bytes(range(24))


@pytest.mark.parametrize("dtype", ["u1", "i1", "i2", "i4", "f4", "f8"])
@pytest.mark.parametrize("name", ["a.idx", "a.idx.gz"])
def test_every_type_survives_the_round_trip(tmp_path, dtype, name):
    array = (np.arange(24) - 12 * (dtype != "u1")).astype(dtype).reshape(2, 3, 4)
    write_idx(tmp_path / name, array)
    found = read_idx(tmp_path / name)
    np.testing.assert_array_equal(found, array)
    assert found.dtype == array.dtype
    assert found.dtype.isnative
    assert found.flags.writeable


def test_the_bytes_are_the_formats(tmp_path):
    write_idx(tmp_path / "a", IMAGES)
    assert (tmp_path / "a").read_bytes() == RAW
    write_idx(tmp_path / "a.gz", IMAGES)
    first = (tmp_path / "a.gz").read_bytes()
    assert gzip.decompress(first) == RAW
    assert first[3:8] == bytes(5), "no name and no time inside: equal arrays give equal files"


def test_compression_is_recognised_by_content_not_by_name(tmp_path):
    (tmp_path / "a").write_bytes(gzip.compress(RAW))
    np.testing.assert_array_equal(read_idx(tmp_path / "a"), IMAGES)


def _changed(offset: int, value: bytes) -> bytes:
    return RAW[:offset] + value + RAW[offset + len(value) :]


DAMAGE = {
    "empty": (b"", "ends inside the header", "byte 0 "),
    "wrong magic": (_changed(0, b"P"), "starts with 50 00 08 03", "byte 0 "),
    "wrong type code": (_changed(2, b"\x0a"), "unknown type code 0a", "byte 2 "),
    "no dimensions": (_changed(3, b"\0"), "0 dimensions", "byte 3 "),
    "too many dimensions": (_changed(3, b"\xff"), "255 dimensions", "byte 3 "),
    "cut in the sizes": (RAW[:9], "ends inside the header", "byte 9 "),
    "a size of zero": (_changed(8, b"\0\0\0\0"), "dimension 1 is 0", "byte 8 "),
    "a negative size": (_changed(4, b"\xff\xff\xff\xff"), "dimension 0 is -1", "byte 4 "),
    "truncated": (RAW[:-1], "too small for what its header promises", "byte 39 "),
    "trailing bytes": (RAW + b"!", "more bytes follow", "byte 40 "),
    "sizes beyond any memory": (_changed(4, b"\x7f\xff\xff\xff" * 3), "too small", "byte 40 "),
}


@pytest.mark.parametrize("case", DAMAGE)
def test_damage_is_named_with_file_and_offset(tmp_path, case):
    contents, what, where = DAMAGE[case]
    path = tmp_path / "train-images"
    path.write_bytes(contents)
    with pytest.raises(DataError) as caught:
        read_idx(path)
    assert what in caught.value.what
    assert str(path) in caught.value.what
    assert where in caught.value.where


@pytest.mark.parametrize(
    ("contents", "what"),
    [
        (gzip.compress(RAW)[:-9], "compressed data stops in the middle"),
        (gzip.compress(RAW)[:10] + b"\x07" * 30, "compressed data is broken"),  # there is no block type 3
        (gzip.compress(RAW)[:-8] + b"\0" * 8, "compressed data is broken"),  # the checksum
        (gzip.compress(RAW) + b"junk", "compressed data is broken"),
        (gzip.compress(RAW[:-1]), "only 23 bytes follow"),
        (gzip.compress(RAW + b"!"), "more bytes follow"),
    ],
    ids=["cut", "block type", "checksum", "junk behind", "short", "long"],
)
def test_damage_within_gzip(tmp_path, contents, what):
    (tmp_path / "a.gz").write_bytes(contents)
    with pytest.raises(DataError) as caught:
        read_idx(tmp_path / "a.gz")
    assert what in caught.value.what
    assert "at byte" in caught.value.where


def test_a_gzip_bomb_is_read_no_further_than_its_header_promises(tmp_path):
    import tracemalloc

    size = 200 << 20
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = packer.compress(RAW) + b"".join(packer.compress(bytes(1 << 20)) for _ in range(size >> 20)) + packer.flush()
    (tmp_path / "bomb.gz").write_bytes(bomb)
    tracemalloc.start()
    with pytest.raises(DataError, match="more bytes follow"):
        read_idx(tmp_path / "bomb.gz")
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()


def test_what_is_no_file(tmp_path):
    with pytest.raises(DataError, match="does not exist"):
        read_idx(tmp_path / "absent")
    with pytest.raises(DataError, match="is no regular file"):
        read_idx(tmp_path)


@settings(max_examples=15 * FILES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    compressed=st.booleans(),
    edits=st.lists(
        st.tuples(st.integers(0, 79), st.integers(0, 255), st.sampled_from(["set", "cut", "add"])), max_size=4
    ),
)
def test_a_mutated_file_gives_its_own_numbers_or_a_data_error(tmp_path, compressed, edits):
    contents = bytearray(gzip.compress(RAW, mtime=0) if compressed else RAW)
    for position, value, kind in edits:
        position %= len(contents) + 1
        if kind == "set" and position < len(contents):
            contents[position] = value
        elif kind == "cut":
            del contents[position:]
        elif kind == "add":
            contents.insert(position, value)
    path = tmp_path / "mutated"
    path.write_bytes(contents)
    expected = _reference(bytes(contents))
    if expected is None:
        with pytest.raises(DataError):
            read_idx(path)
    else:
        np.testing.assert_array_equal(read_idx(path), expected)


def _reference(contents: bytes) -> np.ndarray | None:
    """A second parser, written for clarity alone: the numbers, or None where the file is not sound."""
    if contents[:2] == b"\x1f\x8b":
        try:
            contents = gzip.decompress(contents)
        except (OSError, EOFError, zlib.error):
            return None
    types = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
    if len(contents) < 4 or contents[:2] != b"\0\0" or contents[2] not in types or not 1 <= contents[3] <= 32:
        return None
    start = 4 + 4 * contents[3]
    if len(contents) < start:
        return None
    shape = struct.unpack(f">{contents[3]}i", contents[4:start])
    dtype = np.dtype(types[contents[2]])
    if min(shape) < 1 or math.prod(shape) * dtype.itemsize != len(contents) - start:
        return None
    return np.frombuffer(contents[start:], dtype).reshape(shape)


def _pair(folder, images, labels):
    write_idx(folder / "x", np.asarray(images))
    write_idx(folder / "y", np.asarray(labels))
    return folder / "x", folder / "y"


def test_a_pair_is_read(tmp_path):
    x, y = read_pair(*_pair(tmp_path, IMAGES, np.array([3, 9], np.uint8)))
    np.testing.assert_array_equal(x, IMAGES)
    assert y.tolist() == [3, 9]
    assert y.dtype == np.int64


@pytest.mark.parametrize(
    ("images", "labels", "what"),
    [
        (IMAGES, np.zeros(3, np.uint8), "has 2 images, but .* has 3 labels"),
        (IMAGES, np.array([0, 10], np.uint8), "label number 1 is 10"),
        (np.zeros(2, np.uint8), IMAGES, r"holds uint8 numbers of shape \(2,\)"),
        (IMAGES.astype(np.int16), np.zeros(2, np.uint8), "holds int16"),
        (IMAGES, np.zeros(2, np.int32), "holds int32"),
    ],
)
def test_a_pair_that_does_not_fit(tmp_path, images, labels, what):
    with pytest.raises(DataError, match=what):
        read_pair(*_pair(tmp_path, images, labels))


@pytest.mark.parametrize("array", [np.zeros(3, np.uint16), np.zeros(3, bool), np.zeros((0, 2), np.uint8), np.uint8(1)])
def test_what_the_format_cannot_hold(tmp_path, array):
    with pytest.raises(ArgumentError, match="IDX cannot hold"):
        write_idx(tmp_path / "a", array)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    write_idx(tmp_path / "a", IMAGES)

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DataError, match=r"cannot write .*No space left"):
        write_idx(tmp_path / "a", IMAGES + 1)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    np.testing.assert_array_equal(read_idx(tmp_path / "a"), IMAGES)


def test_a_folder_that_is_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot write"):
        write_idx(tmp_path / "file" / "a", IMAGES)


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    from pathlib import Path

    write_idx(tmp_path / "a", IMAGES)

    def refuse(self, *mode):
        raise PermissionError(13, "Permission denied", str(self))

    for method in ("open", "is_file"):
        with monkeypatch.context() as patch:
            patch.setattr(Path, method, refuse)
            with pytest.raises(DataError, match=r"cannot read .*Permission denied"):
                read_idx(tmp_path / "a")
