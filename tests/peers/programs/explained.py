"""The one list of differences that have a reason."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from .comparison import Difference


@dataclass(frozen=True)
class Explanation:
    """reason: why the two differ and which is right; of: whether it is the reason of this program's difference."""

    reason: str
    of: Callable[[str, Difference], bool]


EXPLAINED = (
    Explanation(
        "Adam's powers of beta are float32 in TensorFlow whatever the variables' type; deepkit holds them in that type, "
        "so that a float64 model is computed in float64 throughout",
        lambda text, found: found.kind == "dtype" and re.search("beta[12]_power", found.where) is not None,
    ),
)


def explanation(text: str, difference: Difference) -> str | None:
    return next((e.reason for e in EXPLAINED if e.of(text, difference)), None)
