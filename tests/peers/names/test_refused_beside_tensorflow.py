"""The calls that deepkit must refuse are those that TensorFlow refuses: the list of tests/v1, asked of it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytest.importorskip("tensorflow", reason="TensorFlow is not installed (extra: peers)")

import tensorflow.compat.v1 as reference

sys.path.insert(0, str(Path(__file__).parents[2] / "v1" / "framework"))
from test_refused_calls import CALLS, outcome

reference.disable_eager_execution()
reference.disable_control_flow_v2()


@pytest.mark.parametrize("call", CALLS)
def test_tensorflow_refuses_it_too(call: str) -> None:
    with pytest.raises((ValueError, TypeError, IndexError, AttributeError, OverflowError, reference.errors.OpError)):
        outcome(reference, call)
