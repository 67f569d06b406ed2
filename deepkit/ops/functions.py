"""The public functions of the ops, by name: how one op uses others without importing them.

A product's gradient needs a transpose, whose gradient needs a transpose, and so on: the ops are written in terms of each
other. `deepkit.ops` declares its functions here once all families are loaded; inside an op, `ops.matmul(a, b)` finds them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


class Functions:
    """The declared functions as attributes."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        raise AttributeError(f"no family of deepkit.ops declares {name!r} in its __all__")


ops = Functions()


def declare(names: Mapping[str, Any]) -> list[str]:
    """Makes the public functions and classes among `names` attributes of `ops`; returns what they are called."""
    public = {name: value for name, value in names.items() if callable(value) and not name.startswith("_")}
    del public["declare"]
    vars(ops).update(public)
    return sorted(public)
