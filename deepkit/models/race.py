"""The runners of the optimizer race: the library's optimizers, walking down a surface of two numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import deepkit.v1 as tf

MOMENTUM = 0.9  # of the two runners that keep a velocity


def runner(optimizer: Callable[[float], Any]) -> Callable[[Any, tuple[float, float], float, int], np.ndarray]:
    """How an optimizer, made from its rate, walks: (height, start, rate, steps) -> (steps + 1, 2) places in float64."""

    def walk(height: Any, start: tuple[float, float], rate: float, steps: int) -> np.ndarray:
        with tf.Graph().as_default(), tf.Session() as sess:
            place = tf.Variable(np.asarray(start, np.float64))
            step = optimizer(rate).minimize(height(place[0], place[1]))
            with tf.control_dependencies([step]):
                after = place.read_value()
            sess.run(tf.global_variables_initializer())
            return np.array([start, *(sess.run(after) for _ in range(steps))])

    return walk


RUNNERS = {
    "gradient descent": runner(tf.train.GradientDescentOptimizer),
    "momentum": runner(lambda rate: tf.train.MomentumOptimizer(rate, MOMENTUM)),
    "Nesterov": runner(lambda rate: tf.train.MomentumOptimizer(rate, MOMENTUM, use_nesterov=True)),
    "AdaGrad": runner(tf.train.AdagradOptimizer),
    "RMSProp": runner(tf.train.RMSPropOptimizer),
    "Adam": runner(tf.train.AdamOptimizer),
}
"""By name, how each optimizer walks."""
