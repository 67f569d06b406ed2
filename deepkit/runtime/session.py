"""Sessions: they hold the variables' values and run plans."""

from __future__ import annotations

import contextlib
import threading
import warnings
import weakref
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any

import numpy as np

from deepkit.core import seeds
from deepkit.core.graph import Graph, default_graph, pop_session, push_session
from deepkit.core.inputs import explained
from deepkit.core.node import GraphDescription, Node
from deepkit.core.symbol import Symbol
from deepkit.core.variable import Variable
from deepkit.device.arrays import as_array
from deepkit.device.philox import Stream
from deepkit.errors import ArgumentError, ClosedSessionError, DTypeError, GraphWarning, UninitializedError
from deepkit.ops.input import deadline
from deepkit.runtime import partial, passes, placement, targets, trace
from deepkit.runtime.feeds import feed_key, feed_value, spread
from deepkit.runtime.fetches import flatten, signature
from deepkit.runtime.plan import Plan
from deepkit.runtime.resources import Resources
from deepkit.runtime.store import Store
from deepkit.runtime.targets import SharedPlan
from deepkit.site import Site, user_site

GROWING_RUNS = 10  # so many runs from one line, each with a bigger graph, are a loop that adds nodes


class Session:
    """Runs a graph. Each session has its own value of every variable and its own place in every random stream.

    `graph` defaults to the default graph. Used in a `with` block it is the default session there and is closed at
    the end; `as_default()` does not close it. Sessions of one `target` (`tf.train.Server`) share their variables.

    Several threads may run one session at the same time: each run is computed in its own thread, and one that waits for
    a queue holds up no other. Of two runs that update a variable at the same time one may miss the other's update, as
    with TensorFlow's use_locking=False: an update reads the value, computes, and puts the new one into the store.
    """

    @explained
    def __init__(self, target: str = "", graph: Graph | None = None, config: Any = None):
        if graph is not None and not isinstance(graph, Graph):
            raise DTypeError(f"Session(graph={graph!r})", rule="a Graph", hint="with tf.Graph().as_default() as graph: ...")
        self.graph = graph if graph is not None else default_graph()
        self.config = config
        self.closed = False
        placement.configure(config)
        shared = targets.shared(target)
        self.is_shared = shared is not None
        """Whether other processes see and change its variables."""
        self._placement = placement.Placement(config, on_cpu=self.is_shared)
        self._arrays: MutableMapping[Variable, Any] = weakref.WeakKeyDictionary() if shared is None else shared
        """The values, each on its device."""
        self.store: MutableMapping[Variable, Any] = self._arrays  # the values as NumPy arrays
        if self._placement.has_gpu:
            self.store = Store(self._arrays, self._placement)
        self._streams: MutableMapping[Node, Stream] = weakref.WeakKeyDictionary()
        self._plans: dict[Any, tuple[Plan, Any]] = {}
        self._patience = float(getattr(config, "operation_timeout_in_ms", 0))  # milliseconds; 0: for ever
        self._passes = passes.enabled(getattr(config, "passes", None)) - ({"inplace"} if self.is_shared else set())
        self._resources = Resources(self.store, self._stream_of, self._passes)
        self._planning = threading.RLock()
        self._seen, self._growth = -1, 0
        self._last_site: Site | None = None

    @property
    def graph_def(self) -> GraphDescription:
        """The graph in words."""
        return self.graph.as_graph_def()

    @property
    def sess_str(self) -> str:
        return ""

    def run(self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None) -> Any:
        """The values of `fetches` (a tensor, operation, name, or any nesting of them), computed together once.

        feed_dict gives the values of placeholders, or replaces those of any other tensors, for this run. With
        options=RunOptions(trace_level=RunOptions.FULL_TRACE) the times of all nodes go into run_metadata, a RunMetadata.
        timeout_in_ms of RunOptions (else operation_timeout_in_ms of the session's ConfigProto) is how long the run may
        wait for queues: then there is a DeadlineExceededError. What computes is not interrupted.
        """
        if self.closed:
            raise self._closed()
        if self.graph.version != self._seen:
            self._watch_growth()
        feeds = spread(feed_dict) if feed_dict else {}
        try:
            key = (fetches if not isinstance(fetches, list) else (list, *fetches), *feeds)
            found = self._plans.get(key)
        except TypeError:  # something nested: the slower, exact way
            found = None
        plan, rebuild = found or self._planned(fetches, feeds)
        values = [feed_value(x, v) for x, v in zip(plan.feeds, feeds.values(), strict=True)]
        if options is None:
            return rebuild(self._run(plan, values, self._patience))
        patience = float(getattr(options, "timeout_in_ms", 0)) or self._patience
        return rebuild(self._run(trace.as_asked(plan, options, run_metadata), values, patience))

    def partial_run_setup(self, fetches: Any, feeds: Any = None) -> partial.PartialRun:
        """A run in several parts of which these are all fetches and feeds: a handle for partial_run."""
        return partial.setup(self.graph, fetches, feeds)

    def partial_run(self, handle: partial.PartialRun, fetches: Any, feed_dict: Any = None) -> Any:
        """The next part of such a run: what earlier parts fed and computed is there, and is not computed again."""
        if not isinstance(handle, partial.PartialRun):
            raise ArgumentError(f"partial_run({handle!r}, ...)", rule="a handle that partial_run_setup gave")
        return handle.run(self, fetches, feed_dict)

    def _run(self, plan: Plan | trace.Traced, values: Sequence[Any], patience: float) -> list[Any]:
        try:
            if patience > 0:
                with deadline.within(patience):
                    return plan.run(values, self._arrays)
            return plan.run(values, self._arrays)
        except UninitializedError:
            if self.closed:  # another thread closed it in the middle of this run: say that instead
                raise self._closed() from None
            raise

    def _closed(self) -> ClosedSessionError:
        return ClosedSessionError(
            "run() on a closed session", rule="close() frees the variables; leaving `with Session()` closes it, too",
            hint="keep the calls inside the with block, or make a new session and restore the variables",
        )

    def _planned(self, fetches: Any, feeds: Iterable[Any]) -> tuple[Plan, Any]:
        """The plan for these fetches and feeds, made at the first run, and what puts its values into the form of `fetches`."""
        key = (signature(self.graph, fetches), *[feed_key(self.graph, k) for k in feeds])
        found = self._plans.get(key)
        if found is None:
            with self._planning:
                found = self._plans.get(key)  # another thread may have been faster
                if found is None:
                    leaves, rebuild = flatten(self.graph, fetches)
                    plan = self._plan(leaves, list(key[1:]))
                    self._placement.log(plan.devices)
                    found = self._plans[key] = plan, rebuild
        return found

    def _plan(self, wanted: list[Any], feeds: list[Symbol], assumed: Mapping[Symbol, Any] | None = None) -> Plan:
        kind = SharedPlan if self.is_shared else Plan
        return kind(wanted, feeds, self._stream_of, self._passes, self._resources.of, assumed, self._placement)

    def list_devices(self) -> list[placement.Device]:
        """The devices this session can use."""
        return list(self._placement.devices)

    def plan(self, fetches: Any, feeds: Any = ()) -> Plan:
        """The program that run(fetches, feed_dict with these keys) executes; print it."""
        return self._planned(fetches, feeds)[0]

    def make_callable(self, fetches: Any, feed_list: Any = None) -> Any:
        """A function of the values of `feed_list` that returns the values of `fetches`; it is planned once, here."""
        if feed_list is not None and not isinstance(feed_list, (list, tuple)):
            raise DTypeError(f"make_callable: feed_list={feed_list!r}", rule="a list of tensors", hint="feed_list=[x]")
        return self._callable(*self._planned(fetches, feed_list or []))

    def specialized(self, fetches: list[Any], feeds: list[Symbol], assumed: Mapping[Symbol, Any]) -> Any:
        """As make_callable, for runs in which the Symbols of `assumed` have the values given there.

        What these values make superfluous is left out. The session does not keep the plan: it lives as long as the function.
        """
        with self._planning:
            plan = self._plan(fetches, feeds, assumed)
            self._placement.log(plan.devices)
        return self._callable(plan, list)

    def _callable(self, plan: Plan, rebuild: Any) -> Any:
        def call(*values: Any) -> Any:
            if self.closed:
                raise self._closed()
            given = [feed_value(x, v) for x, v in zip(plan.feeds, values, strict=True)]
            return rebuild(self._run(plan, given, self._patience))

        return call

    def initialize(self, variables: Sequence[Variable]) -> None:
        """Gives each of `variables` that has no value yet its initial value, all in one run."""
        missing = [v for v in variables if v not in self.store]
        if missing:
            self._plan([v.initializer for v in missing], []).run([], self._arrays)

    def _stream_of(self, node: Node) -> Stream:
        if node not in self._streams:
            self._streams.setdefault(node, Stream(*(node.seeds or seeds.fresh())))  # of two threads, the first one's
        return self._streams[node]

    def _watch_growth(self) -> None:
        """Warns when one line runs the session again and again while the graph keeps growing."""
        first = self._seen < 0
        site = None if first else user_site()
        self._growth = self._growth + 1 if not first and site == self._last_site else 0
        added = self.graph.version - self._seen
        self._seen, self._last_site = self.graph.version, site
        if self._growth == GROWING_RUNS:
            last = self.graph.get_operations()[-1]
            warnings.warn(
                f"the graph grows by {added} nodes between runs of the session, so every run is planned anew and "
                f"slower than the one before; the last one added is {last.where()}\n"
                "  try:   build all nodes before the loop, and only call sess.run inside it; graph.finalize() finds such lines",
                GraphWarning, stacklevel=3,
            )

    def load(self, variable: Variable, value: Any) -> None:
        """Sets a variable's value."""
        self.store[variable] = np.array(feed_value(variable, as_array(value, variable.dtype)), order="C")

    def close(self) -> None:
        """Frees the variables' values; the session cannot be used afterwards.

        Threads that wait in it, for a queue or for data, get a ClosedSessionError.
        """
        self.closed = True
        self._resources.close()
        self.store.clear()
        self._plans.clear()
        self._streams.clear()

    @contextlib.contextmanager
    def as_default(self) -> Iterator[Session]:
        """Makes this the default session of the block, without closing it at the end."""
        push_session(self)
        try:
            yield self
        finally:
            pop_session(self)

    def __enter__(self) -> Session:
        push_session(self)
        return self

    def __exit__(self, *exc: object) -> None:
        pop_session(self)
        self.close()

    def __repr__(self) -> str:
        state = "closed" if self.closed else f"{len(self.store)} variables"
        return f"<{type(self).__name__}: {state}, graph of {len(self.graph.get_operations())} nodes>"


class InteractiveSession(Session):
    """A session that is the default one from the moment it is made until close()."""

    def __init__(self, target: str = "", graph: Graph | None = None, config: Any = None):
        super().__init__(target, graph, config)
        push_session(self)

    def close(self) -> None:
        if not self.closed:
            pop_session(self)
        super().close()
