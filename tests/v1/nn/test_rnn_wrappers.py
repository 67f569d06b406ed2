"""Wrappers around recurrent cells, and the errors of recurrent networks; dropped numbers are those of TensorFlow 2.21."""

from __future__ import annotations

import re

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit import errors

cells = tf.nn.rnn_cell
contrib = tf.contrib.rnn
X = np.random.default_rng(0).normal(size=(2, 3, 4)).astype(np.float32)  # (batch, time, depth)


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as g:
        yield g


def leaves(structure):
    if isinstance(structure, (list, tuple)):
        return [leaf for item in structure for leaf in leaves(item)]
    return [structure]


def fill(sess):
    """The same weights again, whatever made them."""
    rng = np.random.default_rng(1)
    for v in tf.global_variables():
        v.load(rng.normal(size=[int(d) for d in v.shape]), sess)


def names():
    return [v.name.removesuffix(":0") for v in tf.global_variables()]


def wrapped(cell, **options):
    outputs, state = tf.nn.dynamic_rnn(cell, X, dtype=tf.float32, **options)
    with tf.Session() as sess:
        fill(sess)
        return sess.run([outputs, *leaves(state)])


def test_dropout_of_outputs_with_a_seed():
    y, c, h = wrapped(cells.DropoutWrapper(cells.LSTMCell(4), output_keep_prob=0.7, seed=3))
    np.testing.assert_allclose(y[:, 0].ravel()[:6], [-0.0421, 0, -0.0649, 0, -0.1519, 0], atol=6e-5)
    assert (h != 0).all()
    np.testing.assert_allclose(y[:, 2][y[:, 2] != 0], (h / np.float32(0.7))[y[:, 2] != 0], rtol=1e-5)
    assert c.shape == (2, 4)


def test_dropout_of_states_spares_the_memory():
    cell = cells.DropoutWrapper(cells.LSTMCell(4), state_keep_prob=0.6, seed=5)
    _, c, h = wrapped(cell)
    assert (c != 0).all()
    assert (h == 0).any()


def test_which_states_are_dropped_can_be_chosen():
    keep_h = cells.DropoutWrapper(
        cells.LSTMCell(40), state_keep_prob=0.5, seed=5,
        dropout_state_filter_visitor=lambda s: cells.LSTMStateTuple(True, False) if isinstance(s, tuple) else True,
    )
    _, c, h = wrapped(keep_h)
    assert 0.2 < (c == 0).mean() < 0.8
    assert (h != 0).all()


def test_seeds_are_those_of_tensorflow():
    cell = cells.DropoutWrapper(cells.GRUCell(2), seed=3)
    assert [cell._seed_of(part, 0) for part in ("input", "state", "output")] == [371649270, 522019109, 787469663]


def test_variational_dropout_drops_the_same_at_every_step():
    cell = cells.DropoutWrapper(
        cells.GRUCell(30), output_keep_prob=0.5, variational_recurrent=True, dtype=tf.float32, seed=1
    )
    y, _ = wrapped(cell)
    assert 0.2 < (y == 0).mean() < 0.8
    assert ((y == 0) == (y[:1, :1] == 0)).all()


def test_a_fed_keep_probability():
    keep = tf.placeholder_with_default(1.0, [])
    outputs, _ = tf.nn.dynamic_rnn(
        cells.DropoutWrapper(cells.GRUCell(30), input_keep_prob=keep, output_keep_prob=keep), X, dtype=tf.float32
    )
    with tf.Session() as sess:
        fill(sess)
        assert (sess.run(outputs) != 0).all()
        assert 0.2 < (sess.run(outputs, {keep: 0.5}) == 0).mean() < 0.8


def test_residual():
    outputs = [
        tf.nn.dynamic_rnn(wrap(cells.GRUCell(4, name="one", reuse=tf.AUTO_REUSE)), X, dtype=tf.float32)[0]
        for wrap in (lambda c: c, cells.ResidualWrapper, lambda c: cells.ResidualWrapper(c, lambda i, o: 3 * i - o))
    ]
    assert len(names()) == 4
    with tf.Session() as sess:
        fill(sess)
        plain, added, other = sess.run(outputs)
    np.testing.assert_allclose(added, plain + X, atol=1e-6)
    np.testing.assert_allclose(other, 3 * X - plain, atol=1e-6)


def test_projections_have_layers_of_their_own():
    cell = contrib.OutputProjectionWrapper(contrib.InputProjectionWrapper(cells.BasicRNNCell(3), 5), 2, tf.nn.relu)
    outputs, state = tf.nn.dynamic_rnn(cell, X, dtype=tf.float32)
    inner = "rnn/output_projection_wrapper/input_projection_wrapper"
    assert names() == [
        f"{inner}/kernel", f"{inner}/bias", f"{inner}/basic_rnn_cell/kernel", f"{inner}/basic_rnn_cell/bias",
        "rnn/output_projection_wrapper/kernel", "rnn/output_projection_wrapper/bias",
    ]
    assert outputs.shape.as_list() == [2, 3, 2]
    with tf.Session() as sess:
        fill(sess)
        y, h, w, b = sess.run([outputs, state, *tf.global_variables()[-2:]])
    np.testing.assert_allclose(y[:, -1], np.maximum(h @ w + b, 0), atol=1e-6)


# ---- errors


class Misnamed(cells.RNNCell):
    state_size = 4

    @property
    def output(self):
        return 4

    def call(self, inputs, state):
        return inputs, state


def series(*shape):
    return tf.placeholder(tf.float32, shape)


WRONG = {
    "dtype": (lambda: tf.nn.dynamic_rnn(cells.GRUCell(3), X), "without initial_state needs dtype"),
    "class": (lambda: tf.nn.dynamic_rnn(cells.GRUCell, X, dtype=tf.float32), r"not the class GRUCell.*GRUCell\(num_units"),
    "list": (lambda: tf.nn.dynamic_rnn([cells.GRUCell(3)], X), "one cell, not a list.*MultiRNNCell"),
    "no cell": (lambda: tf.nn.static_rnn("gru", [X[0]]), "'gru' is not a cell.*output_size"),
    "no time": (lambda: tf.nn.dynamic_rnn(cells.GRUCell(3), series(None, 4)), r"shape \(\?, 4\).*\(batch, time, depth\)"),
    "depth": (lambda: tf.nn.dynamic_rnn(cells.GRUCell(3), series(2, 3, None)), "known before the graph runs"),
    "integers": (
        lambda: tf.nn.dynamic_rnn(cells.LSTMCell(3), np.zeros((2, 3, 4), np.int32), dtype=tf.float32),
        "inputs are int32.*embedding_lookup",
    ),
    "not a list": (lambda: tf.nn.static_rnn(cells.GRUCell(3), tf.constant(X)), r"tf.unstack\(x, axis=1\)"),
    "all steps at once": (
        lambda: tf.nn.static_rnn(cells.GRUCell(3), [tf.constant(X)], dtype=tf.float32), "one time step.*dynamic_rnn",
    ),
    "state": (
        lambda: tf.nn.dynamic_rnn(cells.LSTMCell(3), X, initial_state=np.zeros((2, 3), np.float32)), r"LSTMStateTuple\(c, h\)",
    ),
    "state size": (
        lambda: tf.nn.dynamic_rnn(cells.GRUCell(3), X, initial_state=np.zeros((2, 5), np.float32)), r"\(2, 5\).*keeps 3 numbers",
    ),
    "lengths": (
        lambda: tf.nn.dynamic_rnn(cells.GRUCell(3), X, [1, 2, 3], dtype=tf.float32), r"shape \(3,\) for a batch of 2",
    ),
    "lengths type": (
        lambda: tf.nn.dynamic_rnn(cells.GRUCell(3), X, [1.0, 2.0], dtype=tf.float32), "sequence_length is float32",
    ),
    "sizes": (
        lambda: tf.nn.dynamic_rnn(cells.ResidualWrapper(cells.GRUCell(3)), X, dtype=tf.float32), "both have one shape",
    ),
    "probability": (lambda: cells.DropoutWrapper(cells.GRUCell(3), 50), "input_keep_prob=50.*share that stays"),
    "masks": (lambda: cells.DropoutWrapper(cells.GRUCell(3), variational_recurrent=True), "without dtype"),
    "units": (lambda: cells.GRUCell(0), "num_units=0"),
    "activation": (lambda: cells.GRUCell(3, activation="rleu"), "activation='rleu'"),
    "groups": (lambda: contrib.GLSTMCell(4, number_of_groups=3), "num_units 4 with 3 groups"),
    "misnamed": (lambda: tf.nn.dynamic_rnn(Misnamed(), X, dtype=tf.float32), "Misnamed does not say its output_size"),
    "batch": (lambda: cells.GRUCell(3).zero_state(series(None, 4).shape[0], tf.float32), r"tf.shape\(x\)\[0\]"),
    "fused": (lambda: contrib.LSTMBlockFusedCell(3)(X), "needs dtype"),
    "nested": (
        lambda: cells.MultiRNNCell([cells.LSTMCell(3)], state_is_tuple=False), "need cells whose own state is one tensor",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_errors_say_what_to_do(name):
    call, message = WRONG[name]
    with pytest.raises(errors.DeepkitError) as caught:
        call()
    error = caught.value
    said = " ".join(filter(None, (error.what, error.rule, error.hint)))  # not `where`, which quotes the line above
    assert re.search(message, said), str(error)
    assert error.where is None or "test_rnn_wrappers.py" in error.where


def test_one_cell_in_several_layers():
    with pytest.warns(errors.GraphWarning, match="one cell several times"):
        stack = cells.MultiRNNCell([cells.LSTMCell(3)] * 2)
    with pytest.raises(errors.ShapeError, match="built for inputs of 4 features and is now given 3"):
        tf.nn.dynamic_rnn(stack, X, dtype=tf.float32)


def test_variables_know_the_line_that_made_them():
    tf.nn.dynamic_rnn(cells.GRUCell(3), X, dtype=tf.float32)
    assert all("test_rnn_wrappers.py" in str(v.node.site) for v in tf.global_variables())


# ---- notebooks


@pytest.fixture
def shell(graph):
    pytest.importorskip("IPython", reason="IPython is not installed: there are no notebook cells")
    from IPython.core.interactiveshell import InteractiveShell

    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(history_length=0)
    shell.history_manager.enabled = False
    shell.push({"tf": tf, "x": X})
    yield shell
    InteractiveShell.clear_instance()


def test_a_notebook_cell_that_unrolls_can_be_run_again(shell):
    def run(source):
        shell.run_cell(source, store_history=True).raise_error()
        return names()

    run("cells = tf.nn.rnn_cell")
    run("stack = cells.MultiRNNCell([cells.GRUCell(3), cells.LSTMCell(2)])")
    first, second = (run("y, _ = tf.nn.dynamic_rnn(stack, x, dtype=tf.float32)") for _ in range(2))
    assert first == second
    assert len(first) == 6
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        assert sess.run(shell.user_ns["y"]).shape == (2, 3, 2)


class Diary(cells.RNNCell):
    """Doubles its input and keeps everything it said; counts its steps."""

    state_size = (tf.TensorShape([]), tf.TensorShape([4]))
    output_size = 4

    def zero_state(self, batch_size, dtype):
        return tf.constant(0), tf.TensorArray(dtype, size=0, dynamic_size=True)

    def __call__(self, inputs, state, scope=None):
        time, said = state
        return inputs * 2.0, (time + 1, said.write(time, inputs * 2.0))


@pytest.mark.parametrize("given", [False, True], ids=["zeros", "a given state"])
def test_a_list_in_the_state_grows_and_goes_on_past_the_ends(given):
    cell = Diary()
    first = cell.zero_state(2, tf.float32) if given else None
    x = tf.constant(X)
    outputs, (time, said) = tf.nn.dynamic_rnn(cell, x, [1, 3], first, tf.float32)
    slope = tf.gradients(said.stack()[2], x)[0]
    with tf.Session() as sess:
        y, steps, kept, dx = sess.run([outputs, time, said.stack(), slope])
    expected = 2 * X
    np.testing.assert_allclose(kept, expected.transpose(1, 0, 2))
    expected[0, 1:] = 0
    np.testing.assert_allclose(y, expected)
    assert steps == 3
    np.testing.assert_array_equal(dx, np.broadcast_to([[0], [0], [2]], dx.shape))


KERAS_CELLS = {  # the last output of the second series; weights are linspace(-.5, .7); TensorFlow 2.21
    "LSTM": (lambda: tf.keras.layers.LSTMCell(4, recurrent_activation="hard_sigmoid"), list,
             [0.3416558, 0.4484539, 0.55501556, 0.65731883]),
    "GRU": (lambda: tf.keras.layers.GRUCell(4, recurrent_activation="hard_sigmoid", reset_after=False), np.ndarray,
            [0.84965134, 0.88785267, 0.9076851, 0.9141443]),
    "RNN": (lambda: tf.keras.layers.SimpleRNNCell(4), np.ndarray, [-0.13307056, 0.6483392, 0.9326953, 0.9886955]),
    "stacked": (lambda: tf.keras.layers.StackedRNNCells([
        tf.keras.layers.LSTMCell(4, recurrent_activation="hard_sigmoid"),
        tf.keras.layers.GRUCell(2, recurrent_activation="hard_sigmoid", reset_after=False),
    ]), tuple, [0.8252121, 0.893751]),
}


@pytest.mark.parametrize("unroll", [tf.nn.dynamic_rnn, tf.nn.static_rnn], ids=["dynamic", "static"])
@pytest.mark.parametrize("name", KERAS_CELLS)
def test_cells_of_keras(name, unroll):
    make, kind, last = KERAS_CELLS[name]
    x = tf.constant(np.linspace(-1, 1, 30).reshape(2, 5, 3), tf.float32)
    outputs, state = unroll(make(), x if unroll is tf.nn.dynamic_rnn else tf.unstack(x, axis=1), dtype=tf.float32)
    final = outputs[:, -1] if unroll is tf.nn.dynamic_rnn else outputs[-1]
    variables = tf.trainable_variables()
    assert len({v.name for v in variables}) == len(variables)
    assert all(g is not None for g in tf.gradients(final, variables))
    with tf.Session() as sess:
        for v in variables:
            v.load(np.linspace(-0.5, 0.7, int(np.prod(v.shape.as_list()))).reshape(v.shape.as_list()), sess)
        y, states = sess.run([final, state])
    np.testing.assert_allclose(y[1], last, rtol=2e-6)
    assert type(states) is kind


def test_weights_of_a_layer_in_a_loop_carry_its_name():
    turn = lambda i, y: (i + 1, tf.keras.layers.Dense(4, name="two")(tf.keras.layers.Dense(4, name="one")(y)))  # noqa: E731
    tf.while_loop(lambda i, y: i < 3, turn, [tf.constant(0), tf.constant(X[0])])
    assert names() == ["one/kernel", "one/bias", "two/kernel", "two/bias"]


def test_a_loop_ends_with_the_longest_sequence():
    """As in TensorFlow: a cell that draws, or counts, does so once for each step that some sequence has, once at least."""
    calls = []

    class Counting(tf.nn.rnn_cell.RNNCell):
        state_size = output_size = 3

        def call(self, inputs, state):
            counted = tf.py_func(lambda x: (calls.append(1), x)[1], [inputs], tf.float32)
            counted.set_shape(inputs.shape)
            return counted + state, state + 1.0

    with tf.Graph().as_default(), tf.Session() as sess:
        lengths = tf.placeholder(tf.int32, [None])
        outputs, state = tf.nn.dynamic_rnn(Counting(), tf.ones([2, 5, 3]), lengths, dtype=tf.float32)
        assert outputs.shape.as_list() == [2, 5, 3]
        for given, steps in (([2, 1], 2), ([0, 0], 1), ([5, 0], 5), ([9, 9], 5)):
            calls.clear()
            found, last = sess.run([outputs, state], {lengths: given})
            assert len(calls) == steps
            assert found[:, :, 0].tolist() == [[1.0 + t if t < n else 0.0 for t in range(5)] for n in given]
            assert last[:, 0].tolist() == [min(n, 5) for n in given]
