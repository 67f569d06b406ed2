"""Dense, Activation, Dropout, Masking, Lambda and the layers that only change shapes, beside NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from deepkit import keras
from deepkit.errors import ArgumentError, DataError, ShapeError

L, K = keras.layers, keras.backend
RNG = np.random.default_rng(0)


def real(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape).astype("float32")


@pytest.mark.parametrize("shape", [(5, 4), (5, 3, 4), (5, 2, 3, 4)])
def test_dense_multiplies_the_last_axis(run: Any, shape: tuple[int, ...]) -> None:
    x, w, b = real(*shape), real(4, 2), real(2)
    np.testing.assert_allclose(run(L.Dense(2, activation="tanh"), x, weights=[w, b]), np.tanh(x @ w + b), rtol=1e-5)


def test_dense_takes_whole_numbers(run: Any) -> None:
    x = np.arange(6, dtype="int32").reshape(2, 3)
    assert run(L.Dense(1, use_bias=False, kernel_initializer="ones"), x).ravel().tolist() == [3, 12]


@pytest.mark.parametrize(
    ("name", "rule"), [("relu", lambda x: np.maximum(x, 0)), ("softsign", lambda x: x / (1 + abs(x)))]
)
def test_activation(run: Any, name: str, rule: Any) -> None:
    x = real(3, 4)
    np.testing.assert_allclose(run(L.Activation(name), x), rule(x), rtol=1e-6)


def test_flatten(run: Any) -> None:
    x = real(2, 3, 4, 5)
    np.testing.assert_array_equal(run(L.Flatten(), x), x.reshape(2, -1))
    want = np.moveaxis(x, 1, -1).reshape(2, -1)
    np.testing.assert_array_equal(run(L.Flatten(data_format="channels_first"), x), want)
    assert run(L.Flatten(), real(4)).shape == (4, 1)


@pytest.mark.parametrize("target", [(6, 2), (-1,), (3, -1, 2), (2, 2, 3)])
def test_reshape(run: Any, target: tuple[int, ...]) -> None:
    x = real(5, 3, 4)
    np.testing.assert_array_equal(run(L.Reshape(target), x), x.reshape(5, *target))


def test_reshape_of_an_empty_batch(run: Any) -> None:
    assert run(L.Reshape((2, 6)), real(0, 3, 4)).shape == (0, 2, 6)


def test_reshape_of_unknown_lengths() -> None:
    x = L.Input(shape=(None, 6))
    y = L.Reshape((-1, 2, 3))(x)
    assert y.shape.as_list() == [None, None, 2, 3]
    assert K.function([x], [y])([real(2, 5, 6)])[0].shape == (2, 5, 2, 3)


def test_permute_and_repeat(run: Any) -> None:
    x = real(2, 3, 4)
    np.testing.assert_array_equal(run(L.Permute((2, 1)), x), x.transpose(0, 2, 1))
    v = real(2, 3)
    np.testing.assert_array_equal(run(L.RepeatVector(4), v), np.repeat(v[:, None], 4, axis=1))


def test_masking_zeroes_masked_steps_and_passes_the_mask_on() -> None:
    x = real(2, 4, 3)
    x[0, 2:], x[1, 0, 0] = -1.0, -1.0
    inputs = L.Input(shape=(4, 3))
    y = L.Masking(mask_value=-1.0)(inputs)
    after = L.Dense(2)(L.Activation("relu")(L.Dropout(0.5)(y)))
    from deepkit.keras.backend.context import mask_of

    out, mask, later = K.function([inputs], [y, mask_of(y), mask_of(after)])([x])
    assert mask.tolist() == [[True, True, False, False], [True] * 4]
    np.testing.assert_array_equal(out, np.where(mask[..., None], x, 0))
    np.testing.assert_array_equal(later, mask)


# ---- dropout


@pytest.mark.parametrize(
    ("layer", "shape", "joined"),
    [
        (lambda: L.Dropout(0.25), (50, 40), ()),
        (lambda: L.Dropout(0.25, noise_shape=(None, 1, 40)), (20, 6, 40), (1,)),
        (lambda: L.SpatialDropout1D(0.25), (40, 6, 30), (1,)),
        (lambda: L.SpatialDropout2D(0.25), (40, 3, 4, 30), (1, 2)),
        (lambda: L.SpatialDropout2D(0.25, data_format="channels_first"), (40, 30, 3, 4), (2, 3)),
        (lambda: L.SpatialDropout3D(0.25), (40, 2, 3, 2, 30), (1, 2, 3)),
    ],
)
def test_dropout(layer: Any, shape: tuple[int, ...], joined: tuple[int, ...]) -> None:
    K.clear_session()
    np.random.seed(1)
    inputs = L.Input(shape=shape[1:])
    y = layer()(inputs)
    f = K.function([inputs, K.learning_phase()], [y])
    x = np.ones(shape, "float32")
    np.testing.assert_array_equal(f([x, 0])[0], x)
    dropped = f([x, 1])[0]
    np.testing.assert_allclose(np.unique(dropped), [0, 1 / 0.75], rtol=1e-6)
    assert 0.15 < (dropped == 0).mean() < 0.35
    if joined:  # numbers along these axes stay or go together
        np.testing.assert_array_equal(dropped, np.broadcast_to(dropped.max(axis=joined, keepdims=True), shape))
    assert (f([x, 1])[0] != dropped).any()


def test_dropout_of_everything_and_of_nothing(run: Any) -> None:
    x = real(3, 4)
    np.testing.assert_array_equal(run(L.Dropout(1.0), x, training=True), 0 * x)
    np.testing.assert_array_equal(run(L.Dropout(0), x, training=True), x)


def test_activity_regularization_is_divided_by_the_batch() -> None:
    model = keras.models.Sequential([L.ActivityRegularization(l1=0.5, l2=0.25, input_shape=(3,))])
    model.compile("sgd", "mse")
    x = real(4, 3)
    want = (0.5 * abs(x).sum() + 0.25 * (x**2).sum()) / 4
    assert model.evaluate(x, x, batch_size=4, verbose=0) == pytest.approx(want, rel=1e-5)


# ---- Lambda


def doubled(x: Any, plus: float = 0.0) -> Any:
    return 2 * x + plus


def test_lambda_with_arguments_training_and_several_inputs(run: Any) -> None:
    x, y = real(2, 3), real(2, 3)
    np.testing.assert_allclose(run(L.Lambda(doubled, arguments={"plus": 1.0}), x), 2 * x + 1, rtol=1e-6)
    np.testing.assert_allclose(run(L.Lambda(lambda xs: xs[0] - xs[1]), x, y), x - y, rtol=1e-6)
    twice = L.Lambda(lambda x, training: 3 * x if training else x)
    np.testing.assert_allclose(run(twice, x, training=True), 3 * x, rtol=1e-6)


def test_lambda_comes_back_from_its_configuration() -> None:
    layer = L.Lambda(doubled, arguments={"plus": 1.0}, name="twice")
    again = L.Lambda.from_config(layer.get_config())
    assert again.function is doubled
    assert again.arguments == {"plus": 1.0}
    written = {**layer.get_config(), "function": "doubled"}
    assert L.Lambda.from_config(written, {"doubled": doubled}).function is doubled
    assert L.Lambda.from_config({**written, "function": "<lambda>"}, {"twice": doubled}).function is doubled
    with pytest.raises(ArgumentError, match="custom_objects"):
        L.Lambda.from_config(written)


def test_code_in_a_configuration_is_refused() -> None:
    code = {
        **L.Lambda(doubled, name="twice").get_config(),
        "function": ["4wEAAAA=", None, None],
        "function_type": "lambda",
    }
    with pytest.raises(DataError, match="not run"):
        L.Lambda.from_config(code)
    assert L.Lambda.from_config(code, {"twice": doubled}).function is doubled


# ---- errors


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: L.Dense(0), ArgumentError, "units"), (lambda: L.Dense("ten"), ArgumentError, "units"),
        (lambda: L.Dropout(50), ArgumentError, "rate=0.5 for 50 %"),
        (lambda: L.Dropout(-0.1), ArgumentError, "0 <= rate <= 1"),
        (lambda: L.Reshape((-1, -1)), ArgumentError, "one may be -1"),
        (lambda: L.Permute((0, 1)), ArgumentError, "counted from 1"),
        (lambda: L.RepeatVector(2.5), ArgumentError, "n=2.5"),
        (lambda: L.Dense(3, kernel_initialiser="ones"), ArgumentError, "kernel_initializer"),
        (lambda: L.Reshape((5, 2))(L.Input(shape=(12,))), ShapeError, "12"),
        (lambda: L.Dense(3)(L.Input(shape=())), ShapeError, "dense"),
        (lambda: L.Reshape((-1, 5))(L.Input(shape=(12,))), ShapeError, "cannot take the shape"),
        (lambda: L.Dense(3)(L.Input(shape=(4, None))), ShapeError, "not known"),
    ],
)
def test_errors(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()


def test_a_layer_that_ends_the_mask_says_so() -> None:
    from deepkit.errors import GraphWarning
    from deepkit.keras.backend.context import mask_of

    masked = L.Masking()(L.Input(shape=(4, 3)))
    with pytest.warns(GraphWarning, match="takes no mask"):
        y = L.Flatten()(masked)
    assert mask_of(y) is None
