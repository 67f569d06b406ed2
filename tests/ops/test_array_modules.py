"""Every op computes with the array module of its inputs, or says that it computes on the CPU alone."""

from __future__ import annotations

import numpy as np
import pytest
import standin
from samples import Sample, families

import deepkit as dk
from deepkit.core.op import Op, registry
from deepkit.core.seeds import eager_stream
from deepkit.device.arrays import to_gpu

SAMPLES = [sample for family in families() for sample in family.SAMPLES]
OF_NUMBERS = [s for s in SAMPLES if not s.op().cpu_only and not any(np.asarray(x).dtype.kind in "OSU" for x in s.inputs)]


@pytest.fixture(autouse=True)
def gpu(monkeypatch: pytest.MonkeyPatch):
    """The stand-in for CuPy."""
    return standin.install(monkeypatch)


def _forward(sample: Sample, xp) -> list:
    op = sample.op()
    stream = [eager_stream(1)] if op.random else []
    y = op.forward(xp, *stream, *[x if xp is np else to_gpu(x) for x in map(np.asarray, sample.inputs)])
    return list(y) if isinstance(y, (tuple, list)) else [y]


@pytest.mark.parametrize("sample", OF_NUMBERS, ids=lambda s: f"{s.name}-{s.attrs}"[:60])
def test_an_op_computes_where_its_inputs_live(sample: Sample, gpu) -> None:
    with np.errstate(all="ignore"):
        pairs = zip(_forward(sample, np), _forward(sample, gpu), strict=True)
    for here, there in pairs:
        assert isinstance(there, gpu.ndarray), f"{sample.name} gave a {type(there)}"
        np.testing.assert_allclose(there.get(), here, rtol=1e-12)


@pytest.mark.parametrize("name", sorted(registry))
def test_ops_of_texts_and_resources_are_cpu_ops(name: str) -> None:
    op = registry[name]
    of_texts = "string" in (op.types[0], op.returns) or op.kinds == "O" or op.resource
    assert op.cpu_only or not (of_texts and op.__module__.startswith("deepkit.ops"))


def test_a_cpu_op_is_handed_numpy_arrays_and_its_numbers_go_back(gpu) -> None:
    class Here(Op):
        cpu_only = True
        gradient = None

        def forward(self, xp, x):
            assert xp is np
            assert type(x) is np.ndarray
            return x + np.ones(2, np.float32)

    y = dk.apply(Here(), dk.tensor(gpu.asarray([1.0, 2.0], np.float32)))
    assert isinstance(y.value, gpu.ndarray)
    assert y.value.tolist() == [2.0, 3.0]


def test_inputs_of_two_memories_meet_on_the_other_side(gpu) -> None:
    """random_gamma's first input are the numbers of a shape, and its code adds a number: both are NumPy's."""
    y = dk.random_gamma([3], dk.tensor(gpu.asarray([1.0, 2.0], np.float32)), seed=1)
    assert isinstance(y.value, gpu.ndarray)
    np.testing.assert_array_equal(y.value.get(), dk.random_gamma([3], [1.0, 2.0], seed=1).numpy())
