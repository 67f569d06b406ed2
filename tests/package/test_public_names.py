"""The public names of deepkit, of its TensorFlow face and of the families of ops: those of public_names.txt, no other ones.

A name that comes or goes on purpose is entered by `python tests/package/test_public_names.py`, which writes the list anew.
"""

from __future__ import annotations

import importlib
import pkgutil
import textwrap
from pathlib import Path
from types import ModuleType

import pytest

import deepkit as dk
import deepkit.v1
from deepkit import ops
from deepkit.errors import MissingExtraError
from deepkit.v1.framework.unknown_names import namespaces

GOLDEN = Path(__file__).with_name("public_names.txt")
SPACES = dict(namespaces())
"""Every public namespace of TensorFlow by its path, as in tf.nn."""


def _families() -> dict[str, list[str]]:
    """The public functions of each file of deepkit.ops."""
    found = {}
    for info in pkgutil.walk_packages(ops.__path__, "deepkit.ops."):
        names = getattr(importlib.import_module(info.name), "__all__", None)
        if names:
            found[info.name.replace("deepkit.ops", "dk.ops")] = sorted(names)
    return found


def public_names() -> dict[str, list[str]]:
    """The names that each public namespace offers."""
    tensorflow = {
        path: sorted(n for n in getattr(space, "__all__", None) or vars(space) if not n.startswith("_"))
        for path, space in SPACES.items()
    }
    return {"dk": sorted(dir(dk)), **_families(), **dict(sorted(tensorflow.items()))}


def _as_text(spaces: dict[str, list[str]]) -> str:
    lines = []
    for path, names in spaces.items():
        lines += [path, *textwrap.wrap(" ".join(names), 110, initial_indent="    ", subsequent_indent="    ")]
    return "\n".join(lines) + "\n"


def _parsed(text: str) -> set[str]:
    found, path = set(), ""
    for line in text.splitlines():
        if line.startswith(" "):
            found |= {f"{path}.{name}" for name in line.split()}
        else:
            path = line
    return found


def test_the_public_names_are_those_of_the_list():
    listed, there = _parsed(GOLDEN.read_text(encoding="utf-8")), _parsed(_as_text(public_names()))
    assert there == listed, f"new: {sorted(there - listed)}; gone: {sorted(listed - there)}"


@pytest.mark.parametrize("path", [path for path, space in SPACES.items() if isinstance(space, ModuleType)])
def test_a_public_module_declares_its_names(path: str):
    space = SPACES[path]
    assert "__all__" in vars(space), f"{space.__name__} does not say what it offers"
    assert [name for name in space.__all__ if not _is_there(space, name)] == []


def _is_there(space: ModuleType, name: str) -> bool:
    try:
        return hasattr(space, name)
    except MissingExtraError:  # a message of a library that is not installed
        return True


if __name__ == "__main__":
    GOLDEN.write_text(_as_text(public_names()), encoding="utf-8")
