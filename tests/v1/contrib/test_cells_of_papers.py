"""The cells of tf.contrib.rnn that papers brought: names and shapes of their variables, and three steps beside NumPy."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import ArgumentError, ShapeError

rnn = tf.contrib.rnn
UNITS, DEPTH, BATCH = 4, 3, 2
X = np.random.default_rng(3).normal(size=(BATCH, 3, DEPTH)).astype(np.float32)


@pytest.fixture(autouse=True)
def sess():
    with tf.Graph().as_default(), tf.Session() as sess:
        yield sess


def fill(sess):
    """Other values in all variables; those and their shapes by name."""
    rng, values = np.random.default_rng(1), {}
    for v in tf.global_variables():
        values[v.name.removesuffix(":0")] = rng.normal(size=[int(d) for d in v.shape]).astype(np.float32)
        v.load(values[v.name.removesuffix(":0")], sess)
    return values


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def relu(x):
    return np.maximum(x, 0)


def linear(w, *parts, kernel="kernel", bias="bias"):
    return np.concatenate(parts, 1) @ w[kernel] + w.get(bias, 0)


def ugrnn(w, x, h):
    g, c = np.split(linear(w, x, h), 2, 1)
    g = sigmoid(g + 1)
    h = g * h + (1 - g) * np.tanh(c)
    return h, h


def intersection(w, x, h):
    x = linear(w, x, kernel="in_projection/kernel", bias="in_projection/bias")
    gh, h_in, gy, y = np.split(linear(w, x, h), 4, 1)
    gh, gy = sigmoid(gh + 1), sigmoid(gy + 1)
    return gy * x + (1 - gy) * relu(y), gh * h + (1 - gh) * np.tanh(h_in)


def sru(w, x, c):
    z, f, r, skip = np.split(x @ w["kernel"], 4, 1)
    f, r = sigmoid(f + w["bias"][:UNITS]), sigmoid(r + w["bias"][UNITS:])
    c = f * c + (1 - f) * z
    return r * np.tanh(c) + (1 - r) * skip, c


def minimal(w, x, h):
    z = np.tanh(x @ w["kernel"][:DEPTH])
    u = sigmoid(np.concatenate([z, h], 1) @ w["kernel"][DEPTH:] + w["bias"])
    h = u * h + (1 - u) * z
    return h, h


def no_chaos(w, x, h):
    gates = sigmoid(h @ w["recurrent_kernel"] + x @ w["kernel"][:, : 2 * UNITS] + w["bias"])
    h = gates[:, :UNITS] * np.tanh(h) + (1 - gates[:, UNITS:]) * np.tanh(x @ w["kernel"][:, 2 * UNITS :])
    return h, h


def independent(w, x, h):
    h = relu(x @ w["kernel_w"] + h * w["kernel_u"] + w["bias"])
    return h, h


def independent_gru(w, x, h):
    gates = x @ w["gates/kernel_w"] + np.concatenate([h, h], 1) * w["gates/kernel_u"] + w["gates/bias"]
    r, u = np.split(sigmoid(gates), 2, 1)
    c = np.tanh(x @ w["candidate/kernel"] + r * h * w["candidate/kernel_u"] + w["candidate/bias"])
    h = u * h + (1 - u) * c
    return h, h


def lstm(gates, c, forget=1.0, w=None):
    i, j, f, o = np.split(gates, 4, 1)
    see = w or dict.fromkeys(("w_i_diag", "w_f_diag", "w_o_diag"), 0)
    c = sigmoid(f + forget + see["w_f_diag"] * c) * c + sigmoid(i + see["w_i_diag"] * c) * np.tanh(j)
    return sigmoid(o + see["w_o_diag"] * c) * np.tanh(c), c


def independent_lstm(w, x, state):
    c, h = state
    h, c = lstm(x @ w["kernel_w"] + np.tile(h, 4) * w["kernel_u"] + w["bias"], c, 0.5)
    return h, (c, h)


def coupled(w, x, state):
    c, h = state
    j, f, o = np.split(linear(w, x, h, kernel="W_0", bias="B"), 3, 1)
    f = sigmoid(f + 1 + w["W_F_diag"] * c)
    c = f * c + (1 - f) * np.tanh(j)
    h = np.clip(sigmoid(o + w["W_O_diag"] * c) * np.tanh(c) @ w["W_P_0"], -0.5, 0.5)
    return h, (c, h)


def normal(x, w, name):
    return (x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True) * w[f"{name}/gamma"] + w[f"{name}/beta"]


def coupled_and_normalized(w, x, state):
    c, h = np.split(state, 2, 1)
    parts = np.split(np.concatenate([x, h], 1) @ w["W_0"], 3, 1)
    j, f, o = (normal(p, w, n) for p, n in zip(parts, ("transform", "forget", "output"), strict=True))
    c = normal(sigmoid(f + 1) * c + (1 - sigmoid(f + 1)) * np.tanh(j), w, "state")
    h = sigmoid(o) * np.tanh(c)
    return h, np.concatenate([c, h], 1)


def weight_normalized(w, x, state):
    c, h = state
    w = {name.removeprefix("wn_lstm_cell/"): v for name, v in w.items()}
    length = lambda v: v / np.sqrt((v**2).sum(0))  # noqa: E731
    gates = x @ (length(w["kernel"][:DEPTH]) * w["norm_0"]) + h @ (length(w["kernel"][DEPTH:]) * w["norm_1"]) + w["bias"]
    h, c = lstm(gates, c, 1.0, w)
    h = h @ (length(w["projection/kernel"]) * w["projection/norm_0"])
    return h, (c, h)


def searched(w, x, state):
    c, h = state
    a, b = np.split(x @ w["kernel"], 8, 1), np.split(h @ w["recurrent_kernel"] + w["bias"], 8, 1)
    s = [p + q for p, q in zip(a, b, strict=True)]
    first, second = np.tanh(sigmoid(s[0]) * relu(s[1])), np.tanh(sigmoid(s[2]) + relu(a[3] * b[3]))
    third, fourth = np.tanh(np.tanh(s[4]) * sigmoid(s[5])), sigmoid(np.tanh(s[6]) + sigmoid(s[7]))
    c = np.tanh(first + c) * second
    h = np.tanh(c * np.tanh(third + fourth)) @ w["projection_weights"]
    return h, (c, h)


def block_gru(w, x, h):
    r, u = np.split(sigmoid(linear(w, x, h, kernel="w_ru", bias="b_ru")), 2, 1)
    h = u * h + (1 - u) * np.tanh(linear(w, x, r * h, kernel="w_c", bias="b_c"))
    return h, h


ROWS = DEPTH + UNITS
CELLS = {
    "ugrnn_cell": (lambda: rnn.UGRNNCell(UNITS), ugrnn, {"kernel": (ROWS, 8), "bias": (8,)}),
    "intersection_rnn_cell": (lambda: rnn.IntersectionRNNCell(UNITS, num_in_proj=UNITS), intersection, {
        "in_projection/kernel": (DEPTH, UNITS), "in_projection/bias": (UNITS,), "kernel": (8, 16), "bias": (16,),
    }),
    "sru_cell": (lambda: rnn.SRUCell(UNITS), sru, {"kernel": (DEPTH, 16), "bias": (8,)}),
    "minimal_rnn_cell": (lambda: rnn.MinimalRNNCell(UNITS), minimal, {"kernel": (DEPTH + 8, UNITS), "bias": (UNITS,)}),
    "cfn_cell": (lambda: rnn.CFNCell(UNITS), no_chaos, {"kernel": (DEPTH, 12), "recurrent_kernel": (UNITS, 8), "bias": (8,)}),
    "ind_rnn_cell": (lambda: rnn.IndRNNCell(UNITS, tf.nn.relu), independent, {
        "kernel_w": (DEPTH, UNITS), "kernel_u": (1, UNITS), "bias": (UNITS,),
    }),
    "indy_gru_cell": (lambda: rnn.IndyGRUCell(UNITS), independent_gru, {
        "gates/kernel_w": (DEPTH, 8), "gates/kernel_u": (1, 8), "gates/bias": (8,),
        "candidate/kernel": (DEPTH, UNITS), "candidate/kernel_u": (1, UNITS), "candidate/bias": (UNITS,),
    }),
    "indy_lstm_cell": (lambda: rnn.IndyLSTMCell(UNITS, 0.5), independent_lstm, {
        "kernel_w": (DEPTH, 16), "kernel_u": (1, 16), "bias": (16,),
    }),
    "coupled_input_forget_gate_lstm_cell": (
        lambda: rnn.CoupledInputForgetGateLSTMCell(UNITS, use_peepholes=True, num_proj=2, proj_clip=0.5), coupled, {
            "W_0": (DEPTH + 2, 12), "B": (12,), "W_F_diag": (UNITS,), "W_O_diag": (UNITS,), "W_P_0": (UNITS, 2),
        },
    ),
    "coupled_input_forget_gate_lstm_cell, normalized": (
        lambda: rnn.CoupledInputForgetGateLSTMCell(UNITS, state_is_tuple=False, layer_norm=True), coupled_and_normalized,
        {"W_0": (ROWS, 12), "B": (12,)}
        | {f"{n}/{p}": (UNITS,) for n in ("transform", "forget", "output", "state") for p in ("gamma", "beta")},
    ),
    "wn_lstm_cell": (lambda: rnn.WeightNormLSTMCell(UNITS, use_peepholes=True, num_proj=2), weight_normalized, {
        f"wn_lstm_cell/{name}": shape for name, shape in {
            "kernel": (DEPTH + 2, 16), "bias": (16,), "w_f_diag": (UNITS,), "w_i_diag": (UNITS,), "w_o_diag": (UNITS,),
            "projection/kernel": (UNITS, 2), "norm_0": (16,), "norm_1": (16,), "projection/norm_0": (2,),
        }.items()
    }),
    "nas_cell": (lambda: rnn.NASCell(UNITS, num_proj=2, use_biases=True), searched, {
        "recurrent_kernel": (2, 32), "kernel": (DEPTH, 32), "bias": (32,), "projection_weights": (UNITS, 2),
    }),
    "gru_cell": (lambda: rnn.GRUBlockCell(UNITS), block_gru, {
        "w_ru": (ROWS, 8), "b_ru": (8,), "w_c": (ROWS, UNITS), "b_c": (UNITS,),
    }),
}


def flat(state):
    return list(state) if isinstance(state, tuple) else [state]


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_of_a_paper(sess, name):
    make, step, shapes = CELLS[name]
    cell = make()
    outputs, last = tf.nn.dynamic_rnn(cell, X, dtype=tf.float32)
    w = {n.removeprefix(f"rnn/{name.split(',')[0]}/"): v for n, v in fill(sess).items()}
    assert {n: v.shape for n, v in w.items()} == shapes
    zeros = [np.zeros((BATCH, n)) for n in flat(cell.state_size)]
    state = tuple(zeros) if isinstance(cell.state_size, tuple) else zeros[0]
    expected = []
    for t in range(3):
        y, state = step(w, X[:, t], state)
        expected.append(y)
    got, last = sess.run([outputs, last])
    np.testing.assert_allclose(got, np.stack(expected, 1), atol=1e-5)
    for a, b in zip(flat(last), flat(state), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)
    learned = [v for v in tf.trainable_variables() if "normalized" not in name or not v.op.name.endswith("/B")]
    gradients = sess.run(tf.gradients(tf.reduce_sum(tf.square(outputs)), learned))
    assert all(np.any(g != 0) for g in gradients)


def test_what_biases_begin_with(sess):
    tf.nn.dynamic_rnn(rnn.GRUBlockCellV2(UNITS), X, dtype=tf.float32)
    tf.nn.dynamic_rnn(rnn.CFNCell(UNITS, bias_initializer=tf.constant_initializer(2.0)), X, dtype=tf.float32)
    sess.run(tf.global_variables_initializer())
    begin = {v.op.name: sess.run(v) for v in tf.global_variables() if "bias" in v.op.name}
    assert {name: set(value.tolist()) for name, value in begin.items()} == {
        "rnn/gru_cell/gates/bias": {1.0}, "rnn/gru_cell/candidate/bias": {0.0}, "rnn/cfn_cell/bias": {2.0},
    }


def test_a_clock_opens_the_units(sess):
    cell = rnn.PhasedLSTMCell(UNITS, use_peepholes=True, leak=0.01, ratio_on=0.4, period_init_max=8.0)
    times = np.array([[[0.5], [3.0], [7.5]], [[1.0], [2.5], [40.0]]], np.float32)
    outputs, last = tf.nn.dynamic_rnn(cell, (times, X), dtype=tf.float32)
    sess.run(tf.global_variables_initializer())
    w = {v.op.name.removeprefix("rnn/phased_lstm_cell/"): sess.run(v) for v in tf.global_variables()}
    assert np.all((w["period"] >= 1) & (w["period"] <= 8) & (w["phase"] >= 0) & (w["phase"] <= w["period"]))
    assert np.all(w["ratio_on"] == np.float32(0.4))
    assert w["mask_gates/kernel"].shape == (DEPTH + 2 * UNITS, 2 * UNITS)
    assert w["new_input/kernel"].shape == (ROWS, UNITS)
    c = h = np.zeros((BATCH, UNITS))
    for t in range(3):
        layer = lambda name, *parts: np.concatenate(parts, 1) @ w[f"{name}/kernel"] + w[f"{name}/bias"]  # noqa: E731
        i, f = np.split(sigmoid(layer("mask_gates", X[:, t], h, c)), 2, 1)
        new_c = f * c + i * np.tanh(layer("new_input", X[:, t], h))
        new_h = np.tanh(new_c) * sigmoid(layer("output_gate", X[:, t], h, new_c))
        share = np.mod(times[:, t] - w["phase"], w["period"]) / w["period"]
        k = np.where(share < 0.2, 2 * share / 0.4, np.where(share < 0.4, 2 - 2 * share / 0.4, 0.01 * share))
        c, h = k * new_c + (1 - k) * c, k * new_h + (1 - k) * h
    got, (last_c, _) = sess.run([outputs, last])
    np.testing.assert_allclose(got[:, -1], h, atol=1e-5)
    np.testing.assert_allclose(last_c, c, atol=1e-5)
    with pytest.raises(ArgumentError, match="the time"):
        rnn.PhasedLSTMCell(UNITS)(X[:, 0], last)


def correlate(x, kernel):
    """The cross-correlation with zeros around the image: x (batch, space..., in), kernel (window..., in, out), odd windows."""
    axes = tuple(range(1, x.ndim - 1))
    padded = np.pad(x, [(0, 0), *[(n // 2, n // 2) for n in kernel.shape[:-2]], (0, 0)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel.shape[:-2], axes)  # (batch, space..., in, window...)
    windows = np.moveaxis(windows, len(axes) + 1, -1)
    return np.tensordot(windows, kernel, len(axes) + 1)


@pytest.mark.parametrize(("space", "window", "kind"), [([5], [3], 1), ([4, 5], [3, 1], 2), ([3, 2, 2], [1, 3, 1], 3)])
def test_lstm_of_images(sess, space, window, kind):
    make = {1: rnn.Conv1DLSTMCell, 2: rnn.Conv2DLSTMCell, 3: rnn.Conv3DLSTMCell}[kind]
    cell = make(input_shape=[*space, 2], output_channels=3, kernel_shape=window, skip_connection=kind == 2)
    x = np.random.default_rng(0).normal(size=(BATCH, 2, *space, 2)).astype(np.float32)
    outputs, last = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
    w = fill(sess)
    scope = f"rnn/conv_{kind}d_lstm_cell"
    assert {n: v.shape for n, v in w.items()} == {f"{scope}/kernel": (*window, 5, 12), f"{scope}/biases": (12,)}
    c = h = np.zeros((BATCH, *space, 3))
    for t in range(2):
        maps = correlate(np.concatenate([x[:, t], h], -1), w[f"{scope}/kernel"]) + w[f"{scope}/biases"]
        i, j, f, o = np.split(maps, 4, -1)
        c = sigmoid(f + 1) * c + sigmoid(i) * np.tanh(j)
        h = sigmoid(o) * np.tanh(c)
    got, state = sess.run([outputs, last])
    np.testing.assert_allclose(state.h, h, atol=1e-5)
    np.testing.assert_allclose(state.c, c, atol=1e-5)
    np.testing.assert_allclose(got[:, -1], np.concatenate([h, x[:, -1]], -1) if kind == 2 else h, atol=1e-5)


def test_shapes_that_do_not_fit():
    with pytest.raises(ShapeError, match="2 axes of space"):
        rnn.ConvLSTMCell(2, [5, 2], 3, [3, 3])
    cell = rnn.Conv1DLSTMCell(input_shape=[5, 2], output_channels=3, kernel_shape=[3])
    with pytest.raises(ShapeError, match="as input_shape says"):
        cell(tf.zeros([1, 4, 2]), cell.zero_state(1, tf.float32))
    with pytest.raises(ShapeError, match="num_in_proj=4"):
        rnn.IntersectionRNNCell(UNITS)(tf.zeros([1, 3]), tf.zeros([1, 4]))
    with pytest.raises(ArgumentError, match="one of them"):
        rnn.GRUBlockCell(4, 4)


# ---- over whole sequences


@pytest.mark.parametrize("dynamic", [True, False])
@pytest.mark.parametrize("lengths", [None, [3, 2]])
def test_any_cell_over_a_whole_sequence_both_ways(sess, dynamic, lengths):
    cell = tf.nn.rnn_cell.BasicRNNCell(UNITS)
    forwards = rnn.FusedRNNCellAdaptor(cell, use_dynamic_rnn=dynamic)
    x = rnn.transpose_batch_time(X)
    y, _ = forwards(x, dtype=tf.float32, sequence_length=lengths, scope="fw")
    z, first = rnn.TimeReversedFusedRNN(forwards)(x, dtype=tf.float32, sequence_length=lengths, scope="fw")
    listed, _ = rnn.TimeReversedFusedRNN(forwards)(tf.unstack(x), dtype=tf.float32, sequence_length=lengths, scope="fw")
    w = {n.split("/")[-1]: v for n, v in fill(sess).items()}
    ends = lengths or [3, 3]
    h = np.zeros((BATCH, UNITS))
    expected = np.zeros((3, BATCH, UNITS))
    for t in (2, 1, 0):
        new = np.tanh(linear(w, X[:, t], h))
        live = np.array([t < n for n in ends])[:, None]
        h, expected[t] = np.where(live, new, h), np.where(live, new, 0)
    y, z, first, listed = sess.run([y, z, first, tf.stack(listed)])
    np.testing.assert_allclose(z, expected, atol=1e-5)
    np.testing.assert_allclose(listed, expected, atol=1e-5)
    np.testing.assert_allclose(first, h, atol=1e-5)
    np.testing.assert_allclose(y[0], np.tanh(linear(w, X[:, 0], np.zeros((BATCH, UNITS)))), atol=1e-5)


def test_stacked_lists_that_are_read_both_ways(sess):
    pairs = [[tf.nn.rnn_cell.GRUCell(n) for n in (2, 3)] for _ in range(2)]
    y, fw, bw = rnn.stack_bidirectional_rnn(*pairs, tf.unstack(tf.constant(X), axis=1), dtype=tf.float32)
    names = [v.name for v in tf.global_variables()]
    assert "stack_bidirectional_rnn/cell_1/bidirectional_rnn/bw/gru_cell/gates/kernel:0" in names
    with tf.variable_scope(tf.get_variable_scope(), reuse=True):
        z, fz, bz = rnn.stack_bidirectional_dynamic_rnn(*pairs, X, dtype=tf.float32)
    assert len(names) == len(tf.global_variables())
    fill(sess)
    y, z, ends, other = sess.run([tf.stack(y, 1), z, (fw, bw), (fz, bz)])
    np.testing.assert_allclose(y, z, atol=1e-6)
    for a, b in zip(ends, other, strict=True):
        np.testing.assert_allclose(a[1], b[1], atol=1e-6)
    with pytest.raises(ArgumentError, match="equally many"):
        rnn.stack_bidirectional_rnn(pairs[0], pairs[1][:1], [X[:, 0]], dtype=tf.float32)


def test_sizes_of_batches(sess):
    x = tf.placeholder(tf.float32, [3, None, 2])
    size = rnn.best_effort_input_batch_size([x])
    assert sess.run(size, {x: np.zeros((3, 7, 2))}) == 7
    assert rnn.best_effort_input_batch_size([x, tf.zeros([3, 5])]) == 5
    assert rnn.transpose_batch_time(tf.zeros([2, 3, 4])).shape == [3, 2, 4]
    assert rnn.transpose_batch_time(tf.zeros([2])).shape == [2]
