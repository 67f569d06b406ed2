"""Members of tar archives: read whole, refused when damaged or hostile."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from deepkit.datasets.archive import read_members
from deepkit.errors import DataError

PATH = Path("some.tar.gz")
FILES = {"set/a.bin": b"a" * 3000, "set/b.txt": b"words", "set/inner/c.bin": bytes(range(256)) * 4}


def packed(files=FILES, mode="w:gz") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, contents in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(contents)
            archive.addfile(info, io.BytesIO(contents))
    return out.getvalue()


@pytest.mark.parametrize("mode", ["w:gz", "w", "w:bz2"])
def test_members_are_found_in_any_folder(mode):
    found = read_members(PATH, packed(mode=mode), ["c.bin", "a.bin"])
    assert found == {"c.bin": FILES["set/inner/c.bin"], "a.bin": FILES["set/a.bin"]}


def test_what_is_missing_is_named():
    with pytest.raises(DataError, match=r"some\.tar\.gz lacks d\.bin, e\.bin"):
        read_members(PATH, packed(), ["a.bin", "d.bin", "e.bin"])


@pytest.mark.parametrize(
    "contents", [b"", b"no archive", packed()[:-60], packed(mode="w")[:700], b"\x1f\x8b" + bytes(50)]
)
def test_damage_is_a_data_error(contents):
    with pytest.raises(DataError, match=r"some\.tar\.gz"):
        read_members(PATH, contents, ["a.bin", "c.bin"])


def test_a_link_is_not_followed_and_a_claim_is_not_believed():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        link = tarfile.TarInfo("set/a.bin")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    with pytest.raises(DataError, match=r"lacks a\.bin"):
        read_members(PATH, out.getvalue(), ["a.bin"])
    huge = tarfile.TarInfo("set/a.bin")
    huge.size = 1 << 40
    with pytest.raises(DataError, match=r"claims that set/a\.bin has 1,099,511,627,776 bytes"):
        read_members(PATH, huge.tobuf(tarfile.GNU_FORMAT) + bytes(1024), ["a.bin"])


def test_a_sparse_file_does_not_grow_out_of_nothing():
    sparse = tarfile.TarInfo("set/a.bin")
    sparse.type = tarfile.GNUTYPE_SPARSE
    header = bytearray(sparse.tobuf(tarfile.GNU_FORMAT))
    header[483:495] = b"%011o\0" % (1 << 29)  # the size it claims to have when unpacked
    header[148:156] = b"        "
    header[148:155] = b"%06o\0" % sum(header)
    with pytest.raises(DataError, match=r"claims that set/a\.bin has 536,870,912 bytes"):
        read_members(PATH, bytes(header) + bytes(1024), ["a.bin"])
