"""Initializers: TensorFlow's digits for given seeds, shapes, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.core.symbol import Symbol
from deepkit.core.tensor import Tensor
from deepkit.errors import ArgumentError, DTypeError, ShapeError
from deepkit.train import initializers as init

# What tf.compat.v1 of TensorFlow 2.21 gives for shape [2, 3].
DIGITS = [
    (init.RandomNormal(1.0, 2.0, 3), [3.123324, -0.7571566, 1.223744, 1.370234, 2.818451, -0.4757447]),
    (init.RandomUniform(-1, 1, 3), [-0.2261412, -0.2799475, 0.9537592, -0.8269672, 0.007602453, -0.2829962]),
    (init.TruncatedNormal(0.0, 0.1, 5), [-0.1178083, -0.07099414, -0.1748158, -0.04953723, -0.08641533, 0.1245701]),
    (init.UniformUnitScaling(1.43, 2), [0.6261082, 0.7501214, -0.1057243, -0.06315601, -0.07572377, 0.188783]),
    (init.VarianceScaling(seed=1), [-0.6521963, 1.193428, 0.05251648, 0.07978305, 0.5142348, 1.294935]),
    (init.VarianceScaling(2.0, "fan_out", "uniform", 1),
        [-0.7381137, 1.189069, -1.271343, -0.01203644, 0.9490002, -1.339344]),
    (init.VarianceScaling(2.0, "fan_avg", "untruncated_normal", 1),
        [-0.7256651, 1.327865, 0.05843237, -2.184821, 0.08877047, 0.5288071]),
    (init.GlorotUniform(1), [-0.5717404, 0.9210494, -0.9847779, -0.009323359, 0.7350925, -1.037451]),
    (init.GlorotNormal(1), [-0.5833421, 1.067434, 0.04697217, 0.07136013, 0.4599456, 1.158225]),
    (init.HeNormal(7), [-0.05337007, -1.368653, 1.326513, 1.330817, 0.8146944, 0.6492916]),
    (init.HeUniform(7), [-0.05563021, 0.02148807, -0.8482069, -1.299931, 1.499991, 0.5702235]),
    (init.LecunNormal(7), [-0.03773834, -0.9677839, 0.9379866, 0.9410295, 0.576076, 0.4591185]),
    (init.LecunUniform(7), [-0.03933644, 0.0151943, -0.5997729, -0.91919, 1.060654, 0.4032089]),
    (init.Orthogonal(2.0, 3), [1.514216, 0.1595598, 1.2968, -0.173157, 1.992028, -0.04291372]),
]


@pytest.mark.parametrize(("initializer", "expected"), DIGITS, ids=lambda x: str(x) if not isinstance(x, list) else "")
def test_the_digits_are_tensorflows(initializer, expected) -> None:
    result = initializer([2, 3])
    assert isinstance(result, Tensor)
    assert result.dtype is tf.float32
    np.testing.assert_allclose(result.numpy().ravel(), expected, rtol=1e-5)


def test_the_digits_of_filters_are_tensorflows() -> None:
    # TensorFlow 2.21: the first six numbers of shape [2, 2, 2, 3]
    glorot, orthogonal = init.GlorotNormal(1)([2, 2, 2, 3]), init.Orthogonal(2.0, 3)([2, 2, 2, 3])
    expected = [-0.2916711, 0.5337172, 0.02348608, 0.03568007, 0.2299728, 0.5791125]
    np.testing.assert_allclose(glorot.numpy().ravel()[:6], expected, rtol=1e-5)
    expected = [0.7055836, -0.09303245, 0.1607199, 0.1230294, 0.738089, -0.6214513]
    np.testing.assert_allclose(orthogonal.numpy().ravel()[:6], expected, rtol=1e-5)


@pytest.mark.parametrize("shape", [(7, 4), (4, 7), (5, 5)])
def test_orthogonal_is_orthogonal(shape) -> None:
    q = init.Orthogonal(gain=3.0, dtype="float64")(shape).numpy()
    small = q @ q.T if shape[0] < shape[1] else q.T @ q
    np.testing.assert_allclose(small, 9 * np.eye(min(shape)), atol=1e-12)


@pytest.mark.parametrize("name", sorted(init.NAMED))
def test_a_graph_gets_a_node_and_the_same_numbers(name) -> None:
    cls = init.NAMED[name]
    named = "seed" in cls.__init__.__code__.co_varnames
    with tf.Graph().as_default(), tf.Session() as sess:
        made = getattr(tf.initializers, name)(**({"seed": 3} if named else {}))([4, 4])
        assert isinstance(made, Symbol)
        assert made.shape == [4, 4]
        value = sess.run(made)
    np.testing.assert_array_equal(value, cls(**({"seed": 3} if named else {}))([4, 4]).numpy())


def test_constant() -> None:
    assert init.Constant(2.5)([2, 2]).numpy().tolist() == [[2.5, 2.5], [2.5, 2.5]]
    assert init.Constant([[1, -1], [0, 2]])([2, 2, 1, 1]).numpy().ravel().tolist() == [1, -1, 0, 2]
    assert init.Constant([1, 2])([2, 2]).numpy().tolist() == [[1, 2], [2, 2]]  # the last one is repeated
    assert init.Constant(1)([2], dtype="int32").dtype is tf.int32
    with pytest.raises(ShapeError, match="at most as many"):
        init.Constant([1, 2, 3])([2])
    with pytest.raises(ShapeError, match="the same shape"):
        init.Constant([1, 2, 3, 4], verify_shape=True)([2, 2])
    with pytest.raises(ArgumentError, match="initializer=tensor"):
        init.Constant(tf.zeros([2]))


def test_zeros_of_any_type_and_identity() -> None:
    assert init.Zeros()([2], "bool").numpy().tolist() == [False, False]
    assert init.Zeros("string")([1]).numpy().tolist() == [b""]
    assert init.Identity(2.0)([2, 3]).numpy().tolist() == [[2, 0, 0], [0, 2, 0]]


def test_what_is_refused() -> None:
    with pytest.raises(ShapeError, match="not known before the graph runs"):
        init.GlorotUniform()(tf.TensorShape([None, 3]))
    with pytest.raises(ShapeError, match="a shape that is known"):
        init.GlorotUniform()(tf.placeholder(tf.int32, [2]))
    with pytest.raises(ShapeError, match="two axes"):
        init.Identity()([2, 2, 2])
    with pytest.raises(ShapeError, match="at least two axes"):
        init.Orthogonal()([3])
    with pytest.raises(ArgumentError, match="scale > 0"):
        init.VarianceScaling(0.0)
    with pytest.raises(ArgumentError, match="fan_avg"):
        init.VarianceScaling(mode="fan")
    with pytest.raises(ArgumentError, match="untruncated_normal"):
        init.VarianceScaling(distribution="gauss")
    with pytest.raises(DTypeError, match="floating-point"):
        init.GlorotUniform(dtype="int32")


def test_the_arguments_travel() -> None:
    config = init.VarianceScaling(2.0, "fan_out", "uniform", 4).get_config()
    assert config == {"scale": 2.0, "mode": "fan_out", "distribution": "uniform", "seed": 4, "dtype": "float32"}
    copy = init.VarianceScaling.from_config(config)
    np.testing.assert_array_equal(
        copy([3, 3]).numpy(), init.VarianceScaling(2.0, "fan_out", "uniform", 4)([3, 3]).numpy()
    )
    assert init.GlorotUniform(3).get_config() == {"seed": 3, "dtype": "float32"}
    assert tf.initializers.he_normal(seed=5).get_config() == {"seed": 5, "dtype": "float32"}
