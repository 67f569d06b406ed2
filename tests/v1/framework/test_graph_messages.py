"""Graphs in words: frozen, written, read, put into other graphs with other inputs."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import ArgumentError, DataError, NameNotFoundError, UninitializedError


@pytest.fixture
def model():
    """A session with a graph that has a variable, a branch that reads it, and a training step."""
    with tf.Graph().as_default(), tf.Session() as sess:
        x = tf.placeholder(tf.float32, [None, 2], name="x")
        w = tf.get_variable("w", [2, 1], initializer=tf.constant_initializer(2.0))
        product = tf.cond(tf.reduce_sum(x) > 0, lambda: tf.matmul(x, w), lambda: -tf.matmul(x, w))
        y = tf.nn.relu(product, name="y")
        tf.py_func(lambda: np.float32(1), [], tf.float32)  # no data, and nothing needs it
        tf.train.AdamOptimizer(0.1).minimize(tf.reduce_sum(y), name="step")
        sess.run(tf.global_variables_initializer())
        yield sess


def frozen(sess):
    return tf.graph_util.convert_variables_to_constants(sess, sess.graph_def, ["y"])


def test_a_frozen_graph_has_no_variables(model):
    ops = {node.op for node in frozen(model).node}
    assert "Const" in ops
    assert not ops & {"VariableV2", "Assign", "ApplyAdam"}


def test_it_is_put_into_another_graph(model):
    message = frozen(model)
    model.run("step", {"x:0": [[1, 2]]})  # the frozen weights stay
    with tf.Graph().as_default(), tf.Session() as sess:
        z = tf.placeholder(tf.float32, [None, 2])
        y, op = tf.import_graph_def(message, {"x:0": z * 2}, ["y:0", "y"])
        assert y.name == "import/y:0"
        assert op is y.op
        assert sess.run(y, {z: [[1, 2], [3, 4]]}).tolist() == [[12], [28]]
        assert tf.import_graph_def(message, name="again") is None
        assert sess.run("again/y:0", {"again/x:0": [[-1, -2]]}).tolist() == [[6]]


def test_it_is_written_and_read(model, tmp_path):
    path = tf.train.write_graph(frozen(model), str(tmp_path / "graphs"), "frozen.pb", as_text=False)
    message = tf.GraphDef()
    with tf.gfile.GFile(path, "rb") as file:
        message.ParseFromString(file.read())
    with tf.Graph().as_default(), tf.Session() as sess:
        tf.import_graph_def(message, name="")
        assert sess.run("y:0", {"x:0": [[1, 2]]}).tolist() == [[6]]


def test_texts_and_numbers_of_all_kinds_travel():
    arrays = [np.array([b"a", b"\x00\xff"], object), np.array([1 + 2j]), np.float16([1.5]), np.array([True]), np.int64(7)]
    with tf.Graph().as_default() as graph:
        for i, array in enumerate(arrays):
            tf.constant(array, name=f"c{i}")
    message = tf.GraphDef.FromString(graph.as_graph_def().SerializeToString())
    with tf.Graph().as_default(), tf.Session() as sess:
        tf.import_graph_def(message, name="")
        for i, array in enumerate(arrays):
            found = sess.run(f"c{i}:0")
            assert np.asarray(found).dtype == np.asarray(array).dtype
            np.testing.assert_array_equal(found, array)


def test_variables_of_an_imported_graph_start_anew(model):
    with tf.Graph().as_default(), tf.Session() as sess:
        tf.import_graph_def(tf.graph_util.extract_sub_graph(model.graph_def, ["y"]), name="")
        assert tf.global_variables() == []
        sess.run("w/Assign")
        assert sess.run("y:0", {"x:0": [[1, 2]]}).tolist() == [[6]]


def test_lists_of_variables(model):
    kept = tf.graph_util.convert_variables_to_constants(model, model.graph_def, ["y"], variable_names_blacklist=["w"])
    assert "VariableV2" in {node.op for node in kept.node}


def test_a_branch_that_reads_a_variable_keeps_its_value():
    with tf.Graph().as_default(), tf.Session() as sess:
        w = tf.get_variable("w", initializer=3.0)
        p = tf.placeholder(tf.bool, [], name="p")
        tf.cond(p, lambda: w * 2, lambda: tf.while_loop(lambda i: i < 3, lambda i: i + w, [0.0]), name="y")
        sess.run(tf.global_variables_initializer())
        message = tf.graph_util.convert_variables_to_constants(sess, sess.graph_def, ["y"])
    with tf.Graph().as_default(), tf.Session() as sess:
        (y,) = tf.import_graph_def(message, return_elements=["y:0"])
        assert [sess.run(y, {"import/p:0": p}) for p in (True, False)] == [6, 3]


def test_identities_are_passed_over():
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [], name="x")
        tf.add(tf.identity(tf.identity(x)), 1.0, name="y")
    message = tf.graph_util.remove_training_nodes(graph.as_graph_def())
    assert [node.op for node in message.node] == ["Placeholder", "Const", "AddV2"]


def test_mistakes(model):
    with pytest.raises(NameNotFoundError, match="no node named 'z'"):
        tf.graph_util.extract_sub_graph(model.graph_def, ["z"])
    with pytest.raises(ArgumentError, match="input_map names q:0"), tf.Graph().as_default():
        tf.import_graph_def(frozen(model), {"q": tf.constant(1.0)})
    with pytest.raises(ArgumentError, match="a list of names"):
        tf.graph_util.extract_sub_graph(model.graph_def, "y")
    with pytest.raises(UninitializedError, match="has no value"):
        frozen(tf.Session(graph=model.graph))
    with pytest.raises(ArgumentError, match="import_graph_def of a str"):
        tf.import_graph_def("frozen.pb")


@pytest.mark.parametrize("cut", [20, 200, -3])
def test_damaged_bytes(model, cut):
    data = frozen(model).SerializeToString()
    with pytest.raises(DataError, match="no graph that deepkit wrote"):
        tf.GraphDef.FromString(data[:cut])


def test_damage_within():
    with tf.Graph().as_default() as graph:
        tf.constant(1.0, name="c")
    data = graph.as_graph_def().SerializeToString()
    message = tf.GraphDef.FromString(data.replace(b'"op":"Const"', b'"op":"Nothing"'))
    with pytest.raises(DataError, match="deepkit does not have"), tf.Graph().as_default():
        tf.import_graph_def(message)


def test_a_program_writes_a_graph_node_by_node() -> None:
    with tf.Graph().as_default() as graph:
        a = tf.constant([1.0, 2.0], name="a")
        tf.add(a, a, name="b")
    stripped = tf.GraphDef()
    for old in graph.as_graph_def().node:
        new = stripped.node.add()
        new.MergeFrom(old)
        if new.op == "Const":
            new.attr["value"].tensor.tensor_content = b"<stripped>"
        new.name += "_"
    assert 'name: "b_"' in str(stripped)
    again = tf.GraphDef.FromString(stripped.SerializeToString())
    assert [(n.name, n.op, list(n.input)) for n in again.node] == [("a_", "Const", []), ("b_", "AddV2", ["a", "a"])]
    assert again.node[0].attr["value"].tensor.tensor_content == b"<stripped>"
    new.CopyFrom(stripped.node[0])
    assert (new.name, new.op) == ("a_", "Const")
