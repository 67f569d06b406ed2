"""Recurrent cells and the functions that unroll them, against NumPy and numbers from TensorFlow 2.21."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit import errors
from deepkit.v1.nn.recurrent import sequence

cells = tf.nn.rnn_cell
contrib = tf.contrib.rnn
X = np.random.default_rng(0).normal(size=(2, 3, 4)).astype(np.float32)  # (batch, time, depth)
STACK = {"BasicRNN", "GRU", "BasicLSTM", "LSTM", "stack"}  # cells that run as one op
MAKE = {
    "BasicRNN": lambda: cells.BasicRNNCell(3),
    "GRU": lambda: cells.GRUCell(3),
    "BasicLSTM": lambda: cells.BasicLSTMCell(3, forget_bias=0.5),
    "LSTM": lambda: cells.LSTMCell(3),
    "peepholes": lambda: cells.LSTMCell(3, use_peepholes=True, num_proj=2, cell_clip=0.5, proj_clip=0.3),
    "stack": lambda: cells.MultiRNNCell([cells.LSTMCell(3), cells.BasicLSTMCell(2)]),
    "block": lambda: contrib.LSTMBlockCell(3, use_peephole=True, cell_clip=0.6),
    "groups": lambda: contrib.GLSTMCell(6, num_proj=4, number_of_groups=2),
    "projections": lambda: contrib.OutputProjectionWrapper(contrib.InputProjectionWrapper(cells.GRUCell(3), 5), 2),
}


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as g:
        yield g


def leaves(structure):
    if isinstance(structure, (list, tuple)):
        return [leaf for item in structure for leaf in leaves(item)]
    return [structure]


def fill(sess, seed=1):
    """The same weights again, whatever made them."""
    rng = np.random.default_rng(seed)
    for v in tf.global_variables():
        v.load(rng.normal(size=[int(d) for d in v.shape]), sess)


def names():
    return [v.name.removesuffix(":0") for v in tf.global_variables()]


# ---- cells


def test_lstm_with_everything_computes_what_its_docstring_says():
    cell = cells.LSTMCell(3, use_peepholes=True, cell_clip=0.5, num_proj=2, proj_clip=0.05, forget_bias=0.7)
    c0, h0 = (np.random.default_rng(k).normal(size=(2, n)).astype(np.float32) for k, n in ((2, 3), (3, 2)))
    output, state = cell(tf.constant(X[:, 0]), cells.LSTMStateTuple(c0, h0))
    with tf.Session() as sess:
        fill(sess)
        kernel, bias, w_f, w_i, w_o, projection = (v.astype(np.float64) for v in sess.run(tf.global_variables()))
        got = sess.run([output, *state])

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    i, j, f, o = np.split(np.concatenate([X[:, 0], h0], 1) @ kernel + bias, 4, axis=1)
    c = np.clip(sigmoid(f + 0.7 + w_f * c0) * c0 + sigmoid(i + w_i * c0) * np.tanh(j), -0.5, 0.5)
    h = np.clip(sigmoid(o + w_o * c) * np.tanh(c) @ projection, -0.05, 0.05)
    for value, expected in zip(got, (h, c, h), strict=True):
        np.testing.assert_allclose(value, expected, atol=1e-6)
    assert {np.sign(h[np.abs(h) == 0.05]).min(), np.sign(h[np.abs(h) == 0.05]).max()} == {-1, 1}  # both bounds are met


def test_gru_computes_what_its_docstring_says():
    h0 = np.random.default_rng(2).normal(size=(2, 3)).astype(np.float32)
    output, state = cells.GRUCell(3)(tf.constant(X[:, 0]), tf.constant(h0))
    with tf.Session() as sess:
        fill(sess)
        gates, gate_bias, kernel, bias = sess.run(tf.global_variables())
        got, same = sess.run([output, state])
    r, u = np.split(1 / (1 + np.exp(-(np.concatenate([X[:, 0], h0], 1) @ gates + gate_bias))), 2, axis=1)
    c = np.tanh(np.concatenate([X[:, 0], r * h0], 1) @ kernel + bias)
    np.testing.assert_allclose(got, u * h0 + (1 - u) * c, atol=1e-6)
    np.testing.assert_array_equal(got, same)


def test_grouped_lstm_keeps_groups_apart():
    cell = contrib.GLSTMCell(4, number_of_groups=2)
    x = tf.constant(X[:, 0])
    output, _ = cell(x, cell.zero_state(2, tf.float32))
    dx = tf.gradients(output[:, :2], x)[0]
    with tf.Session() as sess:
        fill(sess)
        moved = sess.run(dx)
    assert np.all(moved[:, :2] != 0)
    assert np.all(moved[:, 2:] == 0)
    assert names() == [f"glstm_cell/{n}" for n in ("group0/kernel", "group1/kernel", *(f"bias_{g}" for g in "ijfo"))]


def test_one_group_is_an_lstm():
    grouped, plain = contrib.GLSTMCell(3), cells.BasicLSTMCell(3)
    outputs = [tf.nn.dynamic_rnn(c, X, dtype=tf.float32)[0] for c in (grouped, plain)]
    with tf.Session() as sess:
        fill(sess)
        kernel, *biases = sess.run(tf.global_variables()[:5])
        sess.run([tf.assign(plain.variables[0], kernel), tf.assign(plain.variables[1], np.concatenate(biases))])
        np.testing.assert_allclose(*sess.run(outputs), atol=1e-6)


def test_block_lstm_as_tensorflow_computes_it():
    """tf.raw_ops.BlockLSTM, TensorFlow 2.21: the gradient passes through the clipped memory."""
    rng = np.random.default_rng(2)
    x, *weights = (
        np.round(rng.normal(size=s), 2).astype(np.float32) for s in ((3, 2, 2), (4, 8), (8,), (2,), (2,), (2,))
    )
    by_loop, whole = (
        kind(2, cell_clip=0.2, use_peephole=True) for kind in (contrib.LSTMBlockCell, contrib.LSTMBlockFusedCell)
    )
    x = tf.constant(x)
    runs = [
        (by_loop, *tf.nn.dynamic_rnn(by_loop, x, dtype=tf.float32, time_major=True)),
        (whole, *whole(x, dtype=tf.float32)),
    ]
    assert names()[0::5] == ["rnn/lstm_cell/kernel", "lstm_fused_cell/kernel"]
    for cell, outputs, state in runs:
        grads = tf.gradients(tf.reduce_sum(outputs * outputs) + tf.reduce_sum(state.c), [x, *cell.variables])
        with tf.Session() as sess:
            sess.run([tf.assign(v, w) for v, w in zip(cell.variables, weights, strict=True)])
            h, *got = sess.run([outputs, *grads])
        last = [0.04163466, 0.06723377, -0.05624294, 0.02820321]
        np.testing.assert_allclose(h[-1].ravel(), last, atol=1e-7)
        squares = [0.56263334, 6.9350004, 5.83985996, 0.022984706, 0.00067976408, 8.9845844e-06]
        np.testing.assert_allclose([np.sum(g * g) for g in got], squares, rtol=1e-5)


def test_states_and_sizes():
    stack = cells.MultiRNNCell([cells.LSTMCell(3, num_proj=2), cells.GRUCell(5)])
    assert stack.state_size == (cells.LSTMStateTuple(3, 2), 5)
    assert stack.output_size == 5
    zero = stack.zero_state(7, tf.float32)
    assert [x.shape.as_list() for x in leaves(zero)] == [[7, 3], [7, 2], [7, 5]]
    assert zero[0].dtype is tf.float32
    x = tf.placeholder(tf.float32, [None, 4])
    unknown = cells.GRUCell(3).zero_state(tf.shape(x)[0], tf.float64)
    assert unknown.shape.as_list() == [None, 3]
    with tf.Session() as sess:
        assert sess.run(unknown, {x: np.zeros((6, 4))}).shape == (6, 3)
    side_by_side = cells.MultiRNNCell([cells.GRUCell(3), cells.GRUCell(2)], state_is_tuple=False)
    assert side_by_side.state_size == 5
    _, state = tf.nn.dynamic_rnn(side_by_side, X, dtype=tf.float32)
    assert state.shape.as_list() == [2, 5]


def test_float64_stays_float64():
    outputs, state = tf.nn.dynamic_rnn(cells.LSTMCell(3), X.astype(np.float64), dtype=tf.float64)
    assert {x.dtype for x in [outputs, *state, *tf.global_variables()]} == {tf.float64}


# ---- names of variables, as TensorFlow 1.15 gives them


def test_names_of_variables():
    lstm = cells.LSTMCell(3, use_peepholes=True, num_proj=2)
    tf.nn.dynamic_rnn(lstm, X, dtype=tf.float32)
    parts = ("kernel", "bias", "w_f_diag", "w_i_diag", "w_o_diag", "projection/kernel")
    assert names() == [f"rnn/lstm_cell/{p}" for p in parts]
    assert [v.name for v in lstm.variables] == [v.name for v in tf.trainable_variables()]


def test_names_in_a_stack_and_in_both_directions():
    stack = cells.MultiRNNCell([cells.DropoutWrapper(cells.BasicLSTMCell(3), 0.5), cells.GRUCell(2)])
    tf.nn.bidirectional_dynamic_rnn(stack, cells.BasicRNNCell(2), X, dtype=tf.float32)
    gru = [f"cell_1/gru_cell/{p}" for p in ("gates/kernel", "gates/bias", "candidate/kernel", "candidate/bias")]
    forwards = ["cell_0/basic_lstm_cell/kernel", "cell_0/basic_lstm_cell/bias", *gru]
    expected = [f"bidirectional_rnn/fw/multi_rnn_cell/{n}" for n in forwards]
    assert names() == [
        *expected,
        "bidirectional_rnn/bw/basic_rnn_cell/kernel",
        "bidirectional_rnn/bw/basic_rnn_cell/bias",
    ]


def test_names_of_cells_without_unrolling():
    x = tf.constant(X[:, 0])
    for cell in (cells.BasicRNNCell(3), cells.BasicRNNCell(3), cells.GRUCell(2, name="mine")):
        cell(x, cell.zero_state(2, tf.float32))
    last = cells.BasicRNNCell(2)
    last(x, last.zero_state(2, tf.float32), scope="given")
    tops = list(dict.fromkeys(n.partition("/")[0] for n in names()))
    assert tops == ["basic_rnn_cell", "basic_rnn_cell_1", "mine", "given"]


def test_one_cell_used_twice_shares_its_variables():
    cell = cells.BasicLSTMCell(3)
    first, _ = tf.nn.dynamic_rnn(cell, X, dtype=tf.float32)
    second, _ = tf.nn.dynamic_rnn(cell, X, dtype=tf.float32)
    assert names() == ["rnn/basic_lstm_cell/kernel", "rnn/basic_lstm_cell/bias"]
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        np.testing.assert_array_equal(*sess.run([first, second]))


def test_a_scope_shares_variables_between_cells():
    for reuse in (False, True):
        with tf.variable_scope("a", reuse=reuse):
            tf.nn.dynamic_rnn(cells.GRUCell(3), X, dtype=tf.float32)
    assert len(names()) == 4
    with tf.variable_scope("a"), pytest.raises(errors.GraphError, match="'a/rnn/gru_cell/gates/kernel' exists already"):
        tf.nn.dynamic_rnn(cells.GRUCell(3), X, dtype=tf.float32)


def test_a_cell_is_built_anew_in_another_graph():
    cell = cells.GRUCell(3)
    tf.nn.dynamic_rnn(cell, X, dtype=tf.float32)
    with tf.Graph().as_default() as other:
        outputs, _ = tf.nn.dynamic_rnn(cell, X[:, :, :2], dtype=tf.float32)
        assert outputs.graph is other
        assert {v.graph for v in cell.variables} == {other}


def test_initial_values():
    tf.nn.dynamic_rnn(cells.GRUCell(3), X, dtype=tf.float32)
    tf.nn.dynamic_rnn(cells.LSTMCell(3, initializer=tf.constant_initializer(0.25)), X, dtype=tf.float32)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        gates, gate_bias, _, bias, kernel, lstm_bias = sess.run(tf.global_variables())
    limit = np.sqrt(6 / (7 + 6))  # Glorot's bound
    assert 0.5 * limit < np.abs(gates).max() <= limit
    assert gate_bias.tolist() == [1] * 6
    assert bias.tolist() == [0] * 3
    assert (kernel == 0.25).all()
    assert (lstm_bias == 0).all()


# ---- cells of one's own


class Mixing(cells.RNNCell):
    """A cell as a programmer writes one: it makes its variables when it is called."""

    @property
    def state_size(self):
        return 3

    @property
    def output_size(self):
        return 3

    def call(self, inputs, state):
        w = tf.get_variable("w", [4, 3])
        new = tf.tanh(tf.matmul(inputs, w) + 0.5 * state)
        return new, new


class OnDevice(cells.RNNCell):
    """The documents' wrapper: `__call__` of its own, no call of the base's __init__."""

    def __init__(self, device, cell):
        self._cell, self._device = cell, device

    @property
    def state_size(self):
        return self._cell.state_size

    @property
    def output_size(self):
        return self._cell.output_size

    def __call__(self, inputs, state, scope=None):
        with tf.device(self._device):
            return self._cell(inputs, state, scope)


@pytest.mark.parametrize("static", [False, True])
def test_a_cell_of_ones_own(static):
    cell = Mixing()
    if static:
        outputs, _ = tf.nn.static_rnn(cell, tf.unstack(tf.constant(X), 3, 1), dtype=tf.float32)
        last = outputs[-1]
    else:
        last = tf.nn.dynamic_rnn(cell, X, dtype=tf.float32)[0][:, -1]
    assert names() == ["rnn/mixing/w"]
    assert [v.name for v in cell.variables] == ["rnn/mixing/w:0"]
    with tf.Session() as sess:
        fill(sess)
        w, got = sess.run([cell.variables[0], last])
    h = np.zeros((2, 3))
    for t in range(3):
        h = np.tanh(X[:, t] @ w + 0.5 * h)
    np.testing.assert_allclose(got, h, atol=1e-6)


@pytest.mark.parametrize("wrapper", [lambda c: OnDevice("/cpu:0", c), lambda c: cells.DeviceWrapper(c, "/cpu:0")])
def test_layers_on_devices(wrapper):
    stack = cells.MultiRNNCell([wrapper(cells.BasicRNNCell(3)) for _ in range(2)])
    tf.nn.static_rnn(stack, tf.unstack(tf.constant(X), 3, 1), dtype=tf.float32)
    products = [n for n in tf.get_default_graph().get_operations() if n.type == "MatMul"]
    assert len(products) == 6
    assert {n.device for n in products} == {"/cpu:0"}
    assert len(names()) == 4


def test_a_subclass_of_an_lstm_is_not_run_as_an_lstm():
    class Doubling(cells.BasicLSTMCell):
        def call(self, inputs, state):
            output, state = super().call(inputs, state)
            return 2 * output, state

    plain, double = cells.BasicLSTMCell(3), Doubling(3)
    a, _ = tf.nn.dynamic_rnn(plain, X, dtype=tf.float32)
    b, _ = tf.nn.dynamic_rnn(double, X, dtype=tf.float32)
    with tf.Session() as sess:
        fill(sess)
        sess.run([tf.assign(v, w) for v, w in zip(double.variables, plain.variables, strict=True)])
        once, twice = sess.run([a, b])
    np.testing.assert_allclose(2 * once, twice, atol=1e-6)


# ---- unrolling: all ways give the same numbers and derivatives


def reference_run(make, lengths):
    """Outputs, last state and derivatives of a static unrolling without sequence_length, cut off by hand."""
    with tf.Graph().as_default(), tf.Session() as sess:
        x = tf.constant(X)
        outputs, _ = tf.nn.static_rnn(make(), tf.unstack(x, 3, 1), dtype=tf.float32)
        with tf.variable_scope(tf.get_variable_scope(), reuse=True):
            states = [tf.nn.static_rnn(make(), tf.unstack(x, 3, 1)[:t], dtype=tf.float32)[1] for t in range(1, 4)]
        live = [[float(t < n) for n in lengths] for t in range(3)]
        masked = [y * np.array(row, np.float32)[:, None] for y, row in zip(outputs, live, strict=True)]
        ends = [
            tf.stack([leaves(states[n - 1])[k][b] for b, n in enumerate(lengths)])
            for k in range(len(leaves(states[0])))
        ]
        return _values(sess, x, tf.stack(masked, 1), ends)


def _values(sess, x, outputs, ends):
    total = tf.reduce_sum(outputs * outputs) + tf.add_n([tf.reduce_sum(e * e * e) for e in ends])
    grads = tf.gradients(total, [x, *tf.trainable_variables()])
    fill(sess)
    return sess.run([outputs, *ends, *grads])


@pytest.mark.parametrize("how", ["static", "dynamic", "time major", "unknown sizes"])
@pytest.mark.parametrize("name", MAKE)
def test_all_ways_of_unrolling_agree(name, how):
    lengths = [3, 2]
    expected = reference_run(MAKE[name], lengths)
    with tf.Session() as sess:
        x = tf.placeholder(tf.float32, [None, None, 4]) if how == "unknown sizes" else tf.constant(X)
        options = {"sequence_length": lengths, "dtype": tf.float32}
        if how == "static":
            outputs, state = tf.nn.static_rnn(MAKE[name](), tf.unstack(x, 3, 1), **options)
            outputs = tf.stack(outputs, 1)
        elif how == "time major":
            outputs, state = tf.nn.dynamic_rnn(MAKE[name](), tf.transpose(x, [1, 0, 2]), time_major=True, **options)
            outputs = tf.transpose(outputs, [1, 0, 2])
        else:
            outputs, state = tf.nn.dynamic_rnn(MAKE[name](), x, **options)
        feeds = {x: X} if how == "unknown sizes" else {}
        assert outputs.shape.as_list()[2] == expected[0].shape[2]
        if how == "dynamic":
            assert outputs.shape.as_list() == list(expected[0].shape)
            kinds = {n.type for n in tf.get_default_graph().get_operations()}
            whole = bool(kinds & {"LSTM", "SimpleRNN", "ResetGRU"})
            assert (whole, "Scan" in kinds) == (name in STACK, name not in STACK)
        ends = leaves(state)
        total = tf.reduce_sum(outputs * outputs) + tf.add_n([tf.reduce_sum(e * e * e) for e in ends])
        grads = tf.gradients(total, [x, *tf.trainable_variables()])
        fill(sess)
        got = sess.run([outputs, *ends, *grads], feeds)
    for value, want in zip(got, expected, strict=True):
        np.testing.assert_allclose(value, want, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("name", ["GRU", "LSTM"])
def test_lengths_of_none_and_of_too_much(name):
    start = tf.constant(np.full((2, 3), 0.5, np.float32))
    state = cells.LSTMStateTuple(start, 2 * start) if name == "LSTM" else start
    outputs, last = tf.nn.dynamic_rnn(MAKE[name](), X, [0, 9], state)
    whole, end = tf.nn.dynamic_rnn(MAKE[name](), X, initial_state=state, scope="other")
    with tf.Session() as sess:
        fill(sess)
        half = len(tf.global_variables()) // 2
        pairs = zip(tf.global_variables()[:half], tf.global_variables()[half:], strict=True)
        sess.run([tf.assign(b, a) for a, b in pairs])
        y, ends, first, all_y, all_ends = sess.run([outputs, leaves(last), leaves(state), whole, leaves(end)])
    assert (y[0] == 0).all()
    np.testing.assert_allclose(y[1], all_y[1], atol=1e-6)
    for got, begun, finished in zip(ends, first, all_ends, strict=True):
        np.testing.assert_array_equal(got[0], begun[0])
        np.testing.assert_allclose(got[1], finished[1], atol=1e-6)


@pytest.mark.parametrize("name", ["GRU", "LSTM"])
def test_padding_may_hold_anything(name):
    padded = X.copy()
    padded[0, 1:] = np.nan
    outputs, last = tf.nn.dynamic_rnn(MAKE[name](), padded, [1, 3], dtype=tf.float32)
    with tf.Session() as sess:
        fill(sess)
        y, ends = sess.run([outputs, leaves(last)])
    assert (y[0, 1:] == 0).all()
    assert np.isfinite(y).all()
    assert all(np.isfinite(e).all() for e in ends)


@pytest.mark.parametrize(("name", "batch", "steps"), [("GRU", 0, 3), ("LSTM", 0, 3), ("LSTM", 2, 0)])
def test_empty(name, batch, steps):
    x = tf.placeholder(tf.float32, [None, None, 4])
    outputs, last = tf.nn.dynamic_rnn(MAKE[name](), x, dtype=tf.float32)
    grads = tf.gradients(tf.reduce_sum(outputs), tf.trainable_variables())
    with tf.Session() as sess:
        fill(sess)
        y, ends, found = sess.run([outputs, leaves(last), grads], {x: np.zeros((batch, steps, 4))})
    assert y.shape == (batch, steps, 3)
    assert all(e.shape == (batch, 3) and (e == 0).all() for e in ends)
    assert all((g == 0).all() for g in found)


def test_second_derivative_of_the_whole_sequence_op():
    x = tf.constant(X)
    outputs, _ = tf.nn.dynamic_rnn(cells.LSTMCell(2), x, dtype=tf.float32)
    slope = tf.reduce_sum(tf.square(tf.gradients(tf.reduce_sum(outputs * outputs), x)[0]))
    kernel = tf.trainable_variables()[0]
    found = tf.gradients(slope, kernel)[0]
    with tf.Session() as sess:
        fill(sess)
        value, gradient = sess.run([kernel, found])
        step = np.zeros_like(value)
        step[1, 3] = 0.01
        up, down = (sess.run(slope, {kernel: value + s}) for s in (step, -step))
    assert gradient[1, 3] == pytest.approx((up - down) / 0.02, rel=2e-2)


def test_bidirectional():
    forwards, backwards = cells.GRUCell(3), cells.GRUCell(2)
    lengths = [2, 3]
    (fw, bw), (_, end) = tf.nn.bidirectional_dynamic_rnn(forwards, backwards, X, lengths, dtype=tf.float32)
    with tf.Session() as sess:
        turned = np.stack([X[0, [1, 0, 2]], X[1, ::-1]])
        alone, alone_end = tf.nn.dynamic_rnn(backwards, turned, lengths, dtype=tf.float32)
        plain, _ = tf.nn.dynamic_rnn(forwards, X, lengths, dtype=tf.float32)
        fill(sess)
        y_fw, y_bw, e, a, a_end, p = sess.run([fw, bw, end, alone, alone_end, plain])
    np.testing.assert_allclose(y_fw, p, atol=1e-6)
    np.testing.assert_allclose(y_bw[0], a[0, [1, 0, 2]], atol=1e-6)
    np.testing.assert_allclose(y_bw[1], a[1, ::-1], atol=1e-6)
    np.testing.assert_allclose(e, a_end, atol=1e-6)


def test_static_bidirectional_agrees_with_dynamic():
    forwards, backwards = cells.LSTMCell(3), cells.GRUCell(2)
    lengths = tf.constant([2, 3])
    both, end_fw, end_bw = tf.nn.static_bidirectional_rnn(
        forwards, backwards, tf.unstack(tf.constant(X), 3, 1), dtype=tf.float32, sequence_length=lengths
    )
    dynamic, ends = tf.nn.bidirectional_dynamic_rnn(forwards, backwards, X, lengths, dtype=tf.float32, scope="again")
    assert {n.partition("/")[0] for n in names()} == {"bidirectional_rnn"}
    with tf.Session() as sess:
        fill(sess)
        a, b, c, d = sess.run([tf.stack(both, 1), tf.concat(dynamic, 2), leaves([end_fw, end_bw]), leaves(ends)])
    np.testing.assert_allclose(a, b, atol=1e-6)
    for x, y in zip(c, d, strict=True):
        np.testing.assert_allclose(x, y, atol=1e-6)


def test_fused_cell_takes_the_whole_sequence():
    fused, plain = contrib.LSTMBlockFusedCell(3), cells.LSTMCell(3)
    x = tf.constant(X.transpose(1, 0, 2))
    outputs, state = fused(x, dtype=tf.float32, sequence_length=[1, 3])
    listed, _ = fused(tf.unstack(x), dtype=tf.float32, sequence_length=[1, 3])
    expected, last = tf.nn.dynamic_rnn(plain, x, [1, 3], dtype=tf.float32, time_major=True)
    with tf.Session() as sess:
        fill(sess)
        sess.run([tf.assign(v, w) for v, w in zip(plain.variables, fused.variables, strict=True)])
        got, steps, want = sess.run([[outputs, *state], listed, [expected, *last]])
    for a, b in zip(got, want, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
    np.testing.assert_allclose(np.stack(steps), got[0], atol=1e-6)


def test_it_learns():
    """The next value of a sine from the values before it: the error falls to a tenth."""
    t = np.linspace(0, 6, 25, dtype=np.float32)
    x, y = np.sin(t[:-1])[None, :, None], np.sin(t[1:])[None, :, None]
    outputs, _ = tf.nn.dynamic_rnn(contrib.OutputProjectionWrapper(cells.GRUCell(8), 1), x, dtype=tf.float32)
    loss = tf.reduce_mean(tf.square(outputs - y))
    step = tf.train.AdamOptimizer(0.05).minimize(loss)
    with tf.Session() as sess:
        fill(sess)
        sess.run(tf.global_variables_initializer())
        before = sess.run(loss)
        for _ in range(40):
            sess.run(step)
        assert sess.run(loss) < 0.1 * before


def test_which_cells_run_as_one_op():
    assert {name for name, make in MAKE.items() if sequence.runs_as_one_op(make())} == STACK
    assert sequence.runs_as_one_op(cells.LSTMCell(3, activation=tf.nn.tanh))
    assert not sequence.runs_as_one_op(cells.LSTMCell(3, activation=tf.nn.relu))
    assert not sequence.runs_as_one_op(cells.BasicLSTMCell(3, state_is_tuple=False))
    assert not sequence.runs_as_one_op(cells.GRUCell(3, activation=tf.nn.elu))
    assert not sequence.runs_as_one_op(cells.MultiRNNCell([cells.GRUCell(3)], state_is_tuple=False))


@pytest.mark.parametrize("activation", [tf.nn.relu, tf.sigmoid, tf.identity])
@pytest.mark.parametrize("cls", [cells.BasicRNNCell, cells.GRUCell])
def test_one_op_ends_a_step_with_the_cells_activation(cls, activation):
    cell = cls(3, activation=activation)
    assert sequence.runs_as_one_op(cell)
    outputs, _ = tf.nn.dynamic_rnn(cell, X, dtype=tf.float32)
    with tf.variable_scope("rnn", reuse=True):
        again, state = cls(3, activation=activation), tf.zeros([2, 3])
        for t in range(3):
            output, state = again(tf.constant(X[:, t]), state)
    with tf.Session() as sess:
        fill(sess)
        whole, steps = sess.run([outputs[:, -1], output])
    np.testing.assert_allclose(whole, steps, atol=1e-5)


def test_an_initial_state_fits_the_inputs() -> None:
    cell, inputs = tf.nn.rnn_cell.BasicRNNCell(5), tf.zeros([3, 4])
    assert cell.get_initial_state(inputs).shape.as_list() == [3, 5]
    assert cell.get_initial_state(inputs, 3, tf.float32).shape.as_list() == [3, 5]
    with pytest.raises(ValueError, match="inputs of 3 rows and batch_size=50"):
        cell.get_initial_state(inputs, batch_size=50)
    with pytest.raises(ValueError, match="inputs of 3 rows and batch_size=50"):
        cell.get_initial_state(inputs, batch_size=tf.constant(50))
    with pytest.raises(ValueError, match="inputs of float32 and dtype"):
        cell.get_initial_state(inputs, dtype=tf.float16)


def test_a_static_cell_does_not_run_after_the_longest_sequence() -> None:
    calls = []

    class Counting(cells.BasicRNNCell):
        def call(self, inputs, state):
            seen = tf.py_func(lambda x: (calls.append(1), x)[1], [inputs], tf.float32)
            seen.set_shape(inputs.shape)
            return super().call(seen, state)

    lengths = tf.placeholder(tf.int32, [2])
    steps = [tf.constant(X[:, t]) for t in range(3)]
    outputs, state = tf.nn.static_rnn(Counting(3), steps, dtype=tf.float32, sequence_length=lengths)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for given, run in (([2, 1], 2), ([0, 0], 0), ([3, 3], 3)):
            calls.clear()
            found, last = sess.run([outputs, state], {lengths: given})
            assert len(calls) == run
            for row, length in enumerate(given):
                assert all(found[t][row].any() == (t < length) for t in range(3))
                np.testing.assert_array_equal(last[row], found[length - 1][row] if length else np.zeros(3))
