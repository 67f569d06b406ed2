"""The equations of LSTM and GRU in plain NumPy, with gates that can be held by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from deepkit.errors import check_choice

GATES = ("input", "forget", "output")
"""An LSTM's gates in the order in which Keras keeps their columns; the candidate's stand before the last."""
_FREE: Mapping[str, float] = {}


class Weights(NamedTuple):
    """What `get_weights` of a Keras LSTM or GRU gives: kernel (depth, gates n), recurrent (n, gates n), bias."""

    kernel: np.ndarray
    recurrent: np.ndarray
    bias: np.ndarray

    @property
    def units(self) -> int:
        """n, the numbers of the state."""
        return int(self.recurrent.shape[0])


def sigmoid(z: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-z)), in the form that no z makes overflow."""
    return 0.5 + 0.5 * np.tanh(0.5 * z)


def lstm_step(x: np.ndarray, h: np.ndarray, c: np.ndarray, weights: Weights, held: Mapping[str, float] = _FREE
              ) -> dict[str, np.ndarray]:
    """One step of an LSTM from x (depth,), the hidden state h and the memory c (n,): gates, candidate, memory, hidden.

    held: by the name of a gate the value that it is held at, 0 for shut and 1 for open.
    Source: S. Hochreiter, J. Schmidhuber, 1997; forget gate: F. Gers et al., 1999.
    """
    to_i, to_f, to_new, to_o = np.split(
        x @ weights.kernel + h @ weights.recurrent + weights.bias, 4, axis=-1)
    gates = {"input": sigmoid(to_i), "forget": sigmoid(to_f), "output": sigmoid(to_o)}
    gates |= {name: np.full_like(c, value) for name, value in held.items()}
    new = np.tanh(to_new)
    c = gates["forget"] * c + gates["input"] * new
    return gates | {"candidate": new, "memory": c, "hidden": gates["output"] * np.tanh(c)}


def gru_step(x: np.ndarray, h: np.ndarray, weights: Weights, reset: str = "after") -> dict[str, np.ndarray]:
    """One step of a GRU from x (depth,) and the state h (n,): both gates, the candidate and the new state, "hidden".

    reset: where the reset gate r stands: "before" the product with the state's weights (K. Cho et al., 2014), "after" it
    (then the bias is (2, 3 n), one for x and one for h), or "never". An open update gate keeps the old state.
    """
    check_choice("reset", reset, ("after", "before", "never"))
    bias_x, bias_h = weights.bias if reset == "after" else (weights.bias, np.zeros_like(weights.bias))
    x_z, x_r, x_g = np.split(x @ weights.kernel + bias_x, 3, axis=-1)
    h_z, h_r, h_g = np.split(h @ weights.recurrent + bias_h, 3, axis=-1)
    update, r = sigmoid(x_z + h_z), sigmoid(x_r + h_r)
    if reset == "before":
        h_g = (r * h) @ weights.recurrent[:, -weights.units:]
    new = np.tanh(x_g + (r * h_g if reset == "after" else h_g))
    return {"update": update, "reset": r, "candidate": new, "hidden": update * h + (1 - update) * new}


def lstm(x: np.ndarray, weights: Weights, held: Mapping[str, float] = _FREE, since: int = 0) -> dict[str, np.ndarray]:
    """An LSTM over a sequence x (steps, depth), from a state of zeros: what `lstm_step` gives, each (steps, n).

    Many sequences at once are (steps, batch, depth); then all is (steps, batch, n).
    since: the first step in which the gates of `held` are held.

    Raises:
        ArgumentError: for a gate that an LSTM has not.
    """
    for name in held:
        check_choice("held", name, GATES)
    h = c = np.zeros((*np.shape(x)[1:-1], weights.units), weights.recurrent.dtype)
    steps: list[dict[str, np.ndarray]] = []
    for t, now in enumerate(x):
        steps.append(lstm_step(now, h, c, weights, held if t >= since else _FREE))
        h, c = steps[-1]["hidden"], steps[-1]["memory"]
    return _over_time(steps)


def gru(x: np.ndarray, weights: Weights, reset: str = "after") -> dict[str, np.ndarray]:
    """A GRU over a sequence x (steps, depth) or (steps, batch, depth), from zeros: what `gru_step` gives, over time."""
    h = np.zeros((*np.shape(x)[1:-1], weights.units), weights.recurrent.dtype)
    steps: list[dict[str, np.ndarray]] = []
    for now in x:
        steps.append(gru_step(now, h, weights, reset))
        h = steps[-1]["hidden"]
    return _over_time(steps)


def _over_time(steps: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    return {name: np.stack([step[name] for step in steps]) for name in steps[0]} if steps else {}
