"""Strings as tensors."""
