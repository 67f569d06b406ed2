"""A stand-in for CuPy where there is no GPU: arrays in "GPU memory" that refuse what CuPy's refuse, and are never mixed up.

What it offers is what CuPy offers, with CuPy's parameters: names.json, which record.py writes where CuPy is installed. As
with CuPy, NumPy's functions of each element hand over to CuPy's; all others refuse its arrays outright, a NumPy array is no
index, and arrays of two devices never meet: there it is stricter than CuPy. Integers out of range, used as indices, wrap
around as CuPy's do. What moves between the memories is counted.

    gpu = standin.install(monkeypatch)      # deepkit computes on one "GPU" until the test ends
    gpu.traffic.up, gpu.traffic.down        # shapes of what was copied so far
"""

from __future__ import annotations

import sys
from typing import Any

from deepkit.device import arrays
from standin import cuda, namespace
from standin.array import ndarray, traffic

__all__ = ["install", "ndarray", "traffic"]


def install(monkeypatch: Any, devices: int = 1) -> Any:
    """Makes the stand-in the CuPy of this process, with so many devices, until monkeypatch undoes it; gives its module."""
    modules = namespace.build()
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    gpu = modules["cupy"]
    monkeypatch.setattr(arrays, "_cupy", gpu)
    monkeypatch.setattr(cuda, "count", devices)
    traffic.clear()
    gpu.traffic = traffic
    return gpu
