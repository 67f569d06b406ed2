"""Which tensors a layer was called on and what it made of them: the graph of layers, from which models are cut out."""

from __future__ import annotations

from typing import Any

from deepkit.core.nest import flatten
from deepkit.core.node import Node, needed
from deepkit.core.symbol import Symbol
from deepkit.errors import ArgumentError, NoSingleCallError
from deepkit.keras.backend.context import Call, mask_of
from deepkit.keras.backend.nested import kept, keras_shape
from deepkit.keras.backend.phase import Phase
from deepkit.keras.backend.session import history_of


class CallRecord:
    """One call of a layer on Symbols. `parents` are the calls that made its inputs, `asked` what it asked for.

    Inputs and outputs are kept in lists of its own: what the caller does with his lists later changes nothing.
    """

    def __init__(
        self, layer: Any, inputs: Any, outputs: Any, args: tuple[Any, ...] = (), kwargs: Any = None,
        asked: Call | None = None,
    ):
        self.layer, self.asked = layer, asked or Call()
        self.inputs, self.outputs, self.args = map(kept, (inputs, outputs, args))
        self.kwargs = {k: kept(v) for k, v in (kwargs or {}).items() if _is_kept(k, v)}

    @property
    def keras_inputs(self) -> list[Symbol]:
        """All Symbols among the arguments that layers have made."""
        leaves = flatten([self.inputs, list(self.args), list(self.kwargs.values())])
        return [x for x in leaves if isinstance(x, Symbol) and history_of(x) is not None]

    @property
    def parents(self) -> list[CallRecord]:
        return [record_of(x) for x in self.keras_inputs]

    @property
    def is_input(self) -> bool:
        return not self.keras_inputs

    @property
    def input_tensors(self) -> list[Any]:
        """What it was called on; of an Input, which is called on nothing, its tensor."""
        return flatten(self.inputs) or self.output_tensors

    @property
    def output_tensors(self) -> list[Any]:
        return flatten(self.outputs)

    @property
    def inbound_layers(self) -> list[Any]:
        """The layers that made its inputs."""
        return [call.layer for call in self.parents]

    @property
    def uses_phase(self) -> bool:
        """Whether what the call itself computes depends on the learning phase."""
        made = [x for x in self.output_tensors if isinstance(x, Symbol)]
        phase, begin = Phase.of(*made).asked_for, {id(x) for x in self.keras_inputs}

        def before(node: Node) -> list[Node]:
            return [x.node for x in node.inputs if id(x) not in begin]

        return phase is not None and phase.node in needed([x for x in made if id(x) not in begin], before)

    @property
    def outbound_layer(self) -> Any:
        return self.layer


def _is_kept(key: str, value: Any) -> bool:
    """False for a phase or mask that was left open: a model fills them in anew."""
    return isinstance(value, (bool, int)) if key == "training" else key != "mask" or value is not None


def _note_phase(record: CallRecord) -> None:
    """Lets Symbols say, as in Keras 2, whether they depend on the learning phase."""
    asked = Phase.of(*record.output_tensors).asked_for is not None
    before = any(vars(x).get("_uses_learning_phase") for x in record.keras_inputs)
    uses = asked and (before or record.uses_phase)
    for x in record.output_tensors:
        if isinstance(x, Symbol):
            vars(x)["_uses_learning_phase"] = uses


def record_of(x: Symbol) -> CallRecord:
    """The call that made a Symbol; ArgumentError if no layer did."""
    found = history_of(x)
    if found is None:
        raise ArgumentError(
            f"{x.name} was not made by a layer",
            rule="a model is a graph of layers: every tensor between its inputs and outputs comes from one",
            where=x.node.where(),
            hint="wrap the computation in a layer: Lambda(lambda x: ...)(x), and start from Input(...)",
        )
    layer, index, _ = found
    return layer.inbound_nodes[index]


class History:
    """The calls of a layer, with Keras' names for what went in and out."""

    name: str
    single_calls = False
    """Whether a layer of several calls has no input and output; else it has those of the first, if all have one shape."""

    def __init__(self) -> None:
        self._inbound_nodes: list[CallRecord] = []

    @property
    def inbound_nodes(self) -> list[CallRecord]:
        """Every call on Symbols so far."""
        return self._inbound_nodes

    def add_inbound_node(self, record: CallRecord) -> None:
        """Adds a call, and notes it in the history of its outputs."""
        self._inbound_nodes.append(record)
        for i, x in enumerate(flatten(record.outputs)):
            if isinstance(x, Symbol):
                place = (self, len(self._inbound_nodes) - 1, i)
                vars(x).update(_keras_history=place, _keras_shape=keras_shape(x))  # as Keras 2 calls them
        _note_phase(record)

    def _at(self, index: int, what: str) -> CallRecord:
        if not -len(self._inbound_nodes) <= index < len(self._inbound_nodes):
            raise ArgumentError(
                f"layer {self.name!r} was called {len(self._inbound_nodes)} times, there is no call {index}",
                hint="call it on an Input first, or add it to a model",
            )
        return self._inbound_nodes[index]

    def get_input_at(self, node_index: int) -> Any:
        return self._at(node_index, "input").inputs

    def get_output_at(self, node_index: int) -> Any:
        return self._at(node_index, "output").outputs

    def get_input_shape_at(self, node_index: int) -> Any:
        return keras_shape(self.get_input_at(node_index))

    def get_output_shape_at(self, node_index: int) -> Any:
        return keras_shape(self.get_output_at(node_index))

    def get_input_mask_at(self, node_index: int) -> Any:
        return mask_of(self.get_input_at(node_index))

    def get_output_mask_at(self, node_index: int) -> Any:
        return mask_of(self.get_output_at(node_index))

    def _of_calls(self, what: str) -> list[Any]:
        """The inputs or outputs of all calls; NoSingleCallError if there was none."""
        if not self._inbound_nodes:
            raise NoSingleCallError(
                f"layer {self.name!r} has no {what} yet",
                rule="a layer gets one when it is called on an Input",
                hint="a Sequential model needs input_shape=... in its first layer, or one call of fit or build",
            )
        return [getattr(call, f"{what}s") for call in self._inbound_nodes]

    def _one(self, what: str) -> Any:
        values = self._of_calls(what)
        if len(values) > 1 and (self.single_calls or any(keras_shape(v) != keras_shape(values[0]) for v in values)):
            raise self._several(what, len(values))
        return values[0]

    def _one_shape(self, what: str) -> Any:
        shapes = [keras_shape(value) for value in self._of_calls(what)]
        if any(shape != shapes[0] for shape in shapes):
            raise self._several(f"{what}_shape", len(shapes))
        return shapes[0]

    def _several(self, what: str, calls: int) -> NoSingleCallError:
        return NoSingleCallError(
            f"layer {self.name!r} was called {calls} times, so it has no single {what}",
            rule="each call on a tensor has an input and an output of its own", hint=f"layer.get_{what}_at(0), of the first call",
        )

    @property
    def input(self) -> Any:
        """The tensor (or list) the layer was called on."""
        return self._one("input")

    @property
    def output(self) -> Any:
        """The tensor (or list) the layer made."""
        return self._one("output")

    @property
    def input_shape(self) -> Any:
        return self._one_shape("input")

    @property
    def output_shape(self) -> Any:
        return self._one_shape("output")

    @property
    def input_mask(self) -> Any:
        return mask_of(self._one("input"))

    @property
    def output_mask(self) -> Any:
        return mask_of(self._one("output"))
