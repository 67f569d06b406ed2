"""Floor 1: shapes, ops, the one door, nodes, tensors, symbols, variables, graphs and differentiation."""
