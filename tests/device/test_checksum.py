"""CRC-32C against published values and a division done bit by bit; the compiled version against the reference."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepkit.device import checksum, compiled
from deepkit.device.checksum import crc32c, crc32c_many, crc32c_reference
from deepkit.device.registers.lanes import remainder_of_eight

# RFC 3720, appendix B.4
PUBLISHED = {
    b"123456789": 0xE3069283, b"": 0, bytes(32): 0x8A9136AA, b"\xff" * 32: 0x62A8AB43, bytes(range(32)): 0x46DD794E,
    bytes(range(31, -1, -1)): 0x113FDB5C,
}


def divided(text: bytes) -> int:
    """The definition: divide by the polynomial, one bit after the other."""
    s = 0xFFFFFFFF
    for byte in text:
        for bit in range(8):
            s = (s >> 1) ^ (0x82F63B78 if (s ^ (byte >> bit)) & 1 else 0)
    return s ^ 0xFFFFFFFF


@pytest.fixture(params=["numpy", "tables", *(["instruction"] if checksum.has("sse4_2") else [])])
def version(request, monkeypatch):
    """Each version in turn, whatever the size of the data."""
    if request.param == "numpy":
        monkeypatch.setattr(compiled, "switched_off", True)
    else:
        pytest.importorskip("numba", reason="numba is not installed: nothing is compiled")
        monkeypatch.setattr(checksum, "COMPILED_FROM", 0)
        monkeypatch.setattr(checksum, "has", lambda feature: request.param == "instruction")
        assert compiled.kernel(checksum._by_tables) is not None


def test_what_the_instruction_means():
    assert remainder_of_eight(b"??12345678", 2, 0xFFFFFFFF) ^ 0xFFFFFFFF == divided(b"12345678")


@pytest.mark.parametrize("text", PUBLISHED, ids=lambda text: text[:4].hex() or "empty")
def test_published_values(text, version):
    assert crc32c(text) == PUBLISHED[text] == divided(text)
    assert crc32c_many(text, [0], [len(text)]).tolist() == [PUBLISHED[text]]


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=1500), st.data())
def test_stretches_of_any_place_and_length(data, draw):
    ends = draw.draw(st.lists(st.tuples(st.integers(0, len(data)), st.integers(0, len(data))), min_size=1, max_size=9))
    starts, lengths = [min(a, b) for a, b in ends], [abs(a - b) for a, b in ends]
    found = crc32c_reference(np.frombuffer(data, np.uint8), np.array(starts), np.array(lengths))
    assert found.tolist() == [divided(data[a : a + n]) for a, n in zip(starts, lengths, strict=True)]


def test_more_lanes_than_go_abreast(version):
    data = np.random.default_rng(0).bytes(checksum.LANE * (checksum.SLAB + 3) + 5)
    whole = crc32c(data)
    # appending the checksum of a text to it leaves a remainder that does not depend on the text
    assert crc32c(data + whole.to_bytes(4, "little")) == crc32c((0).to_bytes(4, "little"))
    cut = len(data) // 3
    assert crc32c_many(data, [0, cut], [cut, len(data) - cut]).tolist() == [crc32c(data[:cut]), crc32c(data[cut:])]
    assert crc32c(data[:1000]) == divided(data[:1000])


def test_nothing_to_do(version):
    assert crc32c_many(b"abc", [], []).shape == (0,)


def test_numba_is_not_loaded_for_little():
    import subprocess

    program = (
        "from deepkit.device.checksum import crc32c; crc32c(bytes(1 << 20)); import sys; print('numba' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout.strip() == "False"
