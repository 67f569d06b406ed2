"""Which device a node runs on: device strings, what this machine has, soft placement and the placement log."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from deepkit.core.node import Node
from deepkit.device.arrays import gpu_device_count
from deepkit.errors import ArgumentError, GraphError

JOB = "/job:localhost/replica:0/task:0"
_PART = re.compile(r"^(?:job:\w+|replica:\d+|task:\d+|(?:device:)?(?P<kind>cpu|gpu):(?P<index>\d+|\*))$", re.IGNORECASE)
always_soft = False  # `deepkit run-tf1` sets it: a program written on a machine with a GPU runs on any


class Device(NamedTuple):
    """A processor by kind, "CPU" or "GPU", and number."""

    kind: str
    number: int

    @property
    def name(self) -> str:
        return f"{JOB}/device:{self.kind}:{self.number}"


def parse(text: str) -> Device | None:
    """The device that a string such as "/gpu:1" or "/job:localhost/task:0/device:CPU:0" names, None if it names none."""
    found = None
    for part in filter(None, text.split("/")):
        match = _PART.match(part)
        if match is None:
            raise ArgumentError(
                f"{text!r} is not a device", rule="/cpu:0, /gpu:1, /device:GPU:0, each may follow /job:.../task:..."
            )
        if match["kind"]:
            index = 0 if match["index"] == "*" else int(match["index"])
            found = Device(match["kind"].upper(), index)
    return found


def available(config: Any = None) -> list[Device]:
    """This machine's devices; ConfigProto(device_count={"CPU": 4}) makes four of one processor, for trying things out."""
    counts = getattr(config, "device_count", None) or {}
    cpus = max(int(counts.get("CPU", counts.get("cpu", 1))), 1)
    gpus = min(gpu_device_count(), int(counts.get("GPU", counts.get("gpu", 1 << 30))))
    return [Device("CPU", i) for i in range(cpus)] + [Device("GPU", i) for i in range(gpus)]


def place(nodes: Iterable[Node], config: Any = None) -> dict[Node, Device]:
    """Each node's device: the one it asks for if that is there. If it is not, the first CPU with allow_soft_placement
    or where the node asked for nothing, else an error. A CPU op (`Op.cpu_only`) never runs on a GPU. With
    log_device_placement every choice is printed: a CPU also for what a GPU was chosen for, since it is NumPy that
    computes a plan."""
    wished = [(node, parse(node.device) if node.device else None) for node in nodes]
    if not getattr(config, "log_device_placement", False) and all(w in (None, _FIRST) for _, w in wished):
        return {node: _FIRST for node, _ in wished}
    devices = available(config)
    soft = always_soft or bool(getattr(config, "allow_soft_placement", False))
    result = {node: _device_of(node, wish, devices, soft) for node, wish in wished}
    if getattr(config, "log_device_placement", False):
        _log(result)
    return result


def _log(devices: dict[Node, Device]) -> None:
    for node, device in devices.items():
        computes = device if device.kind == "CPU" else _FIRST
        print(f"{node.name}: ({node.type}): {computes.name}", file=sys.stderr)


def _device_of(node: Node, wish: Device | None, devices: Sequence[Device], soft: bool) -> Device:
    if wish is None or (node.op.cpu_only and wish.kind == "GPU" and wish in devices):
        return _FIRST
    if wish in devices:
        return wish
    if soft:
        return _FIRST
    raise GraphError(
        f"cannot place {node.name!r} on {node.device}: there is no such device", where=node.where(),
        rule="devices here: " + ", ".join(f"/{d.kind.lower()}:{d.number}" for d in devices),
        hint="Session(config=ConfigProto(allow_soft_placement=True)) uses the CPU instead",
    )


_FIRST = Device("CPU", 0)
