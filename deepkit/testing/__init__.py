"""Floor 5: the contract that every op passes; exercises and your own ops use it too."""

from deepkit.testing.check import CheckFailedError, check_op
from deepkit.testing.differences import numeric_gradient

__all__ = ["CheckFailedError", "check_op", "numeric_gradient"]
