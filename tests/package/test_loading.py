"""Modules looked up by name: the rooms of deepkit, and optional libraries that may be missing."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path

import pytest

from deepkit.errors import MissingExtraError
from deepkit.loading import LIBRARIES, load_module, optional


def test_a_module_is_found_by_its_full_name():
    assert load_module("json") is json
    with pytest.raises(ModuleNotFoundError):
        load_module("deepkit.no_such_room")


@pytest.mark.parametrize("package", LIBRARIES)
def test_what_is_missing_names_library_purpose_and_extra(package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setitem(sys.modules, f"{package}.part", None)
    library, extra = LIBRARIES[package]
    for name in (package, f"{package}.part"):
        with pytest.raises(MissingExtraError, match=f"a drawing needs {library}") as caught:
            optional(name, "a drawing")
        assert f"[{extra}]" in (caught.value.hint or "")


def test_every_extra_installs_its_library():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for library, extra in LIBRARIES.values():
        listed = [line.lower() for line in project["optional-dependencies"][extra]]
        assert any(line.startswith(library.lower()) for line in listed), (library, extra)
