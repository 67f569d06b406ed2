"""Restricted Boltzmann machines, learned by contrastive divergence, and a stack of them: a deep belief network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from deepkit.models.autoencoders.stacked import batches
from deepkit.models.sequences.equations import sigmoid


class BoltzmannMachine:
    """Visible and hidden units of 0 or 1; weights only between the two kinds.

    P(v, h) is proportional to exp(v W h + a v + b h). Given one side the units of the other are independent, with
    probabilities sigmoid(b + v W) and sigmoid(a + W h): that is what "restricted" buys.

    Attributes:
        weights: (visible, hidden); a: (visible,); b: (hidden,).

    Source: G. Hinton, "Training products of experts by minimizing contrastive divergence", 2002.
    """

    def __init__(self, visible: int, hidden: int, seed: int = 1):
        self.random = np.random.RandomState(seed)
        self.weights = self.random.normal(0, 0.01, (visible, hidden))
        self.a, self.b = np.zeros(visible), np.zeros(hidden)

    def up(self, v: np.ndarray) -> np.ndarray:
        """Probabilities (n, hidden) of the hidden units, given the visible ones (n, visible)."""
        return sigmoid(v @ self.weights + self.b)

    def down(self, h: np.ndarray) -> np.ndarray:
        """Probabilities (n, visible) of the visible units, given the hidden ones (n, hidden)."""
        return sigmoid(h @ self.weights.T + self.a)

    def free_energy(self, v: np.ndarray) -> np.ndarray:
        """(n,): minus the logarithm of the sum of exp(v W h + a v + b h) over all h; low where v is likely."""
        return -v @ self.a - np.logaddexp(0, v @ self.weights + self.b).sum(axis=1)

    def step(self, v: np.ndarray, rate: float) -> float:
        """One step of contrastive divergence on (n, visible) of 0..1: up, a sample, down, up. Returns the mean squared error.

        What goes together in the data is strengthened, what goes together in the machine's own dream is weakened.
        """
        h = self.up(v)
        sample = (self.random.uniform(size=h.shape) < h).astype(float)
        dream = self.down(sample)
        again = self.up(dream)
        self.weights += rate * (v.T @ h - dream.T @ again) / len(v)
        self.a += rate * (v - dream).mean(axis=0)
        self.b += rate * (h - again).mean(axis=0)
        return float(np.mean((v - dream) ** 2))

    def fit(self, examples: np.ndarray, epochs: int, rate: float = 0.1, batch: int = 50) -> list[float]:
        """Steps on shuffled batches; returns the mean error of each epoch."""
        return [float(np.mean([self.step(examples[places], rate) for places in batches(len(examples), batch, self.random)]))
                for _ in range(epochs)]


def belief_network(examples: np.ndarray, units: Sequence[int], epochs: int, rate: float = 0.1,
                   seed: int = 1) -> list[tuple[np.ndarray, np.ndarray]]:
    """A machine on the examples (n, inputs) of 0..1, one on what it says, and so on: weights and biases of the layers.

    Source: G. Hinton and R. Salakhutdinov, "Reducing the dimensionality of data with neural networks", Science, 2006.
    """
    layers = []
    for i, hidden in enumerate(units):
        machine = BoltzmannMachine(examples.shape[1], hidden, seed + i)
        machine.fit(examples, epochs, rate)
        layers.append((machine.weights.astype("float32"), machine.b.astype("float32")))
        examples = machine.up(examples)
    return layers
