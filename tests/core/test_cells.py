"""Notebook cells that are run again, in a real IPython shell."""

from __future__ import annotations

import pytest

pytest.importorskip("IPython", reason="IPython is not installed: there are no notebook cells")

import deepkit.v1 as tf


@pytest.fixture
def shell():
    from IPython.core.interactiveshell import InteractiveShell

    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(history_length=0)
    shell.history_manager.enabled = False
    with tf.Graph().as_default() as graph:
        shell.push({"tf": tf, "graph": graph})
        yield shell
    InteractiveShell.clear_instance()


def run(shell, source: str):
    result = shell.run_cell(source, store_history=True, silent=False)
    result.raise_error()


BUILD = 'x = tf.placeholder(tf.float32, name="x")\nw = tf.Variable(2.0, name="w")\ny = x * w'


def test_a_cell_that_runs_again_replaces_its_nodes(shell) -> None:
    run(shell, BUILD)
    size = len(shell.user_ns["graph"].get_operations())
    first = shell.user_ns["w"]
    run(shell, BUILD)
    assert shell.user_ns["w"].name == "w:0"
    assert shell.user_ns["w"] is not first
    assert shell.user_ns["graph"].get_collection("trainable_variables") == [shell.user_ns["w"]]
    assert len(shell.user_ns["graph"].get_operations()) == size
    assert shell.user_ns["graph"].get_tensor_by_name("x:0") is shell.user_ns["x"]


def test_scopes_of_a_cell_are_free_again(shell) -> None:
    source = "with tf.name_scope('n'):\n    a = tf.constant(1.0, name='a')\ny = tf.layers.dense(tf.zeros([1, 2]), 3)"
    for _ in range(3):
        run(shell, source)
        assert shell.user_ns["a"].name == "n/a:0"
        assert shell.user_ns["y"].name == "dense/BiasAdd:0"


def test_nodes_of_other_cells_stay(shell) -> None:
    run(shell, BUILD)
    run(shell, "z = y + 1.0")
    run(shell, BUILD)
    names = {node.name for node in shell.user_ns["graph"].get_operations()}
    assert {"x", "w", "mul", "add"} <= names


def test_the_stale_placeholder_is_explained(shell) -> None:
    run(shell, BUILD)
    run(shell, "z = tf.identity(x)")
    run(shell, BUILD)
    with tf.Session(graph=shell.user_ns["graph"]) as sess, pytest.raises(tf.errors.InvalidArgumentError) as caught:
        sess.run(shell.user_ns["z"], {shell.user_ns["x"]: 1.0})
    assert "its notebook cell was run again" in str(caught.value)


def test_one_cell_may_build_in_a_loop(shell) -> None:
    run(shell, "for i in range(3):\n    tf.constant(i, name='c')")
    assert [node.name for node in shell.user_ns["graph"].get_operations()] == ["c", "c_1", "c_2"]
    run(shell, "for i in range(3):\n    tf.constant(i, name='c')")
    assert [node.name for node in shell.user_ns["graph"].get_operations()] == ["c", "c_1", "c_2"]


def test_the_message_names_cell_and_line(shell) -> None:
    run(shell, "a = tf.placeholder(tf.float32, [2, 3])")
    source = "try:\n    tf.matmul(a, a)\nexcept ValueError as error:\n    message = str(error)"
    run(shell, source)
    assert "cell In[2], line 2:  tf.matmul(a, a)" in shell.user_ns["message"]
