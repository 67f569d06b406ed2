"""Contents of files: raw or compressed alike, and never more than is asked for."""

from __future__ import annotations

import gzip

import pytest

from deepkit.datasets.contents import read_contents, read_raw, sha256
from deepkit.errors import DataError


def test_contents_are_the_same_raw_and_compressed(tmp_path):
    (tmp_path / "raw").write_bytes(b"contents")
    (tmp_path / "packed").write_bytes(gzip.compress(b"contents"))
    assert read_contents(tmp_path / "raw", 8) == read_contents(str(tmp_path / "packed"), 8) == b"contents"
    assert read_raw(tmp_path / "packed", 99) == (tmp_path / "packed").read_bytes()
    assert sha256(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_too_many_bytes_are_refused_without_being_read(tmp_path, pack):
    (tmp_path / "file").write_bytes(pack(bytes(10_000_000)))
    with pytest.raises(DataError, match="holds more than 100 bytes"):
        read_contents(tmp_path / "file", 100)
    with pytest.raises(DataError, match="has more than 100 bytes"):
        read_raw(tmp_path / "file", 100)


def test_what_cannot_be_read(tmp_path):
    for read in (read_contents, read_raw):
        with pytest.raises(DataError, match="absent"):
            read(tmp_path / "absent", 1)
        with pytest.raises(DataError):
            read(tmp_path, 1)
