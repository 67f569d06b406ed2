"""Queues and readers of a graph."""
