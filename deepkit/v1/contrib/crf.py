"""`tf.contrib.crf`: the linear-chain conditional random field, scores of tag sequences instead of single tags.

Source: J. Lafferty et al., Conditional random fields, ICML 2001.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core.control_flow import loops
from deepkit.errors import ShapeError
from deepkit.v1.framework.scopes import get_variable
from deepkit.v1.framework.symbolic import constant_of

__all__ = [
    "crf_binary_score", "crf_decode", "crf_log_likelihood", "crf_log_norm", "crf_sequence_score", "crf_unary_score",
    "viterbi_decode",
]


def _checked(inputs: Any, lengths: Any) -> tuple[Any, Any, Any]:
    """Scores (batch, time, tags), int32 lengths (batch,), and which steps count, bool (batch, time)."""
    inputs, lengths = constant_of(inputs), ops.cast(constant_of(lengths), "int32")
    if inputs.shape.rank not in (3, None):
        raise ShapeError(f"crf: scores of shape {inputs.shape}", rule="(batch, time, tags)")
    lengths = ops.maximum(lengths, 0)
    return inputs, lengths, ops.sequence_mask(lengths, ops.shape(inputs)[1])


def crf_unary_score(tag_indices: Any, sequence_lengths: Any, inputs: Any) -> Any:
    """The sum of the scores of the tags themselves, (batch,)."""
    inputs, _, live = _checked(inputs, sequence_lengths)
    tags = ops.one_hot(constant_of(tag_indices), ops.shape(inputs)[2], dtype=inputs.dtype)
    return ops.reduce_sum(ops.reduce_sum(inputs * tags, 2) * ops.cast(live, inputs.dtype), 1)


def crf_binary_score(tag_indices: Any, sequence_lengths: Any, transition_params: Any) -> Any:
    """The sum of the scores of neighbouring tags, (batch,); transition_params[i, j] is that of j after i."""
    tags, transitions = constant_of(tag_indices), constant_of(transition_params)
    pairs = ops.stack([tags[:, :-1], tags[:, 1:]], 2)
    after = ops.maximum(ops.cast(constant_of(sequence_lengths), "int32") - 1, 0)
    live = ops.sequence_mask(after, ops.shape(tags)[1] - 1, transitions.dtype)
    return ops.reduce_sum(ops.gather_nd(transitions, pairs) * live, 1)


def crf_sequence_score(inputs: Any, tag_indices: Any, sequence_lengths: Any, transition_params: Any) -> Any:
    """The score of a tag sequence (batch, time): its unary and its binary scores."""
    unary = crf_unary_score(tag_indices, sequence_lengths, inputs)
    return unary + crf_binary_score(tag_indices, sequence_lengths, transition_params)


def crf_log_norm(inputs: Any, sequence_lengths: Any, transition_params: Any) -> Any:
    """log of the sum over all tag sequences of exp(score), (batch,), by the forward algorithm."""
    inputs, lengths, live = _checked(inputs, sequence_lengths)
    transitions = ops.expand_dims(constant_of(transition_params), 0)

    def step(before: list[Any], now: list[Any]) -> tuple[list[Any], list[Any]]:
        (alpha,), (scores, counts) = before, now
        after = scores + ops.reduce_logsumexp(ops.expand_dims(alpha, 2) + transitions, 1)
        after.set_shape(alpha.shape)
        return [ops.where(counts, after, alpha)], []

    (alpha,), _ = loops.scan(step, [inputs[:, 0]], _by_time(inputs, live))
    norm = ops.reduce_logsumexp(alpha, 1)
    return ops.where(ops.equal(lengths, 0), ops.zeros_like(norm), norm)


def _by_time(inputs: Any, live: Any) -> list[Any]:
    """The steps after the first one, time first."""
    return [ops.transpose(inputs[:, 1:], [1, 0, 2]), ops.transpose(live[:, 1:])]


def crf_log_likelihood(
    inputs: Any, tag_indices: Any, sequence_lengths: Any, transition_params: Any = None
) -> tuple[Any, Any]:
    """(log p of the tags (batch,), transition_params). inputs (batch, time, tags), tag_indices int32 (batch, time).

    Without transition_params a variable `transitions` (tags, tags) is made. The loss is the negative mean of the first.
    """
    inputs = constant_of(inputs)
    if transition_params is None:
        tags = inputs.shape.lengths[2]
        transition_params = get_variable("transitions", [tags, tags])
    score = crf_sequence_score(inputs, tag_indices, sequence_lengths, transition_params)
    return score - crf_log_norm(inputs, sequence_lengths, transition_params), transition_params


def crf_decode(potentials: Any, transition_params: Any, sequence_length: Any) -> tuple[Any, Any]:
    """(best tags int32 (batch, time), their score (batch,)), by Viterbi's algorithm; behind the end of a sequence 0."""
    inputs, lengths, live = _checked(potentials, sequence_length)
    transitions = ops.expand_dims(constant_of(transition_params), 0)
    rows = _by_time(inputs, live)

    def forwards(before: list[Any], now: list[Any]) -> tuple[list[Any], list[Any]]:
        (best,), (scores, counts) = before, now
        ways = ops.expand_dims(best, 2) + transitions  # (batch, from, to)
        after = scores + ops.reduce_max(ways, 1)
        after.set_shape(best.shape)
        stays = ops.zeros_like(best, dtype="int32") + ops.range(ops.shape(best)[1])
        came_from = ops.where(counts, ops.cast(ops.argmax(ways, 1), "int32"), stays)
        return [ops.where(counts, after, best)], [came_from]

    (best,), (came_from,) = loops.scan(forwards, [inputs[:, 0]], rows)
    last = ops.cast(ops.argmax(best, 1), "int32")

    def backwards(before: list[Any], now: list[Any]) -> tuple[list[Any], list[Any]]:
        (tag,), (came_from,) = before, now
        earlier = ops.reduce_sum(came_from * ops.one_hot(tag, ops.shape(came_from)[1], dtype="int32"), 1)
        earlier.set_shape(tag.shape)
        return [earlier], [earlier]

    _, (tags,) = loops.scan(backwards, [last], [came_from], reverse=True)
    tags = ops.transpose(ops.concat([tags, ops.expand_dims(last, 0)], 0))
    score = ops.reduce_max(best, 1)
    return tags * ops.cast(live, "int32"), ops.where(ops.equal(lengths, 0), ops.zeros_like(score), score)


def viterbi_decode(score: Any, transition_params: Any) -> tuple[list[int], float]:
    """(best tags, their score) of one sequence of NumPy scores (time, tags), outside the graph.

    >>> from deepkit.v1.contrib.crf import viterbi_decode
    >>> viterbi_decode([[1.0, 0.0], [0.0, 0.5]], [[1.0, 0.0], [0.0, 1.0]])
    ([0, 0], 2.0)
    """
    scores, transitions = np.asarray(score), np.asarray(transition_params)
    best, came_from = scores[0], []
    for row in scores[1:]:
        ways = best[:, None] + transitions
        came_from.append(ways.argmax(0))
        best = row + ways.max(0)
    tags = [int(best.argmax())]
    for step in reversed(came_from):
        tags.append(int(step[tags[-1]]))
    return tags[::-1], float(best.max())
