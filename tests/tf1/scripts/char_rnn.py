"""A two-layer LSTM learns a text by its letters, with the state carried from batch to batch, and writes some itself."""

import numpy as np
import tensorflow as tf
from tensorflow.contrib import legacy_seq2seq, rnn

text = "hello world. " * 30
letters = sorted(set(text))
data = np.array([letters.index(c) for c in text])
batch, length, size = 3, 10, 24
xs = tf.placeholder(tf.int32, [None, None])
ys = tf.placeholder(tf.int32, [None, None])
cell = rnn.MultiRNNCell([rnn.BasicLSTMCell(size) for _ in range(2)], state_is_tuple=True)
start = cell.zero_state(tf.shape(xs)[0], tf.float32)
embedding = tf.get_variable("embedding", [len(letters), size])
outputs, last = tf.nn.dynamic_rnn(cell, tf.nn.embedding_lookup(embedding, xs), initial_state=start)
logits = tf.layers.dense(tf.reshape(outputs, [-1, size]), len(letters))
weights = [tf.ones_like(tf.reshape(ys, [-1]), tf.float32)]
cost = tf.reduce_mean(legacy_seq2seq.sequence_loss_by_example([logits], [tf.reshape(ys, [-1])], weights))
params = tf.trainable_variables()
grads, _ = tf.clip_by_global_norm(tf.gradients(cost, params), 5.0)
train = tf.train.AdamOptimizer(0.02).apply_gradients(list(zip(grads, params)))  # noqa: B905
rows = data[: batch * 120].reshape(batch, -1)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for _ in range(5):
        state = sess.run(start, {xs: rows[:, :1]})
        for at in range(0, 110, length):
            feed = {xs: rows[:, at : at + length], ys: rows[:, at + 1 : at + 1 + length]}
            for (c, h), (cv, hv) in zip(start, state):  # noqa: B905
                feed[c], feed[h] = cv, hv
            loss, state, _ = sess.run([cost, last, train], feed)
    assert loss < 0.5 * np.log(len(letters)), loss
    said, state = "h", sess.run(start, {xs: [[0]]})
    for _ in range(12):
        scores, state = sess.run([logits, last], {xs: [[letters.index(said[-1])]], start: state})
        said += letters[np.argmax(scores[0])]
assert set(said) <= set(letters)
assert len(said) == 13
print("done")
