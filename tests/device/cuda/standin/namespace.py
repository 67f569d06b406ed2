"""The stand-in's modules: the names that CuPy has, made of NumPy's and SciPy's functions, called with CuPy's parameters only."""

from __future__ import annotations

import functools
import importlib
import inspect
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from standin import array, cuda
from standin.array import ndarray, operand, result, traffic

RECORDED: dict[str, Any] = json.loads(Path(__file__).with_name("names.json").read_text())
SOURCES = {
    "cupy": "numpy", "cupy.linalg": "numpy.linalg", "cupy.fft": "numpy.fft", "cupy.lib.stride_tricks": "numpy.lib.stride_tricks",
    "cupyx.scipy.special": "scipy.special", "cupyx.scipy.linalg": "scipy.linalg",
}
MADE_FROM_VALUES = {"array", "asarray", "asanyarray", "ascontiguousarray", "asfortranarray"}
ARRAY_FIRST = {"a", "arr", "array", "ary", "m", "prototype", "x"}
"""Names that CuPy gives to a first parameter which must be an array of its own."""
AT = {
    "add": "int32 int64 uint32 uint64 float16 float32 float64", "subtract": "int32 uint32",
    "maximum": "int32 int64 uint32 uint64 float32 float64", "minimum": "int32 int64 uint32 uint64 float32 float64",
}
"""The types that each ufunc's `at` takes."""


@functools.cache
def signature(text: str) -> inspect.Signature:
    """The signature of recorded parameters."""
    return inspect.signature(eval(f"lambda {text[1:-1]}: None"))  # our own file's text


def build() -> dict[str, Any]:
    """All modules by their names, cupy and cupyx with what is in them."""
    modules = {name: _module(name, importlib.import_module(source)) for name, source in SOURCES.items()}
    gpu, lib = modules["cupy"], ModuleType("cupy.lib")
    gpu.linalg, gpu.fft, gpu.lib, lib.stride_tricks = (  # type: ignore[attr-defined]
        modules["cupy.linalg"], modules["cupy.fft"], lib, modules["cupy.lib.stride_tricks"]
    )
    gpu.cuda = modules["cupy.cuda"] = _cuda()
    gpu.ndarray, gpu.RawModule, gpu.asnumpy = ndarray, cuda.RawModule, _asnumpy
    gpu.broadcast = lambda *arrays: np.broadcast(*map(operand, arrays))
    gpu.get_default_memory_pool = cuda.get_default_memory_pool
    gpu.get_array_module = lambda *args: gpu if any(isinstance(x, ndarray) for x in args) else np
    for name in MADE_FROM_VALUES:
        setattr(gpu, name, _maker(name))
    modules["cupyx"], modules["cupyx.scipy"] = ModuleType("cupyx"), ModuleType("cupyx.scipy")
    _give_methods()
    return modules


def _cuda() -> ModuleType:
    module = ModuleType("cupy.cuda")
    offered = {
        "Device": cuda.Device, "Event": cuda.Event, "MemoryPool": cuda.MemoryPool, "Stream": cuda.Stream,
        "get_current_stream": lambda device_id=-1: cuda.Stream.null,
        "runtime": SimpleNamespace(getDeviceCount=cuda.get_device_count, CUDARuntimeError=cuda.CUDARuntimeError),
    }
    for name, thing in offered.items():
        assert name in RECORDED["cupy.cuda"], name
        setattr(module, name, thing)
    return module


def _module(name: str, source: ModuleType) -> ModuleType:
    module = ModuleType(name)
    for public, parameters in RECORDED[name].items():
        thing = getattr(source, public, None)
        if thing is None and public != "newaxis":
            continue  # CuPy's alone, or renamed by NumPy: deepkit uses none of them
        if parameters.startswith("ufunc"):
            thing = Ufunc(public, thing)
        elif parameters.startswith("(") and callable(thing) and not isinstance(thing, type):
            thing = _function(public, thing, signature(parameters))
        setattr(module, public, thing)
    return module


class Ufunc:
    """A function of each element. Beside its inputs CuPy's take out, dtype and casting; some can `at`, `reduce`, `outer`."""

    def __init__(self, name: str, function: Any):
        self.name, self._function = name, function

    def __call__(self, *inputs: Any, out: Any = None, **options: Any) -> Any:
        allowed = {"dtype", "casting"} | ({"axes", "axis", "keepdims"} if self.name == "matmul" else set())
        if not options.keys() <= allowed:
            raise TypeError(f"Wrong arguments {options}")
        plain = [operand(x) for x in inputs]
        if out is None:
            return result(self._function(*plain, **options))
        self._function(*plain, out=operand(out), **options)
        return out

    def at(self, a: Any, indices: Any, b: Any = None) -> None:
        if self.name not in AT:
            raise NotImplementedError(f"`{self.name}.at` is not supported yet")
        if a.dtype.name not in AT[self.name].split():
            raise TypeError(f"cupy.{self.name}.at only supports {AT[self.name]} as data type")
        self._function.at(operand(a), array.index(a, indices), operand(b))

    def reduce(self, a: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: bool = False) -> Any:
        if self.name not in ("add", "multiply"):
            raise NotImplementedError(f"`{self.name}.reduce` is not supported yet")
        return (a.sum if self.name == "add" else a.prod)(axis, dtype, out, keepdims)

    def outer(self, a: Any, b: Any, **options: Any) -> Any:
        return result(self._function.outer(operand(a), operand(b), **options))


def plain(x: Any) -> Any:
    """An argument for NumPy: our arrays' numbers, also those in lists; a NumPy array among them is a mistake."""
    if isinstance(x, ndarray):
        return operand(x)
    if isinstance(x, np.ndarray):
        raise TypeError(f"Unsupported type {type(x)}")
    return [plain(part) for part in x] if isinstance(x, list) else tuple(map(plain, x)) if type(x) is tuple else x


def _function(name: str, function: Any, parameters: inspect.Signature) -> Callable[..., Any]:
    first = next(iter(parameters.parameters), "")

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        parameters.bind(*args, **kwargs)
        if args and first in ARRAY_FIRST and not isinstance(args[0], ndarray):
            raise TypeError(f"cupy.{name}: {type(args[0])} is no array in GPU memory")
        return result(function(*map(plain, args), **{key: plain(value) for key, value in kwargs.items()}))

    return call


def _maker(name: str) -> Callable[..., Any]:
    parameters, function = signature(RECORDED["cupy"][name]), getattr(np, name)

    def call(value: Any, *args: Any, **kwargs: Any) -> Any:
        parameters.bind(value, *args, **kwargs)
        kwargs.pop("blocking", None)
        if isinstance(value, ndarray):
            moved = value.device.id != cuda.current()
            numbers = function(value.numbers.copy() if moved else value.numbers, *args, **kwargs)
            return value if numbers is value.numbers else ndarray.of(numbers)
        if isinstance(value, (list, tuple)) and any(isinstance(x, ndarray) for x in value):
            return result(function([plain(x) for x in value], *args, **kwargs))
        made = ndarray.of(np.array(function(value, *args, **kwargs)))
        traffic.up.append(made.shape)
        return made

    return call


def _asnumpy(a: Any, stream: Any = None, order: str = "C", out: Any = None, *, blocking: bool = True) -> np.ndarray:
    return a.get(stream, order, out) if isinstance(a, ndarray) else np.asarray(a, order=order)  # type: ignore[call-overload]


def _give_methods() -> None:
    """CuPy's methods that are NumPy's, called with CuPy's parameters."""
    offered = RECORDED["cupy.ndarray"]
    array.give_operators(offered)
    for name, parameters in offered.items():
        if parameters.startswith("(") and not name.startswith("_") and name not in vars(ndarray) and hasattr(np.ndarray, name):
            setattr(ndarray, name, _method(name, signature(parameters)))


def _method(name: str, parameters: inspect.Signature) -> Callable[..., Any]:
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        parameters.bind(*args, **kwargs)
        given = {key: plain(value) for key, value in kwargs.items()}
        return result(getattr(operand(self), name)(*map(plain, args), **given))

    return call
