"""From the losses of all examples to one number: weights, masks, and the choice between sum and mean."""

from __future__ import annotations

from typing import Any

from deepkit import ops
from deepkit.errors import ShapeError, check_choice
from deepkit.keras.backend.tensors import int_shape, ndim, tensor
from deepkit.layers.metrics.means import of_equal_rank


class Reduction:
    """What a loss object makes of the losses of a batch.

    SUM_OVER_BATCH_SIZE (and AUTO): their sum divided by their number; SUM: their sum; NONE: all of them.
    """

    AUTO = "auto"
    NONE = "none"
    SUM = "sum"
    SUM_OVER_BATCH_SIZE = "sum_over_batch_size"

    mean_of_unmasked = True
    """Whether the mean is taken over the losses that no mask leaves out, or masked ones count as losses of 0."""

    @classmethod
    def all(cls) -> tuple[str, ...]:
        return cls.AUTO, cls.NONE, cls.SUM, cls.SUM_OVER_BATCH_SIZE

    @classmethod
    def validate(cls, key: str) -> None:
        """ArgumentError unless `key` is one of them."""
        check_choice("reduction", key, cls.all())


def squeeze_last(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    """The two, a last axis of length 1 taken from the one that has an axis more."""
    ranks = ndim(y_true), ndim(y_pred)
    if None in ranks:
        return y_true, y_pred
    more = ranks[1] - ranks[0]  # type: ignore[operator]
    if more == 1 and (int_shape(y_pred) or ())[-1] == 1:
        return y_true, ops.squeeze(y_pred, [-1])
    if more == -1 and (int_shape(y_true) or ())[-1] in (1, None):
        return ops.squeeze(y_true, [-1]), y_pred
    return y_true, y_pred


def _fitted(losses: Any, weights: Any) -> Any:
    """Weights in the type of the losses, with as many axes if they have one more or one less."""
    weights = ops.cast(tensor(weights, beside=losses), losses.dtype)
    if not ndim(weights) or ndim(losses) is None:
        return weights
    weights = of_equal_rank(weights, losses)
    for loss, weight in zip(int_shape(losses) or (), int_shape(weights) or (), strict=False):
        if weight not in (1, None, loss) and loss is not None:
            raise ShapeError(
                f"sample_weight of shape {weights.shape} for losses of shape {losses.shape}",
                rule="one weight for each example, or one for each loss",
            )
    return weights


def masked_weights(losses: Any, weights: Any, mask: Any, reduction: str) -> Any:
    """Weights that leave masked losses out, of the sum and (for the mean) of their number."""
    if mask is None:
        return weights
    mask = ops.cast(tensor(mask), losses.dtype)
    if Reduction.mean_of_unmasked and reduction in (Reduction.AUTO, Reduction.SUM_OVER_BATCH_SIZE):
        mask = mask * (ops.cast(ops.size(mask), losses.dtype) / ops.reduce_sum(mask))
    return mask if weights is None else _fitted(mask, weights) * mask


def compute_weighted_loss(
    losses: Any, sample_weight: Any = None, reduction: str = Reduction.SUM_OVER_BATCH_SIZE
) -> Any:
    """The losses times their weights, reduced. Weights count in the sum, not in the number that it is divided by.

    >>> compute_weighted_loss([1.0, 3.0], [1.0, 0.0]).item()
    0.5
    """
    Reduction.validate(reduction)
    losses = tensor(losses)
    weighted = losses if sample_weight is None else losses * _fitted(losses, sample_weight)
    if reduction == Reduction.NONE:
        return weighted
    total = ops.reduce_sum(weighted)
    if reduction == Reduction.SUM:
        return total
    return total / ops.cast(ops.maximum(ops.size(weighted), 1), total.dtype)
