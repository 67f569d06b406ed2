"""Pooling layers beside NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from deepkit import keras

L, K = keras.layers, keras.backend
RNG = np.random.default_rng(0)
NAMES = {"Max": np.max, "Average": np.mean}


@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize("space", [1, 2, 3])
def test_pooling_of_windows_side_by_side(run: Any, kind: str, space: int) -> None:
    x = RNG.normal(size=(2, *(4, 6, 2)[:space], 3)).astype("float32")
    halves = x.reshape(2, *[n for size in x.shape[1:-1] for n in (size // 2, 2)], 3)
    want = NAMES[kind](halves, axis=tuple(range(2, 2 * space + 1, 2)))
    np.testing.assert_allclose(run(getattr(L, f"{kind}Pooling{space}D")(), x), want, rtol=1e-5)
    layer = getattr(L, f"{kind}Pooling{space}D")(data_format="channels_first")
    np.testing.assert_allclose(np.moveaxis(run(layer, np.moveaxis(x, -1, 1)), 1, -1), want, rtol=1e-5)


@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize("space", [1, 2, 3])
@pytest.mark.parametrize("keepdims", [False, True])
def test_global_pooling(run: Any, kind: str, space: int, keepdims: bool) -> None:
    x = RNG.normal(size=(2, *(4, 6, 2)[:space], 3)).astype("float32")
    want = NAMES[kind](x, axis=tuple(range(1, space + 1)), keepdims=keepdims)
    np.testing.assert_allclose(
        run(getattr(L, f"Global{kind}Pooling{space}D")(keepdims=keepdims), x), want, rtol=1e-5, atol=1e-6
    )


def test_zeros_around_do_not_count(run: Any) -> None:
    x = -np.ones([1, 3, 3, 1], "float32")
    assert (run(L.AveragePooling2D(padding="same"), x) == -1).all()
    assert (run(L.MaxPooling2D(padding="same"), x) == -1).all()


def test_global_average_leaves_masked_steps_out() -> None:
    K.clear_session()
    x = RNG.normal(size=(2, 4, 3)).astype("float32")
    x[0, 2:] = 0
    inputs = L.Input(shape=(4, 3))
    y = L.GlobalAveragePooling1D()(L.Masking()(inputs))
    got = K.function([inputs], [y])([x])[0]
    np.testing.assert_allclose(got, [x[0, :2].mean(0), x[1].mean(0)], rtol=1e-5)
