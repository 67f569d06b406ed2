"""The reference of the web site: a page for each room of names, made from the signatures and docstrings."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from deepkit.loading import load_module
from deepkit.viz.operators.asking import signature

_OPS = {
    "math": "Mathematics", "arrays": "Shapes and arrays", "nn": "Networks", "image": "Images", "text": "Texts",
    "input": "Records and files", "summary": "Summaries", "random": "Random numbers", "state": "State", "effects": "Effects",
}
_ROOMS = ("train", "datasets", "io", "testing", "viz", "grade", "errors")
_FACES = {"v1": "tf", "keras": "keras"}
"""Packages with rooms of their own, and what a program calls them."""
_SHALLOW = ("keras.applications", "keras.backend")
"""Their rooms hold the same names once more."""
_ELSEWHERE = ("compat", "engine", "flags")
"""Rooms whose names are told elsewhere, or are nobody's to call."""


@dataclass(frozen=True)
class Page:
    """One page: its file name, its heading, what programs write before the names, and the names with what they are."""

    file: str
    title: str
    prefix: str
    about: str
    members: dict[str, Any]

    @property
    def text(self) -> str:
        """The page as reStructuredText."""
        entries = "\n".join(_entry(name, self.members[name]) for name in sorted(self.members, key=str.lower))
        heading = f"{self.title}\n{'=' * len(self.title)}\n"
        return f"{heading}\n{prose(self.about)}\n\n.. py:currentmodule:: {self.prefix}\n\n{entries}"


def pages() -> Iterator[Page]:
    """Every page of the reference: deepkit's own names by family, then those of v1 and keras by their rooms."""
    yield from _families()
    for room in _ROOMS:
        yield _page(load_module(f"deepkit.{room}"), f"dk.{room}", f"deepkit.{room}")
    for face, prefix in _FACES.items():
        yield from _house(load_module(f"deepkit.{face}"), prefix, f"deepkit.{face}")


def _families() -> Iterator[Page]:
    """The names of `import deepkit as dk`: a page for each family of ops, and one for the rest."""
    top = load_module("deepkit")
    rest = {name: value for name in _names(top) if _is_told(value := getattr(top, name))}
    for family, title in _OPS.items():
        home = f"deepkit.ops.{family}"
        members = {name: value for name, value in rest.items() if _home(value).startswith(home)}
        rest = {name: value for name, value in rest.items() if name not in members}
        yield Page(f"dk-{family}", title, "dk", inspect.getdoc(load_module(home)) or "", members)
    yield Page("dk-core", "Tensors and derivatives", "dk", "What every program touches: tensors, types, seeds.", rest)


def _house(module: ModuleType, prefix: str, home: str) -> Iterator[Page]:
    """The page of a package of public names, and those of the public rooms inside it, two floors deep."""
    page = _page(module, prefix, home)
    if page.members:
        yield page
    if prefix in _SHALLOW or prefix.count(".") == 2:
        return
    for name in _names(module):
        room = getattr(module, name)
        if isinstance(room, ModuleType) and room.__name__.startswith(home + ".") and name not in _ELSEWHERE:
            yield from _house(room, f"{prefix}.{name}", home)


def _page(module: ModuleType, prefix: str, home: str) -> Page:
    """The page of one module: what it declares of its own house, for v1 also what core and ops made."""
    own = (home, "deepkit.core", "deepkit.ops") if home == "deepkit.v1" else (home,)
    values = {name: getattr(module, name) for name in _names(module)}
    members = {name: value for name, value in values.items() if _is_told(value) and _home(value).startswith(own)}
    return Page(prefix.replace(".", "-").lower(), prefix, prefix, inspect.getdoc(module) or "", members)


def _home(value: Any) -> str:
    """The module that a name was written in."""
    return value.__module__ or ""


def _names(module: ModuleType) -> list[str]:
    return sorted({name for name in getattr(module, "__all__", None) or dir(module) if not name.startswith("_")})


def _is_told(value: Any) -> bool:
    """Whether a name stands for a function or class that says in its docstring what it does."""
    return (inspect.isclass(value) or callable(value)) and bool(inspect.getdoc(value)) and hasattr(value, "__module__")


def _entry(name: str, value: Any) -> str:
    if not inspect.isclass(value):
        return _directive("function", name + _signature(value), inspect.getdoc(value) or "")
    if issubclass(value, Exception):
        return _directive("exception", name, inspect.getdoc(value) or "")
    return _directive("class", name + _signature(value), inspect.getdoc(value) or "", *_methods(value))


def _methods(owner: type) -> Iterator[str]:
    for name, member in vars(owner).items():
        if not name.startswith("_") and inspect.isfunction(member) and member.__doc__:
            yield _directive("method", name + _signature(member, bound=True), inspect.getdoc(member) or "")


def _directive(kind: str, declared: str, doc: str, *inside: str) -> str:
    body = "\n".join([prose(doc), *inside])
    return f".. py:{kind}:: {declared}\n\n{textwrap.indent(body, '   ')}\n"


def _signature(function: Callable[..., Any], bound: bool = False) -> str:
    """The parameters with their defaults, without types: `(x, axis=None)`; () where Python cannot tell them."""
    try:
        return re.sub(r"<[^<>]*>", "...", signature(function, bound))
    except (TypeError, ValueError):
        return "()"


# ---- plain docstrings as reStructuredText


def prose(doc: str) -> str:
    """A docstring as reStructuredText: paragraphs, lists, examples and indented blocks, with `names` as code."""
    blocks = re.split(r"\n\s*\n", doc.strip("\n"))
    return "\n".join(_block(textwrap.dedent(block), indented=block.startswith("    ")) for block in blocks if block.strip())


def _block(text: str, indented: bool) -> str:
    if text.startswith(">>>"):
        return f".. code-block:: pycon\n\n{textwrap.indent(text, '   ')}\n"
    if indented:
        return f"::\n\n{textwrap.indent(text, '   ')}\n"
    out: list[str] = []
    for line in text.splitlines():
        if line.startswith(" ") and out:  # goes on below its first line: a definition
            out[-1] += " " + line.strip()
        elif re.match(r"(?:[-*] |\w+: |[A-Z]\w+:$)", line) or not out:
            out.append(line)
        else:
            out[-1] += " " + line
    return "".join(f"| {_inline(re.sub(r'^[-*] ', '• ', line))}\n" for line in out) if len(out) > 1 else _inline(out[0]) + "\n"


def _inline(text: str) -> str:
    """Text with `code` between back quotes, everything else as it stands."""
    pieces = text.split("`")
    if len(pieces) % 2 == 0:  # a quote without its partner
        return re.sub(r"([\\*`|_])", r"\\\1", text)
    return "".join(
        (f"\\ ``{piece}``\\ " if piece.strip() else "") if i % 2 else re.sub(r"([\\*|_])", r"\\\1", piece)
        for i, piece in enumerate(pieces)
    )
