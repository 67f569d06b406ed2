"""Beam search: of all ways to go on, every step keeps the best few of each sequence."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from deepkit import ops
from deepkit.core.nest import flatten
from deepkit.core.shape import Shape
from deepkit.core.static import static_value
from deepkit.device.dtypes import float32, int32
from deepkit.errors import ArgumentError, ShapeError
from deepkit.v1.contrib.seq2seq._decoder import Decoder
from deepkit.v1.contrib.seq2seq._helper import embedding_function
from deepkit.v1.contrib.seq2seq._wrapper import AttentionWrapperState
from deepkit.v1.framework.control_flow import cond
from deepkit.v1.framework.symbolic import constant_of, symbolic
from deepkit.v1.framework.tensor_array import TensorArray, flat, packed
from deepkit.v1.nn.recurrent.states import batch_of, check_cell, here, mapped

gather_tree = symbolic(ops.gather_tree)


class BeamSearchDecoderState(NamedTuple):
    """The state of a beam search: the cell's (batch, beams, ...), and of each beam (batch, beams) three things.

    log_probs: the logarithm of its probability; finished: whether it has written the end token; lengths: its int64
    number of steps; accumulated_attention_probs (batch, beams, memory): how much each entry was attended to, or ().
    """

    cell_state: Any
    log_probs: Any
    finished: Any
    lengths: Any
    accumulated_attention_probs: Any = ()


class BeamSearchDecoderOutput(NamedTuple):
    """One step: scores, predicted_ids (the classes) and parent_ids (the beam each goes on from), all (batch, beams)."""

    scores: Any
    predicted_ids: Any
    parent_ids: Any


class FinalBeamSearchDecoderOutput(NamedTuple):
    """predicted_ids (batch, time, beams): the sequences, the best first; beam_search_decoder_output: the single steps."""

    predicted_ids: Any
    beam_search_decoder_output: Any


class BeamSearchDecoder(Decoder):
    """Writes the `beam_width` likeliest sequences instead of one.

    The encoder's outputs, state and lengths have to be repeated for the beams, with tile_batch, before the cell sees them.
    The score of a sequence is log p / ((5 + length) / 6)^length_penalty_weight, plus coverage_penalty_weight times the sum
    over the memory of log min(1, attention to it so far). start_tokens: (batch,); embedding: a matrix or a function. In a
    cell state, lists such as an alignment history are kept as they were written, beam by beam.
    Source: Y. Wu et al., 2016 (arXiv 1609.08144).
    """

    def __init__(
        self, cell: Any, embedding: Any, start_tokens: Any, end_token: Any, initial_state: Any, beam_width: int,
        output_layer: Any = None, length_penalty_weight: Any = 0.0, coverage_penalty_weight: Any = 0.0,
        reorder_tensor_arrays: bool = True,
    ):
        check_cell("BeamSearchDecoder", cell)
        self._cell, self._output_layer, self._beams = cell, output_layer, int(beam_width)
        if self._beams < 1:
            raise ArgumentError(f"beam_width={beam_width}", where=here(), rule="a whole number of at least 1")
        self._embedding_fn = embedding_function(embedding)
        self._start_tokens, self._end_token = constant_of(start_tokens, "int32"), constant_of(end_token, "int32")
        if self._start_tokens.shape.rank not in (1, None):
            raise ShapeError(
                f"BeamSearchDecoder: start_tokens of shape {self._start_tokens.shape}", where=here(),
                rule="one for each sequence, (batch,); the decoder itself repeats them for the beams",
            )
        self._batch = batch_of([self._start_tokens], 0)
        self._length_penalty, self._coverage_penalty = length_penalty_weight, coverage_penalty_weight
        self._initial_state = self._each(self._split, initial_state)
        tiled = ops.tile(ops.expand_dims(self._start_tokens, 1), [1, self._beams])
        self._start_inputs = self._embedding_fn(tiled)

    @property
    def batch_size(self) -> Any:
        return self._batch

    @property
    def tracks_own_finished(self) -> bool:
        return True

    @property
    def output_size(self) -> BeamSearchDecoderOutput:
        return BeamSearchDecoderOutput(*[Shape([self._beams])] * 3)

    @property
    def output_dtype(self) -> BeamSearchDecoderOutput:
        return BeamSearchDecoderOutput(float32, int32, int32)

    # ---- batch and beams as two axes or as one

    def _each(self, function: Any, state: Any) -> Any:
        """`function` of every tensor (batch, ...) of a state; numbers and lists stay."""
        leaves = [x.flow if isinstance(x, TensorArray) else constant_of(x) for x in flatten(state)]
        lists = [isinstance(x, TensorArray) for x in flatten(state)]
        kept = [x if is_list or x.shape.rank == 0 else function(x) for x, is_list in zip(leaves, lists, strict=True)]
        return packed(state, kept)

    def _split(self, x: Any) -> Any:
        rows = x.shape.lengths[0]
        if rows is not None and isinstance(self._batch, int) and rows != self._batch * self._beams:
            raise ShapeError(
                f"BeamSearchDecoder: a part of the state has {rows} rows for {self._batch} sequences", where=here(),
                rule=f"one row for each beam of each sequence: {self._batch} x {self._beams}",
                hint="tf.contrib.seq2seq.tile_batch(encoder_state, multiplier=beam_width), and so the memory and its lengths",
            )
        rest = x.shape.lengths[1:]
        return _reshaped(x, [self._batch, self._beams], 1, (_known(self._batch), self._beams, *rest))

    def _merged(self, x: Any) -> Any:
        batch = _known(self._batch)
        return _reshaped(x, [-1], 2, (None if batch is None else batch * self._beams, *x.shape.lengths[2:]))

    def _of_beams(self, x: Any, beams: Any) -> Any:
        """x (batch, beams, ...) of the beams that `beams` (batch, beams) numbers."""
        first = ops.expand_dims(ops.range(self._batch) * self._beams, 1)
        rows = ops.reshape(x, ops.concat([[-1], ops.shape(x)[2:]], 0))
        found = ops.gather(rows, beams + first)
        found.set_shape(x.shape)
        return found

    # ---- the search

    def initialize(self, name: str | None = None) -> Any:
        """At first only beam 0 counts: the others are impossible, so that no sequence is kept twice."""
        zeros = ops.zeros_like(self._start_tokens)
        batch = _known(self._batch)
        state = BeamSearchDecoderState(
            cell_state=self._initial_state, log_probs=ops.one_hot(zeros, self._beams, 0.0, -np.inf, dtype="float32"),
            finished=ops.one_hot(zeros, self._beams, False, True, dtype="bool"),
            lengths=ops.zeros_like(ops.tile(ops.expand_dims(zeros, 1), [1, self._beams]), dtype="int64"),
            accumulated_attention_probs=self._no_attention(),
        )
        for part in (state.log_probs, state.finished, state.lengths):
            part.set_shape([batch, self._beams])
        return state.finished, self._start_inputs, state

    def _no_attention(self) -> Any:
        if static_value(self._coverage_penalty) == 0:
            return ()
        return ops.zeros_like(_attention_of(self._initial_state))

    def step(self, time: Any, inputs: Any, state: Any, name: str | None = None) -> Any:
        output, cell_state = self._cell(mapped(self._merged, inputs), self._each(self._merged, state.cell_state))
        if self._output_layer is not None:
            output = self._output_layer(output)
        logits, cell_state = self._split(output), self._each(self._split, cell_state)
        result, after = self._search(logits, cell_state, state)
        inputs = cond(
            ops.reduce_all(after.finished),
            lambda: self._start_inputs,  # nobody reads it: the loop ends here
            lambda: self._embedding_fn(result.predicted_ids),
        )
        return result, after, inputs, after.finished

    def _search(self, logits: Any, cell_state: Any, state: Any) -> tuple[Any, Any]:
        classes = logits.shape.lengths[-1] or ops.shape(logits)[-1]
        ends = ops.one_hot(self._end_token, classes, True, False, dtype="bool")  # (classes,)
        finished = ops.expand_dims(state.finished, 2)
        # a finished beam goes on with the end token only, which costs nothing
        nowhere = ops.zeros_like(logits, dtype="bool")
        only_end = ops.where(ends | nowhere, ops.zeros_like(logits), ops.zeros_like(logits) + logits.dtype.min)
        steps = ops.where(finished | nowhere, only_end, ops.log_softmax(logits))
        total = ops.expand_dims(state.log_probs, 2) + steps
        longer = ops.logical_and(ops.logical_not(ends), ops.logical_not(finished))
        lengths = ops.expand_dims(state.lengths, 2) + ops.cast(longer, "int64")
        attention = state.accumulated_attention_probs
        if not isinstance(attention, tuple):
            seen = _attention_of(cell_state)
            attention = attention + ops.where(finished | ops.zeros_like(seen, dtype="bool"), ops.zeros_like(seen), seen)
        scores = ops.reshape(self._scores(total, lengths, attention), [self._batch, -1])
        best, places = ops.top_k(scores, self._beams)
        beams, words = ops.floordiv(places, classes), ops.floormod(places, classes)
        at = places + ops.expand_dims(ops.range(self._batch) * self._beams * classes, 1)
        was_finished = self._of_beams(state.finished, beams)
        after = BeamSearchDecoderState(
            cell_state=self._each(lambda x: self._of_beams(x, beams), cell_state),
            log_probs=ops.gather(ops.reshape(total, [-1]), at),
            finished=ops.logical_or(was_finished, ops.equal(words, self._end_token)),
            lengths=self._of_beams(state.lengths, beams) + ops.cast(ops.logical_not(was_finished), "int64"),
            accumulated_attention_probs=() if isinstance(attention, tuple) else self._of_beams(attention, beams),
        )
        return BeamSearchDecoderOutput(best, words, beams), after

    def _scores(self, log_probs: Any, lengths: Any, attention: Any) -> Any:
        scores = log_probs
        if static_value(self._length_penalty) != 0:
            scores = scores / ops.pow((5.0 + ops.cast(lengths, "float32")) / 6.0, self._length_penalty)
        if isinstance(attention, tuple):
            return scores
        # exactly 0 stands behind the end of a memory: nothing there is to be covered
        covered = ops.where(ops.greater(attention, 0.0), ops.minimum(attention, 1.0), ops.ones_like(attention))
        covered = ops.reduce_sum(ops.log(covered), 2)
        return scores + self._coverage_penalty * ops.expand_dims(covered, 2)

    def finalize(self, outputs: Any, final_state: Any, sequence_lengths: Any) -> Any:
        longest = ops.cast(ops.reduce_max(final_state.lengths, 1), "int32")
        ids = ops.gather_tree(outputs.predicted_ids, outputs.parent_ids, longest, self._end_token)
        return FinalBeamSearchDecoderOutput(ids, outputs), final_state


def _known(batch: Any) -> int | None:
    return batch if isinstance(batch, int) else None


def _reshaped(x: Any, first: list[Any], merged: int, shape: tuple[int | None, ...]) -> Any:
    """x with other axes `first` instead of its first `merged` ones; `shape` is what is known of the result."""
    y = ops.reshape(x, ops.concat([ops.stack(first), ops.shape(x)[merged:]], 0))
    y.set_shape(shape)
    return y


def _attention_of(cell_state: Any) -> Any:
    """The alignments (batch, beams, memory) in a cell's state; the mean of several."""
    if not isinstance(cell_state, AttentionWrapperState):
        raise ArgumentError(
            "coverage_penalty_weight without attention", where=here(),
            rule="covered is what was attended to, so the cell is an AttentionWrapper", hint="coverage_penalty_weight=0.0",
        )
    found = flat(cell_state.alignments)
    return found[0] if len(found) == 1 else ops.add_n(found) / float(len(found))


def tile_batch(t: Any, multiplier: int, name: str | None = None) -> Any:
    """Every row of each tensor (batch, ...) of t `multiplier` times in succession: (batch * multiplier, ...).

    >>> import deepkit.v1 as tf
    >>> with tf.Graph().as_default(), tf.Session() as sess:
    ...     print(sess.run(tf.contrib.seq2seq.tile_batch(tf.constant([1, 2]), 3)))
    [1 1 1 2 2 2]
    """

    def tiled(x: Any) -> Any:
        x = constant_of(x)
        if x.shape.rank == 0:
            raise ShapeError("tile_batch of a single number", where=here(), rule="the first axis is the batch")
        rows = ops.tile(ops.expand_dims(x, 1), [1, multiplier, *[1] * ((x.shape.rank or 1) - 1)])
        y = ops.reshape(rows, ops.concat([[-1], ops.shape(x)[1:]], 0))
        first = x.shape.lengths[0]
        y.set_shape([None if first is None else first * multiplier, *x.shape.lengths[1:]])
        return y

    leaves = [x if isinstance(x, TensorArray) else tiled(x) for x in flatten(t)]
    return packed(t, [x.flow if isinstance(x, TensorArray) else x for x in leaves])
