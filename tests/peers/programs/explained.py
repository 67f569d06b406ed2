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
    Explanation(
        "TensorFlow's moments count the mean as a constant in the variance: right for the first derivative, whose share of "
        "the mean is zero, and wrong for the second; deepkit's second derivative equals the difference quotient",
        lambda text, found: found.kind == "value" and "second" in found.where and "tf.nn.moments" in text,
    ),
)


def explanation(text: str, difference: Difference) -> str | None:
    return next((e.reason for e in EXPLAINED if e.of(text, difference)), None)
