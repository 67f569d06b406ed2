"""A training program with the three lines, whose rank 0 keeps checkpoints: arguments are a folder, the last step and the pace."""

from __future__ import annotations

import hashlib
import os
import sys
import time

import numpy as np

import deepkit.v1 as tf
from deepkit import distribute

folder, last, pause = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
distribute.init()
first = distribute.rank() == 0
with open(os.path.join(folder, f"pid{distribute.rank()}"), "w") as file:
    file.write(str(os.getpid()))

rng = np.random.default_rng(4)
xs, ys = distribute.shard(rng.normal(size=(64, 12)).astype("f"), rng.normal(size=(64, 1)).astype("f"))
tf.set_random_seed(distribute.rank())
x, y = tf.placeholder(tf.float32, [None, 12]), tf.placeholder(tf.float32, [None, 1])
hidden = tf.layers.dense(x, 16, activation=tf.nn.tanh, kernel_initializer=tf.initializers.random_normal(seed=7))
loss = tf.reduce_mean((tf.layers.dense(hidden, 1, kernel_initializer=tf.initializers.random_normal(seed=8)) - y) ** 2)
step = tf.train.get_or_create_global_step()
train = distribute.DistributedOptimizer(tf.train.AdamOptimizer(0.01)).minimize(loss, global_step=step)
with tf.train.MonitoredTrainingSession(
    checkpoint_dir=folder if first else None, save_checkpoint_steps=10, save_checkpoint_secs=None, save_summaries_steps=None,
    save_summaries_secs=None, log_step_count_steps=None,
    hooks=[distribute.BroadcastGlobalVariablesHook(0), tf.train.StopAtStepHook(last_step=last)],
) as sess:
    now = sess.run(step)
    print("from step", now, flush=True)
    while not sess.should_stop():
        k = int(now) * 8 % len(xs)
        sess.run(train, {x: xs[k : k + 8], y: ys[k : k + 8]})
        now += 1
        time.sleep(pause)
if first:  # the session has written its last checkpoint
    weights = [tf.train.load_variable(folder, var.op.name) for var in tf.trainable_variables()]
    print("digits", hashlib.sha256(b"".join(w.tobytes() for w in weights)).hexdigest()[:16], flush=True)
