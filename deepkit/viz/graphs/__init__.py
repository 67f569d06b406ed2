"""Graphs drawn: boxes and arrows laid out in layers, the layers of a model, and the plan that a session makes of them."""
