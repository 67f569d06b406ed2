"""What differs between two runs of one program."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .library import Outcome


@dataclass
class Difference:
    """Where two runs part, what each says there, and the program that they ran."""

    where: str
    ours: Any
    theirs: Any
    source: str = ""

    def __str__(self) -> str:
        return f"{self.where}\n    deepkit  {_short(self.ours)}\n    tf_keras {_short(self.theirs)}"


def differences(source: str, ours: Outcome, theirs: Outcome) -> Iterator[Difference]:
    """Every record that differs; where Keras itself refuses the program nothing after its refusal is compared."""
    exact = "set_floatx('float64')" in source
    for (name, mine), (other, value) in zip(ours.records, theirs.records, strict=False):
        if name != other:
            yield Difference("order of the records", name, other, source)
            return
        if not equal(mine, value, exact):
            yield Difference(name, *_first_unequal(mine, value, exact), source)
    if ours.error and not theirs.error:
        yield Difference("error", ours.error, "", source)


def equal(mine: Any, theirs: Any, exact: bool) -> bool:
    """Numbers within rounding (of float64 where the program computes in it), all else alike."""
    if isinstance(mine, dict) and isinstance(theirs, dict):
        return list(mine) == list(theirs) and all(equal(mine[key], theirs[key], exact) for key in mine)
    if isinstance(mine, list) and isinstance(theirs, list):
        return len(mine) == len(theirs) and all(equal(a, b, exact) for a, b in zip(mine, theirs, strict=True))
    if isinstance(mine, float) or isinstance(theirs, float):
        numeric = isinstance(mine, int | float) and isinstance(theirs, int | float)
        near = {"rtol": 2e-5, "atol": 2e-6} if exact else {"rtol": 5e-3, "atol": 2e-4}
        return numeric and bool(np.isclose(mine, theirs, equal_nan=True, **near))
    return mine == theirs


def _first_unequal(mine: Any, theirs: Any, exact: bool) -> tuple[Any, Any]:
    """Of two lists that are equally long, the first parts that differ; else the two themselves."""
    if isinstance(mine, list) and isinstance(theirs, list) and len(mine) == len(theirs):
        return next((a, b) for a, b in zip(mine, theirs, strict=True) if not equal(a, b, exact))
    return mine, theirs


def _short(value: Any) -> str:
    text = str(value).strip()
    return text if len(text) < 600 else f"{text[:150]} ... {text[-440:]}"
