"""Keras models as parts of other libraries."""
