"""Reverse-mode differentiation: one walk back over the ops, for Tensors and for Symbols."""

from __future__ import annotations

import contextlib
import enum
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Self

from deepkit.core.apply import apply, convert, is_tensor
from deepkit.core.control_flow import tracing
from deepkit.core.graph import default_graph
from deepkit.core.nest import leaves, listed
from deepkit.core.op import lookup
from deepkit.core.slices import IndexedSlices, added, dense
from deepkit.core.static import passed_on
from deepkit.core.symbol import Symbol
from deepkit.core.tensor import Parameter, Trace, now
from deepkit.errors import ArgumentError, GradientError, GraphWarning, ShapeError


class UnconnectedGradients(enum.Enum):
    """What stands for the derivative by a tensor that nothing connects: None, or zeros of its shape."""

    NONE = "none"
    ZERO = "zero"

    @classmethod
    def _missing_(cls, value: object) -> None:
        raise ArgumentError(f"gradients: unconnected_gradients={value!r}", rule="'none' or 'zero'")


class Recording:
    """`with recording:` the ops that are computed, or put into the default graph, belong to it: `node in recording`."""

    def __init__(self) -> None:
        self._spans: list[tuple[Any, ...]] = []

    def __enter__(self) -> Self:
        graph = default_graph()
        self._spans.append((now(), float("inf"), graph, graph.version, float("inf")))
        return self

    def __exit__(self, *_: object) -> None:
        begin, _, graph, first, _ = self._spans.pop()
        self._spans.append((begin, now(), graph, first, graph.version))

    @property
    def is_open(self) -> bool:
        """Whether it goes on."""
        return bool(self._spans) and self._spans[-1][1] == float("inf")

    def __contains__(self, node: Any) -> bool:
        if isinstance(node, Trace):
            return any(begin < node.born < end for begin, end, *_ in self._spans)
        return any(node.graph is not graph or first <= node.id < end for _, _, graph, first, end in self._spans)


def gradients(
    ys: Any, xs: Any, grad_ys: Any = None, name: str = "gradients", stop_gradients: Any = None, warn: bool = True,
    slices: bool = False, unconnected_gradients: Any = "none", inside: bool = False, recording: Recording | None = None,
) -> list[Any]:
    """The derivatives of sum(ys) by each of `xs`: a list of tensors shaped like xs, None where nothing connects them.

    The chain rule from the outputs to the inputs: if y = f(a, b), what arrives at y goes on to a and b
    through f's gradient, and what arrives at one tensor from several places is added. `grad_ys` weights the ys
    (default: ones); at the ops that gave `stop_gradients` the walk ends: how these tensors depend on others does not
    count, while the derivative by one of them is its own (xs and stop_gradients the same: partial derivatives).
    The result is made of the same ops as everything else, so it can be differentiated again. `unconnected_gradients`:
    "zero" (or UnconnectedGradients.ZERO) gives zeros for None. With `slices` the derivative by a variable of which only
    gathered rows are used may be IndexedSlices, which name those rows. In the body of a loop or branch the walk goes on
    into the graph around, unless it is to stay `inside`. What does not belong to a `recording` counts as a constant.

    >>> import deepkit as dk
    >>> x = dk.tensor(3.0)
    >>> dy, = dk.gradients(x * x * x, [x])
    >>> dy.item(), dk.gradients(dy, [x])[0].item()
    (27.0, 18.0)
    """
    unconnected = UnconnectedGradients(unconnected_gradients)
    xs = leaves(xs)
    ys = _differentiable(leaves(ys))
    _check_tensors(xs)
    stops = {t.node for t in leaves([] if stop_gradients is None else stop_gradients)}
    with _graph_scope(ys, name):
        result = _walk_back(ys, xs, _seed_gradients(ys, grad_ys), stops, inside, recording)
        if unconnected is UnconnectedGradients.ZERO:
            result = [_or_zeros(dx, x) for dx, x in zip(result, xs, strict=True)]
        if not slices:
            result = [dense(dx, _value(x)) for dx, x in zip(result, xs, strict=True)]
    if warn:
        _warn_of_none(ys, xs, result)
    return result


def _walk_back(
    ys: list[Any], xs: list[Any], dys: list[Any], stops: set[Any], inside: bool, recording: Recording | None
) -> list[Any]:
    """What arrives at each of `xs`, or None, when `dys` start at `ys`."""
    arrived: dict[Any, list[Any]] = {}
    for y, dy in zip(ys, dys, strict=True):
        arrived.setdefault(y.key, []).append(dy)
    wanted = {x.key for x in xs}
    since = min(map(_birth, xs), default=-1)

    def counts(x: Any) -> bool:
        """How w itself was made, in all the steps of w = w - rate * g, does not matter for a derivative by w."""
        return x.node is not None and x.node not in stops and not -1 < _birth(x) <= since and _is_recorded(x, recording)

    for node in reversed(_between(ys, wanted, counts, inside)):
        _step_back(node, arrived, wanted)
    return [_total(arrived, x) for x in xs]


def _warn_of_none(ys: Sequence[Any], xs: Sequence[Any], dxs: Sequence[Any]) -> None:
    for x, dx in zip(xs, dxs, strict=True):
        if dx is None:
            warnings.warn(f"gradient by {_name(x)} is None: {_why(ys, x)}", GraphWarning, stacklevel=3)


def _check_tensors(listed: Sequence[Any]) -> None:
    for t in listed:
        if not is_tensor(t):
            raise GradientError(f"gradients() of {t!r}, which is not a tensor", hint="pass tensors or variables")


def _differentiable(values: Sequence[Any]) -> list[Any]:
    """What is to be differentiated as tensors: rows as a whole, variables as their values."""
    listed = [y.as_dense_tensor() if isinstance(y, IndexedSlices) else y for y in values]
    _check_tensors(listed)
    ys = [_value(y) for y in listed]
    for y in ys:
        if not y.dtype.is_differentiable:
            raise GradientError(
                f"{_name(y)} is {y.dtype.name}: it has no derivative",
                rule="only float and complex tensors can be differentiated",
                where=y.node.where() if isinstance(y, Symbol) else None,
                hint="cast to float32 before the computation, not after it",
            )
    return ys


def _name(t: Any) -> str:
    return t.name if isinstance(t, Symbol) else getattr(t, "label", f"a Tensor of shape {t.shape}")


def _seed_gradients(ys: list[Any], grad_ys: Any) -> list[Any]:
    given = listed(grad_ys) if grad_ys is not None else [None] * len(ys)
    if len(given) != len(ys):
        raise GradientError(f"{len(given)} grad_ys for {len(ys)} ys", rule="one weight for each y")
    seeds = []
    for i, (y, dy) in enumerate(zip(ys, given, strict=True)):
        if dy is None:
            seed = apply(lookup("OnesLike")(), y)
        else:  # by an identity: the derivative by y itself is not the tensor that was given, which a feed would reach, too
            seed = apply(lookup("Identity")(), convert(dy, y.dtype, beside=y), name=f"grad_ys_{i}")
        if not seed.shape.is_compatible_with(y.shape):
            raise ShapeError(f"grad_ys of shape {seed.shape} for {_name(y)} of shape {y.shape}")
        seeds.append(seed)
    return seeds


def _birth(x: Any) -> int:
    """When a tensor was computed; -1 for one that was not, or whose graph keeps no such account."""
    return getattr(x.node, "born", -1)


def _is_recorded(x: Any, recording: Recording | None) -> bool:
    """In a graph a variable is read once, where it is made: its value belongs to each recording that uses it."""
    return recording is None or x.node in recording or x.node.op.reads_variable


def _between(ys: Sequence[Any], wanted: set[Any], counts: Callable[[Any], bool], inside: bool) -> list[Any]:
    """The ops on some path from a wanted tensor to `ys`, each after the ops it depends on, as far as tensors count."""
    on_path: dict[Any, None] = {}  # in the order in which they were made

    def led_to(x: Any) -> bool:
        return x.dtype.is_differentiable and (x.key in wanted or x.node in on_path)

    for node in _behind(ys, counts, inside):
        if (node.op.gradient is not None or node.origin is not None) and any(map(led_to, _reached(node))):
            on_path[node] = None
    return list(on_path)


def _behind(ys: Sequence[Any], counts: Callable[[Any], bool], inside: bool) -> Iterator[Any]:
    """The ops that made `ys`, each after the ops it depends on, as far as the tensors between them count."""
    seen: set[Any] = set()
    stack = [(y.node, False) for y in ys if counts(y)]
    while stack:
        node, expanded = stack.pop()
        if expanded:
            yield node
        elif node not in seen and not (inside and node.origin is not None):
            seen.add(node)
            stack.append((node, True))
            stack += [(x.node, False) for x in _reached(node) if counts(x)]


def behind(ys: Any, recording: Recording | None = None) -> Iterator[Any]:
    """The ops that tensors were made by, in the order in which they were computed; none from outside of a recording."""
    values = [_value(y) for y in leaves(ys)]
    return _behind(values, lambda x: x.node is not None and _is_recorded(x, recording), inside=True)


def parameters_of(ys: Any, recording: Recording | None = None) -> list[Any]:
    """The trainable Parameters that tensors computed at once were made of, in the order in which they were used."""
    found: dict[Any, Any] = {}
    for node in behind(ys, recording):
        found.update({x.key: x for x in node.inputs if isinstance(x, Parameter) and x.trainable})
    return list(found.values())


def _reached(node: Any) -> Sequence[Any]:
    """The inputs that the derivative of an op's outputs can reach: only one if the op is known to hand that one on.

    From the body of a loop or branch the way leads on into the graph around it.
    """
    if node.origin is not None:
        return [node.origin]
    only = passed_on(node)
    return node.inputs if only is None else node.inputs[only : only + 1]


def _step_back(node: Any, arrived: dict[Any, list[Any]], wanted: set[Any]) -> None:
    """Sends what arrived at the outputs of one op on to its inputs."""
    dys = [_total(arrived, y, keep=y.key in wanted) for y in node.outputs]
    if all(dy is None for dy in dys):
        return
    if node.origin is not None:
        sources, dxs = [node.origin], dys
    else:
        sources, dxs = node.inputs, _derivatives(node, dys)
    for x, dx in zip(sources, dxs, strict=True):
        if dx is not None:
            if isinstance(dx, Symbol) and dx.shape.is_compatible_with(x.shape):
                dx.shape = dx.shape.merge(x.shape)
            arrived.setdefault(x.key, []).append(dx)


def _derivatives(node: Any, dys: Sequence[Any]) -> Any:
    """The derivative by each input of a node, from those by its outputs."""
    if not node.op.reads_variable:  # rows of a variable stay rows up to the variable itself
        dys = [dense(dy, y) for dy, y in zip(dys, node.outputs, strict=True)]
    with _gradient_scope(node, node.outputs[0]):
        return pulled_back(node.op, node.many, dys, node.outputs, node.inputs, passed_on(node))


def pulled_back(
    op: Any, many: bool, dys: Sequence[Any], outputs: Sequence[Any], inputs: Sequence[Any], only: int | None = None
) -> Any:
    """The derivative by each input of an op, from those by its outputs: None where there is none.

    only: the input that the op passes on unchanged, if that is known.
    """
    if only is not None:
        return [dys[0] if i == only else None for i in range(len(inputs))]
    if not many:
        dxs = op.gradient(dys[0], outputs[0], *inputs)
    else:
        dys = [
            dy if op.spares_zeros(i) else _or_zeros(dy, y) for i, (dy, y) in enumerate(zip(dys, outputs, strict=True))
        ]
        dxs = op.gradient(tuple(dys), tuple(outputs), *inputs)
    dxs = dxs if isinstance(dxs, (tuple, list)) else (dxs,)
    if len(dxs) != len(inputs):
        raise GradientError(
            f"{op.type}.gradient returned {len(dxs)} derivatives for {len(inputs)} inputs",
            rule="one derivative for each input, None where there is none",
        )
    return dxs


def _or_zeros(dx: Any, x: Any) -> Any:
    return apply(lookup("ZerosLike")(), x) if dx is None else dx


def _gradient_scope(node: Any, output: Any) -> contextlib.AbstractContextManager[Any]:
    """Names what is made inside after the node whose gradient it is."""
    return tracing.target(node.graph).gradient_of(node) if isinstance(output, Symbol) else contextlib.nullcontext()


def _total(arrived: dict[Any, list[Any]], x: Any, keep: bool = True) -> Any:
    """The sum of everything that arrived at one tensor, or None."""
    parts = arrived.get(x.key)
    if not parts:
        return None
    if len(parts) > 1:
        parts[:] = [added(parts, _value(x))]
    if not keep:
        del arrived[x.key]  # frees the memory of Tensors as the walk goes on
    return parts[0]


def _value(x: Any) -> Any:
    return x.read() if hasattr(x, "read") else x


@contextlib.contextmanager
def _graph_scope(ys: Sequence[Any], name: str) -> Iterator[None]:
    if ys and isinstance(ys[0], Symbol):
        with tracing.target(ys[0].graph).name_scope(name):
            yield
    else:
        yield


def _why(ys: Sequence[Any], x: Any) -> str:
    """One sentence on what cuts x off from ys."""
    if not x.dtype.is_differentiable:
        return f"it is {x.dtype.name}, and only float and complex tensors have derivatives"
    before = _before(ys)
    blocker = next((node.label for node in before if node.op.gradient is None and node.inputs), None)
    if blocker is not None and any(t.key == x.key for node in before for t in node.inputs):
        return f"the only way to it leads through {blocker}, which has no derivative"
    return "nothing that was asked for depends on it"


def _before(ys: Sequence[Any]) -> list[Any]:
    """All ops that `ys` depend on, those near to them first."""
    seen: dict[Any, None] = {}
    stack = [y.node for y in ys if y.node is not None]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen[node] = None
            stack += [t.node for t in node.inputs if t.node is not None]
    return list(seen)
