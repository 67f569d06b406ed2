"""Distributions of truth values, classes and counts."""

from __future__ import annotations

from typing import Any

from deepkit import ops
from deepkit.device.dtypes import as_dtype
from deepkit.v1.distributions.base import Distribution, one_of, parameters
from deepkit.v1.framework.symbolic import constant_of


class Bernoulli(Distribution):
    """1 with probability probs = sigmoid(logits), else 0."""

    def __init__(
        self, logits: Any = None, probs: Any = None, dtype: Any = "int32", validate_args: bool = False,
        allow_nan_stats: bool = True, name: Any = "Bernoulli",
    ):
        super().__init__(name)
        one_of(logits, probs)
        self.dtype = as_dtype(dtype)
        if probs is None:
            (self.logits,) = parameters(logits)
            self.probs = ops.sigmoid(self.logits)
        else:
            (self.probs,) = parameters(probs)
            self.logits = ops.log(self.probs) - ops.log1p(-self.probs)

    def _shape_like(self) -> Any:
        return self.probs

    def sample(self, sample_shape: Any = (), seed: int | None = None, name: str | None = None) -> Any:
        uniform = ops.random_uniform(self._drawn(sample_shape), dtype=self.probs.dtype, seed=seed)
        return ops.cast(ops.less(uniform, self.probs), self.dtype, name=name)

    def log_prob(self, value: Any, name: str | None = None) -> Any:
        event = ops.cast(constant_of(value), self.logits.dtype)
        logits, event = self.logits + ops.zeros_like(event), event + ops.zeros_like(self.logits)
        return ops.negative(ops.sigmoid_cross_entropy_with_logits(labels=event, logits=logits), name=name)

    def entropy(self, name: str | None = None) -> Any:
        """-p log(p) - (1 - p) log(1 - p)."""
        return ops.subtract(ops.softplus(self.logits), self.logits * self.probs, name=name)

    def mean(self, name: str | None = None) -> Any:
        """probs."""
        return ops.identity(self.probs, name=name)

    def mode(self, name: str | None = None) -> Any:
        """The more likely of 0 and 1."""
        return ops.cast(self.probs > 0.5, self.dtype, name=name)

    def variance(self, name: str | None = None) -> Any:
        """probs (1 - probs)."""
        return ops.multiply(self.probs, 1 - self.probs, name=name)


class Categorical(Distribution):
    """One of n classes, with probabilities probs = softmax(logits): parameters (..., n), values (...)."""

    def __init__(
        self, logits: Any = None, probs: Any = None, dtype: Any = "int32", validate_args: bool = False,
        allow_nan_stats: bool = True, name: Any = "Categorical",
    ):
        super().__init__(name)
        one_of(logits, probs)
        self.dtype = as_dtype(dtype)
        if probs is None:
            (self.logits,) = parameters(logits)
            self.probs = ops.softmax(self.logits)
        else:
            (self.probs,) = parameters(probs)
            self.logits = ops.log(self.probs)

    def _shape_like(self) -> Any:
        return self.logits[..., 0]

    def sample(self, sample_shape: Any = (), seed: int | None = None, name: str | None = None) -> Any:
        shape = self._drawn(sample_shape)
        flat = ops.reshape(self.logits, ops.stack([-1, ops.shape(self.logits)[-1]]))
        rows = ops.shape(flat)[0]
        draws = ops.multinomial(flat, ops.floordiv(ops.reduce_prod(shape), rows), seed)
        return ops.cast(ops.reshape(ops.transpose(draws), shape), self.dtype, name=name)

    def log_prob(self, value: Any, name: str | None = None) -> Any:
        event = ops.cast(constant_of(value), "int32")
        logits = self.logits + ops.expand_dims(ops.zeros_like(ops.cast(event, self.logits.dtype)), -1)
        event = event + ops.zeros_like(ops.cast(logits[..., 0], "int32"))
        return ops.negative(ops.sparse_softmax_cross_entropy_with_logits(labels=event, logits=logits), name=name)

    def entropy(self, name: str | None = None) -> Any:
        """-sum(p log p)."""
        return ops.negative(ops.reduce_sum(self.probs * ops.log_softmax(self.logits), -1), name=name)

    def mode(self, name: str | None = None) -> Any:
        """The most likely class."""
        return ops.cast(ops.argmax(self.logits, -1), self.dtype, name=name)
