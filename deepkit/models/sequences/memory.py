"""One bit to be remembered through noise: the data, networks that try, and what of a slope comes back through time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from deepkit import keras, ops
from deepkit.core.autodiff import gradients
from deepkit.core.tensor import Tensor
from deepkit.errors import check_choice
from deepkit.keras.layers import GRU, LSTM, Dense, SimpleRNN

KINDS: dict[str, type] = {"simple": SimpleRNN, "lstm": LSTM, "gru": GRU}
"""The layers by name."""


def bits(n: int, steps: int, seed: int | Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """n sequences (n, steps, 2) and the bits (n,) of 0 or 1 to be remembered.

    In the first step the value is -1 or 1, the bit, and the mark beside it is 1; in all others the value is noise with
    a standard deviation of 1, and the mark 0.
    """
    rng = np.random.default_rng(seed)
    x = np.zeros((n, steps, 2), np.float32)
    x[:, :, 0] = rng.normal(size=(n, steps))
    y = rng.integers(0, 2, n)
    x[:, 0] = np.stack([2 * y - 1, np.ones(n)], axis=1)
    return x, y


def keeper(kind: str, units: int, steps: int = 100, forget: float = 1.0, write: float = 0.0, rate: float = 0.02) -> Any:
    """A layer of `units` and one sigmoid unit that says the bit, compiled with Adam.

    kind: "simple", "lstm" or "gru". forget, write: the first biases of an LSTM's forget and input gates; of a GRU only
    `forget` counts, for its update gate. rate: that of Adam.
    """
    check_choice("kind", kind, tuple(KINDS))
    layer = KINDS[kind](units, input_shape=(steps, 2))
    model = keras.Sequential([layer, Dense(1, activation="sigmoid")])
    if kind != "simple":
        *kernels, bias = layer.get_weights()
        if kind == "lstm":
            bias[:units], bias[units : 2 * units] = write, forget
        else:
            bias[0, :units] = forget
        layer.set_weights([*kernels, bias])
    model.compile(keras.optimizers.Adam(rate), "binary_crossentropy", metrics=["accuracy"])
    return model


def practise(model: Any, seed: int, rounds: int = 6, batches: int = 25, batch: int = 64) -> list[float]:
    """Train on bits that come only once; the shares of 500 other ones said rightly, before and after each round."""
    steps = model.input_shape[1]
    asked = bits(500, steps, [seed, 0])
    shares = [float(model.evaluate(*asked, verbose=0)[1])]
    for number in range(1, rounds + 1):
        model.fit(*bits(batches * batch, steps, [seed, number]), batch_size=batch, epochs=1, verbose=0)
        shares.append(float(model.evaluate(*asked, verbose=0)[1]))
    return shares


def slopes(layer: Any, x: np.ndarray, seed: int = 1) -> np.ndarray:
    """How strongly what a layer keeps at the end depends on what it kept after each step, (steps,); 1 at the last.

    What it keeps is the memory of an LSTM, and the state of the others. The length of v J, averaged over the sequences
    x (n, steps, depth): v is a random direction of length 1, and J the derivatives of the last kept (n,) by an earlier
    one along all ways. Cells are called step by step, and the derivatives come from `dk.gradients`.
    """
    cell = layer.cell
    x = np.asarray(x, np.float32)
    zero = ops.zeros([len(x), cell.units])
    many = isinstance(cell.state_size, (list, tuple))
    states: list[Any] = [zero] * (len(cell.state_size) if many else 1)
    kept = []
    for t in range(x.shape[1]):
        _, states = cell(Tensor(x[:, t]), states)
        kept.append(states[-1])  # an LSTM's states are h and c
    direction = np.random.default_rng(seed).normal(size=(len(x), cell.units)).astype(np.float32)
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    found = gradients(ops.reduce_sum(kept[-1] * direction), kept)
    return np.array([float(np.linalg.norm(slope.numpy(), axis=1).mean()) for slope in found])
