"""The stand-in's devices, streams, memory pool and kernels."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

count = 1  # devices; standin.install sets it
_here = threading.local()


class CUDARuntimeError(RuntimeError):
    """What CuPy raises for an error of the driver."""


def current() -> int:
    """The number of the device on which this thread computes."""
    return getattr(_here, "device", 0)


class Device:
    """A device; in a `with` block the one on which is computed."""

    def __init__(self, device: int | None = None):
        self.id = current() if device is None else int(device)
        self._before: list[int] = []

    def __enter__(self) -> Device:
        if self.id >= count:
            raise CUDARuntimeError("cudaErrorInvalidDevice: invalid device ordinal")
        self._before.append(current())
        _here.device = self.id
        return self

    def __exit__(self, *exc: object) -> None:
        _here.device = self._before.pop()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) and other.id == self.id

    def __hash__(self) -> int:
        return self.id

    def __int__(self) -> int:
        return self.id

    def use(self) -> None:
        _here.device = self.id

    def synchronize(self) -> None:
        pass

    compute_capability = "90"
    mem_info = (1 << 33, 1 << 34)


class Stream:
    """A queue of kernels; here each is done at once."""

    null: Any = None

    def __init__(self, null: bool = False, non_blocking: bool = False, ptds: bool = False, priority: Any = None):
        self.is_non_blocking = non_blocking
        self.done = True

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def synchronize(self) -> None:
        pass

    def record(self, event: Any = None) -> Event:
        return event or Event()

    def wait_event(self, event: Event) -> None:
        pass


Stream.null = Stream(null=True)


class Event:
    """A mark in a stream."""

    done = True

    def __init__(self, block: bool = False, disable_timing: bool = False, interprocess: bool = False):
        pass

    def record(self, stream: Any = None) -> None:
        pass

    def synchronize(self) -> None:
        pass


class MemoryPool:
    """CuPy's memory pool of a device: here its limit alone."""

    def __init__(self, allocator: Any = None):
        self._limit = 0

    def set_limit(self, size: int | None = None, fraction: float | None = None) -> None:
        if (size is None) == (fraction is None):
            raise ValueError("size or fraction must be specified, not both")
        self._limit = int(fraction * Device.mem_info[1]) if size is None else int(size)  # type: ignore[operator]

    def get_limit(self) -> int:
        return self._limit

    def used_bytes(self) -> int:
        return 0

    def total_bytes(self) -> int:
        return 0

    def free_all_blocks(self, stream: Any = None) -> None:
        pass


_pools: dict[int, MemoryPool] = {}


def get_default_memory_pool() -> MemoryPool:
    """The pool of the current device. (CuPy's is one object that keeps an arena, with its limit, for each device.)"""
    return _pools.setdefault(current(), MemoryPool())


def get_device_count() -> int:
    """As CuPy: an error where there is none."""
    if count < 1:
        raise CUDARuntimeError("cudaErrorNoDevice: no CUDA-capable device is detected")
    return count


class RawModule:
    """Kernels from their source: compiled for the CPU by the emulator beside this folder, and run there."""

    def __init__(
        self, code: str | None = None, *, path: str | None = None, options: tuple[str, ...] = (), backend: str = "nvrtc",
        translate_cucomplex: bool = False, enable_cooperative_groups: bool = False, name_expressions: Any = None,
        jitify: bool = False,
    ):
        import emulator  # late: it needs a compiler of C++

        if not isinstance(code, str) or not isinstance(options, tuple):
            raise TypeError("RawModule: code is a text, options a tuple")
        self.code, self.options = code, options
        self._module = emulator.Module(code, options)

    def get_function(self, name: str) -> Any:
        from standin.array import here, ndarray

        function = self._module.get_function(name)

        def kernel(grid: Any, block: Any, args: Any, shared_mem: int = 0, *, stream: Any = None) -> None:
            plain = []
            for x in args:
                if isinstance(x, ndarray):
                    here(x)
                    if not x.numbers.flags.c_contiguous:
                        raise ValueError("a kernel is handed the address of an array whose rows do not lie one after the other")
                    plain.append(x.numbers)
                elif isinstance(x, np.generic) or (isinstance(x, np.ndarray) and x.dtype.names and x.size == 1):
                    plain.append(x)  # a number, or a struct, which is handed over as it is
                else:
                    raise TypeError(f"Unsupported type {type(x)}")
            function(grid, block, tuple(plain), shared_mem=shared_mem)

        return kernel
