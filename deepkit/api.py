"""The public names of deepkit: `dk.matmul`, `dk.tensor`, `dk.gradients` and the rest."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from deepkit import ops
from deepkit.core.apply import apply
from deepkit.core.apply import convert as convert_to_tensor
from deepkit.core.autodiff import gradients
from deepkit.core.op import Op, register, registry
from deepkit.core.seeds import set_eager_seed as set_random_seed
from deepkit.core.shape import Shape
from deepkit.core.shape import broadcast as broadcast_shapes
from deepkit.core.tensor import Parameter, Tensor
from deepkit.device import devices
from deepkit.device.dtypes import (
    bool_,
    complex64,
    complex128,
    float16,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    string,
    uint8,
    uint16,
    uint32,
    uint64,
)
from deepkit.ops import *

device = devices.device


def tensor(value: Any, dtype: Any = None, device: str | None = None) -> Tensor:
    """A tensor that holds `value`: numbers, strings, nested lists, a NumPy array.

    Whole numbers become int32, others float32, unless `dtype` or the array says otherwise. device: "cpu", "gpu" or "gpu:1";
    else that of `with dk.device(...)`, the CPU. What is computed from tensors is computed where they are, on the GPU if one
    of them is there. ArgumentError: no such device.

    >>> import deepkit as dk
    >>> dk.tensor([[1, 2], [3, 4]])
    <dk.Tensor shape=(2, 2) dtype=int32
    [[1 2]
     [3 4]]>
    """
    return Tensor(value.value if isinstance(value, Tensor) else value, dtype=dtype, device=device)


class Source:
    """Source text that shows itself highlighted in a notebook and plain elsewhere."""

    def __init__(self, title: str, text: str, language: str = "python"):
        self.title, self.text, self.language = title, text, language

    def __repr__(self) -> str:
        return f"{'#' if self.language == 'python' else '//'} {self.title}\n{self.text}"

    def _repr_markdown_(self) -> str:
        return f"`{self.title}`\n\n```{self.language}\n{self.text}```"


def show_source(thing: Any, part: str | None = None) -> Source:
    """The source of a function, class or method of deepkit; for a public op, of the class that defines it.

    thing may also name a file of CUDA kernels in deepkit/device/cuda.
    part: begin with the first line that holds this text. If it opens a block (a method, a loop), show that block; else
    what is left of the block it stands in.

    Raises:
        ArgumentError: no line of the source holds `part`, there is no such file, or `thing` is a value.

    >>> import deepkit as dk
    >>> "def forward" in repr(dk.show_source(dk.exp, part="def gradient"))
    False
    >>> print(str(dk.show_source("updates.cu", part="var[i] -= grad")).rstrip())
    // deepkit/device/cuda/updates.cu
    var[i] -= grad[i] * read(rate);
    """
    if isinstance(thing, str):
        from deepkit.device.cuda import loader

        return Source(f"deepkit/device/cuda/{thing}", _part(loader.text(thing), part, _braced), "cpp")
    target = getattr(thing, "op", None) or thing
    from deepkit.errors import ArgumentError

    if not (inspect.isroutine(target) or inspect.isclass(target) or inspect.ismodule(target)):
        raise ArgumentError(f"a {type(target).__name__} has no source", rule="a function, a class, a method or a module",
                            hint=f"show_source({type(target).__name__}) shows its class")
    text = _part(textwrap.dedent(inspect.getsource(target)), part)
    module = inspect.getmodule(target)
    name = getattr(target, "__qualname__", str(target))
    return Source(f"{module.__name__}: {name}" if module else name, text)


def _indented(lines: list[str], start: int) -> int:
    """The line after the block that begins or goes on at `start`, in Python."""
    longest = max(map(len, lines))
    depth = [len(line) - len(line.lstrip()) if line.strip() else longest for line in lines]
    least = depth[start] + 1 if lines[start].rstrip().endswith(":") else depth[start]
    return next((i for i in range(start + 1, len(lines)) if depth[i] < least), len(lines))


def _braced(lines: list[str], start: int) -> int:
    """The line after the block that begins at `start`, in C++; after the line itself, if it ends a statement."""
    opened = 0
    for i in range(start, len(lines)):
        opened += lines[i].count("{") - lines[i].count("}")
        if opened <= 0 and lines[i].rstrip().endswith((";", "}", "\\")):
            return i + 1
    return len(lines)


def _part(text: str, part: str | None, block: Callable[[list[str], int], int] = _indented) -> str:
    """The text from the line that holds `part` to the end of its block."""
    lines = text.splitlines(keepends=True)
    if part is None:
        return text
    start = next((i for i, line in enumerate(lines) if part in line), None)
    if start is None:
        from deepkit.errors import ArgumentError

        raise ArgumentError(f"no line holds {part!r}", rule="part is text of the source", hint="all of it: without part=")
    return textwrap.dedent("".join(lines[start : block(lines, start)])).rstrip() + "\n"


_NOT_PUBLIC = {
    "TYPE_CHECKING", "Any", "Callable", "Source", "annotations", "devices", "inspect", "ops",
    "textwrap",
}
if not TYPE_CHECKING:  # a checker reads the names themselves
    __all__ = [name for name in globals() if name[0] != "_" and name not in _NOT_PUBLIC]
