"""Layers of several inputs beside NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from deepkit import keras
from deepkit.errors import ArgumentError, ShapeError
from deepkit.keras.backend.context import mask_of

L, K = keras.layers, keras.backend
RNG = np.random.default_rng(0)
RULES = {
    "Add": lambda xs: sum(xs), "Multiply": np.prod, "Average": lambda xs: sum(xs) / len(xs),
    "Maximum": lambda xs: np.max(xs, axis=0), "Minimum": lambda xs: np.min(xs, axis=0), "Subtract": lambda xs: xs[0] - xs[1],
}


def real(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape).astype("float32")


@pytest.mark.parametrize("kind", RULES)
def test_element_by_element(run: Any, kind: str) -> None:
    xs = [real(3, 4) for _ in range(2 if kind == "Subtract" else 3)]
    want = np.prod(xs, axis=0) if kind == "Multiply" else RULES[kind](xs)
    np.testing.assert_allclose(run(getattr(L, kind)(), *xs), want, rtol=1e-5)
    inputs = [L.Input(shape=(4,)) for _ in xs]
    by_function = getattr(L, kind.lower())(inputs)
    np.testing.assert_allclose(K.function(inputs, [by_function])(xs)[0], want, rtol=1e-5)


def test_fewer_axes_get_axes_after_the_batch(run: Any) -> None:
    x, y = real(2, 3, 4), real(2, 4)
    np.testing.assert_allclose(run(L.Add(), x, y), x + y[:, None], rtol=1e-6)


@pytest.mark.parametrize("axis", [1, 2, -1])
def test_concatenate(run: Any, axis: int) -> None:
    x, y = real(2, 3, 4), real(2, 3, 4)
    np.testing.assert_array_equal(run(L.Concatenate(axis=axis), x, y), np.concatenate([x, y], axis))


def test_dot(run: Any) -> None:
    x, y = real(2, 3, 4), real(2, 5, 4)
    np.testing.assert_allclose(run(L.Dot(axes=2), x, y), np.einsum("nia,nja->nij", x, y), rtol=1e-4, atol=1e-5)
    a, b = real(2, 4), real(2, 4)
    cosine = (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    np.testing.assert_allclose(run(L.Dot(axes=-1, normalize=True), a, b)[:, 0], cosine, rtol=1e-4)


def masked_pair(layer: Any, second_mask: bool = True) -> list[np.ndarray]:
    """The mask that comes out of a layer over two masked inputs (2, 3, 1)."""
    K.clear_session()
    a, b = np.ones((2, 3, 1), "float32"), np.ones((2, 3, 1), "float32")
    a[0, 1], b[1, 2] = 0, 0
    inputs = [L.Input(shape=(3, 1)), L.Input(shape=(3, 1))]
    first, second = L.Masking()(inputs[0]), L.Masking()(inputs[1]) if second_mask else inputs[1]
    return K.function(inputs, [mask_of(layer([first, second]))])([a, b])[0].tolist()


def test_masks_of_several_inputs() -> None:
    one, other = [[True, False, True], [True, True, True]], [[True, True, True], [True, True, False]]
    both = np.logical_and(one, other).tolist()
    assert masked_pair(L.Add()) == both
    assert masked_pair(L.Multiply(), second_mask=False) == one
    assert masked_pair(L.Concatenate()) == both
    assert masked_pair(L.Concatenate(), second_mask=False) == one
    assert masked_pair(L.Concatenate(axis=1)) == [a + b for a, b in zip(one, other, strict=True)]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda a, b: L.Add()(a), ArgumentError, "one tensor"),
        (lambda a, b: L.Subtract()([a, a, a]), ArgumentError, "3 inputs"),
        (lambda a, b: L.Add()([a, b]), ShapeError, "layer 'add_1'"),
        (lambda a, b: L.Concatenate(axis=0)([a, b]), ShapeError, "axis=-1 joins"),
        (lambda a, b: L.Concatenate()(a), ArgumentError, "one tensor"),
        (lambda a, b: L.Dot(axes=1)([a, b]), ShapeError, "layer 'dot_1'"),
        (lambda a, b: L.Dot(axes=(1, 2, 3)), ArgumentError, "axes"),
        (lambda a, b: L.Concatenate(axis=4)([a, a]), ShapeError, "axis=4"),
    ],
)
def test_errors(call: Any, error: type[Exception], message: str) -> None:
    K.clear_session()
    with pytest.raises(error, match=message):
        call(L.Input(shape=(3,)), L.Input(shape=(4,)))


def test_a_merge_of_ones_own_says_what_it_makes(run: Any) -> None:
    class Mixture(L.merge._Merge):  # type: ignore[name-defined,misc]
        def _merge_function(self, inputs: list[Any]) -> Any:
            return 0.25 * inputs[0] + 0.75 * inputs[1]

    x, y = real(2, 3), real(2, 3)
    np.testing.assert_allclose(run(Mixture(), x, y), 0.25 * x + 0.75 * y, rtol=1e-6)
