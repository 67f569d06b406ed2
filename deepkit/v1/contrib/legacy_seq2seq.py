"""`tf.contrib.legacy_seq2seq`: encoders and decoders over lists of steps, and the loss of such lists."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from deepkit import ops
from deepkit.core.apply import scope as _scope
from deepkit.errors import ArgumentError
from deepkit.v1.contrib.layers import fully_connected
from deepkit.v1.framework.scopes import get_variable, get_variable_scope, variable_scope
from deepkit.v1.framework.symbolic import constant_of
from deepkit.v1.nn.recurrent.unroll import static_rnn

__all__ = [
    "basic_rnn_seq2seq", "embedding_rnn_decoder", "embedding_rnn_seq2seq", "rnn_decoder", "sequence_loss",
    "sequence_loss_by_example", "tied_rnn_seq2seq",
]


def rnn_decoder(
    decoder_inputs: Any, initial_state: Any, cell: Any, loop_function: Callable[[Any, int], Any] | None = None,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """(outputs, state) of the cell, step by step; loop_function(output, i) makes the next input of an output.

    Without a loop_function the inputs are the given ones, as in training.
    """
    with variable_scope(scope or "rnn_decoder") as opened:
        state, outputs, previous = initial_state, [], None
        for i, given in enumerate(decoder_inputs):
            step = given
            if loop_function is not None and previous is not None:
                with variable_scope("loop_function", reuse=True):
                    step = loop_function(previous, i)
            if i:
                opened.reuse_variables()
            output, state = cell(step, state)
            outputs.append(output)
            previous = output
        return outputs, state


def basic_rnn_seq2seq(
    encoder_inputs: Any, decoder_inputs: Any, cell: Any, dtype: Any = "float32", scope: Any = None
) -> tuple[list[Any], Any]:
    """(outputs, state) of a decoder that starts from the last state of an encoder; each has variables of its own."""
    with variable_scope(scope or "basic_rnn_seq2seq"):
        _, state = static_rnn(copy.deepcopy(cell), encoder_inputs, dtype=dtype)
        return rnn_decoder(decoder_inputs, state, cell)


def tied_rnn_seq2seq(
    encoder_inputs: Any,
    decoder_inputs: Any,
    cell: Any,
    loop_function: Any = None,
    dtype: Any = "float32",
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """As `basic_rnn_seq2seq`, but encoder and decoder share their variables."""
    with variable_scope("combined_tied_rnn_seq2seq"):
        name = scope or "tied_rnn_seq2seq"
        _, state = static_rnn(cell, encoder_inputs, dtype=dtype, scope=name)
        get_variable_scope().reuse_variables()
        return rnn_decoder(decoder_inputs, state, cell, loop_function, scope=name)


def _fed_back(embedding: Any, projection: Any, update_embedding: bool) -> Callable[[Any, int], Any]:
    """The embedding of the most likely class of an output."""

    def loop_function(previous: Any, _: int) -> Any:
        if projection is not None:
            previous = ops.xw_plus_b(previous, *projection)
        found = ops.embedding_lookup(embedding, ops.argmax(previous, 1))
        return found if update_embedding else ops.stop_gradient(found)

    return loop_function


def embedding_rnn_decoder(
    decoder_inputs: Any, initial_state: Any, cell: Any, num_symbols: int, embedding_size: int, output_projection: Any = None,
    feed_previous: bool = False, update_embedding_for_previous: bool = True, scope: Any = None,
) -> tuple[list[Any], Any]:
    """`rnn_decoder` of class numbers (batch,), embedded; with feed_previous each step's input is the step before's output."""
    with variable_scope(scope or "embedding_rnn_decoder"):
        embedding = get_variable("embedding", [num_symbols, embedding_size])
        loop = _fed_back(embedding, output_projection, update_embedding_for_previous) if feed_previous else None
        inputs = [ops.embedding_lookup(embedding, constant_of(i)) for i in decoder_inputs]
        return rnn_decoder(inputs, initial_state, cell, loop)


def embedding_rnn_seq2seq(
    encoder_inputs: Any, decoder_inputs: Any, cell: Any, num_encoder_symbols: int, num_decoder_symbols: int,
    embedding_size: int, output_projection: Any = None, feed_previous: bool = False, dtype: Any = "float32",
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """(outputs, state): class numbers (batch,) in, logits (batch, num_decoder_symbols) out, or with an output_projection
    what it is to be applied to."""
    if not isinstance(feed_previous, bool):
        raise ArgumentError("embedding_rnn_seq2seq: feed_previous is a tensor", rule="True or False", hint="two graphs")
    with variable_scope(scope or "embedding_rnn_seq2seq"):
        with variable_scope("encoder"):
            table = get_variable("embedding", [num_encoder_symbols, embedding_size])
            inputs = [ops.embedding_lookup(table, constant_of(i)) for i in encoder_inputs]
            _, state = static_rnn(copy.deepcopy(cell), inputs, dtype=dtype)
        return embedding_rnn_decoder(
            decoder_inputs, state, _Projected(cell, num_decoder_symbols) if output_projection is None else cell,
            num_decoder_symbols, embedding_size, output_projection, feed_previous,
        )


class _Projected:
    """A cell whose output goes through a dense layer."""

    def __init__(self, cell: Any, size: int):
        self.cell, self.size = cell, size

    def __call__(self, inputs: Any, state: Any) -> Any:
        output, state = self.cell(inputs, state)
        return fully_connected(output, self.size, activation_fn=None, scope="output_projection"), state


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
