"""Nodes and graphs in words: what programs that read TensorFlow's NodeDef and GraphDef find here."""

from __future__ import annotations

import numpy as np

import deepkit.v1 as tf
from deepkit.core.description import describe
from deepkit.core.tensor import Tensor


def test_a_graph_lists_its_nodes():
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, name="x")
        with tf.device("/cpu:0"), tf.control_dependencies([tf.no_op(name="first")]):
            y = tf.identity(x, name="scope/y")
    found = {node.name: node for node in graph.as_graph_def().node}
    assert list(found) == [node.name for node in graph.get_operations()]
    assert found["scope/y"] == y.op.node_def == ("scope/y", "Identity", ["x", "^first"], "/cpu:0")
    assert found["x"].op == "Placeholder"


def test_a_device_function_reads_the_op():
    with tf.Graph().as_default(), tf.device(lambda op: "/cpu:1" if op.node_def.op == "VariableV2" else "/cpu:0"):
        v = tf.Variable(1.0)
        assert (v.op.device, (v + 1.0).op.device) == ("/cpu:1", "/cpu:0")


def test_a_variable_that_starts_from_a_tensor_belongs_to_its_graph_whole():
    with tf.Graph().as_default() as graph, tf.Session() as sess:
        v = tf.Variable(Tensor(np.array([1.0, 2.0], np.float32)), name="v")
        assert v.initial_value.graph is graph
        sess.run(v.initializer)
        assert sess.run(v.initialized_value() * 2.0).tolist() == [2.0, 4.0]
    assert describe(graph).content["variables"]["v"]["initial_value"] == v.initial_value.name
