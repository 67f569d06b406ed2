"""A training that may be killed at any time and goes on where it was: `python -m deepkit.models.resumable FOLDER`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

import numpy as np

import deepkit.v1 as tf
from deepkit.datasets import load_digits28

BATCH, DROPPED, RATE = 100, 0.2, 0.002


class Network(NamedTuple):
    """A network for digits, its training step, and the number of steps done."""

    images: tf.Tensor
    labels: tf.Tensor
    is_training: tf.Tensor
    loss: tf.Tensor
    train: tf.Operation
    step: tf.Tensor


def network(seed: int = 1) -> Network:
    """784-64-10 with relu, dropout 0.2 and Adam, in the default graph: 50,890 weights."""
    tf.set_random_seed(seed)
    images = tf.placeholder(tf.float32, [None, 784], name="images")
    labels = tf.placeholder(tf.int64, [None], name="labels")
    is_training = tf.placeholder_with_default(False, [], name="is_training")
    hidden = tf.layers.dense(images, 64, tf.nn.relu, name="hidden")
    kept = tf.layers.dropout(hidden, DROPPED, training=is_training)
    logits = tf.layers.dense(kept, 10, name="logits")
    loss = tf.losses.sparse_softmax_cross_entropy(labels, logits)
    step = tf.train.get_or_create_global_step()
    train = tf.train.AdamOptimizer(RATE).minimize(loss, global_step=step)
    return Network(images, labels, is_training, loss, train, step)


def batch_of(step: int, images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The examples of a step: drawn by its number, so that a training which goes on meets the same ones."""
    chosen = np.random.default_rng(step).integers(len(images), size=BATCH)
    return images[chosen].reshape(BATCH, 784).astype(np.float32) / 255, labels[chosen]


def train(folder: Path, steps: int, every: int, pause: float = 0.0, die_at: int | None = None) -> None:
    """Train up to `steps` steps from the latest checkpoint of `folder`, or from the beginning.

    For each step a line "step loss" is printed, and after each checkpoint, every so many steps, a line "saved step".

    pause: seconds between the steps, for those who watch. die_at: the step after which the process kills itself, as
    `kill -9` would: without a word, in the midst of it all.
    """
    (images, labels), _ = load_digits28(verbose=False)
    with tf.Graph().as_default(), tf.Session() as session:
        net = network()
        saver = tf.train.Saver()
        latest = tf.train.latest_checkpoint(str(folder))
        if latest is None:
            session.run(tf.global_variables_initializer())
        else:
            saver.restore(session, latest)
        for step in range(int(session.run(net.step)) + 1, steps + 1):
            x, y = batch_of(step, images, labels)
            loss, _ = session.run([net.loss, net.train], {net.images: x, net.labels: y, net.is_training: True})
            print(step, repr(float(loss)), flush=True)
            if step == die_at:
                die()
            if step % every == 0:
                saver.save(session, str(folder / "digits"), global_step=step)
                print("saved", step, flush=True)
            time.sleep(pause)


def die() -> NoReturn:
    """End this process at once: no handler, no `finally`, no buffer that is written out."""
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))  # Windows ends it as hard by SIGTERM
    raise AssertionError("a process has outlived its own kill")


def command(folder: str | os.PathLike[str], steps: int = 60, every: int = 10, pause: float = 0.0) -> list[str]:
    """The command that runs this training in a process of its own."""
    return [sys.executable, "-m", "deepkit.models.resumable", os.fspath(folder), f"--steps={steps}", f"--every={every}",
            f"--pause={pause}"]


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line: a folder, and the arguments of `train` as options."""
    parser = argparse.ArgumentParser(prog="python -m deepkit.models.resumable", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the checkpoints are; made if it is not there")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--every", type=int, default=10, help="steps between two checkpoints")
    parser.add_argument("--pause", type=float, default=0.0, help="seconds between two steps")
    parser.add_argument("--die-at", type=int, help="the step after which the process kills itself")
    args = parser.parse_args(arguments)
    args.folder.mkdir(parents=True, exist_ok=True)
    train(args.folder, args.steps, args.every, args.pause, args.die_at)


if __name__ == "__main__":
    main()
