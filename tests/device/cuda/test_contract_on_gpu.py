"""Every op keeps its contract where sessions compute on a GPU: a stand-in for one."""

from __future__ import annotations

import numpy as np
import pytest
import standin
from samples import Sample, families

from deepkit.device import compiled
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
