"""A program that writes for TensorBoard runs to its end where the tensorboard package is not installed."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
sys.modules.update(dict.fromkeys(["tensorboard", "google"]))  # not installed
import deepkit.v1 as tf

x = tf.Variable(2.0)
tf.summary.scalar("x", x)
tf.summary.histogram("many", tf.ones([3]) * x)
merged = tf.summary.merge_all()
with tf.Session() as sess:
    writer = tf.summary.FileWriter(sys.argv[1], sess.graph)
    sess.run(tf.global_variables_initializer())
    for step in range(3):
        value, summary = sess.run([x.assign_add(1.0), merged])
        writer.add_summary(summary, step)
    writer.add_graph(sess.graph)
    writer.flush()
    writer.close()
print(value, summary)
"""


def test_the_program_goes_on_and_is_told_once_what_to_install(tmp_path):
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "logs")], capture_output=True, text=True, check=False
    )
    assert run.stdout == "5.0 b''\n", run.stderr
    assert run.stderr.count("Warning") == 1
    assert "nothing is written for TensorBoard" in run.stderr
    assert '[tensorboard]"' in run.stderr
    assert not (tmp_path / "logs").exists()
