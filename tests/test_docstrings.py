"""Every example in a docstring of the rooms that people read first runs, and prints what it says."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import deepkit


def _modules(room: str) -> list[str]:
    package = importlib.import_module(f"deepkit.{room}")
    if not hasattr(package, "__path__"):
        return [package.__name__]
    found = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    return sorted([package.__name__, *[m.name for m in found if not m.name.endswith("__main__")]])


ROOMS = [m.name for m in pkgutil.iter_modules(deepkit.__path__)]
print(ROOMS)
