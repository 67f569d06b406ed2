"""Parameter servers that get about as much each: which one a variable goes to, for `tf.train.replica_device_setter`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deepkit.errors import ArgumentError


def byte_size_load_fn(op: Any) -> float:
    """The bytes that a variable takes, for GreedyLoadBalancingStrategy. ArgumentError: its shape is not known in full."""
    made = op.outputs[0]
    if not made.shape.is_full:
        raise ArgumentError(f"byte_size_load_fn: {op.name!r} has shape {made.shape}", rule="a shape known in full")
    return float(made.shape.num_elements() * made.dtype.size)


class GreedyLoadBalancingStrategy:
    """ps_strategy of tf.train.replica_device_setter: each variable goes to the parameter server with the least load so far.

    num_tasks: parameter servers; load_fn: a variable's op -> its load, such as `byte_size_load_fn`. Of servers with the same
    load the first one counts.

    >>> placed = GreedyLoadBalancingStrategy(2, lambda size: size)
    >>> [placed(size) for size in (5, 2, 2, 2, 1)]
    [0, 1, 1, 1, 0]
    """

    def __init__(self, num_tasks: int, load_fn: Callable[[Any], float]):
        if num_tasks < 1:
            raise ArgumentError(f"GreedyLoadBalancingStrategy of {num_tasks} tasks", rule="at least one parameter server")
        self._loads, self._load_of = [0.0] * num_tasks, load_fn

    def __call__(self, op: Any) -> int:
        task = self._loads.index(min(self._loads))
        self._loads[task] += self._load_of(op)
        return task
