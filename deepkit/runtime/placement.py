"""Which device a node runs on: what it wishes, what this machine has, what runs best where, and the placement log.

A node without a wish runs on the first GPU if there is one, as in TensorFlow, but for what belongs to the CPU: texts,
files, queues and other ops of the CPU alone (`Op.cpu_only`); what is fed; and counting, ops whose inputs and outputs are
all int32 or bool and no larger than a list, such as the arithmetic of shapes, whose results Python reads next. What reads
or writes a variable runs where the variable is. The body of a loop or branch is placed like the graph around it; int32,
bool and texts go in and out of it in CPU memory.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

from deepkit.core.node import Node
from deepkit.core.variable import Variable
from deepkit.device import devices
from deepkit.device.devices import CPU, JOB, Device, parse
from deepkit.errors import GraphError

__all__ = ["JOB", "Device", "Placement", "available", "configure", "parse"]

always_soft = False  # `deepkit run-tf1` sets it: a program written on a machine with a GPU runs on any


def available(config: Any = None) -> list[Device]:
    """This machine's devices; ConfigProto(device_count={"CPU": 4}) makes four of one processor, for trying things out."""
    counts = getattr(config, "device_count", None) or {}
    cpus = max(int(counts.get("CPU", counts.get("cpu", 1))), 1)
    gpus = min(devices.gpu_count(), int(counts.get("GPU", counts.get("gpu", 1 << 30))))
    return [Device("CPU", i) for i in range(cpus)] + [Device("GPU", i) for i in range(gpus)]


def configure(config: Any) -> None:
    """Does what gpu_options of a ConfigProto say: which GPUs count, and how much of their memory is taken."""
    options = getattr(config, "gpu_options", None)
    if options is not None and devices.gpu_count():
        devices.show(str(getattr(options, "visible_device_list", "") or ""))
        fraction = float(getattr(options, "per_process_gpu_memory_fraction", 0.0) or 0.0)
        devices.limit_memory(fraction, bool(getattr(options, "allow_growth", False)))


class Placement:
    """Says which device computes which node, in a session of this ConfigProto.

    on_cpu: as if there were no GPU.
    """

    def __init__(self, config: Any = None, on_cpu: bool = False):
        self.devices = [device for device in available(config) if not (on_cpu and device.is_gpu)]
        self.has_gpu = self.devices[-1].is_gpu
        self._soft = bool(getattr(config, "allow_soft_placement", False))
        self._logged = bool(getattr(config, "log_device_placement", False))

    def place(self, nodes: Iterable[Node]) -> dict[Node, Device]:
        """Each node's device: the one it asks for if that is there. GraphError if it is not, but with allow_soft_placement
        it is placed as if it had asked for nothing. An op of the CPU never runs on a GPU, whoever asks."""
        wished = [(node, parse(node.device)) for node in nodes]
        if not self.has_gpu and all(wish in (None, CPU) for _, wish in wished):
            return {node: CPU for node, _ in wished}
        return {node: _device_of(node, wish, self.devices, always_soft or self._soft) for node, wish in wished}

    def log(self, placed: dict[Node, Device]) -> None:
        """With log_device_placement every node's device, on standard error."""
        if self._logged:
            for node, device in placed.items():
                print(f"{node.name}: ({node.type}): {device.name}", file=sys.stderr)


def _device_of(node: Node, wish: Device | None, there: Sequence[Device], soft: bool) -> Device:
    if not soft and wish is not None and wish not in there:
        raise _no_such_device(node, there)
    home = _home(node)
    if home is not None:
        return _device_of(home, parse(home.device), there, True)
    if _of_cpu(node) and (wish is None or wish.is_gpu):
        return CPU
    return wish if wish in there else _best(node, there)  # type: ignore[return-value]


def _best(node: Node, there: Sequence[Device]) -> Device:
    """Where a node runs that may run anywhere."""
    if node.op.is_placeholder or _counts(node):
        return CPU
    return next((device for device in there if device.is_gpu), CPU)


def _no_such_device(node: Node, there: Sequence[Device]) -> GraphError:
    return GraphError(
        f"cannot place {node.name!r} on {node.device}: there is no such device", where=node.where(),
        rule="devices here: " + ", ".join(f"/{d.short}" for d in there),
        hint="Session(config=ConfigProto(allow_soft_placement=True)) uses another one instead",
    )


def _home(node: Node) -> Node | None:
    """The variable that an op itself reads or writes, not one that its graphs do: it runs there."""
    op = node.op
    if op.subgraphs or op.cpu_only:
        return None
    named = (x for i, x in enumerate(node.inputs) if i in op.writes or i in op.refs)
    return next((x.node for x in named if isinstance(x, Variable)), None)


def _of_cpu(node: Node) -> bool:
    """Whether a node can run on the CPU only."""
    texts = any(x.dtype.is_string for x in (*node.inputs, *node.outputs))
    return node.op.cpu_only or (texts and not node.op.subgraphs)


def _counts(node: Node) -> bool:
    """Whether a node makes single whole numbers, or a list of them, from such: what shapes and counters are made of."""
    values = [*node.inputs, *node.outputs]
    few = all(x.shape.rank in (0, 1) and (x.dtype.name == "int32" or x.dtype.is_bool) for x in values)
    return few and bool(values) and not node.op.subgraphs
