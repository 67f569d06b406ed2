"""contrib.framework gives variables values of a checkpoint; contrib.training runs trainings to their ends."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import ArgumentError, GraphError, NameNotFoundError
from deepkit.v1.contrib import slim

framework, training = tf.contrib.framework, tf.contrib.training


@pytest.fixture
def checkpoint(tmp_path) -> str:
    """a/w = [1, 2], a/b = 3."""
    with tf.Graph().as_default(), tf.Session() as sess:
        with tf.variable_scope("a"):
            tf.get_variable("w", initializer=[1.0, 2.0])
            tf.get_variable("b", initializer=3.0)
        sess.run(tf.global_variables_initializer())
        return tf.train.Saver().save(sess, str(tmp_path / "model"))


@pytest.fixture(autouse=True)
def sess():
    with tf.Graph().as_default(), tf.Session() as sess:
        yield sess


def variables() -> list:
    with tf.variable_scope("a"):
        w = tf.get_variable("w", [2], initializer=tf.zeros_initializer())
        b = tf.get_variable("b", [], initializer=tf.zeros_initializer())
    return [w, b, tf.get_variable("new", initializer=7.0)]


def test_values_of_a_checkpoint_by_an_op(sess, checkpoint):
    w, b, new = variables()
    sess.run(tf.global_variables_initializer())
    op, feeds = framework.assign_from_checkpoint(checkpoint, {"a/w": w})
    sess.run(op, feeds)
    assert [x.tolist() for x in sess.run([w, b])] == [[1, 2], 0]
    op, feeds = slim.assign_from_checkpoint(checkpoint, [w, b, new], ignore_missing_vars=True)
    sess.run(op, feeds)
    assert [x.tolist() for x in sess.run([w, b, new])] == [[1, 2], 3, 7]
    with pytest.raises(NameNotFoundError):
        framework.assign_from_checkpoint(checkpoint, [new])


def test_values_of_a_checkpoint_by_a_function(sess, checkpoint):
    w, b, new = variables()
    start = slim.assign_from_checkpoint_fn(checkpoint, slim.get_variables_to_restore(exclude=["new"]))
    sess.run(tf.global_variables_initializer())
    start(sess)
    assert [x.tolist() for x in sess.run([w, b, new])] == [[1, 2], 3, 7]
    assert framework.assign_from_checkpoint_fn(checkpoint, [new], ignore_missing_vars=True) is None
    framework.assign_from_checkpoint_fn(checkpoint, {"a/b": new})(sess)
    assert sess.run(new) == 3
    with pytest.raises(ArgumentError):
        framework.assign_from_checkpoint_fn(checkpoint, [])
    with pytest.raises(NameNotFoundError):
        framework.assign_from_checkpoint_fn(checkpoint, [new])(sess)


def test_values_that_are_given(sess):
    w, b, _ = variables()
    framework.assign_from_values_fn({"a/w": [[5.0], [6.0]], "a/b": 1.5})(sess)
    assert [x.tolist() for x in sess.run([w, b])] == [[5, 6], 1.5]
    with pytest.raises(GraphError, match="a/x"):
        framework.assign_from_values({"a/x": 1.0})


def test_variables_are_chosen_by_patterns():
    chosen = variables()
    names = lambda found: [v.op.name for v in found]  # noqa: E731
    assert names(framework.filter_variables(chosen, ["^a/"], ["b$"])) == ["a/w"]
    assert names(framework.filter_variables(chosen, exclude_patterns=["w"])) == ["a/b"]
    assert names(framework.filter_variables(chosen, ["w"], reg_search=False)) == []


def test_a_condition_that_is_known_leaves_one_branch(sess):
    def never():
        raise AssertionError("the other branch was built")

    assert sess.run(framework.smart_cond(True, lambda: tf.constant(1), never)) == 1
    assert sess.run(framework.smart_cond(tf.constant(False), never, lambda: tf.constant(2))) == 2
    open_ = tf.placeholder(tf.bool, [])
    y = framework.smart_cond(open_, lambda: tf.constant(1), lambda: tf.constant(2))
    assert [sess.run(y, {open_: flag}) for flag in (True, False)] == [1, 2]
    assert [framework.smart_constant_value(x) for x in (1, False, open_)] == [True, False, None]


def test_a_training_goes_on_until_a_hook_ends_it(tmp_path):
    w = tf.get_variable("w", initializer=0.0)
    loss = tf.square(w - 1.0)
    train_op = training.create_train_op(loss, tf.train.GradientDescentOptimizer(0.25))
    last = training.train(train_op, str(tmp_path), hooks=[tf.train.StopAtStepHook(last_step=3)])
    assert last == pytest.approx(0.25**2)  # the loss of the third step: the distance halves with each
    assert tf.train.latest_checkpoint(str(tmp_path)).endswith("model.ckpt-3")
    with pytest.raises(ArgumentError, match="without logdir"):
        training.train(train_op, None)


def test_an_evaluation_counts_its_batches_and_leaves_summaries(tmp_path):
    batches = training.get_or_create_eval_step()
    assert training.get_or_create_eval_step() is batches
    tf.summary.scalar("batches", tf.cast(batches, tf.float32))
    hooks = [training.StopAfterNEvalsHook(3, log_progress=False), training.SummaryAtEndHook(str(tmp_path))]
    count, runs = batches.assign_add(1), 0
    with tf.train.MonitoredSession(hooks=hooks) as session:
        while not session.should_stop():
            session.run(count)
            runs += 1
    assert runs == 3
    (file,) = tmp_path.iterdir()
    values = [v.simple_value for event in tf.train.summary_iterator(str(file)) for v in event.summary.value]
    np.testing.assert_array_equal(values, [3.0])
