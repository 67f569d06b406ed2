"""Floor 1: shapes, ops, the one door, nodes, tensors, symbols, variables, graphs and differentiation.

One circle is meant: a graph holds nodes, a node its outputs (symbols), and both know the graph they belong to.
"""

from deepkit.core import apply  # noqa: F401  first: it opens the door that the operators of tensors go through
