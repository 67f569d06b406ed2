"""Initializers of weights under Keras' names and defaults; what they compute is in deepkit.train.initializers."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from deepkit.keras import registry
from deepkit.keras.backend.config import floatx
from deepkit.keras.backend.creation import draw_seed
from deepkit.loading import listing
from deepkit.train import initializers as base

__all__ = [
    "Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "Identity", "Initializer", "LecunNormal",
    "LecunUniform", "Ones", "Orthogonal", "RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling", "Zeros",
    "constant", "deserialize", "get", "glorot_normal", "glorot_uniform", "he_normal", "he_uniform", "identity",
    "lecun_normal", "lecun_uniform", "normal", "one", "ones", "orthogonal", "random_normal", "random_uniform",
    "serialize", "truncated_normal", "uniform", "variance_scaling", "zero", "zeros",
]
__dir__ = listing(__all__, __name__)


class Initializer:
    """Base of initializers of your own: called with a shape and a data type, they return a tensor or an array.

    >>> class Stripes(Initializer):
    ...     def __call__(self, shape, dtype=None):
    ...         return np.arange(np.prod(shape)).reshape(shape) % 2
    >>> import numpy as np
    >>> Stripes()((2, 2)).tolist()
    [[0, 1], [0, 1]]
    """

    seed_moves_on = False
    """Whether each call of a seeded initializer takes the next seed (dialects.py)."""

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        raise TypeError(f"{type(self).__name__} does not define __call__(self, shape, dtype=None)")

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal initializer."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """An initializer from what `get_config` gave."""
        return cls(**config)


class _BuiltIn(base.Initializer, Initializer):
    """Base of the library's own: numbers are of type floatx(), and random ones take a seed from NumPy if none is given.

    Called with a plain shape they return a Tensor, with a Symbol a Symbol.
    """

    def __call__(self, shape: Any, dtype: Any = None, *args: Any, **kwargs: Any) -> Any:
        once = copy.copy(self)
        if hasattr(once, "seed"):
            once.seed = draw_seed(once.seed)  # type: ignore[has-type]
            if self.seed_moves_on and vars(self)["seed"] is not None:
                vars(self)["seed"] += 1
        return super(_BuiltIn, once).__call__(shape, dtype or floatx())

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """An initializer from what `get_config` gave; the dtype that some versions wrote is not needed."""
        return cls(**{key: value for key, value in config.items() if key != "dtype"})


class _Plain(_BuiltIn):
    """Base of those without arguments."""

    def __init__(self) -> None:
        super().__init__()


class _Seeded(_BuiltIn):
    """Base of those whose only argument is a seed."""

    def __init__(self, seed: int | None = None):
        super().__init__(seed)  # type: ignore[call-arg]


class Zeros(_Plain, base.Zeros):
    """All numbers are 0."""


class Ones(_Plain, base.Ones):
    """All numbers are 1."""


class Constant(_BuiltIn, base.Constant):
    """The given value."""

    def __init__(self, value: Any = 0):
        super().__init__(value)


class RandomNormal(_BuiltIn, base.RandomNormal):
    """Normal numbers."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None):
        super().__init__(mean, stddev, seed)


class RandomUniform(_BuiltIn, base.RandomUniform):
    """Uniform numbers, minval <= x < maxval."""

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None):
        super().__init__(minval, maxval, seed)


class TruncatedNormal(_BuiltIn, base.TruncatedNormal):
    """Normal numbers, drawn again when further than two standard deviations from the mean."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None):
        super().__init__(mean, stddev, seed)


class VarianceScaling(_BuiltIn, base.VarianceScaling):
    """Random numbers of variance scale / n; n counts inputs (fan_in), outputs (fan_out) or their mean (fan_avg)."""

    def __init__(
        self, scale: float = 1.0, mode: str = "fan_in", distribution: str = "truncated_normal", seed: int | None = None
    ):
        super().__init__(scale, mode, distribution, seed)
        if self.distribution == "normal":  # the name in Keras 2.0
            self.distribution = "truncated_normal"


class GlorotUniform(_Seeded, base.GlorotUniform):
    """Uniform, variance 2 / (inputs + outputs): what layers start with unless told otherwise."""


class GlorotNormal(_Seeded, base.GlorotNormal):
    """Truncated normal, variance 2 / (inputs + outputs)."""


class HeUniform(_Seeded, base.HeUniform):
    """Uniform, variance 2 / inputs: for layers with relu."""


class HeNormal(_Seeded, base.HeNormal):
    """Truncated normal, variance 2 / inputs: for layers with relu."""


class LecunUniform(_Seeded, base.LecunUniform):
    """Uniform, variance 1 / inputs."""


class LecunNormal(_Seeded, base.LecunNormal):
    """Truncated normal, variance 1 / inputs: for layers with selu."""


class Orthogonal(_BuiltIn, base.Orthogonal):
    """gain times a random matrix with orthogonal rows or columns."""

    def __init__(self, gain: float = 1.0, seed: int | None = None):
        super().__init__(gain, seed)


class Identity(_BuiltIn, base.Identity):
    """gain times the identity matrix."""

    def __init__(self, gain: float = 1.0):
        super().__init__(gain)


zero = zeros = Zeros
one = ones = Ones
constant = Constant
normal = random_normal = RandomNormal
uniform = random_uniform = RandomUniform
truncated_normal = TruncatedNormal
variance_scaling = VarianceScaling
glorot_uniform, glorot_normal = GlorotUniform, GlorotNormal
he_uniform, he_normal = HeUniform, HeNormal
lecun_uniform, lecun_normal = LecunUniform, LecunNormal
orthogonal = Orthogonal
identity = Identity

OBJECTS: dict[str, Any] = {
    name: value for name, value in globals().items() if isinstance(value, type) and issubclass(value, Initializer)
}
"""The initializers by their names."""


def serialize(initializer: Any) -> Any:
    """The configuration of an initializer."""
    return registry.serialize_keras_object(initializer)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The initializer that a configuration or a name describes."""
    return registry.deserialize_keras_object(config, OBJECTS, custom_objects, "initializer")


def get(identifier: Any) -> Any:
    """The initializer that an argument means: a name, a configuration, a class, an object or function of a shape.

    >>> get("he_normal"), get(None)
    (HeNormal(seed=None), None)
    """
    return registry.find(identifier, OBJECTS, "initializer")
