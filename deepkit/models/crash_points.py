"""One save of a checkpoint, killed at each of its dealings with the disk in turn: `python -m deepkit.models.crash_points`."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import deepkit.v1 as tf
from deepkit.models.resumable import die

BEFORE, AFTER = 20, 30
_PART, _NAMELESS = re.compile(r"[.](.+)[.][^.]+[.]part"), r"what will be \1"
_DEALINGS = {"open": "open", "os.rename": "give its name to", "os.remove": "delete"}


def watch(answer: Callable[[str], None]) -> None:
    """Call `answer` with a sentence right before each further dealing of this process with files, until it ends."""

    def heard(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _DEALINGS and isinstance(arguments[0], str) and not os.path.isdir(arguments[0]):
            name = os.path.basename(arguments[1] if event == "os.rename" else arguments[0])
            answer(f"{_DEALINGS[event]} {_PART.sub(_NAMELESS, name)}")

    sys.addaudithook(heard)


def save(folder: str, step: int, answer: Callable[[str], None] | None = None) -> None:
    """Write a checkpoint that holds its own step, the only one that is kept; `answer` is told what happens on the disk."""
    with tf.Graph().as_default(), tf.Session() as session:
        kept = tf.Variable(step, name="step")
        session.run(kept.initializer)
        saver = tf.train.Saver(max_to_keep=1)
        state = tf.train.get_checkpoint_state(folder)
        if state is not None:
            saver.recover_last_checkpoints(state.all_model_checkpoint_paths)
        if answer is not None:
            watch(answer)
        saver.save(session, os.path.join(folder, "model"), global_step=step)


def found(folder: str) -> int:
    """The step in the latest checkpoint of a folder, as a new process would restore it."""
    with tf.Graph().as_default(), tf.Session() as session:
        kept = tf.Variable(0, name="step")
        tf.train.Saver().restore(session, tf.train.latest_checkpoint(folder))
        return int(session.run(kept))


def crash_points() -> Iterator[tuple[str, int]]:
    """For each dealing with the disk: what it would have been, and the step that is found after a kill right before it."""
    methods = multiprocessing.get_all_start_methods()
    context: Any = multiprocessing.get_context("fork" if "fork" in methods else "spawn")  # fork is the quick one
    for at in itertools.count():
        with tempfile.TemporaryDirectory() as folder:
            save(folder, BEFORE)
            here, there = context.Pipe(duplex=False)
            child = context.Process(target=save_until, args=(folder, at, there))
            child.start()
            there.close()
            child.join()
            if child.exitcode == 0:
                return
            if not here.poll():
                raise AssertionError(f"the process died by itself: {child.exitcode}")
            yield here.recv(), found(folder)


def save_until(folder: str, at: int, told: Any) -> None:
    """In a process of its own: save, but before the dealing of this number send what it would be, and die."""
    numbers = itertools.count()

    def answer(dealing: str) -> None:
        if next(numbers) == at:
            told.send(dealing)
            die()

    save(folder, AFTER, answer)


if __name__ == "__main__":
    for what, step in crash_points():
        print(f"killed before: {what:42} then found: step {step}")
