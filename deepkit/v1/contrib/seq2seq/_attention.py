"""Attention mechanisms: how well a query, the decoder's output, fits each entry of a memory, the encoder's outputs."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from deepkit import ops
from deepkit.errors import ShapeError
from deepkit.train.initializers import Constant, Ones, Zeros
from deepkit.v1.framework.scopes import get_variable, variable_scope
from deepkit.v1.framework.symbolic import constant_of
from deepkit.v1.layers.core import Dense
from deepkit.v1.nn.recurrent.states import batch_of, here, zeros_of


class AttentionMechanism:
    """Base of all mechanisms: `mechanism(query, state)` gives (alignments, next state), both (batch, time).

    memory: (batch, time, depth), zero behind memory_sequence_length (batch,); `values` is that memory, `keys` are what
    memory_layer makes of it. probability_fn turns the scores (batch, time) into weights, softmax by default; behind the
    end of a sequence the score is score_mask_value, minus infinity by default.
    """

    scope = "attention"

    def __init__(
        self, query_layer: Any, memory: Any, probability_fn: Callable[[Any], Any] | None = None,
        memory_sequence_length: Any = None, memory_layer: Any = None, score_mask_value: float | None = None,
    ):
        memory = constant_of(memory)
        if memory.shape.rank is None or memory.shape.rank < 3 or memory.shape.lengths[-1] is None:
            raise ShapeError(
                f"attention to a memory of shape {memory.shape}", where=here(),
                rule="(batch, time, depth), with a depth that is known before the graph runs",
                hint="the outputs of dynamic_rnn, not its state",
            )
        lengths = None if memory_sequence_length is None else constant_of(memory_sequence_length)
        if lengths is not None:
            mask = ops.sequence_mask(lengths, ops.shape(memory)[1], memory.dtype)
            values = memory * ops.reshape(mask, [*_two(mask), *[1] * (memory.shape.rank - 2)])
            values.set_shape(memory.shape)
        else:
            values = memory
        self._lengths, self._mask_value = lengths, -math.inf if score_mask_value is None else score_mask_value
        self._probability_fn = probability_fn or ops.softmax
        self.query_layer, self.memory_layer, self.values = query_layer, memory_layer, values
        self.keys = values if memory_layer is None else memory_layer(values)

    @property
    def dtype(self) -> Any:
        return self.values.dtype

    @property
    def batch_size(self) -> Any:
        return batch_of([self.keys], 0)

    @property
    def alignments_size(self) -> Any:
        """How many entries the memory has: a number if it is known, else a tensor."""
        return batch_of([self.keys], 1)

    state_size = alignments_size

    @property
    def memory_sequence_length(self) -> Any:
        return self._lengths

    def initial_alignments(self, batch_size: Any, dtype: Any) -> Any:
        """Zeros (batch, time)."""
        size = self.alignments_size
        if isinstance(size, int):
            return zeros_of(size, batch_size, dtype)
        return ops.zeros(ops.stack([ops.cast(constant_of(batch_size), "int32"), size]), dtype)

    initial_state = initial_alignments

    def __call__(self, query: Any, state: Any = None) -> Any:
        """(alignments, next state): how much of each entry of the memory the query gets."""
        with variable_scope(None, self.scope, [query]):
            alignments = self._probability_fn(self._masked(self.score(constant_of(query))))
        return alignments, alignments

    def score(self, query: Any) -> Any:
        """How well each entry fits: (batch, time)."""
        raise AttributeError(f"the mechanism {type(self).__name__} does not define score(self, query)")

    def _masked(self, score: Any) -> Any:
        if self._lengths is None:
            return score
        mask = ops.sequence_mask(self._lengths, ops.shape(score)[1])
        masked = ops.where(mask, score, ops.fill(ops.shape(score), ops.cast(self._mask_value, score.dtype)))
        masked.set_shape(score.shape)
        return masked


def _two(x: Any) -> list[Any]:
    """The first two dimensions, as numbers where they are known."""
    return [batch_of([x], 0), batch_of([x], 1)]


class LuongAttention(AttentionMechanism):
    """The score is the inner product of query and key, times a learnt number if `scale`.

    num_units: the depth of the keys, which is the query's. Variables memory_layer/kernel, attention_g.
    Source: M.-T. Luong et al., EMNLP 2015 (arXiv 1508.04025).
    """

    scope = "luong_attention"

    def __init__(
        self, num_units: int, memory: Any, memory_sequence_length: Any = None, scale: bool = False,
        probability_fn: Callable[[Any], Any] | None = None, score_mask_value: float | None = None, dtype: Any = None,
        custom_key_value_fn: Any = None, name: str = "LuongAttention",
    ):
        layer = Dense(num_units, name="memory_layer", use_bias=False)
        super().__init__(None, memory, probability_fn, memory_sequence_length, layer, score_mask_value)
        self._num_units, self._scale, self._name = num_units, scale, name
        if custom_key_value_fn is not None:
            self.keys, self.values = custom_key_value_fn(self.keys, self.values)

    def score(self, query: Any) -> Any:
        depth, units = query.shape.lengths[-1], self.keys.shape.lengths[-1]
        if depth != units:
            raise ShapeError(
                f"LuongAttention: queries have {depth} numbers, keys {units}", where=here(),
                rule="their inner product is the score, so both are equally long",
                hint=f"LuongAttention(num_units={depth}, ...), the size of the decoder's cell, or BahdanauAttention",
            )
        score = ops.squeeze(ops.matmul(ops.expand_dims(query, 1), self.keys, transpose_b=True), [1])
        return get_variable("attention_g", [], query.dtype, Ones()) * score if self._scale else score


class BahdanauAttention(AttentionMechanism):
    """The score is v . tanh(key + W query); with `normalize` g v / |v| . tanh(key + W query + b).

    Variables memory_layer/kernel, query_layer/kernel, attention_v (num_units,), attention_g, attention_b.
    Sources: D. Bahdanau et al., ICLR 2015 (arXiv 1409.0473); T. Salimans, D. Kingma, 2016 (weight normalization).
    """

    scope = "bahdanau_attention"

    def __init__(
        self, num_units: int, memory: Any, memory_sequence_length: Any = None, normalize: bool = False,
        probability_fn: Callable[[Any], Any] | None = None, score_mask_value: float | None = None, dtype: Any = None,
        custom_key_value_fn: Any = None, name: str = "BahdanauAttention",
    ):
        query, layer = (Dense(num_units, name=f"{part}_layer", use_bias=False) for part in ("query", "memory"))
        super().__init__(query, memory, probability_fn, memory_sequence_length, layer, score_mask_value)
        self._num_units, self._normalize, self._name = num_units, normalize, name
        if custom_key_value_fn is not None:
            self.keys, self.values = custom_key_value_fn(self.keys, self.values)

    def score(self, query: Any) -> Any:
        total = self.keys + ops.expand_dims(self.query_layer(query), 1)
        v: Any = get_variable("attention_v", [self._num_units], query.dtype)
        if self._normalize:
            g = get_variable("attention_g", [], query.dtype, Constant(math.sqrt(1 / self._num_units)))
            total = total + get_variable("attention_b", [self._num_units], query.dtype, Zeros())
            v = g * v * ops.rsqrt(ops.reduce_sum(ops.square(v)))
        return ops.reduce_sum(v * ops.tanh(total), 2)


def hardmax(logits: Any, name: str | None = None) -> Any:
    """1 at the largest number of each row, 0 elsewhere."""
    logits = constant_of(logits)
    depth = batch_of([logits], -1)
    return ops.one_hot(ops.argmax(logits, -1), depth, dtype=logits.dtype, name=name)
