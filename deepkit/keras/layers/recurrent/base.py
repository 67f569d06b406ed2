"""RNN: a cell taken along time, with masks, states that are given or kept, and masks for dropout."""

from __future__ import annotations

import contextlib
from operator import attrgetter
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core.graph import default_graph
from deepkit.core.nest import flatten, map_leaves, pack
from deepkit.core.tensor import Tensor
from deepkit.errors import ArgumentError, ShapeError
from deepkit.keras import backend, registry
from deepkit.keras.backend.nested import inputs_shape, listed, map_shapes, shapes_in
from deepkit.keras.backend.session import batch_set_value, snake_case
from deepkit.keras.backend.tensors import lengths, tensor
from deepkit.keras.backend.weights import Weight
from deepkit.keras.base.input_spec import InputSpec
from deepkit.keras.base.layer import Layer
from deepkit.keras.layers.arguments import described
from deepkit.keras.layers.recurrent.cells import SequenceCell
from deepkit.keras.layers.recurrent.stacked import StackedRNNCells, call_cell, check_cell, initial_state, takes
from deepkit.keras.layers.recurrent.states import dims_of, output_size, separated
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

    cell_in_names = True
    """Whether the names of the weights say that they are the cell's."""
    cell_knows_constants = False
    """Whether a cell is built with [shape of the inputs, *shapes of the constants] where there are any (dialects.py)."""

    def __init__(
        self, cell: Any, return_sequences: bool = False, return_state: bool = False, go_backwards: bool = False,
        stateful: bool = False, unroll: bool = False, time_major: bool = False, zero_output_for_mask: bool = False,
        **kwargs: Any,
    ):
        if "input_shape" not in kwargs and ("input_dim" in kwargs or "input_length" in kwargs):
            kwargs["input_shape"] = (kwargs.pop("input_length", None), kwargs.pop("input_dim", None))
        super().__init__(**kwargs)
        self.cell: Any = StackedRNNCells(cell) if isinstance(cell, (list, tuple)) else cell
        check_cell(self.cell)
        self.return_sequences, self.return_state = return_sequences, return_state
        self.go_backwards, self.stateful, self.unroll, self.time_major = go_backwards, stateful, unroll, time_major
        self.zero_output_for_mask = zero_output_for_mask
        self.supports_masking = True
        self.num_constants = 0
        self._states: Any = None

    # ---- shapes

    @property
    def sizes(self) -> list[Any]:
        """The size of each state; a list in place of one for a cell of a stack that has several."""
        return listed(self.cell.state_size)

    def compute_output_shape(self, input_shape: Any) -> Any:
        shape = shapes_in(inputs_shape(input_shape))[0]
        batch, steps = (shape[1], shape[0]) if self.time_major else shape[:2]
        rows = [batch] if not self.return_sequences else [steps, batch] if self.time_major else [batch, steps]
        of_output, of_states = self._sizes_for(shape)
        outputs = map_leaves(lambda size: (*rows, *dims_of(size)), of_output)
        if not self.return_state:
            return outputs
        states = [(batch, *dims_of(size)) for size in flatten(of_states)]
        return [*(outputs if isinstance(outputs, list) else [outputs]), *states]

    def _sizes_for(self, shape: tuple[Any, ...]) -> tuple[Any, list[Any]]:
        """The sizes of the output and of the states for inputs of this shape."""
        return output_size(self.cell), self.sizes

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        own = flatten(mask)[0] if self.return_sequences else None
        return [own, *[None for _ in self.sizes]] if self.return_state else own

    def build(self, input_shape: Any) -> None:
        shape = inputs_shape(input_shape)
        self.input_spec = [InputSpec(shape=self._demanded(s)) for s in shapes_in(shape)]
        if isinstance(self.cell, Layer) and not self.cell.built:
            with default_graph().name_scope(self.cell.name) if self.cell_in_names else contextlib.nullcontext():
                of_step = map_shapes(lambda s: s[1:] if self.time_major else (s[0], *s[2:]), shape)
                at = len(input_shape) - self.num_constants
                told = self.cell_knows_constants and shape is not input_shape and input_shape[at:]
                self.cell.build([of_step, *told] if told else of_step)
            self.cell.built = True
        if self.stateful:
            self._make_states(shapes_in(shape)[0])
        super().build(input_shape)

    def _demanded(self, shape: tuple[Any, ...]) -> tuple[Any, ...]:
        """The shape of all later inputs: any number of steps, and any batch unless there are states to keep."""
        batch = 1 if self.time_major else 0
        return tuple(n if i > 1 or (i == batch and self.stateful) else None for i, n in enumerate(shape))

    def _check(self, inputs: Any) -> None:
        x, *rest = inputs if isinstance(inputs, list) else [inputs]
        super()._check(flatten(x))
        states = flatten(rest[: len(rest) - self.num_constants])
        if states and (self.built or self.sizes):  # a cell may learn the size of its state in build
            self._check_states(states)

    def _check_states(self, states: list[Any]) -> None:
        wanted = [dims_of(size) for size in flatten(self.sizes)]
        fits = len(states) == len(wanted) and all(
            s.shape.is_compatible_with([None, *dims]) for s, dims in zip(states, wanted, strict=True)
        )
        if not fits:
            count = "one state" if len(wanted) == 1 else f"{len(wanted)} states"
            needed = ", ".join(f"(batch, {', '.join(map(str, dims))})" for dims in wanted)
            raise ShapeError(
                f"layer {self.name!r}: initial_state of shapes {', '.join(str(s.shape) for s in states)}",
                rule=f"{type(self.cell).__name__} has {count}: {needed}",
                hint="initial_state=[h] for SimpleRNN and GRU, [h, c] for LSTM, as return_state=True gives them",
            )

    # ---- calling

    def __call__(self, inputs: Any, initial_state: Any = None, constants: Any = None, **kwargs: Any) -> Any:
        inputs, states, constants = separated(inputs, initial_state, constants, self.num_constants)
        if constants and not takes(self.cell, "constants"):
            raise ArgumentError(
                f"layer {self.name!r}: {type(self.cell).__name__} takes no constants",
                rule="they go to the cell, whose call has an argument of that name",
                hint="def call(self, inputs, states, constants): ...",
            )
        self.num_constants = len(constants)
        # States and constants are inputs of the layer like x: so they belong to the model that is made of it.
        behind = map_leaves(tensor, [*states, *constants])
        return super().__call__([inputs, *behind] if behind else inputs, **kwargs)

    def call(
        self, inputs: Any, mask: Any = None, training: Any = None, initial_state: Any = None, constants: Any = None
    ) -> Any:
        inputs, given, constants = separated(inputs, initial_state, constants, self.num_constants)
        inputs = map_leaves(lambda x: ops.cast(x, self.dtype) if x.dtype.is_floating else x, inputs)
        first, second = lengths(flatten(inputs)[0])[:2]
        batch, steps = (second, first) if self.time_major else (first, second)
        if self.unroll and not isinstance(steps, int):
            raise ArgumentError(
                f"layer {self.name!r}: unroll=True, but the number of steps is not known",
                rule="every step becomes part of the graph", hint="Input(shape=(steps, features)), or unroll=False",
            )
        states = self._first_states(inputs, batch, given)
        mask = None if mask is None else flatten(mask)[0]
        last, outputs, states = self._run(inputs, states, mask, training, constants, batch, bool(given))
        if self.stateful:
            pairs = zip(self._kept(inputs), flatten(states), strict=True)
            self.add_update([old.assign(ops.cast(new, old.dtype)) for old, new in pairs])
        output = outputs if self.return_sequences else last
        if not self.return_state:
            return output
        return [*(output if isinstance(output, list) else [output]), *states]

    def _run(
        self, inputs: Any, states: list[Any], mask: Any, training: Any, constants: list[Any], batch: Any, given: bool
    ) -> tuple[Any, Any, list[Any]]:
        """(last output, outputs, last states), by one op for all steps where there is one."""
        ours = isinstance(self.cell, SequenceCell)
        masks = self.cell.dropout_masks(batch, training) if ours else None
        if ours and not constants and self.cell.is_whole(masks):
            return self._at_once(inputs, states, mask, masks, given or self.stateful)

        def step(x: Any, now: list[Any]) -> tuple[Any, list[Any]]:
            at = len(now) - len(constants)
            return call_cell(self.cell, x, now[:at], now[at:], training)

        with self.cell.keeping(masks) if ours else contextlib.nullcontext():
            return backend.rnn(
                step, inputs, states, self.go_backwards, mask, constants, self.unroll, time_major=self.time_major,
                zero_output_for_mask=self.zero_output_for_mask, return_all_outputs=self.return_sequences,
            )

    def _at_once(self, inputs: Any, states: list[Any], mask: Any, masks: Any, started: bool) -> Any:
        """The same by ops that take time as the first axis. started: the first states may be other than 0."""
        x, live = self._along_time(inputs), None if mask is None else self._along_time(ops.cast(mask, "bool"))
        if live is None:
            after = self.cell.sequence(x, states, masks)
        else:
            found = ops.over_live_steps(lambda x: flatten(self.cell.sequence(x, states, masks)), x, live, flatten(states))
            after = pack(states, found)
        outputs = self.cell.output_of(after)
        if live is not None and (started or self.zero_output_for_mask):
            # Before the first step that counts there is no output yet, whatever the state was.
            shown = live if self.zero_output_for_mask else ops.cumsum(ops.cast(live, "int32"), 0) > 0
            outputs = ops.where(ops.expand_dims(shown, -1), outputs, ops.zeros_like(outputs))
        last = pack(self.sizes, [s[-1] for s in flatten(after)])
        return outputs[-1], outputs if self.time_major else ops.transpose(outputs, [1, 0, 2]), last

    def _along_time(self, x: Any) -> Any:
        """x with time as its first axis, in the order in which the steps are taken."""
        x = x if self.time_major else ops.transpose(x, [1, 0, *range(2, len(x.shape))])
        return ops.reverse(x, [0]) if self.go_backwards else x

    # ---- states

    def get_initial_state(self, inputs: Any) -> list[Any]:
        """The states before the first step when none are given: zeros, or what the cell's own method makes."""
        x = flatten(inputs)[0]
        batch = lengths(x)[1 if self.time_major else 0]
        return listed(initial_state(self.cell, None, batch, x.dtype if x.dtype.is_floating else self.dtype))

    def _first_states(self, inputs: Any, batch: Any, given: list[Any]) -> list[Any]:
        if not given and not self.stateful:
            return self.get_initial_state(inputs)
        given = [ops.cast(s, self.dtype) for s in flatten(given)]
        if not self.stateful:
            return pack(self.sizes, given)
        kept = [s.read() for s in self._kept(inputs)]
        if given:  # it counts as long as all states that were kept are 0
            moved = ops.reduce_any(ops.stack([ops.reduce_any(ops.not_equal(s, 0.0)) for s in kept]))
            kept = [ops.where(moved, old, new) for old, new in zip(kept, given, strict=True)]
        return pack(self.sizes, kept)

    @property
    def states(self) -> list[Any]:
        """The variables that keep the states from batch to batch, nested as the cell nests them; None before build."""
        return pack(self.sizes, self._states or [None for _ in flatten(self.sizes)])

    def _kept(self, inputs: Any) -> list[Any]:
        """The variables of the states, for the kind of tensors that the inputs are."""
        return [s.eager for s in self._states] if isinstance(flatten(inputs)[0], Tensor) else self._states

    def _make_states(self, shape: tuple[Any, ...]) -> None:
        batch = shape[1 if self.time_major else 0]
        dims = [[batch, *dims_of(size)] for size in flatten(self.sizes)]
        if any(None in d for d in dims):
            raise ArgumentError(
                f"layer {self.name!r} is stateful, but its batch size is not known"
                if batch is None
                else f"layer {self.name!r} is stateful, but the size of its state is not known",
                rule="it keeps one state for each sequence of a batch, so all batches have the same shape",
                hint="the first layer of a Sequential model: batch_input_shape=(32, steps, features); "
                "in a functional model: Input(batch_shape=(32, steps, features))",
            )
        self._states = [Weight(np.zeros(d, self.dtype), trainable=False, name="state") for d in dims]

    def reset_states(self, states: Any = None) -> None:
        """Sets the states of a stateful layer to 0, or to the arrays of a list (an array for a single state)."""
        if not self.stateful or self._states is None:
            raise ArgumentError(
                f"layer {self.name!r}: reset_states", rule="only a stateful layer that was built keeps states",
                hint="stateful=True, and a fixed batch size: batch_input_shape=(32, steps, features)",
            )
        if states is None:
            values = [np.zeros(s.shape.as_list(), s.dtype.numpy) for s in self._states]
        else:
            values = [np.asarray(v, self.dtype) for v in flatten(states)]
        wanted = [tuple(s.shape.as_list()) for s in self._states]
        if [v.shape for v in values] != wanted:
            raise ShapeError(
                f"layer {self.name!r}: reset_states with arrays of shapes {', '.join(str(v.shape) for v in values)}",
                rule=f"one array for each state: {', '.join(map(str, wanted))}", hint="(batch size, units)",
            )
        batch_set_value(zip(self._states, values, strict=True))

    # ---- configuration

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), **described(self, *_OPTIONS)}
        if self.num_constants:
            config["num_constants"] = self.num_constants
        if self.zero_output_for_mask:
            config["zero_output_for_mask"] = self.zero_output_for_mask
        return {**config, "cell": registry.serialize_keras_object(self.cell)}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        cell = deserialize(config["cell"], custom_objects)
        layer = cls(cell, **{k: v for k, v in config.items() if k not in ("cell", "num_constants")})
        layer.num_constants = config.get("num_constants", 0)
        return layer


class OneCellRNN(RNN):
    """Base of the layers that make their own cell: its arguments are theirs, and are read as attributes.

    A subclass names its `cell_class`, and hands over what its __init__ got: super().__init__(locals()).
    """

    cell_class: Any = None

    def __init_subclass__(cls, **kwargs: Any):
        super().__init_subclass__(**kwargs)
        if "cell_class" in vars(cls):
            for name in cls.cell_class.arguments:
                setattr(cls, name, property(attrgetter(f"cell.{name}")))

    def __init__(self, given: dict[str, Any]):
        known = {**{k: v for k, v in given.items() if k not in ("self", "kwargs", "__class__")}, **given["kwargs"]}
        own = {name: known.pop(name) for name in self.cell_class.arguments if name in known}
        shared = {"dtype": known.get("dtype"), "trainable": known.get("trainable", True)}
        super().__init__(self.make_cell(**own, **shared, name=snake_case(self.cell_class.__name__)), **known)
        self.input_spec = [InputSpec(ndim=3)]

    def make_cell(self, **arguments: Any) -> Any:
        """The cell with these arguments."""
        return self.cell_class(**arguments)

    def call(self, inputs: Any, mask: Any = None, training: Any = None, initial_state: Any = None) -> Any:
        return super().call(inputs, mask, training, initial_state)

    def get_config(self) -> dict[str, Any]:
        config = {key: value for key, value in super().get_config().items() if key != "cell"}
        return {**config, **described(self.cell, *self.cell.arguments), **described(self, "activity_regularizer")}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        return cls(**config)
