"""The Keras face: optimizers that average gradients, batch normalization over all ranks' batches."""

from __future__ import annotations

from typing import Any

from deepkit import ops
from deepkit.distribute.graph_optimizer import distributed as distributed_graph
from deepkit.distribute.operations import allreduce, reduced
from deepkit.keras import optimizers
from deepkit.keras.layers import BatchNormalization


class _Distributed:
    """Goes before a Keras optimizer's class: gradients are averaged over all ranks, then clipped, then used."""

    _reduction: tuple[str, bool, int]

    def _clipped(self, grads: list[Any]) -> list[Any]:
        return super()._clipped(reduced(grads, *self._reduction))  # type: ignore[misc]


def distributed(optimizer: Any, name: str | None, average: bool, bucket_bytes: int) -> Any:
    """A copy of a Keras optimizer that uses the gradients of all ranks.

    Its class has the name of the optimizer's own: a model that is saved is loaded as any other, and goes on with one rank.
    """
    found = optimizers.get(optimizer)
    if isinstance(found, optimizers.TFOptimizer):
        return optimizers.TFOptimizer(distributed_graph(found.optimizer, name, average, bucket_bytes))
    own = type(found)
    kind: Any = type(own.__name__, (_Distributed, own), {"__module__": own.__module__})
    made = kind.from_config(found.get_config())
    made._reduction = (name or f"Distributed{found.name}", average, bucket_bytes)
    return made


class SyncBatchNormalization(BatchNormalization):
    """Batch normalization by the mean and variance of all ranks' batches together.

    With few examples on each rank their own statistics are noisy, and N ranks differ from one rank with the N-fold batch. Here
    they do not, for two small messages more in each step and layer. The batches are of one size. Source of the idea:
    C. Peng et al., "MegDet", CVPR 2018.
    """

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **{**kwargs, "fused": False})

    def _normalized(self, inputs: Any, mask: Any) -> tuple[Any, Any, Any]:
        if mask is not None:
            return super()._normalized(inputs, mask)
        wide = ops.cast(inputs, self.moving_mean.dtype)
        others = [axis for axis in range(len(wide.shape)) if axis not in self._axes]
        mean = allreduce(ops.reduce_mean(wide, others, keepdims=True), name=f"{self.name}/mean")
        variance = allreduce(ops.reduce_mean(ops.square(wide - mean), others, keepdims=True), name=f"{self.name}/variance")
        if len(self._axes) == 1:
            mean, variance = (ops.reshape(t, [-1]) for t in (mean, variance))
        return self._scaled(inputs, mean, variance), mean, variance
