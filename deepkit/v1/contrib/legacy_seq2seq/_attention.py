"""Decoders that look at the encoder's states. Source: O. Vinyals et al., Grammar as a foreign language, NIPS 2015."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

from deepkit import ops
from deepkit.core.nest import leaves
from deepkit.errors import ArgumentError, ShapeError
from deepkit.v1.contrib.legacy_seq2seq._decoders import Outputs, embedded, fed_back, fed_if
from deepkit.v1.contrib.rnn import EmbeddingWrapper, OutputProjectionWrapper
from deepkit.v1.framework.scopes import get_variable, get_variable_scope, variable_scope
from deepkit.v1.initializers import zeros
from deepkit.v1.nn.recurrent.unroll import static_rnn


def _linear(inputs: Sequence[Any], size: int) -> Any:
    """The inputs side by side, (batch, n), times the variable kernel (n, size), plus bias (size,)."""
    x = inputs[0] if len(inputs) == 1 else ops.concat(list(inputs), 1)
    if x.shape[-1] is None:
        raise ShapeError(f"attention_decoder: inputs of shape {x.shape}", rule="the last length is known")
    kernel = get_variable("kernel", [int(x.shape[-1]), size], x.dtype)
    return ops.matmul(x, kernel) + get_variable("bias", [size], x.dtype, zeros())


class _Attention:
    """What a query finds among states h (batch, length, size), by each head: the mean of h with weights softmax(e).

    e_i = v . tanh(W h_i + U query), for each head with variables of its own.
    """

    def __init__(self, states: Any, heads: int):
        self.states, self.heads = states, heads
        self.size = int(states.shape[2])
        self.parts = []
        for head in range(heads):
            w = get_variable(f"AttnW_{head}", [1, 1, self.size, self.size], states.dtype)
            features = ops.tensordot(states, ops.reshape(w, [self.size, self.size]), 1)
            self.parts.append((features, get_variable(f"AttnV_{head}", [self.size], states.dtype)))

    def nothing(self, like: Any) -> list[Any]:
        """What has been found before the first query."""
        empty = ops.zeros(ops.stack([ops.shape(like)[0], self.size]), self.states.dtype)
        empty.set_shape([None, self.size])
        return [empty] * self.heads

    def __call__(self, query: Any) -> list[Any]:
        found = []
        for head, (features, v) in enumerate(self.parts):
            with variable_scope(f"Attention_{head}"):
                y = ops.expand_dims(_linear(leaves(query), self.size), 1)
            weights = ops.softmax(ops.reduce_sum(v * ops.tanh(features + y), 2))
            found.append(ops.reduce_sum(ops.expand_dims(weights, 2) * self.states, 1))
        return found


def _check(inputs: Sequence[Any], heads: int, states: Any) -> None:
    if not inputs or heads < 1:
        raise ArgumentError(
            f"attention_decoder: {len(inputs)} inputs, {heads} heads", rule="at least one of each",
            hint="rnn_decoder decodes without attention",
        )
    if states.shape[2] is None:
        raise ShapeError(f"attention_states of shape {states.shape}", rule="(batch, length, size), size known")


def attention_decoder(
    decoder_inputs: Any, initial_state: Any, attention_states: Any, cell: Any, output_size: int | None = None,
    num_heads: int = 1, loop_function: Callable[[Any, int], Any] | None = None, dtype: Any = None, scope: Any = None,
    initial_state_attention: bool = False,
) -> Outputs:
    """(outputs, state) of a cell that at each step also reads what it found among attention_states at the step before.

    decoder_inputs: a list of (batch, n); attention_states (batch, length, size); outputs (batch, output_size): linear in the
    cell's output and what its new state finds. With initial_state_attention the first step reads what the initial state
    finds, otherwise zeros. ArgumentError: no inputs, no head. ShapeError: a size that is not known.
    """
    _check(decoder_inputs, num_heads, attention_states)
    with variable_scope(scope or "attention_decoder", dtype=dtype):
        attention = _Attention(attention_states, num_heads)
        outputs: list[Any] = []
        state = initial_state
        found = attention(state) if initial_state_attention else attention.nothing(decoder_inputs[0])
        for i, given in enumerate(decoder_inputs):
            if i:
                get_variable_scope().reuse_variables()
            step = given
            if loop_function is not None and outputs:
                with variable_scope("loop_function", reuse=True):
                    step = loop_function(outputs[-1], i)
            output, state = cell(_linear([step, *found], int(step.shape[1])), state)
            with variable_scope(get_variable_scope(), reuse=True if i == 0 and initial_state_attention else None):
                found = attention(state)
            with variable_scope("AttnOutputProjection"):
                outputs.append(_linear([output, *found], output_size or cell.output_size))
        return outputs, state


def embedding_attention_decoder(
    decoder_inputs: Any, initial_state: Any, attention_states: Any, cell: Any, num_symbols: int, embedding_size: int,
    num_heads: int = 1, output_size: int | None = None, output_projection: Any = None, feed_previous: bool = False,
    update_embedding_for_previous: bool = True, dtype: Any = None, scope: Any = None, initial_state_attention: bool = False,
) -> Outputs:
    """`attention_decoder` of class numbers (batch,), embedded; with feed_previous each step's input is the last output."""
    with variable_scope(scope or "embedding_attention_decoder", dtype=dtype):
        embedding = get_variable("embedding", [num_symbols, embedding_size])
        loop = fed_back(embedding, output_projection, update_embedding_for_previous) if feed_previous else None
        return attention_decoder(
            embedded(embedding, decoder_inputs), initial_state, attention_states, cell, output_size, num_heads, loop,
            initial_state_attention=initial_state_attention,
        )


def embedding_attention_seq2seq(
    encoder_inputs: Any, decoder_inputs: Any, cell: Any, num_encoder_symbols: int, num_decoder_symbols: int,
    embedding_size: int, num_heads: int = 1, output_projection: Any = None, feed_previous: Any = False,
    dtype: Any = None, scope: Any = None, initial_state_attention: bool = False,
) -> Outputs:
    """(outputs, state): class numbers (batch,) in, logits (batch, num_decoder_symbols) out, or with an output_projection
    what it is to be applied to. feed_previous: a bool, also as a tensor."""
    with variable_scope(scope or "embedding_attention_seq2seq", dtype=dtype) as opened:
        encoder = EmbeddingWrapper(copy.deepcopy(cell), num_encoder_symbols, embedding_size)
        encoded, state = static_rnn(encoder, encoder_inputs, dtype=opened.dtype)
        attended = ops.concat([ops.expand_dims(output, 1) for output in encoded], 1)
        projected = output_projection is None
        decoder = OutputProjectionWrapper(cell, num_decoder_symbols) if projected else cell
        return fed_if(feed_previous, lambda fed: embedding_attention_decoder(
            decoder_inputs, state, attended, decoder, num_decoder_symbols, embedding_size, num_heads,
            num_decoder_symbols if projected else None, output_projection, fed,
            update_embedding_for_previous=isinstance(feed_previous, bool), initial_state_attention=initial_state_attention,
        ))
