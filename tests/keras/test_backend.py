"""K functions against NumPy: on Tensors, and on placeholders whose batch is not known."""

from __future__ import annotations

import numpy as np
import pytest

from deepkit import keras
from deepkit import v1 as tf
from deepkit.core.apply import convert
from deepkit.core.symbol import Symbol
from deepkit.core.tensor import Tensor
from deepkit.errors import ArgumentError, GraphWarning, ShapeError
from deepkit.keras import backend as K
from deepkit.keras.backend import config

RNG = np.random.default_rng(5)
X = RNG.normal(size=(4, 3)).astype("float32")
IMAGES = RNG.normal(size=(2, 4, 5, 3)).astype("float32")
TIMES = RNG.normal(size=(3, 5, 2)).astype("float32")
OTHER = RNG.normal(size=(3, 4, 5)).astype("float32")


@pytest.fixture(autouse=True)
def fresh():
    K.clear_session()


@pytest.fixture
def settings():
    yield config
    K.set_floatx("float32")
    K.set_epsilon(1e-7)
    K.set_image_data_format("channels_last")


def both(function, *arrays):
    """function(*arrays) computed at once, after checking that a graph with an unknown batch gives the same."""
    at_once = function(*[convert(a) for a in arrays])
    inputs = [K.placeholder(shape=(None, *a.shape[1:]), dtype=a.dtype.name) for a in arrays]
    y = function(*inputs)
    assert isinstance(y, Symbol)
    found = K.function(inputs, [y])(list(arrays))[0]
    assert K.int_shape(y)[1:] == found.shape[1:]
    np.testing.assert_allclose(at_once.numpy(), found, rtol=1e-5, atol=1e-6)
    return found


CASES = {
    "sqrt of negatives": (K.sqrt, np.sqrt(np.maximum(X, 0)), [X]),
    "clip below": (lambda x: K.clip(x, 0.1, None), np.maximum(X, 0.1), [X]),
    "clip of integers": (lambda x: K.clip(x, None, 2), np.minimum(np.arange(6).reshape(3, 2), 2), [np.arange(6).reshape(3, 2)]),
    "mean of bools": (lambda x: K.mean(x > 0, axis=1), (X > 0).mean(axis=1), [X]),
    "std": (lambda x: K.std(x, axis=1), X.std(axis=1), [X]),
    "any": (lambda x: K.any(x > 1, axis=1), (X > 1).any(axis=1), [X]),
    "argmin": (lambda x: K.argmin(x, axis=1), X.argmin(axis=1), [X]),
    "dot": (lambda x: K.dot(x, np.ones([2, 4], "float32")), TIMES @ np.ones([2, 4]), [TIMES]),
    "batch_dot": (lambda x, y: K.batch_dot(x, y, axes=(1, 2)), np.einsum("btd,bst->bds", TIMES, OTHER), [TIMES, OTHER]),
    "batch_dot of vectors": (lambda x, y: K.batch_dot(x, y, axes=1), (X * 2 * X).sum(1, keepdims=True), [X, 2 * X]),
    "repeat_elements": (lambda x: K.repeat_elements(x, 3, axis=-1), X.repeat(3, -1), [X]),
    "repeat": (lambda x: K.repeat(x, 2), X[:, None, :].repeat(2, 1), [X]),
    "batch_flatten": (K.batch_flatten, IMAGES.reshape(2, -1), [IMAGES]),
    "permute": (lambda x: K.permute_dimensions(x, (0, 2, 1)), TIMES.transpose(0, 2, 1), [TIMES]),
    "concatenate": (lambda x: K.concatenate([x, x + 1]), np.concatenate([X, X + 1], -1), [X]),
    "padding": (lambda x: K.spatial_2d_padding(x, ((1, 0), (0, 2))), np.pad(IMAGES, [(0, 0), (1, 0), (0, 2), (0, 0)]), [IMAGES]),
    "padding of channels first": (lambda x: K.spatial_2d_padding(x, ((1, 0), (0, 2)), "channels_first"),
                                  np.pad(IMAGES, [(0, 0), (0, 0), (1, 0), (0, 2)]), [IMAGES]),
    "resize": (lambda x: K.resize_images(x, 2, 1, "channels_last"), IMAGES.repeat(2, 1), [IMAGES]),
    "slice": (lambda x: K.slice(x, [0, 1], [-1, 2]), X[:, 1:], [X]),
    "reverse": (lambda x: K.reverse(x, 1), X[:, ::-1], [X]),
    "one_hot": (lambda n: K.one_hot(n, 4), np.eye(4)[[[3, 0], [1, 2]]], [np.array([[3, 0], [1, 2]], "int32")]),
    "relu": (lambda x: K.relu(x, alpha=0.5, max_value=1.0, threshold=0.5),
             np.where(X >= 1, 1, np.where(X > 0.5, X, 0.5 * (X - 0.5))), [X]),
    "elu": (lambda x: K.elu(x, 0.3), np.where(X > 0, X, 0.3 * np.expm1(X)), [X]),
    "softmax over two axes": (lambda x: K.softmax(x, (1, 2)), np.exp(TIMES) / np.exp(TIMES).sum((1, 2), keepdims=True), [TIMES]),
    "switch": (lambda x: K.switch(x > 0, x, 2 * x), np.where(X > 0, X, 2 * X), [X]),
    "map_fn": (lambda x: K.map_fn(K.cumsum, x), X.cumsum(1), [X]),
    "moving average": (lambda x: K.foldl(lambda a, row: 0.9 * a + 0.1 * row, x, np.zeros(3, "float32")),
                       0.1 * (0.9 ** np.arange(4)[::-1, None] * X).sum(0), [X]),
}


@pytest.mark.parametrize("case", CASES)
def test_against_numpy(case):
    function, expected, arrays = CASES[case]
    if case == "moving average":  # its result has no batch
        np.testing.assert_allclose(function(convert(arrays[0])).numpy(), expected, rtol=1e-5)
        return
    np.testing.assert_allclose(both(function, *arrays), expected, rtol=1e-5, atol=1e-6)


def test_bilinear_resizing_is_interpolation_between_the_middles():
    found = both(lambda x: K.resize_images(x, 1, 3, "channels_last", interpolation="bilinear"), IMAGES)
    middles = (np.arange(15) + 0.5) / 3 - 0.5
    expected = np.stack(
        [[[np.interp(middles, np.arange(5), row[:, c]) for c in range(3)] for row in image] for image in IMAGES]
    )
    np.testing.assert_allclose(found, np.moveaxis(expected, 2, 3), rtol=1e-5, atol=1e-6)


def test_separable_conv1d_is_a_convolution_with_the_product_of_its_kernels():
    own, mixing = RNG.normal(size=(2, 2, 3)).astype("float32"), RNG.normal(size=(1, 6, 4)).astype("float32")
    full = np.einsum("wcm,cmo->wco", own, mixing[0].reshape(2, 3, 4)).astype("float32")
    for padding, stride, dilation in (("same", 2, 1), ("valid", 1, 2)):
        found = both(
            lambda x, p=padding, s=stride, d=dilation: K.separable_conv1d(x, own, mixing, s, p, None, d), TIMES
        )
        np.testing.assert_allclose(found, K.conv1d(TIMES, full, stride, padding, None, dilation), rtol=1e-4, atol=1e-5)
    first = K.separable_conv1d(TIMES.transpose(0, 2, 1), own, mixing, 2, "same", "channels_first").numpy()
    np.testing.assert_allclose(first.transpose(0, 2, 1), K.conv1d(TIMES, full, 2, "same"), rtol=1e-4, atol=1e-5)


def test_a_local_convolution_with_equal_kernels_is_a_convolution():
    kernel = RNG.normal(size=(2, 3, 3, 4)).astype("float32")
    everywhere = np.broadcast_to(kernel.reshape(1, 18, 4), (9, 18, 4))
    found = both(lambda x: K.local_conv2d(x, everywhere, (2, 3), (1, 1), (3, 3)), IMAGES)
    np.testing.assert_allclose(found, K.conv2d(IMAGES, kernel).numpy(), rtol=1e-4, atol=1e-5)


# ---- recurrence


def accumulate(row, states):
    total = states[0] + row
    return 10.0 * total, [total, states[1] + 1.0]


def by_hand(x, mask=None, go_backwards=False, zeros=False):
    """Outputs, the last output and the last states of `accumulate`, in plain loops."""
    order = range(x.shape[1])[::-1] if go_backwards else range(x.shape[1])
    total, steps = np.zeros_like(x[:, 0]), np.zeros_like(x[:, 0])
    shown, outputs = np.zeros_like(total), []
    for t in order:
        on = np.ones((len(x), 1), bool) if mask is None else mask[:, t, None]
        total, steps = np.where(on, total + x[:, t], total), np.where(on, steps + 1, steps)
        shown = np.where(on, 10 * total, 0 * total if zeros else shown)
        outputs.append(shown)
    return outputs[-1], np.stack(outputs, 1), total, steps


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("options", [{}, {"go_backwards": True}, {"zero_output_for_mask": True}], ids=str)
@pytest.mark.parametrize("unroll", [False, True])
def test_rnn_goes_along_time(masked, options, unroll):
    mask = np.array([[1, 1, 0, 1, 0], [0, 1, 1, 1, 1], [0, 0, 0, 1, 1]], bool) if masked else None
    zeros = options.get("zero_output_for_mask", False)
    expected = by_hand(TIMES, mask, options.get("go_backwards", False), zeros)

    def run(x):
        start = K.zeros_like(x[:, 0])
        last, outputs, states = K.rnn(accumulate, x, [start, start], mask=mask, unroll=unroll, **options)
        return [last, outputs, *states]

    for got, want in zip(run(convert(TIMES)), expected, strict=True):
        np.testing.assert_allclose(got.numpy(), want, rtol=1e-5, atol=1e-6)
    x = K.placeholder(shape=(None, 5, 2))
    symbols = run(x)
    assert K.int_shape(symbols[1]) == ((None if mask is None else 3), 5, 2)
    for got, want in zip(K.function([x], symbols)([TIMES]), expected, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


def test_rnn_of_sequences_whose_length_is_not_known():
    x = K.placeholder(shape=(None, None, 2))
    start = K.zeros_like(x[:, 0])
    last, outputs, _ = K.rnn(accumulate, x, [start, start])
    f = K.function([x], [last, outputs])
    for steps in (1, 4):
        got = f([TIMES[:, :steps]])
        np.testing.assert_allclose(got[1], by_hand(TIMES[:, :steps])[1], rtol=1e-5)
    with pytest.raises(ArgumentError, match="unroll"):
        K.rnn(accumulate, x, [start, start], unroll=True)


def test_rnn_stops_at_the_length_of_each_sequence():
    lengths = convert(np.array([5, 1, 3], "int32"))
    mask = np.arange(5) < np.array([[5], [1], [3]])
    start = convert(np.zeros((3, 2), "float32"))
    last, outputs, _ = K.rnn(accumulate, convert(TIMES), [start, start], input_length=lengths)
    np.testing.assert_allclose(outputs.numpy(), by_hand(TIMES, mask)[1], rtol=1e-5)
    np.testing.assert_allclose(last.numpy(), by_hand(TIMES, mask)[0], rtol=1e-5)


def test_rnn_of_several_inputs_with_constants():
    def step(rows, states):
        a, b = rows
        total, factor = states
        return total, [total + factor * a * b]

    start = convert(np.zeros((3, 2), "float32"))
    factor = convert(np.array(3.0, "float32"))
    last, outputs, states = K.rnn(step, [TIMES, TIMES], [start], constants=[factor], return_all_outputs=False)
    np.testing.assert_allclose(states[0].numpy(), 3 * (TIMES**2).sum(1), rtol=1e-5)
    assert outputs.shape == [3, 1, 2]
    np.testing.assert_allclose(last.numpy(), outputs.numpy()[:, 0])


# ---- creators


def test_zeros_and_ones_are_variables():
    total = K.zeros((2, 2))
    K.function([], [K.update_add(total, K.ones((2, 2)) * 3.0)])([])
    assert K.get_value(total).tolist() == [[3, 3], [3, 3]]
    x = K.placeholder(shape=(None, 3))
    assert not K.is_variable(K.zeros((K.shape(x)[0], 3)))
    assert K.eval(K.eye(2)).tolist() == [[1, 0], [0, 1]]


def test_constants_take_the_float_type(settings):
    assert K.dtype(K.constant([1, 2])) == "float32"
    K.set_floatx("float64")
    assert K.dtype(K.constant([1, 2])) == "float64"
    assert K.dtype(K.random_uniform((2,))) == "float64"
    assert K.constant(2, shape=(2, 3)).numpy().tolist() == [[2, 2, 2], [2, 2, 2]]


def test_random_tensors_of_a_fixed_shape_draw_anew_at_each_run():
    x = K.random_normal((3,))
    f = K.function([], [x])
    assert (f([])[0] != f([])[0]).all()


def test_random_tensors_in_a_layer_on_tensors_are_tensors():
    class Noisy(keras.layers.Layer):
        def call(self, inputs):
            return inputs + K.random_normal((3,)) * K.ones((3,))

    assert isinstance(Noisy()(X), Tensor)


def test_numpys_seed_makes_random_tensors_repeatable():
    drawn = []
    for _ in range(2):
        np.random.seed(7)
        drawn.append(K.eval(K.random_uniform((4,), 2.0, 3.0)))
    assert (drawn[0] == drawn[1]).all()
    assert ((drawn[0] >= 2) & (drawn[0] < 3)).all()
    assert K.eval(K.random_bernoulli((1000,), 0.3, seed=1)).mean() == pytest.approx(0.3, abs=0.05)


def test_the_moving_average_moves():
    average = K.variable(np.array([1.0, 2.0]))
    step = K.function([], [K.moving_average_update(average, K.constant([3.0, 2.0]), 0.75)])
    step([])
    assert K.get_value(average).tolist() == [1.5, 2.0]


def test_dropout_keeps_the_mean():
    y = K.eval(K.dropout(K.ones((10_000,)), 0.25))
    assert set(np.unique(y).round(4)) == {0.0, np.float32(1.3333)}
    assert y.mean() == pytest.approx(1.0, abs=0.05)


# ---- normalization


def test_normalizing_a_batch_gives_mean_0_and_variance_1():
    y, mean, variance = K.normalize_batch_in_training(convert(TIMES), None, None, [0, 2], epsilon=0.0)
    np.testing.assert_allclose(y.numpy().mean((0, 2)), np.zeros(5), atol=1e-6)
    np.testing.assert_allclose(y.numpy().var((0, 2)), np.ones(5), rtol=1e-4)
    np.testing.assert_allclose(mean.numpy(), TIMES.mean((0, 2)), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(variance.numpy(), TIMES.var((0, 2)), rtol=1e-4)


# ---- cross-entropies


def test_cross_entropies_look_behind_softmax_and_sigmoid():
    """exp(200) is no float32; the logits say how large the loss is."""
    logits = np.array([[200.0, 0.0]], "float32")
    wrong = np.array([[0.0, 1.0]], "float32")
    for wrap in (convert, lambda a: K.placeholder(shape=a.shape)):
        x = wrap(logits)
        losses = [
            K.categorical_crossentropy(wrong, K.softmax(x)), K.sparse_categorical_crossentropy(np.array([1]), K.softmax(x)),
            K.sum(K.binary_crossentropy(wrong, K.sigmoid(x)), axis=-1),
        ]
        got = [v.numpy() for v in losses] if isinstance(x, Tensor) else K.function([x], losses)([logits])
        np.testing.assert_allclose(np.ravel(got), [200.0, 200.0, 200.0 + np.log(2)], rtol=1e-6)


def test_probabilities_that_are_called_logits_are_noticed():
    with pytest.warns(GraphWarning, match="from_logits"):
        K.categorical_crossentropy(np.eye(2, dtype="float32"), K.softmax(X[:2, :2]), from_logits=True)


# ---- settings and errors


def test_settings(settings):
    assert (K.epsilon(), K.floatx(), K.image_data_format(), K.image_dim_ordering()) == (
        1e-7,
        "float32",
        "channels_last",
        "tf",
    )
    K.set_image_data_format("channels_first")
    assert K.conv2d(IMAGES, np.ones((2, 2, 4, 1), "float32")).shape == [2, 1, 4, 2]
    K.set_epsilon(0.25)
    assert K.binary_crossentropy(np.ones(1, "float32"), np.zeros(1, "float32")).numpy()[0] == pytest.approx(
        -np.log(0.5)
    )
    for wrong in (lambda: K.set_floatx("int32"), lambda: K.set_epsilon(0), lambda: K.set_image_data_format("NHWC")):
        with pytest.raises(ArgumentError):
            wrong()


WRONG = {
    "softmax of a vector": (lambda: K.softmax(np.ones(3, "float32")), ShapeError, "at least two axes"),
    "batch_dot of other lengths": (lambda: K.batch_dot(X, X[:, :2], axes=1), ShapeError, "3 and 2"),
    "batch_dot over the batch": (lambda: K.batch_dot(X, X, axes=0), ArgumentError, "counts the examples"),
    "repeat of images": (lambda: K.repeat(IMAGES, 2), ShapeError, "repeat_elements"),
    "padding": (lambda: K.conv2d(IMAGES, np.ones((2, 2, 3, 1), "float32"), padding="full"), ArgumentError, "'same'"),
    "pooling": (lambda: K.pool2d(IMAGES, (2, 2), pool_mode="min"), ArgumentError, "'max' or 'avg'"),
    "bias": (lambda: K.bias_add(IMAGES, np.ones((2, 2), "float32")), ShapeError, "one number for each channel"),
    "interpolation": (lambda: K.resize_images(IMAGES, 2, 2, None, interpolation="cubic"), ArgumentError, "bilinear"),
    "targets": (lambda: K.categorical_crossentropy(X, X[:, :2]), ShapeError, "equal shapes"),
}


@pytest.mark.parametrize("case", WRONG)
def test_errors_say_what_is_right(case):
    call, kind, says = WRONG[case]
    with pytest.raises(kind, match=says):
        call()


def test_an_identity_need_not_be_square():
    assert K.get_value(K.eye((2, 3))).tolist() == np.eye(2, 3).tolist()
    assert K.get_value(K.eye(3)).tolist() == np.eye(3).tolist()


def test_tile_begins_at_the_last_axis():
    x = np.arange(6.0).reshape(1, 2, 3)
    for times in (2, (3, 2), [2, 1, 3]):
        assert np.array_equal(K.eval(K.tile(x, times)), np.tile(x, times))


def test_a_size_is_a_tensor_and_a_shape_a_tuple():
    x = K.variable(np.zeros((2, 3)))
    assert (K.eval(K.size(x)), K.get_variable_shape(x)) == (6, (2, 3))


def test_a_batch_is_normalized_over_all_axes():
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    found, mean, variance = (K.eval(t) for t in K.normalize_batch_in_training(x, None, None, [0, 1, 2, 3]))
    np.testing.assert_allclose(found, (x - x.mean()) / np.sqrt(x.var() + 1e-3), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose([mean, variance], [x.mean(), x.var()], rtol=1e-5)


def test_a_function_may_give_what_is_known():
    x = K.placeholder((2,))
    five, double = K.function([x], [K.constant(5.0), x * 2.0])([np.array([1.0, 2.0], "f")])
    assert five == 5.0
    assert double.tolist() == [2.0, 4.0]


def test_a_function_runs_more_and_feeds_more():
    x, y = K.variable(0.0), K.variable(0.0)
    a, b = K.placeholder(()), K.placeholder(())
    feed = {b: 3.0}
    f = K.function([a], [a + 1.0], [(x, a + 10.0)], feed_dict=feed, fetches=[K.update(y, b * 10.0)])
    assert (f([10.0]), K.get_value(x), K.get_value(y)) == ([11.0], 20.0, 30.0)
    feed[b] = 4.0
    assert (f([20.0]), K.get_value(x), K.get_value(y)) == ([21.0], 30.0, 40.0)
    g = K.function([a, b], [a + b], fetches=[K.update(y, 5.0)])
    assert (g([10.0, 20.0]), K.get_value(y)) == ([30.0], 5.0)
    told = tf.RunMetadata()
    h = K.function([a], a * 2.0, options=tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE), run_metadata=told)
    assert h([4.0]) == 8.0
    assert told.step_stats.dev_stats
