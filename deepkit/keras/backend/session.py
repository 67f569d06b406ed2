"""Keras' world: the graph that layers are written into, the session that holds their weights, the names in use."""

from __future__ import annotations

import re
import weakref
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from deepkit.core.apply import is_tensor
from deepkit.core.autodiff import gradients as _gradients
from deepkit.core.collections import GraphKeys
from deepkit.core.graph import Graph, default_graph, default_session, reset_default_graph
from deepkit.core.node import Node
from deepkit.core.op import lookup
from deepkit.core.shape import Shape
from deepkit.core.symbol import Symbol
from deepkit.core.tensor import Parameter, Tensor
from deepkit.core.variable import Variable
from deepkit.device.dtypes import as_dtype
from deepkit.errors import ArgumentError
from deepkit.io import graph_messages as _graph_messages  # noqa: F401  it makes bytes of graphs
from deepkit.keras.backend.config import floatx
from deepkit.keras.backend.phase import Phase, graph_of
from deepkit.runtime.session import Session

__all__ = [
    "batch_get_value", "batch_set_value", "clear_session", "function", "get_session", "get_uid", "get_value",
    "gradients", "is_keras_tensor", "is_placeholder", "manual_variable_initialization", "placeholder", "reset_uids",
    "set_session", "set_value",
]


class World:
    """What Keras keeps with one graph: a session, names in use."""

    first_number = 1
    """Of the names that layers get: dense_1 is Keras' first, dense that of tf.keras (dialects.py)."""
    initializes_all = False
    """Whether all variables of the graph get their initial values when the session is asked for, not Keras' own alone."""

    def __init__(self, graph: Graph):
        self.graph = graph
        self._own_session: Session | None = None
        self._uids: dict[str, int] = {}
        self._seen = -1  # the graph's version when its variables were last initialized
        self.awaiting: list[weakref.ref[Variable]] = []

    @classmethod
    def of(cls, *values: Any) -> World:
        """The world of the first Symbol among `values`, else of the default graph."""
        return graph_of(*values).companion(cls)

    @property
    def holder(self) -> Session:
        """The session that holds the values: the default one if it runs this graph, else the world's own."""
        active = default_session()
        if active is not None and active.graph is self.graph:
            return active
        if self._own_session is None or self._own_session.closed:
            self._own_session = Session(graph=self.graph)
        return self._own_session

    @property
    def session(self) -> Session:
        """The same session, after every new weight that nobody has set got its initial value."""
        session = self.holder
        if self.initializes_all and self._seen != self.graph.version:
            self.await_value(self.graph.get_collection(GraphKeys.GLOBAL_VARIABLES))
            self._seen = self.graph.version
        if self.awaiting:
            session.initialize([w for ref in self.awaiting if (w := ref()) is not None])
            self.awaiting.clear()
        return session

    def await_value(self, weights: Iterable[Variable]) -> None:
        """These get their initial values when the session is next asked for, unless they have others by then."""
        self.awaiting += map(weakref.ref, weights)

    def adopt(self, session: Session) -> None:
        """Lets this session hold the values from now on, where none is the default one."""
        self._own_session = session

    def uid(self, prefix: str) -> int:
        self._uids[prefix] = self._uids.get(prefix, 0) + 1
        return self._uids[prefix]

    def name_for(self, kind: str) -> str:
        """A layer's name from its kind: dense_1, dense_2; where counting begins at 0 the first is just dense."""
        number = self.uid(kind) - 1 + self.first_number
        return f"{kind}_{number}" if number else kind

    def forget_uids(self) -> None:
        self._uids.clear()


def history_of(x: Symbol) -> tuple[Any, int, int] | None:
    """The layer that made a tensor, which of the layer's calls, which of the call's outputs; None if no layer did."""
    return vars(x).get("_keras_history")


def get_session() -> Session:
    """The session that holds the weights of the models in the default graph."""
    return World.of().session


def set_session(session: Session) -> None:
    """Makes `session` the one that holds the weights of its graph's models from now on."""
    session.graph.companion(World).adopt(session)


def clear_session() -> None:
    """A fresh graph with fresh names, such as "dense_1"; models made before keep working in the old one."""
    reset_default_graph()


def manual_variable_initialization(value: bool) -> None:
    """Accepted for Keras' sake: weights get their initial values when they are first needed, and only if none were set."""


def get_uid(prefix: str = "") -> int:
    """A number that counts the uses of `prefix` in this graph, from 1."""
    return World.of().uid(prefix)


def reset_uids() -> None:
    World.of().forget_uids()


# ---- tensors and values


def placeholder(
    shape: Any = None, ndim: int | None = None, dtype: Any = None, sparse: bool = False, name: str | None = None
) -> Symbol:
    """A tensor of the graph whose value is given at each run; `ndim` where only the number of axes is known."""
    if shape is None and ndim is not None:
        shape = (None,) * ndim
    op = lookup("Placeholder")(to=as_dtype(dtype or floatx()), static=Shape(shape).lengths)
    return default_graph().add(op, (), name)


def is_placeholder(x: Any) -> bool:
    return isinstance(x, Symbol) and x.node.op.is_placeholder


def is_keras_tensor(x: Any) -> bool:
    """True if a layer (Input among them) made the tensor."""
    if not is_tensor(x):
        raise ArgumentError(f"is_keras_tensor({type(x).__name__})", rule="a tensor", hint="Input(shape=...) makes one")
    return isinstance(x, Symbol) and history_of(x) is not None


def get_value(x: Any) -> Any:
    """The value of a variable (or of any tensor that needs no input) as a NumPy array."""
    if isinstance(x, Tensor):
        return x.numpy()
    if not isinstance(x, Symbol):
        return x
    session = World.of(x).session
    if isinstance(x, Variable) and x in session.store:
        return np.array(session.store[x])[()]
    return session.make_callable(x)()


def set_value(x: Any, value: Any) -> None:
    """Replaces the value of a variable; its shape and type stay."""
    if isinstance(x, Parameter):
        x.assign(np.asarray(value, x.dtype.numpy))
        return
    if not isinstance(x, Variable):
        raise ArgumentError(f"set_value of {x!r}", rule="only a variable keeps a value", hint="K.variable(...)")
    World.of(x).holder.load(x, np.asarray(value, x.dtype.numpy))


def batch_get_value(tensors: Iterable[Any]) -> list[Any]:
    return [get_value(x) for x in tensors]


def batch_set_value(tuples: Iterable[tuple[Any, Any]]) -> None:
    for x, value in tuples:
        set_value(x, value)


def gradients(loss: Any, variables: Any) -> list[Any]:
    """The derivatives of `loss` by each of `variables`; None where nothing connects them."""
    return _gradients(loss, variables, warn=False)


def _in_graph(x: Any) -> Any:
    """A node of the graph: itself, or a constant for what is known already."""
    return default_graph().constant(x) if isinstance(x, Tensor) else x


class Function:
    """Values of `outputs` from values of `inputs`; `updates` happen at each call. Made by `K.function`.

    The phase tensor may be among the inputs. An update is a pair (variable, new value), or a tensor or node to run.
    fetches: more to run, whose values are not returned. feed_dict: values of other tensors; the dictionary may change
    between calls. options, run_metadata: as Session.run takes them.
    """

    def __init__(
        self, inputs: Sequence[Any], outputs: Any, updates: Sequence[Any] = (), name: str | None = None,
        fetches: Sequence[Any] = (), feed_dict: Any = None, options: Any = None, run_metadata: Any = None,
    ):
        self.inputs, self.name = list(inputs), name
        self.fetches, self.feed_dict, self._how = list(fetches or ()), feed_dict, (options, run_metadata)
        self._single = not isinstance(outputs, (list, tuple))
        self.outputs = list(map(_in_graph, [outputs] if self._single else outputs))
        self.updates = [u[0].assign(u[1]) if isinstance(u, tuple) else u for u in updates or ()]
        if bad := [x for x in self.inputs if not is_tensor(x)]:
            raise ArgumentError(
                f"K.function: the input {bad[0]!r} is not a tensor",
                rule="inputs are placeholders or other tensors of the graph",
                hint="after set_learning_phase the phase is a plain number: leave it out of the inputs",
            )
        self._world = World.of(*self.inputs, *self.outputs)
        self._runs: dict[Session, Any] = {}

    def __call__(self, inputs: Any = ()) -> Any:
        values = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
        if len(values) != len(self.inputs):
            raise ArgumentError(
                f"K.function of {len(self.inputs)} inputs was called with {len(values)}", rule="a list, one value each"
            )
        session = self._world.session
        fetches = [*self.outputs, *as_nodes([*self.updates, *self.fetches])]
        if self.feed_dict is not None or self._how != (None, None):
            given = {**(self.feed_dict or {}), **dict(zip(self.inputs, values, strict=True))}
            found = session.run(fetches, given, *self._how)[: len(self.outputs)]
            return found[0] if self._single else found
        if session not in self._runs:
            self._runs = {session: session.specialized(fetches, self.inputs, Phase.of(*self.inputs, *self.outputs).assumed())}
        found = self._runs[session](*values)[: len(self.outputs)]
        return found[0] if self._single else found


def function(inputs: Sequence[Any], outputs: Any, updates: Sequence[Any] = (), **kwargs: Any) -> Function:
    """A callable that computes `outputs` from a list of values for `inputs`."""
    return Function(inputs, outputs, updates, **kwargs)


words_have_digits = False
"""Whether M2 is a word, as it was once: ConvLSTM2D is called conv_lst_m2d then, else conv_lstm2d (dialects.py)."""


def snake_case(name: str) -> str:
    """`MaxPooling2D` as `max_pooling2d`: what Keras calls a layer that was given no name."""
    inner = re.sub(rf"(.)([A-Z][a-z{'0-9' if words_have_digits else ''}]+)", r"\1_\2", name)
    found = re.sub(r"([a-z])([A-Z])", r"\1_\2", inner).lower()
    return f"private{found}" if found.startswith("_") else found


def as_nodes(updates: Iterable[Any]) -> list[Node]:
    """What makes the updates happen: a run that fetches a node does its work and copies no value out of it."""
    return list(dict.fromkeys(x.node if isinstance(x, Symbol) else x for x in updates))
