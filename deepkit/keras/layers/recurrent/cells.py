"""What all cells share: weights for one or several gates, and dropout masks that last for a whole sequence."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from deepkit import ops
from deepkit.keras import activations, backend, initializers
from deepkit.keras.backend.phase import settled
from deepkit.keras.base.layer import Layer
from deepkit.keras.layers.arguments import described, numbers, settle, share
from deepkit.keras.layers.recurrent.states import zero_states
from deepkit.layers.recurrent import WHOLE_SEQUENCE, Biases, biases_of, read_by_rows, separate_weights
from deepkit.layers.weights import Declared, make_weights

Masks = tuple[list[Any], list[Any]]
"""Dropout masks for the inputs and for the state: none, one for all gates, or one for each gate."""

_ONE_OP = WHOLE_SEQUENCE | {getattr(activations, name): name for name in WHOLE_SEQUENCE.values()}
"""The activations that the ops of whole sequences know, by name."""


class SequenceCell(Layer):
    """Base of cells whose steps an op can compute all at once, and whose dropout masks last for a whole sequence."""

    def dropout_masks(self, batch: Any, training: Any = None) -> Any:
        """New masks for a batch of sequences, in the form in which the other methods take them."""
        raise TypeError(f"{type(self).__name__} does not define dropout_masks")

    def keeping(self, masks: Any) -> contextlib.AbstractContextManager[Any]:
        """Inside, every step uses these masks."""
        raise TypeError(f"{type(self).__name__} does not define keeping")

    def is_whole(self, masks: Any) -> bool:
        """Whether `sequence` computes what `call` does, under these masks."""
        return False

    def sequence(self, x: Any, states: Any, masks: Any) -> Any:
        """The states (time, batch, ...) after each step along x (time, batch, features), from those before the first."""
        raise TypeError(f"{type(self).__name__} does not define sequence")

    def output_of(self, states: Any) -> Any:
        """The output among the states."""
        return states[0]

    @property
    def step_is_ours(self) -> bool:
        """False in a subclass whose own `call` is not what the inherited `sequence` computes."""
        return next("sequence" in vars(kind) for kind in type(self).__mro__ if {"call", "sequence"} & vars(kind).keys())


class Cell(SequenceCell):
    """Base: one step in time, (inputs (batch, features), states) -> (output (batch, units), new states).

    A subclass says how many `gates` it has and computes a step in `call`; in `sequence` it computes all steps at once.
    """

    gates = 1
    bias_form: Biases = "one"
    arguments: tuple[str, ...] = (
        "units", "activation", "use_bias", "kernel_initializer", "recurrent_initializer", "bias_initializer",
        "kernel_regularizer", "recurrent_regularizer", "bias_regularizer", "kernel_constraint", "recurrent_constraint",
        "bias_constraint", "dropout", "recurrent_dropout",
    )
    """The names of the arguments that a configuration holds."""
    identity_in_each_gate: ClassVar[bool] = False
    """Whether recurrent_initializer="identity" makes an identity for each gate, or one for all columns (dialects.py)."""
    recurrent_initializer: Any
    bias_initializer: Any
    bias_regularizer: Any
    bias_constraint: Any

    def __init__(
        self, units: int, activation: Any = "tanh", use_bias: bool = True, kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal", bias_initializer: Any = "zeros", kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None, bias_regularizer: Any = None, kernel_constraint: Any = None,
        recurrent_constraint: Any = None, bias_constraint: Any = None, dropout: float = 0.0,
        recurrent_dropout: float = 0.0, **kwargs: Any,
    ):
        super().__init__(**kwargs)
        (self.units,) = numbers(int(units) if isinstance(units, float) else units, 1, "units")
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        settle(
            self, kernel=(kernel_initializer, kernel_regularizer, kernel_constraint),
            recurrent=(recurrent_initializer, recurrent_regularizer, recurrent_constraint),
            bias=(bias_initializer, bias_regularizer, bias_constraint),
        )
        self.dropout = share(dropout, type(self).__name__, "dropout")
        self.recurrent_dropout = share(recurrent_dropout, type(self).__name__, "recurrent_dropout")
        self.state_size: Any = self.units
        self.output_size: Any = self.units
        self.kernel: Any = None
        self.recurrent_kernel: Any = None
        self.bias: Any = None
        self._masks: Masks | None = None

    # ---- weights

    def weights_for(self, input_shape: Any) -> list[Declared]:
        """The kernels for the inputs and for the state, and the bias."""
        return separate_weights(input_shape[-1], self.units, self.gates, self.bias_form if self.use_bias else None)

    def biases(self) -> tuple[Any, Any]:
        """The biases (gates * units) of the inputs and of the state; None where there is none."""
        return biases_of(self.bias, self.bias_form)

    def kernels(self) -> tuple[Any, Any]:
        """The matrices by which the inputs and the state are multiplied from the right, the gates side by side."""
        pair = self.kernel, self.recurrent_kernel
        by_rows = self.bias_form == "row"  # cuDNN's
        return (read_by_rows(pair[0], self.gates), read_by_rows(pair[1], self.gates)) if by_rows else pair

    def first_bias(self) -> Any:
        """The initializer of the bias."""
        return self.bias_initializer

    def build(self, input_shape: Any) -> None:
        starts = {"bias": self.first_bias()}
        if self.identity_in_each_gate and isinstance(self.recurrent_initializer, initializers.Identity):
            starts["recurrent_kernel"] = self._first_recurrent_kernel
        make_weights(self, self.weights_for(input_shape), starts=starts)
        super().build(input_shape)

    def _first_recurrent_kernel(self, shape: Any, dtype: Any = None) -> Any:
        """The identity beside itself, once for each gate."""
        part = self.recurrent_initializer((self.units, self.units), dtype=dtype)
        return ops.concat([part] * self.gates, 1)

    # ---- steps

    def call(self, inputs: Any, states: Any, training: Any = None) -> tuple[Any, Any]:
        """(output, new states) after one step."""
        raise TypeError(f"{type(self).__name__} does not define call(inputs, states)")

    def is_whole(self, masks: Masks) -> bool:
        """Whether `sequence` computes what `call` does: the ops know the activations, and no mask but one on the inputs."""
        return self.step_is_ours and self.ops_know_activations() and len(masks[0]) <= 1 and not masks[1]

    def ops_know_activations(self) -> bool:
        """Whether the op for whole sequences has these activations."""
        return one_op(self.activation) is not None

    def get_initial_state(self, inputs: Any = None, batch_size: Any = None, dtype: Any = None) -> Any:
        """Zeros of the shapes of the states: for the batch of `inputs`, or for a batch size and type."""
        if inputs is not None:
            batch_size, dtype = ops.shape(inputs)[0], inputs.dtype
        return zero_states(self.state_size, batch_size, dtype)

    # ---- dropout

    def mask_dims(self) -> tuple[Sequence[int], Sequence[int]]:
        """The shapes of the masks of inputs and state, without the batch."""
        return [int(self.kernel.shape[0])], [self.units]

    def mask_counts(self) -> tuple[int, int]:
        """How many masks the inputs and the state have, if there is dropout: one for all gates, or one for each."""
        return 1, 1

    def dropout_masks(self, batch: Any, training: Any = None) -> Masks:
        """New masks (batch, features) and (batch, units): factors 0 or 1 / (1 - rate); none outside of training.

        A sequence keeps them from its first step to its last. Source: Y. Gal, Z. Ghahramani, NIPS 2016.
        """
        phase = backend.learning_phase() if training is None else training
        if settled(phase) is False:
            return [], []
        rows = zip(self.mask_dims(), (self.dropout, self.recurrent_dropout), self.mask_counts(), strict=True)
        inputs, state = (
            [_mask(ops.ones([batch, *dims], self.dtype), rate, phase) for _ in range(count)] if rate else []
            for dims, rate, count in rows
        )
        return inputs, state

    def masks_for(self, inputs: Any, training: Any) -> Masks:
        """The masks of the sequence that is being computed; new ones for a single step."""
        return self.dropout_masks(ops.shape(inputs)[0], training) if self._masks is None else self._masks

    @contextlib.contextmanager
    def keeping(self, masks: Masks) -> Iterator[None]:
        """Inside, every step uses these masks."""
        self._masks = masks
        try:
            yield
        finally:
            self._masks = None

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **described(self, *self.arguments)}


def _mask(ones: Any, rate: float, phase: Any) -> Any:
    dropped = ops.zeros_like(ones) if rate == 1 else backend.dropout(ones, rate)
    return backend.in_train_phase(dropped, ones, phase)


def one_op(activation: Any) -> str | None:
    """The name under which the ops of whole sequences know an activation; None if they do not."""
    return _ONE_OP.get(activation)


def products(
    x: Any, kernel: Any, bias: Any, masks: Sequence[Any], gates: int, multiply: Any = backend.dot,
    add: Any = ops.bias_add, axis: int = -1,
) -> list[Any]:
    """x @ kernel + bias for each gate: one product for all of them, unless each gate sees x under a mask of its own.

    multiply and add may stand for a convolution and its bias; the gates lie side by side along `axis` of the result.
    """
    if len(masks) <= 1:
        z = multiply(x * masks[0] if masks else x, kernel)
        z = z if bias is None else add(z, bias)
        return [z] if gates == 1 else ops.split(z, gates, axis)
    biases = [None] * gates if bias is None else ops.split(bias, gates, 0)
    rows = zip(masks, ops.split(kernel, gates, -1), biases, strict=True)
    return [products(x, part, b, [mask], 1, multiply, add)[0] for mask, part, b in rows]


def under_mask(x: Any, masks: Sequence[Any]) -> Any:
    """x (time, batch, features) with the one mask that all its steps share."""
    return x * ops.expand_dims(masks[0], 0) if masks else x
