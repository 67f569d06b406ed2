"""Encoders and decoders over lists of steps: of vectors, and of class numbers that are embedded."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Mapping
from typing import Any

from deepkit import ops
from deepkit.v1.contrib.rnn import EmbeddingWrapper, OutputProjectionWrapper
from deepkit.v1.framework.control_flow import cond
from deepkit.v1.framework.scopes import get_variable, get_variable_scope, variable_scope
from deepkit.v1.framework.symbolic import constant_of
from deepkit.v1.nn.recurrent.unroll import static_rnn

Outputs = tuple[list[Any], Any]
"""A list of outputs, one a step, and the last state."""


def rnn_decoder(
    decoder_inputs: Any, initial_state: Any, cell: Any, loop_function: Callable[[Any, int], Any] | None = None,
    scope: Any = None,
) -> Outputs:
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
) -> Outputs:
    """(outputs, state) of a decoder that starts from the last state of an encoder; each has variables of its own."""
    with variable_scope(scope or "basic_rnn_seq2seq"):
        _, state = static_rnn(copy.deepcopy(cell), encoder_inputs, dtype=dtype)
        return rnn_decoder(decoder_inputs, state, cell)


def tied_rnn_seq2seq(
    encoder_inputs: Any, decoder_inputs: Any, cell: Any, loop_function: Any = None, dtype: Any = "float32",
    scope: Any = None,
) -> Outputs:
    """As `basic_rnn_seq2seq`, but encoder and decoder share their variables."""
    with variable_scope("combined_tied_rnn_seq2seq"):
        name = scope or "tied_rnn_seq2seq"
        _, state = static_rnn(cell, encoder_inputs, dtype=dtype, scope=name)
        get_variable_scope().reuse_variables()
        return rnn_decoder(decoder_inputs, state, cell, loop_function, scope=name)


# ---- class numbers


def fed_back(embedding: Any, projection: Any, update_embedding: bool = True) -> Callable[[Any, int], Any]:
    """The next input of an output: the embedding of its most likely class."""

    def loop_function(previous: Any, _: int) -> Any:
        if projection is not None:
            previous = ops.xw_plus_b(previous, *projection)
        found = ops.embedding_lookup(embedding, ops.argmax(previous, 1))
        return found if update_embedding else ops.stop_gradient(found)

    return loop_function


def embedded(embedding: Any, numbers: Any) -> list[Any]:
    """The rows of a variable for each step's class numbers (batch,)."""
    return [ops.embedding_lookup(embedding, constant_of(step)) for step in numbers]


def fed_if(flag: Any, decode: Callable[[bool], Outputs]) -> Outputs:
    """decode(flag); where the flag is a tensor both ways are in the graph, with one set of variables, and it chooses."""
    if isinstance(flag, bool):
        return decode(flag)

    def shared() -> Any:
        with variable_scope(get_variable_scope(), reuse=True):
            return decode(False)

    outputs, state = cond(flag, lambda: decode(True), shared)
    return list(outputs), state


def embedding_rnn_decoder(
    decoder_inputs: Any, initial_state: Any, cell: Any, num_symbols: int, embedding_size: int, output_projection: Any = None,
    feed_previous: bool = False, update_embedding_for_previous: bool = True, scope: Any = None,
) -> Outputs:
    """`rnn_decoder` of class numbers (batch,), embedded; with feed_previous each step's input is the step before's output."""
    with variable_scope(scope or "embedding_rnn_decoder"):
        embedding = get_variable("embedding", [num_symbols, embedding_size])
        loop = fed_back(embedding, output_projection, update_embedding_for_previous) if feed_previous else None
        return rnn_decoder(embedded(embedding, decoder_inputs), initial_state, cell, loop)


def embedding_rnn_seq2seq(
    encoder_inputs: Any, decoder_inputs: Any, cell: Any, num_encoder_symbols: int, num_decoder_symbols: int,
    embedding_size: int, output_projection: Any = None, feed_previous: Any = False, dtype: Any = "float32",
    scope: Any = None,
) -> Outputs:
    """(outputs, state): class numbers (batch,) in, logits (batch, num_decoder_symbols) out, or with an output_projection
    what it is to be applied to. feed_previous: a bool, also as a tensor."""
    with variable_scope(scope or "embedding_rnn_seq2seq"):
        encoder = EmbeddingWrapper(copy.deepcopy(cell), num_encoder_symbols, embedding_size)
        _, state = static_rnn(encoder, encoder_inputs, dtype=dtype)
        decoder = OutputProjectionWrapper(cell, num_decoder_symbols) if output_projection is None else cell
        return fed_if(feed_previous, lambda fed: embedding_rnn_decoder(
            decoder_inputs, state, decoder, num_decoder_symbols, embedding_size, output_projection, fed,
            update_embedding_for_previous=isinstance(feed_previous, bool),
        ))


def embedding_tied_rnn_seq2seq(
    encoder_inputs: Any, decoder_inputs: Any, cell: Any, num_symbols: int, embedding_size: int,
    num_decoder_symbols: int | None = None, output_projection: Any = None, feed_previous: Any = False,
    dtype: Any = "float32", scope: Any = None,
) -> Outputs:
    """As `embedding_rnn_seq2seq`, but encoder and decoder share cell and embedding."""
    with variable_scope(scope or "embedding_tied_rnn_seq2seq"):
        embedding = get_variable("embedding", [num_symbols, embedding_size])
        first, second = embedded(embedding, encoder_inputs), embedded(embedding, decoder_inputs)
        if output_projection is None:
            cell = OutputProjectionWrapper(cell, num_decoder_symbols or num_symbols)

        def decode(fed: bool) -> Outputs:
            loop = fed_back(embedding, output_projection, isinstance(feed_previous, bool)) if fed else None
            return tied_rnn_seq2seq(first, second, cell, loop, dtype)

        return fed_if(feed_previous, decode)


def one2many_rnn_seq2seq(
    encoder_inputs: Any, decoder_inputs_dict: Mapping[Any, Any], enc_cell: Any, dec_cells_dict: Mapping[Any, Any],
    num_encoder_symbols: int, num_decoder_symbols_dict: Mapping[Any, int], embedding_size: int, feed_previous: Any = False,
    dtype: Any = "float32", scope: Any = None,
) -> tuple[dict[Any, list[Any]], dict[Any, Any]]:
    """One encoder and a decoder for each name: (outputs by name, states by name)."""
    outputs, states = {}, {}
    with variable_scope(scope or "one2many_rnn_seq2seq"):
        encoder = EmbeddingWrapper(enc_cell, num_encoder_symbols, embedding_size)
        _, state = static_rnn(encoder, encoder_inputs, dtype=dtype)
        for name, inputs in decoder_inputs_dict.items():
            classes = num_decoder_symbols_dict[name]
            decoder = OutputProjectionWrapper(dec_cells_dict[name], classes)
            decode = functools.partial(embedding_rnn_decoder, inputs, state, decoder, classes, embedding_size, None)
            with variable_scope(f"one2many_decoder_{name}"):
                outputs[name], states[name] = fed_if(feed_previous, decode)
    return outputs, states
