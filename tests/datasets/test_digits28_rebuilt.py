"""The embedded digits come out again, number by number, when they are made anew from the original scans."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from deepkit.datasets import digits28, load_digits28
from deepkit.resources import folder


def test_rebuilding_gives_the_same_arrays():
    pytest.importorskip("sklearn", reason="scikit-learn, which has the original scans, is not installed")
    spec = importlib.util.spec_from_file_location("build_digits28", folder("data") / "build_digits28.py")
    builder = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(builder)
    arrays = builder.build()
    assert digits28.digest(arrays) == digits28.DIGEST
    np.testing.assert_array_equal(arrays["x_test"], load_digits28(verbose=False).x_test)
