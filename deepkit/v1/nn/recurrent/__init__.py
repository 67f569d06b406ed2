"""Recurrent networks of TensorFlow 1: cells, wrappers around cells, and the functions that unroll a cell over time."""
