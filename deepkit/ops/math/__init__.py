"""Functions of numbers: element by element, over axes, and of matrices."""
