"""`tensorflow.python.client.device_lib`: what this machine can compute on."""

from __future__ import annotations

from typing import NamedTuple

from deepkit.runtime import placement


class DeviceAttributes(NamedTuple):
    """One device: its full name, its kind ("CPU" or "GPU")."""

    name: str
    device_type: str

    def __str__(self) -> str:
        return f'name: "{self.name}"\ndevice_type: "{self.device_type}"\n'


def list_local_devices(session_config: object = None) -> list[DeviceAttributes]:
    """The devices of this machine."""
    found = placement.available(session_config)
    return [DeviceAttributes(f"/device:{d.kind}:{d.number}", d.kind) for d in found]
