"""Programs as people write them: what a session gives, and what is left in the variables, is what TensorFlow gives."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
pytest.importorskip("tensorflow", reason="TensorFlow is not installed (extra: peers)")

import tensorflow.compat.v1 as reference

import deepkit.v1 as tf

sys.path.insert(0, str(Path(__file__).parent))
from written_programs import PROGRAMS

reference.disable_eager_execution()


def given(m: Any, name: str) -> Any:
    with m.Graph().as_default(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return PROGRAMS[name](m)


def assert_same(ours: Any, theirs: Any, where: str = "result") -> None:
    """Equal structures, equal types, and numbers equal but for rounding."""
    if isinstance(theirs, dict):
        assert sorted(ours) == sorted(theirs), where
        for key, value in theirs.items():
            assert_same(ours[key], value, f"{where}[{key!r}]")
    elif isinstance(theirs, (list, tuple)):
        assert isinstance(ours, (list, tuple)), where
        assert len(ours) == len(theirs), where
        for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            assert_same(a, b, f"{where}[{i}]")
    elif theirs is None or isinstance(theirs, (str, bool)):
        assert ours == theirs, where
    else:
        a, b = np.asarray(ours), np.asarray(theirs)
        assert (a.dtype, a.shape) == (b.dtype, b.shape), where
        if b.dtype.kind == "f":
            np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-5, err_msg=where)
        else:
            np.testing.assert_array_equal(a, b, err_msg=where)


@pytest.mark.parametrize("name", PROGRAMS)
def test_equals_tensorflow(name: str) -> None:
    assert_same(given(tf, name), given(reference, name))
