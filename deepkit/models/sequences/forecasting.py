"""Forecasts judged honestly: a split in time, a scale that knows only the past, and rules of thumb to be beaten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from deepkit import keras
from deepkit.errors import ArgumentError
from deepkit.models.sequences.series import free_running
from deepkit.models.sequences.windows import windows

Step = Callable[[np.ndarray], np.ndarray]


def rmse(forecast: Any, truth: Any) -> float:
    """The root of the mean squared error, in the unit of the series."""
    return float(np.sqrt(np.mean(np.square(np.subtract(forecast, truth)))))


@dataclass(frozen=True)
class Split:
    """A series, cut in time: what a forecaster may learn from, and what it is judged on, one step ahead.

    values: (n,), positive; cut: how many of them are known; lags: how many values before the next a forecaster reads.
    It reads logarithms, scaled by mean and deviation of those *before* the cut.
    """

    values: np.ndarray
    cut: int
    lags: int

    def __post_init__(self) -> None:
        if not 0 < self.lags < self.cut < len(self.values):
            raise ArgumentError(f"lags={self.lags}, cut={self.cut} of {len(self.values)} values", rule="0 < lags < cut < n")

    @property
    def scaled(self) -> np.ndarray:
        """(n,): about 0 and of deviation 1 before the cut."""
        logs = np.log(self.values)
        return (logs - logs[: self.cut].mean()) / logs[: self.cut].std()

    def unscaled(self, scaled: Any) -> np.ndarray:
        """Values in the unit of the series."""
        logs = np.log(self.values[: self.cut])
        return np.exp(np.asarray(scaled, np.float64) * logs.std() + logs.mean())

    def samples(self) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
        """(x, y) whose y lies before the cut, and (x, y) whose y lies behind it: (m, lags) and (m,), scaled."""
        x, y = windows(self.scaled, self.lags)
        known = self.cut - self.lags
        return (x[:known], y[:known]), (x[known:], y[known:])

    @property
    def truth(self) -> np.ndarray:
        """(n - cut,), what is to be forecast."""
        return self.values[self.cut :]

    def ahead(self, step: Callable[[np.ndarray], float]) -> np.ndarray:
        """(n - cut,): all that is to be forecast, from what is known alone; `step` is fed its own forecasts, scaled."""
        return self.unscaled(free_running(step, self.scaled[: self.cut], len(self.values) - self.cut, self.lags))


def rules_of_thumb(values: np.ndarray, cut: int, season: int = 12) -> dict[str, np.ndarray]:
    """Forecasts (n - cut,), one step ahead, that need no learning, by the rule's name."""
    n = len(values)
    year_ago = values[cut - season : n - season]
    growth = values[cut - 1 : n - 1] / values[cut - 1 - season : n - 1 - season]
    return {
        "as last month": values[cut - 1 : n - 1],
        "as a year ago": year_ago,
        "as a year ago, times the growth since": year_ago * growth,
    }


def straight_line(split: Split) -> Step:
    """Least squares on the known part: a function from (m, lags) to (m,), both scaled."""
    (x, y), _ = split.samples()
    weights = np.linalg.lstsq(np.c_[x, np.ones(len(x))], y, rcond=None)[0]
    return lambda windows: windows @ weights[:-1] + weights[-1]


def dense(split: Split, seed: int, units: int = 32, epochs: int = 200) -> Step:
    """A trained network lags-units-1 with relu: a function from (m, lags) to (m,), both scaled."""
    layer = keras.layers.Dense
    return _trained([layer(units, activation="relu", input_shape=(split.lags,)), layer(1)], split, seed, epochs, (split.lags,))


def recurrent(split: Split, seed: int, units: int = 16, epochs: int = 100) -> Step:
    """A trained LSTM that reads the lags one after the other: a function from (m, lags) to (m,), both scaled."""
    layers = [keras.layers.LSTM(units, input_shape=(split.lags, 1)), keras.layers.Dense(1)]
    return _trained(layers, split, seed, epochs, (split.lags, 1))


def _trained(layers: list[Any], split: Split, seed: int, epochs: int, shape: tuple[int, ...]) -> Step:
    (x, y), _ = split.samples()
    np.random.seed(seed)
    model = keras.Sequential(layers)
    model.compile(keras.optimizers.Adam(0.01), "mse")
    model.fit(x.reshape(-1, *shape), y, epochs=epochs, batch_size=16, verbose=0)
    return lambda windows: model.predict(windows.reshape(-1, *shape))[:, 0]
