"""Cells to draw on: a pad by itself, and a picture that is chosen from a list or drawn."""
