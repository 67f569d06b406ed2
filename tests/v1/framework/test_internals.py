"""Names without a public place that programs import: what they compute, and the later names of tf.gfile and tf.nest."""

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import ArgumentError, DataError
from deepkit.v1.framework import freezing, internals


@pytest.fixture(autouse=True)
def sess():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


def test_smart_cond_calls_only_the_function_of_a_known_condition(sess):
    def never():
        raise AssertionError("called")

    assert internals.smart_cond(True, lambda: 1, never) == 1
    assert internals.smart_cond(tf.constant(False), never, lambda: 2) == 2
    p = tf.placeholder(tf.bool)
    chosen = internals.smart_cond(p, lambda: tf.constant(1), lambda: tf.constant(2))
    assert [sess.run(chosen, {p: flag}) for flag in (True, False)] == [1, 2]


def test_a_tensor_waits_for_its_dependencies(sess):
    v = tf.Variable(1.0)
    after = internals.with_dependencies([v.assign_add(1.0)], tf.constant(5.0))
    sess.run(tf.global_variables_initializer())
    assert sess.run(after) == 5.0
    assert sess.run(v) == 2.0


def test_a_moving_average_with_and_without_bias(sess):
    plain, fair = tf.Variable([0.0], name="plain"), tf.Variable([0.0], name="fair")
    x = tf.placeholder(tf.float32, [1])
    moves = [internals.assign_moving_average(plain, x, 0.9, zero_debias=False), internals.assign_moving_average(fair, x, 0.9)]
    sess.run(tf.global_variables_initializer())
    for value in (4.0, 8.0):
        sess.run(moves, {x: [value]})
    # 0.9 * (0.1 * 4) + 0.1 * 8 = 1.16, divided by 1 - 0.9^2
    np.testing.assert_allclose(sess.run([plain, fair]), [[1.16], [1.16 / 0.19]], rtol=1e-6)


def test_shapes_by_their_number_of_axes():
    made = [internals.scalar(), internals.vector(3), internals.matrix(2, None)]
    assert [s.as_list() for s in made] == [[], [3], [2, None]]
    assert internals.unknown_shape().ndims is None
    assert internals.unknown_shape(2).as_list() == [None, None]


def test_a_file_is_written_and_read_at_once(tmp_path):
    path = str(tmp_path / "a.txt")
    internals.write_string_to_file(path, "é")
    assert internals.read_file_to_string(path) == "é"
    assert internals.read_file_to_string(path, binary_mode=True) == "é".encode()
    assert tf.io.gfile.exists(path)
    tf.io.gfile.makedirs(str(tmp_path / "b" / "c"))
    assert tf.io.gfile.listdir(str(tmp_path)) == ["a.txt", "b"]
    tf.io.gfile.rmtree(str(tmp_path / "b"))
    assert tf.io.gfile.glob(str(tmp_path / "*")) == [path]


def test_nested_values_leaf_by_leaf():
    nested = {"b": [1, (2, 3)], "a": 0}
    assert tf.nest.flatten(nested) == [0, 1, 2, 3]
    assert tf.nest.map_structure(lambda x, y: x * y, nested, nested) == {"b": [1, (4, 9)], "a": 0}
    assert tf.nest.pack_sequence_as(nested, list("wxyz")) == {"b": ["x", ("y", "z")], "a": "w"}
    assert tf.nest.is_nested((1,))
    assert not tf.nest.is_nested(np.ones(2))
    tf.nest.assert_same_structure([1, 2], (1, 2), check_types=False)
    for other in ((1, 2), [1], 1, [1, [2]]):
        with pytest.raises(ArgumentError, match="not of one structure"):
            tf.nest.assert_same_structure([1, 2], other)
    with pytest.raises(ArgumentError, match="2 values for 4 leaves"):
        tf.nest.pack_sequence_as(nested, [1, 2])


@pytest.mark.parametrize(("repeats", "axis"), [(2, None), (3, 0), ([1, 0, 2], 1), ([2], -1), ([4, 1], 0)])
def test_entries_are_repeated_as_numpy_repeats_them(sess, repeats, axis):
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert sess.run(tf.repeat(x, repeats, axis)).tolist() == np.repeat(x, repeats, axis).tolist()


def test_a_graph_file_and_a_checkpoint_become_one_file_without_variables(sess, tmp_path):
    x = tf.placeholder(tf.float32, [None], name="x")
    w = tf.Variable([2.0], name="w")
    tf.add(x * w, 1.0, name="y")
    sess.run(tf.global_variables_initializer())
    saved = tf.train.Saver().save(sess, str(tmp_path / "model"))
    tf.train.write_graph(sess.graph, str(tmp_path), "graph.pb")
    target = str(tmp_path / "frozen.pb")
    freezing.freeze_graph(
        str(tmp_path / "graph.pb"), "", False, saved, "y", "save/restore_all", "save/Const:0", target, True, "",
    )
    with tf.Graph().as_default(), tf.Session() as other:
        frozen = tf.GraphDef()
        with tf.gfile.GFile(target, "rb") as file:
            frozen.ParseFromString(file.read())
        y, again = tf.import_graph_def(frozen, return_elements=["y:0", "x:0"], name="")
        assert not tf.global_variables()
        assert other.run(y, {again: [3.0]}).tolist() == [7.0]
    with pytest.raises(DataError, match="nowhere"):
        freezing.freeze_graph(str(tmp_path / "nowhere.pb"), "", True, saved, "y")
    with pytest.raises(ArgumentError, match="output_node_names"):
        freezing.freeze_graph(str(tmp_path / "graph.pb"), "", True, saved, "")
