"""Optimizers of deepkit.train, which are those of tf.train, with the gradients of all ranks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from deepkit.distribute.operations import reduced
from deepkit.train.optimizer import Optimizer


class GraphOptimizer(Optimizer):
    """An optimizer of deepkit.train (tf.train) whose compute_gradients gives averages over all ranks."""

    def __init__(self, optimizer: Optimizer, name: str, average: bool, bucket_bytes: int):
        super().__init__(optimizer.learning_rate, name)
        self.optimizer, self._average, self._bucket_bytes = optimizer, average, bucket_bytes

    def compute_gradients(self, *args: Any, **kwargs: Any) -> list[tuple[Any, Any]]:
        """Those of the other optimizer, averaged over all ranks: what is clipped afterwards is the average."""
        pairs = self.optimizer.compute_gradients(*args, **kwargs)
        grads = reduced([grad for grad, _ in pairs], self.name, self._average, self._bucket_bytes)
        return [(grad, var) for grad, (_, var) in zip(grads, pairs, strict=True)]

    def apply_gradients(self, grads_and_vars: Iterable[Any], global_step: Any = None, name: str | None = None) -> Any:
        """As the other optimizer does it."""
        return self.optimizer.apply_gradients(grads_and_vars, global_step, name)

    def get_slot(self, var: Any, name: str) -> Any:
        """The slot of the other optimizer."""
        return self.optimizer.get_slot(var, name)

    def get_slot_names(self) -> list[str]:
        """The slots of the other optimizer."""
        return self.optimizer.get_slot_names()

    def variables(self) -> list[Any]:
        """The variables of the other optimizer."""
        return self.optimizer.variables()


def distributed(optimizer: Optimizer, name: str | None, average: bool, bucket_bytes: int) -> GraphOptimizer:
    """`optimizer` with the gradients of all ranks."""
    return GraphOptimizer(optimizer, name or f"Distributed{optimizer.get_name()}", average, bucket_bytes)
