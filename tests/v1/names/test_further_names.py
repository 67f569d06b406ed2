"""Names and arguments of 1.15's time: kinds of variables, what is a tensor, lengths as numbers, flags given several times."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import ArgumentError
from deepkit.v1.platform import flags


def test_variables_take_all_of_their_arguments():
    with tf.Graph().as_default():
        tf.Variable(1.0, use_resource=True, aggregation=tf.VariableAggregation.SUM)
        tf.get_variable("w", [2], use_resource=True, synchronization=tf.VariableSynchronization.AUTO)
        assert len(tf.trainable_variables()) == 2
        tf.Variable(1.0, trainable=None)
        assert len(tf.trainable_variables()) == 3
        tf.Variable(1.0, synchronization=tf.VariableSynchronization.ON_READ)
        assert (len(tf.trainable_variables()), len(tf.global_variables())) == (3, 4)
        with pytest.raises(ArgumentError, match="ON_READ"):
            tf.Variable(1.0, trainable=True, synchronization=tf.VariableSynchronization.ON_READ)


def test_arrays_take_the_type_of_the_list_they_are_put_into():
    with tf.Graph().as_default(), tf.Session() as sess:
        rows = tf.TensorArray(tf.float32, 2).unstack(np.arange(6.0).reshape(2, 3))
        assert rows.read(1).dtype == tf.float32
        assert sess.run(rows.read(1)).tolist() == [3, 4, 5]
        written = tf.TensorArray(tf.float32, 1).write(0, np.ones(3)).stack()
        assert sess.run(written).tolist() == [[1, 1, 1]]
        assert tf.TensorArray(tf.float64, 2).unstack(np.ones((2, 3), "f")).read(0).dtype == tf.float64


def test_what_is_a_tensor():
    with tf.Graph().as_default():
        sparse = tf.SparseTensor([[0]], [1.0], [3])
        assert all(map(tf.is_tensor, (tf.constant(1), tf.Variable(1.0), sparse)))
        assert not any(map(tf.is_tensor, (1, np.zeros(2), [tf.constant(1)])))


def test_dimensions_and_values_as_numbers():
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [None, 3])
        assert [tf.dimension_value(d) for d in (*x.shape, 4, None)] == [None, 3, 4, None]
        assert tf.compat.dimension_value(tf.compat.dimension_at_index(x.shape, 1)) == 3
        assert tf.dimension_value(tf.dimension_at_index(tf.TensorShape(None), 1)) is None
        assert tf.get_static_value(tf.constant([1, 2]) + 1).tolist() == [2, 3]
        assert tf.get_static_value(x) is None


def test_the_constant_of_a_running_product_may_be_a_tensor():
    with tf.Graph().as_default(), tf.Session() as sess:
        assert sess.run(tf.cumprod([[1.0, 2], [3, 4]], tf.constant(0))).tolist() == [[1, 2], [3, 8]]


def test_cells_tell_their_variables_apart():
    with tf.Graph().as_default():
        cell = tf.nn.rnn_cell.BasicRNNCell(2)
        cell(tf.zeros([1, 3]), tf.zeros([1, 2]))
        assert len(cell.trainable_variables) == 2
        assert cell.non_trainable_variables == cell.non_trainable_weights == []


@pytest.fixture
def settings(monkeypatch):
    found = flags.FlagValues()
    monkeypatch.setattr(flags, "FLAGS", found)
    return found


def test_a_flag_given_several_times_is_a_list(settings):
    flags.DEFINE_multi_string("layer", "dense", "the layers")
    flags.DEFINE_multi_integer("size", [8, 4], "their sizes")
    flags.DEFINE_multi_float("rate", None, "rates")
    flags.DEFINE_multi_enum("kind", "a", ["a", "b"], "kinds")
    settings(["program", "--size=1", "--rate", "0.5", "--size=2", "--kind=b"])
    assert (settings.layer, settings.size, settings.rate, settings.kind) == (["dense"], [1, 2], [0.5], ["b"])
    settings(["program", "--size=3"])
    assert settings.size == [3]
    with pytest.raises(ArgumentError, match="--kind is 'c'"):
        settings(["program", "--kind=c"])
