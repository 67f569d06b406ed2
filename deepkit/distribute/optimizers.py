"""`DistributedOptimizer`: an optimizer that takes its steps with the gradients of all ranks."""

from __future__ import annotations

from typing import Any

from deepkit.distribute import buckets, graph_optimizer
from deepkit.errors import ArgumentError
from deepkit.loading import load_module
from deepkit.train.optimizer import Optimizer


def DistributedOptimizer(
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
        return graph_optimizer.distributed(optimizer, name, average, bucket_bytes)
    return load_module("deepkit.distribute.keras").distributed(optimizer, name, average, bucket_bytes)
