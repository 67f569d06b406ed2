"""Random streams: TensorFlow's own digits, statistics, and the compiled twin."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from deepkit.core.seeds import DEFAULT_GRAPH_SEED, Counter, pair
from deepkit.device import compiled, philox
from deepkit.device.philox import Stream

# Printed by TensorFlow 2.21 (compat.v1, CPU) for op seed 3 (shuffle, dropout: 5) without a graph seed: of two runs in
# one session the first three numbers of the first and the last two of the second.
TENSORFLOW = {
    ("normal", "float16", (3, 5)): [1.06152344, -0.878417969, 0.111877441, -0.993652344, -0.984375],
    ("normal", "float32", (3, 5)): [1.06166208, -0.878578305, 0.111872159, -0.993856728, -0.984429598],
    ("normal", "float64", (3, 5)): [
        -1.9891512607565875,
        0.86133196617118268,
        -2.3519238994697904,
        -0.96592906592934613,
        0.44967961880867557,
    ],
    ("truncated_normal", "float16", (7, 5)): [1.06152344, -0.878417969, 0.111877441, 0.0473022461, -1.98339844],
    ("truncated_normal", "float32", (7, 5)): [1.06166208, -0.878578305, 0.111872159, 0.0473013222, -1.98309016],
    ("truncated_normal", "float64", (7, 5)): [
        -1.9891512607565875,
        0.86133196617118268,
        0.50015424611967363,
        -0.41186405556303163,
        0.32449746355730402,
    ],
}


@pytest.mark.parametrize(("kind", "dtype", "shape"), TENSORFLOW)
def test_digits_of_tensorflow(kind: str, dtype: str, shape: tuple[int, ...]) -> None:
    stream = Stream(DEFAULT_GRAPH_SEED, 3)
    first, second = (getattr(stream, kind)(shape, np.dtype(dtype)) for _ in range(2))
    got = [*first.reshape(-1)[:3], *second.reshape(-1)[-2:]]
    assert first.dtype == dtype
    # integers and float64 agree exactly; float32 to a few units in the last place of log and sin
    np.testing.assert_allclose(np.array(got, float), TENSORFLOW[kind, dtype, shape], rtol=2e-6, atol=1e-6)


def test_integers_of_tensorflow() -> None:
    stream = Stream(DEFAULT_GRAPH_SEED, 3)
    first, second = (stream.integers((3, 5), -10, 20, np.int32).reshape(-1) for _ in range(2))
    assert [*first[:3], *second[-2:]] == [7, 3, 0, 9, 8]
    stream = Stream(DEFAULT_GRAPH_SEED, 3)
    first, second = (stream.integers((3, 5), -10, 20, np.int64).reshape(-1) for _ in range(2))
    assert [*first[:3], *second[-2:]] == [5, -10, 3, 10, -8]


def test_shuffle_of_tensorflow() -> None:
    stream = Stream(DEFAULT_GRAPH_SEED, 5)
    assert stream.permutation(13).tolist() == [5, 12, 11, 1, 9, 2, 7, 3, 4, 6, 8, 0, 10]
    assert stream.permutation(13).tolist() == [10, 0, 7, 5, 12, 1, 3, 8, 2, 4, 11, 6, 9]
    stream = Stream(42, 5)
    assert stream.permutation(14).tolist() == [9, 2, 7, 11, 1, 6, 12, 3, 10, 13, 0, 8, 5, 4]
    assert stream.permutation(14).tolist() == [12, 8, 1, 9, 0, 2, 3, 6, 4, 11, 7, 5, 13, 10]


def test_permutation_of_nothing_and_of_one() -> None:
    assert Stream(1, 2).permutation(0).tolist() == []
    assert Stream(1, 2).permutation(1).tolist() == [0]


def test_known_answers_of_the_paper() -> None:
    """The test vectors of Random123: counter and key all zeros, all ones."""
    zeros = philox.blocks_reference(0, 0, np.zeros(1, np.uint64))[0]
    assert [hex(w) for w in zeros] == ["0x6627e8d5", "0xe169c58d", "0xbc57ac4c", "0x9b00dbd8"]
    ones = philox.blocks_reference(2**64 - 1, 2**64 - 1, np.array([2**64 - 1], np.uint64))[0]
    assert [hex(w) for w in ones] == ["0x408f276d", "0x41c83b0e", "0xa20bc7c6", "0x6d5451fd"]


@pytest.mark.skipif(not compiled.available(), reason="numba is not installed: there is no compiled kernel to compare")
def test_compiled_blocks_equal_the_reference() -> None:
    start = np.random.default_rng(0).integers(0, 2**63, 1000).astype(np.uint64)
    np.testing.assert_array_equal(
        philox.blocks(2**40 + 5, 2**35 + 7, start), philox.blocks_reference(2**40 + 5, 2**35 + 7, start)
    )


def test_distributions() -> None:
    """Kolmogorov-Smirnov against the exact distributions; fixed seeds, so the outcome is fixed too."""
    n = 50_000
    assert stats.kstest(Stream(1, 1).uniform((n,), np.float32), "uniform").pvalue > 0.01
    assert stats.kstest(Stream(1, 2).normal((n,), np.float64), "norm").pvalue > 0.01
    truncated = Stream(1, 3).truncated_normal((n,), np.float32)
    assert np.abs(truncated).max() < 2
    assert stats.kstest(truncated, stats.truncnorm(-2, 2).cdf).pvalue > 0.01


def test_uniform_lies_in_the_half_open_interval() -> None:
    for dtype in (np.float16, np.float32, np.float64):
        x = Stream(3, 4).uniform((10_000,), np.dtype(dtype))
        assert x.min() >= 0
        assert x.max() < 1


def test_seed_rules() -> None:
    ops = Counter()
    assert pair(None, None, ops) is None
    assert pair(None, 5, ops) == (87654321, 5)
    assert [pair(42, None, ops), pair(42, 5, ops), pair(42, None, ops)] == [(42, 0), (42, 5), (42, 1)]
    assert pair(0, 0, ops) == (0, 2**31 - 1)
