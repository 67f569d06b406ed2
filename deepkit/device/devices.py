"""Devices by name, /cpu:0 or /gpu:1: how many there are, what is copied to one, what is computed there."""

from __future__ import annotations

import contextlib
import contextvars
import functools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from deepkit.device import arrays
from deepkit.errors import ArgumentError

JOB = "/job:localhost/replica:0/task:0"
_PART = re.compile(r"^(?:job:\w+|replica:\d+|task:\d+|(?:device:)?(?P<kind>cpu|gpu)(?::(?P<index>\d+|\*))?)$", re.IGNORECASE)
_OTHER_KIND = re.compile(r"^device:\w+(?::(?:\d+|\*))?$", re.IGNORECASE)


class Device(NamedTuple):
    """A processor by kind, "CPU" or "GPU", and number."""

    kind: str
    number: int

    @property
    def name(self) -> str:
        """TensorFlow's full name."""
        return f"{JOB}/device:{self.kind}:{self.number}"

    @property
    def short(self) -> str:
        """The name that a program writes: "cpu:0"."""
        return f"{self.kind.lower()}:{self.number}"

    @property
    def is_gpu(self) -> bool:
        return self.kind == "GPU"

    @property
    def xp(self) -> Any:
        """The module whose functions compute there: numpy or cupy."""
        return arrays.cupy() if self.is_gpu else np


CPU = Device("CPU", 0)
_visible: list[int] | None = None  # CUDA's numbers of the GPUs that count here, in their order; None: all


def parse(text: str) -> Device | None:
    """The device that a string such as "gpu:1" or "/job:localhost/task:0/device:CPU:0" names, None if it names none.

    ArgumentError: no device's name.
    """
    found = None
    for part in filter(None, text.split("/")):
        match = _PART.match(part)
        if match is None:
            raise _no_device(text)
        if match["kind"]:
            found = Device(match["kind"].upper(), int(match["index"]) if match["index"] not in (None, "*") else 0)
    return found


def check_wish(text: str) -> None:
    """ArgumentError: no device's name. Another kind than those here may be wished for, as "/device:TPU:0"."""
    if not all(_PART.match(part) or _OTHER_KIND.match(part) for part in filter(None, text.split("/"))):
        raise _no_device(text)


def _no_device(text: str) -> ArgumentError:
    rule = "/cpu:0, /gpu:1, /device:GPU:0, each may follow /job:.../task:..."
    return ArgumentError(f"{text!r} is not a device", rule=rule)


def named(device: str | Device) -> Device:
    """The device of that name. ArgumentError: no name of one, or a GPU that is not there."""
    found = parse(device) if isinstance(device, str) else device
    if found is None:
        raise ArgumentError(f"{device!r} names no device", rule='"cpu", "gpu" or "gpu:1"')
    if found.is_gpu and found.number >= gpu_count():
        raise ArgumentError(
            f"there is no device {found.short}: {gpu_count()} GPUs can be used",
            hint="deepkit doctor says what is missing; device='cpu' computes anywhere",
        )
    return found


def gpu_count() -> int:
    """How many GPUs can be used."""
    return arrays.gpu_device_count() if _visible is None else len(_visible)


def show(numbers: str) -> None:
    """Only these GPUs count from now on, by CUDA's numbers "2,0": the first one named is gpu:0. "" leaves all.

    ArgumentError: a number that no GPU has, or other GPUs than the program has chosen before: arrays may lie there.
    """
    global _visible
    if not numbers:
        return
    listed = [int(n) if n.strip().isdigit() else -1 for n in numbers.split(",")]
    there = arrays.gpu_device_count()
    if there and not all(0 <= n < there for n in listed):
        raise ArgumentError(f"visible_device_list={numbers!r}", rule=f"numbers of GPUs, 0 to {there - 1}, with commas between")
    if _visible not in (None, listed):
        raise ArgumentError(
            f"visible_device_list={numbers!r}, after {','.join(map(str, _visible or []))!r}",
            rule="which GPUs count, and in which order, is chosen once in a program",
        )
    _visible = listed if there else None


def _cuda_number(device: Device) -> int:
    return device.number if _visible is None else _visible[device.number]


def current(device: Device) -> contextlib.AbstractContextManager[Any]:
    """What is computed and allocated inside is so on that device."""
    return arrays.cupy().cuda.Device(_cuda_number(device)) if device.is_gpu else contextlib.nullcontext()


def bound(function: Callable[..., Any], device: Device) -> Callable[..., Any]:
    """The function, computing on that device. CUDA's first GPU is the one on which is computed anyway."""
    if not device.is_gpu or not _cuda_number(device):
        return function

    @functools.wraps(function, updated=())
    def there(*args: Any, **kwargs: Any) -> Any:
        with current(device):
            return function(*args, **kwargs)

    return there


def of(array: Any) -> Device:
    """Where an array lies."""
    if arrays.xp_of(array) is np:
        return CPU
    number = int(array.device.id)
    return Device("GPU", number if _visible is None else _visible.index(number))


def common(given: Sequence[Any]) -> Device:
    """Where an op on these arrays computes: on the GPU that holds one of them, else on the CPU."""
    if arrays.xp_of(*given) is np:
        return CPU
    return next(device for device in map(of, given) if device.is_gpu)


def put(value: Any, device: Device) -> Any:
    """An array, or each of a list, in that device's memory; copied only if it lies elsewhere."""
    if isinstance(value, list):
        return type(value)(put(x, device) for x in value)
    if not device.is_gpu:
        return arrays.to_cpu(value)
    with current(device):
        return arrays.to_gpu(value)


def finish(device: Device) -> None:
    """Waits until a GPU has computed all that it was told to."""
    if device.is_gpu:
        with current(device) as here:
            here.synchronize()


def contiguous(array: Any) -> Any:
    """An array of a GPU whose rows lie one after the other, as kernels need it."""
    with current(of(array)):
        return arrays.cupy().ascontiguousarray(array) if array.ndim else array


def limit_memory(fraction: float, grow: bool) -> None:
    """CuPy's pool takes at most that share of each GPU's memory, 0 for no limit; without `grow` it takes it at once.

    ArgumentError: a share outside [0, 1].
    """
    if not 0 <= fraction <= 1:
        raise ArgumentError(f"per_process_gpu_memory_fraction={fraction:g}", rule="a share of the memory, 0 to 1")
    for number in range(gpu_count() if fraction else 0):
        with current(Device("GPU", number)):
            pool = arrays.cupy().get_default_memory_pool()
            pool.set_limit(fraction=fraction)
            if not grow:
                arrays.cupy().empty(max(pool.get_limit() - pool.total_bytes(), 0), np.uint8)  # freed, it stays in the pool


_chosen: contextvars.ContextVar[Device] = contextvars.ContextVar("device", default=CPU)


def chosen() -> Device:
    """Where new tensors are made that no other tensor says a device for."""
    return _chosen.get()


@contextlib.contextmanager
def device(name: str | Device) -> Iterator[None]:
    """New tensors of the block, from Python's and NumPy's numbers, are made on that device: "cpu", "gpu", "gpu:1".

    What is computed from tensors is computed where they are. Nodes of a graph are placed by `deepkit.v1.device`.
    ArgumentError: no such device.

    >>> import deepkit as dk
    >>> with dk.device("cpu"):
    ...     x = dk.ones([2])
    >>> x.device
    'cpu:0'
    """
    token = _chosen.set(named(name))
    try:
        yield
    finally:
        _chosen.reset(token)
