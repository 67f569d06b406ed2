"""Every op keeps its contract where sessions compute on a GPU: a stand-in for one."""

from __future__ import annotations

import numpy as np
import pytest
import standin
from samples import Sample, families

from deepkit.device import arrays, compiled
from deepkit.testing import check_op

UPDATES = ("Assign", "AssignAdd", "AssignSub")
SAMPLES = [sample for family in families() for sample in family.SAMPLES if sample.name not in UPDATES]
FIRST = list({sample.name: sample for sample in reversed(SAMPLES)}.values())[::-1]


@pytest.fixture(autouse=True)
def gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in; the CPU computes by NumPy, as the stand-in does, so that equal means equal."""
    standin.install(monkeypatch)
    monkeypatch.setattr(compiled, "switched_off", True)


@pytest.mark.parametrize("sample", FIRST, ids=lambda s: s.name)
def test_an_op_keeps_its_contract_on_a_gpu(sample: Sample) -> None:
    with np.errstate(all="ignore"):
        check_op(sample.op(), *sample.inputs, reference=sample.reference, **sample.options)


LOOKING_AT_SHAPES = [sample for sample in FIRST if sample.op().shape_only]


@pytest.mark.parametrize("sample", LOOKING_AT_SHAPES, ids=lambda s: s.name)
def test_an_input_of_which_the_shape_alone_counts_may_lie_on_the_cpu(sample: Sample) -> None:
    """A plan does not copy it: what is fed stays where it is."""
    op, xp = sample.op(), arrays.cupy()
    given = [arrays.as_array(x) for x in sample.inputs]
    moved = [x if i in op.shape_only or i in op.host else arrays.to_gpu(x) for i, x in enumerate(given)]
    both = op.forward(xp, *moved), op.forward(np, *given)
    for got, wanted in zip(*[y if isinstance(y, tuple) else (y,) for y in both], strict=True):
        np.testing.assert_allclose(arrays.to_cpu(got), wanted, rtol=1e-6)
