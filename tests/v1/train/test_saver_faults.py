"""Programs that are killed while they save, disks that are full: the checkpoints before stay, and what failed is said."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

KILLS = max(int(os.environ.get("DEEPKIT_FUZZ", "0")) // 10, 60)

# A training saves as fast as it can; it is killed again and again and each time goes on from its latest checkpoint.
KILLED = """
import os, random, signal, sys, time
import numpy as np
import deepkit.v1 as tf

folder, kills, numbered = sys.argv[1], int(sys.argv[2]), sys.argv[4] == "numbered"
random.seed(int(sys.argv[3]))
step = tf.train.get_or_create_global_step()
weights = [tf.get_variable(f"w{i}", [300, 50], initializer=tf.zeros_initializer()) for i in range(4)]
more = tf.group(step.assign_add(1), *[w.assign_add(tf.ones([300, 50])) for w in weights])
start = tf.global_variables_initializer()
saver = tf.train.Saver(max_to_keep=2)


def train(report):
    with tf.Session() as sess:
        state = tf.train.get_checkpoint_state(folder)
        if state is None:
            sess.run(start)
        else:
            saver.recover_last_checkpoints(state.all_model_checkpoint_paths)
            saver.restore(sess, state.model_checkpoint_path)
        while True:
            sess.run(more)
            saver.save(sess, os.path.join(folder, "m"), global_step=step if numbered else None)
            os.write(report, int(sess.run(step)).to_bytes(8, "little"))


def check(least):
    path = tf.train.latest_checkpoint(folder)
    if path is None:
        assert least == 0, f"{least} was saved, and nothing is there"
        return 0
    reader = tf.train.NewCheckpointReader(path)
    now = int(reader.get_tensor("global_step"))
    assert path.endswith(f"-{now}" if numbered else "m"), (path, now)
    assert now >= least, f"step {least} was saved, but the latest checkpoint is {now}"
    for i in range(4):
        assert (reader.get_tensor(f"w{i}") == now).all(), "a mixture of two checkpoints"
    with tf.Graph().as_default():
        assert tf.train.import_meta_graph(path + ".meta") is not None
    for kept in tf.train.get_checkpoint_state(folder).all_model_checkpoint_paths:
        # The oldest may be gone already: it is deleted when the state no longer names it, never before.
        assert tf.train.checkpoint_exists(kept), f"{kept} is named, but not there"
    return now


reached, moments = 0, set()
for _ in range(kills):
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            train(write)
        finally:
            os._exit(1)
    os.close(write)
    saves = random.randrange(3)
    for _ in range(saves):
        reached = int.from_bytes(os.read(read, 8), "little")
    time.sleep(random.random() * 0.01)
    os.kill(child, signal.SIGKILL)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    while said := os.read(read, 8):
        reached = int.from_bytes(said, "little")
    os.close(read)
    moments.add(tuple(sorted("part" if name.endswith(".part") else "whole" for name in os.listdir(folder))))
    reached = check(reached)
print(reached, len(moments))
"""


def run(program: str, *arguments: object, seconds: int = 120) -> str:
    command = [sys.executable, "-c", textwrap.dedent(program), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("names", ["numbered", "always the same name"])
def test_a_killed_training_loses_nothing(tmp_path, names):
    reached, moments = map(int, run(KILLED, tmp_path, KILLS, 1, names).split())
    assert reached >= KILLS / 4
    assert moments > 1, "no kill came while a file was being written"


FULL = """
import os, signal, sys
import numpy as np
import deepkit.v1 as tf
from deepkit.errors import DataError

folder, limit = sys.argv[1], int(sys.argv[2])
w = tf.get_variable("w", [100], initializer=tf.zeros_initializer())
saver = tf.train.Saver()
with tf.Session() as sess:
    sess.run(w.initializer)
    first = saver.save(sess, os.path.join(folder, "m"), global_step=1)
    before = {name: open(os.path.join(folder, name), "rb").read() for name in os.listdir(folder)}
    if limit:
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    big = tf.get_variable("big", [100_000], initializer=tf.zeros_initializer())
    sess.run(big.initializer)
    try:
        tf.train.Saver().save(sess, os.path.join(folder, "m"), global_step=2)
    except DataError as error:
        print(error)
    else:
        sys.exit("the disk is full, and nothing was said")
    assert {name: open(os.path.join(folder, name), "rb").read() for name in os.listdir(folder)} == before
    assert tf.train.latest_checkpoint(folder) == first
    saver.restore(sess, first)
    saver.save(sess, os.path.join(folder, "m"), global_step=3, write_meta_graph=False)
    assert tf.train.latest_checkpoint(folder).endswith("m-3")
"""


def test_a_file_that_may_not_grow(tmp_path):
    said = run(FULL, tmp_path, 100_000)
    assert "cannot write" in said
    assert "File too large" in said
    assert "has space left" in said


def test_a_full_disk(tmp_path):
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(tmp_path)], capture_output=True, text=True
    )
    if mounted.returncode != 0:
        pytest.skip(f"a small disk needs the right to mount one: {mounted.stderr.strip()}")
    try:
        assert "No space left on device" in run(FULL, tmp_path, 0)
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)
