"""The loss of lists of steps, and one model for sequences of several lengths."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from deepkit import ops
from deepkit.core.apply import scope as _scope
from deepkit.errors import ArgumentError
from deepkit.v1.framework.scopes import get_variable_scope, variable_scope
from deepkit.v1.framework.symbolic import constant_of


def sequence_loss_by_example(
    logits: Any, targets: Any, weights: Any, average_across_timesteps: bool = True, softmax_loss_function: Any = None,
    name: Any = None,
) -> Any:
    """The weighted cross-entropy of lists of steps, summed over the steps and divided by the sum of the weights: (batch,)."""
    if not len(logits) == len(targets) == len(weights):
        raise ArgumentError(f"sequence_loss: {len(logits)} logits, {len(targets)} targets, {len(weights)} weights")
    logits, targets, weights = ([constant_of(x) for x in part] for part in (logits, targets, weights))
    with _scope(name, "sequence_loss_by_example", logits, targets, weights):
        function = softmax_loss_function or ops.sparse_softmax_cross_entropy_with_logits
        steps = [
            function(labels=t if softmax_loss_function else ops.reshape(t, [-1]), logits=x) * w
            for x, t, w in zip(logits, targets, weights, strict=True)
        ]
        total = ops.add_n(steps)
        return total / (ops.add_n(weights) + 1e-12) if average_across_timesteps else total


def sequence_loss(
    logits: Any, targets: Any, weights: Any, average_across_timesteps: bool = True, average_across_batch: bool = True,
    softmax_loss_function: Any = None, name: Any = None,
) -> Any:
    """The sum over the batch of `sequence_loss_by_example`, divided by the size of the batch."""
    losses = sequence_loss_by_example(logits, targets, weights, average_across_timesteps, softmax_loss_function, name)
    total = ops.reduce_sum(losses)
    return total / ops.cast(ops.shape(constant_of(targets[0]))[0], total.dtype) if average_across_batch else total


def model_with_buckets(
    encoder_inputs: Sequence[Any], decoder_inputs: Sequence[Any], targets: Sequence[Any], weights: Sequence[Any],
    buckets: Sequence[tuple[int, int]], seq2seq: Callable[[Any, Any], Any], softmax_loss_function: Any = None,
    per_example_loss: bool = False, name: str | None = None,
) -> tuple[list[list[Any]], list[Any]]:
    """(outputs, losses), for each bucket those of seq2seq on its numbers of steps; all buckets share their variables.

    buckets: pairs (steps of the encoder, steps of the decoder), the longest last. The losses are scalars, or with
    per_example_loss (batch,). ArgumentError: fewer inputs, targets or weights than the last bucket has steps.
    """
    longest = {"encoder_inputs": buckets[-1][0], "targets": buckets[-1][1], "weights": buckets[-1][1]}
    for what, given in (("encoder_inputs", encoder_inputs), ("targets", targets), ("weights", weights)):
        if len(given) < longest[what]:
            raise ArgumentError(
                f"model_with_buckets: {len(given)} {what}", rule=f"as many as the last bucket has steps: {longest[what]}"
            )
    loss_of = sequence_loss_by_example if per_example_loss else sequence_loss
    outputs, losses = [], []
    with _scope(name, "model_with_buckets", encoder_inputs, decoder_inputs, targets, weights):
        for i, (first, second) in enumerate(buckets):
            with variable_scope(get_variable_scope(), reuse=True if i else None):
                logits, _ = seq2seq(encoder_inputs[:first], decoder_inputs[:second])
                outputs.append(logits)
                losses.append(
                    loss_of(logits, targets[:second], weights[:second], softmax_loss_function=softmax_loss_function)
                )
    return outputs, losses
