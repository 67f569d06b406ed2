"""The op that copies a value into another device's memory: `x.to("gpu")`, and the steps between devices of a plan."""

from __future__ import annotations

from typing import Any

from deepkit.core.apply import apply
from deepkit.core.op import Op, register
from deepkit.core.typing import AnyTensor, Array, ArrayModule
from deepkit.device import devices


@register
class ToDevice(Op):
    """The input in the memory of a device, "cpu:0" or "gpu:1"; what lies there already is taken as it is."""

    device: str = "cpu:0"
    types = ("any",)

    @property
    def aliases(self) -> bool:  # type: ignore[override]
        """What was fed may lie on the GPU already."""
        return self.device != "cpu:0"

    @property
    def label(self) -> str:  # type: ignore[override]
        """to_cpu, to_gpu, to_gpu1."""
        return f"to_{self.device.replace(':', '').removesuffix('0')}"

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        return devices.put(x, devices.named(self.device))

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return apply(ToDevice(device=x.device), dy)
