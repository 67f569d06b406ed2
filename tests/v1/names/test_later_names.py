"""Names of TensorFlow 1.15 that programs of its last years use: devices, and functions without 0 / 0."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import ArgumentError


@pytest.fixture(autouse=True)
def sess():
    with tf.Graph().as_default(), tf.Session() as sess:
        yield sess


def test_devices_are_listed_and_chosen() -> None:
    (cpu,) = tf.config.experimental.list_physical_devices("CPU")
    assert (cpu.name, cpu.device_type) == ("/physical_device:CPU:0", "CPU")  # as TensorFlow 2.21 calls it
    assert tf.config.list_logical_devices("CPU")[0].name == "/device:CPU:0"
    for gpu in tf.config.experimental.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)
    tf.config.experimental.set_visible_devices(tf.config.list_physical_devices())
    with pytest.raises(ArgumentError, match="set_visible_devices: 'GPU:9'"):
        tf.config.set_visible_devices(["GPU:9"])
    with pytest.raises(ArgumentError, match="set_memory_growth"):
        tf.config.experimental.set_memory_growth("GPU:9", True)


@pytest.mark.parametrize(
    ("function", "values", "by_x", "by_y"),
    [
        (tf.math.xdivy, [0, 1.5], [0, 0.5], [0, -0.75]),
        (tf.math.xlog1py, [0, 3 * np.log(3)], [0, np.log(3)], [0, 1]),
    ],
)
def test_a_first_factor_of_0_gives_0(sess, function, values, by_x, by_y) -> None:
    """Values and derivatives: x / y and x log(1 + y), at x = 0 all of them 0 as in TensorFlow 2.21."""
    x, y = tf.constant([0.0, 3.0]), tf.constant([-1.0 if function is tf.math.xlog1py else 0.0, 2.0])
    z = function(x, y)
    for found, wanted in zip(sess.run([z, *tf.gradients(z, [x, y])]), (values, by_x, by_y), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-6)


def test_norms_and_reciprocals(sess) -> None:
    assert sess.run(tf.math.reduce_euclidean_norm([[3.0, 4.0], [0.0, 2.0]], 1)).tolist() == [5, 2]
    assert sess.run(tf.math.reduce_euclidean_norm([[3.0, 4.0]], keepdims=True)).tolist() == [[5]]
    inverse = tf.math.reciprocal_no_nan(tf.constant([0.0, 4.0], tf.float64))
    assert (inverse.dtype, sess.run(inverse).tolist()) == (tf.float64, [0, 0.25])


def test_gradients_may_be_told_how_to_add() -> None:
    x = tf.constant(2.0)
    (slope,) = tf.gradients(x * x, x, aggregation_method=tf.AggregationMethod.EXPERIMENTAL_ACCUMULATE_N)
    with tf.Session() as sess:
        assert sess.run(slope) == 4


def test_a_file_is_written_when_its_operation_runs(sess, tmp_path) -> None:
    path = tmp_path / "new" / "picture.png"
    picture = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    write = tf.io.write_file(str(path), tf.io.encode_png(picture))
    assert not path.exists()
    assert sess.run(write) is None
    assert sess.run(tf.io.decode_png(tf.io.read_file(str(path)))).tolist() == picture.tolist()
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(tf.OpError):
        sess.run(tf.write_file(str(tmp_path / "file" / "below"), "text"))
    assert [p.name for p in path.parent.iterdir()] == ["picture.png"]
