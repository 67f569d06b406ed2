"""Writes names.json: what the installed CuPy offers, name by name, with its parameters. Run it where CuPy is installed.

    python tests/device/cuda/standin/record.py

CuPy can be imported without a GPU. Modules that need one of CUDA's own libraries, such as cuBLAS, only to be imported, get
an empty one in its place: their Python functions are there nevertheless.
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

FILE = Path(__file__).with_name("names.json")
MODULES = (
    "cupy", "cupy.linalg", "cupy.fft", "cupy.cuda", "cupy.cuda.runtime", "cupy.lib.stride_tricks", "cupyx", "cupyx.scipy.special",
    "cupyx.scipy.linalg",
)
CLASSES = (
    "cupy.ndarray", "cupy.ufunc", "cupy.cuda.Device", "cupy.cuda.Stream", "cupy.cuda.Event", "cupy.cuda.MemoryPool",
    "cupy.RawModule",
)
LIBRARIES = ("cublas", "cusolver", "cusparse", "curand")


class _Anything(ModuleType):
    """A library that is not here: whatever is looked up in it is there, and nothing."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return None


def parameters(text: str) -> str:
    """A signature without types, and with None for every default: "a, axis=None, *, dtype=None"."""
    inside = text[text.index("(") + 1 : text.rindex(")")]
    parts, depth, part = [], 0, ""
    for letter in inside + ",":
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and not depth:
            parts.append(part.strip())
            part = ""
        else:
            part += letter
    return ", ".join(_plain(part) for part in parts if part and part != "self")


def _plain(part: str) -> str:
    name = re.split(r"[:=]", part, maxsplit=1)[0].split()[-1]
    return f"{name}=None" if "=" in part else name


def described(thing: Any) -> str:
    """The parameters of a function or method; else what kind of thing it is."""
    if type(thing).__name__ in ("ufunc", "_GUFunc"):
        return f"ufunc {getattr(thing, 'nin', '')}".strip()
    if isinstance(thing, ModuleType):
        return "module"
    if not callable(thing) or inspect.isdatadescriptor(thing):
        return "value"
    try:
        return f"({parameters(str(inspect.signature(thing)))})"
    except (ValueError, TypeError):  # written in Cython: its first line says it
        first = (thing.__doc__ or "").strip().split("\n")[0].split(" -> ")[0]
        found = re.match(r"[\w.]+(\(.*\))", first)
        return f"({parameters(found[1])})" if found else "class" if isinstance(thing, type) else "(*args, **kwargs)"


def record() -> dict[str, Any]:
    """What is there: {module or class: {name: parameters}}."""
    import cupy
    import cupy_backends.cuda.libs as libs

    for name in LIBRARIES:
        try:
            getattr(libs, name)
        except (ImportError, AttributeError):
            sys.modules[f"{libs.__name__}.{name}"] = empty = _Anything(name)
            setattr(libs, name, empty)
    found: dict[str, Any] = {"version": cupy.__version__}
    for name in MODULES:
        module = importlib.import_module(name)
        found[name] = {n: described(getattr(module, n)) for n in sorted(dir(module)) if not n.startswith("_")}
    for name in CLASSES:
        module_name, _, class_name = name.rpartition(".")
        cls = getattr(importlib.import_module(module_name), class_name)
        names = [n for n in sorted(dir(cls)) if not n.startswith("_") or n in OPERATORS]
        found[name] = {n: described(getattr(cls, n)) for n in names}
    return found


OPERATORS = {f"__{prefix}{name}__" for prefix in ("", "r", "i") for name in (
    "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor", "lshift", "rshift", "divmod",
)} | {f"__{name}__" for name in (
    "neg", "pos", "abs", "invert", "eq", "ne", "lt", "le", "gt", "ge", "bool", "int", "float", "complex", "index", "len",
    "iter", "contains", "getitem", "setitem",
)}


if __name__ == "__main__":
    FILE.write_text(json.dumps(record(), indent=0, sort_keys=True) + "\n")
