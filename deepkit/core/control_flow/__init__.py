"""Branches and loops: graphs inside a graph, the ops that run them, and their derivatives."""
