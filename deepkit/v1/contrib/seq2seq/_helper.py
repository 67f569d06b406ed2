"""Helpers: what a decoder reads next, the true word when it learns or the word it has just written when it works."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from deepkit import ops
from deepkit.core.shape import SCALAR, Shape
from deepkit.device.dtypes import as_dtype, int32
from deepkit.errors import ShapeError
from deepkit.v1.framework.control_flow import cond
from deepkit.v1.framework.symbolic import constant_of
from deepkit.v1.framework.tensor_array import flat
from deepkit.v1.nn import embedding_lookup
from deepkit.v1.nn.recurrent.states import batch_of, here, mapped


class Helper:
    """Base of all helpers. One of your own defines `initialize`, `sample`, `next_inputs` and these properties.

    batch_size: how many sequences, a number or a tensor; sample_ids_shape, sample_ids_dtype: what `sample` gives for
    each sequence, a single int32 by default.
    """

    known_steps: Any = None
    """How many steps there will be, where that is known before the first one."""

    @property
    def batch_size(self) -> Any:
        raise AttributeError(f"the helper class {type(self).__name__} does not say its batch_size")

    @property
    def sample_ids_shape(self) -> Any:
        return SCALAR

    @property
    def sample_ids_dtype(self) -> Any:
        return int32

    def initialize(self, name: str | None = None) -> Any:
        """(finished, inputs) of the first step: bool (batch,), and a tensor (batch, ...)."""
        raise AttributeError(f"the helper class {type(self).__name__} does not define initialize(self)")

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """The class that is written at this step, from the decoder's outputs (batch, classes)."""
        raise AttributeError(
            f"the helper class {type(self).__name__} does not define sample(self, time, outputs, state)"
        )

    def next_inputs(self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None) -> Any:
        """(finished, inputs, state) of the next step."""
        raise AttributeError(
            f"the helper class {type(self).__name__} does not define next_inputs(self, time, outputs, state, sample_ids)"
        )


class CustomHelper(Helper):
    """A helper made of three functions: see Helper for what each of them returns."""

    def __init__(
        self, initialize_fn: Callable[[], Any], sample_fn: Callable[..., Any], next_inputs_fn: Callable[..., Any],
        sample_ids_shape: Any = None, sample_ids_dtype: Any = None,
    ):
        self._initialize_fn, self._sample_fn, self._next_inputs_fn = initialize_fn, sample_fn, next_inputs_fn
        self._shape = Shape([] if sample_ids_shape is None else sample_ids_shape)
        self._dtype = as_dtype(int32 if sample_ids_dtype is None else sample_ids_dtype)
        self._batch_size: Any = None

    @property
    def batch_size(self) -> Any:
        if self._batch_size is None:
            self.initialize()
        return self._batch_size

    @property
    def sample_ids_shape(self) -> Any:
        return self._shape

    @property
    def sample_ids_dtype(self) -> Any:
        return self._dtype

    def initialize(self, name: str | None = None) -> Any:
        finished, inputs = self._initialize_fn()
        if self._batch_size is None:
            self._batch_size = batch_of([constant_of(finished)], 0)
        return finished, inputs

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        return self._sample_fn(time=time, outputs=outputs, state=state)

    def next_inputs(self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None) -> Any:
        return self._next_inputs_fn(time=time, outputs=outputs, state=state, sample_ids=sample_ids)


class TrainingHelper(Helper):
    """Teacher forcing: every step reads the true input, whatever was written before it.

    inputs: (batch, time, depth), or (time, batch, depth) with time_major, or a nested structure of such; sequence_length:
    (batch,) integers, after which a sequence is finished.
    """

    def __init__(self, inputs: Any, sequence_length: Any, time_major: bool = False, name: str | None = None):
        inputs = mapped(constant_of, inputs)
        if not time_major:
            inputs = mapped(lambda x: ops.transpose(x, [1, 0, *range(2, x.shape.rank)]), inputs)
        self._sequence_length = constant_of(sequence_length)
        if self._sequence_length.shape.rank not in (1, None):
            raise ShapeError(
                f"TrainingHelper: sequence_length of shape {self._sequence_length.shape}", where=here(),
                rule="one number of steps for each sequence: (batch,)",
                hint="tf.fill([batch_size], steps) if all are equally long",
            )
        # a row of zeros behind the end: what the step after the last one would read
        self._rows = mapped(lambda x: ops.concat([x, ops.expand_dims(ops.zeros_like(x[0]), 0)], 0), inputs)
        self._batch_size = batch_of([self._sequence_length, *[x[0] for x in flat(inputs)]], 0)
        self._next: Any = None

    @property
    def inputs(self) -> Any:
        """The inputs, time first."""
        return mapped(lambda x: x[:-1], self._rows)

    @property
    def sequence_length(self) -> Any:
        return self._sequence_length

    @property
    def batch_size(self) -> Any:
        return self._batch_size

    @property
    def known_steps(self) -> Any:  # type: ignore[override]
        """The longest sequence's number of steps."""
        return ops.maximum(ops.cast(ops.reduce_max(self._sequence_length), "int32"), 0)

    def rows_after(self, steps: Any) -> Any:
        """The inputs that follow on each of the first `steps` steps: a loop over them hands each step its own."""
        return mapped(lambda x: ops.gather(x, ops.range(1, steps + 1)), self._rows)

    @contextlib.contextmanager
    def reading(self, rows: Any) -> Iterator[None]:
        """Inside, the next inputs are `rows`: what a loop over `rows_after` holds at this step."""
        self._next = rows
        try:
            yield
        finally:
            self._next = None

    def initialize(self, name: str | None = None) -> Any:
        return ops.equal(self._sequence_length, 0), mapped(lambda x: x[0], self._rows)

    def sample(self, time: Any, outputs: Any, state: Any = None, name: str | None = None) -> Any:
        return ops.cast(ops.argmax(outputs, -1), "int32")

    def next_inputs(self, time: Any, outputs: Any, state: Any, sample_ids: Any = None, name: str | None = None) -> Any:
        following = ops.cast(constant_of(time), self._sequence_length.dtype) + 1
        return ops.greater_equal(following, self._sequence_length), self._at(following), state

    def _at(self, time: Any) -> Any:
        if self._next is not None:
            return self._next
        return mapped(lambda x: ops.gather(x, ops.minimum(ops.cast(time, "int32"), ops.shape(x)[0] - 1)), self._rows)


class ScheduledEmbeddingTrainingHelper(TrainingHelper):
    """Teacher forcing, except that with probability `sampling_probability` a step reads what was written before it.

    Where nothing was sampled the sample id is -1. embedding: a matrix (classes, depth), or a function of class numbers.
    Source: S. Bengio et al., Scheduled sampling, NIPS 2015.
    """

    def __init__(
        self, inputs: Any, sequence_length: Any, embedding: Any, sampling_probability: Any, time_major: bool = False,
        seed: int | None = None, scheduling_seed: int | None = None, name: str | None = None,
    ):
        super().__init__(inputs, sequence_length, time_major, name)
        self._embedding_fn = embedding_function(embedding)
        self._probability, self._seed, self._scheduling_seed = constant_of(sampling_probability), seed, scheduling_seed
        if self._probability.shape.rank not in (None, 0, 1):
            raise ShapeError(
                f"sampling_probability of shape {self._probability.shape}", where=here(),
                rule="one number, or one for each sequence",
            )

    def sample(self, time: Any, outputs: Any, state: Any = None, name: str | None = None) -> Any:
        drawn = class_of(outputs, self._seed)
        uniform = ops.random_uniform(ops.shape(drawn), dtype=self._probability.dtype, seed=self._scheduling_seed)
        return ops.where(ops.less(uniform, self._probability), drawn, -ops.ones_like(drawn))

    def next_inputs(self, time: Any, outputs: Any, state: Any, sample_ids: Any = None, name: str | None = None) -> Any:
        finished, inputs, state = super().next_inputs(time, outputs, state)
        written = self._embedding_fn(ops.maximum(sample_ids, 0))
        return finished, ops.where(ops.greater(sample_ids, -1), written, inputs), state


class GreedyEmbeddingHelper(Helper):
    """Every step reads the most likely class of the step before it; a sequence is finished when it writes end_token.

    embedding: a matrix (classes, depth), or a function of class numbers; start_tokens: (batch,) int32.
    """

    def __init__(self, embedding: Any, start_tokens: Any, end_token: Any):
        self._embedding_fn = embedding_function(embedding)
        self._start_tokens, self._end_token = constant_of(start_tokens, "int32"), constant_of(end_token, "int32")
        if self._start_tokens.shape.rank not in (1, None) or self._end_token.shape.rank not in (0, None):
            raise ShapeError(
                f"start_tokens of shape {self._start_tokens.shape}, end_token of shape {self._end_token.shape}",
                where=here(), rule="start_tokens (batch,), and one end_token", hint="tf.fill([batch_size], start)",
            )
        self._start_inputs = self._embedding_fn(self._start_tokens)

    @property
    def batch_size(self) -> Any:
        return batch_of([self._start_tokens], 0)

    def initialize(self, name: str | None = None) -> Any:
        return ops.zeros_like(self._start_tokens, dtype="bool"), self._start_inputs

    def sample(self, time: Any, outputs: Any, state: Any = None, name: str | None = None) -> Any:
        return ops.cast(ops.argmax(outputs, -1), "int32")

    def next_inputs(self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None) -> Any:
        finished = ops.equal(sample_ids, self._end_token)
        inputs = cond(
            ops.reduce_all(finished), lambda: self._start_inputs, lambda: self._embedding_fn(sample_ids)
        )  # nobody reads the start's inputs: the loop ends here
        return finished, inputs, state


class SampleEmbeddingHelper(GreedyEmbeddingHelper):
    """As GreedyEmbeddingHelper, but the class is drawn with its probability; the outputs are divided by the temperature."""

    def __init__(
        self,
        embedding: Any,
        start_tokens: Any,
        end_token: Any,
        softmax_temperature: Any = None,
        seed: int | None = None,
    ):
        super().__init__(embedding, start_tokens, end_token)
        self._temperature, self._seed = softmax_temperature, seed

    def sample(self, time: Any, outputs: Any, state: Any = None, name: str | None = None) -> Any:
        return class_of(outputs if self._temperature is None else outputs / self._temperature, self._seed)


class InferenceHelper(Helper):
    """A helper for outputs that are not classes: sample_fn(outputs) is written, next_inputs_fn of it is read next.

    sample_shape, sample_dtype: what sample_fn gives for each sequence; end_fn(sample_ids): bool (batch,).
    """

    def __init__(
        self, sample_fn: Callable[[Any], Any], sample_shape: Any, sample_dtype: Any, start_inputs: Any,
        end_fn: Callable[[Any], Any], next_inputs_fn: Callable[[Any], Any] | None = None,
    ):
        self._sample_fn, self._end_fn, self._next_inputs_fn = sample_fn, end_fn, next_inputs_fn
        self._shape, self._dtype = Shape(sample_shape), as_dtype(sample_dtype)
        self._start_inputs = constant_of(start_inputs)

    @property
    def batch_size(self) -> Any:
        return batch_of([self._start_inputs], 0)

    @property
    def sample_ids_shape(self) -> Any:
        return self._shape

    @property
    def sample_ids_dtype(self) -> Any:
        return self._dtype

    def initialize(self, name: str | None = None) -> Any:
        return ops.fill(ops.shape(self._start_inputs)[:1], False), self._start_inputs

    def sample(self, time: Any, outputs: Any, state: Any = None, name: str | None = None) -> Any:
        return self._sample_fn(outputs)

    def next_inputs(self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None) -> Any:
        inputs = sample_ids if self._next_inputs_fn is None else self._next_inputs_fn(sample_ids)
        return self._end_fn(sample_ids), inputs, state


def embedding_function(embedding: Any) -> Callable[[Any], Any]:
    """`embedding` itself if it is a function, else the function that looks class numbers up in that matrix."""
    return embedding if callable(embedding) else lambda ids: embedding_lookup(embedding, ids)


def class_of(logits: Any, seed: int | None) -> Any:
    """A class for each row of logits (batch, classes), drawn with its probability."""
    return ops.cast(ops.squeeze(ops.multinomial(logits, 1, seed), [1]), "int32")
