"""Embedding: a trained vector for each word, user or class, found by its number."""

from __future__ import annotations

from typing import Any

from deepkit.errors import ShapeError
from deepkit.keras import backend
from deepkit.keras.backend.nested import keras_shape
from deepkit.keras.base.layer import Layer
from deepkit.keras.layers.arguments import described, numbers, settle
from deepkit.layers.embedding import embedding, embedding_weights
from deepkit.layers.weights import make_weights

__all__ = ["Embedding"]


class Embedding(Layer):
    """Row i of a trained table (input_dim, output_dim) for each number i: (batch, steps) -> (batch, steps, output_dim).

    input_dim: how many numbers there are, the largest one plus 1. With mask_zero the number 0 is padding: the steps that
    have it are masked.

    >>> import numpy as np
    >>> Embedding(1000, 64, input_length=10)(np.zeros([32, 10], "int32")).shape
    Shape([32, 10, 64])
    """

    def __init__(
        self, input_dim: int, output_dim: int, embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None, activity_regularizer: Any = None, embeddings_constraint: Any = None,
        mask_zero: bool = False, input_length: Any = None, **kwargs: Any,
    ):
        if "input_shape" not in kwargs and "batch_input_shape" not in kwargs:
            listed = isinstance(input_length, (list, tuple))
            kwargs["input_shape"] = tuple(input_length) if listed else (input_length or None,)
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        (self.input_dim,), (self.output_dim,) = numbers(input_dim, 1, "input_dim"), numbers(output_dim, 1, "output_dim")
        settle(self, embeddings=(embeddings_initializer, embeddings_regularizer, embeddings_constraint))
        self.embeddings: Any = None
        self.mask_zero = self.supports_masking = bool(mask_zero)
        self.input_length = input_length

    def build(self, input_shape: Any) -> None:
        make_weights(self, embedding_weights(self.input_dim, self.output_dim))
        super().build(input_shape)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return backend.not_equal(inputs, 0) if self.mask_zero else None

    def call(self, inputs: Any) -> Any:
        self._check_length(keras_shape(inputs))
        return embedding(self.embeddings, inputs)

    def _check_length(self, shape: Any) -> None:
        if self.input_length is None or shape is None:
            return
        wanted = self.input_length if isinstance(self.input_length, (list, tuple)) else (self.input_length,)
        if len(wanted) != len(shape) - 1 or any(a and b and a != b for a, b in zip(wanted, shape[1:], strict=True)):
            raise ShapeError(
                f"layer {self.name!r}: expected (batch, {', '.join(map(str, wanted))}), got shape {shape}",
                rule=f"input_length={self.input_length} is the number of steps",
                hint="leave input_length out for sequences of any length, or pad them: sequence.pad_sequences(x, maxlen)",
            )

    def get_config(self) -> dict[str, Any]:
        own = described(
            self, "input_dim", "output_dim", "embeddings_initializer", "embeddings_regularizer", "activity_regularizer",
            "embeddings_constraint", "mask_zero", "input_length",
        )
        return {**super().get_config(), **own}
