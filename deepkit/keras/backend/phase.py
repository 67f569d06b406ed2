"""The learning phase: whether what runs is training or a test; a call says it, set_learning_phase, or a tensor that is fed."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core.apply import is_tensor
from deepkit.core.graph import Graph, default_graph
from deepkit.core.symbol import Symbol
from deepkit.errors import ArgumentError
from deepkit.keras.backend.context import current

__all__ = ["in_test_phase", "in_train_phase", "learning_phase", "set_learning_phase"]


def graph_of(*values: Any) -> Graph:
    """The graph of the first Symbol among `values`, else the default graph; of a function's graph the one around it."""
    return (next((v.graph for v in values if isinstance(v, Symbol)), None) or default_graph()).root


class Phase:
    """The phase in the runs of one graph."""

    def __init__(self, graph: Graph):
        self._graph = graph
        self.fixed: int | None = None
        """The phase of set_learning_phase; None while every run has its own."""
        self._tensor: Symbol | None = None

    @classmethod
    def of(cls, *values: Any) -> Phase:
        """That of the graph of the first Symbol among `values`, else of the default graph."""
        return graph_of(*values).companion(cls)

    @property
    def value(self) -> Any:
        """0 (test), 1 (train), or the tensor that is one of them in each run."""
        if self.fixed is not None:
            return self.fixed
        if self._tensor is None:
            # A placeholder with a default: a run that does not feed it is a test run.
            self._tensor = settable(self._graph, np.array(0, np.int32), "keras_learning_phase")
        return self._tensor

    @property
    def asked_for(self) -> Symbol | None:
        """That tensor, where something has asked for it."""
        return self._tensor

    def training(self, wished: bool) -> bool:
        """Whether a step that is for training, or not, runs as such: unless set_learning_phase says otherwise."""
        return wished if self.fixed is None else bool(self.fixed)

    def assumed(self, training: bool | None = None) -> dict[Symbol, Any]:
        """What holds in runs for training or testing (None: either)."""
        value = training if self.fixed is None else self.fixed
        return {} if self._tensor is None or value is None else {self._tensor: int(value)}


def settable(graph: Graph, default: np.ndarray, name: str) -> Symbol:
    """A tensor with this value in every run that does not feed or assume another."""
    apart = graph.name_scope(None), graph.control_dependencies(None)
    with graph.as_default(), graph.passing(), apart[0], apart[1]:
        return ops.identity(graph.constant(default, f"{name}/input"), name=name)


def learning_phase() -> Any:
    """Test (0) or train (1): a number inside a model's own runs, else a tensor that `function` can be fed with.

    >>> from deepkit import keras
    >>> import numpy as np
    >>> model = keras.models.Sequential([keras.layers.Dropout(0.5, input_shape=(1000,))])
    >>> f = keras.backend.function([model.input, keras.backend.learning_phase()], [model.output])
    >>> kept = [int((f([np.ones((1, 1000)), phase])[0] > 0).sum()) for phase in (0, 1)]
    >>> kept[0], 400 < kept[1] < 600
    (1000, True)
    """
    call = current()
    if call.training is not None:
        return call.training if is_tensor(call.training) else int(call.training)
    if call.eager:  # a layer called on Tensors computes now, and there is nothing to feed
        return Phase.of().fixed or 0
    return Phase.of().value


def set_learning_phase(value: int) -> None:
    """Fixes the phase of everything that is built from now on to 0 (test) or 1 (train)."""
    if value not in (0, 1):
        raise ArgumentError(f"set_learning_phase({value!r})", rule="0 is testing, 1 is training")
    Phase.of().fixed = int(value)


def settled(phase: Any) -> bool | None:
    """Whether it is training, where that is known now; None for a tensor of the graph, which says it in each run."""
    return None if isinstance(phase, Symbol) else bool(phase)


def in_train_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """`x` while training, else `alt`; either may be a function of nothing that makes the tensor."""
    phase = learning_phase() if training is None else training
    known = settled(phase)
    if known is not None:
        return _made(x if known else alt)
    made = _made(x), _made(alt)
    return ops.choose(phase if phase.dtype.name == "bool" else ops.cast(phase, "bool"), *made)


def _made(x: Any) -> Any:
    return x() if callable(x) and not is_tensor(x) else x


def in_test_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """`x` while testing, else `alt`."""
    return in_train_phase(alt, x, training)
