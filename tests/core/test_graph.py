"""Names, scopes, collections and look-ups of graphs."""

from __future__ import annotations

import subprocess
import sys

import pytest

import deepkit.v1 as tf
from deepkit.core.graph import Graph
from deepkit.errors import DTypeError, FetchError, GraphError, NameNotFoundError


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def test_names_as_in_tensorflow() -> None:
    x = tf.placeholder(tf.float32, [None, 3])
    assert x.name == "Placeholder:0"
    assert tf.placeholder(tf.float32).name == "Placeholder_1:0"
    assert [t.name for t in (x + 1, x + 1, x * x, x - x, x / x, -x, x**2)] == [
        "add:0", "add_1:0", "mul:0", "sub:0", "truediv:0", "Neg:0", "pow:0",
    ]
    assert [t.name for t in (tf.add(x, x), tf.square(x), tf.reduce_mean(x), tf.matmul(x, x, transpose_b=True))] == [
        "Add_2:0", "Square:0", "Mean:0", "MatMul:0",  # Add and add count as one name
    ]
    assert tf.random_normal([2], seed=1).name == "random_normal:0"
    assert tf.constant(1).name == "Const:0"
    assert tf.Variable(1.0).name == "Variable:0"


def test_constants_of_literals_are_named_after_their_op() -> None:
    y = tf.placeholder(tf.float32, name="x") + 1
    assert [i.name for i in y.op.inputs] == ["x:0", "add/y:0"]


def test_unique_names_ignore_case() -> None:
    assert [tf.no_op(n).name for n in ("a", "a", "A", "a_1")] == ["a", "a_1", "A_2", "a_1_1"]


def test_scopes() -> None:
    with tf.name_scope("outer") as scope:
        assert scope == "outer/"
        with tf.name_scope("inner"):
            assert tf.no_op("n").name == "outer/inner/n"
        with tf.name_scope("inner"):
            assert tf.no_op("n").name == "outer/inner_1/n"
        with tf.name_scope(None):
            assert tf.no_op("n").name == "n"
    with tf.name_scope("outer/"):
        assert tf.no_op("m").name == "outer/m"
    with tf.name_scope("outer"):
        assert tf.no_op("m").name == "outer_1/m"
    with pytest.raises(GraphError, match="not a valid name"):
        tf.no_op("a name")


def test_look_up() -> None:
    x = tf.constant([1, 2, 3], name="numbers")
    g = tf.get_default_graph()
    assert g.get_tensor_by_name("numbers:0") is x
    assert g.get_operation_by_name("numbers") is x.op
    with pytest.raises(GraphError, match="the name of an op, not of a tensor"):
        g.get_tensor_by_name("numbers")
    with pytest.raises(NameNotFoundError, match="did you mean 'numbers:0'"):
        g.get_tensor_by_name("number:0")
    with pytest.raises(NameNotFoundError):
        g.get_tensor_by_name("numbers:1")
    with pytest.raises(KeyError):
        g.get_operation_by_name("nothing")


def test_collections() -> None:
    a, b = tf.Variable(1.0, name="a"), tf.Variable(2.0, name="b", trainable=False)
    assert tf.global_variables() == [a, b]
    assert tf.trainable_variables() == [a]
    tf.add_to_collection("losses", a)
    assert tf.get_collection("losses") == [a]
    assert tf.get_collection("losses", scope="b") == []
    assert tf.get_collection("nothing") == []
    tf.get_collection("losses").append(b)
    assert tf.get_collection("losses") == [a]
    tf.get_collection_ref("losses").append(b)
    assert tf.get_collection("losses") == [a, b]


def test_nodes_of_two_graphs_do_not_mix() -> None:
    x = tf.constant(1.0, name="x")
    with Graph().as_default():
        y = tf.constant(2.0, name="y")
        with pytest.raises(GraphError, match="belongs to another graph"):
            y + x


def test_default_graphs() -> None:
    outer = tf.get_default_graph()
    inner = tf.Graph()
    with inner.as_default():
        assert tf.Variable(2).graph is inner
        assert tf.get_default_graph() is inner
    assert tf.Variable(1).graph is outer
    with pytest.raises(GraphError, match="inside"):
        tf.reset_default_graph()


def test_reset_of_the_root_graph() -> None:
    with Graph().as_default():
        pass
    from deepkit.core import graph as module

    saved, module._state.graphs = module._state.graphs, []
    try:
        before = tf.get_default_graph()
        tf.constant(1.0)
        tf.reset_default_graph()
        assert tf.get_default_graph() is not before
        assert tf.get_default_graph().get_operations() == []
    finally:
        module._state.graphs = saved


def test_control_dependencies() -> None:
    a, b = tf.no_op("a"), tf.constant(1.0, name="b")
    with tf.control_dependencies([a]):
        with tf.control_dependencies([b]):
            assert tf.no_op("c").control_inputs == [a, b.op]
        with tf.control_dependencies(None):
            assert tf.no_op("d").control_inputs == []
    with pytest.raises(FetchError, match="cannot be a control dependency"), tf.control_dependencies([3.0]):
        pass


def test_finalize() -> None:
    tf.get_default_graph().finalize()
    with pytest.raises(GraphError, match="finalized"):
        tf.constant(1.0)


def test_devices() -> None:
    with tf.device("/gpu:1"):
        assert tf.no_op().device == "/gpu:1"
        with tf.device(lambda op: "/cpu:0" if op.type == "NoOp" else ""):
            assert tf.no_op().device == "/cpu:0"
            assert tf.constant(1).device == "/gpu:1"
        with tf.device(None):
            assert tf.no_op().device == ""


def test_printing() -> None:
    x = tf.placeholder(tf.float32, name="x")
    assert str(x) == 'Tensor("x:0", dtype=float32)'
    assert repr(x) == "<tf.Tensor 'x:0' shape=<unknown> dtype=float32>"
    assert str(tf.add(1, 2)) == 'Tensor("Add:0", shape=(), dtype=int32)'
    assert str(tf.Variable([0.3])) == "<tf.Variable 'Variable:0' shape=(1,) dtype=float32_ref>"
    assert repr(tf.no_op("n")) == "<tf.Operation 'n' type=NoOp>"


def test_set_shape() -> None:
    x = tf.placeholder(tf.float32)
    x.set_shape([None, 3])
    assert x.get_shape().as_list() == [None, 3]
    with pytest.raises(ValueError, match="not compatible"):
        x.set_shape([2])


def test_consumers() -> None:
    x = tf.constant(1.0)
    y = x + x
    assert x.consumers() == [y.op]


@pytest.mark.parametrize(
    "module", ["core.node", "core.symbol", "core.shape", "runtime.placement", "train.rules", "v1.nn"]
)
def test_every_module_can_be_imported_first(module: str) -> None:
    subprocess.run([sys.executable, "-c", f"import deepkit.{module}"], check=True)


def test_a_graph_may_be_entered_again_inside_itself() -> None:
    outer, inner = Graph(), Graph()
    with outer.as_default(), inner.as_default():
        with outer.as_default():
            assert tf.get_default_graph() is outer
        assert tf.get_default_graph() is inner


def test_a_node_says_who_gives_its_array() -> None:
    x = tf.zeros([2], name="x")
    with pytest.raises(AttributeError, match=r"has no attribute 'numpy'\n  try:   sess.run\(tensor\)"):
        x.numpy()
    assert not hasattr(x, "numpy")
    with pytest.raises(AttributeError, match="'Symbol' object has no attribute 'shap'"):
        _ = x.shap
    x.kept = 3
    assert x.kept == 3


def test_a_text_is_cast_by_reading_it() -> None:
    with pytest.raises(DTypeError, match=r"try:\s+string_to_number"):
        tf.cast(tf.constant("3"), tf.float32)


PIECES = {
    "cond/Merge_1": lambda x: tf.cond(x[0, 0] > 0, lambda: (x, x + 1), lambda: (x, x))[1],
    "while/Exit_1": lambda x: tf.while_loop(lambda i, y: i < 1, lambda i, y: (i + 1, 2 * y), [0, x])[1],
    "map/TensorArrayStack_1/TensorArrayGatherV3": lambda x: tf.map_fn(lambda a: (a, -a), x, dtype=(tf.float32,) * 2)[1],
    "scan/TensorArrayStack/TensorArrayGatherV3": lambda x: tf.scan(lambda a, b: a + b, x, initializer=x[0]),
    "embedding_lookup/Identity": lambda x: tf.nn.embedding_lookup(x, [0]), "dropout/mul_1": lambda x: tf.nn.dropout(x, 0.5),
    "softmax_cross_entropy_with_logits_sg/Reshape_2": lambda x: tf.nn.softmax_cross_entropy_with_logits(labels=x, logits=x),
    "SparseSoftmaxCrossEntropyWithLogits/SparseSoftmaxCrossEntropyWithLogits": lambda x: (
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[1], logits=x)),
    "conv1d/Squeeze": lambda x: tf.nn.conv1d(tf.ones([1, 3, 1]), tf.ones([2, 1, 1]), 1, "SAME"),
    "in_top_k/InTopKV2": lambda x: tf.nn.in_top_k(x, [1], 1),
    "boolean_mask/GatherV2": lambda x: tf.boolean_mask(x, [True]), "zero_fraction/fraction": tf.nn.zero_fraction,
}
"""What TensorFlow, 1.15 or 2.21, calls the results of these calls in a graph without others."""


@pytest.mark.parametrize("name", PIECES)
def test_a_result_is_found_by_the_name_of_tensorflows_last_piece(name: str) -> None:
    with tf.Graph().as_default() as graph:
        y = PIECES[name](tf.constant([[1.0, 2.0]]))
        assert graph.get_tensor_by_name(f"{name}:0") is y
        with pytest.raises(KeyError):
            graph.get_tensor_by_name("Const/" + name.partition("/")[2] + ":0")
