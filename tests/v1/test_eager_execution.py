"""Eager execution as TensorFlow 1 had it: values at once, variables, derivatives, layers, data sets, training."""

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit import keras
from deepkit.errors import GradientError, GraphError, GraphWarning


@pytest.fixture(autouse=True)
def at_once():
    before = tf.Variable
    tf.reset_default_graph()
    tf.enable_eager_execution()
    yield
    tf.reset_default_graph()
    tf.Variable = before


tfe = tf.contrib.eager


def test_functions_of_tf_compute_at_once():
    assert tf.executing_eagerly()
    a = tf.constant([[2.0, 1.0], [1.0, 0.0]])
    assert (a + np.ones([2, 2])).numpy().tolist() == [[3.0, 2.0], [2.0, 1.0]]
    assert tf.matmul(a, tf.ones([2, 1])).numpy().tolist() == [[3.0], [1.0]]
    assert float(tf.reduce_mean(tf.cast(tf.equal(tf.argmax(a, 1), [0, 1]), tf.float32))) == 0.5
    assert f"{tf.reduce_sum(a):.3f}" == "4.000"
    assert tf.random_normal([2, 3]).numpy().shape == (2, 3)


def test_a_graph_of_ones_own_stays_a_graph():
    with tf.Graph().as_default(), tf.Session() as sess:
        assert not tf.executing_eagerly()
        v = tf.Variable(2.0)
        assert isinstance(v, tf.Variable)
        assert not isinstance(v + 1.0, tf.Variable)
        total = v + tf.constant(1.0)
        sess.run(tf.global_variables_initializer())
        assert sess.run(total) == 3.0


def test_eager_execution_begins_before_the_first_node():
    tf.reset_default_graph()
    tf.constant(1.0)
    with pytest.raises(GraphError, match="nodes already"):
        tf.enable_eager_execution()


def test_the_derivatives_of_variables_a_function_uses_train_them():
    w, b = tfe.Variable(0.5, name="w"), tf.Variable([1.0])
    x = np.array([1.0, 2.0, 3.0], np.float32)

    def loss(inputs):
        return tf.reduce_sum(tf.square(w * inputs + b - 2.0 * inputs))

    value, pairs = tfe.implicit_value_and_gradients(loss)(x)
    assert float(value) == pytest.approx(16.5)  # the errors are -0.5, -2 and -3.5
    assert {v.name: np.asarray(d).reshape(()).item() for d, v in pairs} == {"w:0": -30.0, "Variable:0": -12.0}
    optimizer = tf.train.GradientDescentOptimizer(0.01)
    optimizer.apply_gradients(tfe.implicit_gradients(loss)(x))
    assert (w.numpy().item(), b.numpy().tolist()) == (pytest.approx(0.8), [pytest.approx(1.12)])
    optimizer.minimize(lambda: loss(x))
    assert w.numpy().item() > 0.9


def test_a_function_without_variables_is_an_error_that_says_so():
    with pytest.raises(GradientError, match="uses no trainable variable"):
        tfe.implicit_gradients(lambda x: x * x)(tf.constant(1.0))


def test_derivatives_by_arguments_can_be_nested():
    square = tfe.gradients_function(lambda x: x * x * x)
    assert square(2.0)[0].numpy() == 12.0
    assert tfe.gradients_function(lambda x: square(x)[0])(2.0)[0].numpy() == 12.0


def test_a_tape_gives_what_gradients_gives():
    v, x = tf.Variable(3.0), tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = v * x * x
    assert [d.numpy().item() for d in tape.gradient(y, [v, x])] == [4.0, 12.0]
    assert tape.gradient(y, {"v": v})["v"].numpy() == 4.0
    with pytest.warns(GraphWarning, match="does not watch"):
        assert tape.gradient(y, tf.constant(1.0)) is None


def test_a_network_of_layers_learns_a_line():
    tf.set_random_seed(1)

    class Net(tfe.Network):
        def __init__(self):
            super().__init__()
            self.hidden = self.track_layer(tf.layers.Dense(8, activation=tf.nn.tanh))
            self.out = self.track_layer(tf.layers.Dense(1))

        def call(self, x):
            return self.out(self.hidden(x))

    net, optimizer = Net(), tf.train.AdamOptimizer(0.05)
    x = np.linspace(-1, 1, 20, dtype=np.float32)[:, None]
    gradient = tfe.implicit_gradients(lambda x, y: tf.losses.mean_squared_error(y, net(x)))
    for _ in range(150):
        optimizer.apply_gradients(gradient(x, 0.5 * x))
    assert len(net.variables) == 4
    assert net.hidden.kernel.shape == (1, 8)
    assert float(tf.losses.mean_squared_error(0.5 * x, net(x))) < 1e-3
    assert not tf.losses.get_losses()


def test_a_data_set_is_gone_through_by_a_loop_and_by_next():
    dataset = tf.data.Dataset.from_tensor_slices(([1.0, 2.0, 3.0], [1, 2, 3])).map(lambda x, n: (x * 2, n)).batch(2)
    assert [(x.numpy().tolist(), n.numpy().tolist()) for x, n in dataset] == [([2.0, 4.0], [1, 2]), ([6.0], [3])]
    iterator = tfe.Iterator(dataset)
    assert iterator.next()[1].numpy().tolist() == [1, 2]
    assert len(list(iterator)) == 1
    with pytest.raises(tf.errors.OutOfRangeError):
        iterator.get_next()


def test_a_data_set_of_a_graph_is_no_loop():
    with tf.Graph().as_default(), pytest.raises(GraphError, match="gone through in a graph"):
        list(tf.data.Dataset.range(3))


def test_a_keras_model_is_trained_by_a_tape_and_by_fit():
    model = keras.Sequential([keras.layers.Dense(1, input_shape=(2,), kernel_initializer="ones", use_bias=False)])
    x, y = np.array([[1.0, 2.0]], np.float32), np.array([[1.0]], np.float32)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(model(x) - y))
    grads = tape.gradient(loss, model.trainable_weights)
    assert grads[0].numpy().tolist() == [[4.0], [8.0]]
    tf.train.GradientDescentOptimizer(0.1).apply_gradients(zip(grads, model.trainable_weights, strict=True))
    assert model.get_weights()[0].tolist() == [[pytest.approx(0.6)], [pytest.approx(0.2)]]
    model.compile("sgd", "mse")
    assert model.fit(x, y, epochs=2, verbose=0).history["loss"][1] < 1e-2
