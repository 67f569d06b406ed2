"""Programs of one theme, each a whole text by a random draw: what a page of lines seldom holds together.

A module registers its drawers by `family`; `draw` makes program number `seed` of one of them.
"""

from __future__ import annotations

import importlib
import pkgutil
import random
from collections.abc import Callable

import numpy as np

Drawer = Callable[[random.Random], str]
FAMILIES: dict[str, Drawer] = {}


def family(drawer: Drawer) -> Drawer:
    FAMILIES[drawer.__name__] = drawer
    return drawer


def array(rng: random.Random, *shape: int, dtype: str = "float32", low: float = -2, high: float = 2) -> str:
    """Random numbers of two digits (whole numbers, truths) as the text of an array."""
    whole = dtype.startswith(("int", "uint"))
    numbers = [
        rng.randint(int(low), int(high)) if whole else round(rng.uniform(low, high), 2)
        for _ in range(int(np.prod(shape, dtype=int)))
    ]
    kept = [n > 0 for n in numbers] if dtype == "bool" else numbers
    return f"np.array({np.array(kept, object).reshape(shape).tolist()}, np.{dtype.replace('bool', 'bool_')})"


def draw(name: str, seed: int) -> str:
    return FAMILIES[name](random.Random(f"{name} {seed}"))


for module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{module.name}")
