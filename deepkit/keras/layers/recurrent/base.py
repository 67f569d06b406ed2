"""RNN: a cell taken along time, with masks, states that are given or kept, and masks for dropout."""

from __future__ import annotations

import contextlib
from operator import attrgetter
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core.tensor import Tensor
from deepkit.errors import ArgumentError, ShapeError
from deepkit.keras import backend, regularizers, registry
from deepkit.keras.backend.session import World, batch_set_value, is_keras_tensor
from deepkit.keras.backend.tensors import lengths, tensor
from deepkit.keras.engine.input_spec import InputSpec
from deepkit.keras.engine.layer import Layer
from deepkit.keras.engine.structure import any_symbol, flat, keras_shape, listed, map_leaves
from deepkit.keras.engine.weights import Weight
from deepkit.keras.layers.arguments import described
from deepkit.keras.layers.recurrent.cells import Cell, Masks, dims_of, zero_states
from deepkit.keras.layers.recurrent.stacked import StackedRNNCells
from deepkit.keras.layers.serialization import deserialize

_OPTIONS = ("return_sequences", "return_state", "go_backwards", "stateful", "unroll", "time_major")


class RNN(Layer):
    """A cell taken along time: (batch, steps, ...) -> the output after the last step, (batch, ...).

    cell: an object with call(inputs, states) -> (output, new states) and state_size, the size of its state or a list of
    sizes; or a list of cells, one on top of the other. It may have output_size, get_initial_state, and arguments
    `training` and `constants` of call.

    return_sequences: the output after every step, (batch, steps, ...). return_state: a list of the output and the last
    states. go_backwards: from the last step to the first. stateful: the states after a batch are those before the next
    one, until reset_states(). time_major: (steps, batch, ...) goes in and comes out. unroll: every step is written into
    the graph, which needs a known number of them. zero_output_for_mask: masked steps put out 0, not the output before.

    Called with initial_state=[...], it starts from there; constants=[...] go to every step of the cell.

    >>> import numpy as np
    >>> from deepkit import keras
    >>> class Sum(keras.layers.Layer):
    ...     state_size = 2
    ...     def call(self, inputs, states):
    ...         total = states[0] + inputs
    ...         return total, [total]
    >>> RNN(Sum())(np.ones([1, 5, 2], "float32")).numpy().tolist()
    [[5.0, 5.0]]
    """

    def __init__(
        self, cell: Any, return_sequences: bool = False, return_state: bool = False, go_backwards: bool = False,
        stateful: bool = False, unroll: bool = False, time_major: bool = False, zero_output_for_mask: bool = False,
        **kwargs: Any,
    ):  # fmt: skip
        if "input_shape" not in kwargs and ("input_dim" in kwargs or "input_length" in kwargs):
            kwargs["input_shape"] = (kwargs.pop("input_length", None), kwargs.pop("input_dim", None))
        super().__init__(**kwargs)
        self.cell = StackedRNNCells(cell) if isinstance(cell, (list, tuple)) else cell
        _check_cell(self.cell)
        self.return_sequences, self.return_state = return_sequences, return_state
        self.go_backwards, self.stateful, self.unroll, self.time_major = go_backwards, stateful, unroll, time_major
        self.zero_output_for_mask = zero_output_for_mask
        self.supports_masking = True
        self._num_constants = 0
        self._states: Any = None

    # ---- shapes

    @property
    def sizes(self) -> list[Any]:
        """The size of each state; a list among them where a cell of a stack has several."""
        return listed(self.cell.state_size)

    @property
    def output_size(self) -> Any:
        """The size of the output of a step."""
        return output_size(self.cell)

    def compute_output_shape(self, input_shape: Any) -> Any:
        shape = input_shape[0] if isinstance(input_shape, list) else input_shape
        shape = flat_shapes(shape)[0]
        batch, steps = (shape[1], shape[0]) if self.time_major else (shape[0], shape[1])
        rows = ((steps, batch) if self.time_major else (batch, steps)) if self.return_sequences else (batch,)
        outputs = map_leaves(lambda size: (*rows, *dims_of(size)), self.output_size)
        if not self.return_state:
            return outputs
        states = [(batch, *dims_of(size)) for size in flat(self.sizes)]
        return [*(outputs if isinstance(outputs, list) else [outputs]), *states]

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        own = flat(mask)[0] if self.return_sequences else None
        return [own, *[None for _ in self.sizes]] if self.return_state else own

    def build(self, input_shape: Any) -> None:
        shape = input_shape[0] if isinstance(input_shape, list) else input_shape
        self.input_spec = [InputSpec(shape=self._free(s)) for s in flat_shapes(shape)]
        without_time = map_shapes(lambda s: s[1:] if self.time_major else (s[0], *s[2:]), shape)
        if isinstance(self.cell, Layer) and not self.cell.built:
            with World.of().graph.name_scope(self.cell.name):
                self.cell.build(without_time)
            self.cell.built = True
        if self.stateful:
            self._make_states(flat_shapes(shape)[0])
        super().build(input_shape)

    def _free(self, shape: tuple[Any, ...]) -> tuple[Any, ...]:
        """The shape that later inputs must have: any number of steps, and any batch unless there is a state to keep."""
        first = [None, None] if not self.stateful else [None, shape[1]] if self.time_major else [shape[0], None]
        return (*first, *shape[2:])

    def _build_once(self, inputs: Any) -> None:
        inner = inputs[0] if isinstance(inputs, list) else inputs
        super()._build_once(inner)

    def _check(self, inputs: Any) -> None:
        x, *states = inputs if isinstance(inputs, list) else [inputs]
        super()._check(flat(x))
        states = states[: len(states) - self._num_constants]
        if states:
            self._check_states(states)

    def _check_states(self, states: list[Any]) -> None:
        given, wanted = flat(states), flat(self.sizes)
        fits = len(given) == len(wanted) and all(
            s.shape.dims is None
            or (len(s.shape.dims) == len(dims_of(n)) + 1)
            and all(a is None or a == b for a, b in zip(s.shape.dims[1:], dims_of(n), strict=True))
            for s, n in zip(given, wanted, strict=True)
        )
        if not fits:
            needed = ", ".join(str(tuple(["batch", *dims_of(n)])).replace("'", "") for n in wanted)
            raise ShapeError(
                f"layer {self.name!r}: initial_state of shapes {', '.join(str(s.shape) for s in given)}",
                rule=f"{type(self.cell).__name__} has {len(wanted)} state{'s' if len(wanted) > 1 else ''}: {needed}",
                hint="initial_state=[h, c] for an LSTM, [h] for the others; sizes are the units",
            )

    # ---- calling

    def __call__(self, inputs: Any, initial_state: Any = None, constants: Any = None, **kwargs: Any) -> Any:
        inputs, states, constants = separated(inputs, initial_state, constants, self._num_constants)
        self._num_constants = len(constants)
        extra = map_leaves(lambda x: x if x is None else tensor(x), [*states, *constants])
        return super().__call__([inputs, *extra] if extra else inputs, **kwargs)

    def call(
        self, inputs: Any, mask: Any = None, training: Any = None, initial_state: Any = None, constants: Any = None
    ) -> Any:
        inputs, given, constants = separated(inputs, initial_state, constants, self._num_constants)
        inputs = map_leaves(lambda x: ops.cast(x, self.dtype) if x.dtype.is_floating else x, inputs)
        batch, steps = lengths(flat(inputs)[0])[:2]
        if self.time_major:
            batch, steps = steps, batch
        if self.unroll and not isinstance(steps, int):
            raise ArgumentError(
                f"layer {self.name!r}: unroll=True, but the number of steps is not known",
                rule="every step becomes part of the graph", hint="Input(shape=(steps, features)), or unroll=False",
            )  # fmt: skip
        states = self._first_states(inputs, batch, given)
        mask = flat(mask)[0] if mask is not None else None
        with contextlib.ExitStack() as stack:
            masks = [cell.dropout_masks(batch, training) for cell in self._own_cells()]
            for cell, own in zip(self._own_cells(), masks, strict=True):
                stack.enter_context(cell.keeping(own))
            found = None if constants or not self._own_cells() else self._at_once(inputs, states, mask, given, masks)
            last, outputs, states = found or self._step_by_step(inputs, states, mask, training, constants)
        if self.stateful:
            pairs = zip(flat(self._kept(inputs)), flat(states), strict=True)
            self.add_update([old.assign(ops.cast(new, old.dtype)) for old, new in pairs])
        output = outputs if self.return_sequences else last
        return [*(output if isinstance(output, list) else [output]), *states] if self.return_state else output

    def _own_cells(self) -> list[Cell]:
        """The cells with dropout and ops for whole sequences; none if one of a stack is of the user's own kind."""
        cells = self.cell.cells if isinstance(self.cell, StackedRNNCells) else [self.cell]
        return [cell for cell in cells if isinstance(cell, Cell)]

    def _first_states(self, inputs: Any, batch: Any, given: list[Any]) -> list[Any]:
        if self.stateful:
            kept = [s.read() for s in flat(self._kept(inputs))]
            if given:  # as long as nothing was kept
                fresh = ops.logical_not(ops.reduce_any(ops.stack([ops.reduce_any(ops.not_equal(s, 0)) for s in kept])))
                kept = [ops.where(fresh, new, old) for new, old in zip(flat(given), kept, strict=True)]
            return nested(self.sizes, kept)
        if given:
            return nested(self.sizes, [ops.cast(s, self.dtype) for s in flat(given)])
        return self.get_initial_state(inputs, batch)

    def get_initial_state(self, inputs: Any, batch: Any = None) -> list[Any]:
        """The states before the first step when none are given: zeros, or what the cell's own method makes."""
        x = flat(inputs)[0]
        batch = lengths(x)[1 if self.time_major else 0] if batch is None else batch
        own = getattr(self.cell, "get_initial_state", None)
        dtype = x.dtype if x.dtype.is_floating else self.dtype
        return listed(own(inputs=None, batch_size=batch, dtype=dtype) if own else zero_states(self.sizes, batch, dtype))

    # ---- the two ways

    def _at_once(self, inputs: Any, states: list[Any], mask: Any, given: list[Any], masks: list[Masks]) -> Any:
        """(last output, outputs, last states) by ops that compute whole sequences; None if there are none for the cell.

        Time is the first axis of what they take and give.
        """
        cells = self.cell.cells if isinstance(self.cell, StackedRNNCells) else [self.cell]
        if len(masks) != len(cells) or not all(cell.computes_sequences for cell in masks and self._own_cells()):
            return None
        if isinstance(self.cell, StackedRNNCells) and self.cell.reverse_state_order:
            return None
        by_cell = states if isinstance(self.cell, StackedRNNCells) else [states]

        def run(x: Any) -> list[Any] | None:
            found: list[Any] = []
            for cell, first, own in zip(cells, by_cell, masks, strict=True):
                after = cell.sequence(x, listed(first), own)
                if after is None:
                    return None
                found, x = [*found, *after], after[0]
            return found

        x = self._in_time(inputs)
        if mask is None:
            found = run(x)
            if found is None:
                return None
            outputs = found[-len(listed(cells[-1].state_size))]
        else:
            live = self._in_time(ops.cast(mask, "bool"))
            if run_is_missing(cells, masks):
                return None
            found = ops.over_live_steps(run, x, live, flat(states))
            outputs = found[-len(listed(cells[-1].state_size))]
            if self.zero_output_for_mask:
                outputs = ops.where(ops.expand_dims(live, -1), outputs, ops.zeros_like(outputs))
            elif given or self.stateful:  # until the first live step there is no output yet, whatever the state was
                begun = ops.cumsum(ops.cast(live, "int32"), 0) > 0
                outputs = ops.where(ops.expand_dims(begun, -1), outputs, ops.zeros_like(outputs))
        shown = outputs if self.time_major or not self.return_sequences else ops.transpose(outputs, [1, 0, 2])
        return outputs[-1], shown, nested(self.sizes, [s[-1] for s in found])
