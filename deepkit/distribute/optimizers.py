"""`DistributedOptimizer`: an optimizer that takes its steps with the gradients of all ranks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from deepkit.distribute import buckets
from deepkit.distribute.operations import reduced
from deepkit.errors import ArgumentError
from deepkit.loading import load_module
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


def DistributedOptimizer(  # noqa: N802  Horovod's name
    optimizer: Any, name: str | None = None, average: bool = True, bucket_bytes: int = buckets.SIZE
) -> Any:
    """`optimizer`, of tf.train or of Keras, with the gradients of all ranks: N ranks train as one with the N-fold batch.

    Args:
        optimizer: an optimizer of deepkit.v1.train or deepkit.keras.optimizers. With one rank nothing changes.
        name: of what it adds to the graph.
        average: the mean of the ranks' gradients; else their sum.
        bucket_bytes: gradients travel together in messages of about this size, the first ones while others are computed.

    Each rank computes the mean loss of its own batch. Where all batches are of one size, the average of their gradients is
    the gradient of the mean over all. Gradients are clipped after they were averaged. A learning rate that was good for one
    rank is often too small for N: P. Goyal et al. (arXiv 1706.02677, 2017) multiply it by N, and warm up.

    >>> from deepkit import distribute
    >>> import deepkit.v1 as tf
    >>> distribute.init()
    >>> opt = distribute.DistributedOptimizer(tf.train.AdamOptimizer(0.001 * distribute.size()))
    """
    if bucket_bytes < 1:
        raise ArgumentError(f"bucket_bytes={bucket_bytes}", rule="bytes of a message, at least 1")
    if isinstance(optimizer, Optimizer):
        return GraphOptimizer(optimizer, name or f"Distributed{optimizer.get_name()}", average, bucket_bytes)
    return load_module("deepkit.distribute.keras").distributed(optimizer, name, average, bucket_bytes)
