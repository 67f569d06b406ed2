"""Regression over two weights: the bowl of its error, paths down to its floor, and what a penalty does to it."""
