"""Programs as people write them: what a session gives, and what is left in the variables, is what TensorFlow gives."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
pytest.importorskip("tensorflow", reason="TensorFlow is not installed (extra: peers)")

import tensorflow.compat.v1 as reference

import deepkit.v1 as tf

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))
from sameness import assert_same
from written_programs import PROGRAMS

reference.disable_eager_execution()


def given(m: Any, name: str) -> Any:
    with m.Graph().as_default(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return PROGRAMS[name](m)


@pytest.mark.parametrize("name", PROGRAMS)
def test_equals_tensorflow(name: str) -> None:
    assert_same(given(tf, name), given(reference, name))
