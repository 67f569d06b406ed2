"""A cell with attention: what its attention gathered from the memory is read by the next step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from deepkit import ops
from deepkit.core.graph import default_graph
from deepkit.core.nest import listed
from deepkit.core.shape import Shape
from deepkit.device.dtypes import as_dtype
from deepkit.errors import ArgumentError
from deepkit.v1.framework.symbolic import constant_of
from deepkit.v1.framework.tensor_array import TensorArray, flat
from deepkit.v1.layers.core import Dense
from deepkit.v1.nn.recurrent.base import RNNCell
from deepkit.v1.nn.recurrent.states import check_cell, here, mapped, same_nesting, zeros_of


class _State(NamedTuple):
    cell_state: Any
    attention: Any
    time: Any
    alignments: Any
    alignment_history: Any
    attention_state: Any


class AttentionWrapperState(_State):
    """The state of an AttentionWrapper.

    cell_state: that of the cell inside; attention: what the last step gathered, (batch, n); time: the number of steps;
    alignments and attention_state (batch, memory): the last weights; alignment_history: all weights, a TensorArray, or ().
    """

    __slots__ = ()

    def clone(self, **kwargs: Any) -> AttentionWrapperState:
        """The same state with other fields: `decoder_cell.zero_state(batch, dtype).clone(cell_state=encoder_state)`."""
        unknown = set(kwargs) - set(self._fields)
        if unknown:
            raise ArgumentError(
                f"AttentionWrapperState has no field {unknown.pop()!r}", where=here(),
                rule="its fields: " + ", ".join(self._fields),
            )
        for name, value in kwargs.items():
            if not same_nesting(value, getattr(self, name)):
                raise ArgumentError(
                    f"clone({name}=...): nested otherwise than the state's own {name}", where=here(),
                    rule="the decoder's cell takes states of one structure",
                    hint="an encoder with as many layers as the decoder has gives a state that fits",
                )
        return self._replace(**kwargs)


class AttentionWrapper(RNNCell):
    """A cell with attention to one memory, or to several.

    Each step: the cell reads inputs and last attention (cell_input_fn, by default side by side); its output queries the
    mechanism; the context is the memory's values, weighted; the attention is that context, or with attention_layer_size
    (or attention_layer) a layer without bias over output and context. The output is the attention, or, with
    output_attention=False (Bahdanau's way), the cell's own. alignment_history keeps all weights (time, batch, memory).
    """

    def __init__(
        self, cell: Any, attention_mechanism: Any, attention_layer_size: Any = None, alignment_history: bool = False,
        cell_input_fn: Callable[[Any, Any], Any] | None = None, output_attention: bool = True,
        initial_cell_state: Any = None, name: str | None = None, attention_layer: Any = None, attention_fn: Any = None,
        dtype: Any = None,
    ):
        super().__init__(name=name, dtype=dtype)
        check_cell("AttentionWrapper", cell)
        self._is_multi = isinstance(attention_mechanism, (list, tuple))
        self._mechanisms = list(attention_mechanism) if self._is_multi else [attention_mechanism]
        for mechanism in self._mechanisms:
            if not (callable(mechanism) and hasattr(mechanism, "values")):
                raise ArgumentError(
                    f"AttentionWrapper: {mechanism!r} is not a mechanism", where=here(),
                    hint="AttentionWrapper(cell, tf.contrib.seq2seq.LuongAttention(units, memory))",
                )
        if attention_layer_size is not None and attention_layer is not None:
            raise ArgumentError(
                "AttentionWrapper: attention_layer_size and attention_layer", rule="one of them, or none"
            )
        self._cell, self._history, self._output_attention = cell, alignment_history, output_attention
        self._cell_input_fn, self._attention_fn = cell_input_fn or _side_by_side, attention_fn or _compute_attention
        self._layers = self._layers_of(attention_layer_size, attention_layer)
        self._initial_cell_state = initial_cell_state

    def _layers_of(self, sizes: Any, layers: Any) -> list[Any]:
        many = len(self._mechanisms) > 1
        if layers is not None:
            made = listed(layers)
        elif sizes is not None:
            names = [f"attention_layer_{i}" if many else "attention_layer" for i in range(len(listed(sizes)))]
            pairs = zip(listed(sizes), names, strict=True)
            made = [None if n is None else Dense(n, name=name, use_bias=False) for n, name in pairs]
        else:
            made = [None] * len(self._mechanisms)
        if len(made) != len(self._mechanisms):
            raise ArgumentError(
                f"AttentionWrapper: {len(made)} attention layers for {len(self._mechanisms)} mechanisms", where=here(),
                rule="one layer, or one size, for each mechanism",
            )
        self._sizes = [
            m.values.shape.lengths[-1] if layer is None else _units(layer)
            for m, layer in zip(self._mechanisms, made, strict=True)
        ]
        return made

    @property
    def _attention_layer_size(self) -> int:
        return sum(self._sizes)

    @property
    def output_size(self) -> Any:
        return self._attention_layer_size if self._output_attention else self._cell.output_size

    @property
    def state_size(self) -> AttentionWrapperState:
        sizes = self._item_or_tuple([m.alignments_size for m in self._mechanisms])
        history = self._item_or_tuple([m.alignments_size if self._history else () for m in self._mechanisms])
        return AttentionWrapperState(
            self._cell.state_size, self._attention_layer_size, Shape([]), sizes, history, sizes
        )

    def _item_or_tuple(self, items: list[Any]) -> Any:
        return tuple(items) if self._is_multi else items[0]

    def _items(self, field: Any) -> list[Any]:
        return list(field) if self._is_multi else [field]

    def zero_state(self, batch_size: Any, dtype: Any) -> AttentionWrapperState:
        """Zeros, but for the cell's state if there is an initial_cell_state."""
        with default_graph().name_scope(f"{type(self).__name__}ZeroState"):
            if self._initial_cell_state is None:
                cell_state = self._cell.zero_state(batch_size, dtype)
            else:
                cell_state = mapped(lambda x: ops.identity(constant_of(x)), self._initial_cell_state)
            first = [m.initial_alignments(batch_size, dtype) for m in self._mechanisms]
            lists = [
                TensorArray(as_dtype(dtype), size=0, dynamic_size=True) if self._history else ()
                for _ in self._mechanisms
            ]
            return AttentionWrapperState(
                cell_state=cell_state, attention=zeros_of(self._attention_layer_size, batch_size, dtype),
                time=constant_of(0), alignments=self._item_or_tuple(first),
                alignment_history=self._item_or_tuple(lists), attention_state=self._item_or_tuple(first),
            )

    def call(self, inputs: Any, state: Any) -> Any:
        if not isinstance(state, AttentionWrapperState):
            raise ArgumentError(
                f"AttentionWrapper: its state is {type(state).__name__}", where=here(), rule="AttentionWrapperState",
                hint="cell.zero_state(batch_size, tf.float32).clone(cell_state=encoder_state)",
            )
        output, cell_state = self._cell(self._cell_input_fn(inputs, state.attention), state.cell_state)
        attentions, alignments, states, lists = [], [], [], []
        before = zip(
            self._mechanisms, self._items(state.attention_state), self._items(state.alignment_history), self._layers,
            strict=True,
        )
        for mechanism, attention_state, history, layer in before:
            attention, weights, following = self._attention_fn(mechanism, output, attention_state, layer)
            lists.append(history.write(state.time, weights) if self._history else ())
            attentions.append(attention)
            alignments.append(weights)
            states.append(following)
        attention = attentions[0] if len(attentions) == 1 else ops.concat(attentions, 1)
        following = AttentionWrapperState(
            cell_state=cell_state, attention=attention, time=state.time + 1, alignments=self._item_or_tuple(alignments),
            alignment_history=self._item_or_tuple(lists), attention_state=self._item_or_tuple(states),
        )
        return (attention if self._output_attention else output), following


def _side_by_side(inputs: Any, attention: Any) -> Any:
    return ops.concat([*flat(inputs), attention], -1)


def _units(layer: Any) -> Any:
    units = getattr(layer, "units", None)
    if units is None:
        raise ArgumentError(
            f"AttentionWrapper: the size of the layer {layer!r} is not known",
            where=here(),
            hint="tf.layers.Dense(size)",
        )
    return units


def _compute_attention(mechanism: Any, output: Any, state: Any, layer: Any) -> tuple[Any, Any, Any]:
    """(attention, alignments, next state): the weighted values, through the layer if there is one."""
    alignments, following = mechanism(output, state=state)
    context = ops.squeeze(ops.matmul(ops.expand_dims(alignments, 1), mechanism.values), [1])
    return (context if layer is None else layer(ops.concat([output, context], 1))), alignments, following
