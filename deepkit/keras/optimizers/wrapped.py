"""An optimizer of deepkit.train (such as tf.train.AdamOptimizer) in the place of a Keras optimizer."""

from __future__ import annotations

from typing import Any

from deepkit.core.tensor import Tensor
from deepkit.errors import ArgumentError
from deepkit.keras.backend.session import World
from deepkit.keras.backend.weights import beside
from deepkit.keras.optimizers.base import Optimizer
from deepkit.train.optimizer import Optimizer as GraphOptimizer


class TFOptimizer(Optimizer):
    """Trains a Keras model by an optimizer of deepkit.train, by its own formulas and with its own variables."""

    def __init__(self, optimizer: GraphOptimizer, iterations: Any = None):
        super().__init__(optimizer.get_name(), clipnorm=None)
        self.optimizer = optimizer
        if iterations is not None:
            self.iterations = iterations

    def _derivatives(self, loss: Any, params: list[Any]) -> list[Any]:
        return [grad for grad, _ in self.optimizer.compute_gradients(loss, params)]

    def _moved(self, pairs: list[tuple[Any, Any]]) -> list[Any]:
        pairs = [(g, p) for g, p in pairs if g is not None]
        first = pairs[0][1]
        counter = beside(first, self.number("iterations", first))
        train = self.optimizer.apply_gradients(pairs)
        if isinstance(first, Tensor):
            return [counter.assign_add(1)]
        World.of(first).await_value(self.optimizer.variables())  # they are initialized with the weights
        with first.graph.control_dependencies([train]):
            return [train, counter.assign_add(1)]

    def get_config(self) -> dict[str, Any]:
        raise ArgumentError(
            f"{type(self.optimizer).__name__} has no configuration", rule="optimizers of keras.optimizers have one",
            hint="model.save_weights(path) saves the weights alone",
        )
