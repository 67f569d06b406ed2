"""Floor 1: shapes, ops, the one door, nodes, tensors, symbols, variables, graphs and differentiation."""

from deepkit.core import apply  # noqa: F401  first, since the door, tensors and their operators lean on each other
