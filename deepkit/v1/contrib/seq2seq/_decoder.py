"""Decoders, and the loop that runs one until every sequence is finished."""

from __future__ import annotations

import contextlib
from typing import Any, NamedTuple

from deepkit import ops
from deepkit.core.control_flow import loops
from deepkit.core.graph import default_graph
from deepkit.core.nest import flatten
from deepkit.core.shape import Shape
from deepkit.device.dtypes import as_dtype
from deepkit.errors import ArgumentError
from deepkit.v1.contrib.seq2seq._helper import Helper, ScheduledEmbeddingTrainingHelper, TrainingHelper
from deepkit.v1.framework.control_flow import while_loop
from deepkit.v1.framework.scopes import variable_scope
from deepkit.v1.framework.symbolic import constant_of
from deepkit.v1.framework.tensor_array import TensorArray, flat, packed
from deepkit.v1.nn.recurrent.states import check_cell, here, kept, mapped, opened, select


class Decoder:
    """Base of all decoders. One of your own defines `initialize`, `step`, `batch_size`, `output_size`, `output_dtype`."""

    @property
    def batch_size(self) -> Any:
        """How many sequences are written at once."""
        raise AttributeError(f"the decoder class {type(self).__name__} does not say its batch_size")

    @property
    def output_size(self) -> Any:
        """The shapes of one step's outputs without the batch, nested as these are."""
        raise AttributeError(f"the decoder class {type(self).__name__} does not say its output_size")

    @property
    def output_dtype(self) -> Any:
        """The types of one step's outputs, nested as these are."""
        raise AttributeError(f"the decoder class {type(self).__name__} does not say its output_dtype")

    def initialize(self, name: str | None = None) -> Any:
        """(finished, inputs, state) before the first step."""
        raise AttributeError(f"the decoder class {type(self).__name__} does not define initialize(self)")

    def step(self, time: Any, inputs: Any, state: Any, name: str | None = None) -> Any:
        """(outputs, state, next inputs, finished) of one step."""
        raise AttributeError(f"the decoder class {type(self).__name__} does not define step(self, time, inputs, state)")

    def finalize(self, outputs: Any, final_state: Any, sequence_lengths: Any) -> Any:
        """(outputs, state) made of those of all steps, time first."""
        return outputs, final_state

    @property
    def tracks_own_finished(self) -> bool:
        """True if a sequence that was finished may be unfinished again, as when beams change places."""
        return False


class BasicDecoderOutput(NamedTuple):
    """What a BasicDecoder writes: the outputs of its cell or output layer, and the classes its helper made of them."""

    rnn_output: Any
    sample_id: Any


class BasicDecoder(Decoder):
    """A cell that writes with the help of `helper`; output_layer, say tf.layers.Dense(classes), comes after the cell."""

    def __init__(self, cell: Any, helper: Helper, initial_state: Any, output_layer: Any = None):
        check_cell("BasicDecoder", cell)
        if not (hasattr(helper, "initialize") and hasattr(helper, "next_inputs")):
            raise ArgumentError(
                f"BasicDecoder: {helper!r} is not a helper", where=here(),
                hint="tf.contrib.seq2seq.TrainingHelper(inputs, lengths), or GreedyEmbeddingHelper(embedding, start, end)",
            )
        if output_layer is not None and not callable(output_layer):
            raise ArgumentError(
                f"BasicDecoder: output_layer={output_layer!r}", where=here(), hint="tf.layers.Dense(classes)"
            )
        self._cell, self._helper, self._output_layer = cell, helper, output_layer
        self._initial_state = mapped(lambda x: x if isinstance(x, TensorArray) else constant_of(x), initial_state)

    @property
    def helper(self) -> Helper:
        return self._helper

    @property
    def batch_size(self) -> Any:
        return self._helper.batch_size

    @property
    def output_size(self) -> Any:
        size: Any = self._cell.output_size
        if self._output_layer is not None:
            size = Shape([getattr(self._output_layer, "units", None)])
        return BasicDecoderOutput(size, self._helper.sample_ids_shape)

    @property
    def output_dtype(self) -> Any:
        return BasicDecoderOutput(flat(self._initial_state)[0].dtype, self._helper.sample_ids_dtype)

    def initialize(self, name: str | None = None) -> Any:
        return (*self._helper.initialize(), self._initial_state)

    def step(self, time: Any, inputs: Any, state: Any, name: str | None = None) -> Any:
        with default_graph().name_scope(name or "BasicDecoderStep"):
            outputs, state = self._cell(inputs, state)
            if self._output_layer is not None:
                outputs = self._output_layer(outputs)
            ids = self._helper.sample(time=time, outputs=outputs, state=state)
            finished, inputs, state = self._helper.next_inputs(time=time, outputs=outputs, state=state, sample_ids=ids)
        return BasicDecoderOutput(outputs, ids), state, inputs, finished


def dynamic_decode(
    decoder: Any, output_time_major: bool = False, impute_finished: bool = False, maximum_iterations: Any = None,
    parallel_iterations: int = 32, swap_memory: bool = False, scope: Any = None, **kwargs: Any,
) -> tuple[Any, Any, Any]:
    """(outputs, last state, lengths) of a decoder, run until all sequences are finished or maximum_iterations are done.

    The outputs of all steps are stacked: (batch, time, ...), or (time, batch, ...) with output_time_major. lengths: int32
    (batch,), the step with which each sequence was finished. impute_finished: past its end the outputs of a sequence are
    zero and its state stays what it was. Where the helper knows the number of steps before the first one (teacher
    forcing), the loop is a scan, whose derivatives cost less. The other arguments are accepted for old programs.
    """
    if not (hasattr(decoder, "initialize") and hasattr(decoder, "step")):
        raise ArgumentError(
            f"dynamic_decode({decoder!r})", where=here(), rule="it takes a decoder",
            hint="tf.contrib.seq2seq.BasicDecoder(cell, helper, initial_state)",
        )
    with variable_scope(scope, "decoder"):
        finished, inputs, state = decoder.initialize()
        finished, inputs = constant_of(finished), mapped(constant_of, inputs)
        limit = None if maximum_iterations is None else ops.cast(constant_of(maximum_iterations), "int32")
        if limit is not None:
            finished = ops.logical_or(finished, ops.greater_equal(0, limit))
        lengths = ops.zeros_like(finished, dtype="int32")
        turn = _Turn(decoder, impute_finished, limit)
        run = _over_known_steps if _knows_its_steps(decoder) else _until_finished
        outputs, state, lengths = run(turn, state, inputs, finished, lengths)
        with contextlib.suppress(
            NotImplementedError
        ):  # so decoders of TensorFlow programs say that nothing is left to do
            outputs, state = decoder.finalize(outputs, state, lengths)
        if not output_time_major:
            outputs = mapped(_batch_first, outputs)
        return outputs, state, lengths


class _Turn:
    """One turn of the loop: a step of the decoder, and what becomes of the sequences that were finished before it."""

    def __init__(self, decoder: Any, impute: bool, limit: Any):
        self.decoder, self.impute, self.limit = decoder, impute, limit
        self.like: Any = None

    def __call__(self, time: Any, state: Any, inputs: Any, finished: Any, lengths: Any) -> Any:
        """(outputs, state, inputs, finished, lengths) after it."""
        outputs, new_state, new_inputs, ended = self.decoder.step(time, inputs, state)
        outputs = mapped(constant_of, outputs)
        new_finished = ended if self.decoder.tracks_own_finished else ops.logical_or(ended, finished)
        lengths = ops.where(finished, lengths, ops.zeros_like(lengths) + time + 1)
        if self.limit is not None:
            new_finished = ops.logical_or(new_finished, ops.greater_equal(time + 1, self.limit))
        if self.impute:
            outputs = mapped(lambda y: select(finished, ops.zeros_like(y), y), outputs)
            new_state = kept(new_state, state, lambda new, old: select(finished, old, new))
        self.like = outputs
        return outputs, _as_before(new_state, state), _as_before(new_inputs, inputs), new_finished, lengths


def _as_before(new: Any, old: Any) -> Any:
    """`new`, whose tensors are known to have the shapes that they had before the step."""

    def same(a: Any, b: Any) -> Any:
        a = constant_of(a)
        if not a.shape.is_full and b.shape.lengths is not None and a.shape.is_compatible_with(b.shape):
            a = ops.identity(a)
            a.set_shape(b.shape)
        return a

    return kept(new, old, same)


def _knows_its_steps(decoder: Any) -> bool:
    """True for teacher forcing as it comes with the library; a class of one's own may end sooner."""
    plain = isinstance(decoder, BasicDecoder) and type(decoder).step is BasicDecoder.step
    helper = type(decoder.helper) if plain else None
    return helper in (TrainingHelper, ScheduledEmbeddingTrainingHelper)


def _over_known_steps(turn: _Turn, state: Any, inputs: Any, finished: Any, lengths: Any) -> tuple[Any, Any, Any]:
    helper = turn.decoder.helper
    steps = helper.known_steps if turn.limit is None else ops.minimum(helper.known_steps, ops.maximum(turn.limit, 0))
    rows = helper.rows_after(steps)
    first = [*opened(state), *flat(inputs), finished, lengths]
    n, m = len(flat(state)), len(flat(inputs))

    def body(before: list[Any], now: list[Any]) -> tuple[list[Any], list[Any]]:
        time, following = now[0], packed(inputs, now[1:])
        with helper.reading(following):
            outputs, *after = turn(time, packed(state, before[:n]), packed(inputs, before[n : n + m]), *before[n + m :])
        return [leaf for part in after for leaf in flat(part)], flat(outputs)

    last, outputs = loops.scan(body, first, [ops.range(steps), *flat(rows)])
    return packed(turn.like, outputs), packed(state, last[:n]), last[-1]


def _until_finished(turn: _Turn, state: Any, inputs: Any, finished: Any, lengths: Any) -> tuple[Any, Any, Any]:
    decoder = turn.decoder
    dtypes = decoder.output_dtype
    lists = mapped(lambda dtype: TensorArray(as_dtype(dtype), size=0, dynamic_size=True), dtypes)

    def body(time: Any, lists: Any, state: Any, inputs: Any, finished: Any, lengths: Any) -> Any:
        outputs, *after = turn(time, state, inputs, finished, lengths)
        arrays = [a.write(time, y) for a, y in zip(flatten(lists), flat(outputs), strict=True)]
        return (time + 1, packed(lists, [a.flow for a in arrays]), *after)

    start = (constant_of(0), lists, state, inputs, finished, lengths)
    _, lists, state, _, _, lengths = while_loop(lambda *now: ops.logical_not(ops.reduce_all(now[4])), body, start)
    return packed(dtypes, [a.stack() for a in flatten(lists)]), state, lengths


def _batch_first(x: Any) -> Any:
    return x if (x.shape.rank or 0) < 2 else ops.transpose(x, [1, 0, *range(2, x.shape.rank)])
