"""Back-propagation through the graph of a formula: every value on the way forward, every slope on the way back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from deepkit.core.autodiff import pulled_back
from deepkit.core.tensor import Tensor
from deepkit.errors import ArgumentError, ShapeError
from deepkit.viz.grids import number

SIGNS = {"Add": "+", "Sub": "−", "Mul": "×", "RealDiv": "÷", "Pow": "^", "Neg": "−", "Square": "²"}
_MOST = 40


@dataclass
class Stop:
    """A variable, a constant or an operation: its value, and the slope of the result by it."""

    name: str
    kind: str  # "variable", "constant" or "op"
    value: float
    slope: float = 0.0
    trace: Any = None


@dataclass
class Edge:
    """One use of a value: where it comes from, where it is used, and the slope that this use sends back."""

    source: int
    target: int
    slope: float = 0.0


class Backprop:
    """The graph behind a scalar Tensor, with the value and the slope of every edge.

    The slope of an edge is what one use of a number contributes: the slope of the result by the operation's output,
    times the operation's own derivative. The slope by a number is the sum over its uses (the chain rule).

    Args:
        result: a Tensor without axes that was computed from the variables.
        variables: name to Tensor; every other number the formula began with is a constant.

    Attributes:
        stops: variables and constants, then the operations in the order in which they were computed.
        edges: the uses of their values.
        steps: how many steps there are: every operation forwards, the slope 1 of the result, every operation back.

    Raises:
        ShapeError: for a result, or a number on the way, that has axes.
        ArgumentError: for a result that does not come from the variables, or more than 40 stops.
    """

    def __init__(self, result: Tensor, variables: Mapping[str, Tensor]):
        self.variables = dict(variables)
        self.stops: list[Stop] = []
        self.edges: list[Edge] = []
        self._collect(result)
        self.operations = [i for i, stop in enumerate(self.stops) if stop.kind == "op"]
        self.steps = 2 * len(self.operations) + 1
        self._walk_back()

    def _collect(self, result: Tensor) -> None:
        """Stops and edges; an operation was born after everything that it uses, which is the order forwards."""
        names = {t.key: name for name, t in self.variables.items()}
        found = _reached(result, set(names))
        _check(found, names)
        order = sorted(found.values(), key=lambda t: -1 if t.key in names else _birth(t))
        place = {t.key: i for i, t in enumerate(order)}
        for t in order:
            self.stops.append(_stop(t, names.get(t.key)))
            self.edges += [Edge(place[x.key], place[t.key]) for x in _inputs(t, set(names))]

    def _walk_back(self) -> None:
        """From the result, whose slope by itself is 1, to the variables."""
        self.stops[-1].slope = 1.0
        for i in reversed(self.operations):
            stop = self.stops[i]
            trace = stop.trace
            with np.errstate(all="ignore"):  # a slope may be infinite or undefined: the picture says so
                dy = Tensor(np.asarray(stop.slope, trace.values[0].dtype))
                dxs = pulled_back(trace.op, trace.many, [dy], trace.outputs, trace.inputs)
            for edge, dx in zip(self.uses(i), dxs, strict=True):
                edge.slope = 0.0 if dx is None else float(np.asarray(dx.numpy()))
                self.stops[edge.source].slope += edge.slope

    def uses(self, stop: int) -> list[Edge]:
        """The edges that lead into an operation, in the order of its inputs."""
        return [edge for edge in self.edges if edge.target == stop]

    def at(self, step: int) -> tuple[str, int]:
        """What a step does, and where: ("given" or "forward" or "start" or "back", number of the stop)."""
        n = len(self.operations)
        if not 0 <= step <= self.steps:
            raise ArgumentError(f"step={step}", rule=f"0 <= step <= {self.steps}")
        if step == 0:
            return "given", 0
        if step <= n:
            return "forward", self.operations[step - 1]
        return ("start", len(self.stops) - 1) if step == n + 1 else ("back", self.operations[2 * n + 1 - step])

    def slopes(self) -> dict[str, float]:
        """The derivative of the result by each variable."""
        return {stop.name: stop.slope for stop in self.stops if stop.kind == "variable"}

    def sentence(self, step: int) -> str:
        """What happens at a step, in words."""
        what, i = self.at(step)
        stop, end = self.stops[i], ""
        if what == "given":
            said = "given " + ", ".join(f"{s.name} = {number(s.value)}" for s in self.stops if s.kind == "variable")
        elif what == "forward":
            inputs = [self.stops[edge.source].value for edge in self.uses(i)]
            said = f"forwards, {stop.name} of {_and(inputs)} gives {number(stop.value)}"
        elif what == "start":
            said = f"backwards, the result {number(stop.value)} has slope 1 by itself"
        else:
            said = f"backwards through {stop.name}, slope {number(stop.slope)} becomes {_and(self._sent(i))}"
        if step == self.steps:
            end = "; slopes: " + ", ".join(f"{name} {number(slope)}" for name, slope in self.slopes().items())
        return f"step {step} of {self.steps}: {said}{end}"

    def _sent(self, stop: int) -> list[float]:
        """The slopes that an operation sends back to its inputs; nobody asks for those of constants."""
        return [edge.slope for edge in self.uses(stop) if self.stops[edge.source].kind != "constant"]


def _check(found: Mapping[Any, Tensor], names: Mapping[Any, str]) -> None:
    unused = [name for key, name in names.items() if key not in found]
    if unused or len(found) > _MOST:
        what = f"{', '.join(unused)} is not used" if unused else f"{len(found)} numbers"
        raise ArgumentError(f"{what}: this graph cannot be drawn",
                            rule=f"a result computed from the variables, {_MOST} numbers at most")


def _inputs(t: Tensor, ends: set[Any]) -> Sequence[Tensor]:
    """What a number was computed from; nothing for those where the walk ends."""
    return () if t.node is None or t.key in ends else t.node.inputs


def _birth(t: Tensor) -> int:
    return -1 if t.node is None else t.node.born


def _reached(result: Tensor, ends: set[Any]) -> dict[Any, Tensor]:
    """Every number that the result was computed from, by its key; the walk goes no further than `ends`."""
    found: dict[Any, Tensor] = {}
    waiting = [result]
    while waiting:
        t = waiting.pop()
        if t.key not in found:
            found[t.key] = t
            waiting += reversed(_inputs(t, ends))
    return found


def _stop(t: Tensor, name: str | None) -> Stop:
    value = _scalar(t)
    if name is not None:
        return Stop(name, "variable", value)
    if t.node is None:
        return Stop(number(value), "constant", value)
    return Stop(SIGNS.get(t.node.op.type, t.node.op.type.lower()), "op", value, trace=t.node)


def _and(values: Iterable[float]) -> str:
    return " and ".join(number(value) for value in values)


def _scalar(t: Tensor) -> float:
    value = t.numpy()
    if value.ndim or value.dtype.kind not in "biuf":
        raise ShapeError(f"a number on the way has shape {value.shape} and type {value.dtype}", rule="numbers without axes",
                         hint="a sum: dk.reduce_sum(...) of one number each")
    return float(value)
