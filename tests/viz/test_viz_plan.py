"""A graph beside its plan: the numbers on boxes are those of the lines, what does not run is pale; the explorer of runs."""

from __future__ import annotations

import pytest

import deepkit.v1 as tf
from deepkit import viz
from deepkit.errors import ArgumentError
from deepkit.viz.graphs.plan import numbering, program


@pytest.fixture
def model():
    tf.reset_default_graph()
    x = tf.placeholder(tf.float32, [], name="x")
    w = tf.Variable(3.0, name="w")
    product = tf.multiply(w, x, name="product")
    y = tf.add(product, 1.0, name="y")
    sess = tf.Session()
    sess.run(tf.global_variables_initializer())
    yield x, product, y, sess
    sess.close()


def test_numbers_are_those_of_the_lines(model):
    x, product, y, sess = model
    plan = sess.plan(y, [x])
    assert [name for _, name in program(plan)] == ["", "w/read", "product", "y", ""]
    assert numbering(plan) == {"x": "f0", "w/read": "1", "product": "2", "y": "3"}
    assert numbering(sess.plan(y, [product])) == {"product": "f0", "y": "1"}


def test_what_does_not_run_is_pale(model):
    _, product, y, sess = model
    drawing = viz.show_plan(sess.plan(y, [product]), tf.get_default_graph(), y)
    assert repr(drawing) == "1 of 5 boxes run: y"
    pale = drawing.svg.split('<g opacity="0.3"><title>')[1:]
    assert sorted(part.partition(":")[0] for part in pale) == ["w", "x", "y/y"]
    assert "return [scalar(" in drawing.svg


def test_a_variable_and_its_reading_are_one_box(model):
    *_, y, _ = model
    picture = viz.show_graph(tf.get_default_graph(), y)
    assert picture.nodes == 5
    assert "w/read" not in picture.svg


def test_a_reading_that_waits_is_a_box_of_its_own():
    tf.reset_default_graph()
    w = tf.Variable(1.0, name="w")
    with tf.control_dependencies([w.assign_add(1.0)]):
        later = w.read_value()
    nodes = [node.type for node in tf.get_default_graph().get_operations()]
    assert viz.show_graph(tf.get_default_graph(), later).nodes >= 4, nodes


def test_the_explorer_feeds_fetches_and_says_what_is_missing(model):
    pytest.importorskip("ipywidgets", reason="the extra `course` is not installed")
    x, product, y, sess = model
    explorer = viz.run_explorer(sess, {"y": y, "product": product}, {"x": (x, 2.0), "product": (product, None)})
    assert explorer.result == 7.0
    explorer.controls["x"].value = 3.0
    assert explorer.result == 10.0
    explorer.controls["feed product"].value = True
    explorer.controls["product"].value = -1.0
    assert explorer.result == 0.0
    assert repr(explorer.picture()) == "1 of 5 boxes run: y"
    explorer.controls["feed product"].value = explorer.controls["feed x"].value = False
    assert explorer.result is None
    assert "must be fed" in explorer._said.value
    assert repr(explorer.picture()) == "3 of 5 boxes run: w/read, product, y"  # the last that could run


def test_nothing_to_fetch_is_refused(model):
    pytest.importorskip("ipywidgets", reason="the extra `course` is not installed")
    with pytest.raises(ArgumentError, match="nothing to fetch"):
        viz.run_explorer(model[-1], {}, {})
