"""Stretches of a sequence, and what follows each of them."""

from __future__ import annotations

import numpy as np
import pytest

from deepkit.errors import ShapeError
from deepkit.models.sequences.windows import windows


def test_windows_and_what_follows_them():
    x, y = windows(np.arange(10.0), 4)
    assert x.shape == (6, 4)
    assert y.shape == (6,)
    for k in range(6):
        assert x[k].tolist() == [k, k + 1, k + 2, k + 3]
        assert y[k] == k + 4
    x[0] = 7  # a copy: the series stays what it was
    assert windows(np.arange(10.0), 4)[0][0, 0] == 0
    for length in (0, 10):
        with pytest.raises(ShapeError, match="out of a sequence"):
            windows(np.arange(10.0), length)
