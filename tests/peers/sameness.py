"""Whether two results are the same: their structure, their types, and their numbers but for rounding."""

from __future__ import annotations

from typing import Any

import numpy as np


def assert_same(ours: Any, theirs: Any, where: str = "result") -> None:
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
        _assert_equal(np.asarray(ours), np.asarray(theirs), where)


def _assert_equal(ours: np.ndarray, theirs: np.ndarray, where: str) -> None:
    texts = theirs.dtype.kind in "OS"
    if texts:
        ours, theirs = ours.astype(object), theirs.astype(object)
    assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape), where
    if theirs.dtype.kind in "fc":
        np.testing.assert_allclose(ours, theirs, rtol=2e-4, atol=2e-5, err_msg=where)
    else:
        np.testing.assert_array_equal(ours, theirs, err_msg=where)
