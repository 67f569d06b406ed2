"""`tf.config.experimental`: the devices of this machine, as programs of 2019 ask for them before they make a session."""

from __future__ import annotations

from typing import Any, NamedTuple

from deepkit.device import devices
from deepkit.errors import ArgumentError
from deepkit.runtime import placement

__all__ = [
    "get_memory_growth", "get_visible_devices", "list_logical_devices", "list_physical_devices", "set_memory_growth",
    "set_visible_devices",
]


class PhysicalDevice(NamedTuple):
    """A device of the machine: its name "/physical_device:GPU:0", its kind "CPU" or "GPU"."""

    name: str
    device_type: str


class LogicalDevice(NamedTuple):
    """A device that nodes can ask for: its name "/device:GPU:0", its kind "CPU" or "GPU"."""

    name: str
    device_type: str


def list_physical_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """The devices of the machine, or those of a kind.

    >>> list_physical_devices("CPU")
    [PhysicalDevice(name='/physical_device:CPU:0', device_type='CPU')]
    """
    found = [d for d in placement.available() if device_type in (None, d.kind)]
    return [PhysicalDevice(f"/physical_device:{d.kind}:{d.number}", d.kind) for d in found]


def list_logical_devices(device_type: str | None = None) -> list[LogicalDevice]:
    """The devices that nodes can ask for, or those of a kind."""
    found = [d for d in placement.available() if device_type in (None, d.kind)]
    return [LogicalDevice(f"/device:{d.kind}:{d.number}", d.kind) for d in found]


get_visible_devices = list_physical_devices


def set_visible_devices(devices_: Any, device_type: str | None = None) -> None:
    """From now on only these GPUs count; CPUs always do. ArgumentError: no GPU where there are some, or no such device."""
    chosen = devices_ if isinstance(devices_, list) else [devices_]
    unknown = [device for device in chosen if device not in list_physical_devices()]
    if unknown:
        raise ArgumentError(f"set_visible_devices: {unknown[0]!r}", rule=f"one of {list_physical_devices()}")
    if device_type == "CPU" or not list_physical_devices("GPU"):
        return
    gpus = [device.name.rpartition(":")[2] for device in chosen if device.device_type == "GPU"]
    if not gpus:
        raise ArgumentError(
            "set_visible_devices without a GPU", rule="which GPUs count can be chosen, not that none does",
            hint='tf.Session(config=tf.ConfigProto(device_count={"GPU": 0})), or CUDA_VISIBLE_DEVICES="" around the program',
        )
    devices.show(",".join(gpus))


def set_memory_growth(device: Any, enable: bool) -> None:
    """Accepted: memory is taken as it is needed, unless a session's gpu_options say how much; see `tf.GPUOptions`."""
    if device not in list_physical_devices():
        raise ArgumentError(f"set_memory_growth: {device!r}", rule="one of those that tf.config.list_physical_devices gives")


def get_memory_growth(device: Any) -> bool:
    """Whether memory is taken as it is needed: yes."""
    set_memory_growth(device, enable=True)
    return True
