"""Images as tensors: sizes, flips, cuts, light and colour."""
