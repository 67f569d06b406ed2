"""A plan: what a session really executes for one set of fetches and feeds, as a straight line of Python calls."""

from __future__ import annotations

import itertools
import keyword
import re
import weakref
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import Any

import numpy as np

from deepkit.core.node import Node
from deepkit.core.op import Op
from deepkit.core.symbol import Symbol
from deepkit.core.variable import Variable
from deepkit.device import devices, machine
from deepkit.device.devices import Device
from deepkit.errors import DeepkitError, GraphError, UnfedError, UninitializedError, UnknownError, status_of
from deepkit.ops.transfer import ToDevice
from deepkit.runtime.passes import fold, fuse, join, memory, merge, order, prune, transfers
from deepkit.runtime.passes.fold import Known
from deepkit.runtime.passes.order import Call
from deepkit.runtime.placement import Placement

_serial = itertools.count()


def no_resource(node: Node) -> Any:
    """What a plan without a session keeps for a node: nothing."""
    raise GraphError(f"node {node.name!r} ({node.type}) needs a session", where=node.where(), hint="Session().run(...)")


class Plan:
    """Compiled fetches. `run(feeds, store)` returns their values; `print(plan)` shows the program.

    targets: Symbols and Nodes (None: a result of a body that nobody uses); feeds: the Symbols that will be given, in this
    order; stream_of: a node's random stream; passes: the optional passes to use; resource_of: what a session keeps for a
    node; assumed: values of Symbols that are the same in all runs; placement: says which device computes which node, None:
    the CPU computes all; body: the values go to an op that runs this graph, on the device `around`, which takes them as they
    are, borrowed memory or not. Several threads may run one plan at once: what a run computes is
    its own, what it changes are the store, the streams and the resources.
    """

    def __init__(
        self, targets: Sequence[Symbol | Node | None], feeds: Sequence[Symbol], stream_of: Callable[[Node], Any],
        passes: frozenset[str], resource_of: Callable[[Node], Any] = no_resource,
        assumed: Mapping[Symbol, Any] | None = None, placement: Placement | None = None, body: bool = False,
        around: Device | None = None,
    ):
        machine.keep_freed()
        self.targets, self.feeds = list(targets), list(feeds)
        self._stream_of, self._passes, self._resource_of, self._body = stream_of, passes, resource_of, body
        self._placement = placement
        fed = set(feeds)
        settled = {x: np.asarray(value, x.dtype.numpy) for x, value in (assumed or {}).items() if x not in fed}
        # what the fetches need, folded nodes too
        asked = prune.asked(self.targets, fed | settled.keys())
        self.asked = nodes = list(asked)
        check_fed(nodes, fed)
        self.devices = {} if placement is None else placement.place([*(x.node for x in self.feeds), *nodes])
        self.devices.update(dict.fromkeys({x.node for x in self.feeds}.difference(nodes), devices.CPU))  # where feeds are
        constants = fold.constants(nodes, fed, self.devices)
        self.known = Known(fed, {**prune.stand_ins(asked, fed), **constants, **settled}, self.devices)
        on_gpu = placement is not None and placement.has_gpu
        self._simplify(nodes, transfers.Places(dict(self.devices), around) if on_gpu else None)
        self._share_memory()
        self._used: set[Any] = {*self._results, *self.targets}  # Symbols whose values are read, and Nodes that are awaited
        for call in self.calls:
            self._used.update(call.inputs, call.node.control_inputs)
        self._used.difference_update(self.known.values)
        self._write()

    @property
    def order(self) -> list[Node]:
        """The nodes that the calls are for."""
        return [call.node for call in self.calls]

    def _simplify(self, nodes: list[Node], places: transfers.Places | None) -> None:
        """Runs the passes that change what is computed, in which order and where: on the CPU alone if `places` is None."""
        known, self._places = self.known, places
        for name, simplify in (("fold", fold.fold), ("merge", merge.merge)):
            if name in self._passes:
                simplify(nodes, known)
        self._results = [known.source(t) if isinstance(t, Symbol) else t for t in self.targets]
        self.calls = order.order(order.live(self._results, known), known)
        one_call = [("fuse", fuse.fuse), ("join", join.join)]
        for name, bring_together in one_call if places is not None else one_call[1:]:  # fuse makes kernels for a GPU
            if name in self._passes:
                self.calls = bring_together(self.calls, known, [*self._results, *self.targets])
        if places is not None:
            self.calls, self._results = transfers.transfers(self.calls, known, places, self._results)

    def _share_memory(self) -> None:
        """Finds who may write into whose memory, and which results must be copied before they are given away."""
        variables = [x for call in self.calls for x in call.inputs if isinstance(x, Variable)]
        outside = {*self.known.fed, *self.known.values, *variables}
        owned = memory.owners(self.calls, outside)
        self._borrowed = memory.borrowed([x if isinstance(x, Symbol) else None for x in self._results], owned, outside)
        self._in_place: set[Node] = set()
        self._reusing: set[Node] = set()
        if "inplace" in self._passes:
            fetched = [x for x in self._results if isinstance(x, Symbol)]
            self._in_place = set(filter(self._at_home, memory.updated_in_place(self.calls, owned, fetched)))
            self._reusing = memory.reusable(self.calls, owned, fetched, outside)

    def _device(self, node: Node) -> Device:
        """The device that computes a node."""
        return devices.CPU if self._places is None else self._places.of(node)

    def _at_home(self, node: Node) -> bool:
        """Whether a node that writes variables computes where they are."""
        return all(self._device(node.inputs[k].node) == self._device(node) for k in node.op.writes)

    # ---- writing the program

    def _write(self) -> None:
        self._space: dict[str, Any] = {"copy": _copy, "scalar": _scalar, "asarray": _stored, "contiguous": devices.contiguous}
        self._names: dict[Symbol, str] = {}
        self._functions: dict[Any, str] = {}
        self._variables: dict[Symbol, str] = {}
        self._taken: dict[str, int] = {}
        lines = ["def run(feeds, store):"]
        self.call_at: dict[int, Call] = {}
        for i, x in enumerate(self.feeds):
            self._names[x] = f"f{i}"
        if self.feeds:
            lines.append(f"    {', '.join(self._names[x] for x in self.feeds)}, = feeds")
        dying = self._last_uses()
        for call in self.calls:
            text = self._line(call)
            if text is not None:
                self.call_at[len(lines) + 1] = call
                lines.append(f"    {text:<60} # {call.node.name}")
            dead = [self._names[x] for x in dying.get(call.node, ()) if x in self._names]
            if dead:
                lines.append(f"    {' = '.join(dead)} = None")
        results = [self._result(t, borrowed) for t, borrowed in zip(self._results, self._borrowed, strict=True)]
        lines.append(f"    return [{', '.join(results)}]")
        self.source = "\n".join(lines) + "\n"
        self._file = f"<deepkit plan {next(_serial)}>"
        exec(compile(self.source, self._file, "exec"), self._space)
        self._run = self._space["run"]

    def _last_uses(self) -> dict[Node, list[Symbol]]:
        """For each node the arrays nobody needs after it."""
        last = {x: call.node for call in self.calls for x in call.inputs}
        kept = {*self._results, *self.known.values, *self.feeds}
        result: dict[Node, list[Symbol]] = {}
        for x, node in last.items():
            if x not in kept and not isinstance(x, Variable):
                result.setdefault(node, []).append(x)
        return result

    def _bind(self, prefix: str, value: Any) -> str:
        """A global name of the program for `value`: the prefix, with a number from the second one on."""
        name = prefix
        while name in self._space:
            self._taken[prefix] = self._taken.get(prefix, 1) + 1
            name = f"{prefix}_{self._taken[prefix]}"
        self._space[name] = value
        return name

    def _runner(self, node: Node) -> Callable[..., Any]:
        """A function (store, *values) that runs an op whose body is a graph: each of its graphs is a plan of its own."""
        op = node.op
        inner = self._passes - {"inplace"}  # a body may look at a variable that the plan around it still holds
        used = [y in self._used for y in node.outputs]
        whole = node in self._used  # awaited for its effects
        xp = self._device(node).xp
        plans = [
            type(self)([r if w or whole else None for r, w in zip(g.results, live, strict=True)], g.inputs, self._stream_of,
                       inner, self._resource_of, placement=self._placement, body=True,
                       around=None if self._places is None else self._device(node))
            for g, live in zip(op.subgraphs, op.live(used), strict=True)
        ]

        def run(store: Any, *values: Any) -> Any:
            return op.forward(xp, lambda i, *inputs: plans[i].run(inputs, store), used, *values)

        return run

    def _value(self, x: Symbol) -> str:
        """The expression for an input: a local name, a constant, or a variable's place in the store."""
        x = self.known.source(x)
        if x in self._names:
            return self._names[x]
        if x in self.known.values:
            self._names[x] = self._bind("constant", self.known.values[x])
            return self._names[x]
        return f"store[{self._variable(x)}]"

    def _variable(self, x: Symbol) -> str:
        """The global name of a variable."""
        if x not in self._variables:
            self._variables[x] = self._bind(_word(x.node.name), x)
        return self._variables[x]

    def _line(self, call: Call) -> str | None:
        """The line for one call: `outputs = function(arguments)`, and what it stores."""
        node = call.node
        if node.op.idle:
            return None
        arguments = self._arguments(call)
        text = arguments[0] if node.op.reads_variable else f"{self._called(call)}({', '.join(arguments)})"
        idle = self.known.values.keys() | set(self.feeds)  # what is known or fed is for nobody
        outputs = ["_" if y in idle else self._names.setdefault(y, f"t{len(self._names)}") for y in node.outputs]
        if not outputs:
            return text
        left = ", ".join(outputs) + ("," if node.many and len(outputs) == 1 else "")
        written = () if node in self._in_place else node.op.writes  # what is written in place is in the store already
        stores = [self._stored(node, node.inputs[k], name) for k, name in zip(written, outputs, strict=False)]
        return "; ".join([f"{left} = {text}", *stores])

    def _stored(self, node: Node, variable: Symbol, name: str) -> str:
        """What puts a new value into the store, in the memory where the variable is."""
        device, place = self._device(variable.node), f"store[{self._variable(variable)}]"
        if device != self._device(node):
            return f"{place} = {self._copier(device)}({name})"
        return f"{place} = {name} = {'contiguous' if device.is_gpu else 'asarray'}({name})"

    def _copier(self, device: Device) -> str:
        """The name of the function that copies to a device."""
        return self._function(ToDevice(device=device.short), device)

    def _arguments(self, call: Call) -> list[str]:
        """What the call's function is handed before its inputs, and its inputs."""
        node, op, given = call
        inputs = [self._argument(op, i, x) for i, x in enumerate(given)]
        first = []
        if op.resource:
            first = [self._bind("resource", self._resource_of(node))]
        elif op.random:
            first = [self._bind("stream", self._stream_of(node))]
        elif op.subgraphs:
            first = ["store"]
        return [*first, *(text for text in inputs if text)]

    def _argument(self, op: Op, i: int, x: Symbol) -> str:
        """The expression for input i of an op; "" for a variable that its graphs find in the store by themselves."""
        if x in self._names or not (i in op.writes or i in op.refs):
            return self._value(x)
        if op.subgraphs:
            return ""
        if op.reads_old:
            return self._value(x)
        return f"store.get({self._variable(x)})" if i in op.refs else "None"

    def _called(self, call: Call) -> str:
        """The name of the function that computes it; equal ops share one."""
        node, op, device = call.node, call.op, self._device(call.node)
        kind = _kind(op, device)
        if op.subgraphs:
            return self._bind(kind, devices.bound(self._runner(node), device))
        if node in self._in_place:
            return self._bind(f"{kind}_inplace", devices.bound(op.inplace, device))
        if node in self._reusing:
            return self._bind(f"{kind}_reusing", devices.bound(op.bind_reusing(device.xp), device))
        return self._function(op, device)

    def _function(self, op: Op, device: Device) -> str:
        """The name of the function that computes an op on a device."""
        kind = _kind(op, device)
        try:
            if (op.key(), device) not in self._functions:
                self._functions[op.key(), device] = self._bind(kind, devices.bound(op.bind(device.xp), device))
            return self._functions[op.key(), device]
        except TypeError:  # an attribute that cannot be hashed
            return self._bind(kind, devices.bound(op.bind(device.xp), device))

    def _result(self, target: Symbol | Node | None, borrowed: bool) -> str:
        if not isinstance(target, Symbol):
            return "None"
        value = self._value(target)
        if self._body:
            return value
        borrowed = borrowed or isinstance(target, Variable)
        return f"{'copy' if borrowed else 'scalar'}({value})"

    # ---- running it

    def run(self, feeds: Sequence[Any], store: MutableMapping[Variable, Any]) -> list[Any]:
        """The values of the targets (None for a Node)."""
        try:
            with np.errstate(all="ignore"):
                return self._run(feeds, store)
        except KeyError as error:
            missing = error.args[0] if error.args else None
            missing = missing() if isinstance(missing, weakref.ref) else missing
            if isinstance(missing, Variable):
                raise uninitialized(missing) from None
            raise self._located(error, store) from error
        except Exception as error:
            raise self._located(error, store) from error

    def _located(self, error: Exception, store: MutableMapping[Variable, Any]) -> Exception:
        """The error with the node it happened in, that node's inputs, and the user's line that made it."""
        call, values = None, {}
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == self._file:
                call, values = self.call_at.get(trace.tb_lineno), trace.tb_frame.f_locals
            trace = trace.tb_next
        if call is None:
            return error
        node, shapes = call.node, []
        for x in call.inputs:
            name = self._names.get(self.known.source(x), "")
            value = values.get(name, self._space.get(name, store.get(x) if isinstance(x, Variable) else None))
            described = f"{x.dtype.name}{tuple(getattr(value, 'shape', ()))}" if value is not None else f"{x.dtype.name}{x.shape}"
            shapes.append(f"{x.name} {described}")
        where = f"{node.where()}\n         inputs: {', '.join(shapes) or 'none'}"
        if isinstance(error, DeepkitError):
            return error.at(where)
        status = status_of(error)
        said = str(error) if status is not UnknownError else f"{type(error).__name__}: {error}"
        return status(f"{node.type}: {said}", where=where)

    def __str__(self) -> str:
        """The program without the lines that only free memory."""
        return "\n".join(line for line in self.source.splitlines() if not line.endswith(" = None"))


def uninitialized(variable: Variable) -> UninitializedError:
    """The error for a variable that is read before it has a value."""
    return UninitializedError(
        f"variable {variable.node.name!r} has no value yet",
        where=variable.node.where(),
        rule="a variable gets its value in a session when its initializer runs",
        hint="sess.run(global_variables_initializer()) after everything is built (the Adam optimizer makes variables too)",
    )


def check_fed(nodes: list[Node], fed: set[Symbol]) -> None:
    """UnfedError naming every placeholder among `nodes` that is not fed."""
    missing = [node for node in nodes if node.op.is_placeholder and node.outputs[0] not in fed]
    if not missing:
        return
    first = missing[0]
    described = ", ".join(f"{n.name!r} ({n.outputs[0].dtype.name}{n.outputs[0].shape})" for n in missing)
    hint = f"sess.run(..., feed_dict={{{', '.join(n.name + ': value' for n in missing)}}})"
    if first.retired:
        hint = "its notebook cell was run again and made a new one: run the cells that use it again, too"
    raise UnfedError(
        f"{'placeholder' if len(missing) == 1 else 'placeholders'} {described} must be fed",
        where=first.where(), rule="what is fetched depends on it, and a placeholder has no value of its own", hint=hint,
    )


def _kind(op: Op, device: Device) -> str:
    """The name of an op in the program: that of its class, with _gpu or _gpu1 where a GPU computes it."""
    if isinstance(op, ToDevice):
        return str(op.label)
    return f"{op.type}_gpu{device.number or ''}" if device.is_gpu else op.type


def _word(name: str) -> str:
    """A variable's name as a Python name that no local name of the program hides."""
    word = re.sub(r"\W", "_", name)
    hidden = keyword.iskeyword(word) or re.fullmatch(r"[tf]?\d.*|feeds|store|run|_", word)
    return f"variable_{word}" if hidden else word


def _stored(value: Any) -> Any:
    """What a variable keeps: an array whose rows lie one after the other, as the compiled update rules need it."""
    return np.asarray(value, order="C")


def _scalar(value: Any) -> Any:
    """Arrays as they are, NumPy scalars for single numbers, bytes for single strings."""
    if isinstance(value, np.ndarray):
        if value.ndim == 0:
            return value[()]
        if not value.flags.writeable:  # a broadcast view: the caller gets an array of his own
            return value.copy()
    return value


def _copy(value: Any) -> Any:
    """As `_scalar`, but never memory that somebody else owns."""
    return np.array(value)[()] if np.ndim(value) == 0 else np.array(value)
