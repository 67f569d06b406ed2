"""The TensorFlow names of the course's documents do what they say: 283 of them, each in one place here.

VALUES compares what a session computes with NumPy, SciPy or a known number; the functions marked with @shows exercise what
is not a single value. What belongs to files, queues and summaries is tested where it is made. That all names are there, and
that misprints are understood, is asked in test_tensorflow_names.py of the lists beside it.
"""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.special

import deepkit.v1 as tf
from deepkit.errors import ArgumentError, GraphError
from deepkit.v1.contrib import slim

A = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32)
S = np.array([[4.0, 1.0], [1.0, 3.0]], np.float32)  # symmetric, positive definite
B = np.array([[1.0], [2.0]], np.float32)
V, W = np.array([0.2, 0.5, 0.9], np.float32), np.array([1.5, 2.5, 0.4], np.float32)
N, M = np.array([7, -7, 7, -7], np.int32), np.array([3, 3, -3, -3], np.int32)
LOGITS, ONE_HOT = np.array([[1.0, 2.0, 0.5]], np.float32), np.array([[0.0, 1.0, 0.0]], np.float32)
SOFTMAX = np.exp(LOGITS) / np.exp(LOGITS).sum()
IMAGE = np.arange(16, dtype=np.float32).reshape(1, 4, 4, 1)
SIGMOID = 1 / (1 + np.exp(-V))


@pytest.fixture(autouse=True)
def sess():
    with tf.Graph().as_default(), tf.Session() as sess:
        yield sess


def run(fetches: Any, feed_dict: Any = None) -> Any:
    session = tf.get_default_session()
    session.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
    return session.run(fetches, feed_dict)


def draws(make: Callable[[], Any], low: float, high: float, mean: float) -> Callable[[], Any]:
    """True if 2000 random numbers lie between low and high and their mean is near `mean`."""

    def check() -> Any:
        x = make()
        return tf.logical_and(
            tf.logical_and(tf.reduce_min(x) >= low, tf.reduce_max(x) <= high), tf.abs(tf.reduce_mean(x) - mean) < 0.2
        )

    return check


VALUES: dict[str, tuple[Callable[[], Any], Any]] = {
    # graph building
    "tf.placeholder_with_default": (lambda: tf.placeholder_with_default(A, [None, 2]), A),
    "tf.constant": (lambda: tf.constant([1, 2], tf.float32), [1, 2]),
    "tf.convert_to_tensor": (lambda: tf.convert_to_tensor(A), A),
    "tf.while_loop": (lambda: tf.while_loop(lambda i: i < 10, lambda i: i * 3, [tf.constant(1)]), 27),
    # arithmetic
    "tf.add": (lambda: tf.add(A, 1.0), A + 1), "tf.subtract": (lambda: tf.subtract(A, 1.0), A - 1),
    "tf.multiply": (lambda: tf.multiply(A, A), A * A),
    "tf.scalar_mul": (lambda: tf.scalar_mul(3.0, tf.constant(A)), 3 * A),
    "tf.div": (lambda: tf.div(N, M), [2, -3, -3, 2]), "tf.divide": (lambda: tf.divide(N, M), N / M),
    "tf.truediv": (lambda: tf.truediv(N, M), N / M), "tf.floordiv": (lambda: tf.floordiv(N, M), N // M),
    "tf.realdiv": (lambda: tf.realdiv(A, 4.0), A / 4), "tf.truncatediv": (lambda: tf.truncatediv(N, M), [2, -2, -2, 2]),
    "tf.floor_div": (lambda: tf.floor_div(N, M), N // M),
    "tf.truncatemod": (lambda: tf.truncatemod(N, M), [1, -1, 1, -1]),
    "tf.floormod": (lambda: tf.floormod(N, M), N % M), "tf.mod": (lambda: tf.mod(N, M), N % M),
    "tf.cross": (lambda: tf.cross(V, W), np.cross(V, W)),
    # basic mathematics
    "tf.add_n": (lambda: tf.add_n([A, A, A]), 3 * A), "tf.abs": (lambda: tf.abs(-A), A),
    "tf.negative": (lambda: tf.negative(A), -A), "tf.sign": (lambda: tf.sign([-2.0, 0.0, 3.0]), [-1, 0, 1]),
    "tf.reciprocal": (lambda: tf.reciprocal(A), 1 / A), "tf.square": (lambda: tf.square(A), A**2),
    "tf.round": (lambda: tf.round([0.5, 1.5, -1.2]), [0, 2, -1]), "tf.sqrt": (lambda: tf.sqrt(A), np.sqrt(A)),
    "tf.rsqrt": (lambda: tf.rsqrt(A), A**-0.5), "tf.pow": (lambda: tf.pow(A, 3.0), A**3),
    "tf.exp": (lambda: tf.exp(V), np.exp(V)), "tf.expm1": (lambda: tf.expm1(V), np.expm1(V)),
    "tf.log": (lambda: tf.log(V), np.log(V)), "tf.log1p": (lambda: tf.log1p(V), np.log1p(V)),
    "tf.ceil": (lambda: tf.ceil(V), [1, 1, 1]), "tf.floor": (lambda: tf.floor(W), [1, 2, 0]),
    "tf.maximum": (lambda: tf.maximum(V, 0.5), [0.5, 0.5, 0.9]),
    "tf.minimum": (lambda: tf.minimum(V, 0.5), [0.2, 0.5, 0.5]),
    "tf.cos": (lambda: tf.cos(V), np.cos(V)), "tf.sin": (lambda: tf.sin(V), np.sin(V)),
    "tf.lbeta": (lambda: tf.lbeta(W), scipy.special.gammaln(W).sum() - scipy.special.gammaln(W.sum())),
    "tf.tan": (lambda: tf.tan(V), np.tan(V)), "tf.acos": (lambda: tf.acos(V), np.arccos(V)),
    "tf.asin": (lambda: tf.asin(V), np.arcsin(V)), "tf.atan": (lambda: tf.atan(V), np.arctan(V)),
    "tf.lgamma": (lambda: tf.lgamma(W), scipy.special.gammaln(W)),
    "tf.digamma": (lambda: tf.digamma(W), scipy.special.digamma(W)),
    "tf.erf": (lambda: tf.erf(V), scipy.special.erf(V)),
    "tf.erfc": (lambda: tf.erfc(V), scipy.special.erfc(V)),
    "tf.igamma": (lambda: tf.igamma(W, V), scipy.special.gammainc(W, V)),
    "tf.igammac": (lambda: tf.igammac(W, V), scipy.special.gammaincc(W, V)),
    "tf.zeta": (lambda: tf.zeta([2.0, 3.0], [1.0, 2.0]), scipy.special.zeta([2.0, 3.0], [1.0, 2.0])),
    "tf.polygamma": (lambda: tf.polygamma([1.0, 2.0], [1.5, 2.5]), scipy.special.polygamma([1, 2], [1.5, 2.5])),
    "tf.betainc": (lambda: tf.betainc(W, W, V), scipy.special.betainc(W, W, V)),
    "tf.rint": (lambda: tf.rint([0.5, 1.5, 2.2]), [0, 2, 2]),
    "tf.squared_difference": (lambda: tf.squared_difference(A, 1.0), (A - 1) ** 2),
    # matrices
    "tf.diag": (lambda: tf.diag(V), np.diag(V)), "tf.diag_part": (lambda: tf.diag_part(A), [1, 4]),
    "tf.trace": (lambda: tf.trace(A), 5), "tf.transpose": (lambda: tf.transpose(A), A.T),
    "tf.eye": (lambda: tf.eye(3), np.eye(3)),
    "tf.matrix_diag": (lambda: tf.matrix_diag(A), [np.diag(A[0]), np.diag(A[1])]),
    "tf.matrix_diag_part": (lambda: tf.matrix_diag_part(A), [1, 4]),
    "tf.matrix_band_part": (lambda: tf.matrix_band_part(A, 0, -1), np.triu(A)),
    "tf.matrix_set_diag": (lambda: tf.matrix_set_diag(A, [9.0, 8.0]), [[9, 2], [3, 8]]),
    "tf.matrix_transpose": (lambda: tf.matrix_transpose(A), A.T), "tf.matmul": (lambda: tf.matmul(A, B), A @ B),
    "tf.norm": (lambda: tf.norm(A), np.linalg.norm(A)), "tf.matrix_determinant": (lambda: tf.matrix_determinant(A), -2),
    "tf.matrix_inverse": (lambda: tf.matrix_inverse(A), np.linalg.inv(A)),
    "tf.cholesky": (lambda: tf.cholesky(S), np.linalg.cholesky(S)),
    "tf.cholesky_solve": (lambda: tf.cholesky_solve(np.linalg.cholesky(S), B), np.linalg.solve(S, B)),
    "tf.matrix_solve": (lambda: tf.matrix_solve(A, B), np.linalg.solve(A, B)),
    "tf.matrix_triangular_solve": (lambda: tf.matrix_triangular_solve(A, B), np.linalg.solve(np.tril(A), B)),
    "tf.matrix_solve_ls": (lambda: tf.matrix_solve_ls(S, B), np.linalg.solve(S, B)),
    "tf.qr": (lambda: tf.abs(tf.qr(A).r), np.abs(np.linalg.qr(A)[1])),
    "tf.self_adjoint_eig": (lambda: tf.self_adjoint_eig(S)[0], np.linalg.eigvalsh(S)),
    "tf.self_adjoint_eigvals": (lambda: tf.self_adjoint_eigvals(S), np.linalg.eigvalsh(S)),
    "tf.svd": (lambda: tf.svd(A)[0], np.linalg.svd(A)[1]),
    # tensors, complex numbers, strings
    "tf.tensordot": (lambda: tf.tensordot(A, A, [[0], [1]]), np.tensordot(A, A, [[0], [1]])),
    "tf.complex": (lambda: tf.complex(1.0, 2.0), 1 + 2j), "tf.conj": (lambda: tf.conj(tf.complex(1.0, 2.0)), 1 - 2j),
    "tf.imag": (lambda: tf.imag(tf.complex(1.0, 2.0)), 2), "tf.real": (lambda: tf.real(tf.complex(1.0, 2.0)), 1),
    # TensorFlow's own numbers for these words
    "tf.string_to_hash_bucket_fast": (lambda: tf.string_to_hash_bucket_fast(["Hello", "TF"], 10), [1, 3]),
    "tf.string_to_hash_bucket_strong": (lambda: tf.string_to_hash_bucket_strong(["Hello", "TF"], 10, [1, 2]), [4, 1]),
    "tf.string_to_hash_bucket": (lambda: tf.string_to_hash_bucket(["Hello", "TF"], 10), [1, 6]),
    "tf.as_string": (lambda: tf.as_string([1, 22]), [b"1", b"22"]),
    "tf.encode_base64": (lambda: tf.encode_base64("deepkit"), base64.urlsafe_b64encode(b"deepkit").rstrip(b"=")),
    "tf.decode_base64": (lambda: tf.decode_base64(base64.urlsafe_b64encode(b"deepkit")), b"deepkit"),
    "tf.string_join": (lambda: tf.string_join(["a", "b"], "-"), b"a-b"),
    "tf.string_split": (lambda: tf.string_split(["a bc d"]).values, [b"a", b"bc", b"d"]),
    "tf.substr": (lambda: tf.substr("deepkit", 4, 3), b"kit"),
    "tf.reduce_join": (lambda: tf.reduce_join([["a", "b"], ["c", "d"]], 0), [b"ac", b"bd"]),
    # constants, sequences, random numbers
    "tf.zeros": (lambda: tf.zeros([2, 2]), np.zeros((2, 2))), "tf.zeros_like": (lambda: tf.zeros_like(A), 0 * A),
    "tf.ones": (lambda: tf.ones([2, 2]), np.ones((2, 2))), "tf.ones_like": (lambda: tf.ones_like(A), 0 * A + 1),
    "tf.fill": (lambda: tf.fill([2, 2], 7), [[7, 7], [7, 7]]),
    "tf.lin_space": (lambda: tf.lin_space(0.0, 1.0, 5), np.linspace(0, 1, 5)),
    "tf.range": (lambda: tf.range(3, 18, 3), np.arange(3, 18, 3)),
    "tf.random_normal": (lambda: tf.random_normal([2, 3], seed=1),
                         [[-0.8113182, 1.4845988, 0.06532937], [-2.4427042, 0.0992484, 0.5912243]]),
    "tf.truncated_normal": (draws(lambda: tf.truncated_normal([2000], 1.0, 2.0), -3, 5, 1), True),
    "tf.random_uniform": (draws(lambda: tf.random_uniform([2000], 2.0, 4.0), 2, 4, 3), True),
    "tf.random_gamma": (draws(lambda: tf.random_gamma([2000], 2.0, 4.0), 0, 9, 0.5), True),
    "seed= argument": (lambda: tf.random_uniform([2], seed=3) - tf.random_uniform([2], seed=3), [0, 0]),
    # reductions, comparison, casts, shapes
    "tf.reduce_mean": (lambda: tf.reduce_mean(A, 0), [2, 3]), "tf.reduce_sum": (lambda: tf.reduce_sum(A, 1), [3, 7]),
    "tf.argmax": (lambda: tf.argmax([[3, 9, 1]], 1), [1]), "tf.cast": (lambda: tf.cast([1.9, -1.9], tf.int32), [1, -1]),
    "tf.equal": (lambda: tf.equal([1, 2], [1, 3]), [True, False]),
    "tf.greater": (lambda: tf.greater([1, 2], [0, 3]), [True, False]),
    "tf.where": (lambda: tf.where([True, False], [1, 2], [3, 4]), [1, 4]),
    "tf.select": (lambda: tf.select([True, False], [1, 2], [3, 4]), [1, 4]),
    "tf.clip_by_value": (lambda: tf.clip_by_value(A, 1.5, 3.0), [[1.5, 2], [3, 3]]),
    "tf.concat": (lambda: tf.concat([A, A], 1), np.hstack([A, A])),
    "tf.split": (lambda: tf.split(A, 2, 1)[1], [[2], [4]]),
    "tf.unstack": (lambda: tf.unstack(A)[1], [3, 4]), "tf.reshape": (lambda: tf.reshape(A, [4]), [1, 2, 3, 4]),
    "tf.shape": (lambda: tf.shape(A), [2, 2]), "tf.sigmoid": (lambda: tf.sigmoid(V), SIGMOID),
    "tf.tanh": (lambda: tf.tanh(V), np.tanh(V)),
    # tf.nn
    "tf.nn.relu": (lambda: tf.nn.relu([-1.0, 2.0]), [0, 2]),
    "tf.nn.leaky_relu": (lambda: tf.nn.leaky_relu([-1.0, 2.0]), [-0.2, 2]),
    "tf.nn.elu": (lambda: tf.nn.elu([-1.0, 2.0]), [np.expm1(-1), 2]),
    "tf.nn.sigmoid": (lambda: tf.nn.sigmoid(V), SIGMOID),
    "tf.nn.softmax": (lambda: tf.nn.softmax(LOGITS), SOFTMAX), "tf.nn.dropout": (lambda: tf.nn.dropout(A, 1.0), A),
    "tf.nn.conv2d": (
        lambda: tf.nn.conv2d(IMAGE, np.ones((2, 2, 1, 1), "f"), [1, 2, 2, 1], "VALID")[0, :, :, 0], [[10, 18], [42, 50]]),
    "tf.nn.max_pool": (lambda: tf.nn.max_pool(IMAGE, [1, 2, 2, 1], [1, 2, 2, 1], "SAME")[0, :, :, 0], [[5, 7], [13, 15]]),
    "tf.nn.avg_pool": (lambda: tf.nn.avg_pool(IMAGE, [1, 2, 2, 1], [1, 2, 2, 1], "SAME")[0, :, :, 0], [[2.5, 4.5], [10.5, 12.5]]),
    "tf.nn.bias_add": (lambda: tf.nn.bias_add(A, [10.0, 20.0]), A + np.float32([10, 20])),
    "tf.nn.in_top_k": (lambda: tf.nn.in_top_k(LOGITS, [2], 2), [False]),
    "tf.nn.sigmoid_cross_entropy_with_logits": (
        lambda: tf.nn.sigmoid_cross_entropy_with_logits(labels=np.ones(3, "f"), logits=V), -np.log(SIGMOID)),
    "tf.nn.softmax_cross_entropy_with_logits": (
        lambda: tf.nn.softmax_cross_entropy_with_logits(labels=ONE_HOT, logits=LOGITS), -np.log(SOFTMAX[:, 1])),
    "tf.nn.sparse_softmax_cross_entropy_with_logits": (
        lambda: tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[1], logits=LOGITS), -np.log(SOFTMAX[:, 1])),
    # contrib
    "tf.contrib.layers.l1_regularizer": (lambda: tf.contrib.layers.l1_regularizer(0.5)(tf.constant(-A)), 5),
    "tf.contrib.layers.l2_regularizer": (lambda: tf.contrib.layers.l2_regularizer(0.5)(tf.constant(A)), 7.5),
    "tf.contrib.losses.mean_squared_error": (lambda: tf.contrib.losses.mean_squared_error(A, A + 2), 4),
    "max_pooling1d (one-dimensional version, described)": (
        lambda: tf.layers.max_pooling1d(IMAGE.reshape(1, 16, 1), 4, 4)[0, :, 0], [3, 7, 11, 15]),
    "tf.layers.max_pooling2d": (lambda: tf.layers.max_pooling2d(IMAGE, 2, 2)[0, :, :, 0], [[5, 7], [13, 15]]),
    "tf.layers.dropout": (lambda: tf.layers.dropout(A, 0.9, training=False), A),
    "slim.max_pool2d": (lambda: slim.max_pool2d(IMAGE, [2, 2])[0, :, :, 0], [[5, 7], [13, 15]]),
    "slim.avg_pool2d": (lambda: slim.avg_pool2d(IMAGE, [2, 2])[0, :, :, 0], [[2.5, 4.5], [10.5, 12.5]]),
}


@pytest.mark.parametrize("name", VALUES)
def test_values(name: str) -> None:
    make, expected = VALUES[name]
    result = run(make())
    if np.asarray(expected).dtype.kind in "SO":
        assert np.asarray(result).tolist() == np.asarray(expected, object).tolist()
    else:
        np.testing.assert_allclose(result, expected, rtol=2e-5, atol=1e-6)


SHOWN: dict[str, list[str]] = {}


def shows(*names: str) -> Callable[[Any], Any]:
    """Marks a test as the exercise of these names."""

    def mark(test: Any) -> Any:
        SHOWN[test.__name__] = list(names)
        return test

    return mark


# ---- graphs and sessions


@shows(
    "tf.Graph", "tf.Operation", "tf.Tensor", "tf.get_default_graph", "tf.reset_default_graph", "Graph.as_default",
    "Graph.get_tensor_by_name", "Session(graph=)", "Session.graph", "Tensor / Variable .graph", "Tensor.op / Operation.name",
)
def test_graphs_hold_operations_and_tensors() -> None:
    other = tf.Graph()
    with other.as_default():
        x = tf.constant(2.0, name="two")
        y = tf.multiply(x, x, name="four")
        assert tf.get_default_graph() is other is x.graph
    assert tf.get_default_graph() is not other
    assert isinstance(y, tf.Tensor)
    assert isinstance(y.op, tf.Operation)
    assert (y.name, y.op.name) == ("four:0", "four")
    assert other.get_tensor_by_name("four:0") is y
    with tf.Session(graph=other) as session:
        assert session.graph is other
        assert session.run("four:0") == 4
    with pytest.raises(GraphError):
        tf.get_default_session().run(y)


def test_the_default_graph_is_emptied() -> None:
    count = "print(len(tf.get_default_graph().get_operations()))"
    code = f"import deepkit.v1 as tf; tf.constant(1); tf.reset_default_graph(); {count}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=os.getcwd())
    assert done.stdout.split() == ["0"]


@shows(
    "tf.Session", "tf.InteractiveSession", "Session.run", "Session.close", "with Session() as", "tf.get_default_session",
    "feed_dict=", "feed as positional dict", "fetch a list", "tf.placeholder", "Tensor.eval", "Operation.run",
)
def test_sessions_run_what_is_asked_for() -> None:
    x = tf.placeholder(tf.float32, [None])
    v = tf.Variable(1.0)
    with tf.Session() as session:
        assert tf.get_default_session() is session
        v.initializer.run()
        assert session.run([x * 2, v], feed_dict={x: [1, 2]})[0].tolist() == [2, 4]
        assert session.run(x + 1, {x: [1]}).tolist() == [2]
        assert (x * 3).eval({x: [2]}).tolist() == [6]
    with pytest.raises(RuntimeError, match="closed"):
        session.run(v)
    interactive = tf.InteractiveSession()
    assert tf.constant(3).eval() == 3
    interactive.close()


@shows(
    "tf.ConfigProto", "Session(config=)", "log_device_placement", "allow_soft_placement", "inter_op_parallelism_threads",
    "gpu_options.per_process_gpu_memory_fraction", "gpu_options.allow_growth", "intra_op_parallelism_threads", "tf.device",
    "device strings", "tf.device(function)", "device_lib.list_local_devices", "os.environ['CUDA_VISIBLE_DEVICES']",
)
def test_devices(capfd) -> None:
    config = tf.ConfigProto(log_device_placement=True, allow_soft_placement=True)
    config.gpu_options.per_process_gpu_memory_fraction = 0.4
    config.gpu_options.allow_growth = True
    config.inter_op_parallelism_threads = config.intra_op_parallelism_threads = 1
    with tf.device("/gpu:0"):
        a = tf.constant(1.0, name="on_gpu")
    with tf.device(lambda op: "/cpu:0" if op.type == "AddV2" else "/gpu:0"):
        b = tf.add(a, 1.0)
    assert [x.device.upper()[-5:] for x in (a, b)] == ["GPU:0", "CPU:0"]
    with tf.Session(config=config) as session:
        assert session.run(b) == 2
    assert "on_gpu" in "".join(capfd.readouterr())
    assert any(device.device_type == "CPU" for device in tf.device_lib.list_local_devices())
    code = "from deepkit.v1 import device_lib; print([d.device_type for d in device_lib.list_local_devices()])"
    hidden = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "CUDA_VISIBLE_DEVICES": ""}, capture_output=True, text=True,
        check=True,
    )
    assert "GPU" not in hidden.stdout


@shows("tf.control_dependencies", "Graph.control_dependencies", "tf.no_op")
def test_order() -> None:
    v = tf.Variable(1.0)
    with tf.control_dependencies([v.assign_add(1.0)]):
        both = tf.no_op(name="both")
    with v.graph.control_dependencies([both]):
        late = v.read_value() * 10
    assert run(late) == 20


@shows("tf.gradients", "operator overloads + - * /", "Tensor.__getitem__", "Tensor.get_shape", "TensorShape.as_list")
def test_tensors() -> None:
    x = tf.constant([3.0, 4.0])
    y = (x * x + 2.0 - x) / 2.0
    assert run(tf.gradients(y, x)[0]).tolist() == [2.5, 3.5]
    assert run(y[1:]).tolist() == [7]
    assert tf.placeholder(tf.float32, [None, 784]).get_shape().as_list() == [None, 784]


@shows("tf.name_scope", "tf.set_random_seed", "tf.__version__")
def test_names_seeds_versions() -> None:
    with tf.name_scope("layer"):
        assert tf.constant(1.0, name="c").name == "layer/c:0"
    assert tf.__version__.startswith("1.")
    drawn = []
    for _ in range(2):
        with tf.Graph().as_default(), tf.Session() as session:
            tf.set_random_seed(42)
            drawn.append(session.run(tf.random_normal([3])).tolist())
    assert drawn[0] == drawn[1]


# ---- variables


@shows(
    "tf.Variable", "tf.assign", "tf.global_variables_initializer", "tf.variables_initializer", "tf.initialize_all_variables",
    "Variable.initializer", "Variable.initialized_value", "Variable.name", "Variable trainable=False",
    "tf.trainable_variables", "tf.local_variables_initializer", "tf.get_local_variable",
)
def test_variables(sess) -> None:
    a = tf.Variable([1.0, 2.0], name="a")
    b = tf.Variable(a.initialized_value() * 2, trainable=False, name="b")
    count = tf.get_local_variable("count", [], tf.int32, tf.zeros_initializer())
    assert (a.name, [v.name for v in tf.trainable_variables()]) == ("a:0", ["a:0"])
    with pytest.raises(RuntimeError, match="variable 'a'"):
        sess.run(a)
    sess.run(tf.variables_initializer([b]))
    assert sess.run(b).tolist() == [2, 4]
    sess.run(a.initializer)
    assert sess.run(tf.assign(a, [5.0, 6.0])).tolist() == [5, 6]
    sess.run([tf.initialize_all_variables(), tf.local_variables_initializer()])
    assert [sess.run(a).tolist(), sess.run(count)] == [[1, 2], 0]


@shows(
    "tf.get_variable", "tf.variable_scope", "variable_scope(reuse=)", "scope.reuse_variables", "variable_scope(default_name=)",
    "tf.constant_initializer", "tf.truncated_normal_initializer",
)
def test_variable_scopes() -> None:
    def weights():
        return tf.get_variable("w", [2], initializer=tf.constant_initializer(3.0))

    with tf.variable_scope("hidden") as scope:
        first = weights()
        scope.reuse_variables()
        assert weights() is first
    with tf.variable_scope("hidden", reuse=True):
        assert weights() is first
    with pytest.raises(GraphError, match="hidden/w"), tf.variable_scope("hidden"):
        weights()
    with tf.variable_scope(None, default_name="layer"):
        assert tf.get_variable("w", [2000], initializer=tf.truncated_normal_initializer(stddev=0.5)).name == "layer/w:0"
    values = run([first, tf.global_variables()[1]])
    assert values[0].tolist() == [3, 3]
    assert 0.3 < values[1].std() < 0.5
    assert abs(values[1]).max() <= 1


@shows(
    "tf.add_to_collection", "tf.get_collection", "tf.GraphKeys.REGULARIZATION_LOSSES", "tf.GraphKeys.TRAINABLE_VARIABLES",
)
def test_collections() -> None:
    tf.add_to_collection("losses", 1)
    assert tf.get_collection("losses") == [1]
    w = tf.get_variable("w", [2], regularizer=tf.contrib.layers.l2_regularizer(1.0))
    assert len(tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)) == 1
    assert tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES, scope="w") == [w]


@shows(
    "tf.float32", "tf.float64", "tf.int32", "tf.int64", "tf.bool", "tf.uint8", 'string dtypes "float", "float32"',
)
def test_types() -> None:
    for dtype in (tf.float32, tf.float64, tf.int32, tf.int64, tf.bool, tf.uint8):
        assert run(tf.cast([1, 0], dtype)).dtype == dtype.as_numpy_dtype
    assert tf.placeholder("float").dtype is tf.placeholder("float32").dtype is tf.float32


# ---- layers and recurrent networks


@shows(
    "tf.layers.dense", "tf.layers.conv2d", "tf.layers.batch_normalization", "kernel_initializer= / kernel_regularizer=",
    "tf.contrib.layers.variance_scaling_initializer", "tf.metrics module",
)
def test_layers() -> None:
    he = tf.contrib.layers.variance_scaling_initializer()
    image = tf.layers.conv2d(IMAGE, 2, 2, 2, kernel_initializer=tf.ones_initializer(), name="conv")
    net = tf.layers.dense(
        tf.reshape(image, [1, 8]), 300, tf.nn.elu, kernel_initializer=he,
        kernel_regularizer=tf.contrib.layers.l1_regularizer(0.1), name="dense",
    )
    normal = tf.layers.batch_normalization(net, training=True)
    same, update = tf.metrics.accuracy([1, 2], [1, 3])
    values = run([image, tf.trainable_variables()[2], normal, tf.losses.get_regularization_loss(), update, same])
    assert values[0][0, :, :, 0].tolist() == [[10, 18], [42, 50]]
    np.testing.assert_allclose(values[1].std(), np.sqrt(2 / 8), rtol=0.1)
    np.testing.assert_allclose(values[2], 0, atol=1e-4)  # a batch of one is its own mean
    np.testing.assert_allclose(values[3], 0.1 * np.abs(values[1]).sum(), rtol=1e-5)
    assert values[4] == 0.5
    assert len(tf.get_collection(tf.GraphKeys.UPDATE_OPS)) == 2


CELLS = {
    "BasicRNNCell": lambda: tf.nn.rnn_cell.BasicRNNCell(4), "BasicLSTMCell": lambda: tf.nn.rnn_cell.BasicLSTMCell(4),
    "BasicLSTMCell(forget_bias=)": lambda: tf.contrib.rnn.BasicLSTMCell(4, forget_bias=1.0),
    "LSTMCell": lambda: tf.nn.rnn_cell.LSTMCell(4),
    "LSTMCell(use_peepholes=True)": lambda: tf.nn.rnn_cell.LSTMCell(4, use_peepholes=True),
    "GRUCell": lambda: tf.nn.rnn_cell.GRUCell(4), "LSTMBlockCell": lambda: tf.contrib.rnn.LSTMBlockCell(4),
    "GLSTMCell": lambda: tf.contrib.rnn.GLSTMCell(4, number_of_groups=2),
    "MultiRNNCell": lambda: tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.BasicRNNCell(n) for n in (3, 4)]),
    "OutputProjectionWrapper": lambda: tf.contrib.rnn.OutputProjectionWrapper(tf.nn.rnn_cell.BasicRNNCell(7), 4),
    "DropoutWrapper(input_keep_prob=)": (
        lambda: tf.nn.rnn_cell.DropoutWrapper(tf.nn.rnn_cell.BasicRNNCell(4), input_keep_prob=1.0)),
    "cell activation=": lambda: tf.nn.rnn_cell.BasicRNNCell(4, activation=tf.nn.relu),
}
SEQUENCE = np.random.default_rng(0).normal(size=(2, 5, 4)).astype("f")


@pytest.mark.parametrize("name", CELLS)
@shows(
    "tf.nn.rnn_cell module", "tf.nn.dynamic_rnn", "tf.nn.static_rnn (named)", "static_rnn", "dynamic_rnn(sequence_length=)",
)
def test_cells_give_the_same_step_by_step_and_in_a_loop(name) -> None:
    with tf.variable_scope("rnn"):
        loop, _ = tf.nn.dynamic_rnn(CELLS[name](), SEQUENCE, dtype=tf.float32, sequence_length=[5, 3])
    with tf.variable_scope("rnn", reuse=True):
        steps, _ = tf.nn.static_rnn(CELLS[name](), tf.unstack(tf.constant(SEQUENCE), axis=1), dtype=tf.float32)
    looped, stepped = run([loop, steps])
    assert looped.shape == (2, 5, 4)
    np.testing.assert_allclose(looped[0], np.stack(stepped, 1)[0], rtol=1e-5, atol=1e-6)
    assert (looped[1, 3:] == 0).all()
    assert (looped[1, :3] != 0).any()
    if name == "cell activation=":
        assert (looped >= 0).all()


@shows("LSTMBlockFusedCell", "RNNCell (subclassed: state_size, output_size, __call__)")
def test_other_cells() -> None:
    class Adding(tf.nn.rnn_cell.RNNCell):
        state_size = output_size = 4

        def __call__(self, inputs, state, scope=None):
            return inputs + state, inputs + state

    outputs, state = tf.nn.dynamic_rnn(Adding(), SEQUENCE, dtype=tf.float32)
    np.testing.assert_allclose(run(outputs), SEQUENCE.cumsum(1), rtol=1e-5)
    np.testing.assert_allclose(run(state), SEQUENCE.sum(1), rtol=1e-5)
    turned = SEQUENCE.transpose(1, 0, 2)
    with tf.variable_scope("fused"):
        fused, _ = tf.contrib.rnn.LSTMBlockFusedCell(4)(tf.constant(turned), dtype=tf.float32)
    assert run(fused).shape == (5, 2, 4)


# ---- training


OPTIMIZERS = {
    "tf.train.GradientDescentOptimizer": (lambda: tf.train.GradientDescentOptimizer(0.1), 0.8),
    "tf.train.AdamOptimizer": (lambda: tf.train.AdamOptimizer(0.1), 0.9),
    "AdamOptimizer(beta1=)": (lambda: tf.train.AdamOptimizer(0.1, beta1=0.5), 0.9),
    "tf.train.RMSPropOptimizer": (lambda: tf.train.RMSPropOptimizer(0.1), 1 - 0.2 / np.sqrt(0.9 + 0.1 * 4)),
    "tf.train.MomentumOptimizer": (lambda: tf.train.MomentumOptimizer(0.1, 0.9), 0.8),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
@shows("Optimizer.minimize", "minimize(var_list=)", "minimize(global_step=)")
def test_the_first_step_of_an_optimizer(name, sess) -> None:
    make, expected = OPTIMIZERS[name]
    x, y = tf.Variable(1.0), tf.Variable(1.0)
    step = tf.Variable(0, trainable=False)
    train = make().minimize(x * x + y, global_step=step, var_list=[x])
    run(train)
    np.testing.assert_allclose(sess.run(x), expected, rtol=1e-5)
    assert [sess.run(y), sess.run(step)] == [1, 1]


@shows(
    "tf.train.exponential_decay", "tf.train.ExponentialMovingAverage", "EMA.apply", "EMA.average",
    "EMA.variables_to_restore",
)
def test_decay_and_averages(sess) -> None:
    rate = tf.train.exponential_decay(0.1, tf.constant(20), 10, 0.5)
    v = tf.Variable(0.0, name="v")
    average = tf.train.ExponentialMovingAverage(0.9)
    update = average.apply([v])
    np.testing.assert_allclose(run(rate), 0.025, rtol=1e-6)
    sess.run(tf.assign(v, 10.0))
    sess.run(update)
    np.testing.assert_allclose(sess.run(average.average(v)), 1.0, rtol=1e-6)
    assert average.variables_to_restore() == {"v/ExponentialMovingAverage": v}


@shows(
    "tf.train.Coordinator", "Coordinator.should_stop", "Coordinator.request_stop", "Coordinator.join",
)
def test_coordinator() -> None:
    import threading

    coord, counted = tf.train.Coordinator(), []

    def work():
        while not coord.should_stop():
            counted.append(1)
            if len(counted) >= 3:
                coord.request_stop()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    coord.join(threads)
    assert coord.should_stop()
    assert len(counted) >= 3


# ---- estimators, contrib, slim, the data of the tutorials


@shows("Estimator", "Estimator.train(input_fn, steps)", "Estimator.evaluate")
def test_estimator() -> None:
    def model_fn(features, labels, mode):
        guess = tf.layers.dense(features["x"], 1)
        loss = tf.losses.mean_squared_error(labels, guess)
        train = tf.train.GradientDescentOptimizer(0.1).minimize(loss, tf.train.get_global_step())
        return tf.estimator.EstimatorSpec(mode, loss=loss, train_op=train)

    x = np.linspace(-1, 1, 32, dtype=np.float32)[:, None]
    feed = tf.estimator.inputs.numpy_input_fn({"x": x}, 3 * x + 1, batch_size=8, num_epochs=None, shuffle=False)
    once = tf.estimator.inputs.numpy_input_fn({"x": x}, 3 * x + 1, batch_size=8, num_epochs=1, shuffle=False)
    model = tf.estimator.Estimator(model_fn)
    model.train(feed, steps=200)
    found = model.evaluate(once)
    assert found["global_step"] == 200
    assert found["loss"] < 1e-3


@shows(
    "tf.contrib.learn.RunConfig(tf_random_seed=)", "tf.contrib.learn.infer_real_valued_columns_from_input",
    "tf.contrib.learn.DNNClassifier (fit, predict, score)", "tf.contrib.learn.SKCompat",
)
def test_contrib_learn() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 2)).astype("f")
    y = (x[:, 0] > 0).astype(int)
    columns = tf.contrib.learn.infer_real_valued_columns_from_input(x)
    classifier = tf.contrib.learn.DNNClassifier(
        hidden_units=[8], n_classes=2, feature_columns=columns, config=tf.contrib.learn.RunConfig(tf_random_seed=42)
    )
    model = tf.contrib.learn.SKCompat(classifier)
    model.fit(x, y, batch_size=50, steps=60)
    assert np.mean(model.predict(x)["classes"] == y) > 0.9
    assert model.score(x, y)["accuracy"] > 0.9


@shows(
    "tf.contrib.layers.fully_connected", "fully_connected(activation_fn=, scope=)", "tf.contrib.framework.arg_scope",
    "arg_scope weights_initializer=, weights_regularizer=", "slim.arg_scope", "slim.conv2d",
)
def test_contrib_layers() -> None:
    fully_connected = tf.contrib.layers.fully_connected
    with tf.contrib.framework.arg_scope(
        [fully_connected], weights_initializer=tf.ones_initializer(),
        weights_regularizer=tf.contrib.layers.l2_regularizer(0.5),
    ):
        plain = fully_connected(-A, 3)
        straight = fully_connected(-A, 3, activation_fn=None, scope="out")
    with slim.arg_scope([slim.conv2d], padding="VALID", weights_initializer=tf.ones_initializer()):
        image = slim.conv2d(IMAGE, 1, [2, 2], stride=2)
    values = run([plain, straight, image, tf.losses.get_regularization_loss()])
    assert values[0].tolist() == [[0] * 3] * 2
    assert values[1].tolist() == [[-3] * 3, [-7] * 3]
    assert values[2][0, :, :, 0].tolist() == [[10, 18], [42, 50]]
    assert values[3] == 2 * 0.25 * 6
    assert "out/weights:0" in [v.name for v in tf.trainable_variables()]


PARTS = {
    "data": "dataset.Dataset", "evaluation": "evaluate_once", "layers": "conv2d", "learning": "train",
    "losses": "log_loss",
    "metrics": "streaming_accuracy", "nets": "vgg.vgg_16", "queues": "QueueRunners", "regularizers": "l2_regularizer",
    "variables": "model_variable",
}


@pytest.mark.parametrize("part", PARTS)
@shows("slim.data, .evaluation, .layers, .learning, .losses, .metrics, .nets, .queues, .regularizers, .variables")
def test_the_parts_of_slim(part) -> None:  # what they do: test_slim.py
    thing = getattr(slim, part)
    for name in PARTS[part].split("."):
        thing = getattr(thing, name)
    assert callable(thing)
    assert thing.__doc__


@shows(
    "input_data.read_data_sets(one_hot=, dtype=)", "mnist.train.images / labels", "mnist.test.images / labels",
    "mnist.validation.images / labels", "mnist.train.num_examples", "mnist.train.next_batch",
)
def test_the_data_of_the_tutorials(tmp_path) -> None:
    mnist = tf.examples.tutorials.mnist.input_data.read_data_sets(
        str(tmp_path), one_hot=True, dtype=tf.float32, fake_data=True
    )
    images, labels = mnist.train.next_batch(5, fake_data=True)
    assert np.shape(images) == (5, 784)
    assert np.shape(labels) == (5, 10)
    real = tf.examples.tutorials.mnist.input_data.read_data_sets(str(tmp_path), one_hot=True, validation_size=20)
    for part in (real.train, real.validation, real.test):
        assert part.images.shape == (part.num_examples, 784)
        assert (part.labels.sum(1) == 1).all()
    images, labels = real.train.next_batch(5)
    assert images.shape == (5, 784)
    assert 0 <= images.min() <= images.max() <= 1
    assert labels.shape == (5, 10)


@shows('padding "precise" -> "valid"')
def test_a_padding_that_does_not_exist() -> None:
    with pytest.raises((ArgumentError, GraphError), match=r"(?i)valid"):
        tf.layers.conv2d(IMAGE, 2, 2, padding="precise")


NAMES = [*VALUES, *[n for names in SHOWN.values() for n in names], *CELLS, *OPTIMIZERS]


def test_every_name_is_exercised_once() -> None:
    assert len(NAMES) == len(set(NAMES)) == 283
    assert set(SHOWN) <= set(globals())
