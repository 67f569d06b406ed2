"""A training that is killed and goes on from its checkpoints ends at the same weights, bit for bit, as one that was not."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

# The data are drawn by the number of the step, so the program knows where it was; all the rest is in the checkpoint:
# weights, Adam's moments and powers, moving averages, the global step, and the place in dropout's random stream.
PROGRAM = """
import hashlib, json, os, random, signal, sys, warnings
import numpy as np

source, seed, folder = sys.argv[1:4]
warnings.simplefilter("ignore")
import deepkit.v1 as tf
from deepkit.datasets import load_digits28, load_mnist

STEPS, EVERY, BATCH = 60, 7, 32
data = load_digits28(verbose=False) if source == "digits28" else load_mnist(verbose=False)
images = data.x_train.reshape(len(data.x_train), -1) / np.float32(255)
labels = data.y_train.astype(np.int64)

if seed != "none":
    tf.set_random_seed(int(seed))
x, y = tf.placeholder(tf.float32, [None, 784], name="x"), tf.placeholder(tf.int64, [None], name="y")
h = tf.layers.dense(x, 32, tf.nn.relu)
h = tf.layers.batch_normalization(tf.layers.dropout(h, 0.4, training=True), training=True)
loss = tf.losses.sparse_softmax_cross_entropy(y, tf.layers.dense(h + tf.random_normal([32], stddev=0.01), 10))
step = tf.train.get_or_create_global_step()
with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
    train_op = tf.train.AdamOptimizer(0.01).minimize(loss, global_step=step)
average = tf.train.ExponentialMovingAverage(0.9, step)
with tf.control_dependencies([train_op]):
    train_op = average.apply(tf.trainable_variables())
start, saver = tf.global_variables_initializer(), tf.train.Saver(max_to_keep=2)


def train(where, report=None):
    with tf.Session() as sess:
        latest = tf.train.latest_checkpoint(where) if os.path.isdir(where) else None
        if latest:
            saver.restore(sess, latest)
        else:
            sess.run(start)
            saver.save(sess, os.path.join(where, "model"), global_step=step)
        for i in range(int(sess.run(step)), STEPS):
            rows = np.random.default_rng(i).integers(0, len(images), BATCH)
            sess.run(train_op, {x: images[rows], y: labels[rows]})
            if (i + 1) % EVERY == 0:
                saver.save(sess, os.path.join(where, "model"), global_step=step)
            if report is not None:
                os.write(report, b".")
        values = sess.run(tf.global_variables())
    return {v.name: hashlib.sha256(value.tobytes()).hexdigest() for v, value in zip(tf.global_variables(), values)}


def killed(where):
    random.seed(5)
    kills = 0
    while True:
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                found = train(where, write)
                with open(where + ".json", "w") as file:
                    json.dump(found, file)
                os._exit(0)
            finally:
                os._exit(1)
        os.close(write)
        left = random.randrange(3, 25) if kills < 5 else 10**9
        while left and os.read(read, 1):
            left -= 1
        if kills < 5:
            os.kill(child, signal.SIGKILL)
        os.close(read)
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if ended == 0:
            return kills, json.load(open(where + ".json"))
        assert ended == -signal.SIGKILL, ended
        kills += 1


if seed == "none":  # both begin with the weights and the random streams of one first checkpoint
    with tf.Session() as sess:
        sess.run(start)
        sess.run(train_op, {x: images[:2], y: labels[:2]})
        sess.run(step.initializer)
        for where in ("broken", "whole"):
            tf.train.Saver().save(sess, os.path.join(folder, where, "model"), global_step=step)
kills, broken = killed(os.path.join(folder, "broken"))
print(json.dumps([kills, broken, train(os.path.join(folder, "whole"))]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize(("source", "seed"), [("digits28", "1"), ("digits28", "none"), ("mnist", "1")])
def test_a_killed_training_ends_where_the_other_one_ends(tmp_path, source, seed):
    if source == "mnist" and not os.environ.get("DEEPKIT_DATA"):
        pytest.skip("DEEPKIT_DATA does not name a folder with MNIST")
    environment = os.environ | {
        "OPENBLAS_NUM_THREADS": "1"
    }  # the order of additions must not depend on the machine's load
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, source, seed, str(tmp_path)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    kills, broken, whole = json.loads(done.stdout)
    assert kills >= 3
    assert len(whole) > 20
    assert broken == whole
