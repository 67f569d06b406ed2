"""What a distribution is: draws, densities and moments, all of them nodes of the graph."""

from __future__ import annotations

from typing import Any

from deepkit import ops
from deepkit.core.apply import convert, is_tensor
from deepkit.core.shape import Shape
from deepkit.device.dtypes import as_dtype, float32
from deepkit.errors import ArgumentError
from deepkit.v1.framework.symbolic import constant_of


def parameters(*values: Any) -> list[Any]:
    """The parameters as tensors of one type: that of the first tensor or array of floats, else float32."""
    kinds = (as_dtype(v.dtype) for v in values if hasattr(v, "dtype"))
    kind = next((kind for kind in kinds if kind.is_floating), float32)
    return [constant_of(v, None if is_tensor(v) else kind) for v in values]


def value_of(value: Any, like: Any) -> Any:
    """`value` as a tensor beside a parameter, of its type."""
    return convert(value, None if is_tensor(value) else like.dtype, beside=like)


class Distribution:
    """Base. Its parameters may be tensors: then it stands for as many random variables as they have elements."""

    dtype: Any = float32

    def __init__(self, name: str | None = None):
        self.name = name or type(self).__name__

    def _shape_like(self) -> Any:
        """A tensor of the shape of one draw."""
        raise TypeError(f"{type(self).__name__} does not define _shape_like")

    def log_prob(self, value: Any, name: str | None = None) -> Any:
        """The logarithm of the density, or of the probability, at `value`."""
        raise TypeError(f"{type(self).__name__} does not define log_prob")

    def sample(self, sample_shape: Any = (), seed: int | None = None, name: str | None = None) -> Any:
        """Random values of shape sample_shape + batch_shape."""
        raise TypeError(f"{type(self).__name__} does not define sample")

    def prob(self, value: Any, name: str | None = None) -> Any:
        """The density, or the probability, at `value`."""
        return ops.exp(self.log_prob(value), name=name)

    @property
    def batch_shape(self) -> Shape:
        """The shape of the parameters."""
        return self._shape_like().shape

    def batch_shape_tensor(self, name: str | None = None) -> Any:
        """The shape of the parameters, when it runs."""
        return ops.shape(self._shape_like(), name=name)

    @property
    def event_shape(self) -> Shape:
        """The shape of one value: () of a number, (n,) of a vector."""
        return Shape([])

    def cdf(self, value: Any, name: str | None = None) -> Any:
        """The probability of a number up to `value`."""
        raise TypeError(f"{type(self).__name__} does not define cdf")

    def log_cdf(self, value: Any, name: str | None = None) -> Any:
        """The logarithm of cdf."""
        return ops.log(self.cdf(value), name=name)

    def survival_function(self, value: Any, name: str | None = None) -> Any:
        """The probability of a number above `value`."""
        return ops.subtract(1.0, self.cdf(value), name=name)

    def variance(self, name: str | None = None) -> Any:
        """The mean square distance from the mean."""
        raise TypeError(f"{type(self).__name__} does not define variance")

    def stddev(self, name: str | None = None) -> Any:
        """The root of the variance."""
        return ops.sqrt(self.variance(), name=name)

    def _drawn(self, sample_shape: Any) -> Any:
        """The shape of a draw: sample_shape + batch_shape."""
        more = constant_of([sample_shape] if isinstance(sample_shape, int) else sample_shape or [0][:0], "int32")
        return ops.concat([ops.cast(more, "int32"), self.batch_shape_tensor()], 0)


def one_of(first: Any, second: Any, names: str = "logits or probs", hint: str = "Bernoulli(probs=0.3)") -> None:
    """ArgumentError unless exactly one of both is given."""
    if (first is None) == (second is None):
        raise ArgumentError(f"a distribution takes either {names}", hint=hint)
