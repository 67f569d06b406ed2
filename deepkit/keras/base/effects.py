"""What the calls of a layer do beside computing outputs: losses, updates and metrics that training takes up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deepkit.core.apply import is_tensor
from deepkit.core.nest import flatten
from deepkit.core.node import Node, needed
from deepkit.core.symbol import Symbol
from deepkit.core.tensor import Tensor
from deepkit.device.dtypes import as_dtype
from deepkit.errors import ArgumentError
from deepkit.keras.backend import context
from deepkit.keras.backend.config import floatx
from deepkit.keras.backend.nested import listed
from deepkit.keras.backend.session import history_of
from deepkit.keras.base.weights import LayerWeights


class LayerEffects(LayerWeights):
    """A layer with what `add_loss`, `add_update` and `add_metric` were given."""

    penalties_first = False

    def __init__(self, trainable: bool, weights: Any) -> None:
        self._loss_functions: list[Callable[[], Any]] = []
        self._graph_losses: list[Symbol] = []
        super().__init__(trainable, weights)

    def add_loss(self, losses: Any, inputs: Any = None) -> None:
        """Adds to what training makes smaller: tensors, functions of nothing that make one from the weights, or numbers."""
        for loss in listed(losses):
            if not is_tensor(loss):
                self._loss_functions.append(loss if callable(loss) else _constant(loss))
            elif isinstance(loss, Symbol) and context.is_first():
                self._graph_losses.append(loss)
            else:
                context.current().losses.append((self, loss))

    def add_update(self, updates: Any, inputs: Any = None) -> None:
        """Assignments that happen with each training run, and in a stateful layer with every run: moving averages, states.

        A pair (variable, value) is an assignment, too. Those of a frozen layer do not happen. (What `call` assigns without
        giving it to add_update happens with each run, as in Keras without graphs.)
        """
        for update in listed(updates) if not isinstance(updates, tuple) else [updates]:
            made = update[0].assign(update[1]) if isinstance(update, tuple) else update
            call = context.current()
            call.updates[:] = [*[(layer, known) for layer, known in call.updates if known is not made], (self, made)]

    def add_metric(self, value: Any, aggregation: str | None = None, name: str | None = None) -> None:
        """Shows the mean of `value` among the metrics under `name`; if it is a metric's result, shows that metric."""
        metric = context.metric_of(value)
        if metric is not None:
            self._check_called_alone(metric)
        context.current().metrics.append((metric or name or self.name, value))

    def _check_called_alone(self, metric: Any) -> None:
        """ArgumentError if two of the layer's metrics have the name of this one: they are shown by their names."""
        if sum(other.name == metric.name for other in self.held_metrics) > 1:
            raise ArgumentError(
                f"two metrics of layer {self.name!r} are called {metric.name!r}", rule="each is shown under its own name",
                hint="Mean(name='another name')",
            )

    @property
    def losses(self) -> list[Any]:
        """What `add_loss` was given by the calls on Symbols, and the penalties on weights (in Keras 2.3.1 these come first)."""
        asked = [x for call in self.inbound_nodes for _, x in call.asked.losses]
        inner = [x for layer in self._sublayers for x in layer.losses]
        own = self.weight_penalties(), [*asked, *self._graph_losses]
        first, then = own if self.penalties_first else own[::-1]
        return [*first, *then, *inner]

    def get_losses_for(self, inputs: Any) -> list[Any]:
        """The losses that follow from these tensors; inputs=None: those that follow from no input, such as penalties."""
        return following(self.losses, inputs)

    def get_updates_for(self, inputs: Any) -> list[Any]:
        """The updates that follow from these tensors; inputs=None: those that follow from no input."""
        return following(self.updates, inputs)

    @property
    def graph_losses(self) -> list[Any]:
        """What `add_loss` was given outside of any call: tensors of the graph that the layer is part of."""
        return list(self._graph_losses)

    def weight_penalties(self) -> list[Any]:
        """The regularizers' penalties on the layer's own weights, and what the functions given to add_loss make."""
        held = [w for w in self.own_weights if getattr(w, "regularizer", None) is not None]
        return [*[w.regularizer(w) for w in held], *[loss() for loss in self._loss_functions]]

    @property
    def updates(self) -> list[Any]:
        """What the calls on Symbols assign; a frozen layer assigns only its states."""
        asked = [u for call in self.inbound_nodes for x, u in call.asked.updates if x is None or x.trainable or x.stateful]
        return [*asked, *[u for layer in self._sublayers for u in layer.updates]]


def following(values: list[Any], inputs: Any) -> list[Any]:
    """Of losses or updates those made from one of these tensors; inputs=None: from none that a layer made."""
    given = {id(x) for x in flatten(inputs)} if inputs is not None else None

    def follows(value: Any) -> bool:
        nodes = needed([value]) if isinstance(value, (Symbol, Node)) else []
        seen = [x for node in nodes for x in (*node.inputs, *node.outputs)]
        return any(id(x) in given if given is not None else history_of(x) is not None for x in seen)

    return [value for value in values if follows(value) == (given is not None)]


def _constant(number: Any) -> Callable[[], Any]:
    """A function of nothing that gives the number as a loss, of the type that Keras computes in when it is asked."""
    return lambda: Tensor(number, dtype=as_dtype(floatx()))
