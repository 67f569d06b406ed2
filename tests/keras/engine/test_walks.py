"""The way through the code: how many files and functions a reader meets in one warm step of fit, and in one session run.

A step is from one batch of `fit` to the next, the walk of `fit` itself the whole call for one batch, both after everything
has been compiled. Comprehensions count with the function that they stand in; the kernels of device/, which differ with the sizes
of arrays, do not. The numbers may only fall.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import deepkit
import deepkit.v1 as tf
from deepkit import keras

HOME = os.path.dirname(deepkit.__file__)
KERNELS = os.path.join(HOME, "device")
STEP, FIT = (20, 32), (23, 72)
FIRST_RUN, WARM_RUN = (17, 68), (4, 7)
"""The most files and functions."""

Entered = list[tuple[str, str]]
"""(file, function), in the order in which they were entered."""


def entered(act: Callable[[], Any]) -> Entered:
    """The functions of deepkit that are entered while `act` runs, each as often as it is."""
    found: Entered = []

    def note(frame: Any, event: str, _: Any) -> None:
        code = frame.f_code
        own = code.co_filename.startswith(HOME) and not code.co_filename.startswith(KERNELS)
        if event == "call" and own and not code.co_name.startswith("<"):
            found.append((code.co_filename.removeprefix(HOME), code.co_qualname))

    sys.setprofile(note)
    try:
        act()
    finally:
        sys.setprofile(None)
    return found


def check(walk: Entered, most: tuple[int, int]) -> None:
    met = dict.fromkeys(walk)
    size = len({file for file, _ in met}), len(met)
    assert max(size[0] - most[0], size[1] - most[1]) <= 0, (size, most, *[" ".join(place) for place in met])


def dense_model() -> Any:
    model = keras.models.Sequential([keras.layers.Dense(1, input_shape=(4,))])
    model.compile("sgd", "mse")
    return model


def batches(n: int) -> tuple[np.ndarray, np.ndarray]:
    return np.ones((32 * n, 4), "float32"), np.ones((32 * n, 1), "float32")


def test_a_walk_counts_what_is_entered_once():
    epsilon = keras.backend.epsilon
    walk = entered(lambda: [epsilon() for _ in range(3)])
    assert len(walk) == 3
    check(walk, (1, 1))
    with pytest.raises(AssertionError):
        check(walk, (1, 0))


def test_a_warm_step_of_fit():
    model, (x, y) = dense_model(), batches(4)
    model.fit(x, y, verbose=0)
    walk = entered(lambda: model.fit(x, y, verbose=0))
    starts = [i for i, (_, function) in enumerate(walk) if function == "run_batch"]
    assert len(starts) == 4
    check(walk[starts[1] : starts[2]], STEP)


def test_a_warm_fit_of_one_batch():
    model, (x, y) = dense_model(), batches(1)
    model.fit(x, y, verbose=0)
    check(entered(lambda: model.fit(x, y, verbose=0)), FIT)


def test_the_runs_of_a_session():
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 4])
        y = tf.matmul(x, tf.ones([4, 2]))
        for most in (FIRST_RUN, WARM_RUN):
            check(entered(lambda: session.run(y, {x: np.ones((3, 4), "float32")})), most)
