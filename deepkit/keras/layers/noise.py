"""Layers that disturb their input while training, so that a network does not rely on single numbers."""

from __future__ import annotations

from typing import Any

from deepkit.keras import backend
from deepkit.keras.backend.creation import draw_seed
from deepkit.keras.backend.nested import kept
from deepkit.keras.base.layer import Layer
from deepkit.keras.layers.arguments import described, share
from deepkit.layers.dropout import alpha_dropout, gaussian_dropout, gaussian_noise

__all__ = ["AlphaDropout", "GaussianDropout", "GaussianNoise"]


class GaussianNoise(Layer):
    """Adds normal noise of standard deviation `stddev` while training."""

    def __init__(self, stddev: float, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.stddev, self.seed = stddev, seed
        self.supports_masking = True

    def call(self, inputs: Any, training: Any = None) -> Any:
        def noised() -> Any:
            return gaussian_noise(inputs, self.stddev, draw_seed(self.seed))

        return backend.in_train_phase(noised, inputs, training)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **described(self, "stddev", "seed")}


class GaussianDropout(Layer):
    """Multiplies by normal numbers of mean 1 and variance rate / (1 - rate) while training.

    Source: N. Srivastava et al., JMLR 15 (2014), section 10.
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.rate, self.seed = share(rate, "GaussianDropout"), seed
        self.supports_masking = True

    def call(self, inputs: Any, training: Any = None) -> Any:
        if not 0 < self.rate < 1:
            return inputs

        def noised() -> Any:
            return gaussian_dropout(inputs, self.rate, draw_seed(self.seed))

        return backend.in_train_phase(noised, inputs, training)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **described(self, "rate", "seed")}


class AlphaDropout(Layer):
    """Dropout for selu: dropped numbers become selu's lowest value, and mean 0 and variance 1 stay what they are.

    noise_shape: the shape of the random mask, 1 along the axes where numbers stay or go together.
    Source: G. Klambauer et al., NIPS 2017.
    """

    def __init__(self, rate: float, noise_shape: Any = None, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.rate, self.noise_shape, self.seed = share(rate, "AlphaDropout"), kept(noise_shape), seed
        self.supports_masking = True

    def call(self, inputs: Any, training: Any = None) -> Any:
        if not 0 < self.rate < 1:
            return inputs

        def dropped() -> Any:
            return alpha_dropout(inputs, self.rate, self.noise_shape, draw_seed(self.seed))

        return backend.in_train_phase(dropped, inputs, training)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **described(self, "rate", "seed")}
