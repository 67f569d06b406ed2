"""The loss of sequences of classes."""

from __future__ import annotations

from typing import Any

from deepkit import ops
from deepkit.core.apply import scope
from deepkit.errors import ShapeError
from deepkit.v1.framework.symbolic import constant_of


def sequence_loss(
    logits: Any, targets: Any, weights: Any, average_across_timesteps: bool = True, average_across_batch: bool = True,
    softmax_loss_function: Any = None, name: Any = None,
) -> Any:
    """The weighted cross-entropy of sequences: logits (batch, time, classes), targets and weights (batch, time).

    Averaged over both axes: the sum divided by the sum of the weights (plus 1e-12); over one of them, or none: what is
    left has shape (time,), (batch,) or (batch, time). Weights of 0 leave out what lies behind the end of a sequence.
    """
    logits, targets, weights = constant_of(logits), constant_of(targets), constant_of(weights)
    for what, tensor, rank in (("logits", logits, 3), ("targets", targets, 2), ("weights", weights, 2)):
        if tensor.shape.rank not in (rank, None):
            raise ShapeError(
                f"sequence_loss: {what} of shape {tensor.shape}",
                rule="logits (batch, time, classes), targets and weights (batch, time)",
            )
    with scope(name, "sequence_loss", logits, targets, weights):
        function = softmax_loss_function or ops.sparse_softmax_cross_entropy_with_logits
        flat = ops.reshape(logits, [-1, logits.shape.lengths[2] or ops.shape(logits)[2]])
        losses = function(labels=ops.reshape(targets, [-1]), logits=flat) * ops.reshape(weights, [-1])
        if average_across_timesteps and average_across_batch:
            return ops.reduce_sum(losses) / (ops.reduce_sum(weights) + 1e-12)
        losses = ops.reshape(losses, ops.shape(logits)[:2])
        if not (average_across_timesteps or average_across_batch):
            return losses
        axis = [1] if average_across_timesteps else [0]
        return ops.reduce_sum(losses, axis) / (ops.reduce_sum(weights, axis) + 1e-12)
