"""`tf.manip`: tensors rearranged."""

from deepkit.v1.ops.arrays import gather_nd, reshape, reverse, roll, scatter_nd, tile

__all__ = [
    "gather_nd", "reshape", "reverse", "roll", "scatter_nd", "tile",
]
