"""Devices: their names, several logical CPUs, soft placement, the placement log."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.device import devices
from deepkit.errors import ArgumentError, GraphError
from deepkit.runtime import placement
from deepkit.runtime.placement import Device


@pytest.mark.parametrize(
    ("text", "device"),
    [
        ("/cpu:0", Device("CPU", 0)), ("/device:GPU:1", Device("GPU", 1)), ("/gpu:*", Device("GPU", 0)),
        ("/job:localhost/replica:0/task:0/device:CPU:2", Device("CPU", 2)), ("/job:ps/task:1", None), ("", None),
    ],
)
def test_device_strings(text: str, device: Device | None) -> None:
    assert placement.parse(text) == device


@pytest.mark.parametrize("text", ["/cup:0", "/gpu:x", "/xla_cpu:0", "/gpus:0", "/job:ps/cup:0", "/job:ps/task:x"])
def test_a_wish_that_can_name_no_device_is_told_where_it_is_written(text: str) -> None:
    """These, TensorFlow 2.21 refuses in tf.device; those below it takes there, whatever machine runs them."""
    with pytest.raises(ArgumentError, match="is not a device"), tf.device(text):
        pass
    for other in ("/device:TPU:0", "cpu", "CPU:0", "/cpu:0/", "/device:CPU:*"):
        with tf.device(other):
            pass


def test_what_is_no_device() -> None:
    with pytest.raises(ArgumentError, match="'/tpu:0' is not a device"):
        placement.parse("/tpu:0")


@pytest.fixture
def no_gpu(monkeypatch):
    monkeypatch.setattr(devices, "gpu_count", lambda: 0)


def test_a_device_that_is_not_there(no_gpu) -> None:
    with tf.Graph().as_default():
        with tf.device("/gpu:1"):
            x = tf.placeholder(tf.float32, name="x") * 2.0
        with tf.Session() as sess, pytest.raises(GraphError, match="no such device") as caught:
            sess.run(x, {"x:0": 1.0})
        assert "allow_soft_placement=True" in str(caught.value)
        with tf.Session(config=tf.ConfigProto(allow_soft_placement=True)) as sess:
            assert sess.run(x, {"x:0": 1.0}) == 2.0


def test_logical_cpus_and_the_log(no_gpu, capsys) -> None:
    """A model over two devices: the log tells where each node went, the numbers are those of one device."""
    config = tf.ConfigProto(device_count={"CPU": 2}, log_device_placement=True)
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [None, 2], name="x")
        with tf.device(lambda node: "/cpu:1" if node.type == "MatMul" else "/cpu:0"):
            y = tf.matmul(x, [[1.0], [2.0]], name="product")
            z = tf.square(y, name="squared")
        with tf.Session(config=config) as sess:
            assert [d.name[-5:] for d in sess.list_devices()] == ["CPU:0", "CPU:1"]
            np.testing.assert_array_equal(sess.run(z, {x: [[1.0, 1.0]]}), [[9.0]])
            sess.run(z, {x: [[1.0, 1.0]]})
    log = capsys.readouterr().err
    assert "product: (MatMul): /job:localhost/replica:0/task:0/device:CPU:1" in log
    assert "squared: (Square): /job:localhost/replica:0/task:0/device:CPU:0" in log
    assert log.count("product: (MatMul)") == 1


def test_gradients_stay_with_their_nodes() -> None:
    with tf.Graph().as_default():
        x = tf.Variable(1.0)
        with tf.device("/cpu:1"):
            y = tf.square(x)
        assert tf.gradients(y, x)[0].op.device == "/cpu:1"


def test_list_of_local_devices() -> None:
    assert tf.device_lib.list_local_devices()[0].device_type == "CPU"


def test_a_cpu_op_stays_on_the_cpu_whoever_asks(monkeypatch) -> None:
    monkeypatch.setattr(devices, "gpu_count", lambda: 1)
    with tf.Graph().as_default(), tf.device("/gpu:0"):
        texts = tf.as_string(tf.constant([1, 2]))
        numbers = tf.square(tf.constant([1.0, 2.0]))
    placed = placement.Placement().place([texts.op, numbers.op])
    assert [placed[texts.op].kind, placed[numbers.op].kind] == ["CPU", "GPU"]


def test_a_fed_placeholder_is_logged_and_checked(no_gpu, capsys) -> None:
    """It has no part in the plan, but a device like all others."""
    config = tf.ConfigProto(log_device_placement=True)
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, name="x")
        with tf.device("/gpu:0"):
            z = tf.placeholder(tf.float32, name="z")
        y, u = x + 1.0, z + 1.0
        with tf.Session(config=config) as sess:
            sess.run(y, {x: 1.0})
            assert "x: (Placeholder): /job:localhost/replica:0/task:0/device:CPU:0" in capsys.readouterr().err
            with pytest.raises(GraphError, match="cannot place 'z' on /gpu:0"):
                sess.run(u, {z: 1.0})


def test_variables_of_a_loop_are_where_its_body_wishes(no_gpu) -> None:
    """They belong to the graph around the loop, which knows nothing of device blocks inside; all four nodes of each."""
    def body(x):
        with tf.device("/cpu:1"):
            v = tf.get_variable("v", [])
        w = tf.get_variable("w", [])
        with tf.device(lambda node: "/cpu:2" if node.type == "VariableV2" else ""):
            u = tf.get_variable("u", [])
        return x + v + w + u

    with tf.Graph().as_default() as graph:
        with tf.device("/cpu:3"):
            tf.while_loop(lambda x: x < 1.0, body, [tf.constant(0.0)])
        wished = {node.name: node.device for node in graph.get_operations()}
    assert {wished[name] for name in ("v", "v/Assign", "v/read", "v/Initializer/random_uniform")} == {"/cpu:1"}
    assert wished["w"] == "/cpu:3"
    assert (wished["u"], wished["u/read"]) == ("/cpu:2", "/cpu:3")
