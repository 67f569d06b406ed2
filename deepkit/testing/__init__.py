"""Floor 5: the contract that every op passes; exercises and your own ops use it too."""

from deepkit.testing.bring import Brought, bring, give_back
from deepkit.testing.check import check_op
from deepkit.testing.comparison import CheckFailedError
from deepkit.testing.differences import numeric_gradient

__all__ = ["Brought", "CheckFailedError", "bring", "check_op", "give_back", "numeric_gradient"]
