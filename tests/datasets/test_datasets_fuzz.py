"""Damaged files of every kind: whatever their bytes, a reader gives numbers or texts, or a DataError.

DEEPKIT_FUZZ=2000 makes that many files for each reader instead of 200.
"""

from __future__ import annotations

import gzip
import io
import tarfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from damage import FILES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deepkit.datasets.archive import read_members
from deepkit.datasets.cifar import read_cifar
from deepkit.datasets.contents import read_contents
from deepkit.datasets.documents import parse_reviews, parse_reviews_tsv, parse_topics
from deepkit.datasets.idx import read_idx
from deepkit.datasets.series import parse_months
from deepkit.datasets.tables import decode, parse_table, read_npz
from deepkit.errors import DataError

PATH = Path("damaged")


def _tar(mode: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name in ("aclImdb/train/pos/0_9.txt", "aclImdb/train/neg/0_1.txt", "aclImdb/test/pos/0_9.txt"):
            info = tarfile.TarInfo(name)
            info.size = 600
            archive.addfile(info, io.BytesIO(b"good film " * 60))
    return out.getvalue()


def _npz(save) -> bytes:
    out = io.BytesIO()
    save(out, x=np.arange(30.0).reshape(5, 6), y=np.arange(5))
    return out.getvalue()


IDX = bytes([0, 0, 8, 2, 0, 0, 0, 3, 0, 0, 0, 4]) + bytes(range(12))
RECORDS = bytes([3]) + bytes(range(256)) * 12 + bytes([9]) + bytes(3072)
REVIEWS = b"id\trating\tlabel\ttext\n0\t9\t1\tgood film\n1\t2\t0\tbad\tfilm\n"
CSV = b"a,b,c\n1,2,3\n4,5.5,-6e3\n"

READERS = {
    "idx": (read_idx, IDX, True),
    "idx.gz": (read_idx, gzip.compress(IDX), True),
    "cifar": (read_cifar, RECORDS, True),
    "cifar.gz": (read_cifar, gzip.compress(RECORDS), True),
    "contents.gz": (lambda path: read_contents(path, 10_000), gzip.compress(REVIEWS), True),
    "npz": (lambda path: read_npz(path, ["x", "y"]), _npz(np.savez), True),
    "compressed npz": (lambda path: read_npz(path, ["x", "y"]), _npz(np.savez_compressed), True),
    "csv": (lambda data: parse_table(data, 3, PATH), CSV, False),
    "months": (lambda data: parse_months(decode(data, PATH)), b"month,n\n1949-01,112\n1949-02,118\n", False),
    "reviews": (lambda data: parse_reviews_tsv(data, PATH), REVIEWS, False),
    "news": (lambda data: parse_topics(data, PATH), b"earn\tshares rose\nacq\tbought\n", False),
    "tar": (lambda data: parse_reviews(data, PATH), _tar("w"), False),
    "tar.gz": (lambda data: read_members(PATH, data, ["0_9.txt"]), _tar("w:gz"), False),
}


@st.composite
def damaged(draw, sound: bytes) -> bytes:
    """`sound` with some bytes changed, runs cut out, doubled or put in, or its end cut off; or bytes at random."""
    if draw(st.integers(0, 19)) == 0:
        return draw(st.binary(max_size=200))
    contents = bytearray(sound)
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, max(len(contents) - 1, 0)))
        length = draw(st.integers(1, 40))
        kind = draw(st.sampled_from(["set", "flip", "cut", "drop", "double", "insert", "ones"]))
        if kind == "set":
            contents[at : at + 1] = draw(st.binary(min_size=1, max_size=1))
        elif kind == "flip" and contents:
            contents[at] ^= 1 << draw(st.integers(0, 7))
        elif kind == "cut":
            del contents[at:]
        elif kind == "drop":
            del contents[at : at + length]
        elif kind == "double":
            contents[at:at] = contents[at : at + length]
        elif kind == "insert":
            contents[at:at] = draw(st.binary(max_size=length))
        elif kind == "ones":
            contents[at : at + 4] = b"\xff" * 4
    return bytes(contents)


@pytest.mark.parametrize("name", READERS)
def test_a_sound_file_is_read(tmp_path, name):
    read, sound, from_file = READERS[name]
    if from_file:
        (tmp_path / "file").write_bytes(sound)
    assert read(tmp_path / "file" if from_file else sound) is not None


@pytest.mark.parametrize("name", READERS)
def test_a_damaged_file_is_read_or_refused(tmp_path, name):
    read, sound, from_file = READERS[name]

    @settings(
        max_examples=FILES,
        deadline=5000,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
    @given(contents=damaged(sound))
    def check(contents: bytes) -> None:
        source: bytes | Path = contents
        if from_file:
            source = tmp_path / "file"
            source.write_bytes(contents)
        with suppress(DataError):  # anything else fails the test
            read(source)  # type: ignore[arg-type]

    check()
