"""The one list of differences that have a reason."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from .comparison import Difference
from .writing import BODIES

LOSES = r"float|complex|True|[12]\.[05]|1\.0|e400|\[\]|uint|int8|tf.constant\(1\)"  # what whole numbers do not hold


@dataclass(frozen=True)
class Explanation:
    """reason: why the two differ and which is right; of: whether it is the reason of this program's difference."""

    reason: str
    of: Callable[[str, Difference], bool]


def zeros_for_nothing_finite(what: str) -> bool:
    """Whether one side is all zeros, and the other all NaN."""
    ours, theirs = (set(re.findall(r"nan|inf|[0-9.]+(?:e[+-]?\d+)?", side)) for side in what.split(" for ", 1))
    return all(number != "inf" and float(number) == 0 for number in ours) and theirs == {"nan"}


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
    Explanation(
        "TensorFlow's derivative of a softmax cross-entropy's derivative leaves out that it depends on the labels, so where "
        "they are computed from the same value the second is wrong; deepkit's equals the difference quotient",
        lambda text, found: found.kind == "value" and "second" in found.where and "softmax_cross_entropy" in text,
    ),
    Explanation(
        "A derivative that is zero may be None: TensorFlow's second control flow gives zeros for all that a body mentions, "
        "read or not, its first gives None; deepkit gives zeros for what a loop takes and None for what nothing reads",
        lambda text, found: found.kind == "fetches" and "zeros" in found.what and re.search(BODIES, text) is not None
        and re.search(r", (d\w+|second\d+)$", found.where) is not None,
    ),
    Explanation(
        "A body takes a value that its result does not depend on. TensorFlow gives that value the derivative 0 and walks on, "
        "through a slope without end (the root in reduce_std at equal numbers): 0 times infinity is NaN. The derivative of "
        "what is not read is 0, as it is here",
        lambda text, found: found.kind == "value" and re.search(r", (d\w+|second\d+)$", found.where) is not None
        and re.search(BODIES, text) is not None and re.search(r"reduce_std|norm\(|sqrt\(", text) is not None
        and zeros_for_nothing_finite(found.what),
    ),
    Explanation(
        "The order of tf.transpose says how many axes its result has: deepkit knows the rank, TensorFlow does not",
        lambda text, found: found.kind == "static" and found.what.endswith("for None")
        and f"{found.where} = tf.transpose(" in text,
    ),
    Explanation(
        "deepkit knows how long and of which shape what was written to a TensorArray is; TensorFlow does not",
        lambda text, found: found.kind == "static" and not found.what.startswith("None") and "tf.TensorArray(" in text,
    ),
    Explanation(
        "deepkit takes lists of arrays, and one number for a list of one, which TensorFlow refuses",
        lambda text, found: found.kind == "fetches" and text.startswith("made = {}") and found.what.endswith("for nothing"),
    ),
    Explanation(
        "TensorFlow cuts 1.5 beside whole numbers, takes truths for numbers, and lets 300 wrap around as uint8; deepkit refuses "
        "what would lose something. What it must refuse is a list of the tests",
        lambda text, found: found.kind == "fetches" and text.startswith("made = {}")
        and re.search(rf"    {found.where.split(', ')[-1]} = .*({LOSES})", text) is not None,
    ),
    Explanation(
        "TensorFlow has no derivative of the derivative of a resized image (ResizeBilinearGrad and its like), and leaves it out "
        "beside other paths; deepkit's second derivative equals the difference quotient",
        lambda text, found: found.kind in ("value", "fetches") and "second" in found.where and "tf.image.resize" in text
        and not found.what.startswith("nothing"),
    ),
    Explanation(
        "deepkit's where broadcasts, so a mask of unknown shape leaves the shape open; TensorFlow 1's takes three equal ones",
        lambda text, found: found.kind == "static" and "None" in found.what.split(" for ")[0] and "tf.where" in text,
    ),
)


def explanation(text: str, difference: Difference) -> str | None:
    return next((e.reason for e in EXPLAINED if e.of(text, difference)), None)
