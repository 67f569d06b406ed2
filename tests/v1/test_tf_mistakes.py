"""The mistakes that everybody makes: each message says what, names the user's line, the rule and what to try."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import DeepkitError


def features():
    return tf.placeholder(tf.float32, [None, 3], name="features")


def run(fetch, feed=None):
    with tf.Session() as sess:
        return sess.run(fetch, feed)


def closed_session():
    sess = tf.Session()
    sess.close()
    sess.run(tf.constant(1.0))


def other_graph():
    with tf.Graph().as_default():
        far = tf.constant(1.0, name="far")
    return far + tf.constant(1.0)


def reuse_nothing():
    with tf.variable_scope("net"):
        tf.get_variable("weights", [2])
    with tf.variable_scope("net", reuse=True):
        tf.get_variable("wieghts", [2])


def get_variable_twice():
    tf.get_variable("weights", [2])
    tf.get_variable("weights", [2])


def label_out_of_range():
    logits = tf.zeros([2, 3])
    run(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[0, 3], logits=logits))


def log_of_zero():
    run(tf.check_numerics(tf.log(tf.zeros([2])), "the loss"))


MISTAKES = {
    "wrong shape to matmul": (
        lambda: tf.matmul(features(), tf.zeros([4, 2])),
        ["the inner dimensions 3 and 4 differ", "(n, k) @ (k, m)"],
    ),
    "a vector to matmul": (lambda: tf.matmul(tf.zeros([3]), tf.zeros([3, 2])), ["a has shape (3,)", "reshape"]),
    "no broadcasting": (
        lambda: tf.zeros([2, 3]) + tf.zeros([4]),
        ["(2, 3) and (4,) do not broadcast", "aligned at the right"],
    ),
    "forgotten feed": (
        lambda: run(features() + 1.0),
        ["placeholder 'features' (float32(?, 3)) must be fed", "feed_dict"],
    ),
    "fed one example": (
        lambda: (lambda x: run(x, {x: [1.0, 2.0, 3.0]}))(features()),
        ["was fed a value of shape (3,)", "value[None, ...]"],
    ),
    "fed text": (lambda: (lambda x: run(x, {x: "a"}))(features()), ["expected float32, got 'a'"]),
    "not initialized": (
        lambda: run(tf.Variable([1.0], name="w") * 2.0),
        ["variable 'w' has no value yet", "global_variables_initializer"],
    ),
    "types mixed": (lambda: tf.constant(1.0) + tf.constant(1), ["int32, but float32 is needed", "cast(x, float32)"]),
    "types mixed, integers first": (
        lambda: tf.constant(1) + tf.constant(1.0), ["float32, but int32 is needed", "the int32 input: cast(x, float32)"]
    ),
    "float to integers": (
        lambda: tf.constant([1, 2]) + 0.5, ["expected int32, got 0.5", "the int32 input: cast(x, float32)"]
    ),
    "label out of range": (label_out_of_range, ["label 3 is out of range for 3 classes", "0 to 2"]),
    "class numbers to the dense loss": (
        lambda: tf.nn.softmax_cross_entropy_with_logits(labels=tf.constant([1, 2]), logits=tf.zeros([2, 3])),
        ["the labels are int32", "sparse_softmax_cross_entropy_with_logits"],
    ),
    "one-hot rows to the sparse loss": (
        lambda: tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[[0, 1]], logits=[[0.0, 1.0]]),
        ["one class number for each row", "softmax_cross_entropy_with_logits"],
    ),
    "column against row": (
        lambda: tf.losses.mean_squared_error(tf.zeros([3]), tf.zeros([3, 1])),
        ["(3,) and (3, 1)", "same shape"],
    ),
    "reuse without a variable": (reuse_nothing, ["wieghts", "weights"]),
    "get_variable twice": (get_variable_twice, ["weights", "reuse"]),
    "another graph": (other_graph, ["belongs to another graph", "far"]),
    "closed session": (closed_session, ["closed session", "with block"]),
    "trained on integers": (
        lambda: tf.train.AdamOptimizer().minimize(tf.argmax(tf.Variable([1.0, 2.0]))),
        ["int64: it has no derivative", "cast to float32"],
    ),
    "trained on the accuracy": (
        lambda: tf.train.AdamOptimizer().minimize(tf.cast(tf.argmax(tf.Variable([1.0, 2.0])), tf.float32)),
        ["every gradient is None", "argmax"],
    ),
    "log of zero": (log_of_zero, ["the loss: holds infinity in 2 of 2 places", "log(0)"]),
    "a node as a condition": (lambda: 1 if tf.constant(True) else 2, ["cannot be used as a Python bool", "cond()"]),
    "a tensor as an array": (lambda: np.asarray(tf.constant(1.0)), ["has no value yet", "sess.run(tensor)"]),
    "nothing to fetch": (lambda: run(None), ["None of type NoneType cannot be fetched", "minimize(loss) returns"]),
    "a value in the tensor's place": (
        lambda: run(run(tf.constant(1.5) * 2.0)), ["np.float32(3.0) of type float32 cannot be fetched", "hides the tensor"],
    ),
    "axis that is not there": (
        lambda: tf.reduce_sum(tf.zeros([2, 3]), axis=2),
        ["axis 2 of a tensor of rank 2", "[-2, 2)"],
    ),
    "reshape that does not fit": (lambda: tf.reshape(tf.zeros([4]), [3]), ["4 elements do not fit", "-1"]),
    "keep_prob of zero": (lambda: tf.nn.dropout(tf.ones([2]), 0.0), ["keep_prob is 0", "the share that stays"]),
    "misspelt tensor": (
        lambda: [tf.constant(1, name="answer"), tf.get_default_graph().get_tensor_by_name("anwser:0")],
        ["'anwser:0'", "'answer:0'"],
    ),
    "eval without a session": (lambda: tf.constant(1.0).eval(), ["needs a session", "with Session()"]),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_the_message_teaches(name: str) -> None:
    make, fragments = MISTAKES[name]
    with tf.Graph().as_default(), pytest.raises(DeepkitError) as caught:
        make()
    message = str(caught.value)
    for fragment in [*fragments, "where:", Path(__file__).name]:
        assert fragment in message, message
    assert "rule:" in message or "try:" in message, message
