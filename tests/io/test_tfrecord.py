"""Record files: the bytes on disk, whole or absent, compression, and what damaged files say."""

from __future__ import annotations

import gc
import gzip
import os
import struct
import subprocess
import sys
import tracemalloc
import zlib

import numpy as np
import pytest

from deepkit.errors import ArgumentError, DataError, DTypeError
from deepkit.io import tfrecord
from deepkit.io.deflate import TFRecordCompressionType, TFRecordOptions
from deepkit.io.tfrecord import BLOCK, locate_records, masked, read_records, tf_record_iterator
from deepkit.io.tfrecord_writer import TFRecordWriter

RECORDS = [b"one", b"", b"\x00\xff" * 70, b"four"]
# The file of the two records b"a" and b"", as TensorFlow 2.21 writes it.
TWO = bytes.fromhex("01000000000000000175de4161786ee428000000000000000029039807d8ea82a2")


def write(path, records=RECORDS, options=None):
    with TFRecordWriter(path, options) as writer:
        for record in records:
            writer.write(record)
    return path


def lengths_and_checksum(length: int) -> bytes:
    """The head of a record, with a right checksum, whatever it promises."""
    from deepkit.device.checksum import crc32c

    head = struct.pack("<Q", length)
    return head + struct.pack("<I", masked(crc32c(head)))


def refused(path, compression="", before=()):
    """The error of reading a file, after the records before it."""
    records = []
    with pytest.raises(DataError) as caught:
        records.extend(read_records(path, compression))  # what came before the error stays
    assert records == list(before)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_bytes_on_disk(tmp_path):
    assert write(tmp_path / "two", [b"a", b""]).read_bytes() == TWO
    assert list(read_records(tmp_path / "two")) == [b"a", b""]


@pytest.mark.parametrize("kind", ["", "GZIP", "ZLIB"])
def test_what_is_written_is_read(tmp_path, kind):
    path = write(tmp_path / "a", RECORDS, kind)
    assert list(tf_record_iterator(path, TFRecordOptions(kind))) == RECORDS
    assert [at for at, _ in locate_records(str(path), kind)] == [0, 19, 35, 191]
    contents = {"": bytes, "GZIP": gzip.decompress, "ZLIB": zlib.decompress}[kind](path.read_bytes())
    assert contents == write(tmp_path / "plain").read_bytes()


def test_records_longer_than_a_block(tmp_path):
    rng = np.random.default_rng(0)
    records = [rng.bytes(n) for n in (10, BLOCK - 20, BLOCK - 16, 3 * BLOCK + 7, 0, BLOCK + 1)]
    for kind in ("", "GZIP"):
        assert (
            list(read_records(write(tmp_path / "long", records, TFRecordOptions(kind, compression_level=1)), kind))
            == records
        )


@pytest.mark.parametrize("kind", ["", "GZIP"])
def test_a_long_record_is_in_memory_once(tmp_path, kind):
    size = 16 << 20
    path = write(tmp_path / "long", [np.random.default_rng(0).bytes(size)], TFRecordOptions(kind, compression_level=1))
    tracemalloc.start()
    try:
        assert [len(record) for record in read_records(path, kind)] == [size]
        assert tracemalloc.get_traced_memory()[1] < 1.6 * size
    finally:
        tracemalloc.stop()


def test_text_and_other_things(tmp_path):
    with TFRecordWriter(tmp_path / "a") as writer:
        writer.write("grün")
        writer.write(bytearray(b"b"))
        writer.write(memoryview(b"m"))
        with pytest.raises(DTypeError, match="a record is bytes, not int"):
            writer.write(5)
    assert list(read_records(tmp_path / "a")) == ["grün".encode(), b"b", b"m"]


def test_an_empty_file_has_no_records(tmp_path):
    assert list(read_records(write(tmp_path / "a", []))) == []
    (tmp_path / "b").write_bytes(b"")
    assert list(read_records(tmp_path / "b", "GZIP")) == []


def test_compressed_parts_one_after_the_other(tmp_path):
    (tmp_path / "a").write_bytes(gzip.compress(TWO[:5]) + gzip.compress(TWO[5:]))
    assert list(read_records(tmp_path / "a", "GZIP")) == [b"a", b""]


class TestWholeOrAbsent:
    def test_the_name_appears_at_the_end(self, tmp_path):
        writer = TFRecordWriter(tmp_path / "a")
        writer.write(b"x")
        writer.flush()
        assert not (tmp_path / "a").exists()
        writer.close()
        writer.close()
        assert list(read_records(tmp_path / "a")) == [b"x"]
        with pytest.raises(ArgumentError, match="is closed"):
            writer.write(b"y")

    def test_an_error_leaves_the_old_file(self, tmp_path):
        before = write(tmp_path / "a").read_bytes()
        with pytest.raises(FileNotFoundError), TFRecordWriter(tmp_path / "a") as writer:  # noqa: PT012
            writer.write(b"x")
            open(tmp_path / "image.png")  # noqa: SIM115
        assert os.listdir(tmp_path) == ["a"]
        assert (tmp_path / "a").read_bytes() == before

    def test_ctrl_c_while_writing(self, tmp_path, monkeypatch):
        writer = TFRecordWriter(tmp_path / "a")

        def stop(data):
            raise KeyboardInterrupt

        monkeypatch.setattr(writer._output, "_target", type("Target", (), {"write": staticmethod(stop)}))
        writer.write(b"x")
        with pytest.raises(KeyboardInterrupt):
            writer.close()
        assert os.listdir(tmp_path) == []

    @pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
    def test_a_full_disk(self, tmp_path):
        writer = TFRecordWriter(tmp_path / "a")
        with open("/dev/full", "wb", buffering=0) as full:
            writer._output._target = full
            with pytest.raises(DataError, match=r"cannot write .*: No space left"):
                writer.write(bytes(BLOCK))
        assert os.listdir(tmp_path) == []

    def test_a_forgotten_writer_is_closed(self, tmp_path):
        TFRecordWriter(tmp_path / "a").write(b"x")
        gc.collect()
        assert list(read_records(tmp_path / "a")) == [b"x"]
        program = (
            f"from deepkit.io.tfrecord_writer import *; w = TFRecordWriter({str(tmp_path / 'b')!r}); w.write(b'y')"
        )
        subprocess.run([sys.executable, "-c", program], check=True)
        assert list(read_records(tmp_path / "b")) == [b"y"]

    def test_a_folder_that_is_not_there(self, tmp_path):
        with pytest.raises(DataError, match="cannot write"):
            TFRecordWriter(tmp_path / "no" / "a")


class TestDamage:
    @pytest.fixture(params=[16, BLOCK], ids=["blocks of 16", "one block"])
    def path(self, tmp_path, monkeypatch, request):
        """Four records, read in blocks that are shorter or longer than they are."""
        monkeypatch.setattr(tfrecord, "BLOCK", request.param)
        return write(tmp_path / "a")

    def test_every_flipped_bit_is_found(self, path):
        whole = path.read_bytes()
        for bit in range(8 * len(whole)):
            spoilt = bytearray(whole)
            spoilt[bit // 8] ^= 1 << bit % 8
            path.write_bytes(spoilt)
            begin = max(at for at in (0, 19, 35, 191) if at <= bit // 8)
            before = RECORDS[: [0, 19, 35, 191].index(begin)]
            assert f"at byte {begin} of the contents" in refused(path, before=before)

    def test_every_cut_is_found(self, path):
        whole = path.read_bytes()
        for size in set(range(len(whole))) - {0, 19, 35, 191}:
            path.write_bytes(whole[:size])
            begin = max(at for at in (0, 19, 35, 191) if at <= size)
            message = refused(path, before=RECORDS[: [0, 19, 35, 191].index(begin)])
            assert f"at byte {begin} of the contents" in message
            assert "the end of the file is missing" in message

    def test_what_is_wrong(self, path):
        whole = bytearray(path.read_bytes())
        whole[40] ^= 1
        path.write_bytes(whole)
        assert "the checksum of the length of the record that begins here is wrong" in refused(path, before=RECORDS[:2])
        whole[40] ^= 1
        whole[50] ^= 1
        path.write_bytes(whole)
        assert "the checksum of the record of 140 bytes that begins here is wrong" in refused(path, before=RECORDS[:2])

    @pytest.mark.parametrize("kind", ["", "GZIP"])
    @pytest.mark.parametrize("length", [1 << 20, 1 << 40, (1 << 64) - 1, (1 << 63) + 5, (1 << 64) - 16])
    def test_a_length_beyond_the_file_takes_no_memory(self, tmp_path, kind, length):
        contents = lengths_and_checksum(length) + b"few bytes"
        (tmp_path / "a").write_bytes(gzip.compress(contents) if kind else contents)
        tracemalloc.start()
        try:
            message = refused(tmp_path / "a", kind)
            assert tracemalloc.get_traced_memory()[1] < 3 << 20
        finally:
            tracemalloc.stop()
        assert f"{length:,} bytes long, more than are left" in message or "it ends inside the record" in message

    def test_a_compressed_file_with_less_than_it_promises(self, tmp_path):
        (tmp_path / "a").write_bytes(gzip.compress(lengths_and_checksum(2 << 20) + os.urandom(9000)))
        assert "ends inside the record that begins here: 9,012 bytes of it are there" in refused(tmp_path / "a", "GZIP")

    def test_compressed_data_cut_off(self, tmp_path):
        path = write(tmp_path / "a", [os.urandom(100)] * 3, "GZIP")
        path.write_bytes(path.read_bytes()[:-9])
        with pytest.raises(DataError, match="the compressed data stop in the middle"):
            list(read_records(path, "GZIP"))

    def test_other_kinds_of_files(self, tmp_path):
        path = tmp_path / "a"
        path.write_text("Not a record file, but a text.")
        assert "is this a TFRecord file?" in refused(path)
        assert "was it written without compression?" in refused(path, "GZIP")
        assert "it looks like GZIP" in refused(write(path, options="GZIP"))
        assert "it looks like ZLIB" in refused(write(path, options="ZLIB"))
        assert "its GZIP data are broken" in refused(path, "GZIP")

    def test_no_file(self, tmp_path):
        assert "does not exist" in refused(tmp_path / "none")
        assert "is no regular file" in refused(tmp_path)


class TestOptions:
    def test_names(self):
        kind = TFRecordOptions.get_compression_type_string
        assert [kind(x) for x in (None, "", 0, 1, 2, "GZIP", TFRecordOptions("ZLIB"))] == [
            "", "", "", "ZLIB", "GZIP", "GZIP", "ZLIB",
        ]
        assert TFRecordOptions(TFRecordCompressionType.GZIP).compression_type == "GZIP"

    @pytest.mark.parametrize(
        "make",
        [
            lambda: TFRecordOptions("ZIP"),
            lambda: TFRecordOptions(3),
            lambda: TFRecordOptions("GZIP", compression_level=10),
        ],
    )
    def test_mistakes(self, make):
        with pytest.raises(ArgumentError):
            make()

    def test_how_hard(self, tmp_path):
        record = b"abcdefgh" * 5000
        sizes = [
            write(
                tmp_path / "a", [record], TFRecordOptions("ZLIB", compression_level=level, window_bits=10, mem_level=9)
            )
            .stat()
            .st_size
            for level in (0, 9)
        ]
        assert sizes[0] > len(record) > 50 * sizes[1]
        assert list(read_records(tmp_path / "a", "ZLIB")) == [record]


@pytest.mark.parametrize("more", range(-1, 6))
def test_a_record_about_as_long_as_a_block_is_whole(tmp_path, monkeypatch, more):
    monkeypatch.setattr(tfrecord, "BLOCK", 40)
    records = [b"first", bytes(40 + more), b"last"]
    path = write(tmp_path / "a", records)
    assert list(read_records(path)) == records
    path.write_bytes(gzip.compress(path.read_bytes()))
    assert list(read_records(path, "GZIP")) == records
