"""Damaged record files of every kind: a clear error or valid records, never anything else.

DEEPKIT_FUZZ=2000 makes that many files instead of 200.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from unittest import mock

from damage import FILES, STEP, spoilt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deepkit.device.checksum import crc32c
from deepkit.errors import DataError
from deepkit.io import tfrecord
from deepkit.io.tfrecord import locate_records, masked
from deepkit.io.tfrecord_writer import framed

PACK = {"": bytes, "GZIP": lambda data: gzip.compress(data, 1), "ZLIB": lambda data: zlib.compress(data, 1)}

records = st.lists(st.binary(max_size=60), max_size=6)
record_damage = st.one_of(
    STEP,
    st.tuples(st.just("promise"), st.integers(0, (1 << 64) - 1)),  # a length that nothing follows, well checksummed
    st.tuples(st.just("end"), st.sampled_from([b"\0", bytes(16), b"\xff" * 12])),
)


def spoilt_records(data: bytes, step: tuple) -> bytes:
    """`data` after one step of damage, some of which only files of records know."""
    if step[0] == "promise":
        head = struct.pack("<Q", step[1])
        return data + head + struct.pack("<I", masked(crc32c(head))) + b"little"
    return data + step[1] if step[0] == "end" else spoilt(data, [step])


@settings(
    max_examples=FILES, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(
    records,
    st.lists(record_damage, max_size=3),
    st.lists(record_damage, max_size=2),
    st.sampled_from(list(PACK)),
    st.sampled_from([None, None, *PACK]),
    st.sampled_from([7, 30, tfrecord.BLOCK]),
)
def test_damaged_files(tmp_path, texts, inside, outside, written, read, block):
    contents = framed(texts) if texts else b""
    for step in inside:
        contents = spoilt_records(contents, step)
    data = PACK[written](contents)
    for step in outside:
        data = spoilt_records(data, step)
    path = tmp_path / "a"
    path.write_bytes(data)
    read = written if read is None else read
    found, trouble = [], ""  # either outcome is right
    try:
        with mock.patch.object(tfrecord, "BLOCK", block):
            found.extend(locate_records(path, read))
    except DataError as error:
        trouble = str(error)
    clean = not trouble
    assert clean or (str(path) in trouble and "at byte" in trouble)
    if written == read and not outside:
        # What was handed out stands in the contents, with right checksums, and nothing was left out.
        assert contents.startswith(framed([record for _, record in found]) if found else b"")
        if clean:
            assert contents == (framed([record for _, record in found]) if found else b"")
        if not inside:
            assert clean
            assert [record for _, record in found] == texts


@settings(
    max_examples=FILES, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(st.binary(max_size=400), st.sampled_from(list(PACK)))
def test_any_bytes(tmp_path, data, read):
    path = tmp_path / "a"
    path.write_bytes(data)
    found, trouble = [], f"{path}"
    try:
        found.extend(locate_records(path, read))
    except DataError as error:
        trouble = str(error)
    assert str(path) in trouble
    assert all(isinstance(record, bytes) for _, record in found)
