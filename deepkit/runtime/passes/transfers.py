"""Pass 7: what one device computed and another one needs is copied there: once, and constants when the plan is made.

A copy is a node like others, so the passes after this one know whose memory is whose. What is fed goes up first of all,
what is fetched comes down last of all; every other copy stands before the first op that needs it.
"""

from __future__ import annotations

from collections.abc import Sequence

from deepkit.core.node import Node
from deepkit.core.symbol import Symbol
from deepkit.core.variable import Variable
from deepkit.device import devices
from deepkit.device.devices import CPU, Device
from deepkit.ops.transfer import ToDevice
from deepkit.runtime.passes.fold import Known
from deepkit.runtime.passes.order import Call


class Places:
    """Where the values of a plan lie, and where its nodes want them.

    `around` is the device of the op whose body the plan is: what a body is handed and gives lies there, but for what stays
    on the CPU. None: what is fed and fetched lies on the CPU.
    """

    def __init__(self, placed: dict[Node, Device], around: Device | None = None):
        self.placed, self.around = placed, around or CPU

    def of(self, node: Node) -> Device:
        """The device that computes a node. All logical CPUs share one memory."""
        device = self.placed[node]
        return device if device.is_gpu else CPU

    def outside(self, x: Symbol) -> Device:
        """Where a plan is handed x, or must give it."""
        return CPU if x.dtype.stays_on_cpu else self.around

    def lies(self, x: Symbol, known: Known) -> Device:
        """Where the value of x is."""
        if x in known.values:
            return devices.of(known.values[x])
        if x in known.fed:
            return self.outside(x)
        if x.node.op.subgraphs and x.dtype.stays_on_cpu:
            return CPU
        return self.of(x.node)

    def wanted(self, call: Call, i: int) -> Device | None:
        """Where a call needs its input i; None if it takes it wherever it is."""
        op, x = call.op, call.inputs[i]
        by_name = i in op.writes or i in op.refs
        if i in op.shape_only or (by_name and (op.subgraphs or not op.reads_old)):
            return None
        if i in op.host or x.dtype.is_string or (op.subgraphs and x.dtype.stays_on_cpu):
            return CPU
        return self.of(call.node)


def transfers(
    calls: Sequence[Call], known: Known, places: Places, results: Sequence[Symbol | Node | None]
) -> tuple[list[Call], list[Symbol | Node | None]]:
    """The calls, copies among them, and the results, now the copies that are given away.

    Constants that are needed elsewhere go into known.values.
    """
    copies = _Copies(known, places)
    steps: list[Call] = []
    for call in calls:
        moved = [copies.at(x, places.wanted(call, i)) for i, x in enumerate(call.inputs)]
        steps += [*copies.new(), call._replace(inputs=moved)]
    given = [copies.at(x, places.outside(x)) if isinstance(x, Symbol) else x for x in results]
    return [*copies.first, *steps, *copies.new()], given


class _Copies:
    """The copies made so far."""

    def __init__(self, known: Known, places: Places):
        self.known, self.places = known, places
        self.first: list[Call] = []  # of what is fed
        self._made: dict[tuple[Symbol, Device], Symbol] = {}
        self._new: list[Call] = []

    def new(self) -> list[Call]:
        """The copies made since this was asked last, but those of what is fed."""
        found, self._new = self._new, []
        return found

    def at(self, x: Symbol, device: Device | None) -> Symbol:
        """x itself, or its copy in that device's memory."""
        if device is None or self.places.lies(x, self.known) == device:
            return x
        if (x, device) not in self._made:
            self._made[x, device] = self._copy(x, device)
        return self._made[x, device]

    def _copy(self, x: Symbol, device: Device) -> Symbol:
        node = Node(x.node.graph, ToDevice(device=device.short), x.node.name, (x,), [], x.node.id)
        node.site, node.gradient_of = x.node.site, x.node.gradient_of
        y = Symbol(node, 0, x.shape, x.dtype)
        node.outputs = [y]
        self.places.placed[node] = device
        if x in self.known.values:
            self.known.values[y] = devices.put(self.known.values[x], device)
        else:
            from_outside = x in self.known.fed and not isinstance(x, Variable)
            (self.first if from_outside else self._new).append(Call(node, node.op, [x]))
        return y
