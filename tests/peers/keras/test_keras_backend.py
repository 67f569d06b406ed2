"""keras.backend, activations, losses, regularizers and constraints beside Keras 2 itself (tf_keras).

Every expression is computed three times: by tf_keras in a graph, by deepkit in a graph whose batch is not known, and
by deepkit at once; values, gradients and the shapes known before the graph runs must agree.
"""

from __future__ import annotations

import os
import warnings
from typing import Any

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytest.importorskip("tensorflow", reason="TensorFlow is not installed (extra: peers)")
pytest.importorskip("tf_keras", reason="tf_keras is not installed (extra: peers)")

import tensorflow.compat.v1 as tf
import tf_keras as theirs
from tf_keras.src import backend as internal

from deepkit import keras as ours
from deepkit.core.apply import convert
from deepkit.core.autodiff import gradients

tf.disable_eager_execution()

RNG = np.random.default_rng(3)


def real(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape).astype("float32")


def share(*shape: int) -> np.ndarray:
    return RNG.uniform(0.05, 0.95, shape).astype("float32")


def one_hot(n: int, classes: int) -> np.ndarray:
    return np.eye(classes, dtype="float32")[RNG.integers(0, classes, n)]


X, Y, IMAGE, VOLUME, TIMES = real(4, 3), real(4, 3), real(2, 5, 6, 3), real(2, 4, 5, 3, 2), real(3, 5, 2)
MASK = np.array([[1, 1, 0, 1, 0], [0, 1, 1, 1, 1], [0, 0, 0, 1, 1]], "float32")
W, W2, W3 = real(3, 2), real(4, 4, 2, 3), real(2, 2, 2, 2, 3)
NUMBERS = np.array([1, 0, 2, 2], "int64")


def rnn(lengths: bool = False, **options: Any) -> Any:
    def make(m: Any, x: Any, w: Any, u: Any, *further: Any) -> Any:
        K = m.backend

        def step(row: Any, states: Any) -> Any:
            h = K.tanh(K.dot(row, w) + K.dot(states[0], u))
            return h * 2.0, [h]

        start = K.zeros_like(K.dot(x[0] if options.get("time_major") else x[:, 0], w))
        given = {"input_length" if lengths else "mask": further[0]} if further else {}
        last, outputs, states = K.rnn(step, x, [start], **given, **options)
        return [last, outputs, states[0]]

    return make


def backend(name: str, *args: Any, **kwargs: Any) -> Any:
    def call(m: Any, *inputs: Any) -> Any:
        K = internal if m is theirs else m.backend  # some functions of Keras 2 are no longer public there
        return getattr(K, name)(*inputs, *args, **kwargs)

    return call


def loss(name: str, *args: Any, **kwargs: Any) -> Any:
    return lambda m, *inputs: getattr(m.losses, name)(*args, **kwargs)(*inputs)


def function(name: str, **kwargs: Any) -> Any:
    return lambda m, *inputs: getattr(m.losses, name)(*inputs, **kwargs)


RNN = [TIMES, real(2, 4), real(4, 4)]
CASES: dict[str, tuple[Any, list[np.ndarray]]] = {
    "sqrt": (backend("sqrt"), [X]),
    "pow": (backend("pow", 3.0), [X]),
    "clip": (backend("clip", -0.5, 0.5), [X]),
    "clip, one side": (backend("clip", None, 0.2), [X]),
    "clip, crossed": (backend("clip", 0.3, -0.2), [X]),
    "var": (backend("var", axis=0), [X]),
    "std": (backend("std", axis=-1, keepdims=True), [X]),
    "mean of bools": (lambda m, x: m.backend.mean(x > 0.0), [X]),
    "any": (lambda m, x: m.backend.any(x > 1.0, axis=1), [X]),
    "all": (lambda m, x: m.backend.all(x > -1.0, axis=0, keepdims=True), [X]),
    "logsumexp": (backend("logsumexp", axis=1), [X]),
    "argmax": (backend("argmax"), [X]),
    "cumprod": (backend("cumprod", axis=1), [X]),
    "round": (lambda m, x: m.backend.round(x * 4.0), [X]),
    "dot": (backend("dot"), [X, W]),
    "dot 3": (backend("dot"), [TIMES, real(2, 4)]),
    "dot 3 by 3": (backend("dot"), [TIMES, real(6, 2, 4)]),
    "batch_dot 2 2": (backend("batch_dot", axes=1), [X, Y]),
    "batch_dot 2 3": (backend("batch_dot", axes=(1, 2)), [X, real(4, 5, 3)]),
    "batch_dot 3 2": (backend("batch_dot", axes=(2, 1)), [real(4, 5, 3), Y]),
    "batch_dot 3 3": (backend("batch_dot"), [TIMES, real(3, 2, 4)]),
    "batch_dot 3 3, axes": (backend("batch_dot", axes=[1, 1]), [TIMES, real(3, 5, 4)]),
    "batch_dot 4 3": (backend("batch_dot", axes=(3, 1)), [real(3, 2, 4, 5), real(3, 5, 2)]),
    "batch_dot 4 4": (backend("batch_dot", axes=(2, 3)), [real(3, 2, 4, 5), real(3, 5, 2, 4)]),
    "normalize": (backend("normalize_batch_in_training", [0]), [X, share(3), real(3)]),
    "normalize steps": (backend("normalize_batch_in_training", [0, 2]), [TIMES, share(5), real(5)]),
    "normalize images": (backend("normalize_batch_in_training", [0, 1, 2]), [IMAGE, share(3), real(3)]),
    "batch_normalization": (backend("batch_normalization"), [X, real(3), share(3), real(3), share(3)]),
    "batch_normalization 4": (
        lambda m, *x: m.backend.batch_normalization(*x, epsilon=0.01), [IMAGE, real(3), share(3), real(3), share(3)]
    ),
    "concatenate": (lambda m, *x: m.backend.concatenate(list(x)), [X, Y]),
    "resize": (backend("resize_images", 2, 3, "channels_last"), [IMAGE]),
    "resize first": (backend("resize_images", 2, 3, "channels_first"), [IMAGE]),
    "resize bilinear": (backend("resize_images", 2, 3, "channels_last", interpolation="bilinear"), [IMAGE]),
    "resize volumes": (backend("resize_volumes", 2, 1, 2, "channels_last"), [VOLUME]),
    "repeat_elements": (backend("repeat_elements", 3, 1), [TIMES]),
    "repeat": (backend("repeat", 3), [X]),
    "flatten": (backend("flatten"), [TIMES]),
    "batch_flatten": (backend("batch_flatten"), [IMAGE]),
    "temporal_padding": (backend("temporal_padding", (2, 1)), [TIMES]),
    "spatial_2d_padding": (backend("spatial_2d_padding", ((1, 2), (0, 3)), "channels_first"), [IMAGE]),
    "spatial_3d_padding": (backend("spatial_3d_padding", ((1, 2), (0, 3), (1, 1))), [VOLUME]),
    "one_hot": (backend("one_hot", 4), [NUMBERS]),
    "reverse": (backend("reverse", 1), [TIMES]),
    "switch": (lambda m, x, y: m.backend.switch(x > 0.0, x * y, y), [X, Y]),
    "switch rows": (lambda m, x, y: m.backend.switch(y > 0.0, x, 2.0 * x), [real(4, 3, 2), Y]),
    "switch scalar": (lambda m, x, y: m.backend.switch(m.backend.sum(x) > 0.0, lambda: x * y, lambda: y), [X, Y]),
    "relu": (backend("relu"), [X]),
    "relu alpha": (backend("relu", alpha=0.3), [X]),
    "relu 6": (backend("relu", max_value=6.0), [8 * X]),
    "relu all": (backend("relu", alpha=0.3, max_value=1.0, threshold=0.2), [X]),
    "relu alpha 6": (backend("relu", alpha=0.3, max_value=6), [8 * X]),
    "relu threshold": (backend("relu", threshold=0.2), [X]),
    "elu": (backend("elu", alpha=0.5), [X]),
    "softmax": (backend("softmax", 1), [TIMES]),
    "categorical": (backend("categorical_crossentropy"), [one_hot(4, 3), share(4, 3)]),
    "categorical, axis": (backend("categorical_crossentropy", axis=1), [share(2, 5, 6, 3), share(2, 5, 6, 3)]),
    "of softmax": (
        lambda m, y, x: m.losses.categorical_crossentropy(y, m.activations.softmax(40.0 * x)), [one_hot(4, 3), X]
    ),
    "sparse of softmax": (
        lambda m, y, x: m.losses.sparse_categorical_crossentropy(y, m.activations.softmax(40.0 * x)), [NUMBERS, X]
    ),
    "of sigmoid": (
        lambda m, y, x: m.losses.binary_crossentropy(y, m.activations.sigmoid(40.0 * x)), [one_hot(4, 3), X]
    ),
    "sparse, axis": (
        function("sparse_categorical_crossentropy", axis=1), [RNG.integers(0, 3, (2, 4)), share(2, 3, 4)]
    ),
    "l2_normalize": (backend("l2_normalize", axis=1), [X]),
    "in_top_k": (lambda m, y, x: m.backend.in_top_k(x, y, 2), [NUMBERS, X]),
    "bias_add": (backend("bias_add"), [IMAGE, real(3)]),
    "bias_add first": (backend("bias_add", "channels_first"), [IMAGE, real(5)]),
    "bias_add places": (backend("bias_add"), [TIMES, real(5, 2)]),
    "bias_add places first": (backend("bias_add", "channels_first"), [TIMES, real(2, 5)]),
    "conv1d": (backend("conv1d", 2, "same"), [TIMES, real(3, 2, 4)]),
    "conv1d causal": (backend("conv1d", 1, "causal", None, 2), [TIMES, real(2, 2, 4)]),
    "conv2d": (backend("conv2d", (2, 1), "same"), [IMAGE, real(3, 2, 3, 4)]),
    "conv2d first": (backend("conv2d", (1, 1), "valid", "channels_first"), [IMAGE, real(2, 2, 5, 4)]),
    "conv2d dilated": (backend("conv2d", (1, 1), "same", None, (2, 2)), [IMAGE, real(2, 2, 3, 4)]),
    "conv2d_transpose": (
        lambda m, x, w: m.backend.conv2d_transpose(x, w, (None, 11, 13, 2), (2, 2), "valid"), [IMAGE, real(3, 3, 2, 3)]
    ),
    "conv2d_transpose dilated": (
        lambda m, x, w: m.backend.conv2d_transpose(x, w, (None, 5, 6, 2), (1, 1), "same", None, (2, 2)),
        [IMAGE, real(3, 3, 2, 3)],
    ),
    "conv3d": (backend("conv3d", (1, 2, 1), "same"), [VOLUME, W3]),
    "conv3d_transpose": (
        backend("conv3d_transpose", (2, 8, 10, 6, 3), (2, 2, 2), "same"),
        [VOLUME, real(2, 2, 2, 3, 2)],
    ),
    "depthwise_conv2d": (backend("depthwise_conv2d", (1, 1), "same"), [IMAGE, real(3, 3, 3, 2)]),
    "depthwise_conv2d first": (
        backend("depthwise_conv2d", (1, 1), "valid", "channels_first"), [real(2, 3, 5, 6), real(3, 3, 3, 2)]
    ),
    "separable_conv2d": (backend("separable_conv2d", (2, 2), "same"), [IMAGE, real(3, 3, 3, 2), real(1, 1, 6, 4)]),
    "pool2d": (backend("pool2d", (2, 3), (2, 1), "same"), [IMAGE]),
    "pool2d avg first": (backend("pool2d", (2, 2), (1, 1), "same", "channels_first", "avg"), [IMAGE]),
    "pool3d": (backend("pool3d", (2, 2, 1), (2, 1, 1), "valid"), [VOLUME]),
    "pool3d avg": (backend("pool3d", (2, 2, 2), (2, 2, 2), "same", None, "avg"), [VOLUME]),
    "local_conv1d": (backend("local_conv1d", (2,), (1,)), [TIMES, real(4, 4, 3)]),
    "local_conv1d first": (backend("local_conv1d", (2,), (2,), "channels_first"), [real(3, 2, 6), real(3, 4, 3)]),
    "local_conv2d": (backend("local_conv2d", (2, 3), (1, 2), (4, 2)), [IMAGE, real(8, 18, 2)]),
    "local_conv2d first": (
        backend("local_conv2d", (2, 3), (2, 1), (2, 4), "channels_first"), [real(2, 3, 4, 6), real(8, 18, 2)]
    ),
    "rnn": (rnn(), RNN),
    "rnn backwards": (rnn(go_backwards=True), RNN),
    "rnn unrolled": (rnn(unroll=True), RNN),
    "rnn mask": (rnn(), [*RNN, MASK]),
    "rnn mask backwards": (rnn(go_backwards=True), [*RNN, MASK]),
    "rnn mask zeros": (rnn(zero_output_for_mask=True), [*RNN, MASK]),
    "rnn mask unrolled": (rnn(unroll=True, go_backwards=True), [*RNN, MASK]),
    "rnn mask unrolled zeros": (rnn(unroll=True, zero_output_for_mask=True), [*RNN, MASK]),
    "rnn lengths": (rnn(lengths=True), [*RNN, np.array([3, 5, 2], "int32")]),
    "rnn lengths backwards": (rnn(lengths=True, go_backwards=True), [*RNN, np.array([3, 4, 2], "int32")]),
    "rnn time major": (rnn(time_major=True), RNN),
    "map_fn": (lambda m, x: m.backend.map_fn(lambda row: m.backend.cumsum(row), x), [X]),
    "foldl": (lambda m, x: m.backend.foldl(lambda a, row: 0.5 * a + row * row, x), [X]),
    "foldr": (lambda m, x: m.backend.foldr(lambda a, row: 0.5 * a + row * row, x), [X]),
    **{
        f"activation {name}": (lambda m, x, name=name: m.activations.get(name)(3.0 * x), [X])
        for name in ("selu", "softplus", "softsign", "tanh", "hard_sigmoid", "exponential", "linear", "swish", "gelu",
                     "mish", "elu", "softmax", "silu")
    },
    "gelu by tanh": (lambda m, x: m.activations.gelu(x, approximate=True), [3 * X]),
    **{
        f"function {name}": (function(name), [share(4, 3), share(4, 3)])
        for name in ("mse", "mae", "mape", "msle", "binary_crossentropy", "kld", "log_cosh", "huber", "poisson",
                     "cosine_similarity", "categorical_hinge", "hinge", "binary_focal_crossentropy",
                     "categorical_focal_crossentropy")
    },
    "function hinge of 0 and 1": (function("hinge"), [one_hot(4, 3), X]),
    "focal balanced": (
        function("binary_focal_crossentropy", apply_class_balancing=True, label_smoothing=0.1, from_logits=True),
        [one_hot(4, 3), X],
    ),
    "focal smoothed": (
        function("categorical_focal_crossentropy", label_smoothing=0.1, from_logits=True), [one_hot(4, 3), X]
    ),
    "sparse ignoring": (function("sparse_categorical_crossentropy", ignore_class=2), [NUMBERS, share(4, 3)]),
    "MeanSquaredError": (loss("MeanSquaredError"), [X, Y]),
    "MeanSquaredError of a vector": (loss("MeanSquaredError"), [real(4), real(4, 1)]),
    "MeanSquaredError weighted": (loss("MeanSquaredError", reduction="sum"), [X, Y, share(4)]),
    "MeanAbsoluteError unreduced": (loss("MeanAbsoluteError", reduction="none"), [TIMES, real(3, 5, 2), share(3)]),
    "Sparse of a column": (loss("SparseCategoricalCrossentropy"), [NUMBERS[:, None], share(4, 3)]),
    "Sparse ignoring": (loss("SparseCategoricalCrossentropy", ignore_class=2), [NUMBERS, share(4, 3)]),
    "Categorical smoothed": (loss("CategoricalCrossentropy", label_smoothing=0.2), [one_hot(4, 3), share(4, 3)]),
    "Huber": (loss("Huber", 0.3), [X, Y]),
    "L1L2": (lambda m, x: m.regularizers.L1L2(0.1, 0.3)(x), [X]),
    "l1": (lambda m, x: m.regularizers.get("l1")(x), [X]),
    "l1_l2": (lambda m, x: m.regularizers.get("l1_l2")(x), [X]),
    "orthogonal": (lambda m, x: m.regularizers.OrthogonalRegularizer(0.2, "columns")(x), [X]),
    "max_norm": (lambda m, x: m.constraints.max_norm(1.0)(x), [X]),
    "max_norm of filters": (lambda m, x: m.constraints.MaxNorm(1.0, axis=[0, 1, 2])(x), [W2]),
    "non_neg": (lambda m, x: m.constraints.get("non_neg")(x), [X]),
    "unit_norm": (lambda m, x: m.constraints.UnitNorm(1)(x), [X]),
    "min_max_norm": (lambda m, x: m.constraints.MinMaxNorm(0.8, 1.1, 0.7)(x), [X]),
    "radial 4": (lambda m, x: m.constraints.RadialConstraint()(x), [W2]),
    "radial 5": (lambda m, x: m.constraints.RadialConstraint()(x), [real(5, 5, 2, 2)]),
}
WHOLE = ("radial", "conv3d_transpose", "orthogonal", "max_norm of")  # their shapes must be known
NOT_DIFFERENTIATED = ("radial",)  # tf_keras has a loop there whose gradient it cannot build


def listed(x: Any) -> list[Any]:
    return list(x) if isinstance(x, (list, tuple)) else [x]


def shapes(y: Any) -> Any:
    return None if y.shape.rank is None else [None if d is None else int(d) for d in y.shape.as_list()]


def in_graph(m: Any, make: Any, arrays: list[np.ndarray], unknown: bool, differentiate: bool) -> Any:
    """Values, gradients and known shapes of what `make` builds on placeholders."""
    K = m.backend
    K.clear_session()
    first = 1 if unknown else 0  # only the first input has a batch for sure
    inputs = [
        K.placeholder(shape=(None, *a.shape[1:]) if i < first else a.shape, dtype=a.dtype.name)
        for i, a in enumerate(arrays)
    ]
    outputs = listed(make(m, *inputs))
    wanted = [x for x, a in zip(inputs, arrays, strict=True) if a.dtype.kind == "f"]
    floats = [y for y in outputs if "float" in K.dtype(y)]
    found = [None] * len(wanted)
    if floats and differentiate:
        total = sum(K.sum(y * K.cos(K.stop_gradient(y))) for y in floats)
        found = K.gradients(total, wanted)
    values = K.function(inputs, [*outputs, *[g for g in found if g is not None]])(arrays)
    rest = iter(values[len(outputs) :])
    return values[: len(outputs)], [None if g is None else next(rest) for g in found], [shapes(y) for y in outputs]


def at_once(make: Any, arrays: list[np.ndarray], differentiate: bool) -> Any:
    inputs = [convert(a) for a in arrays]
    K = ours.backend
    outputs = listed(make(ours, *inputs))
    wanted = [x for x in inputs if x.dtype.is_floating]
    floats = [y for y in outputs if y.dtype.is_floating]
    found = [None] * len(wanted)
    if floats and differentiate:
        total = sum(K.sum(y * K.cos(K.stop_gradient(y))) for y in floats)
        found = gradients(total, wanted, warn=False)
    # a branch that was not taken leaves no trace, while a graph knows it, and answers 0
    zeros = [np.zeros_like(x.numpy()) for x in wanted]
    return [y.numpy() for y in outputs], [z if g is None else g.numpy() for g, z in zip(found, zeros, strict=True)]


def agree(got: list[Any], expected: list[Any], what: str) -> None:
    for i, (a, b) in enumerate(zip(got, expected, strict=True)):
        assert (a is None) == (b is None), f"{what} {i}"
        if b is not None:
            a, b = np.asarray(a), np.asarray(b)
            assert (a.dtype, a.shape) == (b.dtype, b.shape), f"{what} {i}"
            np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-5, err_msg=f"{what} {i}")


@pytest.mark.parametrize("case", CASES)
def test_as_keras(case: str) -> None:
    make, arrays = CASES[case]
    differentiate = not case.startswith(NOT_DIFFERENTIATED)
    unknown = not case.startswith(WHOLE) and "scalar" not in case
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected, slopes, known = in_graph(theirs, make, arrays, unknown, differentiate)
        values, found, static = in_graph(ours, make, arrays, unknown, differentiate)
        agree(values, expected, "value")
        agree(found, slopes, "gradient")
        for have, want in zip(static, known, strict=True):
            if want is not None:
                assert have is not None
                assert all(w is None or h == w for h, w in zip(have, want, strict=True)), (have, want)
        values, found = at_once(make, arrays, differentiate)
        agree(values, expected, "value at once")
        agree(
            found, [np.zeros_like(f) if s is None else s for f, s in zip(found, slopes, strict=True)], "slope at once"
        )
