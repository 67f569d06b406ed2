"""Two towers share their variables; their gradients are averaged on the CPU, as on a machine with two cards."""

import numpy as np
import tensorflow as tf


def assign_to_device(worker, ps="/cpu:0"):
    def choose(op):
        node = op if isinstance(op, tf.NodeDef) else op.node_def
        return ps if node.op in ("Variable", "VariableV2") else worker

    return choose


def average(tower_grads):
    averaged = []
    for pairs in zip(*tower_grads):  # noqa: B905
        stacked = tf.concat([tf.expand_dims(g, 0) for g, _ in pairs], 0)
        averaged.append((tf.reduce_mean(stacked, 0), pairs[0][1]))
    return averaged


x, y = tf.placeholder(tf.float32, [None, 4]), tf.placeholder(tf.float32, [None, 1])
optimizer, grads, losses = tf.train.GradientDescentOptimizer(0.1), [], []
for i in range(2):
    with tf.device(assign_to_device("/gpu:" + str(i))), tf.variable_scope("net", reuse=i > 0):
        out = tf.layers.dense(x[i * 8 : (i + 1) * 8], 1)
        losses.append(tf.reduce_mean(tf.square(out - y[i * 8 : (i + 1) * 8])))
        grads.append(optimizer.compute_gradients(losses[-1]))
train = optimizer.apply_gradients(average(grads))
data = np.random.RandomState(0).randn(16, 4)
feed = {x: data, y: data.sum(1, keepdims=True)}
with tf.Session(config=tf.ConfigProto(allow_soft_placement=True)) as sess:
    sess.run(tf.global_variables_initializer())
    before = np.mean(sess.run(losses, feed))
    for _ in range(50):
        sess.run(train, feed)
    assert np.mean(sess.run(losses, feed)) < 0.1 * before
    assert len(tf.trainable_variables()) == 2
print("done")
