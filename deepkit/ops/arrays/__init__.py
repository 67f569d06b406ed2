"""Tensors made, cut, joined, rearranged and sorted."""
