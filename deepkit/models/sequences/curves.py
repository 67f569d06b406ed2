"""Invented curves, and forecasters for them that go on with a curve which somebody has drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from deepkit import keras
from deepkit.models.sequences.series import free_running

KNOWN, AHEAD = 40, 40
"""How many values a forecaster reads, and how many it goes on with."""


def invent(n: int, length: int, seed: int) -> np.ndarray:
    """Curves (n, length) of -1..1: waves, round or pointed, of a period of 8 to 40 values, on a line that may rise or fall.

    >>> invent(3, 80, seed=1).shape
    (3, 80)
    """
    rng, t = np.random.default_rng(seed), np.arange(length)

    def draw(low: float, high: float) -> np.ndarray:
        return rng.uniform(low, high, (n, 1))

    angle = 2 * np.pi * t / draw(8, 40) + draw(0, 2 * np.pi)
    pointed = 2 * np.abs((angle / np.pi) % 2 - 1) - 1
    waves = draw(0.2, 0.8) * np.where(draw(0, 1) < 0.5, np.sin(angle), pointed)
    return np.clip(draw(-0.3, 0.3) + draw(-0.5, 0.5) * (t / length - 0.5) + waves, -1, 1)


def samples(curves: np.ndarray, every: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Windows (m, KNOWN) of curves (n, length), one every few values, and the value after each, (m, 1)."""
    cut = np.lib.stride_tricks.sliding_window_view(curves, KNOWN + 1, axis=1)[:, ::every].reshape(-1, KNOWN + 1)
    return cut[:, :-1].copy(), cut[:, -1:].copy()


def forecaster() -> Any:
    """A compiled network that says from KNOWN values the next one: 40-96-96-1, relu, Adam."""
    dense = keras.layers.Dense
    model = keras.Sequential([dense(96, activation="relu", input_shape=(KNOWN,)), dense(96, activation="relu"), dense(1)])
    model.compile(keras.optimizers.Adam(0.002), "mse")
    return model


def goes_on(model: Any, ahead: int = AHEAD) -> Callable[[np.ndarray], np.ndarray]:
    """A function that goes on with KNOWN values for `ahead` more: the model, fed its own forecasts, kept in -1..1."""

    def step(last: np.ndarray) -> float:
        return float(np.clip(model.predict(last[None])[0, 0], -1, 1))

    return lambda values: free_running(step, values, ahead, KNOWN)
