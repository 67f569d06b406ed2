"""Bring your own: what does the same takes the place of the library's, what does not leaves it, and both can be undone."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit as dk
import deepkit.v1 as tf
from deepkit import keras
from deepkit.errors import ArgumentError
from deepkit.testing import bring, give_back

X = np.array([[0.5, -1.0, 2.0]])


@pytest.fixture(autouse=True)
def given_back():
    yield
    give_back()


def softplus(factor=1.0, slope=1.0, second=True):
    """An op of a learner's; `slope` and `second` spoil its first and second derivative."""

    class Softplus(dk.Op):
        kinds = "f"
        runs = 0

        def forward(self, xp, x):
            type(self).runs += 1
            return (factor * xp.logaddexp(x, 0)).astype(x.dtype)

        def gradient(self, dy, y, x):
            rate = dk.sigmoid(x)
            return slope * dy * (rate if second else dk.stop_gradient(rate))

    return Softplus


def test_an_op_takes_the_place_of_ours_eagerly_and_in_graphs():
    mine = softplus()
    assert repr(bring(mine, X)) == "from now on, Softplus is yours"
    mine.runs = 0
    assert np.allclose(dk.softplus(X).numpy(), np.log1p(np.exp(X)))
    with tf.Graph().as_default(), tf.Session() as sess:
        x = tf.placeholder(tf.float64, [None, 3])
        y = tf.nn.softplus(x)
        (slope,) = tf.gradients(y, [x])
        value, slopes = sess.run([y, slope], {x: X})
    assert type(y.op.op) is mine
    assert mine.runs == 2
    assert np.allclose(slopes, 1 / (1 + np.exp(-X)))
    give_back()
    dk.softplus(X)
    assert mine.runs == 2
    assert np.allclose(value, dk.softplus(X).numpy())


@pytest.mark.parametrize(("spoiled", "problem"), [
    ({"factor": 1.01}, "value"), ({"slope": 1.01}, "derivative"), ({"second": False}, "second derivative"),
])
def test_an_op_is_checked_to_second_order_and_ours_goes_on(spoiled, problem):
    mine = softplus(**spoiled)
    result = bring(mine, X)
    assert result.used is not mine
    assert problem in result.problem
    mine.runs = 0
    assert np.allclose(dk.softplus(X).numpy(), np.log1p(np.exp(X)))
    assert mine.runs == 0


def test_an_op_that_knows_fewer_attributes_stands_only_where_none_is_given():
    class LeakyRelu(dk.Op):
        kinds = "f"

        def forward(self, xp, x):
            return xp.where(x > 0, x, x * x.dtype.type(0.2))

        def gradient(self, dy, y, x):
            return dk.where(x > 0, dy, dy * 0.2)

    result = bring(LeakyRelu, X)
    assert np.allclose(dk.leaky_relu(X, 0.5).numpy(), np.where(X > 0, X, 0.5 * X)), result


class Dense(keras.layers.Layer):
    bias_of = "zeros"

    def __init__(self, units, **options):
        super().__init__(**options)
        self.units = units

    def build(self, shape):
        self.kernel = self.add_weight(name="kernel", shape=(int(shape[-1]), self.units), initializer="glorot_uniform")
        self.bias = self.add_weight(name="bias", shape=(self.units,), initializer="zeros")
        super().build(shape)

    def call(self, x):
        return dk.matmul(x, self.kernel) + self.bias


class Forgetful(Dense):
    def call(self, x):
        return dk.matmul(x, dk.stop_gradient(self.kernel)) + self.bias


def test_a_layer_takes_the_name_of_ours():
    ours = keras.layers.Dense
    assert bring(Dense, np.ones((4, 3)), units=2).problem is None
    assert keras.layers.Dense is Dense
    assert type(keras.layers.deserialize({"class_name": "Dense", "config": {"units": 3}})) is Dense
    give_back("Dense")
    assert keras.layers.Dense is ours
    assert type(keras.layers.deserialize({"class_name": "Dense", "config": {"units": 3}})) is ours
    result = bring(Forgetful, np.ones((4, 3)), name="Dense", units=2)
    assert "the losses of training differ" in result.problem
    assert keras.layers.Dense is ours


def test_a_loss_and_an_optimizer_are_found_by_their_names():
    def mean_squared_error(true, predicted):
        return dk.reduce_mean(dk.square(true - predicted), axis=-1)

    class SGD(keras.optimizers.Optimizer):
        def __init__(self, learning_rate=0.01, **options):
            super().__init__(**options)
            self.rate = learning_rate

        def get_updates(self, loss, params):
            slopes = self.get_gradients(loss, params)
            return [keras.backend.update_sub(p, self.rate * slope) for p, slope in zip(params, slopes, strict=True)]

    assert bring(mean_squared_error).problem is None
    assert keras.losses.get("mse") is keras.losses.mean_squared_error is mean_squared_error
    assert bring(SGD, learning_rate=0.3).problem is None
    assert type(keras.optimizers.get("sgd")) is SGD
    assert "differ" in bring(lambda true, predicted: dk.reduce_sum(dk.square(true - predicted), -1), name="mse").problem
    give_back()
    assert keras.losses.get("mse") is not mean_squared_error
    assert type(keras.optimizers.get("sgd")) is keras.optimizers.SGD


def test_an_unfinished_class_leaves_ours():
    class Adam(keras.optimizers.Optimizer):
        def get_updates(self, loss, params):
            raise NotImplementedError()

    assert repr(bring(Adam)) == "Adam stays the library's: NotImplementedError"
    assert keras.optimizers.Adam is not Adam


def test_what_the_library_does_not_have_is_said():
    with pytest.raises(ArgumentError, match="no op 'Softpluss'"):
        bring(softplus(), X, name="Softpluss")
    with pytest.raises(ArgumentError, match="no 'Densse'") as error:
        bring(Dense, np.ones((4, 3)), name="Densse", units=2)
    assert "Dense" in str(error.value)
