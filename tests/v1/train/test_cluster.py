"""ClusterSpec, Server and replica_device_setter: clusters in words, and the places they give to nodes."""

from __future__ import annotations

import pytest

import deepkit.v1 as tf
from deepkit.errors import ArgumentError


def test_a_cluster_is_described():
    spec = tf.train.ClusterSpec({"worker": {1: "w1:2222", 0: "w0:2222"}, "ps": ["p0:2222"]})
    assert spec.jobs == ["ps", "worker"]
    assert spec.as_dict() == {"worker": ["w0:2222", "w1:2222"], "ps": ["p0:2222"]}
    assert spec.task_address("worker", 1) == "w1:2222"
    assert spec.job_tasks("ps") == ["p0:2222"]
    assert spec == tf.train.ClusterSpec(spec)
    assert tf.train.ClusterSpec({"worker": {3: "w3:1"}}).as_dict() == {"worker": {3: "w3:1"}}
    assert not tf.train.ClusterSpec({})
    with pytest.raises(ArgumentError, match="no such job"):
        spec.num_tasks("chief")
    with pytest.raises(ArgumentError, match="no task 7"):
        spec.task_address("worker", 7)


def test_variables_go_to_the_parameter_servers_in_turn():
    cluster = tf.train.ClusterSpec({"ps": ["a:1", "b:1"], "worker": ["a:2"]})
    with tf.Graph().as_default() as graph:
        with tf.device(tf.train.replica_device_setter(cluster=cluster, worker_device="/job:worker/task:0")):
            v = [tf.Variable(float(i)) for i in range(3)]
            total = v[0] + v[1]
        assert [x.op.device for x in v] == [f"/job:ps/task:{i}" for i in (0, 1, 0)]
        assert total.op.device == "/job:worker/task:0"
        with tf.Session(tf.train.Server.create_local_server().target, graph=graph) as sess:
            sess.run(tf.global_variables_initializer())
            assert sess.run(total) == 1.0
    assert tf.train.replica_device_setter() is None


def test_each_parameter_server_gets_about_as_many_bytes():
    training = tf.contrib.training
    greedy = training.GreedyLoadBalancingStrategy(2, training.byte_size_load_fn)
    with tf.Graph().as_default(), tf.device(tf.train.replica_device_setter(ps_tasks=2, ps_strategy=greedy)):
        shapes = ([10, 10], [30], [40], [20], [5, 2], [1])
        v = [tf.Variable(tf.zeros(shape, tf.float64 if shape == [20] else tf.float32)) for shape in shapes]
    assert [x.op.device[-1] for x in v] == ["0", "1", "1", "1", "0", "0"]  # bytes: 400, 120, 160, 160, 40, 4
    with pytest.raises(ArgumentError, match="0 tasks"):
        training.GreedyLoadBalancingStrategy(0, len)
    with tf.Graph().as_default(), pytest.raises(ArgumentError, match="shape known in full"):
        training.byte_size_load_fn(tf.placeholder(tf.float32, [None, 3]).op)


def test_a_process_alone_is_no_cluster():
    with pytest.raises(ArgumentError, match="2 tasks, and this process is alone"):
        tf.train.Server({"worker": ["a:1", "b:1"]}, job_name="worker", task_index=0)
    with pytest.raises(ArgumentError, match="no task 2"):
        tf.train.Server({"worker": ["a:1", "b:1"]}, job_name="worker", task_index=2)
    with pytest.raises(ArgumentError, match="which task of the cluster this program is"):
        tf.train.Server({"worker": ["a:1", "b:1"]})
