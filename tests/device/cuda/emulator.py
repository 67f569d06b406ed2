"""CUDA kernels without a GPU: their sources compiled by the C++ compiler and run on the CPU, stricter than a GPU is.

`Module` stands for `cupy.RawModule`. What CUDA C++ knows beyond C++ is defined in cuda_on_cpu.h: threads of a block are
fibers that take turns at barriers. Where CUDA would read garbage or hang, there is an error: an argument of another type
than the kernel's, an array that is not contiguous, a barrier that only some threads reach; shared memory begins as NaN.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

import numpy as np

HEADER = Path(__file__).with_name("cuda_on_cpu.h")
FLAGS = ("-std=c++17", "-O1", "-shared", "-fPIC", "-w", "-ffp-contract=off", "-U_FORTIFY_SOURCE", "-fno-gnu-unique")
MOST = {"block": (1024, 1024, 64), "grid": (2**31 - 1, 65535, 65535)}
"""How large a block and a grid may be along x, y and z, on every GPU."""
THREADS = 1024
"""Threads in a block, at most."""
_turn = threading.Lock()


def compiler() -> str | None:
    """The C++ compiler: $CXX, or what is found on the path; None if there is none."""
    return next(filter(None, map(shutil.which, (os.environ.get("CXX") or "g++", "g++", "clang++"))), None)


class Module:
    """The kernels of one CUDA source. options: definitions (-DNAME=VALUE); what else NVRTC is told does not matter here.

    RuntimeError: the compiler's message, if it refuses the source.
    """

    def __init__(self, code: str, options: tuple[str, ...] = ()):
        kernels = re.findall(r'extern\s+"C"\s+__global__\s+void\s+(?:__launch_bounds__\([^)]*\)\s+)?(\w+)', code)
        self._functions = {name: Function(name, library) for library in [_library(code, options, kernels)] for name in kernels}

    def get_function(self, name: str) -> Function:
        """The kernel of this name. ValueError: the source has none."""
        if name not in self._functions:
            raise ValueError(f"no kernel {name!r}: the source has {', '.join(self._functions) or 'none'}")
        return self._functions[name]


class Function:
    """A kernel, called as those of `cupy.RawModule` are: kernel(grid, block, arguments, shared_mem=bytes).

    Arguments: NumPy arrays for pointers, NumPy scalars for numbers, an array of one element with named fields for a struct.
    TypeError: an argument that is not what the kernel takes. ValueError: a grid or a block that no GPU has.
    RuntimeError: some threads of a block wait at a barrier that the others never reach.
    """

    def __init__(self, name: str, library: ctypes.CDLL):
        takes, self._launch = getattr(library, f"{name}_takes"), getattr(library, f"{name}_launch")
        takes.restype = ctypes.c_char_p
        self.name = name
        self.parameters = [tuple(one.split()) for one in takes().decode().split(";") if one]
        """For each parameter how it is taken (read, write or value), and the kind and size of its numbers."""

    def __call__(self, grid: tuple, block: tuple, args: tuple, *, shared_mem: int = 0) -> None:
        shape = (*self._checked("grid", grid), *self._checked("block", block))
        if len(args) != len(self.parameters):
            raise TypeError(f"{self.name} takes {len(self.parameters)} arguments, not {len(args)}")
        kept = [self._pointer(i, arg) for i, arg in enumerate(args)]
        pointers = (ctypes.c_void_p * len(kept))(*[where for _, where in kept])
        with _turn:
            failed = self._launch((ctypes.c_uint * 6)(*shape), pointers, ctypes.c_size_t(shared_mem))
        if failed:
            raise RuntimeError(f"{self.name}: some threads of a block wait at a barrier that the others never reach")

    def _checked(self, what: str, shape: tuple) -> tuple[int, ...]:
        whole = (*(int(n) for n in shape), 1, 1)[:3]
        fits = all(1 <= n <= most for n, most in zip(whole, MOST[what], strict=True))
        if not fits or (what == "block" and np.prod(whole) > THREADS):
            raise ValueError(f"{self.name}: no GPU has a {what} of {whole}; at most {MOST[what]}, {THREADS} threads in a block")
        return whole

    def _pointer(self, number: int, arg: object) -> tuple[object, int]:
        """What must be kept until the kernel has run, and the address of the argument."""
        how, kind = self.parameters[number]
        where = f"argument {number} of {self.name}"
        if not isinstance(arg, (np.ndarray, np.generic)):
            raise TypeError(f"{where}: {type(arg).__name__}, neither a NumPy array nor a NumPy scalar")
        given = "V" + str(arg.dtype.itemsize) if arg.dtype.fields else arg.dtype.kind + str(arg.dtype.itemsize)
        if kind not in ("?", given):
            raise TypeError(f"{where} is of {arg.dtype}, but the kernel takes {kind}")
        by_value = isinstance(arg, np.generic) or arg.dtype.fields is not None
        if by_value != (how == "value"):
            raise TypeError(f"{where}: {'a number' if by_value else 'an array'}, but the kernel takes a {how}")
        if by_value:
            kept = np.array(arg)
            if kept.size != 1:
                raise TypeError(f"{where}: {kept.size} structs, but the kernel takes one")
            return kept, kept.ctypes.data
        assert isinstance(arg, np.ndarray)
        if not arg.flags.c_contiguous or (how == "write" and not arg.flags.writeable):
            raise TypeError(f"{where}: the kernel wants {how} access to a contiguous array")
        address = ctypes.c_void_p(arg.ctypes.data)
        return (arg, address), ctypes.addressof(address)


def _library(code: str, options: tuple[str, ...], kernels: list[str]) -> ctypes.CDLL:
    """The compiled source; kept beside this file's byte code under the hash of all that it is made of."""
    barriers = () if "__sync" in code else ("-DNO_BARRIERS",)
    flags = (*FLAGS, *barriers, *(o for o in options if o.startswith(("-D", "-U"))))
    code = re.sub(r"extern\s+__shared__\s+([\w\s]+?)\s*(\w+)\[\];", r"\1* \2 = (\1*)on_cpu::dynamic_shared;", code)
    code = "".join([f'#include "{HEADER.name}"\n#line 1 "kernels.cu"\n', code, "\n", *[f"KERNEL({name})\n" for name in kernels]])
    return _compiled(code, flags)


@functools.cache
def _compiled(code: str, flags: tuple[str, ...]) -> ctypes.CDLL:
    gxx = compiler()
    if gxx is None:
        raise RuntimeError("there is no C++ compiler: install g++ or clang++, or name one by CXX")
    name = hashlib.sha256("\0".join([gxx, code, HEADER.read_text(), *flags]).encode()).hexdigest()[:24] + ".so"
    folder = HEADER.with_name("__pycache__")
    if not os.access(folder if folder.exists() else folder.parent, os.W_OK):
        folder = Path(tempfile.mkdtemp(prefix="cuda_on_cpu"))
    folder.mkdir(exist_ok=True)
    if not (folder / name).exists():
        with tempfile.TemporaryDirectory(dir=folder) as work:
            source, made = Path(work, "kernels.cc"), Path(work, name)
            source.write_text(code)
            told = subprocess.run(
                [gxx, *flags, f"-I{HEADER.parent}", str(source), "-o", str(made)], capture_output=True, text=True
            )
            if told.returncode:
                raise RuntimeError(f"{gxx} refuses the kernels:\n{told.stderr}")
            made.replace(folder / name)  # whole or absent, whoever else compiles it at the same time
    return ctypes.CDLL(str(folder / name))
